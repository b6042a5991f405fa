#include "controller/shell/workers.h"

namespace plimsoll::controller {

Workers::Workers(std::size_t count, ImageLooker& looker, Inbox& inbox, const Clock& clock,
                 Metrics& metrics, Logger& log)
    : looker_(looker),
      inbox_(inbox),
      clock_(clock),
      log_(log),
      observations_(
          metrics.Counters("plimsoll_observations_total",
                           "Looks at images, by posture and, where there is one, its reason.")),
      seconds_(metrics.Histograms("plimsoll_observation_seconds",
                                  "Time that a look at one image took.",
                                  {0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60})) {
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
}

Workers::~Workers() { Stop(); }

void Workers::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  work_or_stop_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::Add(ObserveRequest request) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(request));
  work_or_stop_.notify_one();
}

void Workers::Work() {
  while (true) {
    ObserveRequest request;
    {
      std::unique_lock lock(mutex_);
      work_or_stop_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      request = std::move(queue_.front());
      queue_.pop_front();
    }
    Look(request);
  }
}

void Workers::Look(const ObserveRequest& request) {
  const auto started = clock_.Steady();
  ObserveResult result = looker_.Look(request);
  const double took = std::chrono::duration<double>(clock_.Steady() - started).count();
  const baseline::Observation& observation = result.observation;
  const std::string posture(baseline::ToText(baseline::ShownPosture(observation)));
  observations_.With({{"posture", posture}, {"reason", observation.reason}}).Add();
  seconds_.With({}).Observe(took);
  log_.Debug("observed", {{"repository", request.repository},
                          {"digest", observation.digest},
                          {"posture", posture},
                          {"reason", observation.reason},
                          {"message", result.message},
                          {"seconds", took}});
  inbox_.Push(Observed{std::move(result)});
}

}  // namespace plimsoll::controller
