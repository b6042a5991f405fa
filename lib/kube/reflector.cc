#include "kube/reflector.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace plimsoll::kube {
namespace {

// Resource versions are decimal numbers that grow; anything else cannot be compared.
std::optional<std::uint64_t> AsNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

bool NotNewer(std::string_view seen, std::string_view version) {
  const auto a = AsNumber(seen);
  const auto b = AsNumber(version);
  return a && b && *b <= *a;
}

bool NoAnswer(const ApiFailure& failure) { return failure.status == 0; }

}  // namespace

Reflector::Reflector(const ReflectorOptions& options) : options_(options), random_(options.seed) {}

Reflector::Step Reflector::Next(SteadyTime now) {
  if (wait_until_ && now < *wait_until_) {
    Step step;
    step.wait = std::chrono::ceil<Duration>(*wait_until_ - now);
    return step;
  }
  wait_until_.reset();
  switch (state_) {
    case State::kStart:
      return options_.watch_list && !fall_back_ ? WatchStep(now, true) : ListStep();
    case State::kListing:
      return ListStep();
    case State::kWatchListing:
      return WatchStep(now, true);
    case State::kWatching:
      break;
  }
  return WatchStep(now, false);
}

Reflector::Step Reflector::ListStep() {
  ++lists_;
  Step step;
  step.kind = Step::Kind::kList;
  step.begins_snapshot = state_ != State::kListing || first_page_;
  state_ = State::kListing;
  const std::string version = version_unavailable_ ? std::string() : resource_version_;
  if (!continue_token_.empty()) {
    step.query =
        "limit=" + std::to_string(options_.page_size) + "&continue=" + QueryEscape(continue_token_);
    return step;
  }
  if (whole_list_) {
    step.whole_list = true;
  } else {
    step.query = "limit=" + std::to_string(options_.page_size);
  }
  if (!version.empty()) {
    if (!step.query.empty()) step.query += '&';
    step.query += "resourceVersion=" + QueryEscape(version) + "&resourceVersionMatch=NotOlderThan";
  }
  return step;
}

Reflector::Step Reflector::WatchStep(SteadyTime now, bool initial_events) {
  ++watches_;
  state_ = initial_events ? State::kWatchListing : State::kWatching;
  watch_started_ = now;
  watch_events_ = 0;
  const auto least = std::chrono::duration_cast<std::chrono::seconds>(options_.watch_least).count();
  const auto seconds = std::uniform_int_distribution<std::int64_t>(least, 2 * least)(random_);
  Step step;
  step.kind = Step::Kind::kWatch;
  step.begins_snapshot = initial_events;
  step.timeout = std::chrono::seconds(seconds) + options_.watch_grace;
  step.query = "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(seconds);
  const std::string version =
      initial_events && version_unavailable_ ? std::string() : resource_version_;
  if (initial_events) step.query += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  if (!version.empty()) step.query += "&resourceVersion=" + QueryEscape(version);
  return step;
}

bool Reflector::OnPage(SteadyTime, std::string_view resource_version,
                       std::string_view continue_token) {
  if (!continue_token.empty()) {
    continue_token_ = std::string(continue_token);
    first_page_ = false;
    return false;
  }
  continue_token_.clear();
  first_page_ = true;
  whole_list_ = false;
  version_unavailable_ = false;
  fall_back_ = false;
  synced_ = true;
  resource_version_ = std::string(resource_version);
  state_ = State::kWatching;
  return true;
}

void Reflector::OnListFailed(SteadyTime now, const ApiFailure& failure) {
  if (failure.error.code == kTooManyRequests || NoAnswer(failure)) {
    BackOff(now, failure.retry_after);  // the same page again
    return;
  }
  const bool later_page = !continue_token_.empty();
  continue_token_.clear();
  first_page_ = true;
  if (failure.error.code == kExpired && later_page) {
    whole_list_ = true;  // pages do not outlive compaction here: once without them
    return;
  }
  if (failure.error.code == kExpired || failure.resource_version_too_large) {
    const bool had_version = !version_unavailable_ && !resource_version_.empty();
    version_unavailable_ = true;
    if (had_version) return;  // at once, at the newest version
  }
  whole_list_ = false;
  Relist(State::kStart);
  BackOff(now, failure.retry_after);
}

