// One image to one posture: what the registry stores (oci), verified (sigstore), as one Observation (baseline).
//
// Rules that are kept here:
//  * An answer that lacks one place is Unknown, whatever the others said: an absence that is not authoritative
//    must not be mistaken for one, and a signature that was not seen must not make another's look like a change.
//  * A limit or a malformed answer is a fact about the image: what verified beside it counts, else Unverifiable.
//  * Cosign's own statements, message signatures and simple signing are signatures. Keyless SLSA provenance that
//    names a builder is provenance. Every other statement is nothing at all.
//  * An index that carries nothing is looked at through the children that the cluster's platforms can run; a
//    child is also looked at through the index that the spec names, when the bytes of that index list it.
//  * Unsigned needs the image's own manifest in the same observation; without it: Unknown, DigestNotInRepository.
//  * An image whose places are as they were costs no manifest GET: the last answer stands, unless the trust root,
//    the platforms or the known keys are others.
//
// Thread-safe; `Observe` blocks for as long as the registry's time budget. Bounded: `ObserverLimits`.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/observation.h"
#include "oci/discovery.h"
#include "oci/places.h"
#include "oci/registry.h"
#include "sigstore/verifier.h"

namespace plimsoll::observation {

struct ObserverLimits {
  std::size_t remembered =
      20'000;  // images whose last answer is kept, the least recently used goes first
  // The same in bytes. An answer of more than 1/256 of it is not kept: it costs its own repository a second reading,
  // and pushes nobody else's out.
  std::size_t remembered_bytes = 64u << 20;
  std::size_t max_walked = 24;    // digests that one walk over the past looks at
  std::size_t max_children = 64;  // of one index; more that could run: Unverifiable, LimitExceeded
};

struct Question {
  std::string repository;   // key (product words: repository key)
  std::string digest;       // what runs; empty: what `tag` resolves to now
  std::string tag;          // what the spec names, where it names a tag
  std::string spec_digest;  // what the spec names, where it names a digest that is not `digest`
  std::string
      image_id;  // as the node reports it: for content that the node shows under another name
  std::vector<oci::Platform> platforms;  // that the cluster can run; empty: all but unknown/unknown
  std::vector<std::string>
      known_keys;  // SubjectPublicKeyInfo, base64, of the repository's trusted keys
  std::vector<oci::PullSecret> pull_secrets;
  bool trusted_repository = false;  // it has a trusted signer: may use all of the host's tokens
  bool confirmation = false;        // new connections, no caches between
  bool anonymous_only = false;
};

// Why one piece of material did not count, or that it did: for `inspect` and for messages.
struct Finding {
  std::string digest;                       // of the manifest that it is about
  std::optional<oci::StorageForm> storage;  // absent: about no storage form in particular
  sigstore::Outcome outcome = sigstore::Outcome::kVerified;
  Reason reason;        // empty when verified
  std::string message;  // escaped
};

struct Answer {
  baseline::Observation observation;
  std::string message;  // for an operator, when the posture has a reason; escaped
  std::vector<Finding> findings;
  std::optional<std::chrono::seconds> retry_after;
  oci::CredentialKind credential = oci::CredentialKind::kAnonymous;
  oci::RequestCounts requests;
  bool unchanged = false;  // nothing was read again

  // False for Unknown: nothing may be learned or cached of it.
  bool complete() const { return observation.posture != baseline::Posture::kUnknown; }
};

// A signature of the repository's past, verified: extends since when a signer is known, and adds none.
struct HistoricSignature {
  baseline::Signer signer;
  std::string digest;
  std::optional<Time> verified_time;
  std::optional<Time> log_time;  // verified
  std::string origin;            // of the log
};

struct WalkAnswer {
  enum class Outcome : std::uint8_t { kComplete, kPartial, kFailed };
  Outcome outcome = Outcome::kFailed;  // kPartial: a bound ended it, or one digest had no answer
  std::vector<HistoricSignature> signatures;
  // Digests that the repository serves as images and for which no logged signature was found here, a few of them:
  // what the log may know more about. Only when they were asked for.
  std::vector<std::string> unproven;
  oci::RequestCounts requests;
};

class Observer {
 public:
  // `registry` and `clock` must outlive the observer.
  Observer(oci::Registry& registry, oci::RepositoryRules rules,
           std::shared_ptr<const sigstore::Verifier> verifier, const Clock& clock,
           ObserverLimits limits = {});
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  Answer Observe(const Question& question);

  // Walks over the signatures that the repository serves already, at most `ObserverLimits::max_walked` digests. One
  // counts only when the repository serves the signed digest as a manifest and, for simple signing, the payload names
  // this repository or a configured alias: anyone who can push can copy signatures in. Of `question` only the
  // repository, the pull secrets and the known keys are used. Never with the reserved half of the host's budget.
  // With `unproven`, also what some of the repository's other tags name.
  WalkAnswer Walk(const Question& question, bool unproven = false);

  // From now on images are judged with this one; what was judged with another is judged anew.
  void ReplaceVerifier(std::shared_ptr<const sigstore::Verifier> verifier);
  std::shared_ptr<const sigstore::Verifier> verifier() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::observation
