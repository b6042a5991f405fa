// A registry repository's own tags as a history that `replay` can judge: which image came when. Pure.
//
// An image came when its first verified signature was made; an unsigned one when its config says that it was built.
// Neither can be known for an image that is unsigned and says nothing, or the year 1970 as reproducible builds do: it is
// left out. Each image runs until the next one comes, and is looked at twice: when it comes, and when a grace for a
// signature that is made later has passed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/observation.h"
#include "baseline/replay.h"
#include "baseline/settings.h"

namespace plimsoll::cli {

struct TaggedImage {
  std::vector<std::string> tags;
  std::string digest;
  baseline::Observation observation;  // as it is now
  std::optional<Time> built;
};

// The tags of images, without those that hold signatures; the last `most` by version when there are more.
std::vector<std::string> ImageTags(std::vector<std::string> tags, std::size_t most);

// When the image came; nothing when nobody can say.
std::optional<Time> CameAt(const TaggedImage& image);

struct RegistryHistory {
  std::vector<baseline::ReplayEvent> events;  // `line` counts them from 1
  std::vector<std::string> names;     // of the event at `line - 1`: its tags; empty on later looks
  std::vector<std::string> left_out;  // tags of images that came nobody knows when
};
RegistryHistory HistoryOf(const std::string& repository, const std::vector<TaggedImage>& images,
                          const baseline::Durations& durations);

}  // namespace plimsoll::cli
