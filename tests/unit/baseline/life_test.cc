// A baseline's life, from first sight to the end of its drifts.
#include "baseline/life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::string SignerChanged(const Signer& signer) {
  return SignerFingerprint(DriftKind::kSignerChanged, kRepository, signer);
}
std::string Missing(const std::string& name) {
  return DigestFingerprint(DriftKind::kSignatureMissing, kRepository, Digest(name));
}

// Before Learning

TEST(Life, IsEmptyBeforeTheFirstDefinitePosture) {
  World world;
  world.Deploy("a", Unknown("a"));
  EXPECT_FALSE(world.record().state);
  EXPECT_EQ(world.Reason("Established"), "NothingJudged");
}

TEST(Life, AnUnsignedRepositoryIsUnsignedAndNeverDrifts) {
  World world;
  world.Run("a");
  world.SeeConfirmed(Unsigned("a"));
  world.Pass(Days(3));
  EXPECT_EQ(world.record().state, State::kUnsigned);
  EXPECT_EQ(world.Reason("Established"), "NothingSigned");
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, MaterialThatNeverVerifiedMakesARepositoryUnverified) {
  World world;
  world.Deploy("a", Unverifiable("a", "NoKey"));
  EXPECT_EQ(world.record().state, State::kUnverified);
  EXPECT_EQ(world.Reason("Established"), "NothingVerified");
  EXPECT_EQ(world.Reason("Verifiable"), "NoKey");
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, UnsignedInAnUnverifiedRepositoryIsAWarning) {
  World world;
  world.Deploy("a", Unverifiable("a"));
  world.Pass(minutes(1));
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureMissing)->severity, Severity::kWarning);
}

TEST(Life, InvalidWithoutAnyBaselineIsAWarning) {
  World world;
  world.Deploy("a", Invalid("a"));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureInvalid));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
}

// Learning and first use

TEST(Life, LearningBeginsWithTheFirstVerifiedSignature) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kLearning);
  EXPECT_EQ(world.record().strength, Strength::kLocalOnly);
  EXPECT_EQ(world.record().learning_time, world.now());
  EXPECT_TRUE(world.Trusts(Workflow()));
  EXPECT_EQ(world.record().signer, "acme/web/release.yml@refs/tags/*");
}

