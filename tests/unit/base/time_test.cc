#include "base/time.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

TEST(Time, Rfc3339RoundTrips) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-11-21T18:17:51Z", "2024-02-29T23:59:59Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(FormatTime(ParseTime(text).value()), text);
  }
  EXPECT_EQ(FormatMicroTime(ParseTime("2026-11-21T18:17:51.204113Z").value()),
            "2026-11-21T18:17:51.204113Z");
}

TEST(Time, AnOffsetIsTheSameMomentInUtc) {
  EXPECT_EQ(ParseTime("2026-11-21T20:17:51+02:00").value(),
            ParseTime("2026-11-21T18:17:51Z").value());
  EXPECT_EQ(ParseTime("2026-11-21T12:47:51.5-05:30").value(),
            ParseTime("2026-11-21T18:17:51.500000000Z").value());
}

TEST(Time, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21 18:17:51Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T18:17:51", "2026-11-21T18:17:51.Z",
        "2026-11-21T18:17:51Zx", "2026-11-21T18:17:51+2:00", "1969-12-31T23:59:59Z",
        "-026-11-21T18:17:51Z"}) {
    EXPECT_FALSE(ParseTime(text)) << text;
  }
}

TEST(Time, DurationsReadAsKubernetesWritesThem) {
  using namespace std::chrono_literals;
  EXPECT_EQ(ParseDuration("6h").value(), Duration(6h));
  EXPECT_EQ(ParseDuration("1h30m").value(), Duration(90min));
  EXPECT_EQ(ParseDuration("500ms").value(), Duration(500ms));
  EXPECT_EQ(FormatDuration(Duration(90s)), "1m30s");
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  for (const char* text : {"", "6", "h", "-6h", "6 h", "6d", "99999999999999h", "1h-3m"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Time, SecondsAreRoundedDown) {
  const Time time = ParseTime("2026-11-21T18:17:51.999999Z").value();
  EXPECT_EQ(FormatTime(time), "2026-11-21T18:17:51Z");
  EXPECT_EQ(FormatTime(WholeSeconds(time)), "2026-11-21T18:17:51Z");
  EXPECT_EQ(FromUnixSeconds(UnixSeconds(time)), WholeSeconds(time));
}

}  // namespace
}  // namespace plimsoll
