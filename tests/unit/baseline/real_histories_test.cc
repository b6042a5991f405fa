// What Plimsoll would have said about the past of others: Chainguard's images of 2022 and CPython's releases of four
// years, every signature verified, in the order of the log, through the same functions as a cluster's.
//
// What is expected was worked out by hand from who signed what when, and stands above each test. A release is looked at
// when it is logged and once more 25 h later; it runs until the next one takes its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/test_data/test_data.h"
#include "unit/baseline/world.h"
#include "unit/sigstore/real_seeds.h"
#include "unit/sigstore/third_party.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Release {
  Time time{};
  std::string name;  // of the image or file
  Observation seen;
};

Signer SignerOf(const sigstore::Signer& signer) {
  Signer out = MakeKeyless(signer.identity, signer.issuer);
  out.build_config_uri = signer.build_config_uri;
  out.source_repository_uri = signer.source_repository_uri;
  out.source_repository_id = signer.source_repository_id;
  out.source_repository_owner_id = signer.source_repository_owner_id;
  return out;
}

// A release as it would be observed; nothing when its signature does not verify, which fails the test.
std::optional<Release> ReleaseOf(const std::string& name, const std::string& digest,
                                 const sigstore::Verification& verification) {
  if (!verification.verified() || !verification.log->integrated_time) {
    ADD_FAILURE() << name << ": " << sigstore::Describe(verification);
    return std::nullopt;
  }
  Release release;
  release.time = *verification.log->integrated_time;
  release.name = name;
  release.seen.digest = digest;
  release.seen.posture = Posture::kSignedKeyless;
  ObservedSigner by = LoggedBy(SignerOf(*verification.signer), release.time);
  by.log->log_id = verification.log->log_id;
  by.log->entry_hash = verification.log->entry_hash;
  by.docker_reference = verification.docker_reference;
  release.seen.signers.push_back(std::move(by));
  return release;
}

void Sort(std::vector<Release>& releases) {
  std::sort(releases.begin(), releases.end(), [](const Release& a, const Release& b) {
    return std::tie(a.time, a.seen.digest) < std::tie(b.time, b.seen.digest);
  });
}

std::vector<Release> Chainguard() {
  std::vector<Release> releases;
  const auto verifier = sigstore::MustCreate(sigstore::TrustRoot::PublicGood());
  for (const auto& seed : sigstore::ChainguardSeeds()) {
    auto release = ReleaseOf(seed.name, seed.expected.digests.front(),
                             verifier.VerifyClassic(seed.View(), seed.expected));
    if (release) releases.push_back(*std::move(release));
  }
  Sort(releases);
  return releases;
}

std::vector<Release> CPython() {
  std::vector<Release> releases;
  const auto verifier = sigstore::MustCreate(sigstore::TrustRoot::PublicGood());
  for (const auto& seed : sigstore::CPythonSeeds()) {
    auto release = ReleaseOf(seed.name, seed.expected.digests.front(),
                             verifier.VerifyBundle(seed.bundle, seed.expected));
    if (release) releases.push_back(*std::move(release));
  }
  Sort(releases);
  return releases;
}

// The life of one repository that runs each release until the next.
class Past {
 public:
  Past(std::string repository, std::vector<std::string> aliases, bool people_accept)
      : repository_(std::move(repository)), people_accept_(people_accept) {
    settings_.aliases = std::move(aliases);
  }

  void Take(const Release& release) {
    if (!running_) record_ = NewRecord(repository_, release.time);
    if (running_ && release.time - since_ > hours(25)) {
      // The same again, a day later, as the re-check of a cluster finds it.
      PassUntil(since_ + hours(25));
      Step(*running_);
    }
    PassUntil(release.time);
    running_ = release.seen;
    since_ = release.time;
    Step(release.seen);
  }

  const Record& record() const { return record_; }
  // "SignerChanged critical WHO", in order; WHO is the short name of the new signer.
  const std::vector<std::string>& alarms() const { return alarms_; }
  std::size_t joined() const { return joined_; }

 private:
  void PassUntil(Time until) {
    while (wake_ && *wake_ < until) {
      now_ = *wake_;
      Step(std::nullopt);
    }
    now_ = until;
  }

  void Step(std::optional<Observation> seen) {
    Moment moment;
    moment.now = now_;
    if (seen) moment.observations.push_back(*std::move(seen));
    moment.running.emplace();
    if (running_) moment.running->push_back({running_->digest, since_, true, false, {}});
    StepResult result = baseline::Step(record_, policies_, settings_, moment);
    record_ = std::move(result.record);
    wake_ = result.wake;
    std::vector<Acceptance> accepted;
    for (const Transition& transition : result.transitions) {
      if (transition.what == TransitionKind::kDriftJoined) joined_ += 1;
      if (transition.what != TransitionKind::kDriftOpened) continue;
      const auto& signer = transition.verdict->signer;
      alarms_.push_back(std::string(ToText(*transition.kind)) + " " +
                        std::string(ToText(*transition.severity)) + " " +
                        (signer ? ShortSigner(*signer) : std::string("nobody")));
      Acceptance entry;
      entry.fingerprint = transition.fingerprint;
      entry.kind = *transition.kind;
      entry.repository = repository_;
      entry.reason = "announced by the project";
      accepted.push_back(std::move(entry));
    }
    if (!people_accept_ || accepted.empty()) return;
    SigningPolicy policy;
    policy.name = "accept-" + std::to_string(names_++);
    policy.repositories = {repository_};
    policy.accepted_drift = std::move(accepted);
    all_.push_back(std::move(policy));
    policies_ = PolicySet::Make(all_);
    Step(std::nullopt);
  }

