// Public keys and signature verification, by OpenSSL's EVP.
//
// A PublicKey is fully validated when it is made and never changes: EC on the named curves P-256,
// P-384 and P-521 (uncompressed points; explicit parameters are refused even where they equal a
// named curve), Ed25519 (points of small order refused), RSA with 2048 to 8192 bits and an odd
// exponent from 3 to 2^31-1. The SPKI must be the DER that this key encodes to, so that one key has
// one hash. Cheap to copy; safe to use from several threads.
//
// Which hash goes with a key is never guessed from the curve: the caller names the algorithm, from
// the key details of a trust root or a log entry. A P-384 key with SHA-256 occurs in real
// signatures.
//
// ECDSA signatures are strict DER (RFC 3279 section 2.2.3): no trailing bytes, no negative or
// padded integers, r and s in range. Both s and n-s verify, as the standard says. RSA signatures
// have exactly the modulus' length; PSS has MGF1 of the same hash and a salt of any length.
//
// Not checked here: what the key may be used for, since when, and whose it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/reason.h"

namespace plimsoll::crypto {

enum class KeyKind { kP256, kP384, kP521, kEd25519, kRsa };

enum class SignatureAlgorithm {
  kEcdsaSha256,
  kEcdsaSha384,
  kEcdsaSha512,
  kEd25519,
  kEd25519ph,  // recognised, never verified: libcrypto 3.0 has only the pure form
  kRsaPkcs1Sha256,
  kRsaPkcs1Sha384,
  kRsaPkcs1Sha512,
  kRsaPssSha256,
  kRsaPssSha384,
  kRsaPssSha512,
};

// "ECDSA with SHA-256", for messages.
std::string_view AlgorithmName(SignatureAlgorithm algorithm);

class PublicKey {
 public:
  // SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). kMalformed, kLimitExceeded,
  // kUnsupportedAlgorithm, kKeySizeRefused, kKeyInvalid.
  static Result<PublicKey> FromDer(ByteView spki);
  // RSAPublicKey (RFC 8017 A.1.1), which old key details name.
  static Result<PublicKey> FromPkcs1Der(ByteView rsa_public_key);
  // Exactly one block "PUBLIC KEY" or "RSA PUBLIC KEY"; text around it is not accepted, white space
  // is.
  static Result<PublicKey> FromPem(std::string_view pem);

  KeyKind kind() const;
  int bits() const;  // of the field or the modulus; 256 for Ed25519
  // "P-256", "RSA-2048", for messages.
  std::string Description() const;
  const Bytes& spki_der() const;
  const Sha256Digest& spki_sha256() const;  // log ids and the signer of a key-based signature
  std::string Pem() const;                  // "PUBLIC KEY", 64 columns, newline at the end

  // Ok, or kUnsupportedAlgorithm, kAlgorithmMismatch, kSignatureMismatch (one text, whatever was
  // wrong).
  Status Verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const;
  // Over a digest of the algorithm's hash. kEd25519 needs the message: kAlgorithmMismatch. A digest
  // of another length is kInvalidArgument.
  Status VerifyDigest(SignatureAlgorithm algorithm, ByteView digest, ByteView signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.spki_der() == b.spki_der();
  }

  struct Impl;  // for the other files of this room

 private:
  friend struct PublicKeyAccess;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// Sigstore's names of key details (protobuf-specs, PublicKeyDetails). Those that name no hash (the
// four deprecated RSA ones) mean SHA-256. kUnsupportedAlgorithm for names that are known but not
// verified here (LMS, ML-DSA, HMAC variant) and for unknown ones.
Result<SignatureAlgorithm> AlgorithmOfKeyDetails(std::string_view key_details);
// Parses the raw bytes as these details ask (SPKI, or PKCS#1 for PKCS1_*) and checks that the key
// is of their type, curve and size: kAlgorithmMismatch otherwise.
Result<PublicKey> KeyOfDetails(ByteView raw, std::string_view key_details);
// The name of key and algorithm, as Rekor v2 writes it: "PKIX_ECDSA_P256_SHA_256". Empty when it
// has none.
std::string_view KeyDetailsOf(const PublicKey& key, SignatureAlgorithm algorithm);
// The algorithm that Sigstore's clients use for such a key when nothing names one: the curve's own
// hash, pure Ed25519, RSA PKCS#1 v1.5 with SHA-256.
SignatureAlgorithm DefaultAlgorithm(const PublicKey& key);

}  // namespace plimsoll::crypto
