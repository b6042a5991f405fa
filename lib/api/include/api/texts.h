// What a baseline says to people: messages of its conditions, expected and observed texts of its drifts, notes
// of Events. All of it is made from the record, so a restart says the same.
//
// Text that comes from certificates, logs and people is escaped (base/printable.h). Bounds: a condition's
// message and a note 1,024 bytes, expected and observed 512.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "baseline/life.h"
#include "baseline/policy.h"
#include "baseline/record.h"

namespace plimsoll::api {

inline constexpr std::size_t kMaxNote = 1'024;
inline constexpr std::size_t kMaxDriftText = 512;

// What the record does not hold. An empty value leaves out what it would say.
struct TextContext {
  baseline::Durations durations;
  std::string trust_root_date;  // "2026-10-28"
  bool log_lane = false;        // the lane is on
  // How the registry was asked last: "anonymously", "with the Pods' image pull secret". Empty: not known, and
  // the message of the condition Observed stays as it is.
  std::string credential;
  std::string failure;             // of the last look-up that failed, for people
  std::optional<Time> next_retry;  // and when the next one is
  std::string unverifiable;        // the CA, log or format that is unknown
};

// Fills the messages of all conditions. Status, reason and times are left as they are.
void FillMessages(baseline::Record& record, const TextContext& context);
// Fills expected and observed of the entries that have none.
void FillDriftTexts(baseline::Record& record);

// "a signature by acme/web/release.yml@refs/tags/* (issuer ...), as on every image since 2026-02-10".
std::string ExpectedText(const baseline::Record& record, const baseline::DriftRecord& drift);
// "no signature in any form; ghcr.io asked at ... and at ...".
std::string ObservedText(const baseline::Record& record, const baseline::DriftRecord& drift);
// "carries no signature": what the image shows, as the rest of a sentence that begins with it.
std::string SeenClause(const baseline::Record& record, const baseline::DriftRecord& drift,
                       std::string_view digest);
// "every image since 2026-02-10 was signed by acme/web/release.yml@refs/tags/*".
std::string TrustClause(const baseline::Record& record);
// What to accept: the s- or d- fingerprint that messages offer.
std::string OfferedFingerprint(const baseline::DriftRecord& drift);

struct PodName {
  std::string name_space;
  std::string name;
};

// The note of the Event on the baseline. Empty for a transition that has none.
std::string BaselineNote(const baseline::Record& record, const baseline::Transition& transition,
                         const TextContext& context, const std::optional<PodName>& first_pod);
// The note of the Event on a Pod whose container shows an open drift.
std::string PodNote(const baseline::Record& record, const baseline::DriftRecord& drift,
                    std::string_view digest, std::string_view container);
// The last of the Pods' Events: how many more Pods show it.
std::string MorePodsNote(const baseline::Record& record, const baseline::DriftRecord& drift,
                         std::size_t pods);

std::string PrunedNote(const baseline::Record& record);
std::string LimitNote(std::string_view repository, std::string_view why);
std::string TrustDiscardedNote(std::string_view repository);

}  // namespace plimsoll::api
