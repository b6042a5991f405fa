// What we may ask of one registry or log, so that we never become the cause of its 429.
//
// For each host: a token bucket, a limit of requests in flight, `Retry-After` and
// `RateLimit-Remaining` obeyed, back-off with jitter after failures, and a circuit breaker that lets
// one probe through when its time has passed. A part of the bucket is kept for the reserved class
// (repositories with a trusted signer), so that whoever can name images cannot use it up.
//
// Time is an argument: no clock is read, nothing sleeps. Randomness comes from the seed. Thread-safe.
// Bounded: `max_hosts` hosts; beyond them the host longest unused with nothing in flight is
// forgotten, and when there is none the request is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "http/client.h"

namespace plimsoll::http {

// Why a request must wait.
inline constexpr Reason kBudgetSpent{"BudgetSpent"};  // no token
inline constexpr Reason kTooManyInFlight{"TooManyInFlight"};
inline constexpr Reason kRetryLater{"RetryLater"};    // the host asked for it, or back-off
inline constexpr Reason kCircuitOpen{"CircuitOpen"};  // it failed again and again
inline constexpr Reason kTooManyHosts{"TooManyHosts"};

struct BudgetLimits {
  double requests_per_second = 5.0;
  double burst = 20.0;
  // Of tokens, places in flight and the host's own limit: only for RequestClass::kReserved.
  double reserved_share = 0.5;
  int max_in_flight = 8;
  std::size_t max_hosts = 1024;
  Duration back_off_first = std::chrono::seconds(1);  // doubled with each failure in a row
  Duration back_off_max = std::chrono::minutes(5);
  double back_off_jitter = 0.5;  // the wait is multiplied by 1 .. 1 + jitter
  int breaker_failures = 5;      // failures in a row that open the circuit
  Duration breaker_open = std::chrono::seconds(60);
  Duration retry_after_max = std::chrono::hours(6);  // a host cannot make us wait longer
  // Of the host's own limit: what is left to others behind our address.
  double remaining_floor = 0.1;
};

enum class RequestClass { kOrdinary, kReserved };

// What became of a request, as far as the budget is concerned.
struct Outcome {
  bool failed = false;  // no answer, 429 or 5xx: counts towards back-off and breaker
  std::optional<Duration> retry_after;
  std::optional<std::int64_t> remaining;  // requests that the host still grants
  std::optional<std::int64_t> limit;
  std::optional<Duration> window;  // in which `limit` requests are granted
  std::optional<Duration> reset_after;
};
// Reads status, Retry-After (seconds or HTTP-date), RateLimit-Remaining / -Limit / -Reset (also
// Docker Hub's `100;w=21600` and the X- forms). 401, 403 and 404 are answers, not failures.
Outcome OutcomeOf(const Result<Response>& result, Time now);

class HostBudget {
 public:
  HostBudget(BudgetLimits limits, std::uint64_t seed);
  ~HostBudget();
  HostBudget(const HostBudget&) = delete;
  HostBudget& operator=(const HostBudget&) = delete;

  // The configured rate of one host ("host:port"), in place of the default.
  void SetRate(const std::string& host, double requests_per_second);

  // The right to one request. It must be ended by Finish, or is given back by its destructor as a
  // request of which nothing is known. Movable; must not outlive the budget.
  class Permit {
   public:
    Permit(Permit&&) noexcept;
    Permit& operator=(Permit&&) noexcept;
    ~Permit();
    void Finish(const Outcome& outcome, Time now);

   private:
    friend class HostBudget;
    Permit(HostBudget* budget, std::string host, RequestClass request_class, bool probe,
           Time started);
    void GiveBack();
    HostBudget* budget_;
    std::string host_;
    RequestClass request_class_;
    bool probe_;
    Time started_;
  };

  struct Answer {
    std::optional<Permit> permit;  // present: go on
    Reason reason;                 // absent: why
    Duration wait{0};              // absent: when to ask again; for kTooManyInFlight an estimate
  };
  Answer TryStart(const std::string& host, RequestClass request_class, Time now);

  // Tokens that are left, for the metric; the burst for a host that is not known.
  double TokensLeft(const std::string& host, Time now) const;
  bool CircuitOpen(const std::string& host, Time now) const;
  std::size_t hosts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::http
