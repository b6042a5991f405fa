#include "observation/annotation_memory.h"

#include <algorithm>
#include <utility>

namespace plimsoll::observation {

void AnnotationMemory::Learn(const std::string& repository, rekor::AnnotationTemplate made) {
  if (made.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto [at, added] = templates_.try_emplace(repository);
  if (added) order_.push_back(repository);
  std::vector<rekor::AnnotationTemplate>& known = at->second;
  std::erase(known, made);
  known.insert(known.begin(), std::move(made));
  if (known.size() > rekor::kMaxTemplates) known.pop_back();
  if (order_.size() <= most_) return;
  templates_.erase(order_.front());
  order_.pop_front();
}

std::vector<rekor::AnnotationTemplate> AnnotationMemory::Of(const std::string& repository) const {
  const std::lock_guard lock(mutex_);
  const auto found = templates_.find(repository);
  return found == templates_.end() ? std::vector<rekor::AnnotationTemplate>() : found->second;
}

}  // namespace plimsoll::observation
