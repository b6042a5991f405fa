// Whom a repository trusts now, and how an observed signer relates to them.
//
// The trusted set is computed: learned signers (or pinned ones, which replace them), and those that an
// acceptance in force names. Views: a Trust is valid as long as the record, policy and signers it was made
// from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "baseline/classify.h"
#include "baseline/continuity.h"
#include "baseline/policy.h"
#include "baseline/record.h"
#include "baseline/settings.h"

namespace plimsoll::baseline {

// Signers by id: those stored, and those that were met since.
class SignerBook {
 public:
  explicit SignerBook(const std::vector<SignerRecord>& stored) : stored_(&stored) {}

  const SignerRecord* Find(std::string_view id) const;
  // The id of `signer`, which is in the book afterwards.
  std::string Enter(const Signer& signer, std::string_view public_key, Time now);
  std::vector<SignerRecord>& met() { return met_; }

 private:
  const std::vector<SignerRecord>* stored_;
  std::vector<SignerRecord> met_;
};

class Trust {
 public:
  Trust(const Record& record, const EffectivePolicy& policy, const Settings& settings);

  struct Related {
    Relation relation = Relation::kSignerChanged;
    const Signer* against = nullptr;  // the trusted signer that decided, if one did
  };
  // `observed` with its own SAN.
  Related Relate(const Signer& observed, std::optional<Time> verified_time) const;
  bool Trusts(const Signer& observed, std::optional<Time> verified_time) const {
    return Relate(observed, verified_time).relation == Relation::kContinuous;
  }
  // Named by a pin in every tied policy.
  bool IsPinned(const Signer& observed) const;
  // The acceptance in force through which the signer is trusted; null when there is none.
  const AcceptanceInForce* AcceptedSigner(const Signer& observed) const;
  // An acceptance in force of exactly this kind and fingerprint.
  const AcceptanceInForce* AcceptanceOf(DriftKind kind, std::string_view fingerprint) const;

  const std::vector<TrustedSigner>& signers() const { return signers_; }
  const EffectivePolicy& policy() const { return policy_; }
  // Learning has begun, or a policy pins: there is something to drift from.
  bool begun() const { return begun_; }
  bool established() const { return established_; }
  bool corroborated() const { return corroborated_; }
  const std::optional<Posture>& rank() const { return rank_; }

 private:
  bool IsLearnedForPin(const SignerRecord& record) const;
  bool IsLearnedUnderPinOf(const SignerRecord& record, const Signer& observed) const;
  Related RelateToPins(const Signer& observed, std::optional<Time> verified_time) const;

  const EffectivePolicy& policy_;
  std::vector<TrustedSigner> signers_;
  std::vector<const AcceptanceInForce*> accepted_signers_;
  std::string_view repository_;
  bool begun_ = false;
  bool established_ = false;
  bool corroborated_ = false;
  std::optional<Posture> rank_;
};

// Whether log times of `signer` span `establish_after`, both ends `establish_after` before `now`; `more` are
// further times of it, each of another digest than the one of its earliest time.
bool SpansHistory(const SignerRecord& signer, const std::vector<Time>& more,
                  Duration establish_after, Time now);

}  // namespace plimsoll::baseline
