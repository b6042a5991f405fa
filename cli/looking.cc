#include "cli/looking.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace plimsoll::cli {
namespace {

constexpr std::size_t kAtATime = 8;

}  // namespace

void LookAtAll(const Invocation& invocation, std::size_t count, const std::string& what,
               const std::function<void(std::size_t)>& look) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::size_t done = 0;  // guarded by mutex
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      look(i);
      const std::lock_guard lock(mutex);
      ++done;
      if (invocation.progress)
        invocation.err << "\r" << what << ": " << done << " of " << count << std::flush;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(kAtATime, count); ++i) threads.emplace_back(work);
  }
  if (invocation.progress && count > 0) invocation.err << "\n";
}

}  // namespace plimsoll::cli
