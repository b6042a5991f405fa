// The controller as a machine without I/O: Step(input, now) -> actions.
//
// The shell (or the simulation) gives it every change that it sees and carries out what it asks for. It opens no
// socket, starts no thread, reads no clock, and draws no randomness but from its seed: the same inputs give the
// same actions.
//
// Numbered promises, which tests/simulation checks after every step:
//  1. A status is written only by a leader whose caches are whole, always with the version that it was computed
//     from; after a conflict it is computed again on what is stored then. At most one write of an object is out.
//  2. Every decision about trust is lib/baseline's. What an observation teaches is in the written status or is
//     observed again: nothing that matters is kept in memory only.
//  3. Written on change only. A drift that opens, joins, ends or is accepted goes first and at once; any other
//     change at most once a minute an object; all writes together at most 10 a second.
//  4. An Event is emitted after the write that makes it true.
//  5. An input that comes late, twice, or in another order than the truth changes no verdict: results of
//     observations that were not asked for are dropped, versions that we have replaced ourselves are ignored.
//
// What it does not do: it does not look at images, judge signatures, or talk to anybody.
//
// Not thread-safe: one thread steps it, and reads View() in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "baseline/settings.h"
#include "baseline/words.h"
#include "controller/core/io.h"

namespace plimsoll::controller {

// What is configured for repositories that a glob matches.
struct RepositoryRule {
  std::string match;
  std::vector<std::string> aliases;  // as written; normalised by the core
  std::string mirror_of;
};

struct CoreSettings {
  baseline::Durations durations;
  std::vector<RepositoryRule> repositories;
  std::size_t workers = 8;
  bool log_lane = false;
  std::string trust_root_date;  // "2026-10-28"; for messages
  std::uint64_t seed = 1;
};

struct CoreLimits {
  static constexpr double kWritesPerSecond = 10;
  static constexpr Duration kWriteEvery = std::chrono::minutes(1);
  static constexpr Duration kFirstStatusWithin = std::chrono::seconds(15);
  static constexpr Duration kBackOffFirst = std::chrono::seconds(15);
  static constexpr Duration kBackOffMost = std::chrono::minutes(30);
  static constexpr Duration kWriteBackOffFirst = std::chrono::seconds(1);
  static constexpr Duration kWriteBackOffMost = std::chrono::minutes(1);
  static constexpr Duration kRefusedAgain = std::chrono::minutes(10);
  static constexpr Duration kLimitAgain = std::chrono::hours(1);
  static constexpr Duration kHistoryAgain = std::chrono::hours(24);
  static constexpr Duration kPolicyDebounce = std::chrono::seconds(1);
  static constexpr Duration kPolicyRecheck = std::chrono::hours(1);
  static constexpr Duration kCountPodsAfter = std::chrono::minutes(1);
  // An answer that takes longer never comes: the shell's own deadlines are far shorter.
  static constexpr Duration kObservationLost = std::chrono::minutes(15);
  static constexpr Duration kWriteLost = std::chrono::minutes(3);
  static constexpr std::size_t kStepsAtOnce = 256;  // repositories judged in one Step
  static constexpr std::size_t kJournal = 64;
  static constexpr std::size_t kAttempts = 4;
  static constexpr std::size_t kDriftSeries = 500;
  static constexpr std::size_t kSpikeCauses = 5;
};

struct OpenDriftSeries {
  std::string repository;  // "_other" for what is beyond CoreLimits::kDriftSeries
  baseline::DriftKind kind;
  baseline::Severity severity;
  std::uint64_t count = 0;
};

// What gauges show; computed from the state. Empty maps and zeros when this is not the leader, but for what every
// replica knows.
struct CoreView {
  bool leading = false;
  bool synced = false;
  std::map<std::pair<std::string, std::string>, std::uint64_t> baselines;  // state, strength
  std::map<std::string, std::uint64_t> images;                             // running, by posture
  std::vector<OpenDriftSeries> open_drift;
  std::map<std::pair<baseline::DriftKind, baseline::Severity>, Time> last_opened;
  std::optional<Time> next_acceptance_expiration;
  std::map<std::string, std::uint64_t> spikes;  // by cause, sanitised: repositories
  std::uint64_t repositories = 0;
  std::uint64_t pods = 0;
  std::uint64_t observations_out = 0;
  std::uint64_t observations_due = 0;
  std::optional<Time> oldest_due;
  std::uint64_t writes_waiting = 0;
  std::uint64_t refused_repositories = 0;  // by the limits on baselines
  std::uint64_t failing_repositories = 0;  // condition Observed is False
  std::uint64_t unjudgeable_images = 0;    // no key, no digest, host not supported
  // Counters.
  std::uint64_t trust_discarded = 0;
  std::uint64_t limit_refusals = 0;
  std::uint64_t conflicts = 0;
};

class Core {
 public:
  explicit Core(CoreSettings settings);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  StepOutput Step(const Input& input, Time now);
  CoreView View(Time now) const;

  // What is known of a repository now, written or not. Null when it has no baseline. For tests and tools.
  const baseline::Record* Known(std::string_view repository) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::controller
