// The way to the API server, as an interface: the real one is CpprestTransport (cpprest_transport.h), tests
// put faults here.
//
// Calls block the calling thread until the answer is complete, the deadline has passed, or `stop` is
// requested. An implementation sets credentials and the user agent by itself, follows no redirect, and never
// retries (that is Client's and the reflector's work). Thread-safe: any number of calls and watches at once.
//
// Any complete HTTP answer is a value, 4xx and 5xx too; an Error means that there was none: kConnectionFailed,
// kTlsFailed, kTimeout, kLimitExceeded, kMalformed, kCancelled, kUnauthorized (no credential could be had).
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::kube {

enum class Method { kGet, kPost, kPut, kPatch, kDelete };
std::string_view MethodName(Method method);

// Which connections carry a request, so that a slow LIST never holds up a Lease.
enum class Channel { kCalls, kLists, kLease };

struct Request {
  Method method = Method::kGet;
  std::string target;  // path and query: "/api/v1/pods?limit=500"
  std::string body;
  std::string content_type = "application/json";  // sent with a body
  std::string accept = "application/json";
  Channel channel = Channel::kCalls;
  Duration timeout = std::chrono::seconds(10);  // from now to the last byte
  std::size_t max_response_bytes = 8u << 20;
};

struct Response {
  int status = 0;
  std::string body;
  std::optional<Duration> retry_after;  // Retry-After in seconds, at most an hour
};

struct WatchRequest {
  std::string target;
  std::string accept = "application/json";
  Duration idle_timeout = std::chrono::seconds(150);  // without one byte
  Duration total_timeout = std::chrono::seconds(630);
  std::size_t max_line_bytes = 8u << 20;
};

struct WatchEnd {
  // 200: the stream was opened, and ended (by the server, in the middle of a line perhaps, or by the sink).
  // Anything else: it was not opened, and `body` is the answer (at most 64 KiB of it).
  int status = 0;
  std::string body;
  std::optional<Duration> retry_after;
  bool ended_in_line = false;
};

// Gets the lines of a stream, on the thread that called Watch, without their line ends.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual bool OnLine(std::string_view line) = 0;  // false ends the watch
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<Response> Call(const Request& request, std::stop_token stop) = 0;
  // A stream that breaks off after lines were delivered is an Error like any other (kConnectionFailed,
  // kTimeout when idle); a stream that the server ends is a WatchEnd.
  virtual Result<WatchEnd> Watch(const WatchRequest& request, LineSink& sink,
                                 std::stop_token stop) = 0;
};

}  // namespace plimsoll::kube
