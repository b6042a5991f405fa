// What is known of a transparency log from earlier looks: the last checkpoint that was verified and agreed with
// those before it, and, where the log showed two that do not agree, both. Values; kept in a ConfigMap, so that a
// restart or another leader goes on from there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::rekor {

struct LogState {
  std::string origin;                    // as the checkpoint names it
  std::string checkpoint;                // signed note; empty: none
  std::vector<std::string> disagreeing;  // two signed notes; empty: none disagree
  std::optional<Time> disagreed_time;
  std::optional<Time> trusted_time;  // a person believed it again
  std::string trusted_reason;

  friend bool operator==(const LogState&, const LogState&) = default;
};
using LogStates = std::vector<LogState>;  // sorted by origin; at most kMaxLogs

inline constexpr std::size_t kMaxLogs = 64;
inline constexpr std::size_t kMaxTrustReason = 512;

// The ConfigMap's key, and its JSON text. Errors: kMalformed, kLimitExceeded. An empty text is no state.
inline constexpr std::string_view kLogStatesKey = "logs.json";
Result<LogStates> ReadLogStates(std::string_view json);
std::string WriteLogStates(const LogStates& states);

// A merge patch of that ConfigMap, which holds only while it has this version.
std::string StatesPatch(std::string_view resource_version, const LogStates& states);

// Believes the log again: forgets the two checkpoints and the last one, so that the next look begins anew.
// kNotFound: no log of that origin is inconsistent; kInvalidArgument: no reason, or a too long one.
Status TrustAgain(LogStates& states, std::string_view origin, std::string_view reason, Time now);

}  // namespace plimsoll::rekor
