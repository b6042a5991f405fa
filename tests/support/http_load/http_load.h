// A load generator for one server: N connections with keep-alive, each with one request after the
// other. For benchmarks and tests of something that serves HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll::testing {

struct LoadPlan {
  std::uint16_t port = 0;             // on 127.0.0.1
  bool tls = true;                    // the server's certificate is not verified
  std::vector<std::string> requests;  // header and body; each connection sends them in turn
  std::string expected;               // what every answer contains; another one is a failure
  std::size_t connections = 1;
  int threads = 1;
  std::chrono::milliseconds warm_up{300};
  std::chrono::milliseconds time{2'000};
  std::size_t most_requests = 0;       // of one connection; 0: as many as fit into the time
  std::chrono::microseconds pause{0};  // between an answer and the next request of its connection
};

struct LoadResult {
  std::uint64_t requests = 0;  // answered 200 within `time`
  std::uint64_t failures = 0;
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

LoadResult RunLoad(const LoadPlan& plan);

// A POST with that body over HTTP/1.1.
std::string PostRequest(const std::string& path, const std::string& content_type,
                        const std::string& body);

}  // namespace plimsoll::testing
