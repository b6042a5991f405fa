#include "judgement.h"

#include <algorithm>

#include "authority.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "fulcio.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {

void DescribeContent(const SignedEntity& entity, Verification& out) {
  out.content = entity.content;
  if (entity.content == ContentKind::kSimpleSigning) {
    out.docker_reference = entity.simple.docker_reference;
    out.annotations = entity.simple.optional;
  }
  if (entity.content == ContentKind::kStatement) {
    out.claimed_predicate = entity.statement.predicate_type;
  }
}

void Reject(const Error& error, Verification& out) {
  out.outcome =
      ClassOf(error.code) == ReasonClass::kInvalid ? Outcome::kInvalid : Outcome::kUnverifiable;
  out.reason = error.code;
  out.message = error.message;
}

void Judgement::Passed(Step step) {
  if (std::find(out_.steps.begin(), out_.steps.end(), step) == out_.steps.end()) {
    out_.steps.push_back(step);
  }
}

void Judgement::Ignore(std::string text) { out_.ignored.push_back(std::move(text)); }

Verification Judgement::Run() && {
  DescribeContent(entity_, out_);
  const Status judged = Judge();
  if (judged) {
    out_.outcome = Outcome::kVerified;
  } else {
    Reject(judged.error(), out_);
    if (!out_.verifies_unlogged) out_.signer.reset();
  }
  if (judged && entity_.content == ContentKind::kStatement) out_.statement = entity_.statement;
  return std::move(out_);
}

Status Judgement::Judge() {
  PLIMSOLL_ASSIGN(material_, SignedMaterial::Create(entity_, expected_));
  Passed(Step::kParsed);
  PLIMSOLL_TRY(VerifyLogEntries());
  PLIMSOLL_TRY(VerifyTimestamps());
  return entity_.certificate ? JudgeKeyless() : JudgeKey();
}

// --- Keyless ----------------------------------------------------------------------------------------

Status Judgement::JudgeKeyless() {
  if (context_.only_configured_keys) {
    return Fail(kIdentityMismatch,
                "expected a signature by the configured key, found a certificate");
  }
  const Status certificate = JudgeCertificate(*entity_.certificate);
  if (!log_gap_) return certificate;
  // Without a log proof it cannot count. What else is wrong with it is more telling, unless the log is
  // there and only its key is not known.
  if (!certificate) {
    const bool invalid = ClassOf(certificate.error().code) == ReasonClass::kInvalid;
    if (invalid || log_gap_->code == kNoLogProof) return certificate;
  }
  out_.verifies_unlogged = certificate.has_value() && log_gap_->code == kNoLogProof;
  return Forward(*log_gap_);
}

Status Judgement::JudgeCertificate(const crypto::Certificate& leaf) {
  PLIMSOLL_ASSIGN(const std::vector<Time> times, TimesOfUse(leaf));
  PLIMSOLL_TRY(CheckLogWindows());
  PLIMSOLL_ASSIGN(const crypto::Certificate issuer, VerifyChain(leaf, times));
  PLIMSOLL_TRY(VerifySct(leaf, issuer));
  if (!leaf.key()) {
    return Fail(kUnsupportedAlgorithm, "the certificate's key: " + leaf.key().error().message);
  }
  PLIMSOLL_TRY(VerifySignature(*leaf.key()));
  PLIMSOLL_TRY(CheckArtifact());
  return TakeKeylessSigner(leaf);
}

// Every verified time. Without a log proof the answer is about what else holds, at the certificate's own time.
Result<std::vector<Time>> Judgement::TimesOfUse(const crypto::Certificate& leaf) const {
  std::vector<Time> times;
  for (const VerifiedTime& verified : out_.times) times.push_back(verified.time);
  if (times.empty() && log_gap_) times.push_back(leaf.not_before());
  if (!times.empty()) return times;
  if (time_gap_) return Forward(*time_gap_);
  return Fail(kNoVerifiedTime,
              "nothing proves when it was signed: neither a signed entry timestamp nor a "
              "timestamp");
}

Result<crypto::Certificate> Judgement::VerifyChain(const crypto::Certificate& leaf,
                                                   const std::vector<Time>& times) {
  PLIMSOLL_ASSIGN(crypto::Certificate issuer, VerifyPath(leaf, times, *context_.root));
  PLIMSOLL_TRY(CheckUnprovenTimes(leaf));
  Passed(Step::kCertificateChain);
  return issuer;
}

Status Judgement::VerifySct(const crypto::Certificate& leaf, const crypto::Certificate& issuer) {
  PLIMSOLL_TRY(VerifyScts(leaf, issuer, *context_.root));
  Passed(Step::kSct);
  return {};
}

Status Judgement::TakeKeylessSigner(const crypto::Certificate& leaf) {
  PLIMSOLL_ASSIGN(FulcioClaims claims, ReadFulcioClaims(leaf, *context_.limits));
  out_.signer = std::move(claims.signer);
  out_.extensions = std::move(claims.extensions);
  return {};
}

