// plimsoll-webhook: answers AdmissionReviews from memory.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <iostream>

#include "base/log.h"
#include "base/version.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "crypto/certificate.h"
#include "http/server.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "metrics/registry.h"
#include "setup/process.h"
#include "setup/stack.h"
#include "webhook/shell/certificate_files.h"
#include "webhook/shell/handler.h"
#include "webhook/shell/lookups.h"
#include "webhook/shell/watch_cache.h"

namespace plimsoll::webhook {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitFailed = 1;
// Below the 5 s of the enforcing configuration, with room for the network and the API server.
constexpr std::chrono::milliseconds kColdBudget{3'500};
// Of it, what a question to the log may take.
constexpr std::chrono::milliseconds kLogBudget{3'000};
// After SIGTERM: as long as the cluster needs to learn that this replica takes no more, it goes on answering.
constexpr std::chrono::milliseconds kRetire{5'000};
constexpr std::chrono::milliseconds kDrain{10'000};
constexpr int kReloadEveryMs = 2'000;
constexpr std::chrono::seconds kTrustRootEvery{60};

int Refuse(const Error& error) {
  std::cerr << "plimsoll-webhook: " << error.message << "\n";
  return kExitUsage;
}

Result<std::unique_ptr<http::Server>> StartTls(const config::WebhookFlags& flags,
                                               const CertificatePair& pair, http::Handler handler,
                                               Metrics& metrics, Logger& log) {
  http::ServerOptions options;
  options.address = flags.listen_address;
  options.name = "webhook";
  options.tls = true;
  options.certificate_chain_pem = pair.chain_pem;
  options.private_key_pem = pair.key_pem;
  options.threads = 2;
  options.limits.large_pool_bytes = kMaxReviewBytes;
  for (const char* path : {"/enforce/", "/audit/"})
    options.body_limits.push_back({path, kMaxReviewBytes});
  auto server = http::Server::Start(std::move(options), std::move(handler), metrics, log);
  if (server) log.Info("listening", {{"server", "webhook"}, {"address", (*server)->address()}});
  return server;
}

// The expiry of the certificate that is served, for the alert.
void ShowExpiry(const CertificatePair& pair, Metrics& metrics) {
  const auto chain = crypto::Certificate::ListFromPem(pair.chain_pem);
  if (!chain) return;
  metrics
      .Gauges("plimsoll_serving_certificate_expiration_timestamp_seconds",
              "When the certificate that the webhook serves with expires.")
      .With({})
      .Set(static_cast<double>(UnixSeconds(chain->front().not_after())));
}

// Serves a changed pair without dropping a connection; one that does not fit leaves the last good one.
void ReloadCertificate(const config::WebhookFlags& flags, CertificatePair& current,
                       http::Server& server, Metrics& metrics, Logger& log) {
  auto pair = ReadCertificateFiles(flags.tls_cert_file, flags.tls_private_key_file);
  if (!pair || *pair == current) return;
  if (const Status replaced = server.ReplaceCertificate(pair->chain_pem, pair->key_pem);
      !replaced) {
    log.Warn("the new serving certificate cannot be used; the last good one stays",
             {{"reason", replaced.error().code}, {"message", replaced.error().message}});
    return;
  }
  current = std::move(*pair);
  ShowExpiry(current, metrics);
  log.Info("serving with a new certificate");
}

// Judges with a changed trust root from now on; one that cannot be read leaves the last good one.
void ReloadTrustRoot(const config::PlimsollConfig& config, observation::Observer& observer,
                     Logger& log) {
  const auto verifier = setup::LoadVerifier(config);
  if (!verifier) {
    log.Warn("the trust root cannot be read; the last good one stays",
             {{"message", verifier.error().message}});
    return;
  }
  const sigstore::TrustRoot& root = (*verifier)->trust_root();
  if (root.generation() == observer.verifier()->trust_root().generation()) return;
  observer.ReplaceVerifier(*verifier);
  log.Info("judging with a new trust root", {{"trustRoot", root.Describe()}});
}

int Serve(const config::WebhookFlags& flags, const config::PlimsollConfig& config,
          const setup::StopSignal& stop) {
  const SystemClock clock;
  FdLogger log(STDERR_FILENO, flags.common.level(), flags.common.format(), clock);
  metrics::Registry metrics("webhook");
  auto pair = ReadCertificateFiles(flags.tls_cert_file, flags.tls_private_key_file);
  if (!pair) return Refuse(pair.error());

  auto cluster = kube::LoadForProgram(flags.common.kubeconfig, flags.common.context,
                                      kube::ProcessEnvironment::FromProcess(), clock);
  if (!cluster) return Refuse(cluster.error());
  setup::StackOptions stack_options;
  stack_options.api_server = setup::ApiServerHosts(cluster->server);
  stack_options.remember = false;
  auto stack = setup::MakeStack(config, stack_options, clock, log, metrics);
  if (!stack) return Refuse(stack.error());
  auto rules = setup::LoadRepositoryRules(config);
  if (!rules) return Refuse(rules.error());
  kube::TransportOptions transport_options;
  transport_options.user_agent = "plimsoll-webhook/" + std::string(Version());
  auto transport = kube::MakeTransport(std::move(*cluster), transport_options, clock, metrics, log);
  if (!transport) return Refuse(transport.error());

  kube::SystemWaiter waiter;
  WatchCache cache({**transport, clock, waiter, metrics, log}, setup::DurationsOf(config),
                   std::move(*rules), stack->lane != nullptr,
                   [&log] { log.Info("ready: the watch caches have synced"); });
  LookupLimits limits;
  limits.max_entries = static_cast<std::size_t>(config.limits.posture_cache_entries);
  limits.negative_for =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.durations.negative_cache_for);
  limits.positive_for =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.durations.reverify_after);
  std::optional<LogConsult> consult;
  if (stack->lane) {
    consult.emplace(
        *stack->lane, *stack->observer, [&cache] { return cache.snapshot(); }, kLogBudget, clock);
  }
  Lookups lookups(
      *stack->observer, [&cache] { return cache.platforms(); }, consult ? &*consult : nullptr,
      limits, clock, metrics, log);
  ReviewHandler handler(cache, lookups, kColdBudget, clock, metrics, log);
  std::atomic<bool> retiring{false};
  auto health = setup::ServeHealth(
      flags.common.health_address,
      [&cache, &retiring]() -> std::string {
        if (retiring) return "stopping";
        return cache.synced() ? "" : "the watch caches have not synced yet";
      },
      metrics, log);
  if (!health) return Refuse(health.error());
  auto exposition = setup::ServeMetrics(
      flags.common.metrics_address, [&metrics] { return metrics.Expose(); }, metrics, log);
  if (!exposition) return Refuse(exposition.error());
  auto server = StartTls(
      flags, *pair,
      [&handler](http::ServerRequest request, const http::Responder& responder) {
        handler.Handle(std::move(request), responder);
      },
      metrics, log);
  if (!server) return Refuse(server.error());
  ShowExpiry(*pair, metrics);
  cache.Start();
  log.Info("started", {{"version", Version()},
                       {"trustRoot", stack->observer->verifier()->trust_root().Describe()}});

  setup::FreeMemory free_memory;
  auto root_read = clock.Steady();
  while (!stop.Wait(kReloadEveryMs)) {
    ReloadCertificate(flags, *pair, **server, metrics, log);
    free_memory.GiveBack();
    if (clock.Steady() - root_read < kTrustRootEvery) continue;
    root_read = clock.Steady();
    ReloadTrustRoot(config, *stack->observer, log);
  }
  log.Info("stopping: not ready any more, and answering until the cluster knows");
  retiring = true;
  (*server)->Retire();
  waiter.WaitFor(kRetire, {});
  (*server)->Stop(kDrain);
  cache.Stop();
  stack->Shutdown();
  return 0;
}

int Run(const std::vector<std::string>& arguments) {
  config::WebhookFlags flags;
  const config::FlagSet set = config::MakeWebhookFlags(&flags);
  const auto parsed = set.Parse(arguments);
  if (!parsed) return Refuse(parsed.error());
  if (parsed->help) {
    std::cout << set.Help();
    return 0;
  }
  if (parsed->version) {
    std::cout << "plimsoll-webhook " << Version() << "\n";
    return 0;
  }
  if (!parsed->positional.empty()) {
    return Refuse({kInvalidArgument, "expected flags only, found " + parsed->positional[0], false});
  }
  if (flags.tls_cert_file.empty() || flags.tls_private_key_file.empty()) {
    return Refuse(
        {kInvalidArgument,
         "--tls-cert-file and --tls-private-key-file are needed: the API server speaks TLS only",
         false});
  }
  const auto config = config::PlimsollConfig::Load(flags.common.config_file);
  if (!config) return Refuse(config.error());
  const setup::StopSignal stop;
  return Serve(flags, *config, stop);
}

}  // namespace
}  // namespace plimsoll::webhook

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  plimsoll::setup::GiveBackLargeBlocks();
  try {
    return plimsoll::webhook::Run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "plimsoll-webhook: " << error.what() << "\n";
    return plimsoll::webhook::kExitFailed;
  }
}
