// The closed lists of words that the product speaks: postures, kinds, severities, states.
//
// Every list has `ToText` (the word exactly as resources, messages and files show it) and
// `FromText<E>` (nothing for any other text, compared byte by byte). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "baseline/posture.h"

namespace plimsoll::baseline {

// In the order in which an image shows at most one: the first that fits.
enum class DriftKind : std::uint8_t {
  kSignatureInvalid,
  kSignatureStripped,
  kSignerSubstituted,
  kSignatureNotLogged,
  kLogEntryMissing,
  kSignatureMissing,
  kSignerChanged,
  kIssuerChanged,
  kRepositoryIdentityReused,
  kSignerRenamed,
  kSigningDowngrade,
  kSignedForOtherRepository,
  kProvenanceChanged,
  kUnjudged,
};
inline constexpr int kDriftKinds = 14;

enum class Severity : std::uint8_t { kWarning, kCritical };
// For people. Nothing (std::optional) before the first definite posture.
enum class State : std::uint8_t { kUnsigned, kUnverified, kLearning, kEstablished, kDrifted };
enum class Strength : std::uint8_t { kLocalOnly, kLogCorroborated, kPinned };
enum class Basis : std::uint8_t { kObservation, kLogHistory, kPolicy };
enum class SignerKind : std::uint8_t { kKeyless, kKey };
enum class SignerSource : std::uint8_t { kFirstUse, kPolicy, kAccepted };
enum class Origin : std::uint8_t { kFirstUse, kInventory, kGrandfathered, kLater };
enum class Storage : std::uint8_t { kSignatureTag, kReferrer, kReferrerTag };
enum class Level : std::uint8_t { kIndex, kManifest };
enum class Outcome : std::uint8_t { kResolved, kAccepted, kEnded, kSuperseded };
enum class Walk : std::uint8_t { kPending, kPartial, kComplete, kFailed };
enum class Lookup : std::uint8_t { kDisabled, kComplete, kPartial, kFailed };
enum class Enforcement : std::uint8_t { kWarn, kDeny };
enum class OnUnknown : std::uint8_t { kAdmit, kDeny };
enum class Admission : std::uint8_t { kAdmit, kWarn, kDeny };
// What the log lane knows of its log, for the condition LogCorroborated.
enum class LogTrouble : std::uint8_t { kNone, kUnreachable, kInconsistent };
enum class ConditionStatus : std::uint8_t { kTrue, kFalse, kUnknown };
enum class NoteKind : std::uint8_t {
  kFormatChanged,
  kCoSigned,
  kKeyAdded,
  kSignedAtOtherLevel,
  kSignatureNotMirrored,
  kExtraInvalidSignature,
  kAwaitingSignature,
  kManifestMissing,
  kCompetingLogSigner,
  kDigestFromTag,
};

std::string_view ToText(DriftKind value);
std::string_view ToText(Severity value);
std::string_view ToText(State value);
std::string_view ToText(Strength value);
std::string_view ToText(Basis value);
std::string_view ToText(SignerKind value);
std::string_view ToText(SignerSource value);
std::string_view ToText(Origin value);
std::string_view ToText(Storage value);
std::string_view ToText(Level value);
std::string_view ToText(Outcome value);
std::string_view ToText(Walk value);
std::string_view ToText(Lookup value);
std::string_view ToText(Enforcement value);
std::string_view ToText(OnUnknown value);
std::string_view ToText(Admission value);
std::string_view ToText(ConditionStatus value);
std::string_view ToText(NoteKind value);

// Defined for every list above.
template <class E>
std::optional<E> FromText(std::string_view text);

// The kinds that name a signer: their fingerprint is s-, of all others d- and r-.
bool NamesSigner(DriftKind kind);
// SignatureStripped, SignerSubstituted, SignatureNotLogged, LogEntryMissing.
bool IsDivergence(DriftKind kind);
// SignatureMissing, SignatureStripped: two confirmations before the drift opens.
bool RestsOnAbsence(DriftKind kind);

}  // namespace plimsoll::baseline
