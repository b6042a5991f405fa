// What the signatures of a repository say beside the image: annotations are part of the payload that a log indexes, so an
// image whose signature is gone is found only with those that it had. In memory alone: the next signature that is served
// tells them again. Bounded; thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "rekor/search_plan.h"

namespace plimsoll::observation {

class AnnotationMemory {
 public:
  explicit AnnotationMemory(std::size_t most_repositories = 4'096) : most_(most_repositories) {}

  // Of a signature that was verified. No annotation is nothing to learn: such payloads are always asked for.
  void Learn(const std::string& repository, rekor::AnnotationTemplate made);
  // The last one first; at most rekor::kMaxTemplates.
  std::vector<rekor::AnnotationTemplate> Of(const std::string& repository) const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<rekor::AnnotationTemplate>> templates_;  // guarded by mutex_
  std::deque<std::string> order_;  // of first sight; guarded by mutex_
};

}  // namespace plimsoll::observation
