#include "http/budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace plimsoll::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kStart = FromUnixSeconds(1'780'000'000);
constexpr RequestClass kOrdinary = RequestClass::kOrdinary;
constexpr RequestClass kReserved = RequestClass::kReserved;

BudgetLimits Limits() {
  BudgetLimits limits;
  limits.requests_per_second = 1;
  limits.burst = 10;
  limits.max_in_flight = 100;
  limits.back_off_jitter = 0;
  return limits;
}

Outcome Good() { return {}; }
Outcome Bad() {
  Outcome outcome;
  outcome.failed = true;
  return outcome;
}

// Takes and ends one request; the reason why not, if it was refused.
Reason Ask(HostBudget& budget, const std::string& host, RequestClass request_class, Time now,
           const Outcome& outcome = Good()) {
  HostBudget::Answer answer = budget.TryStart(host, request_class, now);
  if (!answer.permit) return answer.reason;
  answer.permit->Finish(outcome, now);
  return Reason();
}

Result<Response> Answer(int status, Headers headers = {}) {
  Response response;
  response.status = status;
  response.headers = std::move(headers);
  return response;
}

TEST(BudgetTest, HalfOfTheTokensAreKeptForTheReservedClass) {
  HostBudget budget(Limits(), 1);
  int ordinary = 0;
  while (Ask(budget, "a:443", kOrdinary, kStart).empty()) ++ordinary;
  EXPECT_EQ(ordinary, 5);
  const auto refused = budget.TryStart("a:443", kOrdinary, kStart);
  EXPECT_EQ(refused.reason, kBudgetSpent);
  EXPECT_EQ(refused.wait, seconds(1));
  int reserved = 0;
  while (Ask(budget, "a:443", kReserved, kStart).empty()) ++reserved;
  EXPECT_EQ(reserved, 5);
  EXPECT_EQ(budget.TokensLeft("a:443", kStart), 0);
  EXPECT_EQ(Ask(budget, "b:443", kOrdinary, kStart), Reason()) << "hosts are apart";
  EXPECT_EQ(Ask(budget, "a:443", kReserved, kStart + seconds(1)), Reason());
}

TEST(BudgetTest, EvenTheSmallestRateLetsTheOrdinaryClassThrough) {
  HostBudget budget(Limits(), 1);
  budget.SetRate("slow:443", 0.01);
  EXPECT_EQ(Ask(budget, "slow:443", kOrdinary, kStart), Reason());
  EXPECT_EQ(Ask(budget, "slow:443", kOrdinary, kStart), kBudgetSpent);
  EXPECT_EQ(Ask(budget, "slow:443", kReserved, kStart), Reason());
}

TEST(BudgetTest, PlacesInFlightAreBoundedAndHalfOfThemKept) {
  BudgetLimits limits = Limits();
  limits.max_in_flight = 4;
  HostBudget budget(limits, 1);
  std::vector<HostBudget::Permit> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(std::move(*budget.TryStart("a", kOrdinary, kStart).permit));
  }
  EXPECT_EQ(budget.TryStart("a", kOrdinary, kStart).reason, kTooManyInFlight);
  for (int i = 0; i < 2; ++i) {
    held.push_back(std::move(*budget.TryStart("a", kReserved, kStart).permit));
  }
  EXPECT_EQ(budget.TryStart("a", kReserved, kStart).reason, kTooManyInFlight);
  held.erase(held.begin());  // given back unfinished
  EXPECT_TRUE(budget.TryStart("a", kOrdinary, kStart).permit.has_value());
}

TEST(BudgetTest, RetryAfterIsObeyedByEveryClass) {
  HostBudget budget(Limits(), 1);
  Outcome outcome = OutcomeOf(Answer(429, {{"Retry-After", "120"}}), kStart);
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(Ask(budget, "a", kOrdinary, kStart, outcome), Reason());
  const auto refused = budget.TryStart("a", kReserved, kStart + seconds(1));
  EXPECT_EQ(refused.reason, kRetryLater);
  EXPECT_EQ(refused.wait, seconds(119));
  EXPECT_EQ(Ask(budget, "a", kReserved, kStart + seconds(120)), Reason());
}

TEST(BudgetTest, AHostCannotMakeUsWaitForEver) {
  HostBudget budget(Limits(), 1);
  const Outcome outcome = OutcomeOf(Answer(503, {{"Retry-After", "99999999999"}}), kStart);
  EXPECT_EQ(Ask(budget, "a", kOrdinary, kStart, outcome), Reason());
  EXPECT_EQ(budget.TryStart("a", kReserved, kStart).wait, Limits().retry_after_max);
}

