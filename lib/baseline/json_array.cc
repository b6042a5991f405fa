#include "json_array.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace plimsoll::baseline {

namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Eight characters at once: every record is measured at every step of its life.
bool AreEightPlain(const char* text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  std::uint64_t eight = 0;
  std::memcpy(&eight, text, sizeof eight);
  const auto any_below = [](std::uint64_t bytes, std::uint64_t bound) {
    return (bytes - kOnes * bound) & ~bytes & kHighBits;
  };
  return (any_below(eight, 0x20) | any_below(eight ^ (kOnes * '"'), 1) |
          any_below(eight ^ (kOnes * '\\'), 1)) == 0;
}

void AppendEscape(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      return;
    case '\b':
      out += 'b';
      return;
    case '\t':
      out += 't';
      return;
    case '\n':
      out += 'n';
      return;
    case '\f':
      out += 'f';
      return;
    case '\r':
      out += 'r';
      return;
    default:
      out += "u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string& out) {
  auto rest = text.begin();
  while (rest != text.end()) {
    const auto stop = std::find_if(rest, text.end(), NeedsEscape);
    out.append(rest, stop);
    rest = stop;
    if (rest != text.end()) AppendEscape(*rest++, out);
  }
}

std::size_t JsonEscapedSize(std::string_view text) {
  std::size_t size = text.size();
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= sizeof(std::uint64_t) && AreEightPlain(text.data() + at)) {
      at += sizeof(std::uint64_t);
      continue;
    }
    const char c = text[at++];
    if (NeedsEscape(c)) size += static_cast<unsigned char>(c) < 0x20 ? 5 : 1;
  }
  return size;
}

void JsonArray::Add(std::string_view text) {
  if (text_.size() > 1) text_ += ',';
  text_ += '"';
  AppendJsonEscaped(text, text_);
  text_ += '"';
}

std::string JsonArray::Take() {
  text_ += ']';
  return std::move(text_);
}

}  // namespace plimsoll::baseline
