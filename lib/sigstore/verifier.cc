#include "sigstore/verifier.h"

#include "base/printable.h"
#include "judgement.h"
#include "pem.h"
#include "signed_entity.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

Result<std::vector<crypto::PublicKey>> ReadKeys(const std::vector<std::string>& texts,
                                                const Limits& limits) {
  std::vector<crypto::PublicKey> keys;
  for (const std::string& text : texts) {
    PLIMSOLL_ASSIGN(const auto blocks, SplitPem(text, limits.configured_keys));
    if (blocks.empty()) return Fail(kMalformed, "public key: expected a PEM block, found none");
    for (const std::string_view block : blocks) {
      auto key = crypto::PublicKey::FromPem(block);
      if (!key) {
        return Fail(
            key.error().code == crypto::kUnsupportedAlgorithm ? kUnsupportedAlgorithm : kMalformed,
            "public key: " + key.error().message);
      }
      keys.push_back(std::move(*key));
    }
  }
  if (keys.size() > limits.configured_keys) {
    return Fail(kLimitExceeded,
                "more than " + std::to_string(limits.configured_keys) + " public keys");
  }
  return keys;
}

// The payload that the entry is about, as if it had come with the registry's signature.
Result<SignedEntity> EntityOfEntry(const LogEntry& entry, const EntryBody& body,
                                   std::span<const std::string> payloads, const Limits& limits) {
  for (const std::string& payload : payloads) {
    SignedEntity entity;
    const auto simple = ParseSimpleSigning(payload, limits);
    if (simple) {
      entity.content = ContentKind::kSimpleSigning;
      entity.simple = *simple;
      entity.signed_bytes = ToBytes(std::string_view(payload));
    } else if (!TakeStatement(payload, limits, entity)) {
      continue;
    }
    const ByteView subject = body.subject == EntryBody::Subject::kSignedBytes
                                 ? ByteView(entity.signed_bytes)
                                 : AsBytes(payload);
    if (DigestOf(body.digest.hash, subject) != body.digest.value) continue;
    if (body.signatures.size() != 1 || body.signatures.front().signature.empty()) {
      return Fail(kUnsupportedFormat, "log entry: " + body.KindVersion() +
                                          " records no signature that could be verified");
    }
    const LoggedSignature& logged = body.signatures.front();
    entity.signature = logged.signature;
    if (const auto* certificate = std::get_if<crypto::Certificate>(&logged.verifier)) {
      entity.certificate = *certificate;
    }
    entity.entries.push_back(entry);
    return entity;
  }
  return Fail(kLogEntryMismatch, "the log entry is about " + Printable(body.digest.Text(), 160) +
                                     ", the digest of none of the payloads that were expected");
}

}  // namespace

struct Verifier::Impl {
  TrustRoot root;
  VerifierOptions options;
  std::vector<crypto::PublicKey> keys;

  JudgementContext Context() const {
    return {&root.impl(), &keys, options.only_configured_keys, &options.limits};
  }

  Verification JudgeOrReject(const Status& read, const SignedEntity& entity,
                             const Expected& expected) const {
    if (read) {
      const JudgementContext context = Context();
      return Judgement(context, entity, expected).Run();
    }
    Verification out;
    DescribeContent(entity, out);
    Reject(read.error(), out);
    return out;
  }
};

Verifier::Verifier(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

Result<Verifier> Verifier::Create(TrustRoot root, VerifierOptions options) {
  PLIMSOLL_ASSIGN(auto keys, ReadKeys(options.public_keys_pem, options.limits));
  return Verifier(
      std::make_unique<const Impl>(Impl{std::move(root), std::move(options), std::move(keys)}));
}

const TrustRoot& Verifier::trust_root() const { return impl_->root; }

Verification Verifier::VerifyClassic(const ClassicSignature& signature,
                                     const Expected& expected) const {
  SignedEntity entity;
  const Status read = ReadClassic(signature, impl_->options.limits, entity);
  return impl_->JudgeOrReject(read, entity, expected);
}

Verification Verifier::VerifyAttestation(const AttestationLayer& layer,
                                         const Expected& expected) const {
  SignedEntity entity;
  const Status read = ReadAttestation(layer, impl_->options.limits, entity);
  return impl_->JudgeOrReject(read, entity, expected);
}

Verification Verifier::VerifyBundle(std::string_view bundle, const Expected& expected) const {
  SignedEntity entity;
  const Status read = ReadBundle(bundle, impl_->options.limits, entity);
  return impl_->JudgeOrReject(read, entity, expected);
}

Verification Verifier::VerifyLogEntry(std::string_view rest_entry,
                                      std::span<const std::string> payloads,
                                      const Expected& expected) const {
  const Limits& limits = impl_->options.limits;
  const auto read = [&]() -> Result<SignedEntity> {
    PLIMSOLL_ASSIGN(const LogEntry entry, ReadRestEntry(rest_entry, limits));
    PLIMSOLL_ASSIGN(const EntryBody body, ParseEntryBody(entry.body, limits));
    return EntityOfEntry(entry, body, payloads, limits);
  }();
  if (read) return impl_->JudgeOrReject({}, *read, expected);
  return impl_->JudgeOrReject(Forward(read.error()), SignedEntity{}, expected);
}

}  // namespace plimsoll::sigstore
