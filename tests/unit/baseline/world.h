// One repository in a world of its own: tests say what runs and what is seen, minute by minute.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "baseline/admission.h"
#include "baseline/fingerprint.h"
#include "baseline/life.h"

namespace plimsoll::baseline::testing {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr char kRepository[] = "ghcr.io/acme/web";
inline constexpr char kGitHub[] = "https://token.actions.githubusercontent.com";

inline Time Start() { return FromUnixSeconds(1'780'000'000); }
inline constexpr Duration Days(int n) { return hours(24 * n); }

// "sha256:" and 64 characters, of which the name is the first.
inline std::string Digest(const std::string& name) {
  std::string hex;
  for (const char c : name) {
    hex += "0123456789abcdef"[(static_cast<unsigned char>(c) >> 4) & 15];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  hex.resize(64, '0');
  return "sha256:" + hex;
}

// A release workflow of `owner/name`, whose numeric IDs follow from the names unless given.
inline Signer Workflow(const std::string& repository = "acme/web",
                       const std::string& ref = "refs/tags/v1",
                       const std::string& repository_id = "11",
                       const std::string& owner_id = "22") {
  Signer signer = MakeKeyless(
      "https://github.com/" + repository + "/.github/workflows/release.yml@" + ref, kGitHub);
  signer.build_config_uri = signer.identity;
  signer.source_repository_uri = "https://github.com/" + repository;
  signer.source_repository_id = repository_id;
  signer.source_repository_owner_id = owner_id;
  return signer;
}

inline Signer Stranger(const std::string& name = "mallory",
                       const std::string& ref = "refs/tags/v1") {
  return Workflow(name + "/web", ref, "66" + std::to_string(name.size()), "667");
}

inline Signer Key(char fill = 'a') { return MakeKey(std::string(64, fill)); }

inline ObservedSigner By(Signer signer) {
  ObservedSigner observed;
  observed.signer = std::move(signer);
  observed.storage = Storage::kSignatureTag;
  observed.level = Level::kManifest;
  return observed;
}

// Logged at `time`, as keyless signatures of the public instance are.
inline ObservedSigner LoggedBy(Signer signer, Time time) {
  ObservedSigner observed = By(std::move(signer));
  observed.verified_time = time;
  observed.log.emplace();
  observed.log->origin = "log.example";
  observed.log->log_id = std::string(64, 'c');
  observed.log->index = static_cast<std::uint64_t>(UnixSeconds(time));
  observed.log->integrated_time = time;
  observed.log->entry_hash = std::string(64, 'd');
  return observed;
}

inline Observation Seen(const std::string& name, Posture posture,
                        std::vector<ObservedSigner> signers = {}) {
  Observation observation;
  observation.digest = Digest(name);
  observation.posture = posture;
  observation.signers = std::move(signers);
  return observation;
}

inline Observation Signed(const std::string& name, Signer signer) {
  const Posture posture =
      signer.kind == SignerKind::kKey ? Posture::kSignedKeyBased : Posture::kSignedKeyless;
  return Seen(name, posture, {By(std::move(signer))});
}

inline Observation SignedAt(const std::string& name, Signer signer, Time time) {
  const Posture posture =
      signer.kind == SignerKind::kKey ? Posture::kSignedKeyBased : Posture::kSignedKeyless;
  return Seen(name, posture, {LoggedBy(std::move(signer), time)});
}

inline Observation Attested(const std::string& name, Signer signer) {
  return Seen(name, Posture::kAttested, {By(std::move(signer))});
}

inline Observation Unsigned(const std::string& name) { return Seen(name, Posture::kUnsigned); }
inline Observation Invalid(const std::string& name) { return Seen(name, Posture::kInvalid); }

inline Observation Unverifiable(const std::string& name, std::string reason = "UnknownAuthority") {
  Observation observation = Seen(name, Posture::kUnverifiable);
  observation.reason = std::move(reason);
  return observation;
}

inline Observation Unknown(const std::string& name, std::string reason = "RegistryUnreachable") {
  Observation observation = Seen(name, Posture::kUnknown);
  observation.reason = std::move(reason);
  return observation;
}

inline Observation WithLog(Observation observation, std::vector<std::pair<Signer, bool>> proven,
                           bool contradicted = false) {
  observation.log.answer = LogLane::Answer::kAnswered;
  for (auto& [signer, here] : proven) {
    LogLane::Proven proof;
    proof.signer = std::move(signer);
    proof.here = here;
    observation.log.proven.push_back(std::move(proof));
  }
  observation.log.contradicted = contradicted;
  return observation;
}

class World {
 public:
  explicit World(std::string repository = kRepository)
      : repository_(std::move(repository)), now_(Start()), record_(NewRecord(repository_, now_)) {}

  // A repository whose signer has been seen for a day: Established, LocalOnly.
  static World Established(const Signer& signer = Workflow()) {
    World world;
    world.Run("first");
    world.See(Signed("first", signer));
    world.Pass(hours(25));
    world.See(Signed("first", signer));
    return world;
  }

  // One whose log history spans months: Established, LogCorroborated.
  static World Corroborated(const Signer& signer = Workflow()) {
    World world;
    world.Run("first");
    world.Run("second");
    world.See({SignedAt("first", signer, Start() - Days(90)),
               SignedAt("second", signer, Start() - Days(30))});
    world.Pass(minutes(1));
    return world;
  }

  // Time passes without anything being looked at; wakes are taken on the way, as the controller does.
  World& Pass(Duration duration) {
    const Time until = now_ + duration;
    while (wake_ && *wake_ <= until) {
      now_ = *wake_;
      Take({});
    }
    now_ = until;
    Take({});
    return *this;
  }

  // A digest's first Pod is created now (or at `created`).
  World& Run(const std::string& name, std::optional<Time> created = std::nullopt) {
    RunningDigest running;
    running.digest = Digest(name);
    running.pod_created = created.value_or(now_);
    running_[name] = running;
    return *this;
  }
  World& Stop(const std::string& name) {
    running_.erase(name);
    Take({});
    return *this;
  }

  World& See(Observation observation) {
    return See(std::vector<Observation>{std::move(observation)});
  }
  World& See(std::vector<Observation> observations) {
    Take(std::move(observations));
    return *this;
  }
  // Runs it from now on, and looks at it.
  World& Deploy(const std::string& name, Observation observation) {
    Run(name);
    return See(std::move(observation));
  }
  // Twice, long enough apart for an absence to count.
  World& SeeConfirmed(const Observation& observation) {
    See(observation);
    Pass(minutes(16));
    return See(observation);
  }

  World& Apply(SigningPolicy policy) {
    policies_[policy.name] = std::move(policy);
    Compile();
    Take({});
    return *this;
  }
  World& Remove(const std::string& name) {
    policies_.erase(name);
    Compile();
    Take({});
    return *this;
  }
  World& Accept(const std::string& fingerprint, DriftKind kind,
                std::optional<Time> expires = std::nullopt, const std::string& name = "accept") {
    SigningPolicy policy;
    policy.name = name;
    policy.repositories = {repository_};
    Acceptance acceptance;
    acceptance.fingerprint = fingerprint;
    acceptance.kind = kind;
    acceptance.repository = repository_;
    acceptance.reason = "judged";
    acceptance.expiration_time = expires;
    policy.accepted_drift.push_back(acceptance);
    return Apply(std::move(policy));
  }

  Verdict Judge(const Observation& observation) const {
    return Classify(record_, Policy(), settings_, observation, now_);
  }
  AdmissionVerdict Ask(const Observation& observation) const {
    return Admit(&record_, repository_, observation.digest, Policy(), settings_, &observation,
                 now_);
  }
  AdmissionVerdict Ask(const std::string& name) const {
    return Admit(&record_, repository_, Digest(name), Policy(), settings_, nullptr, now_);
  }
  EffectivePolicy Policy() const { return policies_compiled_.For(repository_, now_); }

  // What the last call gave rise to, as reasons of Events; a wake on the way counts.
  std::vector<std::string> TakeEvents() { return std::exchange(events_, {}); }
  const std::vector<Transition>& transitions() const { return transitions_; }
  const DriftRecord* Drift(DriftKind kind) const {
    for (const DriftRecord& drift : record_.drift) {
      if (drift.kind == kind) return &drift;
    }
    return nullptr;
  }
  bool IsOpen(DriftKind kind) const {
    const DriftRecord* drift = Drift(kind);
    return drift != nullptr && !drift->ended_time;
  }
  std::string Reason(std::string_view condition) const {
    const Condition* found = FindCondition(record_, condition);
    return found == nullptr ? std::string() : found->reason;
  }
  bool Trusts(const Signer& signer) const {
    for (const TrustedSigner& trusted : TrustedSigners(record_, Policy())) {
      if (SameSigner(trusted.signer(), signer)) return true;
    }
    return false;
  }
  const ImageRecord& Image(const std::string& name) const {
    return *FindImage(record_, Digest(name));
  }

  const Record& record() const { return record_; }
  Record& record() { return record_; }
  Time now() const { return now_; }
  void Set(Time now) { now_ = now; }
  Settings& settings() { return settings_; }
  const PolicySet& policies() const { return policies_compiled_; }
  const std::map<std::string, RunningDigest>& running() const { return running_; }
  std::optional<Time> wake() const { return wake_; }

  void Take(std::vector<Observation> observations,
            std::optional<HistoryResult> history = std::nullopt) {
    Moment moment;
    moment.now = now_;
    moment.running.emplace();
    for (const auto& [name, running] : running_) moment.running->push_back(running);
    moment.observations = std::move(observations);
    moment.history = std::move(history);
    StepResult result = Step(record_, policies_compiled_, settings_, moment);
    record_ = std::move(result.record);
    wake_ = result.wake;
    transitions_ = std::move(result.transitions);
    for (const Transition& transition : transitions_) {
      const std::string_view reason = EventReason(transition);
      if (!reason.empty()) events_.emplace_back(reason);
    }
  }

 private:
  void Compile() {
    std::vector<SigningPolicy> all;
    for (const auto& [name, policy] : policies_) all.push_back(policy);
    policies_compiled_ = PolicySet::Make(std::move(all));
  }

  std::string repository_;
  Time now_;
  Record record_;
  Settings settings_;
  std::map<std::string, RunningDigest> running_;
  std::map<std::string, SigningPolicy> policies_;
  PolicySet policies_compiled_;
  std::vector<Transition> transitions_;
  std::vector<std::string> events_;
  std::optional<Time> wake_;
};

// A policy that pins the identity of a workflow.
inline SigningPolicy PinPolicy(const std::string& name, const Signer& signer,
                               const std::string& repository = kRepository) {
  SigningPolicy policy;
  policy.name = name;
  policy.repositories = {repository};
  Pin pin;
  pin.name = "release";
  pin.keyless.emplace();
  pin.keyless->issuer = signer.issuer;
  pin.keyless->identity = signer.canonical_identity;
  policy.signers.push_back(pin);
  return policy;
}

}  // namespace plimsoll::baseline::testing
