#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "baseline/derive.h"
#include "baseline/fingerprint.h"
#include "unit/controller/core_driver.h"

namespace plimsoll::controller {
namespace {

using namespace std::chrono_literals;
using baseline::Posture;
using baseline::State;

constexpr char kRepository[] = "ghcr.io/acme/web";
const std::string kImage = std::string(kRepository) + "@" + DigestOf('a');
const std::string kOther = std::string(kRepository) + "@" + DigestOf('b');

// A repository that one signer has established, with one image running.
std::unique_ptr<Driver> Established() {
  auto driver = std::make_unique<Driver>();
  driver->Serve(DigestOf('a'), {ReleaseSigner()});
  driver->Run("web-1", kImage, kImage);
  driver->Lead();
  driver->Pass(50h);
  EXPECT_NE(driver->Stored(kRepository), nullptr);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kEstablished);
  return driver;
}

TEST(Core, NothingIsAskedOrWrittenBeforeTheCachesAreWholeAndTheLeaseIsHeld) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("web-1", kImage, kImage);
  driver.Give(LeaderChanged{true});
  driver.Give(Synced{Collection::kPods});
  driver.Pass(1h);
  EXPECT_TRUE(driver.looks.empty());
  EXPECT_TRUE(driver.creates.empty());
  driver.Give(LeaderChanged{false});
  driver.Lead();
  EXPECT_EQ(driver.looks.size(), 1u);
  EXPECT_EQ(driver.creates.size(), 1u);
}

TEST(Core, ARunningImageGetsABaselineWithAllConditions) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(1min);
  const api::SigningBaseline* stored = driver.Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->record.state, State::kLearning);
  EXPECT_EQ(stored->record.running_images, 1u);
  EXPECT_EQ(stored->record.conditions.size(), 5u);
  for (const auto& condition : stored->record.conditions) {
    EXPECT_FALSE(condition.message.empty()) << condition.type;
    EXPECT_EQ(condition.observed_generation, 1) << condition.type;
  }
  EXPECT_EQ(driver.looks[0].repository, kRepository);
  EXPECT_EQ(driver.looks[0].digest, DigestOf('a'));
}

TEST(Core, ARegistryThatDoesNotAnswerGetsABaselineThatSaysSo) {
  Driver driver;
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(1h);
  const api::SigningBaseline* stored = driver.Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  const auto* observed = baseline::FindCondition(stored->record, "Observed");
  ASSERT_NE(observed, nullptr);
  EXPECT_EQ(observed->status, baseline::ConditionStatus::kFalse);
  EXPECT_EQ(observed->reason, "RegistryUnreachable");
  EXPECT_GT(driver.looks.size(), 3u);
  EXPECT_LT(driver.looks.size(), 30u);
}

TEST(Core, EveryStatusCarriesTheVersionItWasComputedFrom) {
  const auto driver = Established();
  std::set<std::string> versions;
  for (const WriteBaseline& write : driver->writes) {
    EXPECT_FALSE(write.object->meta.resource_version.empty());
    EXPECT_TRUE(versions.insert(write.object->meta.resource_version).second);
  }
}

TEST(Core, AQuietDayCostsFourWrites) {
  const auto driver = Established();
  const std::size_t before = driver->writes.size();
  driver->Pass(24h);
  EXPECT_LE(driver->writes.size() - before, 4u);
}

TEST(Core, ScalingWritesNothing) {
  const auto driver = Established();
  driver->Pass(1min);
  const std::size_t before = driver->writes.size();
  for (int i = 0; i < 50; ++i) driver->Run("scaled-" + std::to_string(i), kImage, kImage);
  driver->Pass(5min);
  for (int i = 0; i < 50; ++i) driver->Give(PodGone{"uid-scaled-" + std::to_string(i)});
  driver->Pass(5min);
  EXPECT_EQ(driver->writes.size(), before);
}

TEST(Core, AConflictIsReadAndComputedAgain) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->hold_writes = true;
  driver->Run("web-2", kOther, kOther);
  ASSERT_FALSE(driver->writes.empty());
  const WriteBaseline late = driver->writes.back();
  // Somebody touches the object in the meantime.
  api::SigningBaseline& object = driver->server[api::BaselineName(kRepository)];
  object.record.digests_forgotten = 7;
  object.meta.resource_version = driver->Version();
  driver->hold_writes = false;
  driver->Store(late);
  driver->Give(Tick{});
  driver->Pass(2min);
  EXPECT_EQ(driver->reads.size(), 1u);
  const api::SigningBaseline* stored = driver->Stored(kRepository);
  EXPECT_EQ(stored->record.digests_forgotten, 7u);
  ASSERT_NE(baseline::WorstOpenDrift(stored->record), nullptr);
  EXPECT_EQ(baseline::WorstOpenDrift(stored->record)->kind, baseline::DriftKind::kSignerChanged);
}

