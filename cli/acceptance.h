// What `plimsoll accept` writes, and what it refuses before it asks anybody. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/policy.h"
#include "baseline/record.h"

namespace plimsoll::cli {

// The rules do not allow this acceptance: it could never come into force (exit code 1).
inline constexpr Reason kRefused{"Refused"};
// Several fingerprints begin with what was given (exit code 2).
inline constexpr Reason kAmbiguous{"Ambiguous"};

inline constexpr std::string_view kFieldManager = "kubectl-plimsoll";

// "14d", "36h", "2026-12-15" (its first moment, UTC), "2026-12-15T08:00:00Z". kInvalidArgument for anything else.
Result<Time> ParseExpiry(std::string_view text, Time now);

// The kind of this name; kInvalidArgument lists the names.
Result<baseline::DriftKind> ParseKind(std::string_view text);

// True for a fingerprint, and for what one could begin with: the form and at least 4 characters.
bool IsFingerprintPrefix(std::string_view text);
bool IsFingerprint(std::string_view text);

// Every fingerprint under which a drift of this kind could be accepted now, as the baseline knows them: of its
// entries, their images, and the signers that only sign along.
std::vector<std::string> KnownFingerprints(const baseline::Record& record,
                                           baseline::DriftKind kind);
// kNotFound, kAmbiguous.
Result<std::string> CompleteFingerprint(std::string_view prefix, baseline::DriftKind kind,
                                        const baseline::Record& record);

// kInvalidArgument: a text that is too long or none. kRefused: what the schema's rules and the product's refuse.
Status CheckAcceptance(const baseline::Acceptance& acceptance, Time now);

baseline::SigningPolicy AcceptancePolicy(const baseline::Acceptance& acceptance);

// A server-side apply takes away what its manager applied before and leaves out now. Adds to `policy` the entries and
// repositories that our manager applied to the stored object, so that an acceptance beside ours stays.
void KeepAppliedEntries(std::string_view stored_json, baseline::SigningPolicy* policy);

}  // namespace plimsoll::cli
