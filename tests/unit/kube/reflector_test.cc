#include "kube/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Reflector::Step::Kind;
using Verdict = Reflector::Verdict;

ApiFailure Failure(int status, std::string_view reason, std::string_view message = "",
                   std::optional<Duration> retry_after = {}, std::string_view details = "") {
  return FailureFromResponse(status, testing::StatusObject(status, reason, message, details),
                             retry_after, "test");
}
ApiFailure NoAnswer() { return FailureFromTransport(Error{kConnectionFailed, "refused", true}); }

ReflectorOptions Lists() {
  ReflectorOptions options;
  options.watch_list = false;
  return options;
}

class ReflectorTest : public ::testing::Test {
 protected:
  // The next step, waiting as long as it says.
  Reflector::Step Next(Reflector& reflector) {
    waited_ = Duration{};
    while (true) {
      const auto step = reflector.Next(now_);
      if (step.kind != Kind::kWait) return step;
      waited_ += step.wait;
      now_ += step.wait;
    }
  }
  void Pass(Duration duration) { now_ += duration; }

  // Lists once at version and watches.
  void Establish(Reflector& reflector, std::string_view version) {
    ASSERT_EQ(Next(reflector).kind, Kind::kList);
    ASSERT_TRUE(reflector.OnPage(now_, version, ""));
    ASSERT_EQ(Next(reflector).kind, Kind::kWatch);
  }

  SteadyTime now_{std::chrono::hours(1)};
  Duration waited_{};
};

using WatchListing = ReflectorTest;
using Listing = ReflectorTest;
using Watching = ReflectorTest;

// ---- WatchList

TEST_F(WatchListing, TheFirstStepIsAWatchListAtTheNewestVersion) {
  Reflector reflector({});
  const auto step = Next(reflector);
  EXPECT_EQ(step.kind, Kind::kWatch);
  EXPECT_TRUE(step.begins_snapshot);
  EXPECT_THAT(step.query, HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(step.query, HasSubstr("allowWatchBookmarks=true"));
  EXPECT_THAT(step.query, HasSubstr("resourceVersionMatch=NotOlderThan"));
  EXPECT_THAT(step.query, Not(HasSubstr("resourceVersion=")));
}

TEST_F(WatchListing, OnlyTheMarkedBookmarkCompletesThePicture) {
  Reflector reflector({});
  Next(reflector);
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kAdded, "9", false), Verdict::kApply);
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kAdded, "3", false), Verdict::kApply)
      << "initial events come in the order of names";
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kBookmark, "10", false), Verdict::kIgnore);
  EXPECT_FALSE(reflector.synced());
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kBookmark, "11", true), Verdict::kSynced);
  EXPECT_TRUE(reflector.synced());
  EXPECT_EQ(reflector.resource_version(), "11");
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kModified, "12", false), Verdict::kApply)
      << "the same stream goes on";
}

TEST_F(WatchListing, AServerThatDoesNotOfferItIsListed) {
  for (const int status : {400, 403, 404, 422, 500}) {
    Reflector reflector({});
    Next(reflector);
    reflector.OnWatchFailed(now_, Failure(status, "Invalid"), false);
    const auto step = Next(reflector);
    EXPECT_EQ(step.kind, Kind::kList) << status;
    EXPECT_EQ(waited_, Duration{}) << "at once";
    EXPECT_EQ(step.query, "limit=500") << "without a resource version";
    EXPECT_TRUE(step.begins_snapshot);
  }
}

TEST_F(WatchListing, ABusyOrAbsentServerIsAskedAgainForTheSame) {
  Reflector reflector({});
  Next(reflector);
  reflector.OnWatchFailed(now_, Failure(429, "TooManyRequests", "", std::chrono::seconds(7)),
                          false);
  auto step = Next(reflector);
  EXPECT_GE(waited_, std::chrono::seconds(7));
  EXPECT_THAT(step.query, HasSubstr("sendInitialEvents=true"));
  reflector.OnWatchFailed(now_, NoAnswer(), true);
  step = Next(reflector);
  EXPECT_GT(waited_, Duration{});
  EXPECT_THAT(step.query, HasSubstr("sendInitialEvents=true"));
  EXPECT_TRUE(step.begins_snapshot) << "half a picture is none";
}

TEST_F(WatchListing, AnErrorInTheMiddleFallsBackToAList) {
  Reflector reflector({});
  Next(reflector);
  reflector.OnEvent(now_, EventType::kAdded, "5", false);
  reflector.OnWatchFailed(now_, Failure(500, "InternalError"), true);
  EXPECT_EQ(Next(reflector).kind, Kind::kList);
}

