#include "kube/waiter.h"

namespace plimsoll::kube {

bool SystemWaiter::WaitFor(Duration duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace plimsoll::kube
