#include "kube/client.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/token_bucket.h"
#include "slices.h"

namespace plimsoll::kube {
namespace {

constexpr std::size_t kPageBytes = 64u << 20;
constexpr Duration kLeastRetryAfter = std::chrono::milliseconds(100);
constexpr int kBrokenTries = 2;
constexpr Duration kBrokenPause = std::chrono::milliseconds(100);

// The token bucket counts in Time; only differences matter to it.
Time AsTime(std::chrono::steady_clock::time_point at) {
  return Time(std::chrono::duration_cast<Duration>(at.time_since_epoch()));
}

}  // namespace

struct Client::Impl {
  Impl(Transport& transport_in, const Clock& clock_in, Waiter& waiter_in,
       const ClientOptions& options_in)
      : transport(transport_in),
        clock(clock_in),
        waiter(waiter_in),
        options(options_in),
        bucket(options_in.requests_per_second, options_in.burst) {}

  // Waits for a token. False: stopped, or it would take longer than until `deadline`.
  bool Admit(std::chrono::steady_clock::time_point deadline, std::stop_token stop) {
    while (!stop.stop_requested()) {
      Duration wait{};
      {
        const std::lock_guard lock(mutex);
        const Time now = AsTime(clock.Steady());
        if (bucket.TryTake(now)) return true;
        wait = std::max<Duration>(bucket.WaitFor(now), std::chrono::milliseconds(1));
      }
      if (clock.Steady() + wait > deadline) return false;
      waiter.WaitFor(wait, stop);
    }
    return false;
  }

  Transport& transport;
  const Clock& clock;
  Waiter& waiter;
  const ClientOptions options;

  std::mutex mutex;
  TokenBucket bucket;  // guarded by mutex
};

Client::Client(Transport& transport, const Clock& clock, Waiter& waiter,
               const ClientOptions& options)
    : impl_(std::make_unique<Impl>(transport, clock, waiter, options)) {}
Client::~Client() = default;

Result<Response> Client::Send(const Request& request, std::string_view what, std::stop_token stop) {
  const auto deadline = impl_->clock.Steady() + impl_->options.deadline;
  bool renewed = false;
  int broken_left = kBrokenTries;
  for (int tries = 1;; ++tries) {
    if (!impl_->Admit(deadline, stop)) {
      if (stop.stop_requested()) return Fail(kCancelled, std::string(what) + ": stopped");
      return FailRetryable(kTimeout,
                           std::string(what) + ": our own rate limit left no time for it");
    }
    auto response = impl_->transport.Call(request, stop);
    // After a restart of the API server the pool holds connections that nobody answers on any more.
    const bool broken = !response && response.error().code == kConnectionFailed;
    if (broken && broken_left-- > 0 && impl_->waiter.WaitFor(kBrokenPause, stop)) continue;
    if (!response) {
      Error error = std::move(response).error();
      error.message = std::string(what) + ": " + error.message;
      return Forward(std::move(error));
    }
    if (response->status >= 200 && response->status < 300) return response;
    ApiFailure failure =
        FailureFromResponse(response->status, response->body, response->retry_after, what);
    // The transport has dropped the credential; a new one is worth one more try.
    if (response->status == 401 && !std::exchange(renewed, true)) continue;
    const bool asked_to_wait =
        failure.retry_after && (response->status == 429 || response->status >= 500);
    if (!asked_to_wait || tries >= impl_->options.max_tries)
      return Forward(std::move(failure.error));
    const Duration wait = std::max(*failure.retry_after, kLeastRetryAfter);
    if (impl_->clock.Steady() + wait > deadline) return Forward(std::move(failure.error));
    if (!impl_->waiter.WaitFor(wait, stop))
      return Fail(kCancelled, std::string(what) + ": stopped");
  }
}

Result<std::string> Client::GetPath(std::string target, std::stop_token stop) {
  const std::string what = "get " + target.substr(0, target.find('?'));
  Request request;
  request.target = std::move(target);
  PLIMSOLL_ASSIGN(Response response, Send(request, what, std::move(stop)));
  return std::move(response.body);
}

Result<std::string> Client::Get(const ResourceType& type, std::string_view namespace_name,
                                std::string_view name, std::stop_token stop) {
  PLIMSOLL_ASSIGN(std::string path, ObjectPath(type, namespace_name, name));
  return GetPath(std::move(path), std::move(stop));
}

Result<json::Document> Client::GetDocument(const ResourceType& type,
                                           std::string_view namespace_name, std::string_view name,
                                           std::stop_token stop) {
  PLIMSOLL_ASSIGN(const std::string text, Get(type, namespace_name, name, std::move(stop)));
  return json::Document::Parse(text, kObjectLimits);
}

Status Client::List(const ResourceType& type, std::string_view namespace_name,
                    std::string_view label_selector,
                    const std::function<Status(std::string_view json)>& each,
                    const std::function<void()>& restarted, std::stop_token stop) {
  const std::string what = "list " + type.plural;
  std::string query = "?limit=500";
  if (!label_selector.empty()) query += "&labelSelector=" + QueryEscape(label_selector);
  std::string token;
  bool restarts_left = true;
  while (true) {
    Request request;
    request.target = CollectionPath(type, namespace_name) + query;
    if (!token.empty()) request.target += "&continue=" + QueryEscape(token);
    request.channel = Channel::kLists;
    request.timeout = std::chrono::seconds(60);
    request.max_response_bytes = kPageBytes;
    const auto response = Send(request, what, stop);
    if (!response) {
      const bool expired = response.error().code == kExpired && !token.empty();
      if (!expired || !std::exchange(restarts_left, false)) return Forward(response.error());
      token.clear();
      if (restarted) restarted();
      continue;
    }
    PLIMSOLL_ASSIGN(const ListFrame frame, SplitList(response->body));
    for (const std::string_view item : frame.items) PLIMSOLL_TRY(each(item));
    if (frame.continue_token.empty()) return {};
    token = std::string(frame.continue_token);
  }
}

}  // namespace plimsoll::kube
