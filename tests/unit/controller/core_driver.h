// Steps a core by hand: Pods and answers go in, and what it asks for is carried out at once on a small API server.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/names.h"
#include "api/signing_baseline.h"
#include "base/time.h"
#include "baseline/signer.h"
#include "controller/core/core.h"

namespace plimsoll::controller {

inline std::string DigestOf(char c) { return "sha256:" + std::string(64, c); }

inline baseline::Signer ReleaseSigner() {
  baseline::Signer signer =
      baseline::MakeKeyless("https://github.com/acme/web/.github/workflows/r.yml@refs/tags/v1",
                            "https://token.actions.githubusercontent.com");
  signer.source_repository_id = "1";
  signer.source_repository_owner_id = "2";
  return signer;
}
inline baseline::Signer StrangeSigner() {
  return baseline::MakeKeyless("mallory@evil.example", "https://accounts.example");
}

class Driver {
 public:
  explicit Driver(CoreSettings settings = {}) : core(std::move(settings)) {}

  // Whoever starts: whole caches, and the Lease.
  void Lead() {
    for (const auto& [name, object] : server) Give(BaselineChanged{object});
    for (const Collection c :
         {Collection::kPods, Collection::kNodes, Collection::kBaselines, Collection::kPolicies}) {
      Give(Synced{c});
    }
    Give(LeaderChanged{true});
  }

  std::shared_ptr<const api::Pod> Run(const std::string& name, const std::string& image,
                                      const std::string& image_id,
                                      const std::string& name_space = "shop",
                                      api::PodPhase phase = api::PodPhase::kRunning,
                                      const std::vector<std::string>& secrets = {}) {
    auto pod = std::make_shared<api::Pod>();
    pod->uid = "uid-" + name;
    pod->name = name;
    pod->name_space = api::Interned(name_space);
    pod->created = WholeSeconds(now);
    pod->phase = phase;
    pod->containers.push_back({api::Interned("main"), api::Interned(image), api::Interned(image_id),
                               api::ContainerList::kOrdinary});
    for (const std::string& secret : secrets) pod->pull_secrets.emplace_back(secret);
    Give(PodChanged{pod});
    return pod;
  }

  // One input, and everything that follows from it without time passing, as far as `hold` lets it.
  void Give(Input input) {
    inputs.push_back(std::move(input));
    while (!inputs.empty()) {
      const Input next = std::move(inputs.front());
      inputs.pop_front();
      StepOutput output = core.Step(next, now);
      wake = output.wake;
      for (Action& action : output.actions) Perform(std::move(action));
    }
  }

  // Time passes; the core is woken whenever it asked to be.
  void Pass(Duration duration) {
    const Time end = now + duration;
    while (wake && *wake <= end) {
      now = std::max(now + std::chrono::milliseconds(1), *wake);
      Give(Tick{});
    }
    now = end;
    Give(Tick{});
  }

  const api::SigningBaseline* Stored(const std::string& repository) const {
    const auto found = server.find(api::BaselineName(repository));
    return found == server.end() ? nullptr : &found->second;
  }
  std::size_t EventsOf(const std::string& reason, bool on_pod) const {
    std::size_t count = 0;
    for (const EmitEvent& event : events) {
      if (event.reason == reason && event.regarding.pod == on_pod) ++count;
    }
    return count;
  }
  std::string Version() { return std::to_string(++version); }