  const std::string repository_;
  const bool people_accept_;
  Settings settings_;
  Record record_;
  std::vector<SigningPolicy> all_;
  PolicySet policies_;
  Time now_{};
  std::optional<Time> wake_;
  std::optional<Observation> running_;
  Time since_{};
  int names_ = 0;
  std::vector<std::string> alarms_;
  std::size_t joined_ = 0;
};

std::string LastSegment(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// 26 repositories, each signed by its own workflow on its main branch, from its first image to its last. Expected:
// nobody is ever called, and the log has established every one of them.
TEST(RealHistories, ChainguardsRepositoriesRaiseNoAlarm) {
  PLIMSOLL_NEEDS_TEST_DATA();
  std::map<std::string, Past> pasts;
  for (const Release& release : Chainguard()) {
    pasts.try_emplace(release.name, release.name, std::vector<std::string>{}, false)
        .first->second.Take(release);
  }
  EXPECT_EQ(pasts.size(), 26u);
  for (const auto& [name, past] : pasts) {
    EXPECT_THAT(past.alarms(), IsEmpty()) << name;
    EXPECT_THAT(past.record().drift, IsEmpty()) << name;
    EXPECT_EQ(past.record().state, State::kEstablished) << name;
    EXPECT_EQ(past.record().strength, Strength::kLogCorroborated) << name;
  }
}

// Six images moved from ghcr.io/distroless to ghcr.io/chainguard-images on 2022-09-20. Who mirrors both under one name
// sees another workflow from one image to the next. Certificates of that time carry no numeric IDs, so nothing proves a
// rename. Expected of each: one critical SignerChanged on that day, one fingerprint for all that follow, and, when a
// person has accepted it, silence over the 65 to 82 images until December.
TEST(RealHistories, ChainguardsMoveIsOneAlarmAnImageName) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::vector<Release> releases = Chainguard();
  const auto run = [&](bool people_accept) {
    std::map<std::string, Past> pasts;
    for (const Release& release : releases) {
      const std::string name = LastSegment(release.name);
      const std::vector<std::string> upstream{"ghcr.io/distroless/" + name,
                                              "ghcr.io/chainguard-images/" + name};
      pasts.try_emplace(name, "mirror.example/" + name, upstream, people_accept)
          .first->second.Take(release);
    }
    return pasts;
  };
  const std::vector<std::string> moved{"busybox", "glibc-dynamic", "melange",
                                       "sdk",     "static",        "wolfi-base"};
  for (const auto& [name, past] : run(true)) {
    const bool has_moved = std::find(moved.begin(), moved.end(), name) != moved.end();
    if (!has_moved) {
      EXPECT_THAT(past.alarms(), IsEmpty()) << name;
      continue;
    }
    // A short name is cut in its middle when it is long.
    ASSERT_EQ(past.alarms().size(), 1u) << name;
    EXPECT_THAT(past.alarms().front(),
                ::testing::StartsWith("SignerChanged Critical chainguard-im"));
    EXPECT_EQ(past.joined(), 0u) << name;
    EXPECT_EQ(past.record().state, State::kEstablished) << name;
    ASSERT_EQ(past.record().accepted.size(), 1u) << name;
    EXPECT_EQ(FormatTime(*past.record().accepted.front().opened_time).substr(0, 10), "2022-09-20");
  }
  for (const auto& [name, past] : run(false)) {
    const bool has_moved = std::find(moved.begin(), moved.end(), name) != moved.end();
    EXPECT_EQ(past.alarms().size(), has_moved ? 1u : 0u) << name;
    EXPECT_EQ(past.record().drift.size(), has_moved ? 1u : 0u) << name;
  }
}

// Each series of CPython has one release manager. Expected: nobody is called about any of nine series in four years,
// also where a release of 2021 was signed in 2023.
TEST(RealHistories, ASeriesOfCPythonRaisesNoAlarm) {
  PLIMSOLL_NEEDS_TEST_DATA();
  std::map<std::string, Past> pasts;
  for (const Release& release : CPython()) {
    // https://www.python.org/ftp/python/3.10.7/...
    const std::string version =
        release.name.substr(std::string("https://www.python.org/ftp/python/").size());
    const std::string series = version.substr(0, version.find('.', 2));
    pasts.try_emplace(series, "python.example/" + series, std::vector<std::string>{}, false)
        .first->second.Take(release);
  }
  EXPECT_EQ(pasts.size(), 9u);
  for (const auto& [series, past] : pasts) {
    EXPECT_THAT(past.alarms(), IsEmpty()) << series;
    EXPECT_EQ(past.record().state, State::kEstablished) << series;
  }
}

// All series in one repository: five release managers, of whom Pablo Galindo Salgado came first (2022-09-06) and is
// established a day later. Expected, with a person who accepts each when he appears: four alarms in four years.
TEST(RealHistories, CPythonsReleaseManagersAreOneAlarmEach) {
  PLIMSOLL_NEEDS_TEST_DATA();
  Past past("python.example/python", {}, true);
  for (const Release& release : CPython()) past.Take(release);
  EXPECT_THAT(past.alarms(), ElementsAre("SignerChanged Critical lukasz@langa.pl",
                                         "SignerChanged Critical nad@python.org",
                                         "SignerChanged Critical thomas@python.org",
                                         "SignerChanged Critical hugo@python.org"));
  EXPECT_EQ(past.joined(), 0u);
  EXPECT_EQ(past.record().state, State::kEstablished);
  EXPECT_EQ(past.record().accepted.size(), 4u);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
