#include "controller/shell/program.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iostream>
#include <random>
#include <thread>

#include "api/names.h"
#include "base/version.h"
#include "controller/core/core.h"
#include "controller/shell/gauges.h"
#include "controller/shell/log_state_keeper.h"
#include "controller/shell/pull_secrets.h"
#include "controller/shell/registry_looker.h"
#include "controller/shell/serving_certificate.h"
#include "controller/shell/watches.h"
#include "controller/shell/workers.h"
#include "controller/shell/writer.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "metrics/registry.h"
#include "setup/stack.h"

namespace plimsoll::controller {
namespace {

constexpr char kLeaseName[] = "plimsoll-controller";
constexpr std::chrono::seconds kGaugesEvery{1};
constexpr int kHousekeepingMs = 5'000;
constexpr int kTurnsToReload = 12;
constexpr int kTurnsToCertificate = 3;
constexpr std::chrono::milliseconds kDrain{2'000};

int Refuse(const Error& error) {
  std::cerr << "plimsoll-controller: " << error.message << "\n";
  return kExitConfiguration;
}

std::string PodName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("unknown");
}

CoreSettings SettingsOf(const config::PlimsollConfig& config, const sigstore::TrustRoot& root) {
  CoreSettings settings;
  settings.durations = setup::DurationsOf(config);
  for (const config::RepositoryConfig& repository : config.repositories) {
    settings.repositories.push_back({repository.match, repository.aliases, repository.mirror_of});
  }
  settings.workers = static_cast<std::size_t>(config.limits.workers);
  settings.log_lane = config.rekor.has_value();
  if (const auto youngest = root.YoungestStart())
    settings.trust_root_date = FormatTime(*youngest).substr(0, 10);
  settings.seed = std::random_device{}();
  return settings;
}

kube::ObjectReference ReferenceOf(const EventObject& object) {
  kube::ObjectReference reference;
  reference.api_version = object.pod ? "v1" : std::string(api::kApiVersion);
  reference.kind = object.pod ? "Pod" : std::string(api::kBaselineKind);
  reference.namespace_name = object.name_space;
  reference.name = object.name;
  reference.uid = object.uid;
  reference.field_path = object.field_path;
  return reference;
}

kube::Event EventOf(const EmitEvent& event) {
  kube::Event out;
  out.kind = event.warning ? kube::EventKind::kWarning : kube::EventKind::kNormal;
  out.reason = event.reason;
  out.note = event.note;
  out.regarding = ReferenceOf(event.regarding);
  if (event.related) out.related = ReferenceOf(*event.related);
  return out;
}

void LogEvent(Logger& log, const EmitEvent& event) {
  log.Write(event.warning ? LogLevel::kWarn : LogLevel::kInfo, event.note,
            {{"event", event.reason},
             {"regarding", event.regarding.name},
             {"namespace", event.regarding.name_space}});
}

void Say(Logger& log, const LogLine& line) {
  if (!log.Enabled(line.level)) return;
  std::string text = line.message;
  for (const auto& [key, value] : line.fields) text += " " + key + "=" + value;
  log.Write(line.level, text, {});
}

// The thread that steps the core, and what carries out its actions.
class Machine {
 public:
  Machine(CoreSettings settings, Inbox& inbox, Workers& workers, Writer& writer,
          kube::EventRecorder* events, Gauges& gauges, const Clock& clock, Logger& log)
      : core_(std::move(settings)),
        inbox_(inbox),
        workers_(workers),
        writer_(writer),
        events_(events),
        gauges_(gauges),
        clock_(clock),
        log_(log) {}
  ~Machine() { Stop(); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  void Stop() {
    inbox_.Close();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    while (!inbox_.closed()) {
      for (Input& input : inbox_.Take(WakeAt())) Step(input);
      const Time now = clock_.Now();
      if (wake_ && *wake_ <= now) Step(Tick{});
      if (clock_.Steady() - shown_ >= kGaugesEvery) {
        shown_ = clock_.Steady();
        gauges_.Show(core_.View(now));
      }
    }
  }

  std::chrono::steady_clock::time_point WakeAt() const {
    const auto now = clock_.Steady();
    // Gauges are shown, and a clock that jumped is noticed, at least this often.
    if (!wake_) return now + kGaugesEvery;
    const auto until =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(*wake_ - clock_.Now());
    return now + std::clamp<std::chrono::steady_clock::duration>(
                     until, std::chrono::milliseconds(0), kGaugesEvery);
  }

  void Step(const Input& input) {
    StepOutput output = core_.Step(input, clock_.Now());
    wake_ = output.wake;
    for (Action& action : output.actions) Do(action);
  }

  void Do(Action& action) {
    std::visit(
        [this](auto& what) {
          using What = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<What, Observe>) {
            workers_.Add(std::move(what.request));
          } else if constexpr (std::is_same_v<What, EmitEvent>) {
            LogEvent(log_, what);
            if (events_ != nullptr) events_->Record(EventOf(what));
          } else if constexpr (std::is_same_v<What, LogLine>) {
            Say(log_, what);
          } else {
            writer_.Add(std::move(what));
          }
        },
        action);
  }

