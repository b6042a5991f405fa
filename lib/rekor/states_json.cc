#include <algorithm>

#include "base/printable.h"
#include "json/json.h"
#include "json/writer.h"
#include "rekor/log_state.h"

namespace plimsoll::rekor {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kMaxNote = 64u << 10;
constexpr std::size_t kMaxOrigin = 256;

Result<std::string> ReadText(const json::Value& value, std::size_t most) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.StringOr(""));
  if (text.size() > most) {
    return Fail(kLimitExceeded, value.Path() + ": more than " + std::to_string(most) + " bytes");
  }
  return std::string(text);
}

Result<std::optional<Time>> ReadTime(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.StringOr(""));
  if (text.empty()) return std::optional<Time>();
  PLIMSOLL_ASSIGN(const Time time, ParseTime(text));
  return std::optional<Time>(time);
}

Result<LogState> ReadState(const json::Value& value) {
  PLIMSOLL_TRY(value.Object());
  LogState state;
  PLIMSOLL_ASSIGN(state.origin, ReadText(value["origin"], kMaxOrigin));
  if (state.origin.empty())
    return Fail(kMalformed, value.Path() + ".origin: expected a log's origin");
  PLIMSOLL_ASSIGN(state.checkpoint, ReadText(value["checkpoint"], kMaxNote));
  const json::Value disagreeing = value["disagreeing"];
  for (json::Value note = disagreeing.first(); !note.missing(); note = note.next()) {
    if (state.disagreeing.size() == 2)
      return Fail(kLimitExceeded, disagreeing.Path() + ": more than two");
    PLIMSOLL_ASSIGN(state.disagreeing.emplace_back(), ReadText(note, kMaxNote));
  }
  PLIMSOLL_ASSIGN(state.disagreed_time, ReadTime(value["disagreedTime"]));
  PLIMSOLL_ASSIGN(state.trusted_time, ReadTime(value["trustedTime"]));
  PLIMSOLL_ASSIGN(state.trusted_reason, ReadText(value["trustedReason"], kMaxTrustReason));
  return state;
}

}  // namespace

Result<LogStates> ReadLogStates(std::string_view json) {
  LogStates states;
  if (json.empty()) return states;
  json::Limits limits;
  limits.max_bytes = kMaxBytes;
  limits.max_depth = 8;
  limits.max_values = 4'096;
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(json, limits));
  const json::Value logs = document.root()["logs"];
  PLIMSOLL_TRY(logs.Array());
  if (logs.size() > kMaxLogs) {
    return Fail(kLimitExceeded, "logs.json: more than " + std::to_string(kMaxLogs) + " logs");
  }
  for (json::Value value = logs.first(); !value.missing(); value = value.next()) {
    PLIMSOLL_ASSIGN(LogState state, ReadState(value));
    states.push_back(std::move(state));
  }
  std::sort(states.begin(), states.end(),
            [](const LogState& a, const LogState& b) { return a.origin < b.origin; });
  const auto twice =
      std::adjacent_find(states.begin(), states.end(),
                         [](const LogState& a, const LogState& b) { return a.origin == b.origin; });
  if (twice != states.end())
    return Fail(kMalformed, "logs.json: \"" + Printable(twice->origin) + "\" stands there twice");
  return states;
}

std::string WriteLogStates(const LogStates& states) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("logs");
  writer.BeginArray();
  for (const LogState& state : states) {
    writer.BeginObject();
    writer.Member("origin", state.origin);
    writer.MemberIfSet("checkpoint", state.checkpoint);
    if (!state.disagreeing.empty()) {
      writer.Key("disagreeing");
      writer.BeginArray();
      for (const std::string& note : state.disagreeing) writer.String(note);
      writer.EndArray();
    }
    if (state.disagreed_time) writer.Member("disagreedTime", FormatTime(*state.disagreed_time));
    if (state.trusted_time) writer.Member("trustedTime", FormatTime(*state.trusted_time));
    writer.MemberIfSet("trustedReason", state.trusted_reason);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return std::move(writer).Take();
}

std::string StatesPatch(std::string_view resource_version, const LogStates& states) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("metadata");
  writer.BeginObject();
  writer.Member("resourceVersion", resource_version);
  writer.EndObject();
  writer.Key("data");
  writer.BeginObject();
  writer.Member(kLogStatesKey, WriteLogStates(states));
  writer.EndObject();
  writer.EndObject();
  return std::move(writer).Take();
}

Status TrustAgain(LogStates& states, std::string_view origin, std::string_view reason, Time now) {
  if (reason.empty() || reason.size() > kMaxTrustReason) {
    return Fail(kInvalidArgument,
                "expected a reason of 1 to " + std::to_string(kMaxTrustReason) + " bytes");
  }
  const auto found = std::find_if(states.begin(), states.end(),
                                  [&](const LogState& s) { return s.origin == origin; });
  if (found == states.end() || found->disagreeing.empty()) {
    std::string known;
    for (const LogState& state : states) {
      if (state.disagreeing.empty()) continue;
      known += (known.empty() ? "" : ", ") + ("\"" + Printable(state.origin) + "\"");
    }
    return Fail(kNotFound, "no inconsistent log is called \"" + Printable(origin) + "\"; " +
                               (known.empty() ? "none is inconsistent" : "inconsistent: " + known));
  }
  *found = LogState{found->origin, "", {}, std::nullopt, WholeSeconds(now), std::string(reason)};
  return {};
}

}  // namespace plimsoll::rekor
