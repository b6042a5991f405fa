#include "webhook/shell/lookups.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "baseline/for_admission.h"

namespace plimsoll::webhook {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// Told when everything that it waits for is there, or its time is up; whichever is first, once.
class Waiter {
 public:
  Waiter(std::size_t count, std::function<void()> done) : left_(count), done_(std::move(done)) {}

  void Arrived() {
    std::function<void()> call;
    {
      const std::lock_guard lock(mutex_);
      if (left_ > 0) --left_;
      if (left_ == 0) call = std::exchange(done_, nullptr);
    }
    if (call) call();
  }
  void TimeIsUp() {
    std::function<void()> call;
    {
      const std::lock_guard lock(mutex_);
      call = std::exchange(done_, nullptr);
    }
    if (call) call();
  }

 private:
  std::mutex mutex_;
  std::size_t left_;
  std::function<void()> done_;
};

// In one piece of memory: this is asked for every image.
std::string KeyOf(const std::string& repository, char between, const std::string& rest) {
  std::string key;
  key.reserve(repository.size() + 1 + rest.size());
  return key.append(repository).append(1, between).append(rest);
}

// Values that end at a time, the oldest first to go when there are too many. Its owner locks.
template <class Value>
class ExpiringMap {
 public:
  explicit ExpiringMap(std::size_t capacity) : capacity_(capacity) {}

  const Value* Find(const std::string& key, SteadyTime now) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || found->second.until <= now ? nullptr : &found->second.value;
  }
  void Put(const std::string& key, Value value, SteadyTime until) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      order_.erase(found->second.place);
      entries_.erase(found);
    }
    const auto put = entries_.emplace(key, Entry{std::move(value), until, {}}).first;
    put->second.place = order_.insert(order_.end(), &put->first);
    while (entries_.size() > capacity_) {
      entries_.erase(entries_.find(*order_.front()));
      order_.pop_front();
    }
  }

 private:
  struct Entry {
    Value value;
    SteadyTime until;
    std::list<const std::string*>::iterator place;
  };
  const std::size_t capacity_;
  std::list<const std::string*> order_;  // keys of entries_
  std::map<std::string, Entry> entries_;
};

std::string HostOf(const std::string& repository) {
  return repository.substr(0, repository.find('/'));
}

struct Answered {
  std::shared_ptr<const baseline::Observation> observation;
  Time at;
};

// Who holds how many places.
struct Places {
  std::size_t in_all = 0;
  std::map<std::string, std::size_t> per_host;
  std::map<std::string, std::size_t> per_repository;

  static std::size_t Of(const std::map<std::string, std::size_t>& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }
  bool HasRoom(const std::string& repository, const LookupLimits& limits, std::size_t part) const {
    return in_all < limits.in_all / part &&
           Of(per_host, HostOf(repository)) < limits.per_host / part &&
           Of(per_repository, repository) < limits.per_repository;
  }
  void Take(const std::string& repository) {
    ++in_all;
    ++per_host[HostOf(repository)];
    ++per_repository[repository];
  }
  static void Leave(std::map<std::string, std::size_t>& counts, const std::string& key) {
    const auto found = counts.find(key);
    if (found != counts.end() && --found->second == 0) counts.erase(found);
  }
  void Leave(const std::string& repository) {
    --in_all;
    Leave(per_host, HostOf(repository));
    Leave(per_repository, repository);
  }
};

}  // namespace

struct Lookups::Impl {
  Impl(observation::Observer& observer_in, PlatformSource platforms_in,
       const LogConsult* consult_in, LookupLimits limits_in, const Clock& clock_in,
       Metrics& metrics, Logger& log_in)
      : observer(observer_in),
        platforms(std::move(platforms_in)),
        consult(consult_in),
        limits(limits_in),
        clock(clock_in),
        log(log_in),
        outcomes(metrics.Counters("plimsoll_admission_lookups_total",
                                  "Look-ups that a review asked for, by what became of them.")),
        observed(limits_in.max_entries),
        resolved(limits_in.max_entries) {}

  // Constant after construction.
  observation::Observer& observer;
  const PlatformSource platforms;
  const LogConsult* const consult;
  const LookupLimits limits;
  const Clock& clock;
  Logger& log;
  CounterFamily& outcomes;