TEST_F(WatchListing, AnExpiredOrTooNewVersionAsksForTheNewest) {
  Reflector reflector({});
  Next(reflector);
  reflector.OnEvent(now_, EventType::kBookmark, "10", true);
  reflector.OnMalformed(now_);
  EXPECT_THAT(Next(reflector).query, HasSubstr("&resourceVersion=10"));
  reflector.OnWatchFailed(now_, Failure(410, "Expired"), false);
  const auto step = Next(reflector);
  EXPECT_EQ(waited_, Duration{}) << "at once";
  EXPECT_THAT(step.query, HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(step.query, Not(HasSubstr("resourceVersion=")));
}

TEST_F(WatchListing, AStreamThatEndsBeforeTheMarkIsNotAPicture) {
  Reflector reflector({});
  Next(reflector);
  reflector.OnEvent(now_, EventType::kAdded, "5", false);
  Pass(std::chrono::seconds(300));
  reflector.OnWatchClosed(now_);
  EXPECT_FALSE(reflector.synced());
  EXPECT_TRUE(Next(reflector).begins_snapshot);
}

TEST_F(WatchListing, AfterAFallBackTheNextRoundTriesItAgain) {
  Reflector reflector({});
  Next(reflector);
  reflector.OnWatchFailed(now_, Failure(500, "InternalError"), false);
  ASSERT_EQ(Next(reflector).kind, Kind::kList);
  ASSERT_TRUE(reflector.OnPage(now_, "7", ""));
  EXPECT_THAT(Next(reflector).query, Not(HasSubstr("sendInitialEvents")));
  reflector.OnWatchFailed(now_, Failure(410, "Expired"), true);
  EXPECT_THAT(Next(reflector).query, HasSubstr("sendInitialEvents=true"));
}

// ---- LIST

TEST_F(Listing, PagesAreFollowedToTheEnd) {
  Reflector reflector(Lists());
  auto step = Next(reflector);
  EXPECT_EQ(step.query, "limit=500");
  EXPECT_TRUE(step.begins_snapshot);
  EXPECT_FALSE(reflector.OnPage(now_, "10", "abc/+="));
  step = Next(reflector);
  EXPECT_EQ(step.query, "limit=500&continue=abc%2F%2B%3D");
  EXPECT_FALSE(step.begins_snapshot);
  EXPECT_FALSE(reflector.synced());
  EXPECT_TRUE(reflector.OnPage(now_, "10", ""));
  EXPECT_TRUE(reflector.synced());
  EXPECT_THAT(Next(reflector).query, HasSubstr("&resourceVersion=10"));
}

// The sequence of client-go's reflector, with "" in place of "0": "", "10", "".
TEST_F(Listing, ARelistUsesTheLastVersionAndAnExpiredOneTheNewest) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  reflector.OnWatchFailed(now_, Failure(410, "Expired"), true);
  auto step = Next(reflector);
  EXPECT_EQ(step.query, "limit=500&resourceVersion=10&resourceVersionMatch=NotOlderThan");
  reflector.OnListFailed(now_, Failure(410, "Expired"));
  step = Next(reflector);
  EXPECT_EQ(waited_, Duration{});
  EXPECT_EQ(step.query, "limit=500");
}

// "", "20", "", "30", "", "40", "".
TEST_F(Listing, ATooLargeVersionInEachOfItsThreeFormsAsksForTheNewest) {
  const ApiFailure forms[] = {
      Failure(
          504, "Timeout", "Timeout: Too large resource version: 20, current: 10", {},
          R"({"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]})"),
      Failure(504, "Timeout", "Timeout", {},
              R"({"causes":[{"message":"Too large resource version"}]})"),
      Failure(504, "Timeout", "Timeout: Too large resource version: 40, current: 10"),
  };
  Reflector reflector(Lists());
  Establish(reflector, "20");
  int version = 20;
  for (const ApiFailure& form : forms) {
    reflector.OnMalformed(now_);
    auto step = Next(reflector);
    EXPECT_THAT(step.query, HasSubstr("resourceVersion=" + std::to_string(version)));
    reflector.OnListFailed(now_, form);
    step = Next(reflector);
    EXPECT_EQ(step.query, "limit=500");
    version += 10;
    ASSERT_TRUE(reflector.OnPage(now_, std::to_string(version), ""));
    Next(reflector);
  }
}

