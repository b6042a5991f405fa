// Why a key, signature, certificate, certificate timestamp or time-stamp was refused: the closed
// list of this room, one code for one check. kMalformed and kLimitExceeded of base are used too:
// bytes that are not what the format asks for, and more of them than we accept.
//
// What a code means for a posture is decided elsewhere; here it says only which check failed. The
// codes under "cannot be judged" tell that trust material or an algorithm is missing, all others
// that a check failed against material that is known.
#pragma once

#include "base/result.h"

namespace plimsoll::crypto {

// Cannot be judged.
inline constexpr Reason kUnsupportedAlgorithm{"UnsupportedAlgorithm"};  // key type, curve or scheme
inline constexpr Reason kUnknownAuthority{"UnknownAuthority"};          // no path to a known root
inline constexpr Reason kUnknownCtLog{"UnknownCtLog"};                  // no SCT is of a known log
inline constexpr Reason kUnknownTimestampAuthority{"UnknownTimestampAuthority"};

// Keys and signatures.
inline constexpr Reason kKeySizeRefused{"KeySizeRefused"};  // RSA outside 2048 to 8192 bits
inline constexpr Reason kKeyInvalid{"KeyInvalid"};  // not a point of the curve, bad exponent
inline constexpr Reason kAlgorithmMismatch{
    "AlgorithmMismatch"};  // the scheme is not of this key's type
inline constexpr Reason kSignatureMismatch{
    "SignatureMismatch"};  // also: not strict DER, trailing bytes

// Certificates and paths.
inline constexpr Reason kDuplicateExtension{"DuplicateExtension"};
inline constexpr Reason kCertificateExpired{"CertificateExpired"};
inline constexpr Reason kCertificateNotYetValid{"CertificateNotYetValid"};
inline constexpr Reason kCertificateSignatureMismatch{"CertificateSignatureMismatch"};
inline constexpr Reason kNameConstraintViolated{"NameConstraintViolated"};
inline constexpr Reason kNotACertificateAuthority{
    "NotACertificateAuthority"};                      // an issuer in the path
inline constexpr Reason kPathTooLong{"PathTooLong"};  // path length constraint, or our depth limit
inline constexpr Reason kUnknownCriticalExtension{"UnknownCriticalExtension"};
inline constexpr Reason kWeakCertificate{
    "WeakCertificate"};  // key or digest below 112 bits in the path
inline constexpr Reason kCertificateNotConforming{
    "CertificateNotConforming"};                                // other breach of RFC 5280
inline constexpr Reason kLeafIsAuthority{"LeafIsAuthority"};    // CA:TRUE in the leaf
inline constexpr Reason kKeyUsageMismatch{"KeyUsageMismatch"};  // the leaf's key may not sign
inline constexpr Reason kExtendedKeyUsageMismatch{"ExtendedKeyUsageMismatch"};

// Signed certificate timestamps.
inline constexpr Reason kSctMissing{"SctMissing"};
inline constexpr Reason kSctSignatureMismatch{"SctSignatureMismatch"};
inline constexpr Reason kSctOutsideLogWindow{"SctOutsideLogWindow"};

// Time-stamps (RFC 3161).
inline constexpr Reason kTimestampNotGranted{"TimestampNotGranted"};
inline constexpr Reason kTimestampHashRefused{"TimestampHashRefused"};  // imprint not SHA-2
inline constexpr Reason kTimestampImprintMismatch{"TimestampImprintMismatch"};
inline constexpr Reason kTimestampAttributeMismatch{
    "TimestampAttributeMismatch"};  // signed attributes
inline constexpr Reason kTimestampCertificateMismatch{
    "TimestampCertificateMismatch"};  // ESSCertID(v2)
inline constexpr Reason kTimestampSignatureMismatch{"TimestampSignatureMismatch"};
inline constexpr Reason kTimestampKeyUsageMismatch{
    "TimestampKeyUsageMismatch"};  // EKU not critical, or more
inline constexpr Reason kTimestampOutsideWindow{
    "TimestampOutsideWindow"};  // the authority's own validity

}  // namespace plimsoll::crypto