TEST(Life, ProvenanceAloneMakesABaselineOfItsOwn) {
  World world;
  world.Deploy("a", Attested("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kLearning);
  EXPECT_EQ(world.record().posture, Posture::kAttested);
  EXPECT_EQ(world.record().rank, Posture::kAttested);
}

TEST(Life, AllSignersOfOneFirstMomentAreTrusted) {
  World world;
  world.Run("a").Run("b");
  world.See({Signed("a", Workflow()), Signed("b", Stranger())});
  EXPECT_TRUE(world.Trusts(Workflow()));
  EXPECT_TRUE(world.Trusts(Stranger()));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, ADigestWhosePodIsOlderThanLearningIsFirstUseWhenItIsLookedAtLater) {
  World world;
  world.Run("a").Run("b");
  world.See(Signed("a", Workflow()));
  world.Pass(hours(3));
  world.See(Signed("b", Stranger()));
  EXPECT_TRUE(world.Trusts(Stranger()));
  EXPECT_EQ(world.Image("b").origin, Origin::kFirstUse);
}

TEST(Life, ADigestWhosePodIsYoungerThanLearningTeachesNothing) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  world.Pass(seconds(1));
  world.Deploy("b", Signed("b", Stranger()));
  EXPECT_FALSE(world.Trusts(Stranger()));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
}

TEST(Life, TheLowestRankOfTheFirstUseIsTheBaselinesRank) {
  World world;
  world.Run("a").Run("b");
  world.See({Signed("a", Workflow()), Signed("b", Key())});
  EXPECT_EQ(world.record().rank, Posture::kSignedKeyBased);
  world.Pass(hours(30));
  world.Deploy("c", Signed("c", Key()));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, AStrangersStrongerSignatureBesideTheGenuineOneCannotRaiseTheRank) {
  World world = World::Established(Key());
  world.Deploy("b", Seen("b", Posture::kSignedKeyless, {By(Stranger()), By(Key())}));
  world.Deploy("c", Signed("c", Key()));
  EXPECT_EQ(world.record().rank, Posture::kSignedKeyBased);
  EXPECT_THAT(world.record().drift, IsEmpty());
}

// Established

TEST(Life, IsEstablishedWhenATrustedSignerIsObservedAgainADayLater) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  world.Pass(hours(24) - seconds(1));
  world.See(Signed("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kLearning);
  world.Pass(seconds(1));
  EXPECT_EQ(world.record().state, State::kLearning);  // time alone is no observation
  world.See(Signed("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.record().basis, Basis::kObservation);
  EXPECT_EQ(world.Reason("Established"), "ObservedLongEnough");
  EXPECT_THAT(world.TakeEvents(), ElementsAre("BaselineEstablished"));
}

TEST(Life, UnknownNeverEstablishes) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  world.Pass(hours(30));
  world.See(Unknown("a"));
  EXPECT_EQ(world.record().state, State::kLearning);
}

TEST(Life, IsEstablishedByALogHistoryOfTwoDigestsMoreThanADayApart) {
  World world = World::Corroborated();
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.record().basis, Basis::kLogHistory);
  EXPECT_EQ(world.record().strength, Strength::kLogCorroborated);
  EXPECT_EQ(world.Reason("LogCorroborated"), "LogHistory");
  EXPECT_EQ(world.record().log->entries, 2u);
}

TEST(Life, OnePreparedLogEntryEstablishesNothing) {
  World world;
  world.Deploy("a", SignedAt("a", Workflow(), Start() - Days(90)));
  EXPECT_EQ(world.record().state, State::kLearning);
  world.Deploy("b", SignedAt("b", Workflow(), Start() - hours(1)));
  EXPECT_EQ(world.record().state, State::kLearning);
  EXPECT_EQ(world.Reason("LogCorroborated"), "HistoryTooShort");
}

TEST(Life, ALogHistoryCountsOnceBothEndsAreADayOld) {
  World world;
  world.Run("a").Run("b");
  world.See({SignedAt("a", Workflow(), Start() - Days(3)),
             SignedAt("b", Workflow(), Start() - hours(1))});
  EXPECT_EQ(world.record().state, State::kLearning);
  world.Pass(hours(23));
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.record().basis, Basis::kLogHistory);
}

TEST(Life, TwoLogEntriesExactlyADayApartAreNotEnough) {
  World world;
  world.Run("a").Run("b");
  world.See(
      {SignedAt("a", Workflow(), Start() - Days(3)), SignedAt("b", Workflow(), Start() - Days(2))});
  EXPECT_EQ(world.record().state, State::kLearning);
}

TEST(Life, TheWalkExtendsSinceWhenAndNeverAddsASigner) {
  World world;
  world.Deploy("a", SignedAt("a", Workflow(), Start() - Days(2)));
  HistoryResult history;
  history.walk = Walk::kComplete;
  HistoricSignature old;
  old.signer = Workflow("acme/web", "refs/tags/v0");
  old.digest = Digest("old");
  old.log_time = old.verified_time = Start() - Days(300);
  HistoricSignature foreign = old;
  foreign.signer = Stranger();
  history.signatures = {old, foreign};
  world.Take({}, history);
  EXPECT_EQ(world.record().log->earliest_time, Start() - Days(300));
  EXPECT_EQ(world.record().log->walk, Walk::kComplete);
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Life, AContestedBaselineIsNotEstablished) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  world.Pass(hours(1));
  world.Deploy("b", Signed("b", Stranger()));
  world.Pass(hours(30));
  world.See({Signed("a", Workflow()), Signed("b", Stranger())});
  EXPECT_EQ(world.Reason("Established"), "Contested");
  EXPECT_EQ(world.record().state, State::kDrifted);
  EXPECT_EQ(world.Ask("b").verdict, Admission::kWarn);  // neither is denied for it
}

