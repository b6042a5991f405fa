#include "controller/core/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace plimsoll::controller {
namespace {

using std::chrono::seconds;

const Time kStart = FromUnixSeconds(1'000'000);

TEST(Scheduler, NewGoesBeforePendingBeforeRecheck) {
  Scheduler scheduler(4);
  scheduler.Schedule(1, kStart, Urgency::kRecheck, "a", "ns");
  scheduler.Schedule(2, kStart, Urgency::kPending, "b", "ns");
  scheduler.Schedule(3, kStart + seconds(1), Urgency::kNew, "c", "ns");
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), 3u);
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), 2u);
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), 1u);
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), std::nullopt);
}

TEST(Scheduler, NamespacesTakeTurns) {
  Scheduler scheduler(1);
  for (Scheduler::Id id = 0; id < 1'000; ++id) {
    scheduler.Schedule(id, kStart, Urgency::kNew, "a", "loud");
  }
  scheduler.Schedule(5'000, kStart + seconds(1), Urgency::kNew, "a", "quiet");
  int before = 0;
  for (auto id = scheduler.Next(kStart + seconds(1)); id != 5'000u;
       id = scheduler.Next(kStart + seconds(1))) {
    ASSERT_TRUE(id);
    scheduler.Done(*id);
    ++before;
  }
  EXPECT_LE(before, 1);
}

TEST(Scheduler, OneHostHoldsAtMostAQuarterOfTheWorkers) {
  Scheduler scheduler(8);
  for (Scheduler::Id id = 0; id < 20; ++id) {
    scheduler.Schedule(id, kStart, Urgency::kNew, "slow", "ns");
  }
  scheduler.Schedule(100, kStart + seconds(1), Urgency::kRecheck, "quick", "ns");
  EXPECT_TRUE(scheduler.Next(kStart + seconds(1)));
  EXPECT_TRUE(scheduler.Next(kStart + seconds(1)));
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), 100u);
  EXPECT_EQ(scheduler.Next(kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(scheduler.out(), 3u);
  scheduler.Done(0);
  EXPECT_TRUE(scheduler.Next(kStart + seconds(1)));
}

TEST(Scheduler, AnItemIsOutAtMostOnceAndComesBackWhenAskedForMeanwhile) {
  Scheduler scheduler(4);
  scheduler.Schedule(1, kStart, Urgency::kNew, "a", "ns");
  EXPECT_EQ(scheduler.Next(kStart), 1u);
  scheduler.Schedule(1, kStart, Urgency::kNew, "a", "ns");
  EXPECT_EQ(scheduler.Next(kStart), std::nullopt);
  scheduler.Done(1);
  EXPECT_EQ(scheduler.Next(kStart), 1u);
  scheduler.Done(1);
  EXPECT_EQ(scheduler.Next(kStart), std::nullopt);
  EXPECT_EQ(scheduler.waiting(), 0u);
}

TEST(Scheduler, AnItemMovesWhenItIsScheduledAgain) {
  Scheduler scheduler(4);
  scheduler.Schedule(1, kStart + seconds(100), Urgency::kRecheck, "a", "ns");
  EXPECT_EQ(scheduler.NextDue(), kStart + seconds(100));
  scheduler.Schedule(1, kStart + seconds(10), Urgency::kNew, "a", "ns");
  EXPECT_EQ(scheduler.NextDue(), kStart + seconds(10));
  EXPECT_EQ(scheduler.Next(kStart + seconds(9)), std::nullopt);
  EXPECT_EQ(scheduler.Next(kStart + seconds(10)), 1u);
}

TEST(Scheduler, WhatIsRemovedIsNeverHandedOut) {
  Scheduler scheduler(4);
  scheduler.Schedule(1, kStart, Urgency::kNew, "a", "ns");
  scheduler.Schedule(2, kStart, Urgency::kNew, "a", "ns");
  EXPECT_EQ(scheduler.Next(kStart), 1u);
  scheduler.Remove(1);
  scheduler.Remove(2);
  scheduler.Done(1);
  EXPECT_EQ(scheduler.Next(kStart), std::nullopt);
  EXPECT_EQ(scheduler.ready(), 0u);
  EXPECT_EQ(scheduler.waiting(), 0u);
}

TEST(Scheduler, DoneForWhatIsNotOutIsIgnored) {
  Scheduler scheduler(4);
  scheduler.Done(7);
  EXPECT_EQ(scheduler.out(), 0u);
}

}  // namespace
}  // namespace plimsoll::controller
