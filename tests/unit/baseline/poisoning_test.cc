// Attempts to make a baseline trust whom it should not, or forget what it knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::IsEmpty;

TEST(Poisoning, AStrangersSignatureOnAGenuineImageIsNeverLearned) {
  World world = World::Established();
  for (int i = 0; i < 20; ++i) {
    world.Pass(Days(2));
    world.See(Seen("first", Posture::kSignedKeyless, {By(Workflow()), By(Stranger())}));
  }
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Poisoning, AStrangersSignatureOnAnOldUnsignedImageOfTheFirstUseIsNotLearned) {
  World world;
  world.Run("old").Run("first");
  world.See({Unsigned("old"), Signed("first", Workflow())});
  world.Pass(hours(25));
  world.See({Signed("old", Stranger()), Signed("first", Workflow())});
  EXPECT_FALSE(world.Trusts(Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(Poisoning, AStrangersSignatureAddedToAFirstUseDigestLaterIsNotLearned) {
  World world;
  world.Deploy("first", Signed("first", Workflow()));
  world.Pass(minutes(1));
  world.See(Seen("first", Posture::kSignedKeyless, {By(Workflow()), By(Stranger())}));
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Poisoning, AShortLivedPodTeachesNothingAndItsDriftStays) {
  World world = World::Established();
  world.Deploy("evil", Signed("evil", Stranger()));
  world.Stop("evil");
  world.Pass(hours(10));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Poisoning, ASignerThatDriftedIsNotLearnedFromALateFirstUseDigest) {
  World world;
  world.Run("first").Run("slow");
  world.See(Signed("first", Workflow()));
  world.Pass(hours(1));
  world.Deploy("evil", Signed("evil", Stranger()));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  world.See(Signed("slow", Stranger()));
  EXPECT_FALSE(world.Trusts(Stranger()));
  // Nor when its drift has left for the history.
  world.Run("late", Start());
  world.Stop("evil").Stop("slow");
  world.Pass(Days(40));
  EXPECT_THAT(world.record().drift, IsEmpty());
  world.See(Signed("late", Stranger()));
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Poisoning, CopiedOldSignaturesOnADriftedImageTeachNoHistory) {
  World world;
  world.Deploy("first", SignedAt("first", Workflow(), Start() - hours(2)));
  world.Pass(minutes(1));
  world.Deploy("evil", SignedAt("evil", Stranger(), Start() - Days(300)));
  const std::string before = world.record().signers[0].id;
  EXPECT_FALSE(world.record().corroborated_time);
  world.Deploy("evil2", SignedAt("evil2", Stranger(), Start() - Days(30)));
  EXPECT_FALSE(world.record().corroborated_time);
  EXPECT_EQ(world.record().log->entries, 1u);
  EXPECT_EQ(world.record().signers[0].id, before);
}

TEST(Poisoning, FlappingPosturesNeitherResolveNorTeach) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  for (int i = 0; i < 50; ++i) {
    world.Pass(minutes(30));
    world.See(i % 2 == 0 ? Signed("b", Workflow()) : Signed("b", Stranger()));
  }
  EXPECT_EQ(world.record().state, State::kDrifted);
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(Poisoning, ThousandsOfDriftedDigestsPushOutNeitherTrustNorWhatRunsLongest) {
  World world = World::Established();
  for (int i = 0; i < 400; ++i) {
    world.Deploy("evil" + std::to_string(i), Signed("evil" + std::to_string(i), Stranger()));
  }
  EXPECT_TRUE(world.Trusts(Workflow()));
  EXPECT_EQ(world.record().images.front().digest, Digest("first"));
  EXPECT_GT(world.record().digests_forgotten, 0u);
  EXPECT_EQ(world.record().drift.size(), 1u);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(Poisoning, ACalmCrowdOfRunningDigestsDoesNotHideADrift) {
  World world = World::Established();
  for (int i = 0; i < 330; ++i) {
    world.Deploy("calm" + std::to_string(i), Signed("calm" + std::to_string(i), Workflow()));
  }
  world.Deploy("evil", Signed("evil", Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  world.Run("bare");
  world.SeeConfirmed(Unsigned("bare"));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Poisoning, ManyStrangersKeepACriticalOfEveryKindInSight) {
  World world = World::Established();
  for (int i = 1; i <= 40; ++i) {
    const std::string name = "e" + std::to_string(i);
    world.Deploy(name, Signed(name, Stranger(std::string(static_cast<std::size_t>(i), 'm'))));
  }
  world.Deploy("bad", Invalid("bad"));
  EXPECT_EQ(world.record().drift.size(), RecordLimits::kDrifts);
  EXPECT_EQ(world.record().drifts_not_shown, 41u - RecordLimits::kDrifts);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureInvalid));
  EXPECT_LE(world.record().signers.size(), RecordLimits::kSigners);
  EXPECT_TRUE(world.Trusts(Workflow()));
  // Nothing that a bound left out is forgotten, or told twice.
  world.TakeEvents();
  world.Pass(hours(1));
  EXPECT_THAT(world.TakeEvents(), IsEmpty());
}

TEST(Poisoning, AClockThatWasSetBackUndoesNothing) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  const Time ahead = world.now();
  world.Set(ahead - Days(20));
  world.See(Signed("b", Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_TRUE(world.record().established_time);
  world.Set(ahead + hours(1));
  world.See(Signed("b", Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(Poisoning, HostileCertificatesCannotMakeAnObjectTooLarge) {
  World world = World::Established();
  for (int i = 0; i < 60; ++i) {
    Signer big = Stranger(std::string(800, 'x') + std::to_string(i), "refs/heads/\x01\x02\"\\");
    big.build_config_uri = std::string(1000, '"') + std::to_string(i);
    big.source_repository_uri = std::string(500, '\\');
    const std::string name = "e" + std::to_string(i);
    world.Deploy(name, Signed(name, big));
  }
  EXPECT_LE(EstimateBytes(world.record()), RecordLimits::kBytes);
  EXPECT_TRUE(world.Trusts(Workflow()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(Poisoning, MoreSignersThanThereIsRoomForAreNotAllTrusted) {
  World world;
  Observation first =
      Seen("first", Posture::kSignedKeyless, {LoggedBy(Workflow(), Start() - Days(9))});
  for (int i = 1; i <= 60; ++i) {
    first.signers.push_back(By(Stranger(std::string(static_cast<std::size_t>(i), 'z'))));
  }
  world.Deploy("first", first);
  EXPECT_TRUE(world.Trusts(Workflow()));
  EXPECT_LE(world.record().signers.size(), RecordLimits::kSigners);
}

TEST(Poisoning, ThousandsOfLogEntriesByStrangersDoNotPushOutTheEvidence) {
  World world = World::Corroborated();
  const auto evidence = world.Image("first").log;
  ASSERT_TRUE(evidence);
  std::vector<std::pair<Signer, bool>> proven;
  for (int i = 0; i < 3'000; ++i) proven.emplace_back(Stranger("m" + std::to_string(i)), true);
  proven.emplace_back(Workflow(), true);
  world.See(WithLog(SignedAt("first", Workflow(), Start() - Days(90)), proven));
  EXPECT_EQ(world.Image("first").log, evidence);
  world.SeeConfirmed(WithLog(Unsigned("first"), proven));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureStripped));
  EXPECT_EQ(world.Image("first").log, evidence);
  EXPECT_LE(world.record().signers.size(), RecordLimits::kSigners);
  EXPECT_TRUE(world.Trusts(Workflow()));
}

TEST(Poisoning, AnAcceptanceTrustsOnlyWhomItsFingerprintNames) {
  World world = World::Established();
  const std::string own =
      SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger("one"));
  world.Accept(own, DriftKind::kSignerChanged);
  world.Deploy("b", Signed("b", Stranger("other")));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  // The same signer, named for another repository, or under another kind, is another fingerprint.
  world.Accept(
      SignerFingerprint(DriftKind::kSignerChanged, "ghcr.io/acme/other", Stranger("other")),
      DriftKind::kSignerChanged, std::nullopt, "foreign");
  world.Accept(SignerFingerprint(DriftKind::kIssuerChanged, kRepository, Stranger("other")),
               DriftKind::kSignerChanged, std::nullopt, "other-kind");
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_FALSE(world.Trusts(Stranger("other")));
}

TEST(Poisoning, AMalformedSignerIsNotTakenIn) {
  World world = World::Established();
  Signer disguised = Stranger();
  disguised.canonical_identity = Workflow().canonical_identity;
  world.Deploy("b", Signed("b", disguised));
  EXPECT_EQ(world.Image("b").signatures.size(), 0u);
  EXPECT_EQ(world.Ask("b").verdict, Admission::kDeny);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
