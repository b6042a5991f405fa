#include "http/budget.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <random>
#include <string_view>
#include <utility>

#include "base/token_bucket.h"

namespace plimsoll::http {
namespace {

constexpr Duration kAskAgainSoon = std::chrono::milliseconds(100);
constexpr std::int64_t kMostSeconds = 365LL * 24 * 3600;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The number at the beginning: "76" of "76;w=21600".
std::optional<std::int64_t> Leading(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (!rest.empty() && rest.front() != ';' && rest.front() != ',' && rest.front() != ' ') {
    return std::nullopt;
  }
  return value;
}

// RFC 9110 section 5.6.7, the one form that may be sent: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Time> HttpDate(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT" || text.substr(3, 2) != ", ") {
    return std::nullopt;
  }
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto day = Leading(text.substr(5, 2));
  const auto year = Leading(text.substr(12, 4));
  const auto hour = Leading(text.substr(17, 2));
  const auto minute = Leading(text.substr(20, 2));
  const auto second = Leading(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute ||
      !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<Duration> RetryAfter(const Headers& headers, Time now) {
  const std::optional<std::string_view> field = headers.Find("Retry-After");
  if (!field) return std::nullopt;
  const std::string_view text = Trim(*field);
  if (const auto date = HttpDate(text)) return std::max(*date - now, Duration(0));
  const auto seconds = Leading(text);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min(*seconds, kMostSeconds));
}

std::optional<std::string_view> FindEither(const Headers& headers, const std::string& name) {
  const auto plain = headers.Find("RateLimit-" + name);
  return plain ? plain : headers.Find("X-RateLimit-" + name);
}

// "100;w=21600" -> 21600 s.
std::optional<Duration> Window(std::string_view text) {
  const std::size_t at = text.find("w=");
  if (at == std::string_view::npos) return std::nullopt;
  const auto seconds = Leading(text.substr(at + 2));
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min(*seconds, kMostSeconds));
}

void ReadRateLimit(const Headers& headers, Time now, Outcome& outcome) {
  if (const auto limit = FindEither(headers, "Limit")) {
    outcome.limit = Leading(Trim(*limit));
    outcome.window = Window(*limit);
  }
  if (const auto remaining = FindEither(headers, "Remaining")) {
    outcome.remaining = Leading(Trim(*remaining));
  }
  if (const auto reset = FindEither(headers, "Reset")) {
    const auto value = Leading(Trim(*reset));
    // Seconds from now by the draft; a moment since 1970 as GitHub and others send it.
    constexpr std::int64_t kSurelyAMoment = 1'000'000'000;
    if (value && *value < kSurelyAMoment) {
      outcome.reset_after = std::chrono::seconds(std::min(*value, kMostSeconds));
    } else if (value && *value < kMostSeconds * 8000) {
      outcome.reset_after = std::max(FromUnixSeconds(*value) - now, Duration(0));
    }
  }
}

// Without an answer: is it the host's doing?
bool IsHostFailure(const Error& error) {
  return error.code == kDnsFailed || error.code == kConnectFailed || error.code == kTlsFailed ||
         error.code == kTransferCut || error.code == kTimeout || error.code == kBadProtocol ||
         error.code == kHeaderTooLarge;
}

}  // namespace

Outcome OutcomeOf(const Result<Response>& result, Time now) {
  Outcome outcome;
  if (!result) {
    outcome.failed = IsHostFailure(result.error());
    return outcome;
  }
  outcome.failed = result->status == 429 || result->status >= 500;
  outcome.retry_after = RetryAfter(result->headers, now);
  ReadRateLimit(result->headers, now, outcome);
  return outcome;
}

struct HostBudget::Impl {
  struct Host {
    explicit Host(double rate, double most) : bucket(rate, most), burst(most) {}
    TokenBucket bucket;
    double burst;
    int in_flight = 0;
    int in_flight_ordinary = 0;
    int failures = 0;
    Time last_failure{};
    Time not_before{};           // for every request
    Time ordinary_not_before{};  // for requests of the ordinary class
    bool open = false;           // the circuit
    Time open_until{};
    bool probing = false;
    Time last_used{};
  };

  Impl(BudgetLimits given, std::uint64_t seed) : limits(given), random(seed) {}

  const BudgetLimits limits;
  mutable std::mutex mutex;
  // Guarded by mutex.
  std::map<std::string, Host> hosts;
  std::map<std::string, double> rates;
  std::mt19937_64 random;

