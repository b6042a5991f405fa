#include "kube/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

class QueueCore : public ::testing::Test {
 protected:
  std::string Take() { return queue_.Take(now_).value_or("-"); }
  SteadyTime now_{std::chrono::hours(1)};
  WorkQueueCore queue_;
};

TEST_F(QueueCore, AKeyAddedTwiceIsProcessedOnce) {
  EXPECT_TRUE(queue_.Add(now_, "a"));
  EXPECT_FALSE(queue_.Add(now_, "a"));
  EXPECT_TRUE(queue_.Add(now_, "b"));
  EXPECT_EQ(Take(), "a");
  EXPECT_EQ(Take(), "b");
  EXPECT_EQ(Take(), "-");
}

TEST_F(QueueCore, AKeyAddedWhileProcessedIsProcessedOnceMoreAfterDone) {
  queue_.Add(now_, "a");
  EXPECT_EQ(Take(), "a");
  queue_.Add(now_, "a");
  queue_.Add(now_, "a");
  EXPECT_EQ(Take(), "-") << "never with two workers";
  queue_.Done(now_, "a");
  EXPECT_EQ(Take(), "a");
  queue_.Done(now_, "a");
  EXPECT_EQ(Take(), "-");
}

TEST_F(QueueCore, DoneOfAKeyThatNobodyHasIsNothing) {
  queue_.Done(now_, "a");
  EXPECT_EQ(queue_.depth(), 0U);
}

TEST_F(QueueCore, OfTwoDelaysTheEarlierCounts) {
  queue_.AddAfter(now_, "a", std::chrono::seconds(10));
  queue_.AddAfter(now_, "a", std::chrono::seconds(5));
  queue_.AddAfter(now_, "a", std::chrono::seconds(7));
  EXPECT_EQ(queue_.Advance(now_), now_ + std::chrono::seconds(5));
  now_ += std::chrono::seconds(5);
  EXPECT_FALSE(queue_.Advance(now_).has_value()) << "and only once";
  EXPECT_EQ(Take(), "a");
}

TEST_F(QueueCore, ADelayOfNothingIsNone) {
  queue_.AddAfter(now_, "a", Duration{});
  EXPECT_EQ(Take(), "a");
}

TEST_F(QueueCore, RetriesWaitTwiceAsLongEachTime) {
  const std::int64_t expected[] = {5, 10, 20, 40, 80};
  for (const std::int64_t milliseconds : expected) {
    EXPECT_EQ(queue_.AddRateLimited(now_, "a"), std::chrono::milliseconds(milliseconds));
  }
  EXPECT_EQ(queue_.Retries("a"), 5);
  EXPECT_EQ(queue_.AddRateLimited(now_, "b"), std::chrono::milliseconds(5));
}

TEST_F(QueueCore, ForgetBeginsAnew) {
  queue_.AddRateLimited(now_, "a");
  queue_.AddRateLimited(now_, "a");
  queue_.Forget("a");
  EXPECT_EQ(queue_.Retries("a"), 0);
  EXPECT_EQ(queue_.AddRateLimited(now_, "a"), std::chrono::milliseconds(5));
}

TEST_F(QueueCore, TheDelayNeverOverflows) {
  Duration wait{};
  for (int i = 0; i < 5'000; ++i) {
    now_ += std::chrono::hours(1);
    wait = queue_.AddRateLimited(now_, "a");
    EXPECT_GT(wait, Duration{});
    EXPECT_LE(wait, std::chrono::seconds(1000));
  }
  EXPECT_EQ(wait, std::chrono::seconds(1000));
}

TEST_F(QueueCore, AllRetriesTogetherAreTenASecondAfterABurst) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(queue_.AddRateLimited(now_, std::to_string(i)), std::chrono::milliseconds(5)) << i;
  }
  EXPECT_EQ(queue_.AddRateLimited(now_, "x"), std::chrono::milliseconds(100));
  EXPECT_EQ(queue_.AddRateLimited(now_, "y"), std::chrono::milliseconds(200));
  now_ += std::chrono::seconds(60);
  EXPECT_EQ(queue_.AddRateLimited(now_, "z"), std::chrono::milliseconds(5));
}

