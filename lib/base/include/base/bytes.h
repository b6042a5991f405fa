// Bytes and views of bytes. A view never owns; whoever makes one keeps the bytes alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes ToBytes(ByteView view) { return Bytes(view.begin(), view.end()); }
inline Bytes ToBytes(std::string_view text) { return ToBytes(AsBytes(text)); }
inline std::string ToText(ByteView bytes) { return std::string(AsText(bytes)); }

// True when both have the same length and content. Takes the same time wherever they differ.
bool EqualConstantTime(ByteView a, ByteView b);

}  // namespace plimsoll
