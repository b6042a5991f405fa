// The durations of the rules, with the defaults of the product, and its bounds. Values only.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"

namespace plimsoll::baseline {

struct Durations {
  Duration reverify_after = std::chrono::hours(6);
  Duration establish_after = std::chrono::hours(24);
  Duration confirm_after = std::chrono::minutes(5);
  Duration drift_recheck_after = std::chrono::hours(1);
  Duration signing_grace = std::chrono::minutes(15);
  Duration judge_within = std::chrono::hours(2);
  Duration resolve_after = std::chrono::hours(1);
  Duration end_after = std::chrono::hours(48);
  Duration contradict_after = std::chrono::hours(24);
  Duration negative_cache_for = std::chrono::seconds(30);
  Duration observed_false_after = std::chrono::minutes(15);
  Duration acceptance_expiring_before = std::chrono::hours(72);

  friend bool operator==(const Durations&, const Durations&) = default;
};

// Fixed by the contract, not configurable.
struct FixedDurations {
  static constexpr Duration kKeepEnded = std::chrono::hours(30 * 24);
  static constexpr Duration kGrandfatheredIdle = std::chrono::hours(30 * 24);
  static constexpr Duration kAcceptanceMax = std::chrono::hours(90 * 24);
  static constexpr Duration kPruneUnsigned = std::chrono::hours(30 * 24);
  static constexpr Duration kPruneLearning = std::chrono::hours(90 * 24);
  static constexpr Duration kPruneEstablished = std::chrono::hours(400 * 24);
  // Times that nothing depends on are refreshed at most this often.
  static constexpr Duration kRefresh = std::chrono::hours(6);
  static constexpr Duration kSpikeWindow = std::chrono::hours(1);
  static constexpr Duration kLimitWindow = std::chrono::hours(24);
};

// What one status may hold.
struct RecordLimits {
  static constexpr std::size_t kSigners = 32;
  static constexpr std::size_t kImages = 64;
  static constexpr std::size_t kRemembered = 256;
  static constexpr std::size_t kGrandfathered = 256;
  static constexpr std::size_t kTags = 32;
  static constexpr std::size_t kDrifts = 16;
  static constexpr std::size_t kDriftDigests = 8;
  static constexpr std::size_t kAccepted = 16;
  static constexpr std::size_t kHistory = 16;
  static constexpr std::size_t kProvenance = 4;
  static constexpr std::size_t kDockerReferences = 8;
  static constexpr std::size_t kImageSigners = 8;
  static constexpr std::size_t kRememberedSigners = 2;
  static constexpr std::size_t kNotes = 8;
  static constexpr std::size_t kProven = 4;
  static constexpr std::size_t kBytes = 128u << 10;
  // The tuples of trusted signers never take more than this of kBytes.
  static constexpr std::size_t kTrustedSignerBytes = 48u << 10;
  static constexpr int kPodEvents = 20;
};

// What is configured for one repository, next to the durations.
struct Settings {
  Durations durations;
  // Normalised repository keys that a signature may name instead of this one: configured aliases, and the
  // upstream of a configured mirror.
  std::vector<std::string> aliases;
};

}  // namespace plimsoll::baseline
