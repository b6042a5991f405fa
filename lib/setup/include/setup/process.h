// What the two long-running programs share as processes: the stop signal, health and metrics endpoints.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "http/server.h"

namespace plimsoll::setup {

// Large blocks are given back to the system when they are freed. Left to itself the allocator keeps what each thread ever
// needed: a few answers of the largest size would stay resident for ever. Call it before any thread starts.
void GiveBackLargeBlocks();
// Gives the system what lies free in the heap: after a flood, say. Some of it cannot be given back, because something
// used lies beside it, so it acts when much more is resident and unused than after the last time. To be called now and
// then, by one thread.
class FreeMemory {
 public:
  void GiveBack();

 private:
  std::size_t left_ = 0;  // unused bytes after the last time, or fewer since
};

// SIGTERM and SIGINT as something to wait for. Make it before any thread starts: threads inherit the blocked signals.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // True when the signal came or `Raise` was called; false after `milliseconds`. A signal that came stays.
  bool Wait(int milliseconds) const;
  // Ends the program from inside, as the signal would. Any thread.
  void Raise() const;

 private:
  int signals_ = -1;
  int raised_ = -1;
};

// /healthz answers 200; /readyz answers 200 when `not_ready` gives an empty text, else 503 with that text.
Result<std::unique_ptr<http::Server>> ServeHealth(const std::string& address,
                                                  std::function<std::string()> not_ready,
                                                  Metrics& metrics, Logger& log);
// /metrics answers what `expose` gives, as Prometheus' text format.
Result<std::unique_ptr<http::Server>> ServeMetrics(const std::string& address,
                                                   std::function<std::string()> expose,
                                                   Metrics& metrics, Logger& log);

}  // namespace plimsoll::setup
