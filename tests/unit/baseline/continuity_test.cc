// The comparison table of the product's contract: every row is a test named after it.
#include "baseline/continuity.h"

#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

Relation Of(const Signer& observed, const Signer& trusted) {
  return Compare(observed, std::nullopt, trusted, std::nullopt);
}

TEST(Continuity, SameIssuerIdentityBuildConfigAndIdsIsContinuous) {
  EXPECT_EQ(Of(Workflow(), Workflow()), Relation::kContinuous);
}

TEST(Continuity, AnotherReleaseTagOfTheSameWorkflowIsContinuous) {
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v2"), Workflow("acme/web", "refs/tags/v1")),
            Relation::kContinuous);
}

TEST(Continuity, IdsAbsentOnBothSidesAreContinuous) {
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "", ""),
               Workflow("acme/web", "refs/tags/v1", "", "")),
            Relation::kContinuous);
}

TEST(Continuity, IdsAbsentOnTheTrustedSideOnlyIsIdentityReusedWarning) {
  EXPECT_EQ(Of(Workflow(), Workflow("acme/web", "refs/tags/v1", "", "")),
            Relation::kIdentityReusedWarning);
  EXPECT_EQ(Of(Workflow(), Workflow("acme/web", "refs/tags/v1", "11", "")),
            Relation::kIdentityReusedWarning);
  Signer without_build = Workflow();
  without_build.build_config_uri.clear();
  EXPECT_EQ(Of(Workflow(), without_build), Relation::kIdentityReusedWarning);
}

TEST(Continuity,
     IdsAbsentOnTheObservedSideOnlyIsContinuousWhenSignedBeforeTheTrustedSignersEarliest) {
  const Signer observed = Workflow("acme/web", "refs/tags/v1", "", "");
  const Time earliest = Start();
  EXPECT_EQ(Compare(observed, earliest - seconds(1), Workflow(), earliest), Relation::kContinuous);
}

TEST(Continuity, IdsAbsentOnTheObservedSideOnlyIsSignerChangedOtherwise) {
  const Signer observed = Workflow("acme/web", "refs/tags/v1", "", "");
  const Time earliest = Start();
  EXPECT_EQ(Compare(observed, earliest, Workflow(), earliest), Relation::kSignerChanged);
  EXPECT_EQ(Compare(observed, std::nullopt, Workflow(), earliest), Relation::kSignerChanged);
  EXPECT_EQ(Compare(observed, earliest, Workflow(), std::nullopt), Relation::kSignerChanged);
}

TEST(Continuity, AnotherRepositoryOrOwnerIdIsIdentityReusedCritical) {
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "11", "99"), Workflow()),
            Relation::kIdentityReusedCritical);
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "99", "22"), Workflow()),
            Relation::kIdentityReusedCritical);
  // Also where the other field is absent on one side: what both have is other.
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "", "99"), Workflow()),
            Relation::kIdentityReusedCritical);
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "99", "22"),
               Workflow("acme/web", "refs/tags/v1", "11", "")),
            Relation::kIdentityReusedCritical);
}

TEST(Continuity, AbsentOnEachSideInDifferentFieldsIsIdentityReusedCritical) {
  EXPECT_EQ(Of(Workflow("acme/web", "refs/tags/v1", "11", ""),
               Workflow("acme/web", "refs/tags/v1", "", "22")),
            Relation::kIdentityReusedCritical);
}

TEST(Continuity, SameIdentityOfAnotherIssuerIsIssuerChanged) {
  Signer observed = Workflow();
  observed.issuer = "https://other.example";
  EXPECT_EQ(Of(observed, Workflow()), Relation::kIssuerChanged);
  observed.source_repository_id = "99";
  EXPECT_EQ(Of(observed, Workflow()), Relation::kIssuerChanged);
}

TEST(Continuity, OtherIdentityWithSameIdsAndRefIsSignerRenamed) {
  EXPECT_EQ(Of(Workflow("acme/shop"), Workflow()), Relation::kSignerRenamed);
  Signer moved = Workflow();
  moved.build_config_uri = "https://github.com/acme/web/.github/workflows/ship.yml@refs/tags/v9";
  EXPECT_EQ(Of(moved, Workflow()), Relation::kSignerRenamed);
}

TEST(Continuity, TwoCommitHashesCountAsTheSameRef) {
  const std::string a(40, 'a');
  const std::string b(40, 'b');
  EXPECT_EQ(Of(Workflow("acme/shop", a), Workflow("acme/web", b)), Relation::kSignerRenamed);
  EXPECT_EQ(Of(Workflow("acme/shop", a.substr(1)), Workflow("acme/web", b)),
            Relation::kSignerChanged);
}

