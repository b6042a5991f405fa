// Private keys of the tests, derived from a seed. The same seed gives the same key, and the same message the
// same signature, in every run and on every machine: corpora can be made from them.
//
// Not for anything outside tests: no protection of the private parts, no constant time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "crypto/public_key.h"

namespace plimsoll::test {

enum class KeyType {
  kP256,
  kP384,
  kP521,
  kEd25519,
  kRsa2048,  // RSA keys take from a third of a second upwards to make
  kRsa3072,
  kRsa4096,
  kRsa8192,  // of eight primes: quick to make
  // Refused by the product:
  kRsa1024,
  kSecp256k1,
};

class TestKey {
 public:
  TestKey(KeyType type, std::string_view seed);

  KeyType type() const;
  const Bytes& spki() const;  // SubjectPublicKeyInfo, DER
  Sha256Digest spki_sha256() const;
  std::string Pem() const;      // "PUBLIC KEY"
  Bytes ed25519_point() const;  // of an Ed25519 key
  // What Sigstore's clients use with such a key.
  crypto::SignatureAlgorithm DefaultAlgorithm() const;
  // The same key, with another default: a log that signs by RSA-PSS.
  TestKey Using(crypto::SignatureAlgorithm algorithm) const;

  // EC: DER of r and s. Aborts when the algorithm is not of this key's type.
  Bytes Sign(crypto::SignatureAlgorithm algorithm, ByteView message) const;
  Bytes Sign(ByteView message) const { return Sign(DefaultAlgorithm(), message); }
  Bytes SignDigest(crypto::SignatureAlgorithm algorithm, ByteView digest) const;

  // AlgorithmIdentifier of such a signature, DER, for certificates and CMS.
  static Bytes AlgorithmIdentifier(crypto::SignatureAlgorithm algorithm);

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
  std::optional<crypto::SignatureAlgorithm> algorithm_;
};

// `size` bytes that depend on the seed only.
Bytes SeededBytes(std::string_view seed, std::size_t size);

}  // namespace plimsoll::test
