// What the API server refused, or why it did not answer.
//
// An answer of 400 and above is read as a `Status` object (meta.k8s.io/v1) where it is one; text of the server
// in messages has been through Printable. The Error's code is one of the reasons below, so that callers
// decide by `error.code == kube::kConflict`; `retryable` is set for what a later try may cure without anybody
// changing anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::kube {

inline constexpr Reason kBadRequest{"BadRequest"};        // 400
inline constexpr Reason kUnauthorized{"Unauthorized"};    // 401
inline constexpr Reason kForbidden{"Forbidden"};          // 403
inline constexpr Reason kAlreadyExists{"AlreadyExists"};  // 409 on create
inline constexpr Reason kConflict{"Conflict"};            // 409: read again, compute again
inline constexpr Reason kExpired{"Expired"};  // 410, Gone: the resource version is too old
inline constexpr Reason kInvalid{"Invalid"};  // 422: schema or CEL said no
inline constexpr Reason kTooManyRequests{"TooManyRequests"};  // 429
inline constexpr Reason kServerError{"ServerError"};          // 5xx
inline constexpr Reason kConnectionFailed{
    "ConnectionFailed"};  // no answer: refused, reset, unreachable, DNS
inline constexpr Reason kTlsFailed{
    "TlsFailed"};  // the peer is not who our CA says, or speaks no TLS 1.2
inline constexpr Reason kCancelled{"Cancelled"};  // the caller's stop token
// Besides these: kNotFound (404), kTimeout (no answer in time, 408, 504), kMalformed, kLimitExceeded.

struct ApiFailure {
  Error error;
  int status = 0;      // HTTP status, or the code of a Status in a stream; 0: there was no answer
  std::string reason;  // as the server names it ("InternalError"), shown safely; empty: none
  std::optional<Duration> retry_after;
  // The requested resource version is newer than the server's (one of three forms in which servers say it).
  bool resource_version_too_large = false;
};

// From an HTTP answer with its body. `what` names the request for the message ("list pods").
ApiFailure FailureFromResponse(int status, std::string_view body,
                               std::optional<Duration> retry_after, std::string_view what);
// From the object of an ERROR event, which is a Status.
ApiFailure FailureFromStatusObject(std::string_view status_json, std::string_view what);
// From an error of the transport: no answer.
ApiFailure FailureFromTransport(Error error);

}  // namespace plimsoll::kube