  Host* FindOrMake(const std::string& name, Time now);
  double Burst(double rate) const;
  double Reserve(const Host& host) const;
  Duration Jittered(Duration wait);
  void Failed(Host& host, Time started, Time now);
  void ObeyRateLimit(Host& host, const Outcome& outcome, Time now) const;
  void End(const std::string& name, RequestClass request_class, bool probe, Time started,
           const Outcome* outcome, Time now);
};

double HostBudget::Impl::Burst(double rate) const {
  const double scaled = limits.burst * rate / limits.requests_per_second;
  return std::max(scaled, 2.0);
}

// One token above what is reserved must be reachable, or the ordinary class would wait for ever.
double HostBudget::Impl::Reserve(const Host& host) const {
  return std::min(limits.reserved_share * host.burst, host.burst - 1.0);
}

HostBudget::Impl::Host* HostBudget::Impl::FindOrMake(const std::string& name, Time now) {
  const auto found = hosts.find(name);
  if (found != hosts.end()) return &found->second;
  if (hosts.size() >= limits.max_hosts) {
    // A host that is being avoided goes last: forgetting it would end the wait that it asked for.
    auto victim = hosts.end();
    bool victim_waits = true;
    for (auto at = hosts.begin(); at != hosts.end(); ++at) {
      const Host& host = at->second;
      if (host.in_flight > 0) continue;
      const bool waits = host.open || host.not_before > now || host.ordinary_not_before > now;
      const bool better = victim == hosts.end() || (victim_waits && !waits) ||
                          (victim_waits == waits && host.last_used < victim->second.last_used);
      if (better) victim = at, victim_waits = waits;
    }
    if (victim == hosts.end()) return nullptr;
    hosts.erase(victim);
  }
  const auto configured = rates.find(name);
  const double rate = configured == rates.end() ? limits.requests_per_second : configured->second;
  return &hosts.emplace(name, Host(rate, Burst(rate))).first->second;
}

Duration HostBudget::Impl::Jittered(Duration wait) {
  std::uniform_real_distribution<double> share(0.0, limits.back_off_jitter);
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, Duration::period>(wait) * (1.0 + share(random)));
}

void HostBudget::Impl::Failed(Host& host, Time started, Time now) {
  // Requests that were on their way together fail together: they are one failure.
  if (host.failures > 0 && started < host.last_failure) return;
  host.last_failure = now;
  host.failures = std::min(host.failures + 1, 1000);
  Duration wait = limits.back_off_first;
  for (int i = 1; i < host.failures && wait < limits.back_off_max; ++i) wait *= 2;
  host.not_before = std::max(host.not_before, now + Jittered(std::min(wait, limits.back_off_max)));
  if (host.failures >= limits.breaker_failures) {
    host.open = true;
    host.open_until = now + Jittered(limits.breaker_open);
  }
}

void HostBudget::Impl::ObeyRateLimit(Host& host, const Outcome& outcome, Time now) const {
  if (!outcome.remaining) return;
  const auto remaining = static_cast<double>(*outcome.remaining);
  const auto limit = static_cast<double>(outcome.limit.value_or(0));
  const double floor = limits.remaining_floor * limit;
  const double ordinary_floor = floor + (limit - floor) * limits.reserved_share;
  // Until the window starts anew; where only its length is known, the pace that never exceeds it.
  Duration wait = std::chrono::minutes(1);
  if (outcome.reset_after) {
    wait = *outcome.reset_after;
  } else if (outcome.window && limit >= 1) {
    wait = std::chrono::duration_cast<Duration>(*outcome.window / limit);
  }
  const Time until = now + std::min(wait, limits.retry_after_max);
  if (remaining <= floor) host.not_before = std::max(host.not_before, until);
  if (remaining <= ordinary_floor) {
    host.ordinary_not_before = std::max(host.ordinary_not_before, until);
  }
}

void HostBudget::Impl::End(const std::string& name, RequestClass request_class, bool probe,
                           Time started, const Outcome* outcome, Time now) {
  const std::lock_guard lock(mutex);
  const auto found = hosts.find(name);
  if (found == hosts.end()) return;
  Host& host = found->second;
  --host.in_flight;
  if (request_class == RequestClass::kOrdinary) --host.in_flight_ordinary;
  if (probe) host.probing = false;
  if (outcome == nullptr) return;
  host.last_used = std::max(host.last_used, now);
  if (outcome->failed) {
    Failed(host, started, now);
  } else {
    host.failures = 0;
    host.open = false;
  }
  if (outcome->retry_after) {
    const Duration wait = std::min(*outcome->retry_after, limits.retry_after_max);
    host.not_before = std::max(host.not_before, now + wait);
  }
  ObeyRateLimit(host, *outcome, now);
}

