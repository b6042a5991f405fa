#include "signed_material.h"

#include <algorithm>

#include "base/printable.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

using crypto::KeyKind;
using crypto::SignatureAlgorithm;

SignatureAlgorithm EcdsaWith(Hash hash) {
  switch (hash) {
    case Hash::kSha384:
      return SignatureAlgorithm::kEcdsaSha384;
    case Hash::kSha512:
      return SignatureAlgorithm::kEcdsaSha512;
    case Hash::kSha256:
      break;
  }
  return SignatureAlgorithm::kEcdsaSha256;
}

SignatureAlgorithm Pkcs1With(Hash hash) {
  switch (hash) {
    case Hash::kSha384:
      return SignatureAlgorithm::kRsaPkcs1Sha384;
    case Hash::kSha512:
      return SignatureAlgorithm::kRsaPkcs1Sha512;
    case Hash::kSha256:
      break;
  }
  return SignatureAlgorithm::kRsaPkcs1Sha256;
}

// Neither certificates nor version 1 entries name the algorithm. The hash that the log or the bundle names
// comes first; then the curve's own; then SHA-256, which older clients used with every curve.
std::vector<SignatureAlgorithm> Candidates(const crypto::PublicKey& key,
                                           std::optional<SignatureAlgorithm> named,
                                           std::optional<Hash> hint) {
  if (named) return {*named};
  const SignatureAlgorithm usual = crypto::DefaultAlgorithm(key);
  if (key.kind() == KeyKind::kEd25519) return {usual};
  const auto with = [&](Hash hash) {
    return key.kind() == KeyKind::kRsa ? Pkcs1With(hash) : EcdsaWith(hash);
  };
  std::vector<SignatureAlgorithm> candidates;
  const auto add = [&](SignatureAlgorithm algorithm) {
    if (std::find(candidates.begin(), candidates.end(), algorithm) == candidates.end()) {
      candidates.push_back(algorithm);
    }
  };
  if (hint) add(with(*hint));
  add(usual);
  add(with(Hash::kSha256));
  return candidates;
}

bool IsUnsupported(const Error& error) {
  return error.code == crypto::kUnsupportedAlgorithm || error.code == kUnsupportedAlgorithm;
}

}  // namespace

Result<SignedMaterial> SignedMaterial::Create(const SignedEntity& entity,
                                              const Expected& expected) {
  SignedMaterial material(entity, expected);
  for (const std::string& text : expected.digests) {
    PLIMSOLL_ASSIGN(Digest digest, ParseDigest(text));
    material.digests_.push_back(std::move(digest));
  }
  if (expected.content) {
    for (const Hash hash : {Hash::kSha256, Hash::kSha384, Hash::kSha512}) {
      Digest digest{hash, DigestOf(hash, AsBytes(*expected.content))};
      auto& known = material.digests_;
      if (std::find(known.begin(), known.end(), digest) == known.end()) {
        known.push_back(std::move(digest));
      }
    }
  }
  if (material.digests_.empty()) {
    return Fail(kMalformed, "no digest was given that the signature should be about");
  }
  if (entity.content == ContentKind::kMessage) PLIMSOLL_TRY(material.ChooseMessageDigests());
  return material;
}

std::string SignedMaterial::ExpectedText() const {
  std::string text = Printable(digests_.front().Text(), 160);
  if (digests_.size() > 1) text += " (or " + std::to_string(digests_.size() - 1) + " more)";
  return text;
}

Status SignedMaterial::ChooseMessageDigests() {
  if (!entity_->message_digest) return {};
  const Digest& claimed = *entity_->message_digest;
  const auto of_hash = MessageDigests(claimed.hash);
  if (of_hash.empty()) {
    return Fail(kUnsupportedAlgorithm, "the bundle is about a " +
                                           std::string(NameOf(claimed.hash)) +
                                           " digest; to compare it the artifact itself is needed");
  }
  if (std::find(of_hash.begin(), of_hash.end(), claimed) == of_hash.end()) {
    return Fail(kDigestMismatch, "the bundle is about " + Printable(claimed.Text(), 160) +
                                     ", expected " + ExpectedText());
  }
  std::erase_if(digests_, [&](const Digest& digest) {
    return digest.hash == claimed.hash && !(digest == claimed);
  });
  return {};
}

