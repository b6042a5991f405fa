#include "oci/places.h"

#include <gtest/gtest.h>

namespace plimsoll::oci {
namespace {

Repository Repo(const std::string& key) { return *Repository::FromKey(key); }

std::vector<std::string> Keys(const std::vector<Place>& places) {
  std::vector<std::string> keys;
  for (const auto& place : places) keys.push_back(place.repository.Key());
  return keys;
}

RepositoryRules Rules(std::vector<RepositoryRule> rules) {
  auto made = RepositoryRules::Make(std::move(rules));
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : RepositoryRules();
}

TEST(Places, WithoutRulesOnlyTheImagesOwnRepositoryIsSearched) {
  EXPECT_EQ(Keys(RepositoryRules().PlacesOf(Repo("ghcr.io/acme/app"))),
            std::vector<std::string>{"ghcr.io/acme/app"});
}

TEST(Places, AMirrorIsSearchedBesideItsUpstream) {
  const auto rules = Rules({{"mirror.example/hub/**", {}, "docker.io/**", ""}});
  const auto places = rules.PlacesOf(Repo("mirror.example/hub/library/nginx"));
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[1].repository.Key(), "docker.io/library/nginx");
  EXPECT_EQ(places[1].role, PlaceRole::kUpstream);
  EXPECT_EQ(rules.AliasesOf(Repo("mirror.example/hub/library/nginx")),
            std::vector<std::string>{"docker.io/library/nginx"});
}

TEST(Places, TheFirstRuleThatMatchesAndSetsAFieldDecidesIt) {
  const auto rules = Rules({{"mirror.example/hub/secret/**", {}, "", "sigs.example/secret"},
                            {"mirror.example/hub/*/*", {}, "docker.io/*/*", ""},
                            {"mirror.example/**", {}, "quay.io/**", "sigs.example/all"}});
  EXPECT_EQ(Keys(rules.PlacesOf(Repo("mirror.example/hub/secret/app"))),
            (std::vector<std::string>{"mirror.example/hub/secret/app", "sigs.example/secret",
                                      "docker.io/secret/app"}));
  EXPECT_EQ(Keys(rules.PlacesOf(Repo("mirror.example/other/app"))),
            (std::vector<std::string>{"mirror.example/other/app", "sigs.example/all",
                                      "quay.io/other/app"}));
}

TEST(Places, ASignatureRepositoryReplacesAndNothingIsAppended) {
  const auto rules = Rules({{"ghcr.io/acme/*", {}, "", "ghcr.io/acme-signatures/all"}});
  const auto places = rules.PlacesOf(Repo("ghcr.io/acme/app"));
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[1].repository.Key(), "ghcr.io/acme-signatures/all");
  EXPECT_EQ(places[1].role, PlaceRole::kSignatureRepository);
}

TEST(Places, TheUpstreamsSignatureRepositoryIsFoundByTheSameRules) {
  const auto rules = Rules({{"mirror.example/**", {}, "ghcr.io/**", ""},
                            {"ghcr.io/acme/**", {}, "", "ghcr.io/acme/sigs"}});
  EXPECT_EQ(Keys(rules.PlacesOf(Repo("mirror.example/acme/app"))),
            (std::vector<std::string>{"mirror.example/acme/app", "ghcr.io/acme/app",
                                      "ghcr.io/acme/sigs"}));
}

TEST(Places, AStarStaysWithinOneSegment) {
  const auto rules = Rules({{"ghcr.io/*/app", {"old.example/*"}, "", ""}});
  EXPECT_EQ(rules.AliasesOf(Repo("ghcr.io/acme/app")),
            std::vector<std::string>{"old.example/acme"});
  EXPECT_TRUE(rules.AliasesOf(Repo("ghcr.io/acme/team/app")).empty());
}

TEST(Places, BadRulesAreNamed) {
  const auto check = [](RepositoryRule rule, const std::string& field) {
    const auto rules = RepositoryRules::Make({{"a.example/**", {}, "", ""}, std::move(rule)});
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().code, kInvalidArgument);
    EXPECT_NE(rules.error().message.find("repositories[1]." + field), std::string::npos)
        << rules.error().message;
  };
  check({"", {}, "", ""}, "match");
  check({"UPPER/**", {}, "", ""}, "match");
  check({"a.example/x", {}, "b.example/*", ""}, "mirrorOf");
  check({"a.example/x", {}, "b.example", ""}, "mirrorOf");
  check({"a.example/x", {}, "", "b.example/$(x)"}, "signatureRepository");
  check({"a.example/x", {"b.example/**/**"}, "", ""}, "aliases");
}

TEST(Places, APatternOfManyStarsEnds) {
  std::string match = "a.example/";
  for (int i = 0; i < 40; ++i) match += "*a";
  const auto rules = Rules({{match + "b", {"c.example/x"}, "", ""}});
  EXPECT_TRUE(rules.AliasesOf(Repo("a.example/" + std::string(200, 'a'))).empty());
}

}  // namespace
}  // namespace plimsoll::oci