TEST(Core, AWriteWhoseAnswerIsLostIsFoundDone) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->hold_writes = true;
  driver->Run("web-2", kOther, kOther);
  const WriteBaseline sent = driver->writes.back();
  driver->Store(sent);
  driver->inputs.clear();  // the answer never comes
  driver->hold_writes = false;
  driver->Pass(10min);
  EXPECT_EQ(driver->EventsOf("SignerChanged", false), 1u);
  EXPECT_EQ(driver->EventsOf("SignerChanged", true), 1u);
}

TEST(Core, ADriftIsWrittenAtOnceAndToldOnBaselineAndPod) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  const api::SigningBaseline* stored = driver->Stored(kRepository);
  EXPECT_EQ(stored->record.state, State::kDrifted);
  EXPECT_EQ(stored->record.severity, baseline::Severity::kCritical);
  ASSERT_EQ(driver->EventsOf("SignerChanged", false), 1u);
  ASSERT_EQ(driver->EventsOf("SignerChanged", true), 1u);
  for (const EmitEvent& event : driver->events) {
    if (event.reason != "SignerChanged") continue;
    EXPECT_TRUE(event.warning);
    EXPECT_FALSE(event.regarding.uid.empty());
    ASSERT_TRUE(event.related);
    EXPECT_NE(event.note.find("mallory@evil.example"), std::string::npos) << event.note;
    if (event.regarding.pod) {
      EXPECT_EQ(event.regarding.field_path, "spec.containers{main}");
    } else {
      EXPECT_EQ(event.related->name, "web-2");
    }
  }
  driver->Pass(24h);
  EXPECT_EQ(driver->EventsOf("SignerChanged", false), 1u);
  EXPECT_EQ(driver->EventsOf("SignerChanged", true), 1u);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
}

TEST(Core, AtMostTwentyPodsAreToldOfOneDriftAndTheRestIsCounted) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  for (int i = 0; i < 30; ++i) driver->Run("bad-" + std::to_string(i), kOther, kOther);
  driver->Pass(5min);
  EXPECT_EQ(driver->EventsOf("SignerChanged", true), 20u);
  EXPECT_EQ(driver->EventsOf("SignerChanged", false), 2u);
  EXPECT_EQ(driver->Stored(kRepository)->record.drift.at(0).pod_events, 20u);
}

TEST(Core, ANewLeaderTellsNothingTwice) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  const auto pod = driver->Run("web-2", kOther, kOther);
  driver->Pass(5min);
  Driver next;
  next.now = driver->now;
  next.server = driver->server;
  next.version = driver->version;
  next.registry = driver->registry;
  next.Give(PodChanged{pod});
  next.Lead();
  next.Pass(24h);
  EXPECT_TRUE(next.events.empty());
  EXPECT_EQ(next.Stored(kRepository)->record.state, State::kDrifted);
}

TEST(Core, ANewLeaderTellsWhatTheOneBeforeWroteAndNeverTold) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  const auto pod = driver->Run("web-2", kOther, kOther);
  Driver next;  // the leader before died between its write and its Events: nobody was told
  next.now = driver->now;
  next.server = driver->server;
  for (auto& drift : next.server[api::BaselineName(kRepository)].record.drift) drift.pod_events = 0;
  next.registry = driver->registry;
  next.Give(PodChanged{pod});
  next.Lead();
  EXPECT_EQ(next.EventsOf("SignerChanged", false), 1u);
  EXPECT_EQ(next.EventsOf("SignerChanged", true), 1u);
}

TEST(Core, AResultThatWasNotAskedForIsDropped) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(2min);
  const std::size_t writes = driver.writes.size();
  ObserveResult forged;
  forged.id = driver.looks.back().id;  // answered already
  forged.observation.digest = DigestOf('a');
  forged.observation.posture = Posture::kInvalid;
  driver.Give(Observed{forged});
  forged.id = 999'999;
  driver.Give(Observed{forged});
  driver.Pass(2min);
  EXPECT_EQ(driver.writes.size(), writes);
  EXPECT_EQ(driver.Stored(kRepository)->record.images.at(0).posture, Posture::kSignedKeyless);
}

