#include "config/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace plimsoll::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::unique_ptr<YamlFile> Read(std::string_view text) {
  auto file = YamlFile::Parse(text, "test.yaml");
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().message);
  return file ? std::move(*file) : *YamlFile::Parse("", "empty");
}

std::string Refusal(std::string_view text, const YamlLimits& limits = {}) {
  const auto file = YamlFile::Parse(text, "test.yaml", limits);
  EXPECT_FALSE(file.has_value()) << text;
  return file ? "" : file.error().message;
}

TEST(Yaml, ValuesAreReadAsTheReaderAsks) {
  const auto file = Read("a: text\nb: 12\nc: true\nd: 90s\ne: [x, y]\nf: {g: 16Mi}\nh: '12'\n");
  const YamlNode root = file->root();
  EXPECT_EQ(*root["a"].String(), "text");
  EXPECT_EQ(*root["b"].Int(0, 100), 12);
  EXPECT_EQ(*root["b"].String(), "12");
  EXPECT_TRUE(*root["c"].Bool());
  EXPECT_EQ(*root["d"].DurationBetween(Duration{}, std::chrono::hours(1)),
            std::chrono::seconds(90));
  EXPECT_THAT(*root["e"].Strings(), ElementsAre("x", "y"));
  EXPECT_EQ(*root["f"]["g"].ByteSize(0, 1LL << 40), 16 << 20);
  EXPECT_FALSE(root["h"].Int(0, 100).has_value()) << "a quoted number is a text";
}

TEST(Yaml, AnErrorNamesFileLineColumnPathAndExpectation) {
  const auto file = Read("durations:\n  reverifyAfter: soon\n");
  const auto value = file->root()["durations"]["reverifyAfter"].DurationBetween(
      std::chrono::seconds(1), std::chrono::hours(1));
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(
      value.error().message,
      "test.yaml:2:18: durations.reverifyAfter: expected a duration from 1s to 1h such as 90s, 5m "
      "or 1h30m, found soon");
}

TEST(Yaml, AnAbsentKeyIsAnErrorThatNamesItsPlace) {
  const auto file = Read("clusters:\n- name: a\n  cluster: {}\n");
  const auto value = file->root()["clusters"][0]["cluster"]["server"].String();
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().message,
            "test.yaml:3:12: clusters[0].cluster.server: expected a string, found nothing");
}

TEST(Yaml, AnUnknownKeyIsRefusedWithWhatIsKnown) {
  const auto file = Read("one: 1\n\n   \ntwo: 2\n");
  const Status status = file->root().AllowOnly({"one", "three"});
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "test.yaml:4:1: two: unknown key; expected one of one, three");
}

TEST(Yaml, ADuplicateKeyIsRefused) {
  EXPECT_EQ(Refusal("a: 1\nb: 2\na: 3\n"), "test.yaml:3:1: expected each key once, found a again");
  EXPECT_THAT(Refusal("x: {k: 1, \"k\": 2}\n"), HasSubstr("found k again"));
}

TEST(Yaml, AliasesAnchorsTagsAndMergesAreRefused) {
  EXPECT_THAT(Refusal("a: &x 1\nb: *x\n"), HasSubstr("anchor"));
  EXPECT_THAT(Refusal("a: &x [*x]\n"), HasSubstr("anchor"));
  EXPECT_THAT(Refusal("a: !!binary aGk=\n"), HasSubstr("tag"));
  EXPECT_THAT(Refusal("a: !secret x\n"), HasSubstr("tag"));
  EXPECT_THAT(Refusal("<<: {a: 1}\n"), HasSubstr("merge"));
}

TEST(Yaml, ASecondDocumentIsRefused) {
  EXPECT_THAT(Refusal("a: 1\n---\nb: 2\n"), HasSubstr("second"));
}

TEST(Yaml, OversizeDepthAndCountAreLimited) {
  const YamlLimits limits{100, 4, 10};
  const auto big = YamlFile::Parse(std::string(101, ' '), "test.yaml", limits);
  ASSERT_FALSE(big.has_value());
  EXPECT_EQ(big.error().code, kLimitExceeded);
  const auto deep = YamlFile::Parse("[[[[[1]]]]]", "test.yaml", limits);
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().code, kLimitExceeded);
  const auto many = YamlFile::Parse("[1,2,3,4,5,6,7,8,9,10,11]", "test.yaml", limits);
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().code, kLimitExceeded);
  EXPECT_TRUE(YamlFile::Parse("[[[[1]]]]", "test.yaml", limits).has_value());
}