TEST(Life, AContestedBaselineIsEstablishedOnceTheNewSignerIsAccepted) {
  World world;
  world.Deploy("a", Signed("a", Workflow()));
  world.Pass(hours(1));
  world.Deploy("b", Signed("b", Stranger()));
  world.Pass(hours(30));
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged);
  world.See(Signed("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kEstablished);
}

TEST(Life, IsNeverUnestablishedByAnObservation) {
  World world = World::Established();
  const auto since = world.record().established_time;
  world.Deploy("b", Signed("b", Stranger()));
  world.Pass(Days(2));
  world.See(Unverifiable("first"));
  EXPECT_EQ(world.record().established_time, since);
  EXPECT_EQ(FindCondition(world.record(), "Established")->status, ConditionStatus::kTrue);
}

TEST(Life, APinEstablishesFromTheFirstMoment) {
  World world;
  world.Apply(PinPolicy("pins", Workflow()));
  EXPECT_EQ(world.record().strength, Strength::kPinned);
  EXPECT_EQ(world.Reason("Established"), "PinnedByPolicy");
  world.Pass(seconds(1));
  world.Deploy("a", Signed("a", Stranger()));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
}

TEST(Life, WhenTheLastPinGoesTheRepositoryIsWhatItLearned) {
  World world;
  world.Apply(PinPolicy("pins", Workflow()));
  world.Deploy("a", Signed("a", Workflow()));
  world.Remove("pins");
  EXPECT_EQ(world.record().state, State::kLearning);
  EXPECT_FALSE(world.record().established_time);
  EXPECT_TRUE(world.Trusts(Workflow()));
  world.Pass(hours(25));
  world.See(Signed("a", Workflow()));
  EXPECT_EQ(world.record().state, State::kEstablished);
}

TEST(Life, APinReplacesTheLearnedSignersAndForgetsNone) {
  World world = World::Established();
  world.Apply(PinPolicy("pins", Workflow("acme/next")));
  EXPECT_FALSE(world.Trusts(Workflow()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  world.Remove("pins");
  EXPECT_TRUE(world.Trusts(Workflow()));
  world.Pass(hours(1));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, APinKeepsTheContinuityOfIds) {
  World world = World::Established();
  world.Apply(PinPolicy("pins", Workflow()));
  world.Deploy("b", Signed("b", Workflow("acme/web", "refs/tags/v2", "11", "99")));
  ASSERT_TRUE(world.IsOpen(DriftKind::kRepositoryIdentityReused));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
}

TEST(Life, IdsAreLearnedOncePerPinAndIdentity) {
  World world;
  world.Apply(PinPolicy("pins", Workflow()));
  world.Pass(seconds(1));
  world.Deploy("a", Signed("a", Workflow()));
  EXPECT_THAT(world.record().drift, IsEmpty());
  world.Deploy("b", Signed("b", Workflow("acme/web", "refs/tags/v2", "99", "22")));
  EXPECT_TRUE(world.IsOpen(DriftKind::kRepositoryIdentityReused));
  // They stay learned for that pin when its policy comes and goes.
  world.Remove("pins");
  world.Apply(PinPolicy("pins", Workflow()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kRepositoryIdentityReused));
}

TEST(Life, AStrangerSeenUnderAPinIsNotLearnedWhenThePinGoes) {
  World world;
  world.Apply(PinPolicy("pins", Workflow()));
  world.Deploy("a", Signed("a", Stranger()));
  world.Remove("pins");
  world.Deploy("b", Signed("b", Stranger()));
  EXPECT_FALSE(world.Trusts(Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

// Grandfathered and inventory

TEST(Life, DigestsUnsignedBeforeTheFirstSignatureWasMadeAreGrandfathered) {
  World world;
  world.Run("old");
  world.SeeConfirmed(Unsigned("old"));
  world.Pass(Days(1));
  world.Deploy("new", SignedAt("new", Workflow(), world.now()));
  EXPECT_EQ(world.Image("old").origin, Origin::kGrandfathered);
  world.Pass(hours(25));
  world.See({Unsigned("old"), SignedAt("new", Workflow(), Start())});
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_TRUE(world.Judge(Unsigned("old")).grandfathered);
}

TEST(Life, ADigestUnsignedWhileTheRepositoryWasAlreadySignedIsNotGrandfathered) {
  World world;
  world.Pass(minutes(1));
  world.Deploy("old", Unsigned("old"));
  world.Pass(minutes(1));
  world.Deploy("new", SignedAt("new", Workflow(), Start() - Days(100)));
  EXPECT_NE(world.Image("old").origin, Origin::kGrandfathered);
}

TEST(Life, AGrandfatheredDigestIsKnownUntilNoPodHasRunItForThirtyDays) {
  World world;
  world.Deploy("old", Unsigned("old"));
  world.Pass(minutes(1));
  world.Deploy("new", Signed("new", Workflow()));
  world.Stop("old");
  world.Pass(Days(29));
  world.Run("old");
  world.SeeConfirmed(Unsigned("old"));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Stop("old");
  world.Pass(Days(30));
  world.Run("old");
  world.SeeConfirmed(Unsigned("old"));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Life, WhatRanWhenTheRepositoryWasFirstSeenIsInventoryAndAtMostAWarning) {
  World world;
  world.Run("here").Run("signed");
  world.See(SignedAt("signed", Workflow(), Start() - Days(90)));
  world.Pass(hours(25));
  world.See(SignedAt("signed", Workflow(), Start() - Days(90)));
  world.SeeConfirmed(Unsigned("here"));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
  EXPECT_EQ(world.Ask("here").verdict, Admission::kWarn);
}

TEST(Life, InventoryThatWasContinuousOnceIsInventoryNoMore) {
  World world = World::Established();
  EXPECT_EQ(world.Image("first").origin, Origin::kFirstUse);
  world.SeeConfirmed(Unsigned("first"));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
}

// Confirmation and grace

TEST(Life, AnAbsenceIsADriftAfterTwoObservationsFiveMinutesApart) {
  World world = World::Established();
  world.See(Unsigned("first"));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Pass(minutes(5) - seconds(1));
  world.See(Unsigned("first"));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Pass(seconds(1));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  world.See(Unsigned("first"));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));  // it was seen signed: no grace
}

TEST(Life, ADigestNeverSeenSignedHasAGraceOfFifteenMinutes) {
  World world = World::Established();
  world.Deploy("b", Unsigned("b"));
  world.Pass(minutes(6));
  world.See(Unsigned("b"));
  const Verdict verdict = world.Judge(Unsigned("b"));
  EXPECT_EQ(verdict.kind, DriftKind::kSignatureMissing);
  EXPECT_EQ(verdict.pending_until, world.now() + minutes(9));
  EXPECT_EQ(verdict.notes.front().kind, NoteKind::kAwaitingSignature);
  EXPECT_EQ(world.Ask("b").verdict, Admission::kDeny);  // never delays a verdict
  world.Pass(minutes(9) - seconds(1));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Pass(seconds(1));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Life, AnImageSignedWithinItsGraceIsNeverADrift) {
  World world = World::Established();
  world.Deploy("b", Unsigned("b"));
  world.Pass(minutes(6));
  world.See(Unsigned("b"));
  world.Pass(minutes(2));
  world.See(Signed("b", Workflow("acme/web", "refs/tags/v2")));
  world.Pass(hours(2));
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_THAT(world.TakeEvents(), ElementsAre("BaselineEstablished"));
}

TEST(Life, ADigestThatIsGoneWhenItsGraceEndsIsJudgedAllTheSame) {
  World world = World::Established();
  world.Deploy("b", Unsigned("b"));
  world.Stop("b");
  world.Pass(minutes(5));
  world.See(Unsigned("b"));
  world.Pass(minutes(10));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Life, UnknownBetweenTwoAbsencesDoesNotStartAnew) {
  World world = World::Established();
  world.See(Unsigned("first"));
  world.Pass(minutes(3));
  world.See(Unknown("first"));
  world.Pass(minutes(3));
  world.See(Unsigned("first"));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Life, ASignatureBetweenTwoAbsencesStartsAnew) {
  World world = World::Established();
  world.See(Unsigned("first"));
  world.Pass(minutes(3));
  world.See(Signed("first", Workflow()));
  world.Pass(minutes(3));
  world.See(Unsigned("first"));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
}

// Drifted

TEST(Life, ADriftStaysOpenHoweverOftenItIsSeen) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  for (int i = 0; i < 10; ++i) {
    world.Pass(hours(30));
    world.See(Signed("b", Stranger()));
  }
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_FALSE(world.Trusts(Stranger()));
  EXPECT_THAT(world.TakeEvents(), ElementsAre("BaselineEstablished", "SignerChanged"));
}

TEST(Life, AnEntryWithoutASignerListsEachDigestWithItsOwnFingerprint) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  world.Pass(hours(1));
  world.Run("c");
  world.SeeConfirmed(Unsigned("c"));
  const DriftRecord* drift = world.Drift(DriftKind::kSignatureMissing);
  ASSERT_NE(drift, nullptr);
  EXPECT_EQ(drift->fingerprint, RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository));
  ASSERT_EQ(drift->digests.size(), 2u);
  EXPECT_EQ(drift->digests[0].fingerprint, Missing("b"));
  EXPECT_EQ(drift->digests[1].fingerprint, Missing("c"));
  EXPECT_EQ(drift->images, 2u);
  EXPECT_GT(drift->last_opened_time, drift->opened_time);
  EXPECT_THAT(world.TakeEvents(),
              ElementsAre("BaselineEstablished", "SignatureMissing", "SignatureMissing"));
}

TEST(Life, TwoNewSignersAreTwoEntries) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger("mallory")));
  world.Deploy("c", Signed("c", Stranger("trudy")));
  EXPECT_EQ(world.record().drift.size(), 2u);
  EXPECT_EQ(world.record().drift_summary, "SignerChanged +1");
}

