// Text of JSON eight bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace plimsoll::json::internal {

constexpr std::uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
constexpr std::size_t kWord = sizeof(std::uint64_t);

// The first byte is the lowest one.
inline std::uint64_t Load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}
// Bits where a byte is below `bound`, which is at most 0x80; exact up to the first of them.
constexpr std::uint64_t AnyBelow(std::uint64_t word, std::uint64_t bound) {
  return (word - kOnes * bound) & ~word & kHighBits;
}
constexpr std::uint64_t AnyIs(std::uint64_t word, char c) {
  return AnyBelow(word ^ (kOnes * static_cast<unsigned char>(c)), 1);
}

// From `at` on: the first quotation mark, backslash or control character, or `end`.
inline const char* EndOfPlainText(const char* at, const char* end) {
  for (; end - at >= static_cast<std::ptrdiff_t>(kWord); at += kWord) {
    const std::uint64_t word = Load(at);
    const std::uint64_t ends = AnyIs(word, '"') | AnyIs(word, '\\') | AnyBelow(word, 0x20);
    if (ends != 0) return at + std::countr_zero(ends) / 8;
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

// Nearly every text is.
inline bool IsAscii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t seen = 0;
  for (; end - at >= static_cast<std::ptrdiff_t>(kWord); at += kWord) seen |= Load(at);
  for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & kHighBits) == 0;
}

}  // namespace plimsoll::json::internal
