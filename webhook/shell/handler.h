// From an HTTP request to an answered review: the shell around `Decide`.
//
// Paths: /enforce/pods, /audit/pods, /audit/templates (POST). Malformed JSON is 400, another media type 415, another
// version 400 with a message, a cache that has not synced 503. Answers that could be a denial wait for look-ups until
// `budget` has passed; nothing else waits.
#pragma once

#include <chrono>
#include <memory>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "http/server.h"
#include "webhook/shell/lookups.h"
#include "webhook/shell/watch_cache.h"

namespace plimsoll::webhook {

class ReviewHandler {
 public:
  // All references must outlive the handler and every answer that it still owes.
  ReviewHandler(const WatchCache& cache, Lookups& lookups, std::chrono::milliseconds budget,
                const Clock& clock, Metrics& metrics, Logger& log);

  void Handle(const http::ServerRequest& request, const http::Responder& responder);

 private:
  struct Pending;
  void Finish(const std::shared_ptr<Pending>& pending);
  void Report(const Pending& pending, const Decision& decision);

  const WatchCache& cache_;
  Lookups& lookups_;
  const std::chrono::milliseconds budget_;
  const Clock& clock_;
  CounterFamily& decisions_;
  CounterFamily& would_deny_;
  HistogramFamily& seconds_;
  Logger& log_;
};

}  // namespace plimsoll::webhook
