// What happens in a world: releases and Pods, outages and crashes, people and attackers.
#include <algorithm>
#include <utility>

#include "api/names.h"
#include "baseline/derive.h"
#include "simulation/controllers.h"
#include "simulation/promises.h"
#include "simulation/world.h"

namespace plimsoll::simulation {
namespace {

constexpr int kRepositories = 5;
// Repositories whose drifts people accept; the promises about strangers are about the others.
bool IsSocial(const std::string& key) { return key.ends_with("0"); }

std::string SignerName(const std::string& key) {
  return "https://github.com/acme/x/.github/workflows/r.yml@refs/tags/" +
         key.substr(key.rfind('/') + 1);
}

}  // namespace

void World::RunPod(const std::string& repository, const std::string& digest, bool by_tag) {
  auto pod = std::make_shared<api::Pod>();
  pod->uid = "pod-uid-" + std::to_string(++names_);
  pod->name = "pod-" + std::to_string(names_);
  pod->name_space = api::Interned("ns" + std::to_string(random_.Below(3)));
  pod->resource_version = NextVersion();
  pod->created = WholeSeconds(now_);
  pod->phase = api::PodPhase::kRunning;
  api::PodContainer container;
  container.name = api::Interned("main");
  container.image = api::Interned(by_tag ? repository + ":latest" : repository + "@" + digest);
  container.image_id = api::Interned(repository + "@" + digest);
  pod->containers.push_back(container);
  if (random_.Chance(0.2)) pod->pull_secrets.push_back(api::Interned("regcred"));
  pods_[pod->uid] = {pod, repository, digest};
  last_ran_[{repository, digest}] = now_;
  Say("Pod " + pod->name + " runs " + repository + "@" + digest.substr(0, 19));
  Broadcast(controller::PodChanged{pod});
}

// By value: the caller's is the key of what is erased.
void World::EndPod(std::string uid, bool leave_ended) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return;
  last_ran_[{found->second.repository, found->second.digest}] = now_;
  if (leave_ended) {
    auto ended = std::make_shared<api::Pod>(*found->second.pod);
    ended->phase = api::PodPhase::kSucceeded;
    ended->resource_version = NextVersion();
    found->second.pod = ended;
    Broadcast(controller::PodChanged{ended});
    After(Seconds(60, 3'600), [this, uid] {
      if (pods_.erase(uid) != 0) Broadcast(controller::PodGone{uid});
    });
    return;
  }
  pods_.erase(found);
  Broadcast(controller::PodGone{uid});
}

