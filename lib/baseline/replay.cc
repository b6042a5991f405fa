#include "baseline/replay.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace plimsoll::baseline {
namespace {

struct Runs {
  bool running = false;
  Time pod_created{};
};

struct Repository {
  std::optional<Record> record;
  std::map<std::string, Runs> digests;  // that ran at least once
  std::optional<Time> wake;
};

// What a file cannot say: keyless signers that did not verify completely lack a log proof.
Observation FromFile(const Observation& line) {
  Observation observation = line;
  if (IsSigned(line.posture)) return observation;
  observation.signers.clear();
  for (const ObservedSigner& signer : line.signers) {
    const bool unlogged = signer.signer.kind == SignerKind::kKeyless && !signer.log;
    if (line.posture == Posture::kUnverifiable && unlogged) {
      observation.unlogged.push_back(signer.signer);
    }
  }
  return observation;
}

bool IsJudged(const Record& record, std::string_view digest) {
  if (const ImageRecord* image = FindImage(record, digest)) {
    return image->posture != Posture::kUnknown;
  }
  const RememberedRecord* remembered = FindRemembered(record, digest);
  return remembered != nullptr && remembered->posture != Posture::kUnknown;
}

}  // namespace

struct Replay::Impl {
  using Out = std::function<void(const ReplayLine&)>;

  explicit Impl(Settings given) : settings(std::move(given)) {}

  void EndMoment(const Out& out);
  void TakePolicies();
  void Delete(const std::string& name);
  void TakeObservations();
  void StepAll();
  void Judge(const ReplayObservation& seen, ReplayLine& line) const;
  void Attach(ReplayOutputEvent event, std::string_view digest);

  Settings settings;
  std::map<std::string, SigningPolicy> policies;
  PolicySet set;
  std::map<std::string, Repository> repositories;
  std::vector<ReplayEvent> moment;
  std::vector<ReplayLine> lines;
  std::map<std::string, std::vector<Observation>> seen;
  std::set<std::string> touched;
  bool policies_changed = false;
  Time now{};
  bool started = false;
  std::uint64_t denied = 0;
};

void Replay::Impl::TakePolicies() {
  policies_changed = false;
  for (ReplayEvent& event : moment) {
    if (auto* policy = std::get_if<ReplayPolicy>(&event.what)) {
      policies[policy->policy.name] = std::move(policy->policy);
      policies_changed = true;
    } else if (const auto* removed = std::get_if<ReplayPolicyRemoved>(&event.what)) {
      policies.erase(removed->name);
      policies_changed = true;
    }
  }
  if (!policies_changed) return;
  std::vector<SigningPolicy> all;
  for (const auto& [name, policy] : policies) all.push_back(policy);
  set = PolicySet::Make(std::move(all));
}

// A reset of trust: what runs is seen for the first time again.
void Replay::Impl::Delete(const std::string& name) {
  const auto found = repositories.find(name);
  if (found == repositories.end() || !found->second.record) return;
  Repository& repository = found->second;
  const bool own = IsPrunable(*repository.record, now);
  repository.record.reset();
  std::erase_if(repository.digests, [](const auto& named) { return !named.second.running; });
  if (!own) Attach({"TrustDiscarded", name, std::nullopt, {}}, {});
  if (repository.digests.empty()) return;
  repository.record = NewRecord(name, now, !own);
  touched.insert(name);
}

void Replay::Impl::TakeObservations() {
  for (const ReplayEvent& event : moment) {
    const auto* line = std::get_if<ReplayObservation>(&event.what);
    if (line == nullptr) continue;
    const std::string& digest = line->observation.digest;
    Repository& repository = repositories[line->repository];
    auto place = repository.digests.find(digest);
    if (line->running == true && place == repository.digests.end()) {
      place = repository.digests.emplace(digest, Runs{}).first;
      place->second.pod_created = std::min(line->pod_created.value_or(now), now);
    }
    if (place == repository.digests.end())
      continue;  // it never ran: it is asked about, not learned
    if (line->running) place->second.running = *line->running;
    if (line->pod_created && *line->pod_created < place->second.pod_created) {
      place->second.pod_created = *line->pod_created;
    }
    if (!repository.record) repository.record = NewRecord(line->repository, now);
    seen[line->repository].push_back(FromFile(line->observation));
    touched.insert(line->repository);
  }
}

void Replay::Impl::StepAll() {
  for (auto& [name, repository] : repositories) {
    if (!repository.record) continue;
    const bool due = repository.wake && *repository.wake <= now;
    if (!policies_changed && !due && !touched.contains(name)) continue;
    Moment what;
    what.now = now;
    what.running.emplace();
    if (const auto found = seen.find(name); found != seen.end()) {
      what.observations = std::move(found->second);
    }
    std::set<std::string_view> looked_at;
    for (const Observation& one : what.observations) looked_at.insert(one.digest);
    for (const auto& [digest, runs] : repository.digests) {
      if (!runs.running && !looked_at.contains(digest)) continue;
      RunningDigest running;
      running.digest = digest;
      running.pod_created = runs.pod_created;
      running.running = runs.running;
      what.running->push_back(std::move(running));
    }
    StepResult result = Step(*repository.record, set, settings, what);
    repository.record = std::move(result.record);
    repository.wake = result.wake;
    for (const Transition& transition : result.transitions) {
      const std::string_view reason = EventReason(transition);
      if (reason.empty() || !transition.pages) continue;
      Attach({std::string(reason), name, transition.severity, transition.fingerprint},
             transition.digest);
    }
    const auto prune = PruneTime(*repository.record);
    if (prune && *prune <= now) {
      repository.record.reset();
      repository.digests.clear();
      repository.wake.reset();
      Attach({"BaselinePruned", name, std::nullopt, {}}, {});
    } else if (prune && (!repository.wake || *prune < *repository.wake)) {
      repository.wake = prune;
    }
  }
}