TEST_F(Listing, APlainTimeoutIsNotATooLargeVersion) {
  Reflector reflector(Lists());
  Establish(reflector, "20");
  reflector.OnMalformed(now_);
  Next(reflector);
  reflector.OnListFailed(now_, Failure(504, "Timeout", "the server was slow"));
  EXPECT_THAT(Next(reflector).query, HasSubstr("resourceVersion=20"));
  EXPECT_GT(waited_, Duration{});
}

TEST_F(Listing, APageThatExpiredIsFollowedByOneWholeList) {
  Reflector reflector(Lists());
  Next(reflector);
  reflector.OnPage(now_, "10", "token");
  Next(reflector);
  reflector.OnListFailed(now_, Failure(410, "Expired"));
  auto step = Next(reflector);
  EXPECT_EQ(waited_, Duration{});
  EXPECT_EQ(step.query, "");
  EXPECT_TRUE(step.whole_list);
  EXPECT_TRUE(step.begins_snapshot);
  ASSERT_TRUE(reflector.OnPage(now_, "12", ""));
  Next(reflector);
  reflector.OnMalformed(now_);
  EXPECT_THAT(Next(reflector).query, HasSubstr("limit=500")) << "pages again";
}

TEST_F(Listing, ABusyServerIsAskedForTheSamePageAfterItsTime) {
  Reflector reflector(Lists());
  Next(reflector);
  reflector.OnPage(now_, "10", "token");
  Next(reflector);
  reflector.OnListFailed(now_, Failure(429, "TooManyRequests", "", std::chrono::seconds(11)));
  const auto step = Next(reflector);
  EXPECT_GE(waited_, std::chrono::seconds(11));
  EXPECT_THAT(step.query, HasSubstr("continue=token"));
  EXPECT_FALSE(step.begins_snapshot);
}

TEST_F(Listing, RetryAfterInTheStatusObjectCountsToo) {
  Reflector reflector(Lists());
  Next(reflector);
  reflector.OnListFailed(now_,
                         Failure(429, "TooManyRequests", "", {}, R"({"retryAfterSeconds":9})"));
  Next(reflector);
  EXPECT_GE(waited_, std::chrono::seconds(9));
}

TEST_F(Listing, FailuresBackOffUpToAMinuteAndAnewAfterQuiet) {
  Reflector reflector(Lists());
  Duration previous{};
  for (int i = 0; i < 12; ++i) {
    Next(reflector);
    if (i > 0) {
      EXPECT_GE(waited_, std::min<Duration>(previous / 2, std::chrono::seconds(30)));
      EXPECT_GE(waited_, std::chrono::milliseconds(800));
      EXPECT_LE(waited_, std::chrono::seconds(60));
    }
    previous = waited_;
    reflector.OnListFailed(now_, Failure(500, "InternalError"));
  }
  Next(reflector);
  EXPECT_GE(waited_, std::chrono::seconds(30));
  Pass(std::chrono::minutes(5));
  reflector.OnListFailed(now_, Failure(500, "InternalError"));
  Next(reflector);
  EXPECT_LE(waited_, std::chrono::milliseconds(1600));
}

TEST_F(Listing, ManyReplicasDoNotComeBackAtOnce) {
  ReflectorOptions a = Lists();
  ReflectorOptions b = Lists();
  b.seed = 2;
  Reflector one(a);
  Reflector other(b);
  Next(one);
  Next(other);
  one.OnListFailed(now_, Failure(500, "InternalError"));
  other.OnListFailed(now_, Failure(500, "InternalError"));
  EXPECT_NE(one.Next(now_).wait, other.Next(now_).wait);
}

// ---- WATCH

TEST_F(Watching, TheServerIsToldWhenToEndAndWeEndItSoonAfter) {
  Reflector reflector(Lists());
  Next(reflector);
  reflector.OnPage(now_, "10", "");
  for (int i = 0; i < 50; ++i) {
    const auto step = Next(reflector);
    const auto at = step.query.find("timeoutSeconds=");
    ASSERT_NE(at, std::string::npos);
    const int seconds = std::stoi(step.query.substr(at + 15));
    EXPECT_GE(seconds, 300);
    EXPECT_LE(seconds, 600);
    EXPECT_EQ(step.timeout, std::chrono::seconds(seconds + 30));
    Pass(std::chrono::seconds(seconds));
    reflector.OnWatchClosed(now_);
  }
}

TEST_F(Watching, AClosedStreamIsResumedFromTheLastEvent) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kModified, "15", false), Verdict::kApply);
  reflector.OnWatchClosed(now_);
  const auto step = Next(reflector);
  EXPECT_EQ(waited_, Duration{});
  EXPECT_THAT(step.query, HasSubstr("&resourceVersion=15"));
  EXPECT_FALSE(step.begins_snapshot);
}

