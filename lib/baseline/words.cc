#include "baseline/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace plimsoll::baseline {
namespace {

// One table for each list; the position is the value.
template <class E>
struct Words;

#define PLIMSOLL_WORDS(E, ...)                                                     \
  template <>                                                                      \
  struct Words<E> {                                                                \
    static constexpr auto kTexts = std::to_array<std::string_view>({__VA_ARGS__}); \
  };

PLIMSOLL_WORDS(Posture, "Invalid", "Unsigned", "Unverifiable", "Unknown", "Attested",
               "SignedKeyBased", "SignedKeyless")
PLIMSOLL_WORDS(DriftKind, "SignatureInvalid", "SignatureStripped", "SignerSubstituted",
               "SignatureNotLogged", "LogEntryMissing", "SignatureMissing", "SignerChanged",
               "IssuerChanged", "RepositoryIdentityReused", "SignerRenamed", "SigningDowngrade",
               "SignedForOtherRepository", "ProvenanceChanged", "Unjudged")
PLIMSOLL_WORDS(Severity, "Warning", "Critical")
PLIMSOLL_WORDS(State, "Unsigned", "Unverified", "Learning", "Established", "Drifted")
PLIMSOLL_WORDS(Strength, "LocalOnly", "LogCorroborated", "Pinned")
PLIMSOLL_WORDS(Basis, "Observation", "LogHistory", "Policy")
PLIMSOLL_WORDS(SignerKind, "Keyless", "Key")
PLIMSOLL_WORDS(SignerSource, "FirstUse", "Policy", "Accepted")
PLIMSOLL_WORDS(Origin, "FirstUse", "Inventory", "Grandfathered", "Later")
PLIMSOLL_WORDS(Storage, "SignatureTag", "Referrer", "ReferrerTag")
PLIMSOLL_WORDS(Level, "Index", "Manifest")
PLIMSOLL_WORDS(Outcome, "Resolved", "Accepted", "Ended", "Superseded")
PLIMSOLL_WORDS(Walk, "Pending", "Partial", "Complete", "Failed")
PLIMSOLL_WORDS(Lookup, "Disabled", "Complete", "Partial", "Failed")
PLIMSOLL_WORDS(Enforcement, "Warn", "Deny")
PLIMSOLL_WORDS(OnUnknown, "Admit", "Deny")
PLIMSOLL_WORDS(Admission, "Admit", "Warn", "Deny")
PLIMSOLL_WORDS(ConditionStatus, "True", "False", "Unknown")
PLIMSOLL_WORDS(NoteKind, "FormatChanged", "CoSigned", "KeyAdded", "SignedAtOtherLevel",
               "SignatureNotMirrored", "ExtraInvalidSignature", "AwaitingSignature",
               "ManifestMissing", "CompetingLogSigner", "DigestFromTag")
#undef PLIMSOLL_WORDS

template <class E>
std::string_view TextOf(E value) {
  const auto index = static_cast<std::size_t>(value);
  return index < Words<E>::kTexts.size() ? Words<E>::kTexts[index] : std::string_view();
}

}  // namespace

template <class E>
std::optional<E> FromText(std::string_view text) {
  const auto& texts = Words<E>::kTexts;
  const auto found = std::find(texts.begin(), texts.end(), text);
  if (found == texts.end()) return std::nullopt;
  return static_cast<E>(found - texts.begin());
}

#define PLIMSOLL_LIST(E)                                     \
  std::string_view ToText(E value) { return TextOf(value); } \
  template std::optional<E> FromText<E>(std::string_view);

PLIMSOLL_LIST(Posture)
PLIMSOLL_LIST(DriftKind)
PLIMSOLL_LIST(Severity)
PLIMSOLL_LIST(State)
PLIMSOLL_LIST(Strength)
PLIMSOLL_LIST(Basis)
PLIMSOLL_LIST(SignerKind)
PLIMSOLL_LIST(SignerSource)
PLIMSOLL_LIST(Origin)
PLIMSOLL_LIST(Storage)
PLIMSOLL_LIST(Level)
PLIMSOLL_LIST(Outcome)
PLIMSOLL_LIST(Walk)
PLIMSOLL_LIST(Lookup)
PLIMSOLL_LIST(Enforcement)
PLIMSOLL_LIST(OnUnknown)
PLIMSOLL_LIST(Admission)
PLIMSOLL_LIST(ConditionStatus)
PLIMSOLL_LIST(NoteKind)
#undef PLIMSOLL_LIST

int Rank(Posture posture) {
  switch (posture) {
    case Posture::kSignedKeyless:
      return 4;
    case Posture::kSignedKeyBased:
      return 3;
    case Posture::kAttested:
      return 2;
    case Posture::kUnverifiable:
      return 1;
    case Posture::kUnsigned:
      return 0;
    case Posture::kInvalid:
    case Posture::kUnknown:
      break;
  }
  return -1;
}

bool IsSigned(Posture posture) { return Rank(posture) >= 2; }

Posture Worst(Posture a, Posture b) { return std::min(a, b); }

bool NamesSigner(DriftKind kind) {
  switch (kind) {
    case DriftKind::kSignerChanged:
    case DriftKind::kIssuerChanged:
    case DriftKind::kRepositoryIdentityReused:
    case DriftKind::kSignerRenamed:
    case DriftKind::kSignerSubstituted:
      return true;
    default:
      return false;
  }
}

bool IsDivergence(DriftKind kind) {
  return kind == DriftKind::kSignatureStripped || kind == DriftKind::kSignerSubstituted ||
         kind == DriftKind::kSignatureNotLogged || kind == DriftKind::kLogEntryMissing;
}

bool RestsOnAbsence(DriftKind kind) {
  return kind == DriftKind::kSignatureMissing || kind == DriftKind::kSignatureStripped;
}

}  // namespace plimsoll::baseline
