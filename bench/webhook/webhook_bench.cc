// Warm decisions through TLS with keep-alive, beside a bare Beast echo of the same body, in one run. The whole shell is
// there (watch caches with 10,000 baselines, look-ups, metrics, a decision log of one line a review, into /dev/null);
// only the API server is a stand-in that serves the objects from memory. Prints rows for bench/run. The load comes from
// this same process, so all share the processors with it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <new>
#include <string>

#include "api/names.h"
#include "api/record_json.h"
#include "bare_echo.h"
#include "base/log.h"
#include "baseline/life.h"
#include "json/writer.h"
#include "kube/transport.h"
#include "metrics/registry.h"
#include "review_body.h"
#include "setup/process.h"
#include "setup/stack.h"
#include "signed_images.h"
#include "support/fault_server/tls_identity.h"
#include "support/http_load/http_load.h"
#include "webhook/shell/handler.h"

namespace {

// Of this thread, for those that ask before and after.
thread_local std::uint64_t allocations = 0;
thread_local std::uint64_t allocated_bytes = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace plimsoll::bench {
namespace {

using testing::LoadPlan;
using testing::LoadResult;
using testing::PostRequest;

constexpr int kServerThreads = 2;
constexpr int kRounds = 3;       // alternating, and the best of each counts
constexpr double kLeast = 0.75;  // of the bare echo's requests a second
constexpr double kMostMiB =
    64 - 25;  // without any the process is 25 MiB: cluster_webhook_attack_test
constexpr int kRepositories = 10'000;
constexpr int kCachedDigests = 10'000;
const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string RepositoryOf(int number) {
  return "ghcr.io/acme/service-" + std::to_string(number) + "/web";
}

// A repository whose workflow has been known for two days.
std::string BaselineOf(int number) {
  const std::string repository = RepositoryOf(number);
  const Time start = FromUnixSeconds(1'800'000'000);
  baseline::Observation seen;
  seen.digest = kDigest;
  seen.posture = baseline::Posture::kSignedKeyless;
  baseline::ObservedSigner signer;
  signer.signer = baseline::MakeKeyless(
      "https://github.com/acme/service/.github/workflows/release.yml@refs/tags/v1",
      "https://token.actions.githubusercontent.com");
  seen.signers = {signer};
  baseline::Record record = baseline::NewRecord(repository, start);
  for (const int hour : {0, 25, 48}) {
    baseline::Moment moment;
    moment.now = start + std::chrono::hours(hour);
    moment.running = std::vector<baseline::RunningDigest>{{kDigest, start, true, false, {}}};
    moment.observations = {seen};
    record = baseline::Step(record, {}, {}, moment).record;
  }
  json::Writer out;
  out.BeginObject();
  out.Member("apiVersion", "plimsoll.dev/v1alpha1");
  out.Member("kind", "SigningBaseline");
  out.Key("metadata");
  out.BeginObject();
  out.Member("name", api::BaselineName(repository));
  out.Member("uid", "u" + std::to_string(number));
  out.Member("resourceVersion", std::to_string(number + 1));
  out.EndObject();
  out.Key("spec");
  out.BeginObject();
  out.Member("repository", repository);
  out.EndObject();
  out.Key("status");
  api::WriteRecord(out, record);
  out.EndObject();
  return std::move(out).Take();
}

std::string TypeOf(const std::string& target) {
  if (target.find("/nodes") != std::string::npos)
    return R"("kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1")";
  const bool policies = target.find("/signingpolicies") != std::string::npos;
  return std::string(R"("kind":")") + (policies ? "SigningPolicy" : "SigningBaseline") +
         R"(","apiVersion":"plimsoll.dev/v1alpha1")";
}

// Serves the baselines as one watch list, and empty ones of all else; then is silent until it is stopped.
class Cluster final : public kube::Transport {
 public:
  Result<kube::Response> Call(const kube::Request&, std::stop_token) override {
    return Fail(kUnavailable, "only watches are served");
  }
  Result<kube::WatchEnd> Watch(const kube::WatchRequest& request, kube::LineSink& sink,
                               std::stop_token stop) override {
    if (request.target.find("sendInitialEvents") != std::string::npos) {
      if (request.target.find("/signingbaselines") != std::string::npos) {
        for (int i = 0; i < kRepositories; ++i)
          sink.OnLine(R"({"type":"ADDED","object":)" + BaselineOf(i) + "}");
      }
      sink.OnLine(R"({"type":"BOOKMARK","object":{)" + TypeOf(request.target) +
                  R"(,"metadata":{"resourceVersion":"20000","annotations":)"
                  R"({"k8s.io/initial-events-end":"true"}}}})");
    }
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return Fail(kUnavailable, "stopped");
  }
};

double ResidentMiB() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Looks each of them up once; the answers stay in memory.
bool LookUpAll(webhook::Lookups& lookups, const std::vector<SignedImages::Image>& images) {
  constexpr std::size_t kTogether = 2;
  for (std::size_t i = 0; i < images.size(); i += kTogether) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::vector<webhook::Lookup> some;
    for (std::size_t j = i; j < std::min(i + kTogether, images.size()); ++j) {
      webhook::Lookup lookup;
      lookup.repository = images[j].repository;
      lookup.digest = images[j].digest;
      lookup.trusted = true;
      some.push_back(lookup);
    }
    lookups.Start(some, std::chrono::steady_clock::now() + std::chrono::seconds(30), [&] {
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  const auto is_signed = [&](const SignedImages::Image& image) {
    const auto observed = lookups.Observed(image.repository, image.digest);
    return observed != nullptr && observed->posture == baseline::Posture::kSignedKeyBased;
  };
  if (std::all_of(images.begin(), images.end(), is_signed)) return true;
  std::fprintf(stderr, "not all images are known to be signed\n");
  return false;
}

void MemoryRow(const char* name, double mib) {
  std::printf(
      "{\"name\":\"webhook.memory.%s\",\"value\":%.1f,\"unit\":\"MiB\",\"limit\":%.0f,"
      "\"held\":%s}\n",
      name, mib, kMostMiB, mib <= kMostMiB ? "true" : "false");
}

void Row(const char* name, std::uint64_t value, const char* unit) {
  std::printf("{\"name\":\"webhook.%s\",\"value\":%lu,\"unit\":\"%s\"}\n", name,
              static_cast<unsigned long>(value), unit);
}

LoadResult Better(const LoadResult& a, const LoadResult& b) {
  return a.per_second >= b.per_second ? a : b;
}

// False: requests failed.
bool Compare(std::uint16_t ours, std::uint16_t bare, std::size_t connections,
             const std::string& body) {
  LoadPlan plan;
  plan.requests = {PostRequest("/enforce/pods", "application/json", body)};
  plan.connections = connections;
  LoadResult best_ours;
  LoadResult best_bare;
  for (int round = 0; round < kRounds; ++round) {
    plan.port = ours;
    best_ours = Better(RunLoad(plan), best_ours);
    plan.port = bare;
    best_bare = Better(RunLoad(plan), best_bare);
  }
  const double ratio = best_ours.per_second / std::max(best_bare.per_second, 1.0);
  std::printf(
      "{\"name\":\"webhook.warm.c%zu\",\"value\":%.0f,\"unit\":\"1/s\",\"reference\":%.0f,"
      "\"ratio\":%.3f,\"limit\":%.2f,\"held\":%s}\n",
      connections, best_ours.per_second, best_bare.per_second, ratio, kLeast,
      ratio >= kLeast ? "true" : "false");
  std::printf(
      "{\"name\":\"webhook.warm.c%zu.p99\",\"value\":%.0f,\"unit\":\"us\",\"reference\":%.0f,"
      "\"ratio\":%.3f}\n",
      connections, best_ours.p99_us, best_bare.p99_us,
      best_ours.p99_us / std::max(best_bare.p99_us, 1.0));
  std::fflush(stdout);
  return best_ours.failures + best_bare.failures == 0;
}

// What requests take, as their client sees it, while half of those come that can be answered.
bool HalfLoad(std::uint16_t port, const std::string& body) {
  constexpr std::size_t kConnections = 16;
  constexpr double kMostUs = 1'000;
  constexpr int kSteps = 3;  // towards the pause that makes it half
  LoadPlan plan;
  plan.port = port;
  plan.requests = {PostRequest("/enforce/pods", "application/json", body)};
  plan.connections = kConnections;
  const double most = RunLoad(plan).per_second;
  const double cycle = 2 * kConnections / std::max(most, 1.0);  // seconds
  LoadResult half;
  for (int step = 0; step < kSteps; ++step) {
    const double now = step == 0 ? cycle / 2 : kConnections / std::max(half.per_second, 1.0);
    plan.pause += std::chrono::microseconds(std::lround((cycle - now) * 1e6));
    plan.pause = std::max(plan.pause, std::chrono::microseconds(1));
    half = RunLoad(plan);
  }
  std::printf(
      "{\"name\":\"webhook.half_load\",\"value\":%.0f,\"unit\":\"1/s\",\"reference\":%.0f,"
      "\"ratio\":%.3f}\n",
      half.per_second, most, half.per_second / std::max(most, 1.0));
  std::printf(
      "{\"name\":\"webhook.half_load.p99\",\"value\":%.0f,\"unit\":\"us\",\"limit\":%.0f,"
      "\"held\":%s}\n",
      half.p99_us, kMostUs, half.p99_us <= kMostUs ? "true" : "false");
  return half.failures == 0;
}

int Run() {
  const SystemClock clock;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  FdLogger log(nowhere, LogLevel::kInfo, LogFormat::kJson, clock);
  metrics::Registry metrics("webhook");
  const SignedImages images(kCachedDigests);
  config::PlimsollConfig config;
  config::RegistryConfig registry;
  registry.host = images.host();
  registry.plain_http = true;
  registry.allow_address = {"127.0.0.0/8"};
  registry.requests_per_second = 1'000'000;
  config.registries = {registry};
  config.public_keys = {{"bench", "", images.public_key()}};
  setup::StackOptions stack_options;
  stack_options.remember = false;
  auto stack = setup::MakeStack(config, stack_options, clock, log, metrics);
  if (!stack) {
    std::fprintf(stderr, "%s\n", stack.error().message.c_str());
    return 1;
  }
  Cluster cluster;
  kube::SystemWaiter waiter;
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  const double before = ResidentMiB();
  webhook::WatchCache cache({cluster, clock, waiter, metrics, log}, setup::DurationsOf(config), {},
                            false, [&] {
                              const std::lock_guard lock(mutex);
                              ready = true;
                              changed.notify_all();
                            });
  webhook::Lookups lookups(
      *stack->observer, [] { return std::vector<oci::Platform>(); }, nullptr, {}, clock, metrics,
      log);
  webhook::ReviewHandler handler(cache, lookups, std::chrono::milliseconds(3'500), clock, metrics,
                                 log);
  cache.Start();
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ready; });
  }
  setup::FreeMemory free_memory;
  free_memory.GiveBack();
  MemoryRow("10000_repositories", ResidentMiB() - before);
  if (!LookUpAll(lookups, images.images())) return 1;
  free_memory.GiveBack();
  MemoryRow("10000_cached_digests_too", ResidentMiB() - before);

  const testing::TlsIdentity identity = testing::MakeTlsIdentity();
  const BareEcho bare(identity.certificate_pem, identity.key_pem, kServerThreads);
  http::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.tls = true;
  options.certificate_chain_pem = identity.certificate_pem;
  options.private_key_pem = identity.key_pem;
  options.threads = kServerThreads;
  // Of the last decision, with its answer on its way; all are alike.
  std::atomic<std::uint64_t> decision_allocations{0};
  std::atomic<std::uint64_t> decision_bytes{0};
  const auto ours = http::Server::Start(
      options,
      [&](http::ServerRequest request, const http::Responder& responder) {
        const std::uint64_t count = allocations;
        const std::uint64_t bytes = allocated_bytes;
        handler.Handle(std::move(request), responder);
        decision_allocations = allocations - count;
        decision_bytes = allocated_bytes - bytes;
      },
      metrics, log);
  if (!ours) {
    std::fprintf(stderr, "%s\n", ours.error().message.c_str());
    return 1;
  }
  const std::string body =
      ReviewBody({RepositoryOf(17) + "@" + kDigest, RepositoryOf(4711) + "@" + kDigest}, "shop");
  bool good = true;
  for (const std::size_t connections : {1, 16, 128})
    good = Compare((*ours)->port(), bare.port(), connections, body) && good;
  good = HalfLoad((*ours)->port(), body) && good;
  Row("warm.allocations", decision_allocations, "allocations");
  Row("warm.allocated", decision_bytes, "bytes");
  Row("body", body.size(), "bytes");
  (*ours)->Stop(std::chrono::milliseconds(1'000));
  cache.Stop();
  ::close(nowhere);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace plimsoll::bench

int main() {
  plimsoll::setup::GiveBackLargeBlocks();  // as the program does
  return plimsoll::bench::Run();
}
