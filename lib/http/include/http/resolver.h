// Names to addresses. The client resolves by itself, so that the addresses which the policy judged
// are the ones connected to, and so that a slow name server costs a request no more than its time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/address.h"

namespace plimsoll::http {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // At least one address, in the order in which to try them. `fresh` asks past any cache. Returns
  // by `deadline`. Errors: kDnsFailed, kTimeout, kCancelled. Thread-safe.
  virtual Result<std::vector<IpAddress>> Resolve(const std::string& host,
                                                 std::chrono::steady_clock::time_point deadline,
                                                 bool fresh) = 0;
  // Ends every call that waits, and every later one, with kCancelled. A client that shuts down
  // calls it.
  virtual void Shutdown() {}
};

struct ResolverLimits {
  std::size_t max_threads = 8;     // look-ups at the same time
  std::size_t max_waiting = 64;    // look-ups that wait for a thread; more are refused
  std::size_t max_addresses = 16;  // kept of one answer
  std::size_t max_cached = 1024;
  std::chrono::seconds cache_for{30};  // only good answers are kept
};

// getaddrinfo(3) on threads of its own, which are joined by the destructor: it may wait for the
// system's own resolver time-out. Look-ups of one name at one time share one call.
std::unique_ptr<Resolver> NewSystemResolver(ResolverLimits limits = {});

}  // namespace plimsoll::http
