#include "metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

#include "base/version.h"

namespace plimsoll::metrics {
namespace {

constexpr char kOther[] = "_other";

MetricLabels Folded(const MetricLabels& labels) {
  MetricLabels folded;
  for (const auto& [name, value] : labels) folded[name] = kOther;
  return folded;
}

class CounterSeries final : public Counter {
 public:
  explicit CounterSeries(prometheus::Counter& counter) : counter_(counter) {}
  void Add(double value) override { counter_.Increment(value); }
  void* handle() { return &counter_; }

 private:
  prometheus::Counter& counter_;
};

class GaugeSeries final : public Gauge {
 public:
  explicit GaugeSeries(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }
  prometheus::Gauge& handle() { return gauge_; }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramSeries final : public Histogram {
 public:
  explicit HistogramSeries(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

// Series by label set, bounded; `Make` creates one in prometheus-cpp's family.
template <class Series>
class SeriesMap {
 public:
  template <class Make>
  Series& At(const MetricLabels& labels, const Make& make) {
    const std::lock_guard lock(mutex_);
    auto found = series_.find(labels);
    if (found == series_.end()) {
      const bool full = series_.size() >= kMaxSeries;
      const MetricLabels& kept = full ? Folded(labels) : labels;
      found = series_.find(kept);
      if (found == series_.end())
        found = series_.emplace(kept, std::make_unique<Series>(make(kept))).first;
    }
    return *found->second;
  }
  template <class Drop>
  void Remove(const MetricLabels& labels, const Drop& drop) {
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(labels);
    if (found == series_.end()) return;
    drop(*found->second);
    series_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::map<MetricLabels, std::unique_ptr<Series>> series_;
};

class CounterTable final : public CounterFamily {
 public:
  explicit CounterTable(prometheus::Family<prometheus::Counter>& family) : family_(family) {}
  Counter& With(const MetricLabels& labels) override {
    return series_.At(labels,
                      [&](const MetricLabels& kept) { return CounterSeries(family_.Add(kept)); });
  }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  SeriesMap<CounterSeries> series_;
};

class GaugeTable final : public GaugeFamily {
 public:
  explicit GaugeTable(prometheus::Family<prometheus::Gauge>& family) : family_(family) {}
  Gauge& With(const MetricLabels& labels) override {
    return series_.At(labels,
                      [&](const MetricLabels& kept) { return GaugeSeries(family_.Add(kept)); });
  }
  void Remove(const MetricLabels& labels) override {
    series_.Remove(labels, [&](GaugeSeries& series) { family_.Remove(&series.handle()); });
  }

 private:
  prometheus::Family<prometheus::Gauge>& family_;
  SeriesMap<GaugeSeries> series_;
};

class HistogramTable final : public HistogramFamily {
 public:
  HistogramTable(prometheus::Family<prometheus::Histogram>& family, std::vector<double> buckets)
      : family_(family), buckets_(std::move(buckets)) {}
  Histogram& With(const MetricLabels& labels) override {
    return series_.At(labels, [&](const MetricLabels& kept) {
      return HistogramSeries(family_.Add(kept, prometheus::Histogram::BucketBoundaries(buckets_)));
    });
  }

 private:
  prometheus::Family<prometheus::Histogram>& family_;
  const std::vector<double> buckets_;
  SeriesMap<HistogramSeries> series_;
};

}  // namespace

struct Registry::Impl {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<CounterTable>> counters;
  std::map<std::string, std::unique_ptr<GaugeTable>> gauges;
  std::map<std::string, std::unique_ptr<HistogramTable>> histograms;
};

Registry::Registry(const std::string& program) : impl_(std::make_unique<Impl>()) {
  Registry::Gauges("plimsoll_build_info", "The version that runs; always 1.")
      .With({{"program", program}, {"version", std::string(Version())}})
      .Set(1);
}
Registry::~Registry() = default;

CounterFamily& Registry::Counters(const std::string& name, const std::string& help) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->counters[name];
  if (!family) {
    family = std::make_unique<CounterTable>(
        prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry));
  }
  return *family;
}

GaugeFamily& Registry::Gauges(const std::string& name, const std::string& help) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->gauges[name];
  if (!family) {
    family = std::make_unique<GaugeTable>(
        prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry));
  }
  return *family;
}

HistogramFamily& Registry::Histograms(const std::string& name, const std::string& help,
                                      const std::vector<double>& buckets) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->histograms[name];
  if (!family) {
    family = std::make_unique<HistogramTable>(
        prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry), buckets);
  }
  return *family;
}

std::string Registry::Expose() const {
  return prometheus::TextSerializer{}.Serialize(impl_->registry.Collect());
}

}  // namespace plimsoll::metrics
