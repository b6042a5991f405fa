// A work queue with client-go's semantics (util/workqueue): a key that is added twice before it is taken is
// processed once; a key that is added while it is processed is processed again after Done; no key is ever with
// two workers. Retries wait 5 ms x 2^n (at most 1000 s), and all retries together 10 a second (burst 100).
//
// `WorkQueueCore` is the pure part, time is an argument; `WorkQueue` adds a mutex, waiting workers and the metrics
// of the ecosystem (workqueue_depth, workqueue_adds_total, workqueue_queue_duration_seconds,
// workqueue_work_duration_seconds, workqueue_retries_total, workqueue_unfinished_work_seconds,
// workqueue_longest_running_processor_seconds {name}).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/metric.h"
#include "base/time.h"
#include "kube/reflector.h"

namespace plimsoll::kube {

class WorkQueueCore {
 public:
  struct Options {
    Duration retry_first = std::chrono::milliseconds(5);
    Duration retry_most = std::chrono::seconds(1000);
    double retries_per_second = 10;
    double retry_burst = 100;
  };
  WorkQueueCore() : WorkQueueCore(Options{}) {}
  explicit WorkQueueCore(const Options& options);

  // True when the key now waits in the queue because of this call.
  bool Add(SteadyTime now, const std::string& key);
  // Not before `after` has passed. Of two delays the earlier counts.
  void AddAfter(SteadyTime now, const std::string& key, Duration after);
  // After a failure: with the key's own back-off. Returns the delay.
  Duration AddRateLimited(SteadyTime now, const std::string& key);
  // The key succeeded: its back-off starts anew.
  void Forget(const std::string& key);
  int Retries(const std::string& key) const;

  // Moves what is due from the delayed keys to the queue. Next due time, if any is left.
  std::optional<SteadyTime> Advance(SteadyTime now);
  // The next key, which the caller must give to Done. None when nothing waits.
  std::optional<std::string> Take(SteadyTime now);
  void Done(SteadyTime now, const std::string& key);

  // No key is taken in any more; what is queued, and what became dirty while it was processed, is still handed out.
  void ShutDown();
  bool shutting_down() const { return shutting_down_; }
  // Nothing will ever be handed out again.
  bool finished() const;
  // And nothing is being processed.
  bool drained() const { return finished() && processing_.empty(); }

  std::size_t depth() const { return queue_.size(); }
  // How long the key waited (at Take) and was worked on (at Done).
  Duration last_wait() const { return last_wait_; }
  Duration last_work() const { return last_work_; }
  Duration unfinished(SteadyTime now) const;  // sum over what is processed
  Duration longest_running(SteadyTime now) const;

 private:
  Options options_;
  std::deque<std::string> queue_;
  std::unordered_map<std::string, SteadyTime> dirty_;       // waits, or waits for Done; since when
  std::unordered_map<std::string, SteadyTime> processing_;  // since when
  std::unordered_map<std::string, SteadyTime> delayed_;
  std::set<std::pair<SteadyTime, std::string>> due_;
  std::unordered_map<std::string, int> failures_;
  SteadyTime next_retry_{};  // when the tokens of all retries so far have been earned
  bool shutting_down_ = false;
  Duration last_wait_{};
  Duration last_work_{};
};

class WorkQueue {
 public:
  WorkQueue(const std::string& name, const Clock& clock, Metrics& metrics,
            const WorkQueueCore::Options& options = {});

  void Add(const std::string& key);
  void AddAfter(const std::string& key, Duration after);
  void AddRateLimited(const std::string& key);
  void Forget(const std::string& key);
  int Retries(const std::string& key) const;

  // Waits for a key. None: the queue was shut down, or `stop` was requested.
  std::optional<std::string> Take(std::stop_token stop = {});
  void Done(const std::string& key);

  // Returns at once; workers get what is queued, and then nothing.
  void ShutDown();
  // Returns when what was queued has been handed out and every worker has given back its key.
  void ShutDownWithDrain();
  std::size_t depth() const;

 private:
  void ChangedLocked(SteadyTime now);

  const Clock& clock_;
  Gauge& depth_;
  Counter& adds_;
  Counter& retries_;
  Histogram& queue_duration_;
  Histogram& work_duration_;
  Gauge& unfinished_;
  Gauge& longest_running_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any idle_;
  WorkQueueCore core_;         // guarded by mutex_
  std::uint64_t changes_ = 0;  // guarded by mutex_; what waiting workers look at
};

}  // namespace plimsoll::kube
