// What anybody may send to the server, fed to its parser in two pieces: what is accepted is bounded and
// states the length of its body once. The first byte of the input says where it is cut.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "body_pool.h"
#include "request_rules.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

plimsoll::http::ServerOptions Options() {
  plimsoll::http::ServerOptions options;
  options.limits.max_header_bytes = 1024;
  options.limits.max_header_count = 8;
  options.limits.max_body_bytes = 256;
  options.limits.small_body_bytes = 16;
  options.limits.body_pool_bytes = 128 * 1024;
  options.limits.large_body_bytes = 128;
  options.limits.large_pool_bytes = 512;
  options.body_limits = {{"/large", 512}};
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace beast = boost::beast;
  if (size == 0) return 0;
  static const plimsoll::http::ServerOptions options = Options();
  plimsoll::http::BodyPool pool(options.limits);
  plimsoll::http::RequestParser parser;
  PrepareParser(parser, options, pool);
  std::string buffer;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool judged = false;
  for (const std::size_t piece : {std::min<std::size_t>(data[0], rest.size()), rest.size()}) {
    buffer += rest.substr(0, std::min(piece, rest.size()));
    rest.remove_prefix(std::min(piece, rest.size()));
    while (!buffer.empty() && !parser.is_done()) {
      beast::error_code error;
      const std::size_t used = parser.put(boost::asio::buffer(buffer), error);
      buffer.erase(0, used);
      if (error == beast::http::error::need_more) break;
      if (error) {
        (void)plimsoll::http::RefusalOf(error, judged);
        return 0;
      }
      if (parser.is_header_done() && !judged) {
        if (JudgeRequest(parser, options).status != 0) return 0;
        judged = true;
        parser.eager(true);
        const auto& message = parser.get();
        Require(message.target().starts_with('/'));
        const bool length = message.count(beast::http::field::content_length) > 0;
        Require(!(length && parser.chunked()));
      }
      if (used == 0) break;
    }
  }
  Require(parser.get().body().text.size() <= 512);
  return 0;
}
