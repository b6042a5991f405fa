#include "json/json.h"

#include <gtest/gtest.h>

namespace plimsoll::json {
namespace {

Reason RefusalOf(std::string_view text, const Limits& limits = {}) {
  const auto document = Document::Parse(text, limits);
  return document ? Reason{} : document.error().code;
}

TEST(Json, TypedReadersGiveValuesOrTheirPath) {
  const auto document = Document::Parse(
      R"({"spec":{"containers":[{"name":"a"},{"image":7}],"n":-3,"u":18446744073709551615,"d":1.5,"b":true,"x":null}})");
  ASSERT_TRUE(document) << document.error().message;
  const Value spec = document->root()["spec"];
  EXPECT_EQ(*spec["containers"][0]["name"].String(), "a");
  EXPECT_EQ(*spec["n"].Int64(), -3);
  EXPECT_EQ(*spec["u"].Uint64(), 18446744073709551615u);
  EXPECT_FALSE(spec["u"].Int64());
  EXPECT_FALSE(spec["n"].Uint64());
  EXPECT_EQ(*spec["d"].Double(), 1.5);
  EXPECT_TRUE(*spec["b"].Bool());
  EXPECT_FALSE(spec["x"].present());
  EXPECT_EQ(*spec["x"].StringOr("fallback"), "fallback");
  EXPECT_EQ(spec["containers"].size(), 2u);
  EXPECT_EQ(spec["containers"][1]["image"].String().error().message,
            "$.spec.containers[1].image: expected a string, found an integer");
  EXPECT_EQ(spec["nope"]["deeper"].String().error().message,
            "$.spec.nope: expected a string, found nothing");
  EXPECT_TRUE(spec["containers"][9].missing());
}

TEST(Json, MembersAreWalkedInTheOrderOfTheText) {
  const auto document = Document::Parse(R"({"b":1,"a":2,"c":[]})");
  std::string names;
  for (Value v = document->root().first(); !v.missing(); v = v.next()) names += v.name();
  EXPECT_EQ(names, "bac");
}

TEST(Json, ANameThatOccursTwiceIsRefusedSoThatNoTwoReadersDisagree) {
  EXPECT_EQ(RefusalOf(R"({"a":{"digest":1,"x":2,"digest":3}})"), kMalformed);
  EXPECT_EQ(RefusalOf(R"({"a":1,"\u0061":2})"), kMalformed);
  Limits lenient;
  lenient.refuse_duplicates = false;
  EXPECT_TRUE(Document::Parse(R"({"a":1,"a":2})", lenient));
}

TEST(Json, TextAfterTheValueIsRefused) {
  EXPECT_EQ(RefusalOf("{} {}"), kMalformed);
  EXPECT_EQ(RefusalOf(std::string_view("{}\0{", 4)), kMalformed);
  EXPECT_EQ(RefusalOf("\xef\xbb\xbf{}"), kMalformed);
  EXPECT_EQ(RefusalOf(""), kMalformed);
  EXPECT_EQ(RefusalOf("{\"a\":1,}"), kMalformed);
  EXPECT_EQ(RefusalOf("[1 /* x */]"), kMalformed);
  EXPECT_EQ(RefusalOf("[NaN]"), kMalformed);
  EXPECT_EQ(RefusalOf("[1E400]"), kMalformed);
}

TEST(Json, BytesThatAreNotUtf8AreRefusedEscapedOrNot) {
  EXPECT_EQ(RefusalOf("[\"\xff\"]"), kMalformed);
  EXPECT_EQ(RefusalOf("[\"\xc0\xaf\"]"), kMalformed);
  EXPECT_EQ(RefusalOf(R"(["\udc00"])"), kMalformed);
  EXPECT_EQ(RefusalOf(R"(["\ud800"])"), kMalformed);
  EXPECT_TRUE(Document::Parse(R"(["\ud83d\udea2"])"));
}

TEST(Json, DepthCostsNoStackAndEndsAtItsLimit) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(RefusalOf(deep), kLimitExceeded);
  Limits limits;
  limits.max_depth = 3;
  EXPECT_TRUE(Document::Parse("[[[]]]", limits));
  EXPECT_EQ(RefusalOf("[[[[]]]]", limits), kLimitExceeded);
}

TEST(Json, CountAndSizeEndAtTheirLimits) {
  Limits limits;
  limits.max_values = 4;
  EXPECT_TRUE(Document::Parse("[1,2,3]", limits));
  EXPECT_EQ(RefusalOf("[1,2,3,4]", limits), kLimitExceeded);
  limits = {};
  limits.max_bytes = 8;
  EXPECT_EQ(RefusalOf("[1,2,3,4]", limits), kLimitExceeded);
}

TEST(Json, AStringMayHoldANulAndKeepsItsLength) {
  const auto document = Document::Parse(R"(["a\u0000b"])");
  EXPECT_EQ(document->root()[0].String()->size(), 3u);
}

TEST(Json, NumbersBeyondSixtyFourBitsAreNoIntegers) {
  const auto document = Document::Parse("[18446744073709551616, 1e3, 1.0]");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(document->root()[i].Int64());
}

class CountingHandler final : public Handler {
 public:
  bool Null() override { return Tick(); }
  bool Bool(bool) override { return Tick(); }
  bool Int(std::int64_t) override { return Tick(); }
  bool Double(double) override { return Tick(); }
  bool String(std::string_view) override { return Tick(); }
  bool Key(std::string_view) override { return Tick(); }
  bool StartObject() override { return Tick(); }
  bool EndObject() override { return Tick(); }
  bool StartArray() override { return Tick(); }
  bool EndArray() override { return Tick(); }
  int events = 0;
  int stop_after = 1000;

 private:
  bool Tick() { return ++events < stop_after; }
};

TEST(Json, EventsComeInOrderUntilTheHandlerHasEnough) {
  CountingHandler handler;
  EXPECT_TRUE(ParseEvents(R"({"a":[1,null,true,"x",2.5]})", {}, handler));
  EXPECT_EQ(handler.events, 10);
  CountingHandler impatient;
  impatient.stop_after = 3;
  EXPECT_EQ(ParseEvents(R"({"a":[1,2,3]})", {}, impatient).error().code, kLimitExceeded);
}

}  // namespace
}  // namespace plimsoll::json