TEST(Life, ADriftIsResolvedWhenAllItsDigestsWereContinuousForAnHour) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  world.TakeEvents();
  world.See(Signed("b", Workflow()));
  world.Pass(hours(1) - seconds(1));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Pass(seconds(1));
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.record().state, State::kEstablished);
  ASSERT_EQ(world.record().history.size(), 1u);
  EXPECT_EQ(world.record().history[0].outcome, Outcome::kResolved);
  EXPECT_THAT(world.TakeEvents(), ElementsAre("DriftResolved"));
}

TEST(Life, ARelapseWithinTheHourStartsTheHourAnew) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  world.See(Signed("b", Workflow()));
  world.Pass(minutes(40));
  world.See(Unsigned("b"));
  world.Pass(minutes(10));
  world.See(Signed("b", Workflow()));
  world.Pass(minutes(40));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  world.Pass(minutes(20));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Life, ADriftWhoseDigestsAreGoneIsEndedAndNotResolved) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.TakeEvents();
  world.Stop("b");
  world.Pass(hours(47));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  world.Pass(hours(1));
  const DriftRecord* drift = world.Drift(DriftKind::kSignerChanged);
  ASSERT_NE(drift, nullptr);
  EXPECT_TRUE(drift->ended_time);
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.Reason("Drifted"), "Ended");
  EXPECT_FALSE(world.record().severity);
  EXPECT_THAT(world.TakeEvents(), ElementsAre("DriftEnded"));
  EXPECT_FALSE(PruneTime(world.record()));
}