TEST(Continuity, RenameWithoutIdsIsSignerChanged) {
  EXPECT_EQ(Of(Workflow("acme/shop", "refs/tags/v1", "", ""),
               Workflow("acme/web", "refs/tags/v1", "", "")),
            Relation::kSignerChanged);
  EXPECT_EQ(Of(Workflow("acme/shop", "refs/tags/v1", "11", ""),
               Workflow("acme/web", "refs/tags/v1", "11", "")),
            Relation::kSignerChanged);
}

TEST(Continuity, AnotherBranchAPullRequestRefAndATransferAreSignerChanged) {
  EXPECT_EQ(Of(Workflow("acme/web", "refs/heads/main"), Workflow()), Relation::kSignerChanged);
  EXPECT_EQ(Of(Workflow("acme/web", "refs/pull/7/merge"), Workflow()), Relation::kSignerChanged);
  EXPECT_EQ(Of(Workflow("acme/web", "refs/heads/dev"), Workflow("acme/web", "refs/heads/main")),
            Relation::kSignerChanged);
  EXPECT_EQ(Of(Workflow("umbrella/web", "refs/tags/v1", "11", "99"), Workflow()),
            Relation::kSignerChanged);
}

TEST(Continuity, TheSameReusableWorkflowCalledFromAnotherBranchIsSignerChanged) {
  Signer trusted = Workflow();
  Signer observed = Workflow();
  trusted.build_config_uri = "https://github.com/acme/web/.github/workflows/ci.yml@refs/tags/v1";
  observed.build_config_uri = "https://github.com/acme/web/.github/workflows/ci.yml@refs/heads/x";
  EXPECT_EQ(Of(observed, trusted), Relation::kSignerChanged);
}

TEST(Continuity, RenameWithAnotherRefInTheBuildConfigIsSignerChanged) {
  Signer observed = Workflow("acme/shop");
  observed.build_config_uri = "https://github.com/acme/shop/.github/workflows/ci.yml@refs/heads/x";
  EXPECT_EQ(Of(observed, Workflow()), Relation::kSignerChanged);
  observed.build_config_uri.clear();
  EXPECT_EQ(Of(observed, Workflow()), Relation::kSignerRenamed);
}

TEST(Continuity, ABranchNamedLikeATagDoesNotPassForARename) {
  const Signer observed = Workflow("acme/web", "refs/heads/x@refs/tags/v1");
  EXPECT_EQ(Of(observed, Workflow()), Relation::kSignerChanged);
}

TEST(Continuity, SameKeyIsContinuousAndAnyOtherKeyIsSignerChanged) {
  EXPECT_EQ(Of(Key('a'), Key('a')), Relation::kContinuous);
  EXPECT_EQ(Of(Key('b'), Key('a')), Relation::kSignerChanged);
  EXPECT_EQ(Of(Key('a'), Workflow()), Relation::kSignerChanged);
  EXPECT_EQ(Of(Workflow(), Key('a')), Relation::kSignerChanged);
}

TEST(Continuity, EMailsWithoutIdsAreComparedByTheirText) {
  const Signer trusted = MakeKeyless("ci@acme.example", "https://dex.acme.example");
  EXPECT_EQ(Of(trusted, trusted), Relation::kContinuous);
  EXPECT_EQ(Of(MakeKeyless("dev@acme.example", trusted.issuer), trusted), Relation::kSignerChanged);
  EXPECT_EQ(Of(MakeKeyless("ci@acme.example", "https://evil.example"), trusted),
            Relation::kIssuerChanged);
}

TEST(Canonical, ReplacesOnlyWhatFollowsTheLastTagRef) {
  EXPECT_EQ(Canonical("a@refs/tags/v1"), "a@refs/tags/*");
  EXPECT_EQ(Canonical("a@refs/tags/x@refs/tags/v1"), "a@refs/tags/x@refs/tags/*");
  EXPECT_EQ(Canonical("a@refs/heads/main"), "a@refs/heads/main");
  EXPECT_EQ(Canonical("ci@acme.example"), "ci@acme.example");
  EXPECT_EQ(Canonical(""), "");
}

TEST(ShortSigner, FitsAColumnAndIsSafeToShow) {
  EXPECT_EQ(ShortSigner(Workflow("acme/storefront")), "acme/storefront/release.yml@refs/tags/*");
  EXPECT_EQ(ShortSigner(MakeKeyless("ci@team-a.example.com", "i")), "ci@team-a.example.com");
  EXPECT_EQ(ShortSigner(Key('2')), "key:2222222222222222");
  const std::string hostile =
      ShortSigner(MakeKeyless("https://x/\x1b[31m" + std::string(900, 'y'), "i"));
  EXPECT_LE(hostile.size(), 48u);
  EXPECT_EQ(hostile.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
