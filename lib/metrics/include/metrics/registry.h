// The registry of metrics, behind the interfaces of base/metric.h, and its text exposition.
//
// A family keeps at most `kMaxSeries` series: what would be one more is folded into a series whose
// label values are all "_other", so that no peer can grow the process by inventing label values.
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/metric.h"

namespace plimsoll::metrics {

inline constexpr std::size_t kMaxSeries = 1000;
// What the exposition is served as.
inline constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

class Registry final : public Metrics {
 public:
  // Also sets plimsoll_build_info{version=...,program=...} to 1.
  explicit Registry(const std::string& program);
  ~Registry() override;

  CounterFamily& Counters(const std::string& name, const std::string& help) override;
  GaugeFamily& Gauges(const std::string& name, const std::string& help) override;
  HistogramFamily& Histograms(const std::string& name, const std::string& help,
                              const std::vector<double>& buckets) override;

  // All series, in Prometheus' text format 0.0.4.
  std::string Expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::metrics
