#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/printable.h"
#include "json/writer.h"
#include "kube/events.h"

namespace plimsoll::kube {
namespace {

constexpr std::size_t kMaxNamePrefix = 253 - 17;  // "." and 16 hex digits follow

std::string KeyOf(const ObjectReference& object) {
  return object.api_version + "\n" + object.kind + "\n" + object.namespace_name + "\n" +
         object.name + "\n" + object.uid + "\n" + object.field_path;
}

std::string KeyOf(const Event& event) {
  return std::string(event.kind == EventKind::kWarning ? "W" : "N") + "\n" + event.reason + "\n" +
         event.action + "\n" + event.note + "\n" + KeyOf(event.regarding) + "\n" +
         (event.related ? KeyOf(*event.related) : std::string());
}

Time AsTime(SteadyTime at) {
  return Time(std::chrono::duration_cast<Duration>(at.time_since_epoch()));
}

void WriteReference(json::Writer& out, std::string_view name, const ObjectReference& object) {
  out.Key(name);
  out.BeginObject();
  out.MemberIfSet("apiVersion", object.api_version);
  out.MemberIfSet("kind", object.kind);
  out.MemberIfSet("namespace", object.namespace_name);
  out.MemberIfSet("name", object.name);
  out.MemberIfSet("uid", object.uid);
  out.MemberIfSet("fieldPath", object.field_path);
  out.EndObject();
}

void WriteSeries(json::Writer& out, std::int64_t count, Time last) {
  out.Key("series");
  out.BeginObject();
  out.Member("count", count);
  out.Member("lastObservedTime", FormatMicroTime(last));
  out.EndObject();
}

// At most `most` bytes, whole characters, "..." at the end of what was cut.
std::string Cut(std::string text, std::size_t most) {
  constexpr std::string_view kMark = "...";
  if (text.size() <= most) return text;
  std::size_t end = most - kMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text += kMark;
}

}  // namespace

EventCorrelator::EventCorrelator(std::string controller, std::string instance,
                                 const EventLimits& limits)
    : controller_(std::move(controller)), instance_(std::move(instance)), limits_(limits) {}

std::string EventCorrelator::Name(const ObjectReference& object, Time wall) {
  // Two events of one microsecond still need two names; the wall clock may also step back.
  auto nanoseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(wall.time_since_epoch()).count());
  if (nanoseconds <= last_name_) nanoseconds = last_name_ + 1;
  last_name_ = nanoseconds;
  std::array<char, 24> hex{};
  std::snprintf(hex.data(), hex.size(), ".%llx", static_cast<unsigned long long>(nanoseconds));
  return object.name.substr(0, kMaxNamePrefix) + hex.data();
}

std::string EventCorrelator::Body(const Series& series) const {
  json::Writer out;
  out.BeginObject();
  out.Member("apiVersion", "events.k8s.io/v1");
  out.Member("kind", "Event");
  out.Key("metadata");
  out.BeginObject();
  out.Member("name", series.name);
  out.Member("namespace", series.namespace_name);
  out.EndObject();
  out.Member("type", series.event.kind == EventKind::kWarning ? "Warning" : "Normal");
  out.Member("reason", series.event.reason);
  out.Member("action", series.event.action);
  out.Member("note", series.event.note);
  out.Member("eventTime", FormatMicroTime(series.first));
  out.Member("reportingController", controller_);
  out.Member("reportingInstance", instance_);
  WriteReference(out, "regarding", series.event.regarding);
  if (series.event.related) WriteReference(out, "related", *series.event.related);
  if (series.count > 1) WriteSeries(out, series.count, series.last);
  out.EndObject();
  return std::move(out).Take();
}

EventWrite EventCorrelator::Refresh(SteadyTime now, Series& series) const {
  series.sent = now;
  series.sent_count = series.count;
  json::Writer patch;
  patch.BeginObject();
  WriteSeries(patch, series.count, series.last);
  patch.EndObject();
  return {EventWrite::Kind::kPatchSeries, series.namespace_name, series.name,
          std::move(patch).Take(), Body(series)};
}

bool EventCorrelator::TakeToken(SteadyTime now, const ObjectReference& object) {
  const std::string key = KeyOf(object);
  const auto found = bucket_of_.find(key);
  if (found != bucket_of_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
  } else {
    const double rate = 1.0 / std::chrono::duration<double>(limits_.refill).count();
    buckets_.push_front(Bucket{key, TokenBucket(rate, limits_.burst)});
    bucket_of_[key] = buckets_.begin();
    if (buckets_.size() > limits_.objects) {
      bucket_of_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
  }
  if (buckets_.front().tokens.TryTake(AsTime(now))) return true;
  ++dropped_;
  return false;
}

std::optional<EventWrite> EventCorrelator::Add(SteadyTime now, Time wall, const Event& given) {
  Event event = given;
  event.note = Cut(std::move(event.note), limits_.note_bytes);
  event.reason = Cut(std::move(event.reason), 128);
  event.action = Cut(std::move(event.action), 128);
  const std::string key = KeyOf(event);
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && now - found->second->seen < limits_.series_end) {
    series_.splice(series_.begin(), series_, found->second);
    Series& series = series_.front();
    ++series.count;
    series.last = wall;
    series.seen = now;
    // The second makes it a series; the others are told when it is refreshed or ends.
    if (series.count > 2 || !TakeToken(now, event.regarding)) return std::nullopt;
    return Refresh(now, series);
  }
  if (!TakeToken(now, event.regarding)) return std::nullopt;
  if (found != by_key_.end()) Erase(found->second);
  Series series;
  series.key = key;
  series.name = Name(event.regarding, wall);
  series.namespace_name =
      event.regarding.namespace_name.empty() ? "default" : event.regarding.namespace_name;
  series.event = std::move(event);
  series.first = wall;
  series.last = wall;
  series.seen = now;
  series.sent = now;
  series_.push_front(std::move(series));
  by_key_[key] = series_.begin();
  if (series_.size() > limits_.objects) Erase(std::prev(series_.end()));
  return EventWrite{EventWrite::Kind::kCreate,
                    series_.front().namespace_name,
                    series_.front().name,
                    Body(series_.front()),
                    {}};
}

std::vector<EventWrite> EventCorrelator::Advance(SteadyTime now, Time) {
  std::vector<EventWrite> writes;
  for (auto at = series_.begin(); at != series_.end();) {
    const auto current = at++;
    const bool ended = now - current->seen >= limits_.series_end;
    const bool due = now - current->sent >= limits_.series_refresh;
    if ((ended || due) && current->count > current->sent_count)
      writes.push_back(Refresh(now, *current));
    if (ended) Erase(current);
  }
  return writes;
}

void EventCorrelator::Erase(std::list<Series>::iterator series) {
  by_key_.erase(series->key);
  series_.erase(series);
}

}  // namespace plimsoll::kube
