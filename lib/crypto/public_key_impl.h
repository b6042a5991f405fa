#pragma once

#include "crypto/public_key.h"
#include "ossl.h"

namespace plimsoll::crypto {

struct PublicKey::Impl {
  ossl::Key key;
  KeyKind kind = KeyKind::kP256;
  int bits = 0;
  Bytes spki;
  Sha256Digest spki_sha256{};
};

// The validated key of a decoded SubjectPublicKeyInfo, whose DER was `spki`.
Result<PublicKey> KeyOfFrame(const X509_PUBKEY* frame, ByteView spki);

}  // namespace plimsoll::crypto
