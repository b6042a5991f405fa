// The log lane: what a history costs of a log, in time, requests and bytes; and proofs verified a second.
//
// The log is one of the virtual Sigstore's, on loopback: its own time to build proofs is in the figures.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/log.h"
#include "base/metric.h"
#include "http/budget.h"
#include "http/client.h"
#include "rekor/log.h"
#include "sigstore/logged_entry.h"
#include "support/log_server/log_server.h"

namespace plimsoll::rekor {
namespace {

constexpr std::size_t kRepositories = 500;

template <class T>
T Must(Result<T> result) {
  if (!result) {
    std::cerr << result.error().message << "\n";
    std::abort();
  }
  return std::move(*result);
}

class SigningDay final : public Clock {
 public:
  Time Now() const override { return test::kSigningTime + std::chrono::hours(1); }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

std::string Repository(std::size_t i) {
  return "registry.harbour.example/acme/app" + std::to_string(i);
}
std::string DigestOf(std::size_t i) { return "sha256:" + Sha256Hex(AsBytes(std::to_string(i))); }

// One signed image in each of 500 repositories, all in one log.
struct Logged {
  Logged() {
    test::ClassicSpec spec;
    spec.entry.later_entries = 0;
    for (std::size_t i = 0; i < kRepositories; ++i) {
      const auto signature = sigstore.SignImage(Repository(i), DigestOf(i), spec);
      server.Add(signature);
      if (i == 0) first = signature.entry->RestJson();
    }
    http::ClientOptions options;
    http::HostSettings host;
    host.host = server.host();
    host.plain_http = true;
    host.allow_address = {Must(http::AddressRange::Parse("127.0.0.0/8"))};
    options.hosts = {host};
    http = Must(http::NewClient(std::move(options)));
    verifier = std::make_shared<const sigstore::Verifier>(Must(
        sigstore::Verifier::Create(Must(sigstore::TrustRoot::FromJson(sigstore.Trust().Json())))));
  }
  test::VirtualSigstore sigstore;
  test::LogServer server{sigstore.rekor()};
  std::string first;
  std::unique_ptr<http::Client> http;
  http::HostBudget budget{
      http::BudgetLimits{.requests_per_second = 1e6, .burst = 1e6, .max_in_flight = 64}, 1};
  std::shared_ptr<const sigstore::Verifier> verifier;
  SigningDay clock;
  NullLogger logger;
  NullMetrics metrics;
};

Logged& TheLog() {
  static Logged logged;
  return logged;
}

// The minimum is two requests a repository (a search, a fetch) and one for all (which log it is).
void Bootstrap500(benchmark::State& state) {
  Logged& logged = TheLog();
  std::size_t requests = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    logged.server.server().ForgetRequests();
    const std::uint64_t sent = logged.server.server().BytesSent();
    Log log(*logged.http, logged.budget, LogOptions{logged.server.url()}, logged.clock,
            logged.logger, logged.metrics);
    for (std::size_t i = 0; i < kRepositories; ++i) {
      const Ask ask{logged.verifier, logged.clock.Steady() + std::chrono::seconds(30), false};
      const auto found = Must(log.Search(
          PlanSearch({Repository(i), {}, DigestOf(i), {}, false}),
          {.digests = {DigestOf(i)}, .content = {}, .known_keys = {}},
          [](const sigstore::Verification&) { return true; }, ask));
      if (found.proven.size() != 1) std::abort();
    }
    requests = logged.server.server().RequestCount();
    bytes = logged.server.server().BytesSent() - sent;
  }
  state.counters["requestsPerRepository"] =
      static_cast<double>(requests) / static_cast<double>(kRepositories);
  state.counters["bytesPerRepository"] =
      static_cast<double>(bytes) / static_cast<double>(kRepositories);
}
BENCHMARK(Bootstrap500)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

// A field of /proc/self/status, in KiB.
std::size_t StatusKiB(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string name;
  std::size_t value = 0;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    words >> name >> value;
    if (name == field + ":") return value;
  }
  return 0;
}

// What an endless answer takes beyond what was there before: at most the cap of 1 MiB, and 1 MiB for all else.
void EndlessAnswer(benchmark::State& state) {
  Logged& logged = TheLog();
  logged.server.Instead([](const plimsoll::testing::SeenRequest& request) {
    if (request.path != "/api/v1/index/retrieve") return plimsoll::testing::FaultServer::Pass();
    return plimsoll::testing::Reply::Endless(plimsoll::testing::kEndless, false);
  });
  std::size_t peak = 0;
  for (auto _ : state) {
    http::HostBudget budget({.requests_per_second = 1e6, .burst = 1e6}, 1);
    Log log(*logged.http, budget, LogOptions{logged.server.url()}, logged.clock, logged.logger,
            logged.metrics);
    const Ask ask{logged.verifier, logged.clock.Steady() + std::chrono::seconds(30), false};
    if (!log.Identify(ask)) std::abort();
    std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark begins anew
    const std::size_t before = StatusKiB("VmRSS");
    const auto found = log.Search(
        PlanSearch({Repository(0), {}, DigestOf(0), {}, false}),
        {.digests = {DigestOf(0)}, .content = {}, .known_keys = {}},
        [](const sigstore::Verification&) { return true; }, ask);
    if (found) std::abort();
    const std::size_t most = StatusKiB("VmHWM");
    peak = std::max(peak, most > before ? most - before : 0);
  }
  logged.server.Instead({});
  state.counters["peakKiB"] = static_cast<double>(peak);
}
BENCHMARK(EndlessAnswer)->Unit(benchmark::kMillisecond)->Iterations(5)->UseRealTime();

// Promise, inclusion and checkpoint of one entry.
void VerifyLoggedEntry(benchmark::State& state) {
  const Logged& logged = TheLog();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Must(sigstore::VerifyLoggedEntry(logged.first, logged.verifier->trust_root())));
  }
}
BENCHMARK(VerifyLoggedEntry)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace plimsoll::rekor

BENCHMARK_MAIN();
