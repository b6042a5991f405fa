// The threads that look at images. Requests wait in a queue that the core keeps short by itself: it never has more
// out than there are workers.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "controller/shell/image_looker.h"
#include "controller/shell/inbox.h"

namespace plimsoll::controller {

class Workers {
 public:
  // References must outlive the workers.
  Workers(std::size_t count, ImageLooker& looker, Inbox& inbox, const Clock& clock,
          Metrics& metrics, Logger& log);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void Add(ObserveRequest request);
  // Nothing new is begun; waits for what is under way. Whoever shuts the network down first makes that quick.
  void Stop();

 private:
  void Work();
  void Look(const ObserveRequest& request);

  ImageLooker& looker_;
  Inbox& inbox_;
  const Clock& clock_;
  Logger& log_;
  CounterFamily& observations_;
  HistogramFamily& seconds_;
  std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::deque<ObserveRequest> queue_;  // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace plimsoll::controller