TEST(Core, AnAnswerThatNeverComesIsAskedForAgain) {
  Driver driver;
  driver.hold_looks = true;
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  EXPECT_EQ(driver.looks.size(), 1u);
  driver.Pass(20min);
  EXPECT_EQ(driver.looks.size(), 2u);
  EXPECT_NE(driver.looks[0].id, driver.looks[1].id);
}

TEST(Core, AnEndedPodIsJudged) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("job-1", kImage, kImage, "shop", api::PodPhase::kSucceeded);
  driver.Lead();
  driver.Pass(2min);
  const api::SigningBaseline* stored = driver.Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->record.images.at(0).posture, Posture::kSignedKeyless);
  EXPECT_EQ(stored->record.running_images, 0u);
  EXPECT_TRUE(stored->record.last_running_time);
}

TEST(Core, ADigestThatWasSeenOnceIsJudgedAlsoWhenItsPodIsGone) {
  const auto driver = Established();
  driver->hold_looks = true;
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("short", kOther, kOther);
  driver->Give(PodGone{"uid-short"});
  ASSERT_EQ(driver->looks.back().digest, DigestOf('b'));
  driver->hold_looks = false;
  driver->Answer(driver->looks.back());
  driver->Give(Tick{});
  driver->Pass(2min);
  const baseline::ImageRecord* image =
      baseline::FindImage(driver->Stored(kRepository)->record, DigestOf('b'));
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->posture, Posture::kSignedKeyless);
  EXPECT_FALSE(image->drift.empty());
}

TEST(Core, AnImageLoadedByHandIsUnknownAndNobodyIsAsked) {
  Driver driver;
  driver.Run("web-1", std::string(kRepository) + ":1", DigestOf('c'));
  driver.Lead();
  driver.Pass(1h);
  EXPECT_TRUE(driver.looks.empty());
  const api::SigningBaseline* stored = driver.Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->record.images.at(0).posture, Posture::kUnknown);
  const auto* observed = baseline::FindCondition(stored->record, "Observed");
  ASSERT_NE(observed, nullptr);
  EXPECT_EQ(observed->reason, "NoManifestDigest");
}

TEST(Core, AnImageVolumeByTagIsJudgedByWhatTheTagResolvesTo) {
  Driver driver;
  driver.Serve("7", {ReleaseSigner()});
  auto pod = std::make_shared<api::Pod>();
  pod->uid = "uid-v";
  pod->name = "v";
  pod->name_space = api::Interned("shop");
  pod->created = driver.now;
  pod->image_volumes.push_back(
      {api::Interned("model"), api::Interned(std::string(kRepository) + ":7")});
  driver.Give(PodChanged{pod});
  driver.Lead();
  driver.Pass(2min);
  EXPECT_TRUE(driver.looks.at(0).digest.empty());
  EXPECT_EQ(driver.looks.at(0).tag, "7");
  const api::SigningBaseline* stored = driver.Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  ASSERT_EQ(stored->record.images.size(), 1u);
  EXPECT_EQ(stored->record.images[0].digest, DigestOf('7'));
  EXPECT_TRUE(stored->record.images[0].running);
  const auto& notes = stored->record.images[0].notes;
  EXPECT_NE(std::find(notes.begin(), notes.end(), "DigestFromTag"), notes.end());
}

TEST(Core, ADeletionByOthersIsToldAndTrustStartsAnew) {
  const auto driver = Established();
  const std::string name = api::BaselineName(kRepository);
  const std::string uid = driver->Stored(kRepository)->meta.uid;
  driver->server.erase(name);
  driver->Give(BaselineGone{name, uid});
  driver->Pass(5min);
  EXPECT_EQ(driver->EventsOf("TrustDiscarded", false), 1u);
  EXPECT_EQ(driver->core.View(driver->now).trust_discarded, 1u);
  const api::SigningBaseline* stored = driver->Stored(kRepository);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->record.state, State::kLearning);
  const auto* established = baseline::FindCondition(stored->record, "Established");
  ASSERT_NE(established, nullptr);
  EXPECT_EQ(established->reason, "TrustDiscarded");
  for (const EmitEvent& event : driver->events) {
    if (event.reason == "TrustDiscarded") {
      EXPECT_EQ(event.regarding.uid, stored->meta.uid);
    }
  }
}

TEST(Core, ALateWordOfAnEarlierObjectsDeletionDiscardsNothing) {
  const auto driver = Established();
  const std::string name = api::BaselineName(kRepository);
  const std::string uid = driver->Stored(kRepository)->meta.uid;
  driver->server.erase(name);
  driver->Give(BaselineGone{name, uid});
  driver->Pass(5min);
  const std::size_t creates = driver->creates.size();
  driver->Give(BaselineGone{name, uid});
  driver->Pass(5min);
  EXPECT_EQ(driver->creates.size(), creates);
  EXPECT_EQ(driver->EventsOf("TrustDiscarded", false), 1u);
  EXPECT_EQ(driver->core.View(driver->now).trust_discarded, 1u);
}

