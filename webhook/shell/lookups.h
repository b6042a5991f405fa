// Cold look-ups: asks registries for what a review could not be answered without, and keeps the answers.
//
// The port accepts any caller, so work that a review starts is bounded: `LookupLimits`. What finds no place is not
// done, and whoever waits is told at once. Half of the places and of the workers are kept for repositories with a
// trusted signer: a flood of reviews about others leaves them room. One look-up serves everyone who asks for the same
// image. An answer that another trust root judged is no answer any more. Answers:
// signed ones are kept for `positive_for`, others for `negative_for` so that an image signed late gets in by itself,
// Unknown ones for `unknown_for`, only to keep a burst of reviews from becoming a burst of requests. A tag is kept
// `tag_for`. Bounded by entries, the oldest goes first.
//
// Threads: `workers` of its own, joined by the destructor, and one for time limits. All methods are thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "observation/observer.h"
#include "webhook/core/decide.h"
#include "webhook/shell/log_consult.h"

namespace plimsoll::webhook {

struct LookupLimits {
  std::size_t per_host = 8;
  std::size_t per_repository = 2;
  std::size_t in_all = 64;
  std::size_t workers = 16;
  std::size_t max_entries = 20'000;
  std::chrono::milliseconds positive_for = std::chrono::hours(6);
  std::chrono::milliseconds negative_for = std::chrono::seconds(30);
  std::chrono::milliseconds unknown_for = std::chrono::seconds(2);
  std::chrono::milliseconds tag_for = std::chrono::seconds(30);
};

// What a Node of the cluster can run; asked when a look-up begins.
using PlatformSource = std::function<std::vector<oci::Platform>()>;

class Lookups final : public Answers {
 public:
  // All references must outlive this object. `consult` is null while the log lane is off.
  Lookups(observation::Observer& observer, PlatformSource platforms, const LogConsult* consult,
          LookupLimits limits, const Clock& clock, Metrics& metrics, Logger& log);
  ~Lookups() override;
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  std::shared_ptr<const baseline::Observation> Observed(const std::string& repository,
                                                        const std::string& digest) const override;
  std::optional<Time> AnsweredAt(const std::string& repository,
                                 const std::string& digest) const override;
  std::optional<std::string> Resolved(const std::string& repository,
                                      const std::string& tag) const override;

  // Starts what has a place. `done` is called once, on a thread of this object: when all of them have an answer, or
  // at `deadline`. It is called at once, on the caller's thread, when nothing was started. May be empty.
  void Start(const std::vector<Lookup>& lookups, std::chrono::steady_clock::time_point deadline,
             std::function<void()> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::webhook
