// plimsoll-controller: flags, configuration, and the order in which things are made and ended.
//
// Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot go on (the Lease was lost), 2 for wrong flags or
// configuration.
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "base/version.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "controller/shell/registry_observer.h"
#include "controller/shell/shell.h"
#include "http/server.h"
#include "kube/client.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "kube/waiter.h"
#include "metrics/registry.h"
#include "observation/observer.h"
#include "setup/process.h"
#include "setup/stack.h"
#include "sigstore/trust_root.h"

namespace plimsoll::controller {
namespace {

constexpr int kStopped = 0;
constexpr int kCannotGoOn = 1;
constexpr int kUsage = 2;

int Refuse(const std::string& message) {
  std::fprintf(stderr, "plimsoll-controller: %s\n", message.c_str());
  return kUsage;
}

CoreSettings SettingsOf(const config::PlimsollConfig& config, const observation::Observer& observer,
                        const Clock& clock) {
  CoreSettings settings;
  settings.durations = setup::DurationsOf(config);
  for (const config::RepositoryConfig& repository : config.repositories) {
    settings.repositories.push_back({repository.match, repository.aliases, repository.mirror_of});
  }
  settings.workers = static_cast<std::size_t>(config.limits.workers);
  settings.log_lane = config.rekor.has_value();
  if (const auto start = observer.verifier()->trust_root().YoungestStart()) {
    settings.trust_root_date = FormatTime(*start).substr(0, 10);
  }
  settings.seed = static_cast<std::uint64_t>(clock.Now().time_since_epoch().count());
  return settings;
}

void WarnOfShortDurations(const config::PlimsollConfig& config, Metrics& metrics, Logger& logger) {
  const std::vector<std::string> below = config.durations.BelowDefaults();
  metrics
      .Gauges("plimsoll_test_durations",
              "1 when a duration is below its default: for demonstrations and tests only.")
      .With({})
      .Set(below.empty() ? 0 : 1);
  for (const std::string& name : below) {
    logger.Warn("a duration is below its default: what is learned proves little",
                {{"duration", name}});
  }
}

http::ServerResponse Text(int status, std::string body) {
  http::ServerResponse response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "plimsoll-controller";
  return name.data();
}

int Main(const std::vector<std::string>& arguments) {
  config::ControllerFlags flags;
  const config::FlagSet set = config::MakeControllerFlags(&flags);
  const auto parsed = set.Parse(arguments);
  if (!parsed) return Refuse(parsed.error().message);
  if (parsed->help) {
    std::fputs(set.Help().c_str(), stdout);
    return 0;
  }
  if (parsed->version) {
    std::printf("plimsoll-controller %s\n", std::string(Version()).c_str());
    return 0;
  }
  if (!parsed->positional.empty())
    return Refuse("expected flags only, found " + parsed->positional.front());

  const SystemClock clock;
  FdLogger logger(STDERR_FILENO, flags.common.level(), flags.common.format(), clock);
  metrics::Registry registry("plimsoll-controller");
  const auto config = config::PlimsollConfig::Load(flags.common.config_file);
  if (!config) return Refuse(config.error().message);

  const kube::ProcessEnvironment environment = kube::ProcessEnvironment::FromProcess();
  auto cluster =
      kube::LoadForProgram(flags.common.kubeconfig, flags.common.context, environment, clock);
  if (!cluster) return Refuse(cluster.error().message);
  const std::string origin = cluster->origin;
  const std::string server = cluster->server;

  const setup::StopSignal stop;
  setup::StackOptions stack_options;
  stack_options.api_server = setup::ApiServerHosts(server);
  auto stack = setup::MakeStack(*config, stack_options, clock, logger, registry);
  if (!stack) return Refuse(stack.error().message);

  kube::TransportOptions transport_options;
  transport_options.allow_writes = true;
  transport_options.user_agent = "plimsoll-controller/" + std::string(Version());
  auto transport =
      kube::MakeTransport(std::move(*cluster), transport_options, clock, registry, logger);
  if (!transport) return Refuse(transport.error().message);
  kube::SystemWaiter waiter;
  kube::Client client(**transport, clock, waiter);
  RegistryObserver observer(*stack->observer, &client, logger);

  ShellOptions options;
  options.core = SettingsOf(*config, *stack->observer, clock);
  options.leader_elect = flags.leader_elect;
  options.dry_run = flags.dry_run;
  options.namespace_name = kube::OwnNamespace(flags.common.namespace_name, environment);
  options.instance = HostName();
  Shell shell(options, {**transport, client, observer, clock, waiter, registry, logger});

  auto metrics_server = setup::ServeMetrics(
      flags.common.metrics_address, [&registry] { return registry.Expose(); }, registry, logger);
  if (!metrics_server) return Refuse("--metrics-address: " + metrics_server.error().message);
  http::ServerOptions health_options;
  health_options.address = flags.common.health_address;
  health_options.name = "health";
  auto health_server = http::Server::Start(
      health_options,
      [&shell](const http::ServerRequest& request, const http::Responder& responder) {
        if (request.path == "/healthz") {
          responder.Send(shell.alive() ? Text(200, "ok\n")
                                       : Text(500, "the core has not moved for a minute\n"));
        } else if (request.path == "/readyz") {
          responder.Send(shell.ready() ? Text(200, "ok\n")
                                       : Text(503, "the caches are not whole yet\n"));
        } else {
          responder.Send(Text(404, "not found\n"));
        }
      },
      registry, logger);
  if (!health_server) return Refuse("--health-address: " + health_server.error().message);

  logger.Info("plimsoll-controller starts", {{"version", Version()},
                                             {"api_server", server},
                                             {"credentials", origin},
                                             {"namespace", options.namespace_name},
                                             {"metrics_address", (*metrics_server)->address()},
                                             {"health_address", (*health_server)->address()},
                                             {"dry_run", options.dry_run},
                                             {"leader_elect", options.leader_elect}});
  WarnOfShortDurations(*config, registry, logger);
  shell.Start();

  while (!shell.lost() && !stop.Wait(200)) {
  }
  logger.Info("plimsoll-controller ends", {{"lost_lease", shell.lost()}});
  shell.Stop();
  (*health_server)->Stop(std::chrono::milliseconds(500));
  (*metrics_server)->Stop(std::chrono::milliseconds(500));
  return shell.lost() ? kCannotGoOn : kStopped;
}

}  // namespace
}  // namespace plimsoll::controller

int main(int argc, char** argv) {
  return plimsoll::controller::Main(std::vector<std::string>(argv + 1, argv + argc));
}
