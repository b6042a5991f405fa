// The admission decision for one image of one request in a denying namespace, as a pure function. Everywhere
// else the caller turns Deny into Warn and drops warnings that only a denying namespace shows
// (`only_in_denying`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/classify.h"

namespace plimsoll::baseline {

inline constexpr Reason kNotJudgedYet{"NotJudgedYet"};
inline constexpr Reason kCredentialNeeded{"CredentialNeeded"};
inline constexpr Reason kGrandfathered{"Grandfathered"};
inline constexpr Reason kSignedBefore{"SignedBefore"};  // rule 1: never denied

struct AdmissionVerdict {
  Admission verdict = Admission::kAdmit;
  // The answer before `enforcement: Warn` and onUnknown are applied; what `preview` counts.
  int rule = 6;   // (1) to (6)
  Reason reason;  // empty when `kind` says it all
  std::optional<DriftKind> kind;
  std::optional<Severity> severity;
  std::string fingerprint;  // s- or d-
  bool only_in_denying = false;
  Verdict classified;
};

// `record` may be null (no baseline). `observation` may be null: no answer in time. `digest` may be empty: a
// tag that could not be resolved at all.
AdmissionVerdict Admit(const Record* record, std::string_view repository, std::string_view digest,
                       const EffectivePolicy& policy, const Settings& settings,
                       const Observation* observation, Time now);

// The keys that may verify a signature which no log entry carries: those that are trusted, and those that are pinned;
// each a SubjectPublicKeyInfo, base64. `record` may be null.
std::vector<std::string> KnownKeys(const Record* record, const EffectivePolicy& policy);

}  // namespace plimsoll::baseline
