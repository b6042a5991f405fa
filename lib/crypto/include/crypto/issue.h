// Makes certificates: an authority of our own, and serving certificates below it. ECDSA on P-256 with SHA-256, random
// serial numbers, X.509 v3 as RFC 5280 asks: the authority may sign certificates and nothing else (path length 0), a
// serving certificate serves TLS for its DNS names and nothing else.
//
// Whoever calls decides for how long. Keys are PEM, PKCS #8, not encrypted: they go into a Secret and into memory, never
// into a log or a message.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace plimsoll::crypto {

struct CertifiedKey {
  std::string certificate_pem;
  std::string key_pem;
};

// kInvalidArgument: a validity that ends before it begins, no name, or an authority that does not parse or fit.
Result<CertifiedKey> IssueAuthority(const std::string& common_name, Time not_before,
                                    Time not_after);
Result<CertifiedKey> IssueServingCertificate(const CertifiedKey& authority,
                                             const std::vector<std::string>& dns_names,
                                             Time not_before, Time not_after);

// True when the private key is that of the certificate.
bool KeyFits(const Certificate& certificate, const std::string& key_pem);
// True when `authority` is one and its key verifies the signature of `certificate`.
bool IsIssuedBy(const Certificate& certificate, const Certificate& authority);

}  // namespace plimsoll::crypto