// To the line of the digest, else to the first of the repository, else to the first of the moment.
void Replay::Impl::Attach(ReplayOutputEvent event, std::string_view digest) {
  ReplayLine* target = nullptr;
  ReplayLine* of_repository = nullptr;
  for (ReplayLine& line : lines) {
    if (line.repository != event.repository) continue;
    if (of_repository == nullptr) of_repository = &line;
    if (!digest.empty() && line.digest == digest && target == nullptr) target = &line;
  }
  if (target == nullptr) target = of_repository;
  if (target == nullptr) target = &lines.front();
  target->events.push_back(std::move(event));
}

// What admission in a denying namespace would answer.
void Replay::Impl::Judge(const ReplayObservation& asked, ReplayLine& line) const {
  const auto found = repositories.find(asked.repository);
  const Record* record =
      found != repositories.end() && found->second.record ? &*found->second.record : nullptr;
  const EffectivePolicy policy = set.For(asked.repository, now);
  const Observation observation = FromFile(asked.observation);
  const bool judged = record != nullptr && IsJudged(*record, observation.digest);
  const AdmissionVerdict verdict = Admit(record, asked.repository, observation.digest, policy,
                                         settings, judged ? nullptr : &observation, now);
  line.verdict = verdict.verdict;
  line.kind = verdict.kind;
  line.severity = verdict.severity;
  line.fingerprint = verdict.fingerprint;
  if (record == nullptr) return;
  line.state = record->state;
  line.strength = record->strength;
}

void Replay::Impl::EndMoment(const Out& out) {
  if (moment.empty()) return;
  seen.clear();
  touched.clear();
  lines.clear();
  for (const ReplayEvent& event : moment) {
    ReplayLine& line = lines.emplace_back();
    line.line = event.line;
    line.time = event.time;
    if (const auto* observed = std::get_if<ReplayObservation>(&event.what)) {
      line.repository = observed->repository;
      line.digest = observed->observation.digest;
    } else if (const auto* deleted = std::get_if<ReplayDeleted>(&event.what)) {
      line.repository = deleted->repository;
    }
  }
  TakePolicies();
  for (const ReplayEvent& event : moment) {
    if (const auto* deleted = std::get_if<ReplayDeleted>(&event.what)) Delete(deleted->repository);
  }
  TakeObservations();
  StepAll();
  for (std::size_t i = 0; i < moment.size(); ++i) {
    if (const auto* observed = std::get_if<ReplayObservation>(&moment[i].what)) {
      Judge(*observed, lines[i]);
    } else if (!lines[i].repository.empty()) {
      const auto found = repositories.find(lines[i].repository);
      if (found != repositories.end() && found->second.record) {
        lines[i].state = found->second.record->state;
        lines[i].strength = found->second.record->strength;
      }
    }
    if (lines[i].verdict == Admission::kDeny) denied += 1;
    if (out) out(lines[i]);
  }
  moment.clear();
}

Replay::Replay(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Replay::~Replay() = default;
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;

Status Replay::Feed(ReplayEvent event, const std::function<void(const ReplayLine&)>& out) {
  const Time time = WholeSeconds(event.time);
  if (impl_->started && time < impl_->now) {
    return Fail(kInvalidArgument, "line " + std::to_string(event.line) +
                                      ": expected lines in order of time, found " +
                                      FormatTime(time) + " after " + FormatTime(impl_->now));
  }
  if (impl_->started && time != impl_->now) impl_->EndMoment(out);
  impl_->started = true;
  impl_->now = time;
  impl_->moment.push_back(std::move(event));
  return {};
}

ReplaySummary Replay::Finish(const std::function<void(const ReplayLine&)>& out) {
  impl_->EndMoment(out);
  ReplaySummary summary;
  summary.denied = impl_->denied;
  for (const auto& [name, repository] : impl_->repositories) {
    if (!repository.record) continue;
    summary.repositories += 1;
    if (IsEstablished(*repository.record, impl_->set.For(name, impl_->now))) {
      summary.established += 1;
    }
    for (const DriftRecord& drift : repository.record->drift) {
      if (drift.ended_time) continue;
      (drift.severity == Severity::kCritical ? summary.open_critical : summary.open_warning) += 1;
    }
  }
  return summary;
}

const Record* Replay::Find(std::string_view repository) const {
  const auto found = impl_->repositories.find(std::string(repository));
  if (found == impl_->repositories.end() || !found->second.record) return nullptr;
  return &*found->second.record;
}

}  // namespace plimsoll::baseline
