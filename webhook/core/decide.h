// The decision about one review: pure. `Decide(review, snapshot, answers, now)` says what to answer, and which
// look-ups could change it.
//
// The verdict about each image is baseline::Admit's; here are only what belongs to the review as a whole: which
// digest an image string means, the mildest and the worst answer, texts, annotations, and what is worth asking a
// registry for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/admission.h"
#include "baseline/policy.h"
#include "baseline/record.h"
#include "baseline/settings.h"
#include "webhook/core/review.h"

namespace plimsoll::webhook {

// The kind of a review with more images than are judged.
inline constexpr char kTooManyImages[] = "TooManyImages";

// Which configuration sent the review, by its path.
enum class Mode : std::uint8_t {
  kEnforcePods,
  kAuditPods,
  kAuditTemplates,
};

// What the watch caches hold. Immutable; shared between threads.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // Null: no baseline for this repository.
  virtual std::shared_ptr<const baseline::Record> Find(const std::string& repository) const = 0;
  virtual const baseline::PolicySet& policies() const = 0;
  virtual baseline::Settings SettingsFor(const std::string& repository) const = 0;
  // The log may be asked about a digest that would be denied.
  virtual bool log_lane() const { return false; }
};

// What is known from registries without asking now. Answers may come from a cache.
class Answers {
 public:
  virtual ~Answers() = default;
  // The last complete or fresh Unknown observation of this digest; null: none is at hand.
  virtual std::shared_ptr<const baseline::Observation> Observed(
      const std::string& repository, const std::string& digest) const = 0;
  // When the registry answered so; none: nothing is at hand.
  virtual std::optional<Time> AnsweredAt(const std::string& repository,
                                         const std::string& digest) const = 0;
  // What the tag was resolved to a moment ago.
  virtual std::optional<std::string> Resolved(const std::string& repository,
                                              const std::string& tag) const = 0;
};

struct Lookup {
  std::string repository;
  std::string digest;  // empty: resolve `tag` first
  std::string tag;
  bool trusted =
      false;  // the repository has a trusted signer: may use the reserved half of the host's budget
  std::vector<std::string> known_keys;  // of the repository's trusted signers: SPKI, base64

  friend auto operator<=>(const Lookup&, const Lookup&) = default;
};

struct ImageDecision {
  std::string container;
  std::string repository;
  std::string digest;
  bool by_tag = false;
  baseline::AdmissionVerdict verdict;
};

struct Decision {
  ReviewAnswer answer;
  baseline::Admission verdict =
      baseline::Admission::kAdmit;  // before the mode made a denial a warning
  std::vector<ImageDecision> images;
  // Look-ups whose answers are missing. With `waits` the answer would be a denial that one of them may turn.
  std::vector<Lookup> lookups;
  bool waits = false;
};

Decision Decide(const Review& review, Mode mode, const Snapshot& snapshot, const Answers& answers,
                Time now);

}  // namespace plimsoll::webhook
