// A signing certificate against the trust root: its path to a known authority at given times, and its
// signed certificate timestamps.
#pragma once

#include <span>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {

// The direct issuer, when a path holds at every one of `times` and the authority's window contains each.
// Errors: kUnknownCertificateAuthority, kOutsideTrustRootValidity, kCertificateInvalid,
// kCertificateExpired, kUnsupportedAlgorithm.
Result<crypto::Certificate> VerifyPath(const crypto::Certificate& leaf, std::span<const Time> times,
                                       const TrustRoot::Impl& root);

// At least one embedded SCT under a known CT log. Errors: kNoSct, kUnknownCtLog, kSctInvalid,
// kOutsideTrustRootValidity, kMalformed, kLimitExceeded, kUnsupportedAlgorithm.
Status VerifyScts(const crypto::Certificate& leaf, const crypto::Certificate& issuer,
                  const TrustRoot::Impl& root);

}  // namespace plimsoll::sigstore
