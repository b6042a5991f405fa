#include "request_rules.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "http/headers.h"

namespace plimsoll::http {
namespace {

namespace beast = boost::beast;

std::size_t BodyLimitOf(const ServerOptions& options, std::string_view path) {
  std::size_t limit = options.limits.max_body_bytes;
  std::size_t longest = 0;
  for (const BodyLimit& entry : options.body_limits) {
    if (path.starts_with(entry.path_prefix) && entry.path_prefix.size() >= longest) {
      longest = entry.path_prefix.size();
      limit = entry.max_body_bytes;
    }
  }
  return limit;
}

}  // namespace

void PooledBody::reader::init(const boost::optional<std::uint64_t>& length,
                              beast::error_code& error) {
  // What is declared is not believed: memory is taken as bytes arrive, small bodies at once.
  constexpr std::uint64_t kReserve = 16 * 1024;
  if (length) body_.text.reserve(static_cast<std::size_t>(std::min(*length, kReserve)));
  error = {};
}

void PrepareParser(RequestParser& parser, const ServerOptions& options, BodyPool& pool) {
  parser.header_limit(static_cast<std::uint32_t>(options.limits.max_header_bytes));
  // Set when the path is known. Boost 1.74 takes `none` for zero where it compares it with a length.
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  parser.get().body().share.Attach(&pool);
}

Refusal JudgeRequest(RequestParser& parser, const ServerOptions& options) {
  namespace bh = beast::http;
  const auto& request = parser.get();
  const auto count = [&](bh::field name) { return request.count(name); };
  const std::size_t fields =
      static_cast<std::size_t>(std::distance(request.begin(), request.end()));
  if (fields > options.limits.max_header_count) {
    return {431, "header_count", "too many header fields"};
  }
  if (request.version() != 11 && request.version() != 10) {
    return {505, "malformed", "HTTP/1.1 is spoken here"};
  }
  const std::size_t hosts = count(bh::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() == 11)) {
    return {400, "malformed", "expected one Host field"};
  }
  const std::size_t lengths = count(bh::field::content_length);
  const std::size_t codings = count(bh::field::transfer_encoding);
  const bool chunked =
      codings == 1 && EqualIgnoreCase(View(request[bh::field::transfer_encoding]), "chunked");
  if (lengths > 1 || (lengths > 0 && codings > 0)) {
    return {400, "malformed", "more than one statement about the body's length"};
  }
  if (codings > 0 && (!chunked || request.version() == 10)) {
    return {400, "malformed", "a transfer coding other than chunked"};
  }
  const std::string_view encoding = View(request[bh::field::content_encoding]);
  if (!encoding.empty() && !EqualIgnoreCase(encoding, "identity")) {
    return {415, "encoding", "encoded bodies are not accepted"};
  }
  const std::string_view expect = View(request[bh::field::expect]);
  if (!expect.empty() && !EqualIgnoreCase(expect, "100-continue")) {
    return {417, "malformed", "an expectation other than 100-continue"};
  }
  const std::string_view target = View(request.target());
  if (target.empty() || target.front() != '/') {
    return {400, "malformed", "expected a path that begins with a slash"};
  }
  const std::size_t limit = BodyLimitOf(options, target.substr(0, target.find('?')));
  const auto length = parser.content_length();
  if (length && *length > limit) return {413, "body_bytes", "the body is too large"};
  if (length && parser.get().body().share.Grow(static_cast<std::size_t>(*length)) < *length) {
    return {503, "body_pool", "too many large bodies at this moment"};
  }
  parser.body_limit(length ? limit : std::min(limit, options.limits.large_body_bytes));
  return {};
}

Refusal RefusalOf(beast::error_code error, bool in_body) {
  namespace bh = beast::http;
  if (error == bh::error::body_limit) {
    return {413, "body_bytes", "the body is too large, or is large and does not say its length"};
  }
  if (error == bh::error::buffer_overflow && in_body) {
    return {503, "body_pool", "too many large bodies at this moment"};
  }
  if (error == bh::error::header_limit || error == bh::error::buffer_overflow) {
    return {431, "header_bytes", "the header is too large"};
  }
  const bool malformed = error.category() == make_error_code(bh::error::bad_method).category() &&
                         error != bh::error::end_of_stream && error != bh::error::partial_message;
  if (malformed) return {400, "malformed", "not a well-formed HTTP/1.1 request"};
  return {};  // the peer is gone
}

}  // namespace plimsoll::http
