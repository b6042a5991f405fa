// Waiting, as an interface, so that tests move time instead of spending it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/time.h"

namespace plimsoll::kube {

class Waiter {
 public:
  virtual ~Waiter() = default;
  // Returns after `duration` (true) or as soon as stop is requested (false). Thread-safe.
  virtual bool WaitFor(Duration duration, std::stop_token stop) = 0;
};

class SystemWaiter final : public Waiter {
 public:
  bool WaitFor(Duration duration, std::stop_token stop) override;
};

}  // namespace plimsoll::kube
