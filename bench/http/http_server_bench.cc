// Our server as an echo over TLS, beside a bare Beast echo of the same body, in one run. Prints rows
// for bench/run. The load comes from this same process, so both share the processors with it.
#include <algorithm>
#include <cstdio>
#include <string>

#include "bare_echo.h"
#include "base/log.h"
#include "base/metric.h"
#include "http/server.h"
#include "support/fault_server/tls_identity.h"
#include "support/http_load/http_load.h"

namespace plimsoll::bench {
namespace {

using testing::LoadPlan;
using testing::LoadResult;
using testing::PostRequest;

constexpr std::size_t kBodyBytes = 5'600;  // an AdmissionReview of a usual Pod
constexpr int kServerThreads = 2;
constexpr int kRounds = 3;      // alternating, and the best of each counts
constexpr double kLeast = 0.9;  // of the bare echo's requests a second

void Echo(http::ServerRequest request, const http::Responder& responder) {
  http::ServerResponse response;
  response.headers.Add("Content-Type", "application/json");
  response.body = std::move(request.body);
  responder.Send(std::move(response));
}

LoadResult Better(const LoadResult& a, const LoadResult& b) {
  return a.per_second >= b.per_second ? a : b;
}

int Run() {
  const testing::TlsIdentity identity = testing::MakeTlsIdentity();
  const BareEcho bare(identity.certificate_pem, identity.key_pem, kServerThreads);
  NullMetrics metrics;
  NullLogger logger;
  http::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.tls = true;
  options.certificate_chain_pem = identity.certificate_pem;
  options.private_key_pem = identity.key_pem;
  options.threads = kServerThreads;
  const auto ours = http::Server::Start(options, Echo, metrics, logger);
  if (!ours) {
    std::fprintf(stderr, "%s\n", ours.error().message.c_str());
    return 1;
  }
  for (const std::size_t connections : {1, 16, 128}) {
    LoadPlan plan;
    plan.requests = {PostRequest("/", "application/json", std::string(kBodyBytes, 'x'))};
    plan.connections = connections;
    LoadResult best_ours;
    LoadResult best_bare;
    for (int round = 0; round < kRounds; ++round) {
      plan.port = (*ours)->port();
      best_ours = Better(RunLoad(plan), best_ours);
      plan.port = bare.port();
      best_bare = Better(RunLoad(plan), best_bare);
    }
    if (best_ours.failures + best_bare.failures > 0) {
      std::fprintf(stderr, "requests failed\n");
      return 1;
    }
    const double ratio = best_ours.per_second / std::max(best_bare.per_second, 1.0);
    std::printf(
        "{\"name\":\"http_server.tls_echo.c%zu\",\"value\":%.0f,\"unit\":\"1/s\","
        "\"reference\":%.0f,\"ratio\":%.3f,\"limit\":%.2f,\"held\":%s}\n",
        connections, best_ours.per_second, best_bare.per_second, ratio, kLeast,
        ratio >= kLeast ? "true" : "false");
    std::printf(
        "{\"name\":\"http_server.tls_echo.c%zu.p99\",\"value\":%.0f,\"unit\":\"us\","
        "\"reference\":%.0f,\"ratio\":%.3f}\n",
        connections, best_ours.p99_us, best_bare.p99_us,
        best_ours.p99_us / std::max(best_bare.p99_us, 1.0));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace plimsoll::bench

int main() { return plimsoll::bench::Run(); }
