// The closed list of reasons for which signature material is not accepted, and the class of each.
//
// Two classes, because they mean different things to an operator:
//  * Unverifiable: it cannot be judged with this trust root (something is not known, not there, not
//    supported, or beyond a bound). Nobody is accused.
//  * Invalid: a check failed against trust material that is known.
// Names are stable: status, metrics and tests compare them.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace plimsoll::sigstore {

// --- Unverifiable
// --------------------------------------------------------------------------------------- base:
// kMalformed ("Malformed"), kLimitExceeded ("LimitExceeded")
inline constexpr Reason kUnknownCertificateAuthority{"UnknownCertificateAuthority"};
inline constexpr Reason kUnknownLog{"UnknownLog"};
inline constexpr Reason kUnknownCtLog{"UnknownCTLog"};
inline constexpr Reason kUnknownTimestampAuthority{"UnknownTimestampAuthority"};
// A known authority or log, at a time outside the window that the trust root gives it.
inline constexpr Reason kOutsideTrustRootValidity{"OutsideTrustRootValidity"};
inline constexpr Reason kNoKey{"NoKey"};            // a key made it, and none that we have is it
inline constexpr Reason kNoLogProof{"NoLogProof"};  // keyless or unconfigured key, and no log proof
inline constexpr Reason kNoVerifiedTime{"NoVerifiedTime"};  // nothing proves when it was signed
inline constexpr Reason kNoSct{"NoSCT"};                    // the certificate carries no SCT
inline constexpr Reason kUnsupportedFormat{"UnsupportedFormat"};
inline constexpr Reason kUnsupportedAlgorithm{"UnsupportedAlgorithm"};

// --- Invalid
// --------------------------------------------------------------------------------------------
inline constexpr Reason kSignatureInvalid{"SignatureInvalid"};
inline constexpr Reason kDigestMismatch{"DigestMismatch"};  // about another image or artifact
inline constexpr Reason kCertificateInvalid{"CertificateInvalid"};  // chain, EKU, constraints
inline constexpr Reason kCertificateExpired{"CertificateNotValidAtSigningTime"};
inline constexpr Reason kSctInvalid{"SCTInvalid"};
inline constexpr Reason kSetInvalid{"SETInvalid"};
inline constexpr Reason kInclusionProofInvalid{"InclusionProofInvalid"};
inline constexpr Reason kConsistencyProofInvalid{"ConsistencyProofInvalid"};
inline constexpr Reason kCheckpointInvalid{"CheckpointInvalid"};
// The log entry is genuine, and is the entry of another signature, key, certificate or digest.
inline constexpr Reason kLogEntryMismatch{"LogEntryMismatch"};
inline constexpr Reason kTimestampInvalid{"TimestampInvalid"};
inline constexpr Reason kIdentityMismatch{
    "IdentityMismatch"};  // verify-bundle: verified, of someone else

enum class ReasonClass { kUnverifiable, kInvalid };

// The class of a reason of the list above (base's two included); any other Reason is kUnverifiable.
ReasonClass ClassOf(Reason reason);
// Every reason, for documentation and tests.
std::span<const Reason> AllReasons();

}  // namespace plimsoll::sigstore
