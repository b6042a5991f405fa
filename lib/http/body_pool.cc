#include "body_pool.h"

#include <algorithm>

namespace plimsoll::http {

std::size_t BodyPool::Share::Grow(std::size_t total) {
  if (pool_ == nullptr) return 0;
  const ServerLimits& limits = pool_->limits_;
  if (total <= held_) return held_;
  if (total <= limits.small_body_bytes) return total;
  const std::lock_guard lock(pool_->mutex_);
  // Only a body whose length was declared gets this large, so it never grows out of the other pool.
  if (total > limits.large_body_bytes) {
    if (held_ != 0 || pool_->large_ + total > limits.large_pool_bytes) return 0;
    pool_->large_ += total;
    large_ = true;
    held_ = total;
    return held_;
  }
  // Doubled, so that a body in many pieces is not copied for each of them.
  const std::size_t wanted = std::max(total, std::min(2 * held_, limits.large_body_bytes));
  for (const std::size_t room : {wanted, total}) {
    if (pool_->pooled_ + room - held_ > limits.body_pool_bytes) continue;
    pool_->pooled_ += room - held_;
    held_ = room;
    return held_;
  }
  return 0;
}

void BodyPool::Share::Release() {
  if (pool_ == nullptr || held_ == 0) return;
  const std::lock_guard lock(pool_->mutex_);
  (large_ ? pool_->large_ : pool_->pooled_) -= held_;
  held_ = 0;
  large_ = false;
}

}  // namespace plimsoll::http
