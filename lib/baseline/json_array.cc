#include "json_array.h"

#include <algorithm>
#include <utility>

namespace plimsoll::baseline {

namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

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
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    const bool quoted = (c == '"') | (c == '\\');
    size += 5 * static_cast<std::size_t>(control) + static_cast<std::size_t>(quoted);
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
