#include "kube/api_error.h"

#include <algorithm>

#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::kube {
namespace {

constexpr json::Limits kStatusLimits{1u << 20, 32, 20'000, false};
constexpr std::size_t kMessageBytes = 512;
constexpr Duration kLongestRetryAfter = std::chrono::hours(1);

struct ServerStatus {
  bool is_status = false;
  int code = 0;
  std::string reason;
  std::string message;
  std::optional<Duration> retry_after;
  bool resource_version_too_large = false;
};

// "ResourceVersionTooLarge" as a cause's type; since 1.17 the text as a cause's message; before, in the message.
bool SaysTooLarge(const json::Value& root, std::string_view reason, std::string_view message) {
  constexpr std::string_view kText = "Too large resource version";
  const json::Value causes = root["details"]["causes"];
  for (json::Value cause = causes.first(); !cause.missing(); cause = cause.next()) {
    if (cause["reason"].StringOrEmpty() == "ResourceVersionTooLarge") return true;
    if (reason == "Timeout" && cause["message"].StringOrEmpty() == kText) return true;
  }
  return reason == "Timeout" && message.find(kText) != std::string_view::npos;
}

ServerStatus ReadStatus(std::string_view text) {
  ServerStatus status;
  const auto document = json::Document::Parse(text, kStatusLimits);
  if (!document) return status;
  const json::Value root = document->root();
  if (root["kind"].StringOrEmpty() != "Status") return status;
  status.is_status = true;
  status.code =
      static_cast<int>(std::clamp<std::int64_t>(root["code"].Int64Or(0).value_or(0), 0, 999));
  status.reason = Printable(root["reason"].StringOrEmpty(), 64);
  status.message = Printable(root["message"].StringOrEmpty(), kMessageBytes);
  const std::int64_t seconds = root["details"]["retryAfterSeconds"].Int64Or(0).value_or(0);
  if (seconds > 0) {
    status.retry_after = std::min<Duration>(
        std::chrono::seconds(std::min<std::int64_t>(seconds, 3600)), kLongestRetryAfter);
  }
  status.resource_version_too_large =
      SaysTooLarge(root, root["reason"].StringOrEmpty(), root["message"].StringOrEmpty());
  return status;
}

struct Meaning {
  Reason code;
  bool retryable;
};

Meaning Classify(int code, std::string_view reason) {
  switch (code) {
    case 400:
      return {kBadRequest, false};
    case 401:
      return {kUnauthorized, true};
    case 403:
      return {kForbidden, false};
    case 404:
      return {kNotFound, false};
    case 408:
    case 504:
      return {kTimeout, true};
    case 409:
      return {reason == "AlreadyExists" ? kAlreadyExists : kConflict, reason != "AlreadyExists"};
    case 410:
      return {kExpired, true};
    case 422:
      return {kInvalid, false};
    case 429:
      return {kTooManyRequests, true};
    default:
      break;
  }
  if (code >= 500) return {kServerError, true};
  if (code >= 300 && code < 400)
    return {kMalformed, false};  // a redirect, which nobody follows here
  return {kBadRequest, false};
}

ApiFailure Build(int code, const ServerStatus& status, std::optional<Duration> retry_after,
                 std::string_view what) {
  const Meaning meaning = Classify(code, status.reason);
  std::string message(what);
  message += ": the API server answered " + std::to_string(code);
  if (!status.reason.empty()) message += " " + status.reason;
  if (!status.message.empty()) message += ": " + status.message;
  if (code == 401) message += "; look at the credentials of the kubeconfig or service account";
  if (code == 403) message += "; look at the roles that are bound to this account";
  ApiFailure failure;
  failure.error = Error{meaning.code, std::move(message), meaning.retryable};
  failure.status = code;
  failure.reason = status.reason;
  failure.retry_after = retry_after ? retry_after : status.retry_after;
  failure.resource_version_too_large = status.resource_version_too_large;
  return failure;
}

}  // namespace

ApiFailure FailureFromResponse(int status, std::string_view body,
                               std::optional<Duration> retry_after, std::string_view what) {
  return Build(status, ReadStatus(body), retry_after, what);
}

ApiFailure FailureFromStatusObject(std::string_view status_json, std::string_view what) {
  const ServerStatus status = ReadStatus(status_json);
  if (!status.is_status) {
    ApiFailure failure;
    failure.error =
        Error{kMalformed, std::string(what) + ": expected a Status in an ERROR event", true};
    return failure;
  }
  int code = status.code;
  if (code == 0 && (status.reason == "Expired" || status.reason == "Gone")) code = 410;
  if (code == 0) code = 500;
  return Build(code, status, std::nullopt, what);
}

ApiFailure FailureFromTransport(Error error) {
  ApiFailure failure;
  failure.error = std::move(error);
  return failure;
}

}  // namespace plimsoll::kube
