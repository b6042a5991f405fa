// A history of one repository from a seed: Pods that come and go, whatever may be seen of their images, policies that
// people write, time that passes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "world.h"

namespace plimsoll::baseline::testing {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool OneIn(std::size_t n) { return Below(n) == 0; }
  template <class T>
  const T& Of(const std::vector<T>& list) {
    return list[Below(list.size())];
  }
  template <class T>
  void Shuffle(std::vector<T>& list) {
    std::shuffle(list.begin(), list.end(), engine_);
  }

 private:
  std::mt19937_64 engine_;
};

inline const std::vector<Signer>& Signers() {
  static const std::vector<Signer> kSigners{
      Workflow(),
      Workflow("acme/web", "refs/tags/v2"),
      Workflow("acme/shop"),
      Workflow("acme/web", "refs/tags/v3", "11", "99"),
      Workflow("acme/web", "refs/tags/v1", "", ""),
      Workflow("acme/web", "refs/heads/main"),
      Stranger(),
      Key('a'),
      Key('b'),
  };
  return kSigners;
}

inline const std::vector<std::string>& Names() {
  static const std::vector<std::string> kNames{"a", "b", "c", "d", "e", "f"};
  return kNames;
}

// A random observation of a digest; its own generator, so that what is seen does not depend on the world.
inline Observation RandomObservation(Random& random, const std::string& name, Time now) {
  static const std::vector<Posture> kPostures{Posture::kSignedKeyless, Posture::kSignedKeyless,
                                              Posture::kSignedKeyless, Posture::kSignedKeyBased,
                                              Posture::kAttested,      Posture::kUnsigned,
                                              Posture::kUnsigned,      Posture::kUnverifiable,
                                              Posture::kInvalid,       Posture::kUnknown};
  Observation seen = Seen(name, random.Of(kPostures));
  const auto add = [&](const Signer& signer) {
    ObservedSigner by =
        random.OneIn(3) ? By(signer) : LoggedBy(signer, now - hours(random.Below(2000)));
    if (random.OneIn(12)) by.docker_reference = "ghcr.io/other/web";
    if (random.OneIn(8)) by.provenance_only = true;
    seen.signers.push_back(std::move(by));
  };
  const auto signer_of = [&](SignerKind kind) {
    for (;;) {
      const Signer& signer = random.OneIn(2) ? Signers()[0] : random.Of(Signers());
      if (signer.kind == kind) return signer;
      if (kind == SignerKind::kKey) return Key(random.OneIn(3) ? 'b' : 'a');
    }
  };
  switch (seen.posture) {
    case Posture::kSignedKeyless:
    case Posture::kAttested:
      add(signer_of(SignerKind::kKeyless));
      seen.signers.front().provenance_only = false;
      if (random.OneIn(4)) add(random.Of(Signers()));
      break;
    case Posture::kSignedKeyBased:
      add(signer_of(SignerKind::kKey));
      break;
    case Posture::kUnverifiable:
      seen.reason = random.OneIn(2) ? "UnknownAuthority" : "NoKey";
      seen.trust_root_stale = random.OneIn(4);
      if (random.OneIn(3)) seen.unlogged.push_back(signer_of(SignerKind::kKeyless));
      break;
    case Posture::kUnknown:
      seen.reason = "RegistryUnreachable";
      break;
    default:
      break;
  }
  if (IsSigned(seen.posture) && random.OneIn(6)) {
    seen.provenance.push_back({"https://github.com/acme/web", random.OneIn(3) ? "b2" : "b1",
                               seen.signers.front().signer});
  }
  if (random.OneIn(6)) {
    seen.log.answer = random.OneIn(3) ? LogLane::Answer::kUnanswered : LogLane::Answer::kAnswered;
    if (seen.log.answer == LogLane::Answer::kAnswered) {
      if (random.OneIn(2)) {
        LogLane::Proven proof;
        proof.signer = signer_of(SignerKind::kKeyless);
        proof.here = random.OneIn(2);
        seen.log.proven.push_back(std::move(proof));
      }
      seen.log.contradicted = random.OneIn(2);
    }
  }
  return seen;
}

struct History {
  explicit History(std::uint64_t seed) : random(seed) {}

  Random random;
  Record record = NewRecord(kRepository, Start());
  Settings settings;
  std::map<std::string, SigningPolicy> policies;
  PolicySet set;
  std::map<std::string, RunningDigest> running;
  Time now = Start();
  std::optional<Time> wake;

  bool policies_changed = false;
  std::string accepted_now;  // the one fingerprint that was accepted in this moment

  void PassTime() {
    static const std::vector<Duration> kJumps{seconds(0),  seconds(30), minutes(1), minutes(5),
                                              minutes(16), hours(1),    hours(3),   hours(6),
                                              hours(25),   hours(49),   Days(10),   Days(31)};
    now += random.OneIn(10) ? random.Of(kJumps) : kJumps[random.Below(8)];
  }

  void ChangePods() {
    for (const std::string& name : Names()) {
      if (!random.OneIn(6)) continue;
      if (running.contains(name)) {
        running.erase(name);
      } else {
        RunningDigest digest;
        digest.digest = Digest(name);
        digest.pod_created = now - (random.OneIn(6) ? hours(random.Below(60)) : hours(0));
        running[name] = digest;
      }
    }
  }

  void ChangePolicies() {
    policies_changed = false;
    accepted_now.clear();
    if (!random.OneIn(8)) return;
    policies_changed = true;
    if (random.OneIn(4)) {
      if (policies.contains("pin")) {
        policies.erase("pin");
      } else {
        policies["pin"] = PinPolicy("pin", Signers()[random.Below(3)]);
      }
    } else if (!record.drift.empty() && random.OneIn(2)) {
      Accept(random.Of(record.drift));
    } else if (!policies.empty()) {
      auto victim = policies.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random.Below(policies.size())));
      policies.erase(victim);
    }
    std::vector<SigningPolicy> all;
    for (const auto& [name, policy] : policies) all.push_back(policy);
    set = PolicySet::Make(std::move(all));
  }

  void Accept(const DriftRecord& drift) {
    Acceptance acceptance;
    acceptance.kind = drift.kind;
    acceptance.repository = kRepository;
    acceptance.reason = "random";
    acceptance.fingerprint = drift.fingerprint;
    if (!NamesSigner(drift.kind) && !drift.digests.empty() && random.OneIn(2)) {
      acceptance.fingerprint = random.Of(drift.digests).fingerprint;
    }
    if (acceptance.fingerprint.starts_with("r-") || random.OneIn(2)) {
      acceptance.expiration_time = now + hours(1 + random.Below(2000));
    }
    accepted_now = acceptance.fingerprint;
    SigningPolicy policy;
    policy.name = "accept-" + acceptance.fingerprint;
    policy.repositories = {random.OneIn(2) ? kRepository : "ghcr.io/**"};
    policy.accepted_drift.push_back(std::move(acceptance));
    policies[policy.name] = std::move(policy);
  }

  Moment Next() {
    Moment moment;
    moment.now = now;
    moment.running.emplace();
    for (const auto& [name, digest] : running) moment.running->push_back(digest);
    for (const auto& [name, digest] : running) {
      if (random.OneIn(3)) moment.observations.push_back(RandomObservation(random, name, now));
    }
    return moment;
  }
};

}  // namespace plimsoll::baseline::testing
