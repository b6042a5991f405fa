// One request to the log: within its budget and the caller's time. Thread-safe.
//
// 404 comes back as an answer: it says that something is not there. Every other status outside 2xx, and
// everything that is not a complete answer of the media type that was asked for, is an Error of reason.h.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "http/budget.h"
#include "http/client.h"

namespace plimsoll::rekor {

struct TransportOptions {
  std::string base_url;  // without a slash at its end
  std::chrono::milliseconds timeout{5'000};
  std::size_t max_response_bytes = 1u << 20;
};

struct Answer {
  int status = 0;  // 200 or 404
  std::string body;
};

class Transport {
 public:
  Transport(http::Client& http, http::HostBudget& budget, TransportOptions options,
            const Clock& clock, Metrics& metrics);

  using Deadline = std::chrono::steady_clock::time_point;
  Result<Answer> GetJson(const std::string& path, Deadline deadline);
  Result<Answer> PostJson(const std::string& path, std::string body, Deadline deadline);
  // Tiles and checkpoints: any media type.
  Result<Answer> GetBytes(const std::string& path, Deadline deadline);

  // Whoever waits for the budget gives up, now and from now on.
  void Stop();

 private:
  Result<Answer> Send(http::Request request, Deadline deadline);
  Result<http::HostBudget::Permit> WaitForBudget(Deadline deadline);

  // Constant after construction.
  http::Client& http_;
  http::HostBudget& budget_;
  const TransportOptions options_;
  std::string host_;  // "host:port"
  const Clock& clock_;
  CounterFamily& requests_;

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace plimsoll::rekor
