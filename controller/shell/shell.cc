#include "controller/shell/shell.h"

#include <algorithm>
#include <utility>

#include "api/names.h"
#include "baseline/observation.h"

namespace plimsoll::controller {
namespace {

using std::chrono::steady_clock;

constexpr steady_clock::duration kLongestSleep = std::chrono::seconds(5);
constexpr steady_clock::duration kShowEvery = std::chrono::seconds(2);
constexpr steady_clock::duration kAliveWithin = std::chrono::minutes(1);

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

kube::LeaseOptions LeaseOf(const ShellOptions& options) {
  kube::LeaseOptions lease;
  lease.namespace_name = options.namespace_name;
  lease.name = "plimsoll-controller";
  lease.identity = kube::MakeLeaseIdentity();
  lease.seed = options.core.seed;
  return lease;
}

}  // namespace

Shell::Shell(const ShellOptions& options, const ShellDependencies& dependencies)
    : options_(options),
      with_(dependencies),
      inbox_(options.inbox),
      api_(dependencies.client, options.dry_run, dependencies.metrics, dependencies.logger),
      event_writer_(dependencies.client),
      exporter_(dependencies.metrics),
      observations_(dependencies.metrics.Counters(
          "plimsoll_observations_total",
          "Looks at images, by what they found: the posture, or the reason of "
          "an Unknown.")),
      observation_seconds_(dependencies.metrics.Histograms(
          "plimsoll_observation_duration_seconds",
          "How long a look at an image took, by whether it was complete.",
          {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100})),
      core_(options.core),
      watches_({dependencies.transport, dependencies.clock, dependencies.waiter,
                dependencies.metrics, dependencies.logger},
               inbox_, options.core.seed) {
  if (!options_.dry_run) {
    recorder_ = std::make_unique<kube::EventRecorder>(
        kube::EventRecorder::Options{std::string(api::kReportingController), options_.instance, {}},
        event_writer_, with_.clock, with_.waiter, with_.metrics, with_.logger);
  }
  if (options_.leader_elect && !options_.dry_run) {
    kube::LeaderCallbacks callbacks;
    callbacks.on_started = [this] { inbox_.PushAnswer(LeaderChanged{true}); };
    callbacks.on_stopped = [this](const std::string& why) {
      // Whatever is on its way carries a version: the successor's writes make it fail.
      lost_.store(true);
      stopping_.store(true);
      with_.logger.Err("the Lease was lost; ending", {{"why", why}});
    };
    callbacks.on_new_leader = [this](const std::string& identity) {
      with_.logger.Info("leader", {{"identity", identity}});
    };
    elector_ = std::make_unique<kube::LeaderElector>(LeaseOf(options_), std::move(callbacks),
                                                     with_.transport, with_.clock, with_.waiter,
                                                     with_.metrics, with_.logger);
  }
}

Shell::~Shell() { Stop(); }

void Shell::Start() {
  writers_ = std::make_unique<Workers>(options_.writers);
  lookers_ = std::make_unique<Workers>(options_.core.workers);
  if (recorder_) recorder_->Start();
  last_step_.store(with_.clock.Steady().time_since_epoch().count());
  thread_ = std::thread([this] { Run(); });
  watches_.Start();
  if (elector_) {
    elector_->Start();
  } else {
    inbox_.PushAnswer(LeaderChanged{true});
  }
}

void Shell::Stop() {
  if (std::exchange(stopped_, true)) return;
  stopping_.store(true);
  inbox_.Close();
  if (thread_.joinable()) thread_.join();
  if (writers_) writers_->Stop();
  if (recorder_) recorder_->Stop();
  if (elector_) {
    elector_->Stop();
    if (!lost_.load()) elector_->Release();
  }
  watches_.Stop();
  if (lookers_) lookers_->Stop();
}

bool Shell::alive() const {
  const steady_clock::time_point last{steady_clock::duration(last_step_.load())};
  return with_.clock.Steady() - last < kAliveWithin;
}

void Shell::Run() {
  std::optional<Time> wake;
  while (!stopping_.load()) {
    steady_clock::duration wait = kLongestSleep;
    if (wake) {
      const Duration left = std::max(Duration::zero(), *wake - with_.clock.Now());
      wait = std::min<steady_clock::duration>(wait, left);
    }
    std::deque<Input> inputs = inbox_.Take(wait);
    if (inputs.empty()) inputs.emplace_back(Tick{});
    for (const Input& input : inputs) {
      if (stopping_.load()) return;
      StepOutput output = core_.Step(input, with_.clock.Now());
      wake = output.wake;
      for (Action& action : output.actions) Perform(std::move(action));
      last_step_.store(with_.clock.Steady().time_since_epoch().count());
    }
    Show();
  }
}

void Shell::Show() {
  const auto now = with_.clock.Steady();
  if (now - last_shown_ < kShowEvery) return;
  last_shown_ = now;
  const Time wall = with_.clock.Now();
  exporter_.Show(core_.View(wall), wall);
}

void Shell::LookAt(const ObserveRequest& request) {
  const auto start = with_.clock.Steady();
  ObserveResult result = with_.observer.Look(request);
  result.id = request.id;
  const baseline::Posture posture = baseline::ShownPosture(result.observation);
  const bool complete = posture != baseline::Posture::kUnknown;
  observations_
      .With({{"posture", std::string(baseline::ToText(posture))},
             {"reason", result.observation.reason}})
      .Add();
  observation_seconds_.With({{"complete", complete ? "true" : "false"}})
      .Observe(std::chrono::duration<double>(with_.clock.Steady() - start).count());
  with_.logger.Debug("looked at an image", {{"repository", request.repository},
                                            {"digest", request.digest},
                                            {"posture", baseline::ToText(posture)},
                                            {"reason", result.observation.reason},
                                            {"message", result.message}});
  inbox_.PushAnswer(Observed{std::move(result)});
}

void Shell::Emit(const EmitEvent& event) {
  if (!recorder_) {
    with_.logger.Info("dry run: would raise an Event",
                      {{"reason", event.reason}, {"note", event.note}});
    return;
  }
  kube::Event out;
  out.kind = event.warning ? kube::EventKind::kWarning : kube::EventKind::kNormal;
  out.reason = event.reason;
  out.action = std::string(api::kEventAction);
  out.note = event.note;
  out.regarding = ReferenceOf(event.regarding);
  if (event.related) out.related = ReferenceOf(*event.related);
  recorder_->Record(std::move(out));
}

void Shell::Perform(Action action) {
  std::visit(
      [this](auto& given) {
        using T = std::decay_t<decltype(given)>;
        if constexpr (std::is_same_v<T, Observe>) {
          lookers_->Do([this, request = std::move(given.request)] { LookAt(request); });
        } else if constexpr (std::is_same_v<T, EmitEvent>) {
          Emit(given);
        } else if constexpr (std::is_same_v<T, LogLine>) {
          // At most four fields are given; a line takes them one by one.
          std::string_view keys[4];
          std::string_view values[4];
          const std::size_t count = std::min<std::size_t>(4, given.fields.size());
          for (std::size_t i = 0; i < count; ++i) {
            keys[i] = given.fields[i].first;
            values[i] = given.fields[i].second;
          }
          if (!with_.logger.Enabled(given.level)) return;
          switch (count) {
            case 0:
              with_.logger.Write(given.level, given.message, {});
              break;
            case 1:
              with_.logger.Write(given.level, given.message, {{keys[0], values[0]}});
              break;
            case 2:
              with_.logger.Write(given.level, given.message,
                                 {{keys[0], values[0]}, {keys[1], values[1]}});
              break;
            case 3:
              with_.logger.Write(
                  given.level, given.message,
                  {{keys[0], values[0]}, {keys[1], values[1]}, {keys[2], values[2]}});
              break;
            default:
              with_.logger.Write(given.level, given.message,
                                 {{keys[0], values[0]},
                                  {keys[1], values[1]},
                                  {keys[2], values[2]},
                                  {keys[3], values[3]}});
          }
        } else if constexpr (std::is_same_v<T, ReadBaseline>) {
          writers_->Do([this, action = std::move(given)] {
            if (auto input = api_.Do(action)) inbox_.PushAnswer(std::move(*input));
          });
        } else {
          writers_->Do([this, action = std::move(given)] { inbox_.PushAnswer(api_.Do(action)); });
        }
      },
      action);
}

}  // namespace plimsoll::controller
