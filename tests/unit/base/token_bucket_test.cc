#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, ABurstEmptiesItAndTimeRefillsIt) {
  TokenBucket bucket(2.0, 3.0);
  const Time start = FromUnixSeconds(1000);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(start));
  EXPECT_FALSE(bucket.TryTake(start));
  EXPECT_EQ(bucket.WaitFor(start), Duration(500ms));
  EXPECT_TRUE(bucket.TryTake(start + 500ms));
}

TEST(TokenBucket, TheReserveIsKeptForThoseWhoMayUseIt) {
  TokenBucket bucket(1.0, 4.0);
  const Time start = FromUnixSeconds(1000);
  EXPECT_TRUE(bucket.TryTake(start, 1.0, 2.0));
  EXPECT_TRUE(bucket.TryTake(start, 1.0, 2.0));
  EXPECT_FALSE(bucket.TryTake(start, 1.0, 2.0));
  EXPECT_TRUE(bucket.TryTake(start));
}

TEST(TokenBucket, AClockThatJumpsBackDoesNotStopIt) {
  TokenBucket bucket(1.0, 1.0);
  EXPECT_TRUE(bucket.TryTake(FromUnixSeconds(5000)));
  EXPECT_FALSE(bucket.TryTake(FromUnixSeconds(1000)));
  EXPECT_TRUE(bucket.TryTake(FromUnixSeconds(1001)));
}

}  // namespace
}  // namespace plimsoll
