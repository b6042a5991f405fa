#include "kube/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "json/json.h"
#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = LeaseMachine::Step::Kind;

LeaseOptions Options(const std::string& identity) {
  LeaseOptions options;
  options.namespace_name = "plimsoll-system";
  options.name = "plimsoll-controller";
  options.identity = identity;
  return options;
}

// A Lease in an API server, shared by candidates, with versions and conflicts.
class Cluster {
 public:
  Result<LeaseRecord> Get() const {
    if (!lease_) return Fail(kNotFound, "no lease");
    return *lease_;
  }
  Result<LeaseRecord> Create(LeaseRecord record) {
    if (lease_) return Fail(kAlreadyExists, "exists");
    return Store(std::move(record));
  }
  Result<LeaseRecord> Update(LeaseRecord record) {
    if (!lease_) return Fail(kNotFound, "no lease");
    if (record.resource_version != lease_->resource_version)
      return FailRetryable(kConflict, "conflict");
    return Store(std::move(record));
  }
  void Delete() { lease_.reset(); }
  const LeaseRecord& lease() const { return *lease_; }

 private:
  Result<LeaseRecord> Store(LeaseRecord record) {
    record.resource_version = std::to_string(++version_);
    lease_ = record;
    return record;
  }
  std::optional<LeaseRecord> lease_;
  int version_ = 0;
};

class LeaseTest : public ::testing::Test {
 protected:
  // What the machine wants now, carried out. With `away` the server does not answer.
  Kind Step(LeaseMachine& machine, bool away = false) {
    const auto step = machine.Next(now_, wall_);
    if (step.kind == Kind::kWait) {
      waited_ = step.wait;
      return step.kind;
    }
    if (step.kind == Kind::kLost) return step.kind;
    timeout_ = step.timeout;
    if (away) {
      machine.OnFailed(now_, Error{kConnectionFailed, "refused", true});
      return step.kind;
    }
    const auto answer = step.kind == Kind::kGet      ? cluster_.Get()
                        : step.kind == Kind::kCreate ? cluster_.Create(step.record)
                                                     : cluster_.Update(step.record);
    if (!answer) {
      machine.OnFailed(now_, answer.error());
    } else if (step.kind == Kind::kGet) {
      machine.OnGot(now_, *answer);
    } else {
      machine.OnWritten(now_, *answer);
    }
    return step.kind;
  }
  void Pass(Duration duration) {
    now_ += duration;
    wall_ += duration;
  }
  // Runs for `duration`, waiting as the machine says.
  void Run(LeaseMachine& machine, Duration duration, bool away = false) {
    const SteadyTime until = now_ + duration;
    while (now_ < until) {
      const Kind kind = Step(machine, away);
      if (kind == Kind::kLost) return;
      if (kind == Kind::kWait)
        Pass(std::min<Duration>(waited_, std::chrono::duration_cast<Duration>(until - now_)));
    }
  }
  void Lead(LeaseMachine& machine) {
    Run(machine, std::chrono::seconds(1));
    ASSERT_TRUE(machine.leading());
  }

