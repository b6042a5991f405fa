#include "answer.h"

#include <gtest/gtest.h>

#include "http/reason.h"

namespace plimsoll::http {
namespace {

AnswerLimits Limits() { return {false, 1000, 10, 1000, 20, {}, {}}; }

// Feeds a whole header; true when the reader took all of it.
bool Feed(AnswerReader& reader, std::initializer_list<const char*> lines) {
  for (const char* line : lines) {
    if (!reader.Line(std::string(line) + "\r\n")) return false;
  }
  return true;
}

TEST(AnswerTest, FieldsAreKeptAsTheyCame) {
  AnswerReader reader(Limits());
  ASSERT_TRUE(Feed(reader, {"HTTP/1.1 200 OK", "A: 1", "a:  2\t", "B:", ""}));
  EXPECT_EQ(reader.status(), 200);
  EXPECT_TRUE(reader.header_complete());
  EXPECT_EQ(reader.headers().All("A").size(), 2U);
  EXPECT_EQ(reader.headers().All("A")[1], "2");
  EXPECT_EQ(reader.headers().Find("b"), "");
}

TEST(AnswerTest, AStatusLineMayEndAfterItsNumber) {
  for (const char* line : {"HTTP/1.1 204", "HTTP/1.0 404 ", "HTTP/1.1 599 odd"}) {
    AnswerReader reader(Limits());
    EXPECT_TRUE(Feed(reader, {line, ""})) << line;
  }
  for (const char* line : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.2 200 OK", "http/1.1 200 OK",
                           "HTTP/1.1  200 OK", "HTTP/1.1 -20 OK", ""}) {
    AnswerReader reader(Limits());
    EXPECT_FALSE(Feed(reader, {line})) << line;
    EXPECT_EQ(reader.error()->code, kBadProtocol);
  }
}

TEST(AnswerTest, TrailersAreCountedAndForgotten) {
  AnswerReader reader(Limits());
  ASSERT_TRUE(Feed(reader, {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", ""}));
  EXPECT_TRUE(reader.Body("{}"));
  EXPECT_TRUE(Feed(reader, {"Content-Type: text/evil", ""}));
  EXPECT_FALSE(reader.headers().Has("Content-Type"));
  EXPECT_FALSE(reader.Line(std::string(1000, 'x')));
  EXPECT_EQ(reader.error()->code, kHeaderTooLarge);
}

TEST(AnswerTest, FieldsOfAnInterimAnswerAreForgotten) {
  AnswerReader reader(Limits());
  ASSERT_TRUE(Feed(reader, {"HTTP/1.1 103 Early Hints", "Content-Encoding: gzip", "",
                            "HTTP/1.1 200 OK", "A: 1", ""}));
  EXPECT_EQ(reader.headers().size(), 1U);
}

TEST(AnswerTest, ADeclaredLengthBeyondTheLimitIsRefusedUnread) {
  AnswerReader reader(Limits());
  EXPECT_FALSE(Feed(reader, {"HTTP/1.1 200 OK", "Content-Length: 1001", ""}));
  EXPECT_EQ(reader.error()->code, kBodyTooLarge);
  AnswerReader error(Limits());
  EXPECT_TRUE(Feed(error, {"HTTP/1.1 500 Oops", "Content-Length: 1001", ""}));
  EXPECT_TRUE(error.Body("0123456789"));
  EXPECT_FALSE(error.Body("x"));
  EXPECT_TRUE(error.truncated());
  EXPECT_FALSE(error.error());
}

}  // namespace
}  // namespace plimsoll::http
