// Why a log gave no answer that counts: a closed list. None of these says anything about an image.
#pragma once

#include "base/result.h"

namespace plimsoll::rekor {

// No connection, no time, no token, 429, 5xx, or a circuit that is open.
inline constexpr Reason kLogUnreachable{"LogUnreachable"};
// An answer that is no answer: another media type, too large, cut, malformed, or a proof that does not hold.
inline constexpr Reason kLogAnswerRefused{"LogAnswerRefused"};
// Two checkpoints that the log signed do not agree: nothing of it is believed until a person looks.
inline constexpr Reason kLogInconsistent{"LogInconsistent"};
// The log has no search (Rekor v2, or switched off).
inline constexpr Reason kNoSearch{"NoSearch"};

}  // namespace plimsoll::rekor
