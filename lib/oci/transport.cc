#include "transport.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::oci {
namespace {

using std::chrono::milliseconds;

// Why http gave no response, in the words of registry.h.
Failure FromHttpError(const Error& error) {
  Reason code = kRegistryUnreachable;
  if (error.code == http::kBodyTooLarge) {
    code = kLimitExceeded;
  } else if (error.code == http::kUnexpectedMediaType || error.code == http::kEncodingRefused ||
             error.code == http::kRedirectRefused || error.code == http::kAddressRefused ||
             error.code == http::kPlainHttpRefused || error.code == http::kHeaderTooLarge ||
             error.code == http::kBadProtocol || error.code == kInvalidArgument) {
    code = kAnswerRefused;
  }
  return MakeFailure(code, error.message, code != kLimitExceeded);
}

std::optional<std::chrono::seconds> Ceil(std::optional<Duration> duration) {
  if (!duration) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*duration);
}

Failure FromStatus(const http::Response& response, const http::Outcome& outcome) {
  const auto who = response.url.Authority();
  const auto status = std::to_string(response.status);
  const auto said = RegistryErrorText(response);
  Failure failure;
  switch (response.status) {
    case 401:
    case 403:
      failure = MakeFailure(kAuthenticationFailed, who + " answered " + status + said);
      break;
    case 429:
      failure =
          MakeFailure(kRegistryThrottled, who + " answered 429, too many requests" + said, true);
      break;
    default:
      failure = MakeFailure(kRegistryUnreachable, who + " answered " + status + said, true);
  }
  failure.http_status = response.status;
  failure.retry_after = Ceil(outcome.retry_after);
  return failure;
}

bool IsAuthenticationStatus(int status) { return status == 401 || status == 403; }

bool IsNoAnswer(int status) {
  return status >= 500 || status == 408 || status == 425 || status == 429 || status < 200;
}

}  // namespace

Failure MakeFailure(Reason code, std::string message, bool retryable, int http_status) {
  Failure failure;
  failure.error = Error{code, std::move(message), retryable};
  failure.http_status = http_status;
  return failure;
}

std::string_view HostClass(std::string_view host) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kClasses{{
      {"docker.io", "docker.io"},
      {"ghcr.io", "ghcr.io"},
      {"quay.io", "quay.io"},
      {"registry.k8s.io", "registry.k8s.io"},
      {"gcr.io", "gcr.io"},
      {"pkg.dev", "pkg.dev"},
      {"amazonaws.com", "ecr"},
      {"public.ecr.aws", "ecr"},
      {"azurecr.io", "azurecr.io"},
      {"mcr.microsoft.com", "mcr.microsoft.com"},
      {"registry.gitlab.com", "gitlab.com"},
      {"cgr.dev", "cgr.dev"},
  }};
  for (const auto& [suffix, name] : kClasses) {
    if (host == suffix) return name;
    if (host.size() > suffix.size() && host.ends_with(suffix) &&
        host[host.size() - suffix.size() - 1] == '.') {
      return name;
    }
  }
  return "other";
}

std::string RegistryErrorText(const http::Response& response) {
  json::Limits limits;
  limits.max_bytes = 16u << 10;
  limits.max_depth = 8;
  limits.max_values = 500;
  if (response.body.empty() || response.body_truncated) return "";
  const auto document = json::Document::Parse(response.body, limits);
  if (!document || !document->root().IsObject()) return "";
  const auto error = document->root()["errors"][0];
  const auto code = error["code"].StringOrEmpty();
  const auto message = error["message"].StringOrEmpty();
  if (code.empty() && message.empty()) return "";
  std::string text = ": ";
  text += Printable(code, 64);
  if (!code.empty() && !message.empty()) text += ": ";
  text += Printable(message, 160);
  return text;
}

Transport::Transport(http::Client& http, http::HostBudget& budget, const Clock& clock,
                     Metrics& metrics, milliseconds request_timeout, milliseconds max_budget_wait)
    : http_(http),
      budget_(budget),
      clock_(clock),
      requests_(metrics.Counters(
          "plimsoll_registry_requests_total",
          "Requests to registries and token servers, by host class and status code")),
      budget_left_(metrics.Gauges("plimsoll_registry_budget_left",
                                  "Requests that would be sent at once to the host of this class "
                                  "that was asked last.")),
      request_timeout_(request_timeout),
      max_budget_wait_(max_budget_wait) {}

milliseconds Transport::Remaining(const CallContext& call) const {
  return std::chrono::duration_cast<milliseconds>(call.deadline - clock_.Steady());
}

Answer<http::HostBudget::Permit> Transport::WaitForBudget(const std::string& host,
                                                          const CallContext& call) {
  const auto request_class = call.priority == Priority::kTrusted ? http::RequestClass::kReserved
                                                                 : http::RequestClass::kOrdinary;
  const auto give_up = clock_.Steady() + max_budget_wait_;
  while (true) {
    auto answer = budget_.TryStart(host, request_class, clock_.Now());
    if (answer.permit) return std::move(*answer.permit);
    const auto wait = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(answer.wait));
    const auto end = clock_.Steady() + wait;
    if (end > call.deadline || end > give_up) {
      const bool broken = answer.reason == http::kCircuitOpen;
      auto failure = MakeFailure(
          broken ? kRegistryUnreachable : kRegistryThrottled,
          broken
              ? host + " failed again and again and is left alone for a while"
              : host + " is not asked now, to stay within its limit (" + answer.reason.str() + ")",
          true);
      failure.retry_after = Ceil(answer.wait);
      return tl::make_unexpected(std::move(failure));
    }
    std::this_thread::sleep_for(wait);
  }
}

void Transport::Count(const std::string& host, const Result<http::Response>& result) {
  const auto code = result ? std::to_string(result->status) : result.error().code.str();
  const auto name = host.substr(0, host.rfind(':'));
  const std::string host_class(HostClass(name));
  requests_.With({{"host_class", host_class}, {"code", code}}).Add();
  budget_left_.With({{"host_class", host_class}}).Set(budget_.TokensLeft(host, clock_.Now()));
}

Answer<http::Response> Transport::Send(http::Request request, const CallContext& call,
                                       bool authentication_status_is_answer) {
  const auto url = http::Url::Parse(request.url);
  if (!url) return tl::make_unexpected(MakeFailure(kAnswerRefused, url.error().message));
  const auto host = url->HostPort();
  auto permit = WaitForBudget(host, call);
  if (!permit) return tl::make_unexpected(permit.error());
  const auto remaining = Remaining(call);
  if (remaining <= milliseconds(0)) {
    return tl::make_unexpected(MakeFailure(
        kRegistryUnreachable,
        "the time for this observation ended before " + url->Authority() + " was asked", true));
  }
  request.timeout = std::min(request_timeout_, remaining);
  request.connect_timeout = std::min(request.connect_timeout, request.timeout);
  request.fresh_connection = call.fresh;
  if (call.fresh) request.headers.Set("Cache-Control", "no-cache");
  ++call.counts->total;
  auto result = http_.Send(request);
  const auto outcome = http::OutcomeOf(result, clock_.Now());
  permit->Finish(outcome, clock_.Now());
  Count(host, result);
  if (!result) return tl::make_unexpected(FromHttpError(result.error()));
  if (IsNoAnswer(result->status) ||
      (IsAuthenticationStatus(result->status) && !authentication_status_is_answer)) {
    return tl::make_unexpected(FromStatus(*result, outcome));
  }
  return std::move(*result);
}

}  // namespace plimsoll::oci
