// What is asked of the index about an image.
#include "rekor/search_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"
#include "sigstore/payload.h"

namespace plimsoll::rekor {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kHex = "c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172";

TEST(SearchPlan, TheDefaultPayloadIsAskedForFirst) {
  const SearchPlan plan =
      PlanSearch({"registry-testing.svc.lan/kubewarden/disallow-service-nodeport",
                  {},
                  "sha256:5f481572d088dc4023afb35fced9530ced3d9b03bf7299c6f492163cb9f0452e",
                  {},
                  false});
  ASSERT_FALSE(plan.terms.empty());
  // The hash that the public log holds.
  EXPECT_EQ(plan.terms.front(), "e7801de935512e22b237c7b57e42ca4d20e2134bdf1b98f976c8f55d9cfe4067");
}

TEST(SearchPlan, BundlesAreFoundByDigestAndByTheirSixStatements) {
  const SearchPlan plan =
      PlanSearch({"ghcr.io/kubewarden/kubewarden-controller", {}, "sha256:" + kHex, {}, true});
  ASSERT_THAT(plan.terms,
              SizeIs(9));  // the digest, the payload, six statements, one annotated payload
  EXPECT_EQ(plan.terms.front(), kHex);
  EXPECT_THAT(plan.terms,
              Contains("736c85e434454351bb48cde164f34376cb4a992dd2dfbe1e20326986b1a688c4"));
  EXPECT_THAT(plan.terms,
              Contains("1ba9dfec5a4610ed759157942d925f3b64c28cdd0e4e6d8f681dec2a56e36417"));
}

TEST(SearchPlan, EveryTermButTheDigestIsThePayloadThatAHitMayBeAbout) {
  const SearchPlan plan = PlanSearch({"docker.io/library/web",
                                      {"quay.io/acme/web", "ghcr.io/acme/web"},
                                      "sha256:" + kHex,
                                      {"v1", "v2", "v3"},
                                      false});
  std::set<std::string> of_payloads{kHex};
  for (const std::string& payload : plan.payloads) of_payloads.insert(Sha256Hex(AsBytes(payload)));
  EXPECT_THAT(
      plan.terms,
      Each(::testing::Truly([&](const std::string& term) { return of_payloads.contains(term); })));
  EXPECT_EQ(of_payloads.size(), plan.terms.size()) << "every payload is asked for, once";
  const auto hash = [&](const std::string& payload) { return Sha256Hex(AsBytes(payload)); };
  EXPECT_THAT(plan.terms, Contains(hash(sigstore::SimpleSigningPayload(
                              "index.docker.io/library/web", "sha256:" + kHex))));
  EXPECT_THAT(plan.terms, Contains(hash(sigstore::SimpleSigningPayload(
                              "ghcr.io/acme/web", "sha256:" + kHex, {{"creator", "OBS"}}))));
  EXPECT_THAT(
      plan.terms,
      Contains(hash(sigstore::SimpleSigningPayload("quay.io/acme/web:v2", "sha256:" + kHex))));
  EXPECT_THAT(plan.terms, Contains(hash(sigstore::SimpleSigningPayload(
                              "quay.io/acme/web", "sha256:" + kHex, {{"tag", "v1"}}))));
}

TEST(SearchPlan, AnnotationsThatNameTheTagNameThisImagesTag) {
  const AnnotationTemplate made =
      TemplateOf({{"tag", "v1"}, {"team", "harbour"}}, {"latest", "v1"});
  Subject subject{"quay.io/acme/web", {}, "sha256:" + kHex, {"v2"}, false};
  subject.templates = {made};
  EXPECT_THAT(PlanSearch(subject).payloads,
              Contains(sigstore::SimpleSigningPayload("quay.io/acme/web", "sha256:" + kHex,
                                                      {{"tag", "v2"}, {"team", "harbour"}})));
  subject.tags.clear();
  for (const std::string& payload : PlanSearch(subject).payloads)
    EXPECT_EQ(payload.find("harbour"), std::string::npos) << "without a tag there is none to name";
}

TEST(SearchPlan, AliasesAndTagsAreBounded) {
  Subject subject{"r.example/a", {}, "sha256:" + kHex, {}, false};
  for (int i = 0; i < 100; ++i) {
    subject.aliases.push_back("r.example/a" + std::to_string(i));
    subject.tags.push_back("v" + std::to_string(i));
  }
  EXPECT_LE(PlanSearch(subject).terms.size(), 40u);
}

TEST(SearchPlan, AnnotationsAreBoundedForEachNameAndTag) {
  Subject subject{"r.example/a", {"r.example/b"}, "sha256:" + kHex, {"v1", "v2", "v3"}, false};
  const std::size_t without = PlanSearch(subject).terms.size();
  for (int i = 0; i < 100; ++i)
    subject.templates.push_back({{"tag", std::nullopt}, {"n", std::to_string(i)}});
  EXPECT_EQ(PlanSearch(subject).terms.size(), without + 2 * kMaxTags * kMaxTemplates);
}

TEST(SearchPlan, NothingIsAskedAboutADigestThatNoLogIndexes) {
  for (const char* digest : {"", "sha512:00", "sha256:00", "md5:aa"}) {
    EXPECT_THAT(PlanSearch({"r.example/a", {}, digest, {}, false}).terms, IsEmpty()) << digest;
  }
}

}  // namespace
}  // namespace plimsoll::rekor
