// The controller's shell: threads, watches and writes around the core that decides.
//
// Threads: one that steps the core, `workers` that look at images, a few that write, one for each watch. They
// meet in bounded queues only; the core is touched by its own thread alone.
//
// Start, then either Stop (SIGTERM), or `lost` becomes true: the Lease went to somebody else, and the process
// ends at once, because its successor is at work already.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "controller/core/core.h"
#include "controller/shell/api_writer.h"
#include "controller/shell/exporter.h"
#include "controller/shell/inbox.h"
#include "controller/shell/observer.h"
#include "controller/shell/watches.h"
#include "controller/shell/workers.h"
#include "kube/client.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "kube/transport.h"
#include "kube/waiter.h"

namespace plimsoll::controller {

struct ShellOptions {
  CoreSettings core;
  bool leader_elect = true;
  bool dry_run = false;
  std::string namespace_name;  // own
  std::string instance;        // of Events: the Pod's name
  std::size_t writers = 4;
  std::size_t inbox = 10'000;
};

struct ShellDependencies {
  kube::Transport& transport;
  kube::Client& client;
  Observer& observer;
  const Clock& clock;
  kube::Waiter& waiter;
  Metrics& metrics;
  Logger& logger;
};

class Shell {
 public:
  // All that it depends on outlives it.
  Shell(const ShellOptions& options, const ShellDependencies& dependencies);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void Start();
  // Ends everything in order: decisions, writes, Events, the Lease, watches, look-ups.
  void Stop();

  bool lost() const { return lost_.load(); }
  // The core's thread has done a step within the last minute.
  bool alive() const;
  bool ready() const { return watches_.synced(); }

 private:
  void Run();
  void Perform(Action action);
  void Show();
  void Emit(const EmitEvent& event);
  void LookAt(const ObserveRequest& request);

  const ShellOptions options_;
  const ShellDependencies with_;
  Inbox inbox_;
  ApiWriter api_;
  kube::ObjectWriter event_writer_;
  std::unique_ptr<kube::EventRecorder> recorder_;
  std::unique_ptr<kube::LeaderElector> elector_;
  Exporter exporter_;
  CounterFamily& observations_;
  HistogramFamily& observation_seconds_;
  Core core_;  // the core thread's only
  std::atomic<bool> lost_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::chrono::steady_clock::rep> last_step_ = 0;
  std::chrono::steady_clock::time_point last_shown_{};  // the core thread's only
  bool stopped_ = false;

  std::unique_ptr<Workers> writers_;
  std::unique_ptr<Workers> lookers_;
  Watches watches_;
  std::thread thread_;
};

}  // namespace plimsoll::controller