  SteadyTime now_{std::chrono::hours(1)};
  Time wall_ = FromUnixSeconds(1'795'284'000);
  Duration waited_{};
  Duration timeout_{};
  Cluster cluster_;
};

TEST_F(LeaseTest, WithoutALeaseOneIsCreated) {
  LeaseMachine machine(Options("a"));
  EXPECT_EQ(Step(machine), Kind::kGet);
  EXPECT_EQ(Step(machine), Kind::kCreate);
  EXPECT_TRUE(machine.leading());
  EXPECT_EQ(cluster_.lease().holder, "a");
  EXPECT_EQ(cluster_.lease().duration_seconds, 15);
  EXPECT_EQ(cluster_.lease().transitions, 0);
  EXPECT_EQ(cluster_.lease().acquire_time, FormatMicroTime(wall_));
}

TEST_F(LeaseTest, ALeaseWithoutHolderIsTakenAtOnce) {
  ASSERT_TRUE(cluster_.Create({"", "", 1, "", FormatMicroTime(wall_), 4}).has_value());
  LeaseMachine machine(Options("a"));
  EXPECT_EQ(Step(machine), Kind::kGet);
  EXPECT_EQ(Step(machine), Kind::kUpdate);
  EXPECT_TRUE(machine.leading());
  EXPECT_EQ(cluster_.lease().transitions, 5);
}

TEST_F(LeaseTest, ALiveHolderKeepsIt) {
  LeaseMachine one(Options("a"));
  LeaseMachine two(Options("b"));
  Lead(one);
  for (int i = 0; i < 200; ++i) {
    Run(one, std::chrono::seconds(1));
    Run(two, std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(one.leading());
  EXPECT_FALSE(two.leading());
  EXPECT_EQ(two.holder(), "a");
  EXPECT_EQ(cluster_.lease().transitions, 0);
}

TEST_F(LeaseTest, ADeadHolderIsFollowedWhenWeHaveNotSeenItMoveForItsDuration) {
  LeaseMachine one(Options("a"));
  Lead(one);
  LeaseMachine two(Options("b"));
  Run(two, std::chrono::milliseconds(14'900));
  EXPECT_FALSE(two.leading());
  Run(two, std::chrono::seconds(6));
  EXPECT_TRUE(two.leading());
  EXPECT_EQ(cluster_.lease().holder, "b");
  EXPECT_EQ(cluster_.lease().transitions, 1);
}

TEST_F(LeaseTest, TheWallClockOfTheHolderMeansNothing) {
  ASSERT_TRUE(
      cluster_
          .Create({"", "a", 15, "1999-01-01T00:00:00.000000Z", "1999-01-01T00:00:00.000000Z", 0})
          .has_value());
  LeaseMachine machine(Options("b"));
  Run(machine, std::chrono::seconds(10));
  EXPECT_FALSE(machine.leading())
      << "its renewTime is decades old, but we have watched it for 10 s only";
  wall_ += std::chrono::hours(24);
  Run(machine, std::chrono::seconds(1));
  EXPECT_FALSE(machine.leading()) << "nor does ours";
}

TEST_F(LeaseTest, WhoLabelsTheLeaseDoesNotProlongIt) {
  LeaseMachine one(Options("a"));
  Lead(one);
  LeaseMachine two(Options("b"));
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(
        cluster_.Update(cluster_.lease()).has_value());  // another version, the same content
    Run(two, std::chrono::milliseconds(2'500));
  }
  EXPECT_TRUE(two.leading());
}

TEST_F(LeaseTest, ARenewalKeepsAcquireTimeAndTransitionsAndAsksNothing) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  const LeaseRecord first = cluster_.lease();
  std::vector<Kind> kinds;
  for (int i = 0; i < 3; ++i) {
    Pass(std::chrono::seconds(2));
    kinds.push_back(Step(machine));
  }
  EXPECT_THAT(kinds, ElementsAre(Kind::kUpdate, Kind::kUpdate, Kind::kUpdate))
      << "the fast path: no GET";
  EXPECT_EQ(cluster_.lease().acquire_time, first.acquire_time);
  EXPECT_EQ(cluster_.lease().transitions, 0);
  EXPECT_EQ(cluster_.lease().renew_time, FormatMicroTime(wall_));
}

TEST_F(LeaseTest, AConflictWhileLeadingIsLookedAtBeforeWritingAgain) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  ASSERT_TRUE(cluster_.Update(cluster_.lease()).has_value());
  Pass(std::chrono::seconds(2));
  EXPECT_EQ(Step(machine), Kind::kUpdate);
  EXPECT_TRUE(machine.leading());
  EXPECT_EQ(Step(machine), Kind::kGet);
  EXPECT_EQ(Step(machine), Kind::kUpdate);
  EXPECT_TRUE(machine.leading());
}

TEST_F(LeaseTest, AnotherHolderEndsTheLeadershipAtOnce) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  LeaseRecord taken = cluster_.lease();
  taken.holder = "b";
  ASSERT_TRUE(cluster_.Update(taken).has_value());
  Pass(std::chrono::seconds(2));
  EXPECT_EQ(Step(machine), Kind::kUpdate);
  EXPECT_EQ(Step(machine), Kind::kGet);
  EXPECT_FALSE(machine.leading());
  EXPECT_EQ(Step(machine), Kind::kLost);
  EXPECT_EQ(Step(machine), Kind::kLost) << "for good";
}

TEST_F(LeaseTest, ALeaderThatCannotRenewStopsBeforeAnyoneElseMayStart) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  Run(machine, std::chrono::seconds(2));
  const SteadyTime last_renewal = now_;
  Run(machine, std::chrono::minutes(1), true);
  EXPECT_FALSE(machine.leading());
  EXPECT_LE(now_ - last_renewal, std::chrono::seconds(10));
  EXPECT_EQ(Step(machine), Kind::kLost);
}

TEST_F(LeaseTest, ACallNeverOutlastsTheRenewDeadline) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  EXPECT_EQ(timeout_, std::chrono::seconds(5));
  Pass(std::chrono::seconds(7));
  ASSERT_EQ(Step(machine, true), Kind::kUpdate);
  EXPECT_LE(timeout_, std::chrono::seconds(3));
}

TEST_F(LeaseTest, TheDeadlineCountsFromWhenTheWriteWasSent) {
  LeaseMachine machine(Options("a"));
  ASSERT_EQ(Step(machine), Kind::kGet);
  const auto create = machine.Next(now_, wall_);
  ASSERT_EQ(create.kind, Kind::kCreate);
  Pass(std::chrono::seconds(4));  // a slow answer
  machine.OnWritten(now_, *cluster_.Create(create.record));
  Run(machine, std::chrono::milliseconds(5'900), true);
  EXPECT_TRUE(machine.leading());
  Run(machine, std::chrono::milliseconds(200), true);
  EXPECT_FALSE(machine.leading());
}

TEST_F(LeaseTest, ADeletedLeaseIsMadeAgainByItsLeader) {
  LeaseMachine machine(Options("a"));
  Lead(machine);
  cluster_.Delete();
  Run(machine, std::chrono::seconds(6));
  EXPECT_TRUE(machine.leading());
  EXPECT_EQ(cluster_.lease().holder, "a");
}

TEST_F(LeaseTest, TwoCandidatesForNoLeaseMakeOneLeader) {
  LeaseMachine one(Options("a"));
  LeaseMachine two(Options("b"));
  EXPECT_EQ(Step(one), Kind::kGet);
  EXPECT_EQ(Step(two), Kind::kGet);
  EXPECT_EQ(Step(one), Kind::kCreate);
  EXPECT_EQ(Step(two), Kind::kCreate);
  EXPECT_TRUE(one.leading());
  EXPECT_FALSE(two.leading());
  Run(two, std::chrono::seconds(5));
  EXPECT_FALSE(two.leading());
}

TEST_F(LeaseTest, TwoCandidatesForAnExpiredLeaseMakeOneLeader) {
  ASSERT_TRUE(cluster_.Create({"", "dead", 1, "", "", 0}).has_value());
  LeaseMachine one(Options("a"));
  LeaseMachine two(Options("b"));
  Step(one);
  Step(two);
  Pass(std::chrono::seconds(20));
  EXPECT_EQ(Step(one), Kind::kGet);
  EXPECT_EQ(Step(two), Kind::kGet);
  EXPECT_EQ(Step(one), Kind::kUpdate);
  EXPECT_EQ(Step(two), Kind::kUpdate);
  EXPECT_TRUE(one.leading());
  EXPECT_FALSE(two.leading());
}

TEST_F(LeaseTest, CandidatesDoNotComeAllAtOnce) {
  ASSERT_TRUE(cluster_.Create({"", "x", 15, "", "", 0}).has_value());
  LeaseOptions options = Options("a");
  std::vector<Duration> waits;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    options.seed = seed;
    LeaseMachine machine(options);
    Step(machine);
    ASSERT_EQ(Step(machine), Kind::kWait);
    waits.push_back(waited_);
    EXPECT_GE(waited_, std::chrono::seconds(2));
    EXPECT_LE(waited_, std::chrono::milliseconds(4'400));
  }
  EXPECT_NE(waits[0], waits[1]);
  EXPECT_NE(waits[1], waits[2]);
}

TEST_F(LeaseTest, ReleaseEmptiesTheHolder) {
  LeaseMachine machine(Options("a"));
  EXPECT_FALSE(machine.Release(wall_).has_value()) << "what is not ours is not given up";
  Lead(machine);
  const auto record = machine.Release(wall_);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->holder, "");
  EXPECT_EQ(record->duration_seconds, 1);
  EXPECT_EQ(record->resource_version, cluster_.lease().resource_version);
}

TEST_F(LeaseTest, TheServerThatStoresAnotherHolderGivesNoLeadership) {
  LeaseMachine machine(Options("a"));
  Step(machine);
  ASSERT_EQ(machine.Next(now_, wall_).kind, Kind::kCreate);
  machine.OnWritten(now_, {"1", "mutated", 15, "", "", 0});
  EXPECT_FALSE(machine.leading());
}

TEST(LeaseOptionsCheck, TheThreePeriodsMustFit) {
  EXPECT_TRUE(CheckLeaseOptions(Options("a")).has_value());
  LeaseOptions options = Options("a");
  options.lease_duration = options.renew_deadline;
  EXPECT_FALSE(CheckLeaseOptions(options).has_value());
  options = Options("a");
  options.renew_deadline = options.retry_period * 12 / 10;
  EXPECT_FALSE(CheckLeaseOptions(options).has_value());
  options = Options("a");
  options.retry_period = std::chrono::milliseconds(1);
  EXPECT_FALSE(CheckLeaseOptions(options).has_value());
  options = Options("");
  EXPECT_FALSE(CheckLeaseOptions(options).has_value());
  options = Options("a");
  options.name = "Not A Name";
  EXPECT_FALSE(CheckLeaseOptions(options).has_value());
}

TEST(LeaseText, WhatIsWrittenIsReadBack) {
  const LeaseRecord record{
      "7", "me", 15, "2026-11-21T18:00:00.000000Z", "2026-11-21T18:00:02.000001Z", 3};
  const auto read = ReadLease(WriteLease(Options("me"), record));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->resource_version, "7");
  EXPECT_EQ(read->holder, "me");
  EXPECT_EQ(read->renew_time, record.renew_time);
  EXPECT_EQ(read->transitions, 3);
  EXPECT_FALSE(ReadLease("{}").has_value());
  EXPECT_FALSE(
      ReadLease(
          R"({"kind":"Lease","spec":{"leaseDurationSeconds":"x"},"metadata":{"resourceVersion":"1"}})")
          .has_value());
}

TEST(LeaseIdentity, NoTwoAreEqual) { EXPECT_NE(MakeLeaseIdentity(), MakeLeaseIdentity()); }

// ---- LeaderElector

class ElectorTest : public ::testing::Test {
 protected:
  std::unique_ptr<LeaderElector> Make() {
    LeaderCallbacks callbacks;
    callbacks.on_started = [this] { seen_.emplace_back("started"); };
    callbacks.on_stopped = [this](const std::string& why) { seen_.push_back("stopped: " + why); };
    callbacks.on_new_leader = [this](const std::string& who) { seen_.push_back("leader " + who); };
    return std::make_unique<LeaderElector>(Options("a"), std::move(callbacks), transport_, clock_,
                                           waiter_, metrics_, logger_);
  }
  static std::string Lease(std::string_view holder, std::string_view version) {
    return WriteLease(Options("a"),
                      {std::string(version), std::string(holder), 15, "", std::string(version), 0});
  }

  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  NullMetrics metrics_;
  NullLogger logger_;
  std::vector<std::string> seen_;
};

TEST_F(ElectorTest, LeadingIsToldOnceAndGivenUpAfterwards) {
  const auto elector = Make();
  transport_.Answer(404, testing::StatusObject(404, "NotFound"));
  transport_.Answer(201, Lease("a", "1"));
  transport_.Answer(200, Lease("a", "2"));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(elector->RunOnce({}));
  EXPECT_TRUE(elector->leading());
  EXPECT_THAT(seen_, ElementsAre("leader a", "started"));

  transport_.Answer(409, testing::StatusObject(409, "Conflict"));
  transport_.Answer(200, Lease("a", "5"));
  transport_.Answer(200, Lease("", "6"));
  elector->Release();
  EXPECT_FALSE(elector->leading());
  const auto calls = transport_.calls();
  EXPECT_EQ(calls.back().method, Method::kPut);
  EXPECT_THAT(calls.back().body, HasSubstr(R"("holderIdentity":"")"));
  EXPECT_THAT(calls.back().body, HasSubstr(R"("resourceVersion":"5")"));
  EXPECT_THAT(seen_, ElementsAre("leader a", "started")) << "a clean end is no loss";
}

TEST_F(ElectorTest, CallsHaveTheirOwnChannelAndAShortLimit) {
  const auto elector = Make();
  elector->RunOnce({});
  EXPECT_EQ(transport_.calls().at(0).channel, Channel::kLease);
  EXPECT_EQ(transport_.calls().at(0).timeout, std::chrono::seconds(5));
  EXPECT_EQ(transport_.calls().at(0).target,
            "/apis/coordination.k8s.io/v1/namespaces/plimsoll-system/leases/plimsoll-controller");
}

TEST_F(ElectorTest, ALeaderWhoseServerStaysAwayStopsAndSaysWhy) {
  const auto elector = Make();
  transport_.Answer(404, testing::StatusObject(404, "NotFound"));
  transport_.Answer(201, Lease("a", "1"));
  elector->RunOnce({});
  elector->RunOnce({});
  ASSERT_TRUE(elector->leading());
  while (elector->RunOnce({})) {
  }
  EXPECT_FALSE(elector->leading());
  ASSERT_EQ(seen_.size(), 3U);
  EXPECT_THAT(seen_.back(), HasSubstr("could not be renewed in 10s"));
  EXPECT_FALSE(elector->RunOnce({})) << "for good";
}

TEST_F(ElectorTest, ALeaderSeesItsSuccessor) {
  const auto elector = Make();
  transport_.Answer(404, testing::StatusObject(404, "NotFound"));
  transport_.Answer(201, Lease("a", "1"));
  transport_.Answer(409, testing::StatusObject(409, "Conflict"));
  transport_.Answer(200, Lease("b", "2"));
  while (elector->RunOnce({})) {
  }
  EXPECT_THAT(seen_, ElementsAre("leader a", "started", "leader b", "stopped: another has it: b"));
}

TEST_F(ElectorTest, ReleaseOfNothingAsksNothing) {
  const auto elector = Make();
  elector->Release();
  EXPECT_THAT(transport_.calls(), IsEmpty());
}

TEST_F(ElectorTest, AStopInTheMiddleOfACallIsObeyed) {
  const auto elector = Make();
  std::stop_source stop;
  transport_.AnswerWith([&](const Request&) -> Result<Response> {
    stop.request_stop();
    return Fail(kCancelled, "stopped");
  });
  EXPECT_FALSE(elector->RunOnce(stop.get_token()));
  EXPECT_THAT(seen_, IsEmpty());
}

}  // namespace
}  // namespace plimsoll::kube
