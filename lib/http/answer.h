// Reads an answer's header lines and body pieces as they arrive, and stops at the first byte too many.
//
// Knows nothing of sockets: it is fed by libcurl's callbacks, by tests and by the fuzzer. After it has
// returned false nothing more may be fed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/headers.h"

namespace plimsoll::http {

struct AnswerLimits {
  bool head_request = false;
  std::size_t max_body_bytes = 0;
  std::size_t max_error_body_bytes = 0;
  std::size_t max_header_bytes = 0;
  std::size_t max_header_count = 0;
  std::vector<std::string> media_types;
  std::string any_type_with;
};

class AnswerReader {
 public:
  explicit AnswerReader(AnswerLimits limits) : limits_(std::move(limits)) {}

  // One line with its end: a status line, a field, an empty line, a trailer. False: stop.
  bool Line(std::string_view line);
  // A piece of the body. False: stop; without an error() the answer is complete as far as it is
  // wanted (a truncated body outside 2xx).
  bool Body(std::string_view piece);

  int status() const { return status_; }
  bool header_complete() const { return phase_ == Phase::kBody; }
  bool truncated() const { return truncated_; }
  const std::optional<Error>& error() const { return error_; }
  Headers& headers() { return headers_; }
  std::string& body() { return body_; }

 private:
  enum class Phase { kStatusLine, kFields, kBody };

  bool StatusLine(std::string_view line);
  bool Field(std::string_view line);
  bool EndOfFields();
  bool Stop(Reason code, std::string message, bool retryable = false);
  Status CheckFraming();

  const AnswerLimits limits_;
  Phase phase_ = Phase::kStatusLine;
  int status_ = 0;
  std::size_t header_bytes_ = 0;
  Headers headers_;
  std::string body_;
  bool truncated_ = false;
  std::optional<Error> error_;
};

}  // namespace plimsoll::http
