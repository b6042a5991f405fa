#include "base/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace plimsoll {

TokenBucket::TokenBucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}

double TokenBucket::available(Time now) const {
  if (!started_ || now <= updated_) return tokens_;
  const double elapsed = std::chrono::duration<double>(now - updated_).count();
  return std::min(burst_, tokens_ + elapsed * rate_);
}

bool TokenBucket::TryTake(Time now, double tokens, double reserve) {
  const double have = available(now);
  // A clock that jumps back must not stop the bucket: it goes on from the new time.
  updated_ = now;
  started_ = true;
  tokens_ = have;
  if (have - tokens < reserve) return false;
  tokens_ -= tokens;
  return true;
}

Duration TokenBucket::WaitFor(Time now, double tokens, double reserve) const {
  const double missing = tokens + reserve - available(now);
  if (missing <= 0) return Duration::zero();
  return Duration{static_cast<Duration::rep>(std::ceil(missing / rate_ * 1e6))};
}

}  // namespace plimsoll
