// The engine of `plimsoll replay`: a history in order of time, judged by the same functions as the cluster.
//
// Events with one time are one moment: policies first, then deletions, then all observations, then what is
// learned, then what is judged. `Feed` takes the events in order; `Finish` ends the last moment. Lines come
// out one for each event, in the order of the events, as soon as their moment is over. An event before its
// predecessor is refused. Reading and writing JSON is the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/admission.h"
#include "baseline/life.h"

namespace plimsoll::baseline {

struct ReplayObservation {
  std::string repository;
  Observation observation;  // signers below posture Attested are taken as `unlogged` when keyless
  std::optional<bool> running;  // a digest runs from a line with true until one with false
  std::optional<Time> pod_created;
};
struct ReplayPolicy {
  SigningPolicy policy;
};
struct ReplayPolicyRemoved {
  std::string name;
};
struct ReplayDeleted {
  std::string repository;
};
struct ReplayTick {};

struct ReplayEvent {
  std::uint64_t line = 0;
  Time time{};
  std::variant<ReplayTick, ReplayObservation, ReplayPolicy, ReplayPolicyRemoved, ReplayDeleted>
      what;
};

struct ReplayOutputEvent {
  std::string reason;
  std::string repository;
  std::optional<Severity> severity;
  std::string fingerprint;

  friend bool operator==(const ReplayOutputEvent&, const ReplayOutputEvent&) = default;
};

struct ReplayLine {
  std::uint64_t line = 0;
  Time time{};
  std::string repository;
  std::string digest;
  std::optional<Admission> verdict;
  std::optional<DriftKind> kind;
  std::optional<Severity> severity;
  std::string fingerprint;
  std::optional<State> state;
  std::optional<Strength> strength;
  std::vector<ReplayOutputEvent> events;
};

struct ReplaySummary {
  std::uint64_t repositories = 0;
  std::uint64_t established = 0;
  std::uint64_t open_critical = 0;
  std::uint64_t open_warning = 0;
  std::uint64_t denied = 0;  // lines whose verdict is Deny
};

class Replay {
 public:
  explicit Replay(Settings settings);
  ~Replay();
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;

  // kInvalidArgument when event.time is before the last one.
  Status Feed(ReplayEvent event, const std::function<void(const ReplayLine&)>& out);
  ReplaySummary Finish(const std::function<void(const ReplayLine&)>& out);

  // The record of a repository after the last finished moment; null when there is none.
  const Record* Find(std::string_view repository) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::baseline
