// From an HTTP request to an answered review: the shell around `Decide`.
//
// Paths: /enforce/pods, /audit/pods, /audit/templates (POST). Malformed JSON is 400, another media type 415, another
// version 400 with a message, a cache that has not synced 503. Answers that could be a denial wait for look-ups until
// `budget` has passed; nothing else waits. A large body is read on a thread of its own. Every review that is answered is
// one log line and counts once.
#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "http/server.h"
#include "webhook/shell/large_reviews.h"
#include "webhook/shell/lookups.h"
#include "webhook/shell/watch_cache.h"

namespace plimsoll::webhook {

class ReviewHandler {
 public:
  // All references must outlive the handler and every answer that it still owes.
  ReviewHandler(const WatchCache& cache, Lookups& lookups, std::chrono::milliseconds budget,
                const Clock& clock, Metrics& metrics, Logger& log);

  void Handle(http::ServerRequest request, const http::Responder& responder);

 private:
  struct Pending;
  void Read(const http::ServerRequest& request, const http::Responder& responder);
  void Finish(const std::shared_ptr<Pending>& pending);
  void Report(const Pending& pending, const Decision& decision);
  void Refuse(const http::Responder& responder, int status, const char* reason,
              const std::string& text);

  const WatchCache& cache_;
  Lookups& lookups_;
  const std::chrono::milliseconds budget_;
  const Clock& clock_;
  Logger& log_;
  // One for each configuration: looking a series up for each review would cost more than most decisions.
  struct Series {
    std::array<Counter*, 3> decisions{};  // by Admission
    Histogram* seconds = nullptr;
  };
  std::array<Series, 3> series_;  // by Mode
  CounterFamily& would_deny_;
  CounterFamily& refused_;
  // Last: its thread uses what is above.
  LargeReviews large_;
};

}  // namespace plimsoll::webhook