TEST(Core, AnEarlierObjectThatIsReadLateDiscardsNothing) {
  const auto driver = Established();
  const std::string name = api::BaselineName(kRepository);
  const api::SigningBaseline earlier = *driver->Stored(kRepository);
  driver->server.erase(name);
  driver->Give(BaselineGone{name, earlier.meta.uid});
  driver->Pass(5min);
  driver->Give(BaselineChanged{earlier});
  driver->Pass(5min);
  EXPECT_EQ(driver->core.View(driver->now).trust_discarded, 1u);
  EXPECT_NE(driver->Stored(kRepository)->meta.uid, earlier.meta.uid);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kLearning);
}

TEST(Core, ANewObjectIsWrittenWithoutWaitingForTheMinuteOfTheOldOne) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {ReleaseSigner()});
  driver->Run("web-2", kOther, kOther);
  driver->Pass(1min);
  const std::string name = api::BaselineName(kRepository);
  const std::string uid = driver->Stored(kRepository)->meta.uid;
  const std::size_t before = driver->writes.size();
  ASSERT_LT(driver->now - *driver->Stored(kRepository)->record.last_observed_time, 1min + 1s);
  driver->server.erase(name);
  driver->Give(BaselineGone{name, uid});
  EXPECT_GT(driver->writes.size(), before);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kLearning);
}

TEST(Core, AnIdleBaselineIsPrunedWhenItsTimeHasCome) {
  Driver driver;
  driver.Serve(DigestOf('a'), {});
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(1h);
  driver.Give(PodGone{"uid-web-1"});
  driver.Pass(29 * 24h);
  EXPECT_TRUE(driver.deletes.empty());
  driver.Pass(2 * 24h);
  ASSERT_EQ(driver.deletes.size(), 1u);
  EXPECT_EQ(driver.Stored(kRepository), nullptr);
  EXPECT_EQ(driver.EventsOf("BaselinePruned", false), 1u);
  EXPECT_EQ(driver.EventsOf("TrustDiscarded", false), 0u);
  EXPECT_EQ(driver.core.View(driver.now).trust_discarded, 0u);
}

TEST(Core, ADriftIsNeverPruned) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  driver->Pass(1h);
  driver->Give(PodGone{"uid-web-1"});
  driver->Give(PodGone{"uid-web-2"});
  driver->Pass(20 * 24h);
  EXPECT_TRUE(driver->deletes.empty());
}

TEST(Core, AnObjectOfAnotherRepositoryIsNeverUsed) {
  Driver driver;
  api::SigningBaseline other;
  other.meta.name = api::BaselineName(kRepository);
  other.meta.uid = "u";
  other.meta.resource_version = "5";
  other.record.repository = "ghcr.io/evil/web";
  driver.server[other.meta.name] = other;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(24h);
  EXPECT_TRUE(driver.writes.empty());
  EXPECT_TRUE(driver.creates.empty());
  EXPECT_TRUE(driver.deletes.empty());
}

api::SigningPolicyObject Policy(const std::string& name, const std::string& repository) {
  api::SigningPolicyObject object;
  object.meta.name = name;
  object.meta.uid = "u-" + name;
  object.meta.generation = 1;
  object.meta.resource_version = "1";
  object.policy.name = name;
  object.policy.repositories = {repository};
  return object;
}

TEST(Core, AnAcceptanceTakesEffectAtOnceAndItsRemovalToo) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  api::SigningPolicyObject policy = Policy("accept", kRepository);
  baseline::Acceptance entry;
  entry.kind = baseline::DriftKind::kSignerChanged;
  entry.fingerprint = baseline::SignerFingerprint(entry.kind, kRepository, StrangeSigner());
  entry.repository = kRepository;
  entry.reason = "a new maintainer";
  policy.policy.accepted_drift.push_back(entry);
  driver->Give(PolicyChanged{policy});
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kEstablished);
  EXPECT_EQ(driver->EventsOf("DriftAccepted", false), 1u);
  driver->Give(PolicyGone{"accept"});
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
}

