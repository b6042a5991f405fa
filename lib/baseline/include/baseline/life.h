// A baseline's life: what one moment teaches a record, and what it gives rise to.
//
// `Step` takes everything that is known of one repository at one moment in this order: the policies, all
// observations, what is learned from them, what is judged. The order of the lists within a Moment does not
// matter. Steps are taken in order of time; a clock that was set back delays what waits, and undoes nothing.
//
// A step without observations lets time pass (acceptances expire, grace ends, drifts are cured, gone, ended)
// and is idempotent. `wake` is when the next step is due although nothing happens.
//
// Pure and total: it reads no clock, it never fails, and the record that it returns obeys RecordLimits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/classify.h"
#include "baseline/observation.h"
#include "baseline/policy.h"
#include "baseline/record.h"
#include "baseline/settings.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

// A digest that Pods of the cluster run, or that was seen in a Pod's status since the last step.
struct RunningDigest {
  std::string digest;
  // When the digest could first run there: the creation of its earliest Pod; for an image that came into a
  // Pod later (an update in place, an ephemeral container) the moment at which it was first seen. First use
  // and inventory rest on it, so it must never be earlier than the truth.
  Time pod_created{};
  bool running = true;            // false: seen, and gone by now
  bool started_by_tag = false;    // the spec of a container that runs it names a tag
  std::vector<std::string> tags;  // those tags
};

// A signature that a walk over the registry, or a look-up in the log, found for a signer. It counts only for
// a signer that an image of this repository has shown, and never adds one.
struct HistoricSignature {
  Signer signer;
  std::string digest;
  std::optional<Time> verified_time;
  std::optional<Time> log_time;  // verified
  std::string origin;
};

struct HistoryResult {
  std::vector<HistoricSignature> signatures;
  std::optional<Walk> walk;
  std::optional<Lookup> lookup;
};

struct Moment {
  Time now{};
  // All digests that run now (and those just seen). Absent: as the record says.
  std::optional<std::vector<RunningDigest>> running;
  std::vector<Observation> observations;
  std::optional<HistoryResult> history;
  LogTrouble log_trouble = LogTrouble::kNone;
  bool spike = false;  // it is one of a fleet-wide spike (fleet.h): shown, never judged
};

// What Events are made from.
enum class TransitionKind : std::uint8_t {
  kDriftOpened,  // an entry opens, or is open again
  kDriftJoined,  // a digest joins an open entry
  kDriftResolved,
  kDriftEnded,
  kDriftSuperseded,  // no Event
  kDriftAccepted,
  kAcceptanceExpiring,
  kAcceptanceExpired,
  kLearningStarted,  // no Event
  kEstablished,
  kObservationFailing,
  kTrustDiscarded,
};

struct Transition {
  TransitionKind what = TransitionKind::kDriftOpened;
  std::optional<DriftKind> kind;
  std::optional<Severity> severity;
  std::string digest;       // that opened or joined
  std::string fingerprint;  // what messages offer: s- or d-; for a whole entry s- or r-
  std::string entry;        // the entry's own: s- or r-
  std::optional<Time> opened_time;
  std::string policy_name;  // acceptances
  // False for a digest that joined an open entry and found no place among those remembered: no Event, or
  // it would be raised anew with each look at it.
  bool pages = true;
  std::optional<Verdict> verdict;  // opened, joined: the ingredients of the text
};
// The Event's reason: the drift kind, or BaselineEstablished, DriftAccepted, ...; empty: no Event.
std::string_view EventReason(const Transition& transition);

struct StepResult {
  Record record;
  std::vector<Transition> transitions;  // ordered: by kind of transition, then entry, then digest
  std::optional<Time> wake;
};

// A repository on first sight. `trust_discarded`: its baseline was deleted by somebody; the reason stays
// until it is Established.
Record NewRecord(std::string repository, Time now, bool trust_discarded = false);

StepResult Step(const Record& record, const PolicySet& policies, const Settings& settings,
                const Moment& moment);

// How soon an image is looked at again.
enum class Attention : std::uint8_t { kNew, kPending, kDrift, kRegular };
Attention AttentionOf(const Record& record, std::string_view digest);
Duration RecheckAfter(Attention attention, const Settings& settings);

// When an idle baseline is due for pruning; nothing while it runs, has a drift, or is none.
std::optional<Time> PruneTime(const Record& record);
inline bool IsPrunable(const Record& record, Time now) {
  const auto due = PruneTime(record);
  return due && *due <= now;
}

}  // namespace plimsoll::baseline
