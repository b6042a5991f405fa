#pragma once

#include "crypto/certificate.h"
#include "ossl.h"

namespace plimsoll::crypto {

struct Certificate::Impl {
  ossl::Cert x509;
  Bytes der;
  Sha256Digest sha256{};
  Time not_before;
  Time not_after;
  std::vector<Extension> extensions;
  std::vector<AlternativeName> alternative_names;
  std::optional<ExtendedKeyUsage> extended_key_usage;
  std::optional<KeyUsage> key_usage;
  std::optional<BasicConstraints> basic_constraints;
  std::optional<Bytes> subject_key_id;
  std::optional<Bytes> authority_key_id;
  Bytes spki;
  Result<PublicKey> key = Fail(kInternal, "not read");
};

struct CertificateAccess {
  static Certificate Make(std::shared_ptr<const Certificate::Impl> impl) {
    return Certificate(std::move(impl));
  }
  // Libcrypto counts references through pointers that are not const; the object itself stays as it is.
  static X509* Handle(const Certificate& certificate) { return certificate.impl_->x509.get(); }
};

// Decodes the extensions that have accessors into `impl`, whose `extensions` are read already.
Status ReadKnownExtensions(Certificate::Impl& impl);

}  // namespace plimsoll::crypto
