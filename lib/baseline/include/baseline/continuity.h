// Does an observed signer continue a trusted one? The comparison table, row by row: the first row that fits
// decides. Pure and total.
#pragma once

#include <optional>

#include "base/time.h"
#include "baseline/signer.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

// From mild to severe.
enum class Relation : std::uint8_t {
  kContinuous,
  kSignerRenamed,
  kIdentityReusedWarning,
  kIdentityReusedCritical,
  kIssuerChanged,
  kSignerChanged,
};

// `observed_time` is the verified time of the observed signature, `trusted_earliest` the earliest verified
// time of the trusted signer; where either is absent, nothing counts as "before".
Relation Compare(const Signer& observed, std::optional<Time> observed_time, const Signer& trusted,
                 std::optional<Time> trusted_earliest);

// The drift kind of a relation; nothing for kContinuous.
std::optional<DriftKind> KindOf(Relation relation);
// The severity of a relation on an Established baseline. kWarning for kContinuous too (it has none).
Severity SeverityOf(Relation relation);

}  // namespace plimsoll::baseline