Reflector::Verdict Reflector::OnEvent(SteadyTime, EventType type, std::string_view resource_version,
                                      bool initial_events_end) {
  ++watch_events_;
  if (state_ == State::kWatchListing) {
    if (type != EventType::kBookmark) return Verdict::kApply;
    if (!initial_events_end) return Verdict::kIgnore;
    resource_version_ = std::string(resource_version);
    version_unavailable_ = false;
    fall_back_ = false;
    synced_ = true;
    state_ = State::kWatching;
    return Verdict::kSynced;
  }
  internal_errors_since_.reset();
  if (NotNewer(resource_version_, resource_version)) return Verdict::kIgnore;
  if (!resource_version.empty()) resource_version_ = std::string(resource_version);
  return type == EventType::kBookmark ? Verdict::kIgnore : Verdict::kApply;
}

void Reflector::OnWatchClosed(SteadyTime now) {
  const bool short_watch = now - watch_started_ < options_.short_watch && watch_events_ == 0;
  // A server that does not know WatchList streams events without ever ending the initial ones.
  if (state_ == State::kWatchListing) {
    fall_back_ = true;
  } else if (!short_watch) {
    return;  // again from where we are
  }
  // Opened and closed at once: as if refused. List again, after a while, to be sure to see everything.
  Relist(State::kStart);
  BackOff(now, std::nullopt);
}

void Reflector::OnWatchFailed(SteadyTime now, const ApiFailure& failure, bool in_stream) {
  const bool initial = state_ == State::kWatchListing;
  if (failure.error.code == kTooManyRequests || NoAnswer(failure)) {
    // The server is busy or away, and our version is still good: no list.
    BackOff(now, failure.retry_after);
    return;
  }
  if (initial && (failure.error.code == kExpired || failure.resource_version_too_large)) {
    const bool had_version = !version_unavailable_ && !resource_version_.empty();
    version_unavailable_ = true;
    if (!had_version) BackOff(now, failure.retry_after);
    return;
  }
  if (initial) {
    // Not offered, or not by this server: the way that every server knows.
    fall_back_ = true;
    Relist(State::kStart);
    return;
  }
  if (in_stream && failure.reason == "InternalError") {
    if (!internal_errors_since_) internal_errors_since_ = now;
    if (now - *internal_errors_since_ < options_.internal_error_retry) {
      BackOff(now, failure.retry_after);
      return;
    }
  }
  if (failure.resource_version_too_large) version_unavailable_ = true;
  Relist(State::kStart);
  // Expired is no fault of anybody: list at once, at least as new as what we have seen.
  if (failure.error.code != kExpired) BackOff(now, failure.retry_after);
}

void Reflector::OnMalformed(SteadyTime now) {
  if (state_ == State::kWatchListing) fall_back_ = true;
  Relist(State::kStart);
  BackOff(now, std::nullopt);
}

void Reflector::Relist(State state) {
  state_ = state;
  continue_token_.clear();
  first_page_ = true;
  internal_errors_since_.reset();
}

Duration Reflector::Jitter(Duration base) {
  // As client-go's jitter factor 1.0: from once to twice the time.
  const double factor = 1.0 + std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  return std::chrono::duration_cast<Duration>(factor * base);
}

void Reflector::BackOff(SteadyTime now, std::optional<Duration> retry_after) {
  if (!last_backoff_ || now - *last_backoff_ > options_.backoff_reset) backoff_ = Duration{};
  backoff_ = backoff_ == Duration{} ? options_.backoff_first
                                    : std::min<Duration>(backoff_ * 2, options_.backoff_most);
  last_backoff_ = now;
  Duration wait = Jitter(backoff_);
  if (retry_after) wait = std::max(wait, *retry_after);
  wait_until_ = now + wait;
}

}  // namespace plimsoll::kube