TEST_F(QueueCore, AfterShutDownNothingIsTakenInAndWhatIsQueuedIsHandedOut) {
  queue_.Add(now_, "a");
  queue_.Add(now_, "b");
  queue_.AddAfter(now_, "late", std::chrono::seconds(1));
  EXPECT_EQ(Take(), "a");
  queue_.ShutDown();
  EXPECT_FALSE(queue_.Add(now_, "c"));
  EXPECT_FALSE(queue_.finished());
  EXPECT_EQ(Take(), "b");
  EXPECT_TRUE(queue_.finished());
  EXPECT_FALSE(queue_.drained());
  queue_.Done(now_, "a");
  queue_.Done(now_, "b");
  EXPECT_TRUE(queue_.drained());
  now_ += std::chrono::seconds(2);
  queue_.Advance(now_);
  EXPECT_EQ(Take(), "-");
}

TEST_F(QueueCore, ADirtyKeyIsDrainedToo) {
  queue_.Add(now_, "a");
  EXPECT_EQ(Take(), "a");
  queue_.Add(now_, "a");
  queue_.ShutDown();
  EXPECT_FALSE(queue_.finished());
  queue_.Done(now_, "a");
  EXPECT_FALSE(queue_.drained());
  EXPECT_EQ(Take(), "a");
  queue_.Done(now_, "a");
  EXPECT_TRUE(queue_.drained());
}

TEST_F(QueueCore, TimesAreMeasured) {
  queue_.Add(now_, "a");
  now_ += std::chrono::seconds(3);
  Take();
  EXPECT_EQ(queue_.last_wait(), std::chrono::seconds(3));
  now_ += std::chrono::seconds(4);
  EXPECT_EQ(queue_.unfinished(now_), std::chrono::seconds(4));
  EXPECT_EQ(queue_.longest_running(now_), std::chrono::seconds(4));
  queue_.Done(now_, "a");
  EXPECT_EQ(queue_.last_work(), std::chrono::seconds(4));
}

TEST(WorkQueue, NoKeyIsEverWithTwoWorkers) {
  const SystemClock clock;
  NullMetrics metrics;
  WorkQueue queue("test", clock, metrics);
  constexpr int kKeys = 5;
  std::vector<std::atomic<int>> held(kKeys);
  std::atomic<int> processed = 0;
  std::atomic<bool> twice = false;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        while (const auto key = queue.Take()) {
          const auto index = static_cast<std::size_t>(std::stoi(*key));
          if (++held[index] != 1) twice = true;
          ++processed;
          --held[index];
          queue.Done(*key);
        }
      });
    }
    for (int i = 0; i < 2'000; ++i) queue.Add(std::to_string(i % kKeys));
    queue.ShutDownWithDrain();
  }
  EXPECT_FALSE(twice);
  EXPECT_GE(processed, kKeys);
  EXPECT_EQ(queue.depth(), 0U);
}

TEST(WorkQueue, AWaitingWorkerSeesTheShutDownAndTheStop) {
  const SystemClock clock;
  NullMetrics metrics;
  WorkQueue queue("test", clock, metrics);
  std::stop_source stop;
  auto stopped = std::async(std::launch::async, [&] { return queue.Take(stop.get_token()); });
  stop.request_stop();
  EXPECT_FALSE(stopped.get().has_value());
  auto shut = std::async(std::launch::async, [&] { return queue.Take(); });
  queue.ShutDown();
  EXPECT_FALSE(shut.get().has_value());
}

TEST(WorkQueue, ADelayedKeyWakesTheWorkerWhenItIsDue) {
  const SystemClock clock;
  NullMetrics metrics;
  WorkQueue queue("test", clock, metrics);
  auto taken = std::async(std::launch::async, [&] { return queue.Take(); });
  queue.AddAfter("late", std::chrono::hours(1));
  queue.AddAfter("soon", std::chrono::milliseconds(5));
  EXPECT_EQ(taken.get(), "soon");
}

}  // namespace
}  // namespace plimsoll::kube
