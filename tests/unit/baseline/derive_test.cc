// What people see, words of the closed lists, and what is judged over many repositories.
#include "baseline/derive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "baseline/fleet.h"
#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ConditionTypes(const Record& record) {
  std::vector<std::string> types;
  for (const Condition& condition : record.conditions) types.push_back(condition.type);
  return types;
}

TEST(Derive, AllFiveConditionsStandFromTheFirstVisit) {
  World world;
  world.Run("a").Take({});
  EXPECT_THAT(ConditionTypes(world.record()),
              ElementsAre("Established", "Drifted", "LogCorroborated", "Verifiable", "Observed"));
  EXPECT_EQ(world.Reason("Drifted"), "NoDrift");
  EXPECT_EQ(world.Reason("LogCorroborated"), "NoLogEvidence");
}

TEST(Derive, AConditionsTransitionTimeMovesWithItsStatusOnly) {
  World world = World::Established();
  const auto before = FindCondition(world.record(), "Established")->last_transition_time;
  world.Apply(PinPolicy("pins", Workflow()));
  const Condition* after = FindCondition(world.record(), "Established");
  EXPECT_EQ(after->reason, "PinnedByPolicy");
  EXPECT_EQ(after->last_transition_time, before);
}

TEST(Derive, TheSummaryNamesTheWorstAndHowManyMore) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Workflow("acme/shop")));
  world.Deploy("c", Invalid("c"));
  EXPECT_EQ(world.record().drift_summary, "SignatureInvalid +1");
  EXPECT_EQ(world.record().severity, Severity::kCritical);
  EXPECT_EQ(world.Reason("Drifted"), "SignatureInvalid");
  EXPECT_EQ(world.record().drift.front().kind, DriftKind::kSignatureInvalid);
}

TEST(Derive, ASpikeNamesTheTrustRoot) {
  World world = World::Established();
  Moment moment;
  moment.now = world.now();
  moment.observations = {Unverifiable("first")};
  moment.spike = true;
  const StepResult result = Step(world.record(), PolicySet(), Settings(), moment);
  EXPECT_EQ(FindCondition(result.record, "Verifiable")->reason, "TrustRootStale");
  EXPECT_EQ(result.record.severity, Severity::kCritical);  // it changes no severity
}

TEST(Derive, LogTroubleIsToldWithoutTakingAwayWhatWasVerified) {
  World world = World::Corroborated();
  Moment moment;
  moment.now = world.now();
  moment.log_trouble = LogTrouble::kUnreachable;
  EXPECT_EQ(
      FindCondition(Step(world.record(), PolicySet(), Settings(), moment).record, "LogCorroborated")
          ->reason,
      "LogHistory");
  moment.log_trouble = LogTrouble::kInconsistent;
  EXPECT_EQ(
      FindCondition(Step(world.record(), PolicySet(), Settings(), moment).record, "LogCorroborated")
          ->reason,
      "LogInconsistent");
}

TEST(Derive, AttentionSaysHowSoonAnImageIsLookedAtAgain) {
  World world = World::Established();
  EXPECT_EQ(AttentionOf(world.record(), Digest("new")), Attention::kNew);
  EXPECT_EQ(AttentionOf(world.record(), Digest("first")), Attention::kRegular);
  world.See(Unsigned("first"));
  EXPECT_EQ(AttentionOf(world.record(), Digest("first")), Attention::kPending);
  world.Pass(minutes(5));
  world.See(Unsigned("first"));
  EXPECT_EQ(AttentionOf(world.record(), Digest("first")), Attention::kDrift);
  EXPECT_EQ(RecheckAfter(Attention::kPending, Settings()), minutes(5));
  EXPECT_EQ(RecheckAfter(Attention::kDrift, Settings()), hours(1));
  EXPECT_EQ(RecheckAfter(Attention::kRegular, Settings()), hours(6));
}