TEST(Yaml, NestingBombsAreRefusedWithoutHarm) {
  EXPECT_FALSE(YamlFile::Parse(std::string(100'000, '['), "test.yaml").has_value());
  std::string maps;
  for (int i = 0; i < 100'000; ++i) maps += "{a:";
  EXPECT_FALSE(YamlFile::Parse(maps, "test.yaml").has_value());
}

TEST(Yaml, ManyKeysAreReadInReasonableTime) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const auto file = YamlFile::Parse(text, "test.yaml");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->root().size(), 20'000U);
}

TEST(Yaml, BytesThatAreNoTextAreRefusedWithTheirLine) {
  EXPECT_THAT(Refusal(std::string("a: 1\nb: \0c\n", 11)), StartsWith("test.yaml:2:4: "));
  EXPECT_THAT(Refusal("a: 1\nb: 2\nc: \xff\xfe\n"), StartsWith("test.yaml:3:1: "));
}

TEST(Yaml, ASyntaxErrorNamesItsPlace) {
  EXPECT_THAT(Refusal("a: 1\nb: [1, 2\nc: 3\n"), StartsWith("test.yaml:"));
  EXPECT_THAT(Refusal("a:\n\t- b\n"), StartsWith("test.yaml:2:"));
}

TEST(Yaml, OldBooleansAndOctalsAreNoSurprise) {
  const auto file = Read("a: yes\nb: on\nc: 010\nd: 'true'\ne: 0x10\nf: 1_000\n");
  const YamlNode root = file->root();
  EXPECT_FALSE(root["a"].Bool().has_value());
  EXPECT_FALSE(root["b"].Bool().has_value());
  EXPECT_FALSE(root["c"].Int(0, 100).has_value());
  EXPECT_FALSE(root["d"].Bool().has_value());
  EXPECT_FALSE(root["e"].Int(0, 100).has_value());
  EXPECT_FALSE(root["f"].Int(0, 2000).has_value());
}

TEST(Yaml, IntegersBeyondTheirBoundsAreRefused) {
  const auto file = Read("a: 99999999999999999999\nb: -5\nc: 7\n");
  const YamlNode root = file->root();
  EXPECT_FALSE(root["a"].Int(0, 1LL << 62).has_value());
  EXPECT_EQ(*root["b"].Int(-10, 10), -5);
  EXPECT_FALSE(root["c"].Int(0, 6).has_value());
}

TEST(Yaml, SizesDoNotOverflow) {
  const auto file = Read("a: 99999999999Gi\nb: 1Ti\nc: 1024\n");
  const YamlNode root = file->root();
  EXPECT_FALSE(root["a"].ByteSize(0, 1LL << 62).has_value());
  EXPECT_FALSE(root["b"].ByteSize(0, 1LL << 62).has_value());
  EXPECT_EQ(*root["c"].ByteSize(0, 2048), 1024);
}

TEST(Yaml, NullCountsAsAbsentWhereADefaultExists) {
  const auto file = Read("a:\nb: ~\nc: null\n");
  const YamlNode root = file->root();
  EXPECT_EQ(*root["a"].StringOr("x"), "x");
  EXPECT_EQ(*root["b"].BoolOr(true), true);
  EXPECT_FALSE(root["c"].String().has_value());
  EXPECT_TRUE(root["a"].AllowOnly({"k"}).has_value());
}

TEST(Yaml, AnEmptyFileIsNull) {
  EXPECT_EQ(Read("")->root().kind(), YamlKind::kNull);
  EXPECT_EQ(Read("# only a comment\n")->root().kind(), YamlKind::kNull);
}

TEST(Yaml, AMissingFileSaysSo) {
  const auto file = YamlFile::Read("/does/not/exist.yaml");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, kNotFound);
  EXPECT_THAT(file.error().message, HasSubstr("/does/not/exist.yaml"));
}

TEST(Yaml, TextOfTheFileIsEscapedInMessages) {
  const auto file = Read("a: \"x\\x1b[31m\"\n");
  const auto value = file->root()["a"].Int(0, 1);
  ASSERT_FALSE(value.has_value());
  EXPECT_THAT(value.error().message, ::testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace plimsoll::config
