// What the transparency log says of an image that was observed: only where the lane is on.
//
// Whom it asks about: repositories with a trusted signer whose proof comes from this very log, and those that a
// policy pins. On the first sight of a repository the signer whose log proof was just verified counts: it is the one
// that first use will trust.
//
// What it asks
//  * An image with a continuous, logged signature: whether the log still holds that leaf (kept once it is proven).
//  * Any other image: the leaf that is remembered of this digest, by its index; then the index, for payloads that a
//    signature of this digest may have, with the annotations of the repository's last signatures too, which are kept
//    in memory alone. Only a proof of a trusted signer is told; others are counted.
//
// An answer that is missing, or incomplete without a proof, is `kUnanswered`: nothing becomes clean by it and nothing
// a divergence. Thread-safe. Blocks until `Question::deadline` at most.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/derive.h"
#include "baseline/observation.h"
#include "baseline/record.h"
#include "observation/annotation_memory.h"
#include "observation/observer.h"
#include "oci/places.h"
#include "rekor/log.h"
#include "sigstore/verifier.h"

namespace plimsoll::observation {

struct LogQuestion {
  std::string repository;                    // key
  const baseline::Record* record = nullptr;  // what is stored; null: first sight
  std::shared_ptr<const sigstore::Verifier> verifier;
  std::chrono::steady_clock::time_point deadline;
};

// Signatures of the repository's past that the log proves.
struct LogHistory {
  baseline::Lookup outcome = baseline::Lookup::kFailed;
  std::vector<HistoricSignature> signatures;
};

class LogLane {
 public:
  static constexpr std::size_t kMaxChildren = 8;  // of an index, asked about one by one
  static constexpr std::size_t kMaxDigests = 12;  // of one look back

  // All must outlive the lane.
  LogLane(rekor::Log& log, oci::RepositoryRules rules) : log_(log), rules_(std::move(rules)) {}

  // Fills `seen.log` (and that of its children), and adds notes. Leaves `kOff` where the log is not asked: about an image
  // of which the registry gave no answer, too.
  baseline::LogTrouble Ask(const LogQuestion& question, baseline::Observation& seen) const;

  // As admission asks, about a digest that would be denied: also where the registry gave no answer, and not where the
  // record says that its log contradicts itself. `question.record` is not null. Afterwards `seen.log` is never kOff:
  // what is known of the digest from before stands.
  void Consult(const LogQuestion& question, baseline::Observation& seen) const;

  // Looks up digests that the repository serves. Nothing is asked about, and the outcome is kDisabled, where `Ask`
  // would not ask. `seen` is an image that was just observed.
  LogHistory LookBack(const LogQuestion& question, const baseline::Observation& seen,
                      const std::vector<std::string>& digests) const;

 private:
  baseline::LogTrouble AskEvenUnknown(const LogQuestion& question,
                                      baseline::Observation& seen) const;

  rekor::Log& log_;
  const oci::RepositoryRules rules_;
  mutable AnnotationMemory annotations_;
};

}  // namespace plimsoll::observation
