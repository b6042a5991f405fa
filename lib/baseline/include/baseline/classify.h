// One observation of one image against its repository's baseline: what it is called, how bad it is.
//
// `Classify` is the one classifier: controller, webhook and command line call it and nothing else, so they
// cannot disagree. Pure and total; it changes nothing and learns nothing. The record passed in is the one
// before the observation is taken in (a record that already holds the same observation gives the same
// answer).
//
// An Unknown observation of a digest that was judged before is judged by what is stored of it. `definite` is
// false only when there never was a complete answer.
//
// `kind` is what the image shows, also while it is pending or accepted:
//   kind, no pending_until, not accepted   a drift
//   pending_until                          not yet a drift, already a verdict (admission acts on it)
//   accepted                               an acceptance in force covers it
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/observation.h"
#include "baseline/policy.h"
#include "baseline/record.h"
#include "baseline/settings.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

// CoSigned, KeyAdded: the kind and the s- fingerprint that the signer would have alone.
struct VerdictNote {
  NoteKind kind = NoteKind::kFormatChanged;
  std::string message;
  std::optional<Signer> signer;
  std::optional<DriftKind> alone;
  std::string fingerprint;
};

struct Verdict {
  Posture posture =
      Posture::kUnknown;  // shown: the worst child's, or the stored one for an Unknown answer
  bool definite = false;
  std::optional<DriftKind> kind;
  Severity severity = Severity::kWarning;  // of `kind`
  std::optional<Time> pending_until;
  bool accepted = false;
  std::string fingerprint;        // what messages offer: s- where the kind names a signer, else d-
  std::string entry_fingerprint;  // of the entry in drift[]: s- or r-
  bool continuous = false;        // at least one verified signer continues the baseline
  Posture rank = Posture::kUnknown;  // the best among the continuous signers, when continuous
  bool grandfathered = false;        // and still unsigned
  bool inventory = false;            // capped at a warning
  std::string child;                 // the child that decided
  std::vector<VerdictNote> notes;

  // What texts for people are made of.
  std::optional<Signer> signer;  // the new signer that the kind names
  std::optional<Signer>
      expected_signer;                  // the trusted signer that was expected (or the closest one)
  std::optional<Signer> proven_signer;  // divergences: whom the log proves
  std::optional<LogEvidence> proof;     // divergences: where
  std::string docker_reference;  // SignedForOtherRepository, or where to copy the signature from
  std::optional<Provenance> provenance;  // ProvenanceChanged: what was seen
  std::string reason;                    // of the posture
};

Verdict Classify(const Record& record, const EffectivePolicy& policy, const Settings& settings,
                 const Observation& observation, Time now);

// A signer that is trusted for the repository now: learned or pinned, and those accepted.
struct TrustedSigner {
  const SignerRecord* record = nullptr;  // in the record that was asked; never null
  SignerSource source = SignerSource::kFirstUse;

  const Signer& signer() const { return record->signer; }
};
// The trusted set, computed from what is stored and what is in force; ordered by canonical tuple.
std::vector<TrustedSigner> TrustedSigners(const Record& record, const EffectivePolicy& policy);

// Established by (a) or (b), or pinned.
bool IsEstablished(const Record& record, const EffectivePolicy& policy);
// 4 (b) holds for a signer that is trusted now.
bool IsLogCorroborated(const Record& record, const EffectivePolicy& policy,
                       const Settings& settings);

}  // namespace plimsoll::baseline
