// A cluster, its registries and its people, made up from one seed: everything that the controller's core meets,
// and everything that goes wrong around it.
//
// In it are: an API server (versions, conflicts, watches that lag, outages), Pods that come, go and end, registries
// that answer, fail, answer late, twice or never, two controllers that crash, are paused and take over from each
// other, clocks that jump, people who accept, pin, annotate and delete, and attackers who push what they can.
//
// The promises (promises.h) look on: at every write and Event, and at the end, after a calm.
//
// Deterministic: one thread, simulated time, chance from the seed alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "base/time.h"
#include "baseline/observation.h"
#include "controller/core/core.h"
#include "simulation/random.h"

namespace plimsoll::simulation {

struct WorldSettings {
  std::uint64_t seed = 1;
  int days = 30;
  bool chaos = true;  // crashes, lost and late results, conflicts, outages, clock jumps
  bool attackers = true;
  bool verbose = false;
};

// What a registry would answer about one digest.
struct TrueImage {
  std::string repository;
  std::string digest;
  std::vector<baseline::ObservedSigner> signers;  // empty: unsigned
  bool evil = false;               // an attacker's, or one that nobody signed: never continuous
  std::optional<Time> good_since;  // since when its signatures continue the baseline
  std::optional<Time> bad_since;   // since when they do not
};

struct TrueRepository {
  std::string key;
  baseline::Signer signer;           // whoever releases it
  std::vector<std::string> digests;  // in order of release
  bool is_signed = true;
  bool down = false;  // its registry gives no answer
  int releases = 0;
  // What the promises need to know: people threw its trust away, or accepted something of it.
  bool discarded = false;
  bool accepted = false;
};

struct StoredPod {
  std::shared_ptr<const api::Pod> pod;
  std::string repository;
  std::string digest;
};

// What a run came to. A broken promise is its first sentence, else empty.
struct Outcome {
  std::string broken;
  std::uint64_t steps = 0;
  std::uint64_t writes = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t events = 0;
  std::uint64_t observations = 0;
  std::uint64_t crashes = 0;
  std::uint64_t drifts = 0;
  std::uint64_t acceptances = 0;
  std::uint64_t discarded = 0;
  std::uint64_t pruned = 0;
};

class World {
 public:
  explicit World(const WorldSettings& settings);
  ~World();
  Outcome Run();

 private:
  friend class Promises;
  struct Controller;
  using Do = std::function<void()>;

  // world.cc: time
  void At(Time when, Do what);
  void After(Duration wait, Do what) { At(now_ + wait, std::move(what)); }
  Duration Seconds(std::int64_t least, std::int64_t most);
  void Say(const std::string& text);

  // world.cc: controllers
  void Start(std::size_t index);
  void Crash(std::size_t index);
  void Give(std::size_t index, controller::Input input);
  void GiveLater(std::size_t index, controller::Input input, Duration wait);
  void Deliver(std::size_t index);
  void Perform(std::size_t index, controller::Action action);
  void Elect();
  void Wake(std::size_t index, Time when);

  // api_server.cc
  void Create(std::size_t index, const controller::CreateBaseline& action);
  void Write(std::size_t index, const controller::WriteBaseline& action);
  void Delete(std::size_t index, const controller::DeleteBaseline& action);
  void WritePolicy(std::size_t index, const controller::WritePolicy& action);
  void Read(std::size_t index, const controller::ReadBaseline& action);
  void Answer(std::size_t index, std::uint64_t id, const std::string& name, const std::string& uid,
              controller::WriteOutcome outcome, const api::SigningBaseline* object,
              const api::SigningPolicyObject* policy = nullptr);
  void Broadcast(const controller::Input& input);
  void ListAgain(std::size_t index);
  std::string NextVersion() { return std::to_string(++version_); }
  bool ApiDown() const { return now_ < api_down_until_; }

  // registry.cc
  void Look(std::size_t index, const controller::ObserveRequest& request);
  baseline::Observation TrueObservation(const TrueImage& image) const;
  std::string Release(TrueRepository& repository, bool by_attacker, bool unsigned_image);

  // happenings.cc
  void Begin();
  void Happen();
  void RunPod(const std::string& repository, const std::string& digest, bool by_tag);
  void EndPod(std::string uid, bool leave_ended);
  void SomethingWrong();
  void PeopleAct();
  void AttackersAct();
  void Calm();

  const WorldSettings settings_;
  Random random_;
  Time now_;
  Time calm_from_;
  bool calm_ = false;

  struct Timed {
    Time when;
    std::uint64_t order;
    Do what;
    bool operator<(const Timed& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  std::vector<Timed> agenda_;  // a heap
  std::uint64_t order_ = 0;

  std::vector<std::unique_ptr<Controller>> controllers_;
  std::optional<std::size_t> lease_holder_;
  Time lease_until_{};

  std::uint64_t version_ = 100;
  Time api_down_until_{};
  std::map<std::string, api::SigningBaseline> baselines_;
  std::map<std::string, api::SigningPolicyObject> policies_;
  std::map<std::string, StoredPod> pods_;  // by uid
  std::uint64_t names_ = 0;

  std::map<std::string, TrueRepository> repositories_;
  std::map<std::pair<std::string, std::string>, TrueImage> images_;
  // When a Pod last ran a digest.
  std::map<std::pair<std::string, std::string>, Time> last_ran_;

  std::unique_ptr<class Promises> promises_;
  Outcome outcome_;
};

}  // namespace plimsoll::simulation
