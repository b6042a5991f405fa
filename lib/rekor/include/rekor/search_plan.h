// What to ask a log's index about one image, and what a hit may be about. Pure.
//
// A classic signature is indexed by the SHA-256 of the signed payload, never by the image digest; the payload is
// rebuilt from the name under which the image was signed, and its digest. A bundle signature is indexed by the
// image digest, and by the SHA-256 of its statement where the index was filled again from stored entries.
//
// Annotations are part of a payload: it is rebuilt with those that other signatures of the repository carry.
//
// Not rebuilt, because it cannot be: payloads with annotations that nobody knows (run numbers, times: podman and
// skopeo write one), and payloads made by hand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::rekor {

// By key; none: the tag that the image goes by.
using AnnotationTemplate = std::map<std::string, std::optional<std::string>>;
// Of an image that goes by `tags`.
AnnotationTemplate TemplateOf(const std::map<std::string, std::string>& annotations,
                              const std::vector<std::string>& tags);

struct Subject {
  std::string repository;            // key
  std::vector<std::string> aliases;  // repository keys under which it may have been signed
  std::string digest;                // "sha256:<hex>"
  std::vector<std::string> tags;     // names that the image goes by here; at most kMaxTags count
  bool bundle_first = false;         // this repository signs with bundles: asks for those first
  std::vector<AnnotationTemplate> templates =
      {};  // the likeliest first; at most kMaxTemplates count
};

struct SearchPlan {
  std::vector<std::string> terms;     // SHA-256, lower-case hex, the likeliest first; distinct
  std::vector<std::string> payloads;  // what a hit may be about
};

inline constexpr std::size_t kMaxTags = 2;
inline constexpr std::size_t kMaxAliases = 4;
inline constexpr std::size_t kMaxTemplates = 2;

// Empty for a digest that is not SHA-256: no log indexes others.
SearchPlan PlanSearch(const Subject& subject);

}  // namespace plimsoll::rekor
