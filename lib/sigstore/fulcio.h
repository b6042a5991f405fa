// What a Fulcio certificate says about its subject: one alternative name, and the extensions of
// 1.3.6.1.4.1.57264.1 (fulcio docs/oid-info.md; .1 to .6 are raw text, .8 and above DER UTF8String).
//
// Nothing is cut, nothing normalised: a text over its bound is kLimitExceeded. Whether the certificate may
// be believed is decided elsewhere. Errors: kMalformed, kLimitExceeded, kUnsupportedFormat.
#pragma once

#include "base/result.h"
#include "crypto/certificate.h"
#include "sigstore/limits.h"
#include "sigstore/verification.h"

namespace plimsoll::sigstore {

struct FulcioClaims {
  Signer signer;
  FulcioExtensions extensions;
};

Result<FulcioClaims> ReadFulcioClaims(const crypto::Certificate& certificate, const Limits& limits);

}  // namespace plimsoll::sigstore
