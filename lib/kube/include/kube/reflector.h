// The list-watch algorithm as a state machine without I/O: what to ask next, what each answer means.
//
// Follows client-go's reflector (tools/cache/reflector.go), with two differences on purpose: the first list is a
// WatchList or a paged LIST without a resource version, never "0" (with "0" the API server ignores the limit),
// and a LIST again at a known version keeps its pages (resourceVersionMatch=NotOlderThan), because a whole
// cluster's Pods in one answer do not fit our memory.
//
// Contract:
//  1. Next() says what to do now: wait, ask a page, or open a watch. Exactly one of the answer functions follows
//     each kList and kWatch (OnEvent any number of times before the end of a watch).
//  2. A step with `begins_snapshot` begins a whole picture; OnPage that answers true, or a kSynced, ends it. What was
//     not seen in between is gone: whoever keeps the store removes it then, and only then.
//  3. Nothing is ever skipped silently: an event that cannot be read is Malformed(), which lists again.
//
// Jitter comes from `seed`; time is the monotonic clock, as an argument. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/time.h"
#include "kube/api_error.h"
#include "kube/object.h"

namespace plimsoll::kube {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ReflectorOptions {
  bool watch_list = true;  // start by WatchList; false: always LIST
  int page_size = 500;
  Duration backoff_first = std::chrono::milliseconds(800);
  Duration backoff_most = std::chrono::seconds(30);
  Duration backoff_reset = std::chrono::minutes(2);  // quiet time after which back-off starts anew
  Duration watch_least =
      std::chrono::seconds(300);  // timeoutSeconds is random in [least, 2 x least]
  Duration watch_grace = std::chrono::seconds(30);  // and we end the stream this much later
  Duration short_watch = std::chrono::seconds(1);   // shorter and without an event: suspicious
  Duration internal_error_retry = std::chrono::minutes(1);  // 500 in a stream: watch again, so long
  std::uint64_t seed = 1;
};

enum class EventType { kAdded, kModified, kDeleted, kBookmark };

class Reflector {
 public:
  explicit Reflector(const ReflectorOptions& options);

  struct Step {
    enum class Kind { kWait, kList, kWatch };
    Kind kind = Kind::kWait;
    Duration wait{};               // kWait: this long, then Next again
    std::string query;             // kList, kWatch: "limit=500&..."
    bool begins_snapshot = false;  // the answers from here on are a new, whole picture
    bool whole_list = false;       // kList without a limit: the answer may be large
    Duration timeout{};            // kWatch: end the stream at the latest after this
  };
  Step Next(SteadyTime now);

  // A page has been read and its items were given to the store. True: it was the last one, the picture is whole.
  bool OnPage(SteadyTime now, std::string_view resource_version, std::string_view continue_token);
  void OnListFailed(SteadyTime now, const ApiFailure& failure);

  enum class Verdict {
    kApply,   // give the object to the store
    kIgnore,  // a bookmark, or an event that we have seen
    kSynced,  // the bookmark that ends the initial events: the picture is whole
  };
  Verdict OnEvent(SteadyTime now, EventType type, std::string_view resource_version,
                  bool initial_events_end);
  // The server ended the stream, as it does every few minutes.
  void OnWatchClosed(SteadyTime now);
  // The stream could not be opened, or broke off (in_stream), or carried an ERROR event (in_stream).
  void OnWatchFailed(SteadyTime now, const ApiFailure& failure, bool in_stream);
  // An answer or event that cannot be read, or that the store refused.
  void OnMalformed(SteadyTime now);

  bool synced() const { return synced_; }  // at least one whole picture was taken
  const std::string& resource_version() const { return resource_version_; }
  // For metrics and messages.
  std::uint64_t lists() const { return lists_; }
  std::uint64_t watches() const { return watches_; }

 private:
  enum class State { kStart, kListing, kWatchListing, kWatching };
  Step ListStep();
  Step WatchStep(SteadyTime now, bool initial_events);
  void BackOff(SteadyTime now, std::optional<Duration> retry_after);
  void Relist(State state);
  Duration Jitter(Duration base);

  const ReflectorOptions options_;
  std::mt19937_64 random_;
  State state_ = State::kStart;
  bool fall_back_ = false;            // this round lists, because the WatchList failed
  bool version_unavailable_ = false;  // the server refused our version: ask for the newest
  bool whole_list_ = false;           // a page expired: one list without a limit
  bool first_page_ = true;
  bool synced_ = false;
  std::string resource_version_;  // of the last whole picture or event
  std::string continue_token_;
  std::optional<SteadyTime> wait_until_;
  Duration backoff_{};
  std::optional<SteadyTime> last_backoff_;
  SteadyTime watch_started_{};
  std::uint64_t watch_events_ = 0;
  std::optional<SteadyTime> internal_errors_since_;
  std::uint64_t lists_ = 0;
  std::uint64_t watches_ = 0;
};

}  // namespace plimsoll::kube
