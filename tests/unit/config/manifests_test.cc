#include "config/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "json/json.h"

namespace plimsoll::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<Manifest> Read(std::string_view text) {
  const auto manifests = ReadManifests(text, "web.yaml");
  EXPECT_TRUE(manifests.has_value()) << (manifests ? "" : manifests.error().message);
  return manifests.value_or(std::vector<Manifest>{});
}

std::string Refusal(std::string_view text, const ManifestLimits& limits = {}) {
  const auto manifests = ReadManifests(text, "web.yaml", limits);
  EXPECT_FALSE(manifests.has_value()) << text;
  return manifests ? "" : manifests.error().message;
}

TEST(Manifests, EveryDocumentBecomesJsonWithItsLine) {
  const auto manifests =
      Read("kind: Pod\nspec: {a: [1, 2.5, x]}\n---\n---\n# nothing\n---\nkind: Job\n");
  ASSERT_EQ(manifests.size(), 2U);
  EXPECT_EQ(manifests[0].json, R"({"kind":"Pod","spec":{"a":[1,2.5,"x"]}})");
  EXPECT_EQ(manifests[1].json, R"({"kind":"Job"})");
  EXPECT_EQ(manifests[1].line, 6U) << "its separator";
}

TEST(Manifests, ScalarsHaveTheTypeThatTheyLookLike) {
  EXPECT_EQ(
      Read("a: true\nb: 'true'\nc: null\nd: ~\ne:\nf: 010\ng: 1.5e3\nh: -3\ni: 0x1F\nj: 1.2.3\nk: "
           "'a\"\\b'\n")
          .at(0)
          .json,
      R"({"a":true,"b":"true","c":null,"d":null,"e":null,"f":"010","g":1.5e3,"h":-3,"i":"0x1F","j":"1.2.3","k":"a\"\\b"})");
}

TEST(Manifests, AliasesAreWrittenOut) {
  const auto manifests = Read("a: &x {image: web}\nb: *x\nc: [*x, *x]\n");
  EXPECT_EQ(manifests.at(0).json,
            R"({"a":{"image":"web"},"b":{"image":"web"},"c":[{"image":"web"},{"image":"web"}]})");
}

TEST(Manifests, AnAliasBombStopsAtTheBudget) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n) bomb += (n == 0 ? "" : ", ") + alias;
    bomb += "]\n";
  }
  const auto manifests = ReadManifests(bomb, "web.yaml");
  ASSERT_FALSE(manifests.has_value());
  EXPECT_EQ(manifests.error().code, kLimitExceeded);
}

TEST(Manifests, NestedAnchorsStopAtTheBudget) {
  std::string bomb;
  for (int i = 0; i < 60; ++i) bomb += "&a" + std::to_string(i) + " [";
  bomb += "\"" + std::string(8 << 20, 'x') + "\"";
  bomb += std::string(60, ']');
  const auto manifests = ReadManifests(bomb, "web.yaml");
  ASSERT_FALSE(manifests.has_value());
  EXPECT_EQ(manifests.error().code, kLimitExceeded);
}

TEST(Manifests, ACycleIsRefused) { EXPECT_THAT(Refusal("a: &x [*x]\n"), HasSubstr("cycle")); }

TEST(Manifests, AnchorsDoNotOutliveTheirDocument) {
  EXPECT_FALSE(ReadManifests("a: &x 1\n---\nb: *x\n", "web.yaml").has_value());
}

TEST(Manifests, DuplicateAndStrangeKeysAreRefusedWithTheirPlace) {
  EXPECT_EQ(Refusal("image: good\nimage: bad\n"),
            "web.yaml:2:1: expected each key once, found image again");
  EXPECT_THAT(Refusal("? [a]\n: b\n"), HasSubstr("expected a key that is a text"));
}

TEST(Manifests, DepthIsLimited) {
  ManifestLimits limits;
  limits.max_depth = 3;
  EXPECT_TRUE(ReadManifests("[[[1]]]", "web.yaml", limits).has_value());
  EXPECT_THAT(Refusal("[[[[1]]]]", limits), HasSubstr("at most 3 levels"));
  EXPECT_THAT(Refusal("a: &x [[1]]\nb: [[*x]]\n", limits), HasSubstr("at most 3 levels"));
}

TEST(Manifests, ASyntaxErrorNamesItsPlace) {
  EXPECT_THAT(Refusal("kind: Pod\nspec: {a: [1\n"), StartsWith("web.yaml:"));
}

TEST(Manifests, WhatItWritesIsJson) {
  for (const char* text :
       {"a: \"\\u0001\\t\\x7f\"\n", "- 1\n- -0\n- 1e5\n- .5\n- 5.\n- +1\n- 1e400\n", "\"text\"",
        "{\"a\": [null]}", "a: |\n  line\n  line\n", "999999999999999999999999"}) {
    for (const Manifest& manifest : Read(text)) {
      EXPECT_TRUE(json::Document::Parse(manifest.json).has_value()) << manifest.json;
    }
  }
}

}  // namespace
}  // namespace plimsoll::config
