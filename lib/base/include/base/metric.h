// The interfaces through which rooms report what they do. The registry behind them is the room
// `metrics`; a test or a tool passes `NullMetrics`.
//
// Ask for a family once, at construction; ask a family for a series once for each label set and
// keep the reference: looking one up costs a map search. Label values are bounded by the caller:
// never a repository, namespace, image or digest (the contract names the one exception).
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace plimsoll {

using MetricLabels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double value = 1.0) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

// `With` returns a reference that lives as long as the family, `Remove` ends a gauge's series (its
// reference must not be used afterwards).
class CounterFamily {
 public:
  virtual ~CounterFamily() = default;
  virtual Counter& With(const MetricLabels& labels) = 0;
};
class GaugeFamily {
 public:
  virtual ~GaugeFamily() = default;
  virtual Gauge& With(const MetricLabels& labels) = 0;
  virtual void Remove(const MetricLabels& labels) = 0;
};
class HistogramFamily {
 public:
  virtual ~HistogramFamily() = default;
  virtual Histogram& With(const MetricLabels& labels) = 0;
};

class Metrics {
 public:
  virtual ~Metrics() = default;
  // Names follow Prometheus' rules and begin with plimsoll_ (or are the ecosystem's own, as
  // workqueue_depth). Asking twice for a name gives the same family.
  virtual CounterFamily& Counters(const std::string& name, const std::string& help) = 0;
  virtual GaugeFamily& Gauges(const std::string& name, const std::string& help) = 0;
  virtual HistogramFamily& Histograms(const std::string& name, const std::string& help,
                                      const std::vector<double>& buckets) = 0;
};

// Takes everything and keeps nothing.
class NullMetrics final : public Metrics {
 public:
  NullMetrics();
  ~NullMetrics() override;
  CounterFamily& Counters(const std::string& name, const std::string& help) override;
  GaugeFamily& Gauges(const std::string& name, const std::string& help) override;
  HistogramFamily& Histograms(const std::string& name, const std::string& help,
                              const std::vector<double>& buckets) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll
