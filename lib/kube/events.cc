#include "kube/events.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace plimsoll::kube {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(30);

}  // namespace

struct EventRecorder::Impl {
  Impl(const Options& given, ObjectWriter& writer_in, const Clock& clock_in, Waiter& waiter_in,
       Metrics& metrics, Logger& logger_in)
      : limits(given.limits),
        writer(writer_in),
        clock(clock_in),
        waiter(waiter_in),
        logger(logger_in),
        written(Count(metrics, "written")),
        dropped(Count(metrics, "dropped")),
        refused(Count(metrics, "refused")),
        correlator(given.controller, given.instance, given.limits) {}

  static Counter& Count(Metrics& metrics, const std::string& result) {
    return metrics.Counters("plimsoll_events_total", "Events, by what became of them.")
        .With({{"result", result}});
  }

  void Run(std::stop_token stop);
  void Write(const EventWrite& write, std::stop_token stop);
  Status Send(const EventWrite& write, std::stop_token stop);

  // Constant after construction.
  const EventLimits limits;
  ObjectWriter& writer;
  const Clock& clock;
  Waiter& waiter;
  Logger& logger;
  Counter& written;
  Counter& dropped;
  Counter& refused;

  // The recorder's thread only.
  EventCorrelator correlator;
  std::mt19937_64 random{std::random_device{}()};

  std::mutex mutex;
  std::condition_variable_any wake;
  std::condition_variable_any idle;
  std::deque<Event> queue;  // guarded by mutex
  bool busy = false;        // guarded by mutex: an event has been taken and is not written yet
  bool closed = false;      // guarded by mutex

  std::jthread thread;
};

void EventRecorder::Impl::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::optional<Event> event;
    {
      std::unique_lock lock(mutex);
      busy = false;
      if (queue.empty()) idle.notify_all();
      wake.wait_for(lock, stop, kLookEvery, [this] { return !queue.empty(); });
      if (stop.stop_requested()) return;
      if (!queue.empty()) {
        event = std::move(queue.front());
        queue.pop_front();
        busy = true;
      }
    }
    if (event) {
      const std::uint64_t dropped_before = correlator.dropped();
      const auto write = correlator.Add(clock.Steady(), clock.Now(), *event);
      if (correlator.dropped() != dropped_before) dropped.Add();
      if (write) Write(*write, stop);
    }
    for (const auto& write : correlator.Advance(clock.Steady(), clock.Now())) Write(write, stop);
  }
}

Status EventRecorder::Impl::Send(const EventWrite& write, std::stop_token stop) {
  if (write.kind == EventWrite::Kind::kPatchSeries) {
    const auto patched =
        writer.Patch(Events(), write.namespace_name, write.name, write.body, {}, stop);
    if (patched) return {};
    // The first one has expired (the server keeps Events for an hour): begin anew.
    if (patched.error().code != kNotFound) return Forward(patched.error());
    PLIMSOLL_TRY(writer.Create(Events(), write.namespace_name, write.create_body, stop));
    return {};
  }
  PLIMSOLL_TRY(writer.Create(Events(), write.namespace_name, write.body, stop));
  return {};
}

void EventRecorder::Impl::Write(const EventWrite& write, std::stop_token stop) {
  for (int tries = 1; !stop.stop_requested(); ++tries) {
    const Status sent = Send(write, stop);
    if (sent || sent.error().code == kAlreadyExists) {
      written.Add();
      return;
    }
    if (!sent.error().retryable || tries >= limits.tries) {
      refused.Add();
      logger.Warn(
          "an Event was not written",
          {{"event", write.name}, {"reason", sent.error().code}, {"error", sent.error().message}});
      return;
    }
    const double factor = std::uniform_real_distribution<double>(0.75, 1.25)(random);
    waiter.WaitFor(std::chrono::duration_cast<Duration>(factor * limits.try_again), stop);
  }
}

EventRecorder::EventRecorder(const Options& options, ObjectWriter& writer, const Clock& clock,
                             Waiter& waiter, Metrics& metrics, Logger& logger)
    : impl_(std::make_unique<Impl>(options, writer, clock, waiter, metrics, logger)) {}

EventRecorder::~EventRecorder() { Stop(Duration{}); }

void EventRecorder::Start() {
  impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) { impl->Run(stop); });
}

void EventRecorder::Stop(Duration grace) {
  if (!impl_->thread.joinable()) return;
  {
    std::unique_lock lock(impl_->mutex);
    impl_->closed = true;
    impl_->idle.wait_for(lock, grace, [this] { return impl_->queue.empty() && !impl_->busy; });
  }
  impl_->thread.request_stop();
  impl_->thread.join();
}

void EventRecorder::Record(Event event) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->closed || impl_->queue.size() >= impl_->limits.queue) {
      impl_->dropped.Add();
      return;
    }
    impl_->queue.push_back(std::move(event));
  }
  impl_->wake.notify_one();
}

}  // namespace plimsoll::kube
