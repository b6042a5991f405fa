// An AdmissionReview, read: the few fields that decide, and the answer that the API server expects.
//
// Follows admission.k8s.io/v1. v1beta1 is refused with a message: the configurations ask for v1 only. The JSON is read
// event by event and everything that decides nothing is skipped, so a review costs the memory of its image strings. A
// member that is read may occur only once: two readers of one review must never see two values. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::webhook {

inline constexpr Reason kWrongVersion{"WrongVersion"};

// The largest review that the API server can send: two objects of its own limit, with room for the rest.
inline constexpr std::size_t kMaxReviewBytes = 20u << 20;

enum class ImageFrom : std::uint8_t { kContainer, kVolume };

struct ReviewImage {
  std::string container;  // of the container or volume
  std::string image;      // as written
  ImageFrom from = ImageFrom::kContainer;
};

struct Review {
  std::string uid;
  std::string operation;    // CREATE, UPDATE, ...
  std::string kind;         // request.kind.kind
  std::string resource;     // request.resource.resource
  std::string subresource;  // "ephemeralcontainers" or empty
  std::string namespace_name;
  std::string name;  // empty with generateName
  bool dry_run = false;
  // The images that this request brings: all of a CREATE; of an UPDATE those of containers and volumes that are new or
  // show another image than before.
  std::vector<ReviewImage> images;
  std::size_t image_count = 0;  // of the whole object
  bool too_many = false;        // `images` is not complete
  bool relevant = false;  // false: cannot bring an image (DELETE, other subresources, other kinds)
};

// kMalformed: not a review that the API server could have sent; kWrongVersion: another version; kLimitExceeded.
Result<Review> ReadReview(std::string_view json);

struct ReviewAnswer {
  std::string uid;
  bool allowed = true;
  std::string message;                // of a denial
  std::vector<std::string> warnings;  // each without the "Warning: " that kubectl adds
  std::vector<std::pair<std::string, std::string>> audit_annotations;
};

std::string AnswerJson(const ReviewAnswer& answer);

}  // namespace plimsoll::webhook