  Core core_;
  Inbox& inbox_;
  Workers& workers_;
  Writer& writer_;
  kube::EventRecorder* const events_;
  Gauges& gauges_;
  const Clock& clock_;
  Logger& log_;
  std::optional<Time> wake_;
  std::chrono::steady_clock::time_point shown_{};
  std::thread thread_;
};

// Judges with a changed trust root from now on; one that cannot be read leaves the last good one.
void ReloadTrustRoot(const config::PlimsollConfig& config, observation::Observer& observer,
                     Gauges& gauges, Logger& log) {
  const auto verifier = setup::LoadVerifier(config);
  if (!verifier) {
    log.Warn("the trust root cannot be read; the last good one stays",
             {{"message", verifier.error().message}});
    return;
  }
  const sigstore::TrustRoot& root = (*verifier)->trust_root();
  if (root.generation() == observer.verifier()->trust_root().generation()) return;
  observer.ReplaceVerifier(*verifier);
  gauges.Show(root);
  log.Info("judging with a new trust root", {{"trustRoot", root.Describe()}});
}

void WarnOfShortDurations(const config::PlimsollConfig& config, Gauges& gauges, Logger& log) {
  const std::vector<std::string> shorter = config.durations.BelowDefaults();
  gauges.ShowTestDurations(!shorter.empty());
  if (shorter.empty()) return;
  std::string names;
  for (const std::string& name : shorter) names += (names.empty() ? "" : ", ") + name;
  log.Warn(
      "durations below their defaults are for demonstrations and tests: what is learned with them "
      "proves little",
      {{"durations", names}});
}

}  // namespace

int RunController(const config::ControllerFlags& flags, const config::PlimsollConfig& config,
                  const setup::StopSignal& stop) {
  const SystemClock clock;
  FdLogger log(STDERR_FILENO, flags.common.level(), flags.common.format(), clock);
  metrics::Registry registry("controller");
  const kube::ProcessEnvironment environment = kube::ProcessEnvironment::FromProcess();
  auto cluster =
      kube::LoadForProgram(flags.common.kubeconfig, flags.common.context, environment, clock);
  if (!cluster) return Refuse(cluster.error());
  setup::StackOptions stack_options;
  stack_options.api_server = setup::ApiServerHosts(cluster->server);
  auto stack = setup::MakeStack(config, stack_options, clock, log, registry);
  if (!stack) return Refuse(stack.error());
  kube::TransportOptions transport_options;
  transport_options.allow_writes = !flags.dry_run;
  transport_options.user_agent = "plimsoll-controller/" + std::string(Version());
  auto transport =
      kube::MakeTransport(std::move(*cluster), transport_options, clock, registry, log);
  if (!transport) return Refuse(transport.error());

  Gauges gauges(registry);
  const auto verifier = stack->observer->verifier();
  gauges.Show(verifier->trust_root());
  WarnOfShortDurations(config, gauges, log);

  kube::SystemWaiter waiter;
  kube::Client client(**transport, clock, waiter);
  kube::ObjectWriter event_writer(client);
  Inbox inbox;
  PullSecrets secrets(client, clock, log);
  RegistryLooker looker(*stack->observer, stack->lane.get(), &secrets, clock);
  std::optional<LogStateKeeper> log_states;
  if (stack->log) {
    log_states.emplace(*stack->log, *stack->observer, client,
                       kube::OwnNamespace(flags.common.namespace_name, environment), clock, log);
    log_states->Read();
  }
  std::optional<ServingCertificate> certificate;
  if (!flags.serving_certificate_secret.empty() && !flags.dry_run) {
    certificate.emplace(client, kube::OwnNamespace(flags.common.namespace_name, environment),
                        flags.serving_certificate_secret, clock, log);
  }
  Workers workers(static_cast<std::size_t>(config.limits.workers), looker, inbox, clock, registry,
                  log);
  Writer writer(client, inbox, flags.dry_run, registry, log);
  kube::EventRecorder events({std::string(api::kReportingController), PodName(), {}}, event_writer,
                             clock, waiter, registry, log);
  Watches watches({**transport, clock, waiter, registry, log}, inbox);
  Machine machine(SettingsOf(config, verifier->trust_root()), inbox, workers, writer,
                  flags.dry_run ? nullptr : &events, gauges, clock, log);

  std::atomic<bool> lost{false};
  std::atomic<bool> leading{!flags.leader_elect || flags.dry_run};
  kube::LeaseOptions lease;
  lease.namespace_name = kube::OwnNamespace(flags.common.namespace_name, environment);
  lease.name = kLeaseName;
  lease.identity = kube::MakeLeaseIdentity();
  lease.seed = std::random_device{}();
  kube::LeaderCallbacks callbacks;
  callbacks.on_started = [&] {
    leading = true;
    inbox.Push(LeaderChanged{true});
  };
  callbacks.on_stopped = [&](const std::string& why) {
    log.Err("the leadership is lost; the process ends", {{"why", why}});
    lost = true;
    stop.Raise();
  };
  callbacks.on_new_leader = [&](const std::string& identity) {
    log.Info("leader", {{"identity", identity}});
  };
  kube::LeaderElector elector(lease, std::move(callbacks), **transport, clock, waiter, registry,
                              log);
  const bool elects = flags.leader_elect && !flags.dry_run;

  auto health = setup::ServeHealth(
      flags.common.health_address,
      [&] {
        return watches.synced() ? std::string()
                                : std::string("the watch caches have not synced yet");
      },
      registry, log);
  if (!health) return Refuse(health.error());
  auto exposition = setup::ServeMetrics(
      flags.common.metrics_address, [&] { return registry.Expose(); }, registry, log);
  if (!exposition) return Refuse(exposition.error());

  log.Info("started", {{"version", Version()},
                       {"trustRoot", verifier->trust_root().Describe()},
                       {"dryRun", flags.dry_run},
                       {"leaderElect", elects}});
  if (!flags.dry_run) events.Start();
  machine.Start();
  watches.Start();
  if (elects) {
    elector.Start();
  } else {
    inbox.Push(LeaderChanged{true});
  }

  for (int turn = 1; !stop.Wait(kHousekeepingMs); ++turn) {
    if (log_states && leading && !flags.dry_run) log_states->Write();
    if (certificate && leading && turn % kTurnsToCertificate == 1) certificate->Keep();
    if (turn % kTurnsToReload != 0) continue;
    ReloadTrustRoot(config, *stack->observer, gauges, log);
    if (log_states) log_states->Read();
  }

  log.Info("stopping");
  // Nothing is written from here on; then, and only then, may a successor begin.
  elector.Stop();
  machine.Stop();
  writer.Stop();
  stack->Shutdown();
  workers.Stop();
  watches.Stop();
  events.Stop();
  if (elects && !lost) elector.Release();
  (*health)->Stop(kDrain);
  (*exposition)->Stop(kDrain);
  log.Info("stopped");
  return lost ? kExitLostLeadership : 0;
}

}  // namespace plimsoll::controller