TEST_F(Watching, EventsThatAreNotNewerAreIgnored) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kModified, "10", false), Verdict::kIgnore);
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kModified, "9", false), Verdict::kIgnore);
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kModified, "100", false), Verdict::kApply);
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kDeleted, "99", false), Verdict::kIgnore);
  EXPECT_EQ(reflector.resource_version(), "100");
}

TEST_F(Watching, ABookmarkMovesTheVersionAndNothingElse) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  EXPECT_EQ(reflector.OnEvent(now_, EventType::kBookmark, "50", false), Verdict::kIgnore);
  EXPECT_EQ(reflector.resource_version(), "50");
}

TEST_F(Watching, AVeryShortWatchIsSuspicious) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  Pass(std::chrono::milliseconds(300));
  reflector.OnWatchClosed(now_);
  EXPECT_EQ(Next(reflector).kind, Kind::kList);
  EXPECT_GT(waited_, Duration{});
}

TEST_F(Watching, AShortWatchWithAnEventIsNot) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  reflector.OnEvent(now_, EventType::kModified, "11", false);
  reflector.OnWatchClosed(now_);
  EXPECT_EQ(Next(reflector).kind, Kind::kWatch);
  EXPECT_EQ(waited_, Duration{});
}

TEST_F(Watching, GoneOnTheWayInAndGoneInTheStreamListAgain) {
  for (const bool in_stream : {false, true}) {
    for (const char* reason : {"Expired", "Gone"}) {
      Reflector reflector(Lists());
      Establish(reflector, "10");
      reflector.OnWatchFailed(now_, Failure(410, reason), in_stream);
      const auto step = Next(reflector);
      EXPECT_EQ(step.kind, Kind::kList);
      EXPECT_TRUE(step.begins_snapshot);
      EXPECT_EQ(waited_, Duration{});
    }
  }
}

TEST_F(Watching, ABusyOrAbsentServerCostsNoList) {
  for (const bool in_stream : {false, true}) {
    Reflector reflector(Lists());
    Establish(reflector, "10");
    reflector.OnWatchFailed(now_, Failure(429, "TooManyRequests", "", std::chrono::seconds(5)),
                            in_stream);
    auto step = Next(reflector);
    EXPECT_EQ(step.kind, Kind::kWatch);
    EXPECT_GE(waited_, std::chrono::seconds(5));
    reflector.OnWatchFailed(now_, NoAnswer(), in_stream);
    step = Next(reflector);
    EXPECT_EQ(step.kind, Kind::kWatch);
    EXPECT_GT(waited_, Duration{});
    EXPECT_THAT(step.query, HasSubstr("&resourceVersion=10"));
  }
}

TEST_F(Watching, InternalErrorsInTheStreamAreRetriedForABoundedTime) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  const SteadyTime began = now_;
  int retries = 0;
  while (true) {
    reflector.OnWatchFailed(now_, Failure(500, "InternalError"), true);
    if (Next(reflector).kind == Kind::kList) break;
    ASSERT_LT(++retries, 100);
  }
  EXPECT_GT(retries, 2);
  EXPECT_GE(now_ - began, std::chrono::minutes(1));
}

TEST_F(Watching, RefusalsListAgainWithBackOff) {
  for (const int status : {401, 403, 404, 400}) {
    Reflector reflector(Lists());
    Establish(reflector, "10");
    reflector.OnWatchFailed(now_, Failure(status, "Forbidden"), false);
    EXPECT_EQ(Next(reflector).kind, Kind::kList) << status;
    EXPECT_GT(waited_, Duration{});
  }
}

// A corrupt object that was deleted unsafely ends the stream with this error: the picture is taken anew.
TEST_F(Watching, AStoreReadErrorListsAgain) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  reflector.OnWatchFailed(
      now_, FailureFromStatusObject(testing::StatusObject(500, "StoreReadError"), "test"), true);
  const auto step = Next(reflector);
  EXPECT_EQ(step.kind, Kind::kList);
  EXPECT_TRUE(step.begins_snapshot);
}

TEST_F(Watching, AnEventThatCannotBeReadListsAgain) {
  Reflector reflector(Lists());
  Establish(reflector, "10");
  reflector.OnMalformed(now_);
  const auto step = Next(reflector);
  EXPECT_EQ(step.kind, Kind::kList);
  EXPECT_TRUE(step.begins_snapshot);
  EXPECT_GT(waited_, Duration{});
  EXPECT_TRUE(reflector.synced()) << "the old picture stands until the new one is whole";
}

}  // namespace
}  // namespace plimsoll::kube