HostBudget::HostBudget(BudgetLimits limits, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(limits, seed)) {}
HostBudget::~HostBudget() = default;

void HostBudget::SetRate(const std::string& host, double requests_per_second) {
  const std::lock_guard lock(impl_->mutex);
  impl_->rates[host] = requests_per_second;
  const auto found = impl_->hosts.find(host);
  if (found != impl_->hosts.end()) {
    found->second.burst = impl_->Burst(requests_per_second);
    found->second.bucket = TokenBucket(requests_per_second, found->second.burst);
  }
}

HostBudget::Answer HostBudget::TryStart(const std::string& name, RequestClass request_class,
                                        Time now) {
  const auto later = [](Reason reason, Duration wait) {
    return Answer{std::nullopt, reason, std::max(wait, Duration(1))};
  };
  const std::lock_guard lock(impl_->mutex);
  Impl::Host* host = impl_->FindOrMake(name, now);
  if (host == nullptr) return later(kTooManyHosts, std::chrono::seconds(1));
  const bool ordinary = request_class == RequestClass::kOrdinary;
  const Time not_before =
      ordinary ? std::max(host->not_before, host->ordinary_not_before) : host->not_before;
  if (host->open && (now < host->open_until || host->probing)) {
    return later(kCircuitOpen, host->probing ? kAskAgainSoon : host->open_until - now);
  }
  if (now < not_before) return later(kRetryLater, not_before - now);
  const BudgetLimits& limits = impl_->limits;
  const int ordinary_places = std::max(
      1, static_cast<int>(std::ceil(limits.max_in_flight * (1.0 - limits.reserved_share))));
  if (host->in_flight >= limits.max_in_flight ||
      (ordinary && host->in_flight_ordinary >= ordinary_places)) {
    return later(kTooManyInFlight, kAskAgainSoon);
  }
  const double reserve = ordinary ? impl_->Reserve(*host) : 0.0;
  if (!host->bucket.TryTake(now, 1.0, reserve)) {
    return later(kBudgetSpent, host->bucket.WaitFor(now, 1.0, reserve));
  }
  ++host->in_flight;
  if (ordinary) ++host->in_flight_ordinary;
  host->last_used = std::max(host->last_used, now);
  const bool probe = host->open;
  if (probe) host->probing = true;
  return Answer{Permit(this, name, request_class, probe, now), Reason(), Duration(0)};
}

double HostBudget::TokensLeft(const std::string& host, Time now) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->hosts.find(host);
  if (found != impl_->hosts.end()) return found->second.bucket.available(now);
  const auto rate = impl_->rates.find(host);
  return rate == impl_->rates.end() ? impl_->limits.burst : impl_->Burst(rate->second);
}

bool HostBudget::CircuitOpen(const std::string& host, Time now) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->hosts.find(host);
  return found != impl_->hosts.end() && found->second.open && now < found->second.open_until;
}

std::size_t HostBudget::hosts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->hosts.size();
}

HostBudget::Permit::Permit(HostBudget* budget, std::string host, RequestClass request_class,
                           bool probe, Time started)
    : budget_(budget),
      host_(std::move(host)),
      request_class_(request_class),
      probe_(probe),
      started_(started) {}

HostBudget::Permit::Permit(Permit&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)),
      host_(std::move(other.host_)),
      request_class_(other.request_class_),
      probe_(other.probe_),
      started_(other.started_) {}

HostBudget::Permit& HostBudget::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    GiveBack();
    budget_ = std::exchange(other.budget_, nullptr);
    host_ = std::move(other.host_);
    request_class_ = other.request_class_;
    probe_ = other.probe_;
    started_ = other.started_;
  }
  return *this;
}

HostBudget::Permit::~Permit() { GiveBack(); }

void HostBudget::Permit::GiveBack() {
  if (budget_ == nullptr) return;
  budget_->impl_->End(host_, request_class_, probe_, started_, nullptr, started_);
  budget_ = nullptr;
}

void HostBudget::Permit::Finish(const Outcome& outcome, Time now) {
  if (budget_ == nullptr) return;
  budget_->impl_->End(host_, request_class_, probe_, started_, &outcome, now);
  budget_ = nullptr;
}

}  // namespace plimsoll::http
