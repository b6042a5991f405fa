// What both resources share: the metadata that we use, and conditions.
//
// Reading tolerates: a member of an unexpected type, or beyond its bound, counts as absent; unknown members
// are ignored. Only an object without a name is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/record.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::api {

struct ObjectMeta {
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  Time created{};
  bool deleting = false;      // deletionTimestamp is set
  std::string discard_trust;  // the annotation plimsoll.dev/discard-trust
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

// kMalformed when there is no name.
Result<ObjectMeta> ReadMeta(const json::Value& metadata);

inline constexpr std::size_t kMaxConditions = 8;
inline constexpr std::size_t kMaxConditionMessage = 1'024;  // characters; we write no more bytes

using baseline::Condition;
using baseline::ConditionStatus;

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);

// Puts `next` in the place of the condition of its type, or appends it. last_transition_time is taken over from
// the old one while the status is the same, else it is `now` in whole seconds. A message beyond the bound is cut.
void SetCondition(std::vector<Condition>& conditions, Condition next, Time now);

// At most kMaxConditions; one without type, status or reason is left out; of two of one type the first counts.
std::vector<Condition> ReadConditions(const json::Value& list);
void WriteConditions(json::Writer& writer, const std::vector<Condition>& conditions);

// Readers for hand-edited objects: an absent, wrong or too long value is empty.
std::string TextOr(const json::Value& value, std::size_t max_bytes);
std::optional<Time> TimeOr(const json::Value& value);
// Outside [least, most] or not an integer: `fallback`.
std::int64_t IntOr(const json::Value& value, std::int64_t fallback, std::int64_t least,
                   std::int64_t most);
bool FlagOr(const json::Value& value, bool fallback);

void TimeMember(json::Writer& writer, std::string_view name, const std::optional<Time>& time);

}  // namespace plimsoll::api