TEST(Life, AnEndedDriftIsOpenAgainWithItsFirstTimeWhenItRunsAgain) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  const auto opened = world.Drift(DriftKind::kSignerChanged)->opened_time;
  world.Stop("b");
  world.Pass(Days(5));
  world.TakeEvents();
  world.Run("b");
  world.See(Signed("b", Stranger()));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.Drift(DriftKind::kSignerChanged)->opened_time, opened);
  EXPECT_EQ(world.Drift(DriftKind::kSignerChanged)->last_opened_time, world.now());
  EXPECT_THAT(world.TakeEvents(), ElementsAre("SignerChanged"));
}

TEST(Life, AnEndedDriftLeavesForTheHistoryAfterThirtyDays) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.Stop("b");
  world.Pass(hours(48) + Days(30) - seconds(1));
  EXPECT_EQ(world.record().drift.size(), 1u);
  world.Pass(seconds(1));
  EXPECT_THAT(world.record().drift, IsEmpty());
  ASSERT_EQ(world.record().history.size(), 1u);
  EXPECT_EQ(world.record().history[0].outcome, Outcome::kEnded);
}

TEST(Life, ADigestThatShowsAnotherKindMovesAndTheOldEntryIsSuperseded) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  const auto opened = world.Drift(DriftKind::kSignatureMissing)->opened_time;
  world.TakeEvents();
  world.Pass(hours(1));
  world.See(Invalid("b"));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureInvalid));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureInvalid)->opened_time, opened);
  EXPECT_EQ(world.record().history[0].outcome, Outcome::kSuperseded);
  EXPECT_THAT(world.TakeEvents(), ElementsAre("SignatureInvalid"));
}

