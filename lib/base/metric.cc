#include "base/metric.h"

namespace plimsoll {
namespace {

class NullCounter final : public Counter, public CounterFamily {
 public:
  void Add(double) override {}
  Counter& With(const MetricLabels&) override { return *this; }
};
class NullGauge final : public Gauge, public GaugeFamily {
 public:
  void Set(double) override {}
  Gauge& With(const MetricLabels&) override { return *this; }
  void Remove(const MetricLabels&) override {}
};
class NullHistogram final : public Histogram, public HistogramFamily {
 public:
  void Observe(double) override {}
  Histogram& With(const MetricLabels&) override { return *this; }
};

}  // namespace

struct NullMetrics::Impl {
  NullCounter counter;
  NullGauge gauge;
  NullHistogram histogram;
};

NullMetrics::NullMetrics() : impl_(std::make_unique<Impl>()) {}
NullMetrics::~NullMetrics() = default;
CounterFamily& NullMetrics::Counters(const std::string&, const std::string&) {
  return impl_->counter;
}
GaugeFamily& NullMetrics::Gauges(const std::string&, const std::string&) { return impl_->gauge; }
HistogramFamily& NullMetrics::Histograms(const std::string&, const std::string&,
                                         const std::vector<double>&) {
  return impl_->histogram;
}

}  // namespace plimsoll
