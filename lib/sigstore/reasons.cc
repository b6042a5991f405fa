#include "sigstore/reasons.h"

#include <algorithm>
#include <array>

namespace plimsoll::sigstore {
namespace {

constexpr std::array kUnverifiableReasons = {
    kMalformed,
    kLimitExceeded,
    kUnknownCertificateAuthority,
    kUnknownLog,
    kUnknownCtLog,
    kUnknownTimestampAuthority,
    kOutsideTrustRootValidity,
    kNoKey,
    kNoLogProof,
    kNoVerifiedTime,
    kNoSct,
    kUnsupportedFormat,
    kUnsupportedAlgorithm,
};
constexpr std::array kInvalidReasons = {
    kSignatureInvalid,  kDigestMismatch,   kCertificateInvalid,    kCertificateExpired,
    kSctInvalid,        kSetInvalid,       kInclusionProofInvalid, kConsistencyProofInvalid,
    kCheckpointInvalid, kLogEntryMismatch, kTimestampInvalid,      kIdentityMismatch,
};

constexpr auto Joined() {
  std::array<Reason, kUnverifiableReasons.size() + kInvalidReasons.size()> all{};
  auto next = std::copy(kUnverifiableReasons.begin(), kUnverifiableReasons.end(), all.begin());
  std::copy(kInvalidReasons.begin(), kInvalidReasons.end(), next);
  return all;
}
constexpr auto kAllReasons = Joined();

}  // namespace

ReasonClass ClassOf(Reason reason) {
  return std::find(kInvalidReasons.begin(), kInvalidReasons.end(), reason) != kInvalidReasons.end()
             ? ReasonClass::kInvalid
             : ReasonClass::kUnverifiable;
}

std::span<const Reason> AllReasons() { return kAllReasons; }

}  // namespace plimsoll::sigstore
