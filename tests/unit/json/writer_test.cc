#include "json/writer.h"

#include <gtest/gtest.h>

namespace plimsoll::json {
namespace {

TEST(Writer, MembersAreWrittenInTheOrderOfTheCalls) {
  Writer w;
  w.BeginObject();
  w.Member("b", "x");
  w.Member("a", 7);
  w.Member("yes", true);
  w.MemberIfSet("absent", "");
  w.Key("list");
  w.BeginArray();
  w.Double(0.5);
  w.Null();
  w.EndArray();
  w.EndObject();
  EXPECT_EQ(std::move(w).Take(), R"({"b":"x","a":7,"yes":true,"list":[0.5,null]})");
}

TEST(Writer, WhatComesFromOutsideNeverBreaksTheText) {
  EXPECT_EQ(Quote("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(Quote("\xff"
                  "a\xc3"),
            "\"\xef\xbf\xbd"
            "a\xef\xbf\xbd\"");
  EXPECT_TRUE(Document::Parse(Quote("\xed\xa0\x80")));
  EXPECT_EQ(Quote(""), "\"\"");
}

TEST(Writer, ACopyIsTheSameValue) {
  const std::string text = R"({"a":[1,-2,18446744073709551615,1.5,"x",null,true,{}]})";
  Writer w;
  w.Copy(Document::Parse(text)->root());
  EXPECT_EQ(std::move(w).Take(), text);
}

TEST(Writer, PrettyOutputIsForPeople) {
  Writer w(true);
  w.BeginObject();
  w.Member("a", 1);
  w.EndObject();
  EXPECT_EQ(std::move(w).Take(), "{\n  \"a\": 1\n}");
}

}  // namespace
}  // namespace plimsoll::json
