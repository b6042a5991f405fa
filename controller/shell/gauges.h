// What the core's state looks like as metrics. Called by the thread that steps the core.
#pragma once

#include <set>

#include "base/metric.h"
#include "base/time.h"
#include "controller/core/core.h"
#include "sigstore/trust_root.h"

namespace plimsoll::controller {

class Gauges {
 public:
  explicit Gauges(Metrics& metrics);

  void Show(const CoreView& view);
  // The dates of the trust root in use; once, and whenever it is replaced.
  void Show(const sigstore::TrustRoot& root);
  void ShowTestDurations(bool shorter_than_default);

 private:
  // A family of which exactly the series given to `Show` exist.
  class Table {
   public:
    explicit Table(GaugeFamily& family) : family_(family) {}
    void Show(const std::map<MetricLabels, double>& rows);

   private:
    GaugeFamily& family_;
    std::set<MetricLabels> shown_;
  };
  // A counter that the core counts by itself: what it grew by is added.
  class Follower {
   public:
    explicit Follower(Counter& counter) : counter_(counter) {}
    void Show(std::uint64_t value);

   private:
    Counter& counter_;
    std::uint64_t shown_ = 0;
  };

  Table baselines_;
  Table images_;
  Table drift_open_;
  Table drift_last_opened_;
  Table acceptance_expiration_;
  Table spikes_;
  Table trust_root_;
  Table trust_root_stale_from_;
  GaugeFamily& single_leader_;
  GaugeFamily& test_durations_;
  GaugeFamily& repositories_;
  GaugeFamily& pods_;
  GaugeFamily& queue_depth_;
  GaugeFamily& in_flight_;
  GaugeFamily& writes_waiting_;
  GaugeFamily& failing_;
  GaugeFamily& unjudgeable_;
  Follower trust_discarded_;
  Follower limit_refusals_;
  Follower conflicts_;
};

}  // namespace plimsoll::controller
