// What was signed, and whether a key signed it: the entity's bytes together with the digests that the
// caller expects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/public_key.h"
#include "digests.h"
#include "entry_body.h"
#include "signed_entity.h"
#include "sigstore/verifier.h"

namespace plimsoll::sigstore {

class SignedMaterial {
 public:
  // Both outlive it. Errors: kMalformed (an expected digest, or none), kUnsupportedAlgorithm,
  // and for message signatures kDigestMismatch: the bundle is about another digest.
  static Result<SignedMaterial> Create(const SignedEntity& entity, const Expected& expected);

  // The entry's digest is of exactly this payload, message or envelope.
  bool IsAbout(const EntryBody& body) const;

  // Ok when the signature is by this key, with one of the algorithms that Sigstore's clients use for it;
  // `named` is the one that the log entry names, `logged` the hash that it names. Errors:
  // kSignatureInvalid, kUnsupportedAlgorithm.
  Status VerifyBy(const crypto::PublicKey& key, std::optional<crypto::SignatureAlgorithm> named,
                  std::optional<Hash> logged) const;

  // The payload is about one of the expected digests. Errors: kDigestMismatch.
  Status CheckArtifact() const;

 private:
  SignedMaterial(const SignedEntity& entity, const Expected& expected)
      : entity_(&entity), expected_(&expected) {}
  Status ChooseMessageDigests();
  std::vector<Digest> MessageDigests(Hash hash) const;
  Status VerifyMessage(const crypto::PublicKey& key, crypto::SignatureAlgorithm algorithm) const;
  std::string ExpectedText() const;

  const SignedEntity* entity_;
  const Expected* expected_;
  std::vector<Digest> digests_;  // parsed from `expected`, with those of its content
};

}  // namespace plimsoll::sigstore