// An integrated time of Rekor v1 that no SET proves is not evidence, and still must not contradict the
// certificate.
Status Judgement::CheckUnprovenTimes(const crypto::Certificate& leaf) const {
  for (const BoundEntry& bound : bound_) {
    const std::int64_t seconds = bound.entry->integrated_time;
    // Rekor v2 has no integrated time: what stands there is to be ignored.
    const bool rekor_v2 = bound.body.version == "0.0.2" && bound.body.kind != "intoto";
    if (bound.promised || rekor_v2 || seconds == 0) continue;
    if (!leaf.ValidAt(FromUnixSeconds(seconds))) {
      return Fail(kCertificateExpired, "the log entry says that it was integrated at " +
                                           FormatTime(FromUnixSeconds(seconds)) +
                                           ", when the certificate was not valid");
    }
  }
  return {};
}

// --- Key-based --------------------------------------------------------------------------------------

const crypto::PublicKey* Judgement::KeyOfLog() const {
  if (bound_.empty()) return nullptr;
  return std::get_if<crypto::PublicKey>(&bound_.front().body.signatures.front().verifier);
}

Result<const crypto::PublicKey*> Judgement::ConfiguredKeyThatVerifies() const {
  std::optional<Error> unsupported;
  for (const crypto::PublicKey& key : *context_.configured_keys) {
    const Status verified = material_->VerifyBy(key, LoggedAlgorithm(), LoggedHash());
    if (verified) return &key;
    if (verified.error().code == kUnsupportedAlgorithm) unsupported = verified.error();
  }
  if (unsupported) return Forward(*unsupported);
  return Fail(kSignatureInvalid, "the signature does not verify with the configured key");
}

Status Judgement::JudgeKey() {
  const crypto::PublicKey* logged = KeyOfLog();
  const auto configured = ConfiguredKeyThatVerifies();
  if (!configured && context_.only_configured_keys) return Forward(configured.error());
  const crypto::PublicKey* key = configured.value_or(nullptr);
  if (logged != nullptr && key != nullptr && !(*logged == *key)) {
    return Fail(kLogEntryMismatch, "the log entry is of another key than the one that signed");
  }
  if (key == nullptr) key = logged;
  if (key == nullptr) return JudgeUnloggedKey();
  PLIMSOLL_TRY(CheckLogWindows());
  if (configured) {
    Passed(Step::kSignature);
  } else {
    PLIMSOLL_TRY(VerifySignature(*key));
  }
  PLIMSOLL_TRY(CheckArtifact());
  TakeKeySigner(*key);
  return {};
}

Status Judgement::JudgeUnloggedKey() {
  if (!(log_gap_->code == kNoLogProof)) return Forward(*log_gap_);
  for (const std::string& text : expected_.known_keys) {
    const auto der = Base64Decode(text);
    const auto key = der ? crypto::PublicKey::FromDer(*der) : Forward(der.error());
    if (!key || !material_->VerifyBy(*key, std::nullopt, std::nullopt)) continue;
    Passed(Step::kSignature);
    PLIMSOLL_TRY(CheckArtifact());
    TakeKeySigner(*key);
    out_.verifies_unlogged = true;
    return Forward(*log_gap_);
  }
  return Fail(kNoKey, "it was signed with a public key that is neither configured nor logged" +
                          (entity_.key_hint.empty()
                               ? std::string()
                               : " (key hint \"" + Printable(entity_.key_hint, 96) + "\")"));
}

void Judgement::TakeKeySigner(const crypto::PublicKey& key) {
  Signer signer;
  signer.kind = SignerKind::kKey;
  signer.spki_sha256 = HexEncode(key.spki_sha256());
  signer.public_key = Base64Encode(key.spki_der());
  out_.signer = std::move(signer);
}

// --- Both -------------------------------------------------------------------------------------------

std::optional<Hash> Judgement::LoggedHash() const {
  if (bound_.empty()) return std::nullopt;
  const EntryBody& body = bound_.front().body;
  if (body.subject != EntryBody::Subject::kSignedBytes) return std::nullopt;
  return body.digest.hash;
}

std::optional<crypto::SignatureAlgorithm> Judgement::LoggedAlgorithm() const {
  if (bound_.empty()) return std::nullopt;
  return bound_.front().body.signatures.front().algorithm;
}

Status Judgement::VerifySignature(const crypto::PublicKey& key) {
  PLIMSOLL_TRY(material_->VerifyBy(key, LoggedAlgorithm(), LoggedHash()));
  Passed(Step::kSignature);
  return {};
}

Status Judgement::CheckArtifact() {
  PLIMSOLL_TRY(material_->CheckArtifact());
  Passed(Step::kArtifact);
  return {};
}

}  // namespace plimsoll::sigstore
