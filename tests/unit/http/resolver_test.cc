#include "http/resolver.h"

#include <gtest/gtest.h>

#include "http/reason.h"

namespace plimsoll::http {
namespace {

using std::chrono::steady_clock;

TEST(ResolverTest, LocalhostIsLoopback) {
  const auto resolver = NewSystemResolver();
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  for (const bool fresh : {false, false, true}) {
    const Result<std::vector<IpAddress>> addresses =
        resolver->Resolve("localhost", deadline, fresh);
    ASSERT_TRUE(addresses) << addresses.error().message;
    EXPECT_EQ(AddressKind(addresses->front()), "loopback");
  }
}

TEST(ResolverTest, ANameThatCannotExistHasNoAddress) {
  const auto resolver = NewSystemResolver();
  const auto answer = resolver->Resolve("no-such-host.invalid",
                                        steady_clock::now() + std::chrono::seconds(20), false);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().code == kDnsFailed || answer.error().code == kTimeout);
  EXPECT_TRUE(answer.error().retryable);
}

TEST(ResolverTest, NobodyWaitsBeyondTheDeadlineOrTheShutdown) {
  const auto resolver = NewSystemResolver();
  const auto late = resolver->Resolve("localhost", steady_clock::now(), true);
  if (!late) {
    EXPECT_EQ(late.error().code, kTimeout);
  }
  resolver->Shutdown();
  const auto answer =
      resolver->Resolve("localhost", steady_clock::now() + std::chrono::seconds(10), false);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, kCancelled);
}

TEST(ResolverTest, LookupsThatFindNoPlaceAreRefused) {
  ResolverLimits limits;
  limits.max_threads = 0;  // nobody works: what is asked stays where it is
  limits.max_waiting = 1;
  const auto resolver = NewSystemResolver(limits);
  EXPECT_EQ(resolver->Resolve("a.invalid", steady_clock::now(), false).error().code, kTimeout);
  EXPECT_EQ(resolver->Resolve("b.invalid", steady_clock::now(), false).error().code, kDnsFailed);
}

}  // namespace
}  // namespace plimsoll::http
