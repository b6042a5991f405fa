#include "kube/work_queue.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::kube {
namespace {

Duration Between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<Duration>(to - from);
}
double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

const std::vector<double> kBuckets{1e-3, 1e-2, 0.1, 1, 10, 60, 600};

}  // namespace

WorkQueueCore::WorkQueueCore(const Options& options) : options_(options) {}

bool WorkQueueCore::Add(SteadyTime now, const std::string& key) {
  if (shutting_down_) return false;
  if (!dirty_.try_emplace(key, now).second) return false;
  if (processing_.contains(key)) return false;
  queue_.push_back(key);
  return true;
}

void WorkQueueCore::AddAfter(SteadyTime now, const std::string& key, Duration after) {
  if (shutting_down_) return;
  if (after <= Duration{}) {
    Add(now, key);
    return;
  }
  const SteadyTime due = now + after;
  const auto found = delayed_.find(key);
  if (found != delayed_.end()) {
    if (found->second <= due) return;
    due_.erase({found->second, key});
  }
  delayed_[key] = due;
  due_.insert({due, key});
}

Duration WorkQueueCore::AddRateLimited(SteadyTime now, const std::string& key) {
  const int failures = failures_[key]++;
  Duration wait = options_.retry_most;
  // 2^40 times the first delay is beyond every limit, and before that nothing overflows.
  if (failures < 40) {
    const double raw = std::ldexp(static_cast<double>(options_.retry_first.count()), failures);
    wait = std::min(wait, Duration(static_cast<std::int64_t>(
                              std::min(raw, static_cast<double>(options_.retry_most.count())))));
  }
  // All retries share a bucket; who finds it empty waits in line for its token.
  const auto interval = std::chrono::duration_cast<SteadyTime::duration>(
      std::chrono::duration<double>(1.0 / options_.retries_per_second));
  const auto burst = std::chrono::duration_cast<SteadyTime::duration>(
      std::chrono::duration<double>((options_.retry_burst - 1.0) / options_.retries_per_second));
  next_retry_ = std::max(next_retry_, now);
  if (next_retry_ - burst > now) wait = std::max(wait, Between(now, next_retry_ - burst));
  next_retry_ += interval;
  AddAfter(now, key, wait);
  return wait;
}

void WorkQueueCore::Forget(const std::string& key) { failures_.erase(key); }

int WorkQueueCore::Retries(const std::string& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

std::optional<SteadyTime> WorkQueueCore::Advance(SteadyTime now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::string key = due_.begin()->second;
    due_.erase(due_.begin());
    delayed_.erase(key);
    Add(now, key);
  }
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::optional<std::string> WorkQueueCore::Take(SteadyTime now) {
  if (queue_.empty()) return std::nullopt;
  std::string key = std::move(queue_.front());
  queue_.pop_front();
  last_wait_ = Between(dirty_.at(key), now);
  dirty_.erase(key);
  processing_[key] = now;
  return key;
}

void WorkQueueCore::Done(SteadyTime now, const std::string& key) {
  const auto found = processing_.find(key);
  if (found == processing_.end()) return;
  last_work_ = Between(found->second, now);
  processing_.erase(found);
  if (dirty_.contains(key)) queue_.push_back(key);
}

void WorkQueueCore::ShutDown() {
  shutting_down_ = true;
  delayed_.clear();
  due_.clear();
}

bool WorkQueueCore::finished() const {
  if (!shutting_down_ || !queue_.empty()) return false;
  return std::none_of(processing_.begin(), processing_.end(),
                      [this](const auto& entry) { return dirty_.contains(entry.first); });
}

Duration WorkQueueCore::unfinished(SteadyTime now) const {
  Duration sum{};
  for (const auto& [key, since] : processing_) sum += Between(since, now);
  return sum;
}

Duration WorkQueueCore::longest_running(SteadyTime now) const {
  Duration longest{};
  for (const auto& [key, since] : processing_) longest = std::max(longest, Between(since, now));
  return longest;
}

WorkQueue::WorkQueue(const std::string& name, const Clock& clock, Metrics& metrics,
                     const WorkQueueCore::Options& options)
    : clock_(clock),
      depth_(
          metrics.Gauges("workqueue_depth", "Keys that wait in the queue.").With({{"name", name}})),
      adds_(
          metrics.Counters("workqueue_adds_total", "Keys that were added.").With({{"name", name}})),
      retries_(
          metrics.Counters("workqueue_retries_total", "Keys that were added again after a failure.")
              .With({{"name", name}})),
      queue_duration_(metrics
                          .Histograms("workqueue_queue_duration_seconds",
                                      "How long a key waited before it was taken.", kBuckets)
                          .With({{"name", name}})),
      work_duration_(metrics
                         .Histograms("workqueue_work_duration_seconds",
                                     "How long a key was worked on.", kBuckets)
                         .With({{"name", name}})),
      unfinished_(metrics
                      .Gauges("workqueue_unfinished_work_seconds",
                              "Sum of the time that keys have been worked on that are not done.")
                      .With({{"name", name}})),
      longest_running_(metrics
                           .Gauges("workqueue_longest_running_processor_seconds",
                                   "How long the oldest key has been worked on.")
                           .With({{"name", name}})),
      core_(options) {}

void WorkQueue::ChangedLocked(SteadyTime now) {
  ++changes_;
  depth_.Set(static_cast<double>(core_.depth()));
  unfinished_.Set(Seconds(core_.unfinished(now)));
  longest_running_.Set(Seconds(core_.longest_running(now)));
}

void WorkQueue::Add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.Steady();
  if (core_.Add(now, key)) adds_.Add();
  ChangedLocked(now);
  wake_.notify_one();
}

void WorkQueue::AddAfter(const std::string& key, Duration after) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.Steady();
  core_.AddAfter(now, key, after);
  ChangedLocked(now);
  wake_.notify_all();
}

void WorkQueue::AddRateLimited(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.Steady();
  retries_.Add();
  core_.AddRateLimited(now, key);
  ChangedLocked(now);
  wake_.notify_all();
}

void WorkQueue::Forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  core_.Forget(key);
}

int WorkQueue::Retries(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return core_.Retries(key);
}

std::optional<std::string> WorkQueue::Take(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.Steady();
    const auto next_due = core_.Advance(now);
    if (auto key = core_.Take(now)) {
      queue_duration_.Observe(Seconds(core_.last_wait()));
      ChangedLocked(now);
      if (core_.finished()) wake_.notify_all();
      return key;
    }
    if (core_.finished()) return std::nullopt;
    const auto changed = [this, seen = changes_] { return changes_ != seen; };
    if (next_due) {
      wake_.wait_for(lock, stop, *next_due - now, changed);
    } else {
      wake_.wait(lock, stop, changed);
    }
  }
  return std::nullopt;
}

void WorkQueue::Done(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.Steady();
  core_.Done(now, key);
  work_duration_.Observe(Seconds(core_.last_work()));
  ChangedLocked(now);
  wake_.notify_all();
  if (core_.drained()) idle_.notify_all();
}

void WorkQueue::ShutDown() {
  const std::lock_guard lock(mutex_);
  core_.ShutDown();
  ChangedLocked(clock_.Steady());
  wake_.notify_all();
}

void WorkQueue::ShutDownWithDrain() {
  std::unique_lock lock(mutex_);
  core_.ShutDown();
  ChangedLocked(clock_.Steady());
  wake_.notify_all();
  idle_.wait(lock, [this] { return core_.drained(); });
}

std::size_t WorkQueue::depth() const {
  const std::lock_guard lock(mutex_);
  return core_.depth();
}

}  // namespace plimsoll::kube