TEST(BudgetTest, RetryAfterMayBeADate) {
  const Time now = *ParseTime("2026-11-23T23:00:00Z");
  const auto wait = [&](const char* text) {
    return OutcomeOf(Answer(429, {{"Retry-After", text}}), now).retry_after;
  };
  EXPECT_EQ(wait("Mon, 23 Nov 2026 23:01:30 GMT"), seconds(90));
  EXPECT_EQ(wait("Mon, 23 Nov 2026 22:00:00 GMT"), seconds(0));
  EXPECT_EQ(wait(" 5 "), seconds(5));
  for (const char* text : {"", "soon", "-1", "1.5", "Mon, 23 Foo 2026 23:01:30 GMT",
                           "Mon, 31 Feb 2026 23:01:30 GMT", "Mon, 23 Nov 2026 25:01:30 GMT"}) {
    EXPECT_FALSE(wait(text)) << text;
  }
}

TEST(BudgetTest, FailuresBackOffAndTheCircuitOpens) {
  HostBudget budget(Limits(), 1);
  Time now = kStart;
  const Duration expected[] = {seconds(1), seconds(2), seconds(4), seconds(8)};
  for (const Duration wait : expected) {
    EXPECT_EQ(Ask(budget, "a", kReserved, now, Bad()), Reason());
    const auto refused = budget.TryStart("a", kReserved, now);
    EXPECT_EQ(refused.reason, kRetryLater);
    EXPECT_EQ(refused.wait, wait);
    now += wait;
  }
  EXPECT_FALSE(budget.CircuitOpen("a", now));
  EXPECT_EQ(Ask(budget, "a", kReserved, now, Bad()), Reason());
  EXPECT_TRUE(budget.CircuitOpen("a", now));
  EXPECT_EQ(budget.TryStart("a", kReserved, now + seconds(59)).reason, kCircuitOpen);
}

TEST(BudgetTest, OneProbeDecidesWhetherTheCircuitCloses) {
  HostBudget budget(Limits(), 1);
  Time now = kStart;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Ask(budget, "a", kReserved, now, Bad()), Reason());
    now += minutes(2);
  }
  {
    HostBudget::Answer probe = budget.TryStart("a", kReserved, now);
    ASSERT_TRUE(probe.permit);
    EXPECT_EQ(budget.TryStart("a", kReserved, now).reason, kCircuitOpen);
    probe.permit->Finish(Bad(), now);
  }
  EXPECT_EQ(budget.TryStart("a", kReserved, now).reason, kCircuitOpen);
  now += minutes(10);
  { const HostBudget::Answer lost = budget.TryStart("a", kReserved, now); }  // never finished
  HostBudget::Answer probe = budget.TryStart("a", kReserved, now);
  ASSERT_TRUE(probe.permit);
  probe.permit->Finish(Good(), now);
  EXPECT_EQ(Ask(budget, "a", kReserved, now), Reason());
  EXPECT_EQ(Ask(budget, "a", kOrdinary, now), Reason());
}

TEST(BudgetTest, RequestsThatFailTogetherAreOneFailure) {
  HostBudget budget(Limits(), 1);
  std::vector<HostBudget::Permit> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(std::move(*budget.TryStart("a", kReserved, kStart).permit));
  }
  for (HostBudget::Permit& permit : held) permit.Finish(Bad(), kStart + seconds(1));
  EXPECT_EQ(budget.TryStart("a", kReserved, kStart + seconds(1)).wait, seconds(1));
  EXPECT_FALSE(budget.CircuitOpen("a", kStart + seconds(1)));
}

TEST(BudgetTest, JitterSpreadsTheRetriesAndTheSeedDecidesIt) {
  BudgetLimits limits = Limits();
  limits.back_off_jitter = 0.5;
  const auto wait = [&](std::uint64_t seed) {
    HostBudget budget(limits, seed);
    (void)Ask(budget, "a", kReserved, kStart, Bad());
    return budget.TryStart("a", kReserved, kStart).wait;
  };
  EXPECT_EQ(wait(1), wait(1));
  EXPECT_NE(wait(1), wait(2));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_GE(wait(seed), seconds(1));
    EXPECT_LE(wait(seed), milliseconds(1500));
  }
}

