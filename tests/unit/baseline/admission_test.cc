// The admission decision: six rules, in their order.
#include "baseline/admission.h"

#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

SigningPolicy Saying(std::optional<Enforcement> enforcement, std::optional<OnUnknown> on_unknown) {
  SigningPolicy policy;
  policy.name = "says";
  policy.repositories = {"ghcr.io/**"};
  policy.enforcement = enforcement;
  policy.on_unknown = on_unknown;
  return policy;
}

TEST(Admission, ADigestThatATrustedSignerSignedIsNeverDenied) {
  World world = World::Established();
  for (const Observation& now :
       {Unsigned("first"), Invalid("first"), Unverifiable("first"), Signed("first", Stranger())}) {
    const AdmissionVerdict answer = world.Ask(now);
    EXPECT_EQ(answer.verdict, Admission::kWarn);
    EXPECT_EQ(answer.rule, 1);
    EXPECT_TRUE(answer.kind);
  }
  world.See(Invalid("first"));
  EXPECT_EQ(world.Ask("first").verdict, Admission::kWarn);
}

TEST(Admission, ManyStrangersSignaturesDoNotPushOutThatATrustedSignerSigned) {
  World world = World::Established();
  Observation strangers = Seen("first", Posture::kSignedKeyless);
  for (int i = 0; i < 40; ++i) {
    strangers.signers.push_back(By(Stranger(std::string(static_cast<std::size_t>(i + 1), 'x'))));
  }
  world.See(strangers);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.Ask("first").verdict, Admission::kWarn);
}

TEST(Admission, ADigestWhoseSignerIsNoLongerTrustedHasNoSuchProtection) {
  World world = World::Established();
  world.Accept(SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger()),
               DriftKind::kSignerChanged);
  world.Deploy("b", Signed("b", Stranger()));
  EXPECT_EQ(world.Ask("b").verdict, Admission::kAdmit);
  world.Remove("accept");
  EXPECT_EQ(world.Ask("b").verdict, Admission::kDeny);
}

TEST(Admission, AProofOfTheLogTurnsADenialIntoAWarning) {
  World world = World::Established();
  EXPECT_EQ(world.Ask(Unsigned("b")).verdict, Admission::kDeny);
  EXPECT_EQ(world.Ask(WithLog(Unsigned("b"), {{Workflow(), true}})).verdict, Admission::kWarn);
  EXPECT_EQ(world.Ask(WithLog(Unsigned("b"), {{Stranger(), true}})).verdict, Admission::kDeny);
}

TEST(Admission, InvalidIsDeniedOnAnyBaselineOrNone) {
  World empty;
  EXPECT_EQ(empty.Ask(Invalid("b")).verdict, Admission::kDeny);
  const Observation seen = Invalid("b");
  const AdmissionVerdict none =
      Admit(nullptr, kRepository, seen.digest, EffectivePolicy(), Settings(), &seen, Start());
  EXPECT_EQ(none.verdict, Admission::kDeny);
  EXPECT_EQ(none.rule, 2);
}

TEST(Admission, AnInvalidDigestThatIsAcceptedIsAdmitted) {
  World world = World::Established();
  world.Accept(DigestFingerprint(DriftKind::kSignatureInvalid, kRepository, Digest("b")),
               DriftKind::kSignatureInvalid);
  EXPECT_EQ(world.Ask(Invalid("b")).verdict, Admission::kAdmit);
  EXPECT_EQ(world.Ask(Invalid("c")).verdict, Admission::kDeny);
}

TEST(Admission, ACriticalKindOnAnEstablishedBaselineIsDenied) {
  World world = World::Established();
  const AdmissionVerdict answer = world.Ask(Unsigned("b"));  // one observation is enough
  EXPECT_EQ(answer.verdict, Admission::kDeny);
  EXPECT_EQ(answer.kind, DriftKind::kSignatureMissing);
  EXPECT_EQ(answer.fingerprint,
            DigestFingerprint(DriftKind::kSignatureMissing, kRepository, Digest("b")));
  EXPECT_EQ(world.Ask(Signed("b", Stranger())).verdict, Admission::kDeny);
  EXPECT_EQ(world.Ask(Unverifiable("b")).verdict, Admission::kDeny);
}

