// One verification, from a parsed signature to its answer: the steps of verifier.h, one function each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/public_key.h"
#include "signed_entity.h"
#include "signed_material.h"
#include "sigstore/verification.h"
#include "sigstore/verifier.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {

// What stays the same for every verification of one Verifier.
struct JudgementContext {
  const TrustRoot::Impl* root = nullptr;
  const std::vector<crypto::PublicKey>* configured_keys = nullptr;
  bool only_configured_keys = false;
  const Limits* limits = nullptr;
};

// What the answer tells of the signature's content, verified or not.
void DescribeContent(const SignedEntity& entity, Verification& out);
// The answer that `error` gives.
void Reject(const Error& error, Verification& out);

class Judgement {
 public:
  // All outlive it.
  Judgement(const JudgementContext& context, const SignedEntity& entity, const Expected& expected)
      : context_(context), entity_(entity), expected_(expected) {}

  Verification Run() &&;

 private:
  // An entry of a known log whose proofs hold and which is of this signature.
  struct BoundEntry {
    const LogEntry* entry = nullptr;
    EntryBody body;
    std::vector<const LogKey*> keys;  // of the log's ID
    const LogKey* key = nullptr;      // that verified
    std::optional<Time> promised;     // integrated time under the SET
    std::optional<VerifiedInclusion> inclusion;
  };

  Status Judge();

  // Step 2.
  Status VerifyLogEntries();
  Result<BoundEntry> VerifyLogEntry(const LogEntry& entry);
  Status VerifyLogProofs(const LogEntry& entry, BoundEntry& bound);
  Status BindEntry(const LogEntry& entry, BoundEntry& bound) const;
  Status BindVerifier(const LoggedSignature& logged) const;
  Status CheckLogWindows() const;
  LogEvidence EvidenceOf(const BoundEntry& bound) const;

  // Step 3.
  Status VerifyTimestamps();
  Result<VerifiedTime> VerifyTimestamp(ByteView der) const;

  // Step 4 and 5, keyless.
  Status JudgeKeyless();
  Status JudgeCertificate(const crypto::Certificate& leaf);
  Result<std::vector<Time>> TimesOfUse(const crypto::Certificate& leaf) const;
  Result<crypto::Certificate> VerifyChain(const crypto::Certificate& leaf,
                                          const std::vector<Time>& times);
  Status CheckUnprovenTimes(const crypto::Certificate& leaf) const;
  Status VerifySct(const crypto::Certificate& leaf, const crypto::Certificate& issuer);
  Status TakeKeylessSigner(const crypto::Certificate& leaf);

  // Step 4 and 5, with a key.
  Status JudgeKey();
  const crypto::PublicKey* KeyOfLog() const;
  Result<const crypto::PublicKey*> ConfiguredKeyThatVerifies() const;
  Status JudgeUnloggedKey();
  void TakeKeySigner(const crypto::PublicKey& key);

  // Step 5 of both.
  Status VerifySignature(const crypto::PublicKey& key);
  Status CheckArtifact();

  void Passed(Step step);
  void Ignore(std::string text);
  std::optional<Hash> LoggedHash() const;
  std::optional<crypto::SignatureAlgorithm> LoggedAlgorithm() const;

  const JudgementContext& context_;
  const SignedEntity& entity_;
  const Expected& expected_;

  Verification out_;
  std::optional<SignedMaterial> material_;
  std::vector<BoundEntry> bound_;
  std::optional<Error> log_gap_;   // why no entry counts
  std::optional<Error> time_gap_;  // why no timestamp counts
};

}  // namespace plimsoll::sigstore
