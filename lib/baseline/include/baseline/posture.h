// What one image's signatures say: posture, rank, and the order of worst. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll::baseline {

// What one image's signatures say. In the order of `Worst`.
enum class Posture : std::uint8_t {
  kInvalid,
  kUnsigned,
  kUnverifiable,
  kUnknown,
  kAttested,
  kSignedKeyBased,
  kSignedKeyless,
};

std::string_view ToText(Posture value);

// 4 SignedKeyless, 3 SignedKeyBased, 2 Attested, 1 Unverifiable, 0 Unsigned; -1 for Invalid and Unknown.
int Rank(Posture posture);
// At least one signature or provenance verified: rank 2 or more.
bool IsSigned(Posture posture);
// The posture that an index with several children shows.
Posture Worst(Posture a, Posture b);

}  // namespace plimsoll::baseline
