// A baseline in words, and its past as a table: what `explain` and `history` print. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/record.h"
#include "cli/output.h"
#include "json/writer.h"

namespace plimsoll::cli {

using Paint = std::function<std::string(const std::string&, Colour)>;

// Who, since when, on what evidence, what is open and what to do about it. `wide` shows every signer that was ever
// met, and every image.
std::string ExplainText(const baseline::Record& record, bool wide, const Paint& paint);
void ExplainJson(json::Writer& writer, const baseline::Record& record);

struct PastEvent {
  Time time{};
  std::string event;  // "DriftAccepted"
  std::string detail;
  std::string severity;
  std::string by;
  std::string reason;
  std::string fingerprint;
};
// In order of time.
std::vector<PastEvent> PastOf(const baseline::Record& record);

}  // namespace plimsoll::cli
