// Events of events.k8s.io/v1 (library kube_write): what happened, for people who run `kubectl describe`.
//
// `Record` never blocks and never fails: an event that finds the queue (1,000) full, or its object's bucket empty
// (25 at once, then one in 5 minutes), is dropped and counted. An Event is never the only place of a truth.
//
// The same event (type, reason, action, note, regarding, related) again within 6 minutes becomes a `series` of the
// first one. client-go leaves the note out of that comparison; here it names the fingerprint of a drift, and
// another fingerprint is another event.
//
// `EventCorrelator` is the pure part; `EventRecorder` has a thread that writes, with up to 12 tries about 10 s
// apart when the server does not answer; what the server refuses (4xx) is dropped.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "base/token_bucket.h"
#include "kube/object.h"
#include "kube/object_writer.h"
#include "kube/reflector.h"
#include "kube/waiter.h"

namespace plimsoll::kube {

enum class EventKind { kNormal, kWarning };

struct Event {
  EventKind kind = EventKind::kNormal;
  std::string reason;  // CamelCase, at most 128 bytes
  std::string action = "Observe";
  std::string note;  // at most 1,024 bytes: longer is cut on a character boundary, marked by "..."
  ObjectReference regarding;  // with its uid, or `kubectl describe` does not find the event
  std::optional<ObjectReference> related;
};

struct EventLimits {
  std::size_t queue = 1'000;
  std::size_t note_bytes = 1'024;
  std::size_t objects = 4'096;  // buckets and series kept, least recently used dropped
  double burst = 25;
  Duration refill = std::chrono::seconds(300);  // of one token
  Duration series_refresh = std::chrono::minutes(30);
  Duration series_end = std::chrono::minutes(6);
  int tries = 12;
  Duration try_again = std::chrono::seconds(10);  // +- 25 %
};

// What to send for one event.
struct EventWrite {
  enum class Kind { kCreate, kPatchSeries };
  Kind kind = Kind::kCreate;
  std::string namespace_name;  // `default` for objects without one
  std::string name;            // "<object>.<unix nanoseconds, hex>"
  std::string body;            // the Event, or the merge patch of its series
  std::string create_body;     // of a kPatchSeries: to create anew when the first one is gone
};

class EventCorrelator {
 public:
  EventCorrelator(std::string controller, std::string instance, const EventLimits& limits = {});

  // None: nothing to send (a repeat that only counts, or the object's bucket is empty: see `dropped`).
  std::optional<EventWrite> Add(SteadyTime now, Time wall, const Event& event);
  // Series that are due for a refresh, or that have ended. Call now and then.
  std::vector<EventWrite> Advance(SteadyTime now, Time wall);
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Series {
    std::string key;
    std::string name;
    std::string namespace_name;
    Event event;
    Time first{};
    Time last{};
    SteadyTime seen{};
    SteadyTime sent{};
    std::int64_t count = 1;
    std::int64_t sent_count = 1;
  };
  struct Bucket {
    std::string key;
    TokenBucket tokens;
  };
  std::string Name(const ObjectReference& object, Time wall);
  bool TakeToken(SteadyTime now, const ObjectReference& object);
  void Erase(std::list<Series>::iterator series);
  std::string Body(const Series& series) const;
  EventWrite Refresh(SteadyTime now, Series& series) const;

  const std::string controller_;
  const std::string instance_;
  const EventLimits limits_;
  std::list<Series> series_;  // most recently used first
  std::unordered_map<std::string, std::list<Series>::iterator> by_key_;
  std::list<Bucket> buckets_;
  std::unordered_map<std::string, std::list<Bucket>::iterator> bucket_of_;
  std::uint64_t last_name_ = 0;
  std::uint64_t dropped_ = 0;
};

class EventRecorder {
 public:
  struct Options {
    std::string controller;  // "plimsoll.dev/controller"
    std::string instance;    // the Pod's name
    EventLimits limits;
  };
  // Arguments outlive the recorder. `metrics` gets plimsoll_events_total{result=written|dropped|refused}.
  EventRecorder(const Options& options, ObjectWriter& writer, const Clock& clock, Waiter& waiter,
                Metrics& metrics, Logger& logger);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void Start();
  // Writes what is queued for at most `grace`, then ends the thread.
  void Stop(Duration grace = std::chrono::seconds(2));

  // Never blocks. Thread-safe.
  void Record(Event event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::kube
