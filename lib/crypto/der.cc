#include "der.h"

namespace plimsoll::crypto {

std::optional<DerElement> DerReader::Next() {
  constexpr std::uint8_t kLongTag = 0x1f;
  constexpr std::uint8_t kLongLength = 0x80;
  constexpr std::size_t kMaxLengthBytes = 4;
  if (rest_.size() < 2 || (rest_[0] & kLongTag) == kLongTag) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = rest_[1];
  if (length >= kLongLength) {
    const std::size_t count = length - kLongLength;
    if (count == 0 || count > kMaxLengthBytes || rest_.size() < header + count) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | rest_[header + i];
    if (length < kLongLength || rest_[header] == 0) return std::nullopt;
    header += count;
  }
  if (rest_.size() - header < length) return std::nullopt;
  const DerElement element{rest_[0], rest_.subspan(header, length), rest_.first(header + length)};
  rest_ = rest_.subspan(header + length);
  return element;
}

std::optional<DerElement> DerReader::Next(std::uint8_t tag) {
  const auto element = Next();
  if (!element || element->tag != tag) return std::nullopt;
  return element;
}

Bytes WrapDer(std::uint8_t tag, ByteView content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    int count = 1;
    while (content.size() >> (8 * count) != 0) ++count;
    out.push_back(static_cast<std::uint8_t>(0x80 | count));
    while (count-- > 0) out.push_back(static_cast<std::uint8_t>(content.size() >> (8 * count)));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

}  // namespace plimsoll::crypto
