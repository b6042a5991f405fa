// PEM texts for TLS: what is in them, and whether a certificate and a key belong together. Chains and names are the
// TLS library's work; nothing is verified here.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/result.h"

namespace plimsoll::kube {

struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct PkeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using X509Ptr = std::unique_ptr<X509, X509Deleter>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, PkeyDeleter>;

// All certificates of a text, at least one; kMalformed otherwise.
Result<std::vector<X509Ptr>> ReadCertificates(std::string_view pem);
// An unencrypted key.
Result<PkeyPtr> ReadKey(std::string_view pem);
// kMalformed unless the key is that of the first certificate.
Status CheckPair(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace plimsoll::kube
