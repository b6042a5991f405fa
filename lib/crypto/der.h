// Just enough DER (X.690) to cut a certificate apart without decoding what is inside, so that the bytes
// that stay are the bytes that were signed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace plimsoll::crypto {

struct DerElement {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  // tag, length and content
};

// Reads elements one after another. Definite lengths in their shortest form and single-byte tags only.
class DerReader {
 public:
  explicit DerReader(ByteView bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  // Empty at the end, or when what follows is no element.
  std::optional<DerElement> Next();
  // The next element, when it has this tag.
  std::optional<DerElement> Next(std::uint8_t tag);

 private:
  ByteView rest_;
};

// Tag, shortest length, content.
Bytes WrapDer(std::uint8_t tag, ByteView content);

inline constexpr std::uint8_t kDerSequence = 0x30;
inline constexpr std::uint8_t kDerInteger = 0x02;
inline constexpr std::uint8_t kDerOctetString = 0x04;
inline constexpr std::uint8_t kDerObjectIdentifier = 0x06;

}  // namespace plimsoll::crypto
