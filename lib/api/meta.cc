#include "api/meta.h"

#include <algorithm>

#include "api/names.h"
#include "base/printable.h"

namespace plimsoll::api {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxReason = 128;

}  // namespace

std::string TextOr(const json::Value& value, std::size_t max_bytes) {
  const std::string_view text = value.StringOrEmpty();
  return text.size() > max_bytes ? std::string() : std::string(text);
}

std::optional<Time> TimeOr(const json::Value& value) {
  const std::string_view text = value.StringOrEmpty();
  if (text.empty()) return std::nullopt;
  const Result<Time> time = ParseTime(text);
  if (!time) return std::nullopt;
  return *time;
}

std::int64_t IntOr(const json::Value& value, std::int64_t fallback, std::int64_t least,
                   std::int64_t most) {
  if (value.missing()) return fallback;
  const Result<std::int64_t> number = value.Int64();
  return number && *number >= least && *number <= most ? *number : fallback;
}

bool FlagOr(const json::Value& value, bool fallback) {
  return value.missing() ? fallback : value.Bool().value_or(fallback);
}

void TimeMember(json::Writer& writer, std::string_view name, const std::optional<Time>& time) {
  if (time) writer.Member(name, FormatTime(*time));
}

Result<ObjectMeta> ReadMeta(const json::Value& metadata) {
  ObjectMeta meta;
  meta.name = TextOr(metadata["name"], kMaxName);
  if (meta.name.empty())
    return Fail(kMalformed, "expected an object with metadata.name, found none");
  meta.uid = TextOr(metadata["uid"], kMaxName);
  meta.resource_version = TextOr(metadata["resourceVersion"], kMaxName);
  meta.generation = IntOr(metadata["generation"], 0, 0, INT64_MAX);
  meta.created = TimeOr(metadata["creationTimestamp"]).value_or(Time{});
  meta.deleting = metadata["deletionTimestamp"].present();
  meta.discard_trust = Printable(metadata["annotations"][kDiscardTrustAnnotation].StringOrEmpty());
  return meta;
}

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

void SetCondition(std::vector<Condition>& conditions, Condition next, Time now) {
  if (next.message.size() > kMaxConditionMessage) {
    next.message = Printable(next.message, kMaxConditionMessage);
  }
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& c) { return c.type == next.type; });
  next.last_transition_time = found != conditions.end() && found->status == next.status
                                  ? found->last_transition_time
                                  : std::optional<Time>(WholeSeconds(now));
  if (found != conditions.end()) {
    *found = std::move(next);
  } else {
    conditions.push_back(std::move(next));
  }
}

std::vector<Condition> ReadConditions(const json::Value& list) {
  std::vector<Condition> out;
  if (!list.IsArray()) return out;
  for (json::Value item = list.first(); !item.missing() && out.size() < kMaxConditions;
       item = item.next()) {
    Condition condition;
    condition.type = TextOr(item["type"], 316);
    condition.reason = TextOr(item["reason"], kMaxReason);
    const auto status = baseline::FromText<ConditionStatus>(item["status"].StringOrEmpty());
    if (condition.type.empty() || condition.reason.empty() || !status) continue;
    if (FindCondition(out, condition.type) != nullptr) continue;
    condition.status = *status;
    condition.message = TextOr(item["message"], 4 * kMaxConditionMessage);
    condition.observed_generation = IntOr(item["observedGeneration"], 0, 0, INT64_MAX);
    condition.last_transition_time = TimeOr(item["lastTransitionTime"]);
    out.push_back(std::move(condition));
  }
  return out;
}

void WriteConditions(json::Writer& writer, const std::vector<Condition>& conditions) {
  writer.Key("conditions");
  writer.BeginArray();
  for (const Condition& condition : conditions) {
    writer.BeginObject();
    writer.Member("type", condition.type);
    writer.Member("status", baseline::ToText(condition.status));
    writer.Member("observedGeneration", condition.observed_generation);
    writer.Member("lastTransitionTime",
                  FormatTime(condition.last_transition_time.value_or(Time{})));
    writer.Member("reason", condition.reason);
    writer.Member("message", condition.message);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace plimsoll::api
