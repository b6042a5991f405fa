// Points in time and durations, RFC 3339 text, and the clock that programs hand to the pure rooms.
//
// Time is an argument: no pure room reads a clock. `Time` is UTC with microseconds (what Lease and
// Event carry); resources show whole seconds. Years 1970 to 9999.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

// "2026-11-21T18:17:51Z": whole seconds, rounded down.
std::string FormatTime(Time time);
// "2026-11-21T18:17:51.204113Z": Kubernetes' MicroTime.
std::string FormatMicroTime(Time time);
// RFC 3339 with Z or a numeric offset, fraction of any length (cut to microseconds). kMalformed
// otherwise.
Result<Time> ParseTime(std::string_view text);
// Whole seconds since 1970, rounded down.
std::int64_t UnixSeconds(Time time);
Time FromUnixSeconds(std::int64_t seconds);
// The same moment without its fraction of a second.
Time WholeSeconds(Time time);

// Go's and Kubernetes' notation, "6h", "1h30m", "500ms", "90s"; units h m s ms us. kMalformed for
// anything else, also for a negative or an empty one.
Result<Duration> ParseDuration(std::string_view text);
// "6h", "1h30m", "90s" -> "1m30s", "0s".
std::string FormatDuration(Duration duration);

// Where time comes from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;                                      // wall clock, may jump
  virtual std::chrono::steady_clock::time_point Steady() const = 0;  // never jumps; for deadlines
};

class SystemClock final : public Clock {
 public:
  Time Now() const override;
  std::chrono::steady_clock::time_point Steady() const override;
};

}  // namespace plimsoll