TEST(Life, ADriftWhoseDigestMovesToAnAcceptedKindIsRememberedAsSuperseded) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.Accept(RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository),
               DriftKind::kSignatureMissing, world.now() + Days(10));
  world.Pass(hours(1));
  world.SeeConfirmed(Unsigned("b"));
  EXPECT_THAT(world.record().drift, IsEmpty());
  ASSERT_EQ(world.record().history.size(), 1u);
  EXPECT_EQ(world.record().history[0].fingerprint, SignerChanged(Stranger()));
  EXPECT_EQ(world.record().history[0].outcome, Outcome::kSuperseded);
}

TEST(Life, ACuredAndAGoneDigestMakeAnEndedDrift) {
  World world = World::Established();
  world.Run("b").Run("c");
  world.See({Unsigned("b"), Unsigned("c")});
  world.Pass(minutes(16));
  world.See({Unsigned("b"), Unsigned("c")});
  world.Stop("c");
  world.See(Signed("b", Workflow()));
  world.Pass(Days(3));
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_NE(world.Drift(DriftKind::kSignatureMissing), nullptr);
  EXPECT_THAT(world.TakeEvents(), Not(Contains("DriftResolved")));
}

TEST(Life, ADigestThatWasNeverJudgedForTwoHoursIsUnjudged) {
  World world = World::Established();
  world.TakeEvents();
  world.Deploy("b", Unknown("b"));
  world.Pass(hours(2) - seconds(1));
  EXPECT_FALSE(world.IsOpen(DriftKind::kUnjudged));
  world.Pass(seconds(1));
  ASSERT_TRUE(world.IsOpen(DriftKind::kUnjudged));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
  world.See(Signed("b", Workflow()));
  EXPECT_FALSE(world.IsOpen(DriftKind::kUnjudged));  // cured by the first definite posture
  EXPECT_THAT(world.TakeEvents(), ElementsAre("Unjudged", "DriftResolved"));
}

// Accepted

TEST(Life, AnAcceptedSignerIsTrustedWhereverItIsSeen) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.TakeEvents();
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged);
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.record().drift_summary, "Accepted: SignerChanged");
  EXPECT_EQ(world.Reason("Drifted"), "Accepted");
  EXPECT_TRUE(world.Trusts(Stranger()));
  EXPECT_THAT(world.TakeEvents(), ElementsAre("DriftAccepted"));
  world.Deploy("c", Signed("c", Stranger("mallory", "refs/tags/v7")));
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.Ask("c").verdict, Admission::kAdmit);
}

TEST(Life, ASignerAcceptedBeforeItEverRanIsTrusted) {
  World world = World::Established();
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged);
  world.Deploy("b", Signed("b", Stranger()));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(Life, WhenAnAcceptanceEndsItsSignerGoesAndTheDriftOpensAgain) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  const auto opened = world.Drift(DriftKind::kSignerChanged)->opened_time;
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged, world.now() + Days(10));
  world.TakeEvents();
  world.Pass(Days(7));
  EXPECT_THAT(world.TakeEvents(), ElementsAre("AcceptanceExpiring"));
  world.Pass(Days(3));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.Drift(DriftKind::kSignerChanged)->opened_time, opened);
  EXPECT_FALSE(world.Trusts(Stranger()));
  EXPECT_THAT(world.TakeEvents(), ElementsAre("SignerChanged", "AcceptanceExpired"));
}

TEST(Life, RemovingAnAcceptanceOpensTheDriftAgain) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged);
  world.TakeEvents();
  world.Remove("accept");
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_THAT(world.TakeEvents(), ElementsAre("SignerChanged"));
}

TEST(Life, AcceptingOneDigestLeavesTheOthersOpen) {
  World world = World::Established();
  world.Run("b").Run("c");
  world.See({Unsigned("b"), Unsigned("c")});
  world.Pass(minutes(16));
  world.See({Unsigned("b"), Unsigned("c")});
  world.Accept(Missing("b"), DriftKind::kSignatureMissing);
  const DriftRecord* drift = world.Drift(DriftKind::kSignatureMissing);
  ASSERT_NE(drift, nullptr);
  ASSERT_EQ(drift->digests.size(), 1u);
  EXPECT_EQ(drift->digests[0].digest, Digest("c"));
  world.Accept(Missing("c"), DriftKind::kSignatureMissing, std::nullopt, "accept-c");
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.record().state, State::kEstablished);
}