TEST(BudgetTest, TheHostsOwnLimitIsNeverUsedUp) {
  HostBudget budget(Limits(), 1);
  const auto hub = [&](const char* remaining) {
    return OutcomeOf(Answer(200, {{"ratelimit-limit", "100;w=21600"},
                                  {"ratelimit-remaining", std::string(remaining) + ";w=21600"}}),
                     kStart);
  };
  EXPECT_EQ(Ask(budget, "a", kOrdinary, kStart, hub("56")), Reason());
  EXPECT_EQ(Ask(budget, "a", kOrdinary, kStart, hub("55")), Reason());
  const auto refused = budget.TryStart("a", kOrdinary, kStart);
  EXPECT_EQ(refused.reason, kRetryLater);
  EXPECT_EQ(refused.wait, seconds(216)) << "the pace of 100 in six hours";
  EXPECT_EQ(Ask(budget, "a", kReserved, kStart, hub("10")), Reason());
  EXPECT_EQ(budget.TryStart("a", kReserved, kStart).reason, kRetryLater);
  EXPECT_EQ(budget.TryStart("a", kReserved, kStart + seconds(216)).permit.has_value(), true);
}

TEST(BudgetTest, ALimitsResetIsReadInBothForms) {
  const auto reset = [](const char* text) {
    return OutcomeOf(Answer(200, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", text}}),
                     kStart)
        .reset_after;
  };
  EXPECT_EQ(reset("30"), seconds(30));
  EXPECT_EQ(reset("1780000060"), seconds(60));
  EXPECT_EQ(reset("1770000000"), seconds(0));
  EXPECT_FALSE(reset("later"));
}

TEST(BudgetTest, OnlyTheHostsOwnFailuresCount) {
  for (const Reason reason : {kDnsFailed, kConnectFailed, kTlsFailed, kTransferCut, kTimeout,
                              kBadProtocol, kHeaderTooLarge}) {
    EXPECT_TRUE(OutcomeOf(Fail(reason, "x"), kStart).failed) << reason.text();
  }
  for (const Reason reason : {kAddressRefused, kRedirectRefused, kCancelled, kInvalidArgument,
                              kBodyTooLarge, kUnexpectedMediaType, kPlainHttpRefused}) {
    EXPECT_FALSE(OutcomeOf(Fail(reason, "x"), kStart).failed) << reason.text();
  }
  for (const int status : {200, 304, 307, 401, 403, 404}) {
    EXPECT_FALSE(OutcomeOf(Answer(status), kStart).failed) << status;
  }
  for (const int status : {429, 500, 502, 503, 504}) {
    EXPECT_TRUE(OutcomeOf(Answer(status), kStart).failed) << status;
  }
}

TEST(BudgetTest, HostsAreBoundedAndTheOneLongestUnusedGoes) {
  BudgetLimits limits = Limits();
  limits.max_hosts = 3;
  HostBudget budget(limits, 1);
  (void)Ask(budget, "penalised", kReserved, kStart, Bad());
  (void)Ask(budget, "old", kReserved, kStart);
  HostBudget::Answer busy = budget.TryStart("busy", kReserved, kStart);
  for (int i = 0; i < 1000; ++i) {
    (void)Ask(budget, "host" + std::to_string(i), kOrdinary, kStart + milliseconds(i / 10));
    EXPECT_LE(budget.hosts(), 3U);
  }
  EXPECT_EQ(budget.TryStart("penalised", kReserved, kStart).reason, kRetryLater)
      << "a stream of invented hosts must not end the wait of a real one";
  std::vector<HostBudget::Permit> held;
  held.push_back(std::move(*budget.TryStart("x", kOrdinary, kStart + hours(1)).permit));
  held.push_back(std::move(*budget.TryStart("y", kOrdinary, kStart + hours(1)).permit));
  EXPECT_EQ(budget.TryStart("z", kOrdinary, kStart + hours(1)).reason, kTooManyHosts);
}

TEST(BudgetTest, AClockThatJumpsBackGivesNoTokensAndLosesNone) {
  HostBudget budget(Limits(), 1);
  EXPECT_EQ(Ask(budget, "a", kReserved, kStart), Reason());
  const double left = budget.TokensLeft("a", kStart);
  EXPECT_EQ(Ask(budget, "a", kReserved, kStart - hours(1)), Reason());
  EXPECT_EQ(budget.TokensLeft("a", kStart - hours(1)), left - 1);
}

}  // namespace
}  // namespace plimsoll::http
