#include "answer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/printable.h"
#include "http/reason.h"

namespace plimsoll::http {
namespace {

constexpr std::size_t kFirstReserve = 64 * 1024;

std::string_view WithoutEnd(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsSuccess(int status) { return status >= 200 && status <= 299; }

}  // namespace

bool AnswerReader::Stop(Reason code, std::string message, bool retryable) {
  error_ = Error{code, std::move(message), retryable};
  return false;
}

bool AnswerReader::Line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > limits_.max_header_bytes) {
    return Stop(kHeaderTooLarge, "the answer's header is larger than " +
                                     std::to_string(limits_.max_header_bytes) + " bytes");
  }
  if (phase_ == Phase::kBody) return true;  // a trailer: counted, not kept
  line = WithoutEnd(line);
  if (phase_ == Phase::kStatusLine) return StatusLine(line);
  return line.empty() ? EndOfFields() : Field(line);
}

bool AnswerReader::StatusLine(std::string_view line) {
  // RFC 9112 section 4: "HTTP/1.1 200 OK"; the last space is often left out.
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const bool ends = line.size() == 12 || (line.size() > 12 && line[12] == ' ');
  const std::uint64_t code = version && ends ? Number(line.substr(9, 3)).value_or(0) : 0;
  if (code < 100 || code > 999 || code == 101) {
    return Stop(kBadProtocol,
                "expected an HTTP/1.1 status line, got \"" + Printable(line, 64) + "\"");
  }
  status_ = static_cast<int>(code);
  headers_ = {};
  phase_ = Phase::kFields;
  return true;
}

bool AnswerReader::Field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  // A folded line begins with white space, which no token does.
  if (colon == std::string_view::npos || !IsToken(name)) {
    return Stop(kBadProtocol, "expected a header field, got \"" + Printable(line, 64) + "\"");
  }
  const std::string_view value = Trim(line.substr(colon + 1));
  if (!IsFieldValue(value)) {
    return Stop(kBadProtocol, "control characters in the header field " + PrintableAscii(name, 64));
  }
  if (headers_.size() >= limits_.max_header_count) {
    return Stop(kHeaderTooLarge, "the answer has more than " +
                                     std::to_string(limits_.max_header_count) + " header fields");
  }
  headers_.Add(std::string(name), std::string(value));
  return true;
}

Status AnswerReader::CheckFraming() {
  for (const std::string_view coding : headers_.All("Content-Encoding")) {
    if (!coding.empty() && !EqualIgnoreCase(coding, "identity")) {
      return Fail(kEncodingRefused, "the answer is encoded as \"" + Printable(coding, 32) +
                                        "\", although only identity was accepted");
    }
  }
  const std::vector<std::string_view> transfer = headers_.All("Transfer-Encoding");
  const std::vector<std::string_view> lengths = headers_.All("Content-Length");
  if (transfer.size() > 1 ||
      (transfer.size() == 1 && !EqualIgnoreCase(transfer.front(), "chunked"))) {
    return Fail(kBadProtocol, "a transfer coding other than chunked");
  }
  if (!transfer.empty() && !lengths.empty()) {
    return Fail(kBadProtocol, "both Content-Length and Transfer-Encoding");
  }
  for (const std::string_view length : lengths) {
    if (!Number(length)) {
      return Fail(kBadProtocol, "Content-Length is \"" + Printable(length, 32) + "\", no number");
    }
    if (length != lengths.front()) return Fail(kBadProtocol, "two different Content-Length fields");
  }
  return {};
}

bool AnswerReader::EndOfFields() {
  if (status_ < 200) {  // an interim answer: the header's budget goes on
    phase_ = Phase::kStatusLine;
    return true;
  }
  phase_ = Phase::kBody;
  Status framing = CheckFraming();
  if (!framing) {
    error_ = std::move(framing).error();
    return false;
  }
  if (!IsSuccess(status_) || limits_.head_request) return true;
  const bool any_type =
      limits_.media_types.empty() ||
      (!limits_.any_type_with.empty() && headers_.Find(limits_.any_type_with).has_value());
  if (!any_type) {
    const std::string type = MediaType(headers_.Find("Content-Type").value_or(""));
    const auto& wanted = limits_.media_types;
    if (std::find(wanted.begin(), wanted.end(), type) == wanted.end()) {
      return Stop(kUnexpectedMediaType, "expected an answer of type " + wanted.front() +
                                            ", got \"" + Printable(type, 96) + "\"");
    }
  }
  const std::optional<std::string_view> length = headers_.Find("Content-Length");
  if (length) {
    const std::uint64_t bytes = Number(*length).value_or(0);
    if (bytes > limits_.max_body_bytes) {
      return Stop(kBodyTooLarge, "the answer has " + std::to_string(bytes) + " bytes, more than " +
                                     std::to_string(limits_.max_body_bytes));
    }
    body_.reserve(std::min<std::size_t>(bytes, kFirstReserve));
  }
  return true;
}

bool AnswerReader::Body(std::string_view piece) {
  if (phase_ != Phase::kBody) return Stop(kBadProtocol, "a body before the end of the header");
  const bool success = IsSuccess(status_);
  const std::size_t limit = success ? limits_.max_body_bytes : limits_.max_error_body_bytes;
  const std::size_t room = limit - std::min(limit, body_.size());
  if (piece.size() <= room) {
    body_.append(piece);
    return true;
  }
  if (success) {
    return Stop(kBodyTooLarge, "the answer is larger than " + std::to_string(limit) + " bytes");
  }
  body_.append(piece.substr(0, room));
  truncated_ = true;
  return false;
}

}  // namespace plimsoll::http
