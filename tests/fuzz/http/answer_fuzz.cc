// A registry's answer, in lines and pieces as libcurl hands them over: the limits hold at every byte.
// The first byte of the input chooses the limits; a line that begins with 0x01 is a piece of body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "answer.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  plimsoll::http::AnswerLimits limits;
  limits.head_request = (data[0] & 1) != 0;
  limits.max_body_bytes = 64;
  limits.max_error_body_bytes = 16;
  limits.max_header_bytes = 512;
  limits.max_header_count = 8;
  if ((data[0] & 2) != 0) limits.media_types = {"application/json"};
  plimsoll::http::AnswerReader reader(limits);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    rest.remove_prefix(line.size());
    const bool body = line.starts_with('\x01');
    if (!(body ? reader.Body(line.substr(1)) : reader.Line(line))) break;
  }
  Require(reader.body().size() <= limits.max_body_bytes);
  Require(reader.headers().size() <= limits.max_header_count);
  Require(reader.status() == 0 || (reader.status() >= 100 && reader.status() <= 999));
  std::size_t bytes = 0;
  for (const plimsoll::http::Header& field : reader.headers()) {
    Require(plimsoll::http::IsToken(field.name) && plimsoll::http::IsFieldValue(field.value));
    bytes += field.name.size() + field.value.size();
  }
  Require(bytes <= limits.max_header_bytes);
  return 0;
}