  mutable std::mutex mutex;
  std::condition_variable work_or_stop;
  std::condition_variable time_or_stop;
  // Guarded by mutex.
  bool stopping = false;
  std::deque<Lookup> trusted_queue;
  std::deque<Lookup> other_queue;
  std::size_t others_at_work = 0;
  std::map<Lookup, std::vector<std::shared_ptr<Waiter>>> in_flight;
  Places all;
  Places others;  // of repositories without a trusted signer
  std::multimap<SteadyTime, std::weak_ptr<Waiter>> deadlines;
  ExpiringMap<Answered> observed;
  ExpiringMap<std::string> resolved;

  std::vector<std::thread> threads;

  bool HasPlace(const Lookup& lookup) const {
    return all.HasRoom(lookup.repository, limits, 1) &&
           (lookup.trusted || others.HasRoom(lookup.repository, limits, 2));
  }

  void Take(const Lookup& lookup) {
    all.Take(lookup.repository);
    if (!lookup.trusted) others.Take(lookup.repository);
    (lookup.trusted ? trusted_queue : other_queue).push_back(lookup);
    work_or_stop.notify_one();
  }

  void Leave(const Lookup& lookup) {
    all.Leave(lookup.repository);
    if (lookup.trusted) return;
    others.Leave(lookup.repository);
    --others_at_work;
    work_or_stop.notify_one();
  }

  bool HasWork() const {
    return !trusted_queue.empty() || (!other_queue.empty() && others_at_work < OthersMost());
  }
  std::size_t OthersMost() const { return std::max<std::size_t>(1, limits.workers / 2); }

  Lookup NextWork() {
    std::deque<Lookup>& queue = trusted_queue.empty() ? other_queue : trusted_queue;
    Lookup lookup = std::move(queue.front());
    queue.pop_front();
    if (!lookup.trusted) ++others_at_work;
    return lookup;
  }

  // True when somebody is, or now will be, looking this up.
  bool Join(const Lookup& lookup, const std::shared_ptr<Waiter>& waiter) {
    auto found = in_flight.find(lookup);
    if (found == in_flight.end()) {
      if (stopping || !HasPlace(lookup)) {
        outcomes.With({{"outcome", "NoPlace"}}).Add();
        return false;
      }
      found = in_flight.emplace(lookup, std::vector<std::shared_ptr<Waiter>>{}).first;
      Take(lookup);
    }
    found->second.push_back(waiter);
    return true;
  }

  void Keep(const Lookup& lookup, const observation::Answer& answer) {
    const baseline::Observation& observation = answer.observation;
    const SteadyTime now = clock.Steady();
    auto keep_for = limits.negative_for;
    if (!answer.complete()) {
      keep_for = limits.unknown_for;
    } else if (baseline::IsSigned(baseline::ShownPosture(observation))) {
      // An answer of the log that did not come may come the next time.
      const bool unanswered = observation.log.answer == baseline::LogLane::Answer::kUnanswered;
      keep_for = unanswered ? limits.negative_for : limits.positive_for;
    }
    if (observation.digest.empty()) return;
    observed.Put(
        KeyOf(lookup.repository, '@', observation.digest),
        {std::make_shared<const baseline::Observation>(baseline::ForAdmission(observation)),
         clock.Now()},
        now + keep_for);
    if (!lookup.tag.empty())
      resolved.Put(KeyOf(lookup.repository, ':', lookup.tag), observation.digest,
                   now + limits.tag_for);
  }

  void LookUp(const Lookup& lookup) {
    observation::Question question;
    question.repository = lookup.repository;
    question.digest = lookup.digest;
    question.tag = lookup.tag;
    question.trusted_repository = lookup.trusted;
    question.known_keys = lookup.known_keys;
    question.platforms = platforms();
    observation::Answer answer = observer.Observe(question);
    if (consult != nullptr && !answer.observation.digest.empty())
      consult->Ask(lookup.repository, answer.observation);
    outcomes.With({{"outcome", std::string(baseline::ToText(answer.observation.posture))}}).Add();
    std::vector<std::shared_ptr<Waiter>> waiters;
    {
      const std::lock_guard lock(mutex);
      Keep(lookup, answer);
      const auto found = in_flight.find(lookup);
      waiters = std::move(found->second);
      in_flight.erase(found);
      Leave(lookup);
    }
    for (const auto& waiter : waiters) waiter->Arrived();
  }

