// A server with short times for its tests, and metrics that can be read back.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "http/server.h"
#include "support/raw_client/raw_client.h"

namespace plimsoll::http {

// Keeps the value of every counter by "name{label=value,...}".
class CountingMetrics final : public Metrics {
 public:
  CounterFamily& Counters(const std::string& name, const std::string& /*help*/) override {
    const std::lock_guard lock(mutex_);
    auto& family = counters_[name];
    if (!family) family = std::make_unique<Family>(*this, name);
    return *family;
  }
  GaugeFamily& Gauges(const std::string& name, const std::string& help) override {
    return null_.Gauges(name, help);
  }
  HistogramFamily& Histograms(const std::string& name, const std::string& help,
                              const std::vector<double>& buckets) override {
    return null_.Histograms(name, help, buckets);
  }
  double Value(const std::string& series) {
    const std::lock_guard lock(mutex_);
    return values_[series];
  }
  // Until the series has that value.
  bool WaitFor(const std::string& series, double value) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return values_[series] >= value; });
  }

 private:
  class One final : public Counter {
   public:
    One(CountingMetrics& metrics, std::string series)
        : metrics_(metrics), series_(std::move(series)) {}
    void Add(double value) override {
      {
        const std::lock_guard lock(metrics_.mutex_);
        metrics_.values_[series_] += value;
      }
      metrics_.changed_.notify_all();
    }

   private:
    CountingMetrics& metrics_;
    std::string series_;
  };
  class Family final : public CounterFamily {
   public:
    Family(CountingMetrics& metrics, std::string name)
        : metrics_(metrics), name_(std::move(name)) {}
    Counter& With(const MetricLabels& labels) override {
      std::string series = name_;
      for (const auto& [key, value] : labels) {
        if (key != "server") series += " " + value;
      }
      const std::lock_guard lock(metrics_.mutex_);
      auto& one = series_[series];
      if (!one) one = std::make_unique<One>(metrics_, series);
      return *one;
    }

   private:
    CountingMetrics& metrics_;
    std::string name_;
    std::map<std::string, std::unique_ptr<One>> series_;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, double> values_;
  std::map<std::string, std::unique_ptr<Family>> counters_;
  NullMetrics null_;
};

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { (void)std::signal(SIGPIPE, SIG_IGN); }

  static ServerOptions Options() {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.threads = 2;
    return options;
  }
  // Answers with what it was asked: method, path, query and body.
  static void Echo(ServerRequest request, const Responder& responder) {
    ServerResponse response;
    response.headers.Add("Content-Type", "text/plain");
    response.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
    responder.Send(std::move(response));
  }
  void Start(ServerOptions options, Handler handler = Echo) {
    Result<std::unique_ptr<Server>> server =
        Server::Start(std::move(options), std::move(handler), metrics_, logger_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return server_->port(); }
  double Refused(const std::string& reason) {
    return metrics_.Value("plimsoll_http_server_refused_total " + reason);
  }
  bool WaitForRefused(const std::string& reason, double value = 1) {
    return metrics_.WaitFor("plimsoll_http_server_refused_total " + reason, value);
  }
  // The status that a fresh connection gets for these bytes.
  int StatusOf(std::string_view bytes) {
    RawClient client(port());
    client.Send(bytes);
    return client.Status();
  }

  CountingMetrics metrics_;
  NullLogger logger_;
  std::unique_ptr<Server> server_;
};

}  // namespace plimsoll::http
