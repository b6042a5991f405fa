#include "slices.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

TEST(SplitEvent, TypeAndObjectAreCutOutInAnyOrder) {
  const auto frame = SplitEvent(R"({"type":"ADDED","object":{"a":"}\"{","b":[{"c":{}}]}})");
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->type, "ADDED");
  EXPECT_EQ(frame->object, R"({"a":"}\"{","b":[{"c":{}}]})");
  EXPECT_EQ(SplitEvent(R"( {"x":[1,"]"],"object" : {} , "type" : "ERROR"} )")->object, "{}");
}

TEST(SplitEvent, WhatIsNoEventIsRefused) {
  for (const char* line :
       {"", "{}", "[]", "null", R"({"type":"ADDED"})", R"({"object":{}})",
        R"({"type":"ADDED","object":[]})", R"({"type":"ADDED","object":{}}x)",
        R"({"type":"ADDED","object":{})", R"({"type":"ADDED","object":{]})",
        R"({"type":"ADDED","object":{"a":"}})",
        R"({"type":"ADDED","object":{}}{"type":"ADDED","object":{}})",
        R"({"type":"A\u0044DED","object":{}})", R"({"type":"ADDED","type":"DELETED","object":{}})",
        R"({"type":"ADDED","object":{},"object":{}})", R"({"type":"ADDED","object":{}]})",
        R"({"type":1,"object":{}})", R"({"type":"ADDED" "object":{}})"}) {
    EXPECT_FALSE(SplitEvent(line).has_value()) << line;
  }
}

TEST(SplitEvent, EveryPrefixOfAnEventIsRefused) {
  const std::string line = testing::ConfigMapEvent("MODIFIED", "a", "12", "x\"\\y");
  ASSERT_TRUE(SplitEvent(line).has_value());
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(SplitEvent(line.substr(0, size)).has_value()) << size;
  }
}

TEST(SplitEvent, DepthIsBounded) {
  const std::string deep = R"({"type":"ADDED","object":{"a":)" + std::string(100'000, '[') + "}}";
  EXPECT_FALSE(SplitEvent(deep).has_value());
}

TEST(SplitList, ItemsVersionAndTokenAreCutOut) {
  const std::string body = testing::ConfigMapList(
      "77", {testing::ConfigMapObject("a", "1"), testing::ConfigMapObject("b", "2", "]}")}, "next");
  const auto frame = SplitList(body);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->kind, "ConfigMapList");
  EXPECT_EQ(frame->resource_version, "77");
  EXPECT_EQ(frame->continue_token, "next");
  ASSERT_EQ(frame->items.size(), 2U);
  EXPECT_EQ(frame->items[1], testing::ConfigMapObject("b", "2", "]}"));
}

TEST(SplitList, NullItemsAreNone) {
  const auto frame = SplitList(
      R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":null},"items":null})");
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->items.empty());
}

TEST(SplitList, WhatIsNoListIsRefused) {
  for (const char* body :
       {"", "[]", R"({"kind":"PodList","items":[]})",
        R"({"metadata":{"resourceVersion":"1"},"items":[1]})",
        R"({"metadata":{"resourceVersion":"1"},"items":{}})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{}})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{},]})",
        R"({"metadata":{"resourceVersion":"1"}} <html>)",
        R"({"metadata":{"resourceVersion":"1"},"metadata":{"resourceVersion":"2"}})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{}],"items":[{}]})", "<html></html>"}) {
    EXPECT_FALSE(SplitList(body).has_value()) << body;
  }
}

}  // namespace
}  // namespace plimsoll::kube
