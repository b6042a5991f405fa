#include "line_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plimsoll::kube {
namespace {

using ::testing::ElementsAre;
using Outcome = LineCutter::Outcome;

class Sink final : public LineSink {
 public:
  bool OnLine(std::string_view line) override {
    lines.emplace_back(line);
    return lines.size() < enough;
  }
  std::vector<std::string> lines;
  std::size_t enough = 1'000;
};

TEST(LineCutter, LinesAreTheSameHoweverTheBytesArrive) {
  const std::string text = "one\ntwo\n\nthree\nrest";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    Sink sink;
    LineCutter cutter(sink, 100);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      EXPECT_EQ(cutter.Take(std::string_view(text).substr(at, piece)), Outcome::kMore);
    }
    EXPECT_THAT(sink.lines, ElementsAre("one", "two", "three")) << piece;
    EXPECT_TRUE(cutter.in_line());
  }
}

TEST(LineCutter, ALineBeyondTheLimitIsNotKept) {
  Sink sink;
  LineCutter cutter(sink, 5);
  EXPECT_EQ(cutter.Take("12345\n123"), Outcome::kMore);
  EXPECT_EQ(cutter.Take("45"), Outcome::kMore);
  EXPECT_EQ(cutter.Take("6"), Outcome::kTooLong);
  EXPECT_THAT(sink.lines, ElementsAre("12345"));
}

TEST(LineCutter, ASinkThatHasEnoughSeesNoMore) {
  Sink sink;
  sink.enough = 2;
  LineCutter cutter(sink, 100);
  EXPECT_EQ(cutter.Take("a\nb\nc\n"), Outcome::kEnough);
  EXPECT_THAT(sink.lines, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace plimsoll::kube