TEST(Words, EveryWordIsReadBackAsItIsWritten) {
  for (int i = 0; i < kDriftKinds; ++i) {
    const auto kind = static_cast<DriftKind>(i);
    EXPECT_EQ(FromText<DriftKind>(ToText(kind)), kind);
  }
  EXPECT_EQ(FromText<Posture>("SignedKeyless"), Posture::kSignedKeyless);
  EXPECT_FALSE(FromText<Posture>("signedkeyless"));
  EXPECT_FALSE(FromText<State>(""));
  EXPECT_EQ(ToText(Origin::kGrandfathered), "Grandfathered");
}

TEST(Words, TheWorstPostureOfChildrenFollowsTheContract) {
  const std::vector<Posture> from_worst{
      Posture::kInvalid,  Posture::kUnsigned,       Posture::kUnverifiable, Posture::kUnknown,
      Posture::kAttested, Posture::kSignedKeyBased, Posture::kSignedKeyless};
  for (std::size_t i = 1; i < from_worst.size(); ++i) {
    EXPECT_EQ(Worst(from_worst[i - 1], from_worst[i]), from_worst[i - 1]);
  }
}

TEST(NormaliseRepository, FollowsTheRepositoryKey) {
  EXPECT_EQ(NormaliseRepository("index.docker.io/library/nginx"), "docker.io/library/nginx");
  EXPECT_EQ(NormaliseRepository("nginx:1.27"), "docker.io/library/nginx");
  EXPECT_EQ(NormaliseRepository("acme/web@sha256:00"), "docker.io/acme/web");
  EXPECT_EQ(NormaliseRepository("GHCR.io:443/acme/web:v1"), "ghcr.io/acme/web");
  EXPECT_EQ(NormaliseRepository("localhost:5000/web"), "localhost:5000/web");
  EXPECT_EQ(NormaliseRepository(""), "docker.io/library/");
}

std::vector<TurnedUnverifiable> Turned(int n, const std::string& cause, Time when) {
  std::vector<TurnedUnverifiable> turned;
  for (int i = 0; i < n; ++i) turned.push_back({"r" + std::to_string(i), when, cause});
  return turned;
}

TEST(Spike, NeedsFiveRepositoriesAndATenthOfAll) {
  EXPECT_THAT(FindSpikes(Turned(4, "ca", Start()), 10, Start()), IsEmpty());
  EXPECT_EQ(FindSpikes(Turned(5, "ca", Start()), 50, Start()).size(), 1u);
  EXPECT_THAT(FindSpikes(Turned(5, "ca", Start()), 51, Start()), IsEmpty());
}

TEST(Spike, CountsEachRepositoryOnceForOneCauseWithinAnHour) {
  auto turned = Turned(4, "ca", Start());
  turned.push_back(turned.front());
  EXPECT_THAT(FindSpikes(turned, 10, Start()), IsEmpty());
  auto mixed = Turned(4, "ca", Start());
  mixed.push_back({"r9", Start(), "log"});
  EXPECT_THAT(FindSpikes(mixed, 10, Start()), IsEmpty());
  EXPECT_THAT(FindSpikes(Turned(9, "ca", Start()), 10, Start() + hours(1) + seconds(1)), IsEmpty());
}

TEST(BaselineBudget, LimitsADayOfOneNamespaceAndEvictsNothing) {
  BaselineBudget budget;
  for (std::size_t i = 0; i < BaselineBudget::kPerNamespaceADay; ++i) {
    EXPECT_TRUE(budget.Allows("team", i, Start()));
    budget.Created("team", Start());
  }
  EXPECT_FALSE(budget.Allows("team", 1000, Start()));
  EXPECT_TRUE(budget.Allows("other", 1000, Start()));
  EXPECT_TRUE(budget.Allows("team", 1000, Start() + hours(24)));
  EXPECT_FALSE(budget.Allows("other", BaselineBudget::kTotal, Start()));
}

}  // namespace
}  // namespace plimsoll::baseline::testing