TEST(Life, AnAcceptanceForTheRepositoryCoversNewDigestsUntilItEnds) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  world.Accept(RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository),
               DriftKind::kSignatureMissing, world.now() + Days(30));
  world.Run("c");
  world.SeeConfirmed(Unsigned("c"));
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.Ask("c").verdict, Admission::kAdmit);
  world.Pass(Days(30));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureMissing)->images, 2u);
}

TEST(Life, AnotherLaterChangeIsLoudAgain) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.Accept(SignerChanged(Stranger()), DriftKind::kSignerChanged);
  world.Deploy("c", Signed("c", Stranger("trudy")));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

// Deletion and pruning

TEST(Life, AfterADeletionTrustIsDiscardedUntilEstablished) {
  World world;
  world.record() = NewRecord(kRepository, world.now(), true);
  world.Deploy("a", Signed("a", Workflow()));
  EXPECT_EQ(world.Reason("Established"), "TrustDiscarded");
  world.Pass(hours(25));
  world.See(Signed("a", Workflow()));
  EXPECT_EQ(world.Reason("Established"), "ObservedLongEnough");
}

TEST(Life, IdleBaselinesAreDueByWhatTheyHold) {
  World unsigned_world;
  unsigned_world.Deploy("a", Unsigned("a"));
  EXPECT_FALSE(PruneTime(unsigned_world.record()));
  unsigned_world.Stop("a");
  EXPECT_EQ(PruneTime(unsigned_world.record()), unsigned_world.now() + Days(30));

  World learning;
  learning.Deploy("a", Signed("a", Workflow()));
  learning.Stop("a");
  EXPECT_EQ(PruneTime(learning.record()), learning.now() + Days(90));

  World established = World::Established();
  established.Stop("first");
  EXPECT_EQ(PruneTime(established.record()), established.now() + Days(400));
}

// Unknown

TEST(Life, UnknownKeepsTheLastGoodResultOfThatDigest) {
  World world = World::Established();
  const Record before = world.record();
  world.See(Unknown("first", "RegistryThrottled"));
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.Image("first").posture, Posture::kSignedKeyless);
  EXPECT_EQ(world.Image("first").unknown_reason, "RegistryThrottled");
  EXPECT_EQ(world.record().signers, before.signers);
}

TEST(Life, ObservedIsFalseAfterFifteenMinutesOfFailures) {
  World world = World::Established();
  world.TakeEvents();
  world.See(Unknown("first", "AuthenticationFailed"));
  world.Pass(minutes(14));
  EXPECT_EQ(world.Reason("Observed"), "RegistryAnswered");
  world.Pass(minutes(1));
  EXPECT_EQ(world.Reason("Observed"), "AuthenticationFailed");
  EXPECT_THAT(world.TakeEvents(), ElementsAre("ObservationFailing"));
  world.Pass(hours(1));
  EXPECT_THAT(world.TakeEvents(), IsEmpty());
  world.See(Signed("first", Workflow()));
  EXPECT_EQ(world.Reason("Observed"), "RegistryAnswered");
}

// Writing little

TEST(Life, AnUnchangedObservationChangesNothingForSixHours) {
  World world = World::Established();
  world.See(Signed("first", Workflow()));
  const Record before = world.record();
  world.Pass(hours(5));
  world.See(Signed("first", Workflow()));
  EXPECT_EQ(world.record(), before);
  world.Pass(hours(1));
  world.See(Signed("first", Workflow()));
  EXPECT_NE(world.record().last_observed_time, before.last_observed_time);
}

TEST(Life, TagsAreWhatTheYoungestPodResolvedThemTo) {
  World world;
  world.Run("a");
  Moment moment;
  moment.now = world.now();
  RunningDigest a;
  a.digest = Digest("a");
  a.pod_created = world.now();
  a.tags = {"latest"};
  RunningDigest b = a;
  b.digest = Digest("b");
  b.pod_created += hours(1);
  moment.running = {a, b};
  const StepResult result = Step(world.record(), PolicySet(), Settings(), moment);
  ASSERT_EQ(result.record.tags.size(), 1u);
  EXPECT_EQ(result.record.tags[0].digest, Digest("b"));
}

}  // namespace
}  // namespace plimsoll::baseline::testing