void World::Begin() {
  for (int i = 0; i < kRepositories; ++i) {
    TrueRepository repository;
    repository.key = "registry.example/team/app" + std::to_string(i);
    repository.signer = baseline::MakeKeyless(SignerName(repository.key),
                                              "https://token.actions.githubusercontent.com");
    repository.signer.source_repository_id = std::to_string(1'000 + i);
    repository.signer.source_repository_owner_id = "42";
    repository.is_signed = !random_.Chance(0.15);
    const std::string key = repository.key;
    repositories_[key] = std::move(repository);
    TrueRepository& kept = repositories_[key];
    const std::string digest = Release(kept, false, !kept.is_signed);
    After(Seconds(0, 7'200), [this, key, digest] { RunPod(key, digest, random_.Chance(0.5)); });
  }
  After(Seconds(600, 3'600), [this] { Happen(); });
  if (settings_.chaos) After(Seconds(600, 7'200), [this] { SomethingWrong(); });
  After(Seconds(86'400, 200'000), [this] { PeopleAct(); });
  if (settings_.attackers) After(Seconds(3'600, 100'000), [this] { AttackersAct(); });
}

void World::Happen() {
  if (calm_) return;
  After(Seconds(1'800, 28'800), [this] { Happen(); });
  auto at = repositories_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.Below(repositories_.size())));
  TrueRepository& repository = at->second;
  const std::uint64_t what = random_.Below(10);
  if (what < 4) {
    const std::string digest = Release(repository, false, !repository.is_signed);
    RunPod(repository.key, digest, random_.Chance(0.5));
  } else if (what < 6) {
    std::string digest = repository.digests[random_.Below(repository.digests.size())];
    // Nobody deploys an attack on purpose, and an old Job is an ordinary thing.
    if (!images_[{repository.key, digest}].evil)
      RunPod(repository.key, digest, random_.Chance(0.5));
  } else if (!pods_.empty()) {
    auto pod = pods_.begin();
    std::advance(pod, static_cast<std::ptrdiff_t>(random_.Below(pods_.size())));
    EndPod(pod->first, random_.Chance(0.3));
  }
}

void World::SomethingWrong() {
  if (calm_) return;
  After(Seconds(3'600, 60'000), [this] { SomethingWrong(); });
  const std::size_t index = random_.Below(controllers_.size());
  Controller& c = *controllers_[index];
  switch (random_.Below(8)) {
    case 0:
      Crash(index);
      break;
    case 1:
      if (!c.alive()) break;
      Say("controller " + std::to_string(index) + " is paused");
      c.paused_until = now_ + Seconds(20, 400);
      At(c.paused_until, [this, index] { Give(index, controller::Tick{}); });
      After(std::chrono::seconds(16) + Seconds(0, 10), [this] { Elect(); });
      break;
    case 2: {
      const Duration jump = Seconds(-7'200, 7'200);
      Say("the clock of controller " + std::to_string(index) + " jumps by " +
          std::to_string(jump.count() / 1'000'000));
      c.skew = jump;
      After(Seconds(60, 20'000), [this, index] { controllers_[index]->skew = Duration{}; });
      break;
    }
    case 3:
      Say("the API server is gone");
      api_down_until_ = now_ + Seconds(10, 1'800);
      break;
    case 4:
    case 5: {
      auto at = repositories_.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random_.Below(repositories_.size())));
      Say("the registry of " + at->first + " is down");
      at->second.down = true;
      After(Seconds(60, 40'000), [this, key = at->first] { repositories_[key].down = false; });
      break;
    }
    case 6:
      Say("controller " + std::to_string(index) + " lists everything again");
      ListAgain(index);
      break;
    default:
      // The leader is killed just when the other one has begun to start anew.
      Crash(0);
      Crash(1);
      break;
  }
}

void World::PeopleAct() {
  if (calm_) return;
  After(Seconds(43'200, 300'000), [this] { PeopleAct(); });
  if (baselines_.empty()) return;
  auto at = baselines_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.Below(baselines_.size())));
  api::SigningBaseline& object = at->second;
  TrueRepository& repository = repositories_[object.repository()];
  const std::uint64_t what = random_.Below(6);
  if (what == 0) {
    Say("a person annotates " + at->first);
    object.meta.discard_trust = "looking around";
    object.meta.resource_version = NextVersion();
    Broadcast(controller::BaselineChanged{object});
  } else if (what == 1 && random_.Chance(0.3)) {
    Say("a person deletes " + at->first);
    repository.discarded = true;
    ++outcome_.discarded;
    const controller::BaselineGone gone{at->first, object.meta.uid};
    baselines_.erase(at);
    Broadcast(gone);
  } else if (what <= 3) {
    const baseline::DriftRecord* drift = baseline::WorstOpenDrift(object.record);
    if (drift == nullptr || !IsSocial(repository.key)) return;
    repository.accepted = true;
    ++outcome_.acceptances;
    api::SigningPolicyObject policy;
    policy.meta.name = "accept-" + std::to_string(++names_);
    policy.meta.uid = "uid-" + std::to_string(names_);
    policy.meta.generation = 1;
    policy.meta.resource_version = NextVersion();
    policy.policy.name = policy.meta.name;
    policy.policy.repositories = {repository.key};
    baseline::Acceptance entry;
    entry.fingerprint = !drift->digests.empty() && !drift->digests.front().fingerprint.empty()
                            ? drift->digests.front().fingerprint
                            : drift->fingerprint;
    entry.kind = drift->kind;
    entry.repository = repository.key;
    entry.reason = "looked at";
    entry.expiration_time = WholeSeconds(now_ + Seconds(86'400, 900'000));
    policy.policy.accepted_drift.push_back(entry);
    Say("a person accepts " + entry.fingerprint + " of " + repository.key);
    const std::string name = policy.meta.name;
    policies_[name] = policy;
    Broadcast(controller::PolicyChanged{policy});
    After(Seconds(86'400, 900'000), [this, name] {
      if (policies_.erase(name) != 0) Broadcast(controller::PolicyGone{name});
    });
  } else {
    // A pin of the signer that is right.
    if (!repository.is_signed) return;
    api::SigningPolicyObject policy;
    policy.meta.name = "pin-" + std::to_string(++names_);
    policy.meta.uid = "uid-" + std::to_string(names_);
    policy.meta.generation = 1;
    policy.meta.resource_version = NextVersion();
    policy.policy.name = policy.meta.name;
    policy.policy.repositories = {repository.key};
    baseline::Pin pin;
    pin.name = "release";
    baseline::KeylessPin keyless;
    keyless.issuer = repository.signer.issuer;
    keyless.identity = repository.signer.canonical_identity;
    pin.keyless = keyless;
    policy.policy.signers.push_back(pin);
    Say("a person pins the signer of " + repository.key);
    const std::string name = policy.meta.name;
    policies_[name] = policy;
    Broadcast(controller::PolicyChanged{policy});
    After(Seconds(86'400, 900'000), [this, name] {
      if (policies_.erase(name) != 0) Broadcast(controller::PolicyGone{name});
    });
  }
}

void World::AttackersAct() {
  if (calm_) return;
  After(Seconds(20'000, 250'000), [this] { AttackersAct(); });
  auto at = repositories_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.Below(repositories_.size())));
  TrueRepository& repository = at->second;
  const auto stored = baselines_.find(api::BaselineName(repository.key));
  // Who comes before the first signature was seen is part of the first use: nothing is promised about that.
  if (!repository.is_signed || stored == baselines_.end() || !stored->second.record.learning_time ||
      now_ - *stored->second.record.learning_time < std::chrono::hours(1)) {
    return;
  }
  const std::uint64_t what = random_.Below(4);
  if (what == 0) {
    // A stranger signs a genuine image too, at the registry.
    const std::string digest = repository.digests[random_.Below(repository.digests.size())];
    TrueImage& image = images_[{repository.key, digest}];
    if (image.evil || image.signers.size() != 1) return;
    baseline::ObservedSigner stranger = image.signers.front();
    stranger.signer = baseline::MakeKeyless("mallory@evil.example", "https://accounts.example");
    image.signers.push_back(stranger);
    Say("a stranger signs " + digest.substr(0, 19) + " of " + repository.key + " too");
    return;
  }
  const bool is_unsigned = what == 1;
  const std::string digest = Release(repository, true, is_unsigned);
  Say("an attacker pushes " + digest.substr(0, 19) + (is_unsigned ? " unsigned" : "") + " to " +
      repository.key);
  ++outcome_.drifts;
  const std::uint64_t pods = 1 + random_.Below(3);
  for (std::uint64_t i = 0; i < pods; ++i) RunPod(repository.key, digest, true);
}

void World::Calm() {
  calm_ = true;
  Say("calm");
  api_down_until_ = now_;
  for (auto& [key, repository] : repositories_) repository.down = false;
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    Controller& c = *controllers_[i];
    c.skew = Duration{};
    c.paused_until = std::min(c.paused_until, now_);
    if (!c.alive()) Start(i);
    Give(i, controller::Tick{});
    // What was lost on the way to it, it sees when it lists again.
    for (const auto& [name, object] : baselines_)
      GiveLater(i, controller::BaselineChanged{object}, Seconds(0, 5));
  }
  After(std::chrono::seconds(20), [this] { Elect(); });
}

}  // namespace plimsoll::simulation
