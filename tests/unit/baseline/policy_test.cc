// What people decide, and which policy decides.
#include "baseline/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "baseline/settings.h"
#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SigningPolicy Named(const std::string& name, std::vector<std::string> repositories) {
  SigningPolicy policy;
  policy.name = name;
  policy.repositories = std::move(repositories);
  return policy;
}

SigningPolicy Pinning(const std::string& name, const std::string& pattern, const Signer& signer) {
  SigningPolicy policy = PinPolicy(name, signer, pattern);
  return policy;
}

TEST(Glob, AStarStaysWithinASegmentAndTwoDoNot) {
  EXPECT_TRUE(MatchesGlob("ghcr.io/acme/web", "ghcr.io/acme/web"));
  EXPECT_FALSE(MatchesGlob("ghcr.io/acme/web", "ghcr.io/acme/web2"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/acme/*", "ghcr.io/acme/web"));
  EXPECT_FALSE(MatchesGlob("ghcr.io/acme/*", "ghcr.io/acme/web/sub"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/*/web", "ghcr.io/acme/web"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/acme/w*b", "ghcr.io/acme/web"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/**", "ghcr.io/acme/web/sub"));
  EXPECT_FALSE(MatchesGlob("ghcr.io/acme/**", "ghcr.io/acme"));
  EXPECT_FALSE(MatchesGlob("ghcr.io/acme/**", "ghcr.io/acme-evil/web"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/**/web", "ghcr.io/web"));
  EXPECT_TRUE(MatchesGlob("ghcr.io/**/web", "ghcr.io/a/b/web"));
  EXPECT_FALSE(MatchesGlob("ghcr.io/**/web", "ghcr.io/a/b/notweb"));
  EXPECT_TRUE(MatchesGlob("**", "ghcr.io/a"));
  EXPECT_TRUE(MatchesGlob("*.example.com/**", "registry.example.com/a"));
  EXPECT_FALSE(MatchesGlob("*.example.com/**", "evil.com/.example.com/a"));
}

TEST(Glob, ALongHostilePatternEndsQuickly) {
  std::string pattern = "ghcr.io/";
  for (int i = 0; i < 250; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesGlob(pattern, "ghcr.io/" + std::string(500, 'b')));
}

TEST(Policy, AnExactNameGoesBeforeALongerPrefixBeforeALongerPattern) {
  const std::vector<std::string> from_weak_to_strong{"**", "ghcr.io/**", "ghcr.io/*/web",
                                                     "ghcr.io/acme/**", "ghcr.io/acme/web"};
  std::optional<Specificity> last;
  for (const std::string& pattern : from_weak_to_strong) {
    const auto match = MatchOf(Named("p", {pattern}), kRepository);
    ASSERT_TRUE(match) << pattern;
    if (last) {
      EXPECT_GT(*match, *last) << pattern;
    }
    last = match;
  }
  EXPECT_FALSE(MatchOf(Named("p", {"quay.io/**"}), kRepository));
}

TEST(Policy, EachFieldIsTakenFromTheMostSpecificPolicyThatSetsIt) {
  SigningPolicy broad = Pinning("broad", "ghcr.io/**", Workflow());
  broad.enforcement = Enforcement::kWarn;
  SigningPolicy exact = Named("exact", {kRepository});
  exact.on_unknown = OnUnknown::kAdmit;
  const PolicySet set = PolicySet::Make({broad, exact});
  const EffectivePolicy policy = set.For(kRepository, Start());
  EXPECT_TRUE(policy.pinned);
  EXPECT_EQ(policy.enforcement, Enforcement::kWarn);
  EXPECT_EQ(policy.on_unknown, OnUnknown::kAdmit);
  EXPECT_EQ(policy.policy_name, "broad");
  EXPECT_THAT(policy.conflicting, IsEmpty());
}

TEST(Policy, NotSetMeansDeny) {
  const EffectivePolicy policy = PolicySet::Make({Named("p", {"**"})}).For(kRepository, Start());
  EXPECT_EQ(policy.enforcement, Enforcement::kDeny);
  EXPECT_EQ(policy.on_unknown, OnUnknown::kDeny);
  EXPECT_FALSE(policy.pinned);
}

TEST(Policy, InATieASignerIsTrustedOnlyIfEveryTiedPolicyNamesIt) {
  SigningPolicy one = Pinning("one", kRepository, Workflow());
  SigningPolicy two = Pinning("two", kRepository, Workflow());
  Pin extra = Pinning("x", kRepository, Stranger()).signers[0];
  extra.name = "extra";
  two.signers.push_back(extra);
  World world;
  world.Apply(one).Apply(two);
  EXPECT_FALSE(world.Judge(Signed("a", Workflow())).kind);
  EXPECT_EQ(world.Judge(Signed("a", Stranger())).kind, DriftKind::kSignerChanged);
  EXPECT_THAT(world.Policy().conflicting, ElementsAre("one", "two"));
  EXPECT_EQ(world.policies().Readiness("one", {kRepository}, Start()).reason, kConflict);
}

TEST(Policy, InATieDenyWins) {
  SigningPolicy one = Named("one", {"ghcr.io/**"});
  one.enforcement = Enforcement::kWarn;
  SigningPolicy two = Named("two", {"ghcr.io/**"});
  two.enforcement = Enforcement::kDeny;
  const PolicySet set = PolicySet::Make({one, two});
  EXPECT_EQ(set.For(kRepository, Start()).enforcement, Enforcement::kDeny);
  EXPECT_THAT(set.For(kRepository, Start()).conflicting, ElementsAre("one", "two"));
}

TEST(Policy, AnExpressionMustMatchTheWholeIdentity) {
  SigningPolicy policy = Pinning("p", kRepository, Workflow());
  policy.signers[0].keyless->identity.clear();
  policy.signers[0].keyless->identity_reg_exp = "https://github.com/acme/web/.*@refs/tags/v[0-9]+";
  World world;
  world.Apply(policy);
  EXPECT_FALSE(world.Judge(Signed("a", Workflow())).kind);
  EXPECT_TRUE(world.Judge(Signed("a", Workflow("acme/web", "refs/tags/v1-rc"))).kind);
  EXPECT_TRUE(world.Judge(Signed("a", Workflow("acme/webx"))).kind);
  // Also after the signer is known: another tag of it is not what the expression names.
  world.Deploy("a", Signed("a", Workflow()));
  world.Deploy("b", Signed("b", Workflow("acme/web", "refs/tags/nightly")));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_EQ(world.record().drift[0].digests.size(), 1u);
}

TEST(Policy, AnExpressionThatDoesNotCompileTrustsNobodyAndIsReported) {
  SigningPolicy policy = Pinning("p", kRepository, Workflow());
  policy.signers[0].keyless->identity.clear();
  policy.signers[0].keyless->identity_reg_exp = "(unclosed";
  const PolicySet set = PolicySet::Make({policy});
  EXPECT_EQ(set.Readiness("p", {kRepository}, Start()).reason, kInvalidExpression);
  World world;
  world.Apply(policy);
  EXPECT_TRUE(world.Judge(Signed("a", Workflow())).kind);
}

TEST(Policy, PinnedFieldsThatAreSetMustBeEqual) {
  SigningPolicy policy = Pinning("p", kRepository, Workflow());
  policy.signers[0].keyless->source_repository_owner_id = "22";
  policy.signers[0].keyless->build_config_uri = Workflow().canonical_identity;
  World world;
  world.Apply(policy);
  EXPECT_FALSE(world.Judge(Signed("a", Workflow())).kind);
  EXPECT_EQ(world.Judge(Signed("a", Workflow("acme/web", "refs/tags/v1", "11", "99"))).kind,
            DriftKind::kRepositoryIdentityReused);
  EXPECT_TRUE(world.Judge(Signed("a", Workflow("acme/web", "refs/tags/v1", "11", ""))).kind);
}

TEST(Policy, EditingAPinToANewOwnerReplacesWhatWasLearnedUnderIt) {
  SigningPolicy policy = Pinning("p", kRepository, Workflow());
  World world;
  world.Apply(policy);
  world.Deploy("a", Signed("a", Workflow()));
  const Signer moved = Workflow("acme/web", "refs/tags/v2", "11", "99");
  EXPECT_TRUE(world.Judge(Signed("b", moved)).kind);
  policy.signers[0].keyless->source_repository_owner_id = "99";
  world.Apply(policy);
  EXPECT_FALSE(world.Judge(Signed("b", moved)).kind);
}

TEST(Policy, AKeyPinNamesTheHashOfItsSubjectPublicKeyInfo) {
  SigningPolicy policy = Named("p", {kRepository});
  Pin pin;
  pin.name = "key";
  pin.public_key =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER3ZfJzIRkM+/6WBpxHLGXkt7R+TU\n"
      "qQX7rBtaIp1gY72YaoekWl/eB5tbkl0HffB4e9XC0U/HAaVVWqClsTCjIA==\n"
      "-----END PUBLIC KEY-----\n";
  policy.signers = {pin};
  World world;
  world.Apply(policy);
  const Signer key = MakeKey("3f4cb7cf53ecf4d0efe5d57ccf2d9a8a42fcd0c2ad5a2bb03d6de2aefe4e6b09");
  EXPECT_EQ(world.Judge(Signed("a", key)).kind, DriftKind::kSignerChanged);
  EXPECT_EQ(world.policies().Readiness("p", {}, Start()).reason, kInForce);
  policy.signers[0].public_key = "-----BEGIN PUBLIC KEY-----\n%%%\n-----END PUBLIC KEY-----\n";
  world.Apply(policy);
  EXPECT_EQ(world.policies().Readiness("p", {}, Start()).reason, kInvalidExpression);
}

TEST(Policy, TwoPinnedKeysAreBothTrustedAfterOneOfThemWasSeen) {
  World world;
  SigningPolicy policy = Named("p", {kRepository});
  for (const std::string body : {"AAAA", "BBBB"}) {
    Pin pin;
    pin.name = body == "AAAA" ? "one" : "two";
    pin.public_key = "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----";
    policy.signers.push_back(pin);
  }
  world.Apply(policy);
  // SHA-256 of the three zero bytes, and of 0x04 0x10 0x41.
  const Signer one = MakeKey("709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c");
  world.Deploy("a", Signed("a", one));
  EXPECT_FALSE(world.Judge(Signed("b", one)).kind);
  EXPECT_TRUE(world.Judge(Signed("b", Key('d'))).kind);
}

// Acceptances

Acceptance ForRepository(DriftKind kind, std::optional<Time> expires) {
  Acceptance acceptance;
  acceptance.kind = kind;
  acceptance.fingerprint = RepositoryFingerprint(kind, kRepository);
  acceptance.repository = kRepository;
  acceptance.reason = "r";
  acceptance.expiration_time = expires;
  return acceptance;
}

TEST(Acceptance, AnAcceptanceForTheRepositoryBeyondNinetyDaysIsNotInForce) {
  SigningPolicy policy = Named("p", {kRepository});
  policy.accepted_drift = {ForRepository(DriftKind::kSignatureMissing, Start() + Days(91)),
                           ForRepository(DriftKind::kSigningDowngrade, Start() + Days(10))};
  const PolicySet set = PolicySet::Make({policy});
  EXPECT_EQ(set.For(kRepository, Start()).acceptances.size(), 1u);  // the rest of it counts
  const auto ready = set.Readiness("p", {kRepository}, Start());
  EXPECT_EQ(ready.reason, kExpirationTooFar);
  EXPECT_EQ(ready.acceptances_in_force, 1u);
  EXPECT_EQ(set.For(kRepository, Start() + Days(1)).acceptances.size(), 2u);
  EXPECT_EQ(set.For(kRepository, Start()).next_change, Start() + Days(1));
}

TEST(Acceptance, AnExpiredForeignOrTooWideOneIsNeverInForce) {
  SigningPolicy policy = Named("p", {kRepository});
  Acceptance expired = ForRepository(DriftKind::kSignatureMissing, Start());
  Acceptance endless = ForRepository(DriftKind::kSigningDowngrade, std::nullopt);
  Acceptance foreign = ForRepository(DriftKind::kUnjudged, Start() + Days(1));
  foreign.repository = "ghcr.io/acme/other";
  Acceptance stripped = ForRepository(DriftKind::kSignatureStripped, Start() + Days(1));
  Acceptance invalid = ForRepository(DriftKind::kSignatureInvalid, Start() + Days(1));
  Acceptance mismatched = ForRepository(DriftKind::kSignerChanged, Start() + Days(1));
  policy.accepted_drift = {expired, endless, foreign, stripped, invalid, mismatched};
  EXPECT_THAT(PolicySet::Make({policy}).For(kRepository, Start()).acceptances, IsEmpty());
}

TEST(Acceptance, ThatItsPolicyDoesNotMatchIsNotInForceAndReported) {
  SigningPolicy policy = Named("p", {"quay.io/**"});
  policy.accepted_drift = {ForRepository(DriftKind::kSignatureMissing, Start() + Days(1))};
  const PolicySet set = PolicySet::Make({policy});
  EXPECT_THAT(set.For(kRepository, Start()).acceptances, IsEmpty());
  EXPECT_EQ(set.Readiness("p", {}, Start()).reason, kRepositoryNotMatched);
}

TEST(Acceptance, OfOneKindNeverCoversAnother) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  world.Accept(DigestFingerprint(DriftKind::kSignatureMissing, kRepository, Digest("b")),
               DriftKind::kSignatureInvalid);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
}

TEST(Acceptance, OfSeveralPoliciesAddUp) {
  SigningPolicy one = Named("one", {kRepository});
  one.accepted_drift = {ForRepository(DriftKind::kSignatureMissing, Start() + Days(1))};
  SigningPolicy two = Named("two", {"**"});
  two.accepted_drift = {ForRepository(DriftKind::kSigningDowngrade, Start() + Days(1))};
  EXPECT_EQ(PolicySet::Make({one, two}).For(kRepository, Start()).acceptances.size(), 2u);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
