// A certification path from a leaf to a known root, at a given time (RFC 5280 section 6, by OpenSSL
// with X509_V_FLAG_X509_STRICT, and our own checks of time, key usage and the leaf).
//
//  1. every certificate of the path is valid at `at`, both ends inclusive, to the microsecond;
//  2. every signature in it verifies; keys and digests are of at least 112 bits;
//  3. issuers are authorities that may sign certificates; path lengths, name constraints and
//  unknown critical
//     extensions are honoured; at most Limits::max_path certificates;
//  4. the leaf is no authority, its key may sign, it names `purpose` itself (anyExtendedKeyUsage
//  does not
//     count), and every issuer that has an extended key usage allows it too;
//  5. the path ends at an anchor, which need not be self-signed. The leaf is never its own anchor.
//
// Nothing of the system is used: no CA folder, no configuration, no revocation, no clock. An
// intermediate whose key this room does not accept is passed over. Intermediates are untrusted,
// whoever gave them.
//
// kUnknownAuthority says that no path to an anchor exists; every other reason that one exists and
// is bad.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace plimsoll::crypto {

// The path, leaf first, anchor last: at least two.
using CertificatePath = std::vector<Certificate>;

struct ChainRequest {
  std::span<const Certificate> intermediates;
  std::span<const Certificate> anchors;
  Time at;
  std::string_view purpose = kOidCodeSigning;  // an OID of extended key usage
};

Result<CertificatePath> VerifyChain(const Certificate& leaf, const ChainRequest& request);

}  // namespace plimsoll::crypto
