#include "json_array.h"

#include <utility>

namespace plimsoll::baseline {

void AppendJsonEscaped(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\f') {
      out += "\\f";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

std::size_t JsonEscapedSize(std::string_view text) {
  std::size_t size = text.size();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      size += 5;
    } else if (c == '"' || c == '\\') {
      size += 1;
    }
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