TEST(Admission, AnImageSignedLateGetsInByItself) {
  World world = World::Established();
  EXPECT_EQ(world.Ask(Unsigned("b")).verdict, Admission::kDeny);
  EXPECT_EQ(world.Ask(Signed("b", Workflow())).verdict, Admission::kAdmit);
}

TEST(Admission, ADigestThatWasNeverJudgedIsDeniedWithAnInvitationToRetry) {
  World world = World::Established();
  EXPECT_EQ(world.Ask("b").verdict, Admission::kDeny);
  EXPECT_EQ(world.Ask("b").reason, kNotJudgedYet);
  Observation unknown = Unknown("b", "AuthenticationFailed");
  unknown.credential_needed = true;
  EXPECT_EQ(world.Ask(unknown).reason, kCredentialNeeded);
  world.Apply(Saying(std::nullopt, OnUnknown::kAdmit));
  EXPECT_EQ(world.Ask("b").verdict, Admission::kWarn);
  EXPECT_TRUE(world.Ask("b").only_in_denying);
}

TEST(Admission, UnknownWithAnEarlierJudgementIsJudgedByIt) {
  World world = World::Established();
  EXPECT_EQ(world.Ask(Unknown("first")).verdict, Admission::kAdmit);
  world.Deploy("b", Signed("b", Stranger()));
  EXPECT_EQ(world.Ask(Unknown("b")).verdict, Admission::kDeny);
}

TEST(Admission, WarningsGrandfatheredDigestsAndInventoryAreAdmittedWithAWarning) {
  World world;
  world.Deploy("old", Unsigned("old"));
  world.Pass(minutes(1));
  world.Deploy("first", Signed("first", Workflow()));
  world.Pass(hours(25));
  world.See(Signed("first", Workflow()));
  EXPECT_EQ(world.Ask("old").verdict, Admission::kWarn);
  EXPECT_EQ(world.Ask("old").reason, kGrandfathered);
  EXPECT_TRUE(world.Ask("old").only_in_denying);
  EXPECT_EQ(world.Ask(Signed("b", Workflow("acme/shop"))).verdict, Admission::kWarn);
}

TEST(Admission, AllElseIsAdmitted) {
  World learning;
  learning.Deploy("a", Signed("a", Workflow()));
  EXPECT_EQ(learning.Ask("b").verdict, Admission::kAdmit);
  EXPECT_EQ(learning.Ask(Signed("b", Stranger())).verdict, Admission::kWarn);
  const AdmissionVerdict unknown = Admit(nullptr, "docker.io/library/x", Digest("b"),
                                         EffectivePolicy(), Settings(), nullptr, Start());
  EXPECT_EQ(unknown.verdict, Admission::kAdmit);
  World established = World::Established();
  EXPECT_EQ(established.Ask(Signed("b", Workflow())).verdict, Admission::kAdmit);
}

TEST(Admission, EnforcementWarnTurnsEveryDenialIntoAWarning) {
  World world = World::Established();
  world.Apply(Saying(Enforcement::kWarn, std::nullopt));
  EXPECT_EQ(world.Ask(Unsigned("b")).verdict, Admission::kWarn);
  EXPECT_EQ(world.Ask(Unsigned("b")).rule, 3);
  EXPECT_EQ(world.Ask("b").verdict, Admission::kWarn);
  EXPECT_EQ(world.Ask(Invalid("b")).verdict, Admission::kWarn);
}

TEST(Admission, APinnedRepositoryThatNeverRanIsJudgedByItsPins) {
  const PolicySet set = PolicySet::Make({PinPolicy("pins", Workflow())});
  const EffectivePolicy policy = set.For(kRepository, Start());
  const auto ask = [&](const Observation& seen) {
    return Admit(nullptr, kRepository, seen.digest, policy, Settings(), &seen, Start()).verdict;
  };
  EXPECT_EQ(ask(Signed("b", Workflow("acme/web", "refs/tags/v5"))), Admission::kAdmit);
  EXPECT_EQ(ask(Signed("b", Stranger())), Admission::kDeny);
  EXPECT_EQ(ask(Unsigned("b")), Admission::kDeny);
  EXPECT_EQ(ask(Unknown("b")), Admission::kDeny);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
