#include <gtest/gtest.h>

#include "challenge.h"
#include "json/json.h"
#include "support/test_data/test_data.h"

namespace plimsoll::oci {
namespace {

TEST(Challenges, TheVectorOfDistribution) {
  const auto challenges = ParseChallenges(
      {R"(Bearer realm="https://auth.example.com/token",service="registry.example.com",other=fun,slashed="he\"\l\lo")"});
  ASSERT_EQ(challenges.size(), 1u);
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_EQ(challenges[0].Parameter("realm"), "https://auth.example.com/token");
  EXPECT_EQ(challenges[0].Parameter("service"), "registry.example.com");
  EXPECT_EQ(challenges[0].Parameter("other"), "fun");
  EXPECT_EQ(challenges[0].Parameter("slashed"), "he\"llo");
}

TEST(Challenges, BasicWithoutParameters) {
  const auto challenges = ParseChallenges({"Basic"});
  ASSERT_EQ(challenges.size(), 1u);
  EXPECT_EQ(challenges[0].scheme, "basic");
  EXPECT_TRUE(challenges[0].parameters.empty());
}

TEST(Challenges, SeveralInOneFieldAndInSeveral) {
  const auto one = ParseChallenges(
      {R"(Negotiate, Basic realm="x", Bearer realm="https://a/t",scope="repository:a:pull,push")"});
  ASSERT_EQ(one.size(), 3u);
  EXPECT_EQ(one[0].scheme, "negotiate");
  EXPECT_EQ(one[1].Parameter("realm"), "x");
  EXPECT_EQ(one[2].Parameter("scope"), "repository:a:pull,push");
  const auto two =
      ParseChallenges({R"(Basic realm="x")", R"(bearer Realm = "https://a/t" , service=s)"});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].Parameter("realm"), "https://a/t");
  EXPECT_EQ(two[1].Parameter("service"), "s");
}

TEST(Challenges, JunkGivesWhatIsReadableAndAMegabyteGivesNothing) {
  EXPECT_TRUE(ParseChallenges({""}).empty());
  EXPECT_TRUE(ParseChallenges({"\"\"\"\""}).empty());
  EXPECT_EQ(ParseChallenges({R"(Bearer realm="unterminated)"}).size(), 1u);
  EXPECT_EQ(ParseChallenges({R"(Bearer realm="unterminated)"})[0].Parameter("realm"), "");
  EXPECT_TRUE(ParseChallenges({std::string(1 << 20, 'a')}).empty());
  EXPECT_TRUE(ParseChallenges({"Bearer realm=\"" + std::string(1 << 20, 'a') + "\""}).empty());
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "x a=b,";
  EXPECT_LE(ParseChallenges({many}).size(), 8u);
}

TEST(Scopes, AreReducedToPulling) {
  EXPECT_EQ(ReducedScope("repository:team/app:pull,push,delete"), "repository:team/app:pull");
  EXPECT_EQ(ReducedScope("repository:team/app:*"), "repository:team/app:pull");
  EXPECT_EQ(ReducedScope("registry:catalog:* repository:a:pull"), "repository:a:pull");
  EXPECT_EQ(ReducedScope("registry:catalog:*"), std::nullopt);
  EXPECT_EQ(ReducedScope("aws"), std::nullopt);
  EXPECT_EQ(ReducedScope(""), std::nullopt);
  EXPECT_EQ(ReducedScope("repository:a&service=evil:pull"), std::nullopt);
  EXPECT_EQ(ReducedScope(std::string(4'096, 'x')), std::nullopt);
}

TEST(Links, TheNextPageIsFound) {
  EXPECT_EQ(NextLink({R"(</v2/a/tags/list?n=2&last=b>; rel="next")"}),
            "/v2/a/tags/list?n=2&last=b");
  EXPECT_EQ(NextLink({R"(<a>; rel="prev", <b>; title="x"; rel=next)"}), "b");
  EXPECT_EQ(NextLink({R"(<a>;rel="prev")"}), std::nullopt);
  EXPECT_EQ(NextLink({}), std::nullopt);
  EXPECT_EQ(NextLink({"<unterminated"}), std::nullopt);
  EXPECT_EQ(NextLink({"</a>; rel"}), std::nullopt);
  EXPECT_EQ(NextLink({"<" + std::string(1 << 20, 'a') + ">; rel=next"}), std::nullopt);
}

}  // namespace
}  // namespace plimsoll::oci
