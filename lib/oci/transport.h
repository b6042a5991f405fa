// One request to one host: within the host's budget and the caller's time, classified.
//
// Retries nothing by itself: what may be asked again is the caller's to decide. A status below 500 that is none of
// 401, 403, 408, 425, 429 comes back as a response. Everything that gives no usable answer is a Failure with the reason
// of registry.h. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/metric.h"
#include "base/time.h"
#include "http/budget.h"
#include "http/client.h"
#include "oci/discovery.h"
#include "oci/registry.h"

namespace plimsoll::oci {

Failure MakeFailure(Reason code, std::string message, bool retryable = false, int http_status = 0);

// What every request of one call shares.
struct CallContext {
  std::chrono::steady_clock::time_point deadline;
  Priority priority = Priority::kOrdinary;
  bool fresh = false;
  RequestCounts* counts = nullptr;  // never null
};

class Transport {
 public:
  Transport(http::Client& http, http::HostBudget& budget, const Clock& clock, Metrics& metrics,
            std::chrono::milliseconds request_timeout, std::chrono::milliseconds max_budget_wait);

  // `authentication_status_is_answer`: 401 and 403 come back as responses.
  Answer<http::Response> Send(http::Request request, const CallContext& call,
                              bool authentication_status_is_answer = false);

  std::chrono::milliseconds Remaining(const CallContext& call) const;
  const Clock& clock() const { return clock_; }

 private:
  Answer<http::HostBudget::Permit> WaitForBudget(const std::string& host, const CallContext& call);
  void Count(const std::string& host, const Result<http::Response>& result);

  // Constant after construction; what they refer to guards itself.
  http::Client& http_;
  http::HostBudget& budget_;
  const Clock& clock_;
  CounterFamily& requests_;
  GaugeFamily& budget_left_;
  std::chrono::milliseconds request_timeout_;
  std::chrono::milliseconds max_budget_wait_;
};

// "docker.io", "ghcr.io" ..., "other": a bounded set for labels.
std::string_view HostClass(std::string_view host);

// ": DENIED: requested access to the resource is denied", from an error answer's body; empty when it says nothing.
std::string RegistryErrorText(const http::Response& response);

}  // namespace plimsoll::oci
