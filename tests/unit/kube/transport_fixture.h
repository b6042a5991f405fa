// A transport to a FaultServer over TLS.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "kube/api_error.h"
#include "kube/cpprest_transport.h"
#include "support/fault_server/fault_server.h"

namespace plimsoll::kube {

class Lines final : public LineSink {
 public:
  bool OnLine(std::string_view line) override {
    lines.emplace_back(line);
    return lines.size() < enough;
  }
  std::vector<std::string> lines;
  std::size_t enough = 1'000'000;
};

class TransportFixture : public ::testing::Test {
 protected:
  static testing::FaultServer::Options Tls() {
    testing::FaultServer::Options options;
    options.tls = true;
    return options;
  }
  std::unique_ptr<Transport> Make(const testing::FaultServer& server,
                                  Credential credential = {"secret-token", {}, {}},
                                  TransportOptions options = {}) {
    ClusterConfig cluster;
    cluster.server = server.Url("");
    while (cluster.server.ends_with("/")) cluster.server.pop_back();
    cluster.ca_pem = server.ca_pem();
    cluster.credentials = StaticCredential(std::move(credential));
    auto transport = MakeTransport(std::move(cluster), options, clock_, metrics_, logger_);
    EXPECT_TRUE(transport.has_value()) << (transport ? "" : transport.error().message);
    return std::move(*transport);
  }
  static Result<Response> Get(Transport& transport, const std::string& target,
                              Duration timeout = std::chrono::seconds(10),
                              std::size_t most = 1u << 20) {
    Request request;
    request.target = target;
    request.timeout = timeout;
    request.max_response_bytes = most;
    return transport.Call(request, {});
  }
  static Result<WatchEnd> Watch(Transport& transport, Lines& lines, WatchRequest request = {},
                                std::stop_token stop = {}) {
    request.target = "/watch";
    return transport.Watch(request, lines, std::move(stop));
  }

  SystemClock clock_;
  NullMetrics metrics_;
  NullLogger logger_;
};

}  // namespace plimsoll::kube
