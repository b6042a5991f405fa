#include "body_pool.h"

namespace plimsoll::http {

bool BodyPool::Share::Grow(std::size_t total) {
  if (pool_ == nullptr) return false;
  const ServerLimits& limits = pool_->limits_;
  if (placed_ || total <= limits.small_body_bytes || total <= pooled_) return true;
  const std::lock_guard lock(pool_->mutex_);
  if (total > limits.large_body_bytes) {
    if (pool_->placed_ >= limits.large_body_places) return false;
    ++pool_->placed_;
    placed_ = true;
    pool_->pooled_ -= pooled_;
    pooled_ = 0;
    return true;
  }
  // In steps, so that the pool's lock is not taken for every packet.
  constexpr std::size_t kStep = 64 * 1024;
  const std::size_t wanted = (total + kStep - 1) / kStep * kStep;
  if (pool_->pooled_ + wanted - pooled_ > limits.body_pool_bytes) return false;
  pool_->pooled_ += wanted - pooled_;
  pooled_ = wanted;
  return true;
}

void BodyPool::Share::Release() {
  if (pool_ == nullptr || (pooled_ == 0 && !placed_)) return;
  const std::lock_guard lock(pool_->mutex_);
  pool_->pooled_ -= pooled_;
  if (placed_) --pool_->placed_;
  pooled_ = 0;
  placed_ = false;
}

}  // namespace plimsoll::http