  Core core;
  Time now = FromUnixSeconds(1'790'000'000);
  std::optional<Time> wake;
  std::deque<Input> inputs;
  std::map<std::string, api::SigningBaseline> server;
  std::uint64_t version = 100;

  // What is held back waits here for the test.
  bool hold_looks = false;
  bool hold_writes = false;
  std::vector<ObserveRequest> looks;  // all of them
  std::vector<WriteBaseline> writes;  // all of them
  std::vector<CreateBaseline> creates;
  std::vector<WritePolicy> policy_writes;
  std::vector<ReadBaseline> reads;
  std::vector<DeleteBaseline> deletes;
  std::vector<EmitEvent> events;

  // What registries serve, by digest (or tag, for a request without a digest). Not there: no answer.
  std::map<std::string, baseline::Observation> registry;

  void Serve(const std::string& key, std::vector<baseline::Signer> signers) {
    baseline::Observation observation;
    observation.digest = key.starts_with("sha256:") ? key : DigestOf('7');
    observation.trust_root = "root";
    observation.posture =
        signers.empty() ? baseline::Posture::kUnsigned : baseline::Posture::kSignedKeyless;
    if (signers.empty()) observation.reason = "NoSignature";
    for (baseline::Signer& signer : signers) {
      baseline::ObservedSigner observed;
      observed.signer = std::move(signer);
      observed.storage = baseline::Storage::kSignatureTag;
      observed.level = baseline::Level::kManifest;
      observed.verified_time = WholeSeconds(now);
      observation.signers.push_back(std::move(observed));
    }
    registry[key] = std::move(observation);
  }

  void Answer(const ObserveRequest& request) {
    ObserveResult result;
    result.id = request.id;
    const auto found = registry.find(request.digest.empty() ? request.tag : request.digest);
    if (found != registry.end()) {
      result.observation = found->second;
      result.credential = "anonymously";
    } else {
      result.observation.digest = request.digest;
      result.observation.reason = "RegistryUnreachable";
      result.message = "connection refused";
    }
    inputs.emplace_back(Observed{std::move(result)});
  }

  void Store(const WriteBaseline& write) {
    WriteDone done;
    done.id = write.id;
    const auto found = server.find(write.object->meta.name);
    if (found == server.end()) {
      done.outcome = WriteOutcome::kNotFound;
    } else if (found->second.meta.resource_version != write.object->meta.resource_version) {
      done.outcome = WriteOutcome::kConflict;
    } else {
      found->second.record = write.object->record;
      found->second.meta.resource_version = Version();
      done.outcome = WriteOutcome::kDone;
      done.object = found->second;
    }
    inputs.emplace_back(std::move(done));
  }

 private:
  void Perform(Action action) {
    if (auto* look = std::get_if<Observe>(&action)) {
      looks.push_back(look->request);
      if (!hold_looks) Answer(look->request);
    } else if (auto* create = std::get_if<CreateBaseline>(&action)) {
      creates.push_back(*create);
      Create(*create);
    } else if (auto* write = std::get_if<WriteBaseline>(&action)) {
      writes.push_back(*write);
      if (!hold_writes) Store(*write);
    } else if (auto* remove = std::get_if<DeleteBaseline>(&action)) {
      deletes.push_back(*remove);
      server.erase(remove->name);
      WriteDone done;
      done.id = remove->id;
      done.outcome = WriteOutcome::kDone;
      inputs.emplace_back(std::move(done));
      inputs.emplace_back(BaselineGone{remove->name, remove->uid});
    } else if (auto* policy = std::get_if<WritePolicy>(&action)) {
      policy_writes.push_back(*policy);
    } else if (auto* read = std::get_if<ReadBaseline>(&action)) {
      reads.push_back(*read);
      const auto found = server.find(read->name);
      if (found == server.end()) {
        inputs.emplace_back(BaselineGone{read->name, read->uid});
      } else {
        inputs.emplace_back(BaselineChanged{found->second});
      }
    } else if (auto* event = std::get_if<EmitEvent>(&action)) {
      events.push_back(*event);
    }
  }

  void Create(const CreateBaseline& create) {
    WriteDone done;
    done.id = create.id;
    api::SigningBaseline object;
    object.meta.name = api::BaselineName(create.repository);
    object.meta.uid = "uid-" + object.meta.name + Version();
    object.meta.generation = 1;
    object.meta.created = WholeSeconds(now);
    object.meta.resource_version = Version();
    object.record.repository = create.repository;
    if (server.emplace(object.meta.name, object).second) {
      done.outcome = WriteOutcome::kDone;
      done.object = object;
    } else {
      done.outcome = WriteOutcome::kConflict;
    }
    inputs.emplace_back(std::move(done));
  }
};

}  // namespace plimsoll::controller