std::vector<Digest> SignedMaterial::MessageDigests(Hash hash) const {
  std::vector<Digest> found;
  std::copy_if(digests_.begin(), digests_.end(), std::back_inserter(found),
               [&](const Digest& digest) { return digest.hash == hash; });
  return found;
}

bool SignedMaterial::IsAbout(const EntryBody& body) const {
  const Hash hash = body.digest.hash;
  if (body.subject == EntryBody::Subject::kDssePayload) {
    if (entity_->content != ContentKind::kStatement) return false;
    if (body.envelope_digest && *body.envelope_digest == body.digest) {
      const auto& known = entity_->envelope_digests;
      return std::find(known.begin(), known.end(), body.digest) != known.end();
    }
    return DigestOf(hash, AsBytes(entity_->statement_payload)) == body.digest.value;
  }
  if (entity_->content == ContentKind::kMessage) {
    const auto known = MessageDigests(hash);
    return std::find(known.begin(), known.end(), body.digest) != known.end();
  }
  return DigestOf(hash, entity_->signed_bytes) == body.digest.value;
}

Status SignedMaterial::VerifyMessage(const crypto::PublicKey& key,
                                     SignatureAlgorithm algorithm) const {
  if (expected_->content) {
    return key.Verify(algorithm, AsBytes(*expected_->content), entity_->signature);
  }
  const auto hash = HashOf(algorithm);
  const auto known = hash ? MessageDigests(*hash) : std::vector<Digest>{};
  if (known.empty()) {
    return Fail(kUnsupportedAlgorithm,
                std::string(crypto::AlgorithmName(algorithm)) +
                    " needs the artifact itself, of which only other digests are known");
  }
  Status last;
  for (const Digest& digest : known) {
    last = key.VerifyDigest(algorithm, digest.value, entity_->signature);
    if (last) return last;
  }
  return last;
}

Status SignedMaterial::VerifyBy(const crypto::PublicKey& key,
                                std::optional<SignatureAlgorithm> named,
                                std::optional<Hash> logged) const {
  std::optional<Hash> hint = logged;
  if (!hint && entity_->message_digest) hint = entity_->message_digest->hash;
  std::optional<Error> unsupported;
  bool judged = false;
  for (const SignatureAlgorithm algorithm : Candidates(key, named, hint)) {
    const Status verified = entity_->content == ContentKind::kMessage
                                ? VerifyMessage(key, algorithm)
                                : key.Verify(algorithm, entity_->signed_bytes, entity_->signature);
    if (verified) return {};
    if (IsUnsupported(verified.error())) {
      unsupported = verified.error();
    } else {
      judged = true;
    }
  }
  if (!judged && unsupported) return Fail(kUnsupportedAlgorithm, unsupported->message);
  return Fail(kSignatureInvalid, "the signature does not verify with the " + key.Description() +
                                     " key over what it is said to sign");
}

Status SignedMaterial::CheckArtifact() const {
  const auto& wanted = digests_;
  const auto is_wanted = [&](std::string_view text) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Digest& digest) { return digest.Text() == text; });
  };
  if (entity_->content == ContentKind::kSimpleSigning) {
    if (is_wanted(entity_->simple.manifest_digest)) return {};
    return Fail(kDigestMismatch, "the signed payload is about " +
                                     Printable(entity_->simple.manifest_digest, 160) +
                                     ", expected " + ExpectedText());
  }
  if (entity_->content == ContentKind::kStatement) {
    const auto& subjects = entity_->statement.subjects;
    if (std::any_of(subjects.begin(), subjects.end(), is_wanted)) return {};
    return Fail(
        kDigestMismatch,
        "the signed statement is about " +
            (subjects.empty() ? std::string("nothing") : Printable(subjects.front(), 160)) +
            (subjects.size() > 1 ? " and " + std::to_string(subjects.size() - 1) + " more" : "") +
            ", expected " + ExpectedText());
  }
  return {};  // a message signature was verified over the expected digest itself
}

}  // namespace plimsoll::sigstore
