// What the controller asks of whoever looks at images, and what comes back.
//
// A request says which image and for whom; it decides nothing about how. A result is complete in itself: it may
// come late, twice, or never, and after a change of leader; the core takes it by `id` or not at all.
//
// Values; immutable once made, so they may pass between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/derive.h"
#include "baseline/life.h"
#include "baseline/observation.h"
#include "baseline/record.h"

namespace plimsoll::controller {

enum class Urgency : std::uint8_t { kNew, kPending, kRecheck };

// A Pod that exists and runs the image: the only one whose pull secrets may be read for it.
struct PodCredential {
  std::string name_space;
  std::string pod_name;
  std::vector<std::string> pull_secrets;  // names, in the order of the Pod's spec
  friend bool operator==(const PodCredential&, const PodCredential&) = default;
};

// What Nodes of this cluster can run: "linux/amd64".
using Platforms = std::shared_ptr<const std::vector<std::string>>;

struct ObserveRequest {
  std::uint64_t id = 0;
  std::string repository;  // key
  std::string digest;      // what runs. Empty: an image volume by tag, judge what `tag` resolves to
  std::string tag;         // what the spec names beside, or instead of, a digest; may be empty
  std::string spec_image;  // the image string of the spec, as written
  // As the node wrote it; its name may be used only to fetch that very digest, anonymously, when the spec's
  // repository does not have it.
  std::string image_id;
  std::string index_digest;  // the index that listed this manifest when it was judged last
  Platforms platforms;       // never null; empty: not known, all platforms count
  Urgency urgency = Urgency::kNew;
  // The answer may open a drift that rests on an absence: new connections, Cache-Control: no-cache.
  bool confirmation = false;
  // Also walk the repository's existing signatures, and look into the log's history where the lane is on.
  bool history = false;
  std::optional<PodCredential> credential;
  // The baseline as it is known: trusted signers, evidence kept per digest. Null: none yet.
  std::shared_ptr<const baseline::Record> record;
};

struct ObserveResult {
  std::uint64_t id = 0;
  // observation.digest is the digest that was judged. With request.digest empty it is what the tag resolves to;
  // it stays empty when that could not be found out.
  baseline::Observation observation;
  std::optional<baseline::HistoryResult> history;
  // For people, of an Unknown: what was asked, what was answered.
  std::string message;
  // The registry asked for it (Retry-After, budget): not before.
  std::optional<Duration> retry_after;
  // "anonymously", "with the operator's credential", "with the Pods' image pull secret".
  std::string credential;
  // Of an Unverifiable: names the unknown CA or log; what a spike is counted by.
  std::string unknown_authority;
  baseline::LogTrouble log = baseline::LogTrouble::kNone;
};

}  // namespace plimsoll::controller
