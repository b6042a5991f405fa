// The core's view as gauges. Names and labels are the contract's; series that are no longer there are removed.
//
// One thread calls Show.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/metric.h"
#include "controller/core/core.h"

namespace plimsoll::controller {

class Exporter {
 public:
  explicit Exporter(Metrics& metrics);
  void Show(const CoreView& view, Time now);

 private:
  using Series = std::map<MetricLabels, double>;
  class Family {
   public:
    Family(Metrics& metrics, const std::string& name, const std::string& help)
        : family_(metrics.Gauges(name, help)) {}
    // Exactly these series from now on.
    void Set(const Series& series);

   private:
    GaugeFamily& family_;
    std::set<MetricLabels> shown_;
  };

  Family leader_;
  Family baselines_;
  Family images_;
  Family drift_open_;
  Family drift_last_opened_;
  Family acceptance_expiration_;
  Family spikes_;
  Family repositories_;
  Family pods_;
  Family queue_depth_;
  Family queue_age_;
  Family observations_out_;
  Family writes_waiting_;
  Family refused_;
  Family failing_;
  Family unjudgeable_;
  Counter& trust_discarded_;
  Counter& limit_refusals_;
  Counter& conflicts_;
  std::uint64_t told_trust_discarded_ = 0;
  std::uint64_t told_limit_refusals_ = 0;
  std::uint64_t told_conflicts_ = 0;
};

}  // namespace plimsoll::controller
