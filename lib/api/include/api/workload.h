// The images of a Pod spec, and of the objects that hold a Pod template, read from a parsed document: what
// an AdmissionReview carries, or a manifest on disk.
//
// Strings are kept as they are written and belong to the document. Nothing is judged here: an image that
// does not parse is listed like any other. More than `max_images` is not cut: `count` tells how many there
// are, so that the caller can refuse the whole.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "api/pod.h"
#include "base/result.h"
#include "json/json.h"

namespace plimsoll::api {

inline constexpr std::size_t kMaxReviewImages = 512;

struct SpecImage {
  enum class From { kInit, kOrdinary, kEphemeral, kVolume };
  From from = From::kOrdinary;
  std::string_view name;   // of the container or volume
  std::string_view image;  // as written
};

struct SpecImages {
  std::vector<SpecImage> images;  // the first max_images, in the order of the Pod's lists
  std::size_t count = 0;          // all of them
  std::vector<std::string_view> pull_secrets;
  bool too_many() const { return count > images.size(); }
};

// `spec` is a PodSpec. kMalformed when a list is not a list or a container's image is not a string.
Result<SpecImages> ImagesOfPodSpec(const json::Value& spec,
                                   std::size_t max_images = kMaxReviewImages);

// `object` is a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob (by `kind`, as the
// review's request.kind or the object's own). kInvalidArgument for any other kind.
Result<SpecImages> ImagesOfObject(std::string_view kind, const json::Value& object,
                                  std::size_t max_images = kMaxReviewImages);

// True for the kinds that ImagesOfObject reads.
bool HoldsImages(std::string_view kind);

}  // namespace plimsoll::api
