#include "base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace plimsoll {
namespace {

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 0: not well-formed here
};

// RFC 3629: shortest form only, no surrogates, at most U+10FFFF.
Decoded DecodeOne(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  std::uint32_t value = 0;
  std::uint32_t least = 0;
  if ((lead & 0xe0) == 0xc0) {
    length = 2, value = lead & 0x1f, least = 0x80;
  } else if ((lead & 0xf0) == 0xe0) {
    length = 3, value = lead & 0x0f, least = 0x800;
  } else if ((lead & 0xf8) == 0xf0) {
    length = 4, value = lead & 0x07, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (at(i) & 0x3fu);
  }
  if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, length};
}

// Controls, and marks that reorder, hide or imitate: a reader must see that they are there.
bool IsDeceptive(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa1) || c == 0xad || c == 0x61c || c == 0x180e ||
         (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
         (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string Escape(std::string_view text, std::size_t max_bytes, bool ascii_only) {
  // Nearly every text: there is nothing to escape and nothing to cut.
  if (text.size() <= max_bytes && IsPlain(text)) return std::string(text);
  std::string out;
  std::size_t cut = 0;  // where the last character ends after which "..." still fits
  while (!text.empty()) {
    const Decoded decoded = DecodeOne(text);
    std::array<char, 16> escaped{};
    std::string_view piece;
    const std::size_t used = decoded.length == 0 ? 1 : decoded.length;
    if (decoded.length == 0) {
      std::snprintf(escaped.data(), escaped.size(), "\\x%02X", static_cast<unsigned char>(text[0]));
      piece = escaped.data();
    } else if (IsDeceptive(decoded.code_point) || (ascii_only && decoded.code_point > 0x7e)) {
      std::snprintf(escaped.data(), escaped.size(), "\\u{%04X}", decoded.code_point);
      piece = escaped.data();
    } else {
      piece = text.substr(0, used);
    }
    if (out.size() + piece.size() > max_bytes) {
      out.resize(cut);
      return max_bytes >= 3 ? out.append("...") : out;
    }
    out.append(piece);
    if (out.size() + 3 <= max_bytes) cut = out.size();
    text.remove_prefix(used);
  }
  return out;
}

}  // namespace

std::string Printable(std::string_view text, std::size_t max_bytes) {
  return Escape(text, max_bytes, false);
}
std::string PrintableAscii(std::string_view text, std::size_t max_bytes) {
  return Escape(text, max_bytes, true);
}

bool IsUtf8(std::string_view text) {
  if (IsPlain(text)) return true;
  while (!text.empty()) {
    const Decoded decoded = DecodeOne(text);
    if (decoded.length == 0) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

}  // namespace plimsoll