  void Work() {
    while (true) {
      Lookup lookup;
      {
        std::unique_lock lock(mutex);
        work_or_stop.wait(lock, [&] { return stopping || HasWork(); });
        if (stopping) return;
        lookup = NextWork();
      }
      LookUp(lookup);
    }
  }

  void KeepTime() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (deadlines.empty()) {
        time_or_stop.wait(lock);
        continue;
      }
      const SteadyTime next = deadlines.begin()->first;
      if (clock.Steady() < next) {
        time_or_stop.wait_until(lock, next);
        continue;
      }
      const auto waiter = deadlines.begin()->second.lock();
      deadlines.erase(deadlines.begin());
      if (!waiter) continue;
      lock.unlock();
      waiter->TimeIsUp();
      lock.lock();
    }
  }
};

Lookups::Lookups(observation::Observer& observer, PlatformSource platforms,
                 const LogConsult* consult, LookupLimits limits, const Clock& clock,
                 Metrics& metrics, Logger& log)
    : impl_(std::make_unique<Impl>(observer, std::move(platforms), consult, limits, clock, metrics,
                                   log)) {
  for (std::size_t i = 0; i < limits.workers; ++i)
    impl_->threads.emplace_back([this] { impl_->Work(); });
  impl_->threads.emplace_back([this] { impl_->KeepTime(); });
}

Lookups::~Lookups() {
  std::map<Lookup, std::vector<std::shared_ptr<Waiter>>> abandoned;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->trusted_queue.clear();
    impl_->other_queue.clear();
  }
  impl_->work_or_stop.notify_all();
  impl_->time_or_stop.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
  for (auto& [lookup, waiters] : impl_->in_flight) {
    for (const auto& waiter : waiters) waiter->TimeIsUp();
  }
}

std::shared_ptr<const baseline::Observation> Lookups::Observed(const std::string& repository,
                                                               const std::string& digest) const {
  const std::string key = KeyOf(repository, '@', digest);
  const std::lock_guard lock(impl_->mutex);
  const auto* found = impl_->observed.Find(key, impl_->clock.Steady());
  if (found == nullptr) return nullptr;
  const auto verifier = impl_->observer.verifier();
  const auto& observation = found->observation;
  const bool same_root = observation->trust_root == verifier->trust_root().generation();
  // An Unknown was judged by no trust root.
  return same_root || observation->posture == baseline::Posture::kUnknown ? observation : nullptr;
}

std::optional<Time> Lookups::AnsweredAt(const std::string& repository,
                                        const std::string& digest) const {
  const std::string key = KeyOf(repository, '@', digest);
  const std::lock_guard lock(impl_->mutex);
  const auto* found = impl_->observed.Find(key, impl_->clock.Steady());
  return found == nullptr ? std::nullopt : std::optional(found->at);
}

std::optional<std::string> Lookups::Resolved(const std::string& repository,
                                             const std::string& tag) const {
  const std::string key = KeyOf(repository, ':', tag);
  const std::lock_guard lock(impl_->mutex);
  const auto* found = impl_->resolved.Find(key, impl_->clock.Steady());
  return found == nullptr ? std::nullopt : std::optional<std::string>(*found);
}

void Lookups::Start(const std::vector<Lookup>& lookups,
                    std::chrono::steady_clock::time_point deadline, std::function<void()> done) {
  // One more than the look-ups: the last arrival is our own, so that `done` never runs before all have joined.
  const auto waiter = std::make_shared<Waiter>(lookups.size() + 1, std::move(done));
  std::size_t without_place = 0;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const Lookup& lookup : lookups) {
      if (!impl_->Join(lookup, waiter)) ++without_place;
    }
    impl_->deadlines.emplace(deadline, waiter);
    impl_->time_or_stop.notify_one();
  }
  for (std::size_t i = 0; i <= without_place; ++i) waiter->Arrived();
}

}  // namespace plimsoll::webhook
