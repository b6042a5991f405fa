// A token bucket that is a value: time is an argument, so it runs in simulation and in tests.
//
// Not thread-safe: its owner guards it.
#pragma once

#include "base/time.h"

namespace plimsoll {

class TokenBucket {
 public:
  // `rate` tokens a second, at most `burst` at once; starts full. Both must be positive.
  TokenBucket(double rate, double burst);

  // Takes `tokens` if that many are there at `now` and `reserve` tokens remain afterwards.
  bool TryTake(Time now, double tokens = 1.0, double reserve = 0.0);
  // How long until TryTake with the same arguments would succeed. Zero when it would now.
  Duration WaitFor(Time now, double tokens = 1.0, double reserve = 0.0) const;
  double available(Time now) const;

 private:
  double rate_;
  double burst_;
  double tokens_;
  Time updated_{};
  bool started_ = false;
};

}  // namespace plimsoll