TEST(Core, APolicySaysWhetherItIsInForce) {
  const auto driver = Established();
  driver->Give(PolicyChanged{Policy("quiet", "ghcr.io/acme/**")});
  driver->Pass(5s);
  ASSERT_FALSE(driver->policy_writes.empty());
  const WritePolicy& write = driver->policy_writes.back();
  EXPECT_EQ(write.meta.name, "quiet");
  EXPECT_EQ(write.status.matched_repositories, 1u);
  ASSERT_EQ(write.status.conditions.size(), 1u);
  EXPECT_EQ(write.status.conditions[0].reason, "InForce");
}

TEST(Core, OneNamespaceBringsAtMostAThousandNewBaselinesADay) {
  Driver driver;
  driver.Lead();
  for (int i = 0; i < 1'001; ++i) {
    const std::string image = "r.io/many/" + std::to_string(i) + "@" + DigestOf('a');
    driver.Run("p" + std::to_string(i), image, image, "greedy");
  }
  driver.Pass(10min);
  EXPECT_EQ(driver.server.size(), 1'000u);
  EXPECT_EQ(driver.EventsOf("BaselineLimit", true), 1u);
  driver.Run("modest", kImage, kImage, "other");
  driver.Pass(1min);
  EXPECT_NE(driver.Stored(kRepository), nullptr);
  driver.Pass(26h);
  EXPECT_EQ(driver.server.size(), 1'002u);
}

TEST(Core, AllWritesTogetherAreAtMostTenASecond) {
  Driver driver;
  driver.Lead();
  for (int i = 0; i < 100; ++i) {
    const std::string image = "r.io/many/" + std::to_string(i) + "@" + DigestOf('a');
    driver.Serve(DigestOf('a'), {ReleaseSigner()});
    driver.Run("p" + std::to_string(i), image, image);
  }
  EXPECT_LE(driver.creates.size() + driver.writes.size(), 10u);
  driver.Pass(1s);
  EXPECT_LE(driver.creates.size() + driver.writes.size(), 21u);
}

TEST(Core, APullSecretIsNamedOnlyForAPodThatRunsTheImage) {
  Driver driver;
  driver.hold_looks = true;
  driver.Run("web-1", kImage, kImage, "shop", api::PodPhase::kRunning, {"regcred"});
  driver.Lead();
  ASSERT_TRUE(driver.looks.at(0).credential);
  EXPECT_EQ(driver.looks[0].credential->name_space, "shop");
  EXPECT_EQ(driver.looks[0].credential->pull_secrets, std::vector<std::string>{"regcred"});
  driver.Give(PodGone{"uid-web-1"});
  driver.Pass(20min);
  ASSERT_EQ(driver.looks.size(), 2u);
  EXPECT_FALSE(driver.looks[1].credential);
}

TEST(Core, ALeaderThatLostTheLeaseAsksAndWritesNothingMore) {
  const auto driver = Established();
  driver->Give(LeaderChanged{false});
  const std::size_t looks = driver->looks.size();
  const std::size_t writes = driver->writes.size();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  driver->Pass(24h);
  EXPECT_EQ(driver->looks.size(), looks);
  EXPECT_EQ(driver->writes.size(), writes);
  EXPECT_TRUE(driver->core.View(driver->now).baselines.empty());
  driver->Give(LeaderChanged{true});
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
}

TEST(Core, AClockThatGoesBackStopsNothing) {
  const auto driver = Established();
  driver->now -= 30 * 24h;
  driver->Give(Tick{});
  const std::size_t looks = driver->looks.size();
  driver->Pass(8h);
  EXPECT_GT(driver->looks.size(), looks);
}

TEST(Core, APodThatIsListedAgainChangesNothing) {
  const auto driver = Established();
  const auto pod = driver->Run("web-2", kImage, kImage);
  const std::size_t writes = driver->writes.size();
  driver->Give(PodChanged{pod});
  driver->Give(PodChanged{std::make_shared<const api::Pod>(*pod)});
  driver->Give(PodGone{"uid-web-1"});
  driver->Pass(5min);
  EXPECT_EQ(driver->writes.size(), writes);
  EXPECT_TRUE(driver->Stored(kRepository)->record.images.at(0).running);
}

TEST(CoreView, CountsOpenDriftByRepositoryKindAndSeverity) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  const CoreView view = driver->core.View(driver->now);
  EXPECT_TRUE(view.leading);
  ASSERT_EQ(view.open_drift.size(), 1u);
  EXPECT_EQ(view.open_drift[0].repository, kRepository);
  EXPECT_EQ(view.open_drift[0].kind, baseline::DriftKind::kSignerChanged);
  EXPECT_EQ(view.baselines.at({"Drifted", "LocalOnly"}), 1u);
  EXPECT_EQ(view.images.at("SignedKeyless"), 2u);
}

}  // namespace
}  // namespace plimsoll::controller
