#include "kube/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "json/json.h"
#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Kind = EventWrite::Kind;

Event Drift(const std::string& note, const std::string& name = "web-ranvy7ufbm2tq75kkjkx") {
  Event event;
  event.kind = EventKind::kWarning;
  event.reason = "SignatureMissing";
  event.note = note;
  event.regarding = {"plimsoll.dev/v1alpha1", "SigningBaseline", "", name, "55b57964", ""};
  event.related = ObjectReference{"v1", "Pod", "shop", "web-1", "0f3a6b8e", ""};
  return event;
}

class Correlator : public ::testing::Test {
 protected:
  std::optional<EventWrite> Add(const Event& event) { return correlator_.Add(now_, wall_, event); }
  void Pass(Duration duration) {
    now_ += duration;
    wall_ += duration;
  }
  SteadyTime now_{std::chrono::hours(1)};
  Time wall_ = FromUnixSeconds(1'795'284'000) + std::chrono::microseconds(204'113);
  EventCorrelator correlator_{"plimsoll.dev/controller", "plimsoll-controller-1"};
};

TEST_F(Correlator, TheFirstOneIsAnEventOfTheContract) {
  const auto write = Add(Drift("critical drift d-1"));
  ASSERT_TRUE(write.has_value());
  EXPECT_EQ(write->kind, Kind::kCreate);
  EXPECT_EQ(write->namespace_name, "default") << "about an object without a namespace";
  EXPECT_THAT(write->name, MatchesRegex("web-ranvy7ufbm2tq75kkjkx\\.[0-9a-f]+"));
  const auto document = json::Document::Parse(write->body);
  ASSERT_TRUE(document.has_value());
  const json::Value root = document->root();
  EXPECT_EQ(root["apiVersion"].StringOrEmpty(), "events.k8s.io/v1");
  EXPECT_EQ(root["type"].StringOrEmpty(), "Warning");
  EXPECT_EQ(root["reason"].StringOrEmpty(), "SignatureMissing");
  EXPECT_EQ(root["action"].StringOrEmpty(), "Observe");
  EXPECT_EQ(root["note"].StringOrEmpty(), "critical drift d-1");
  EXPECT_EQ(root["eventTime"].StringOrEmpty(), FormatMicroTime(wall_));
  EXPECT_EQ(root["reportingController"].StringOrEmpty(), "plimsoll.dev/controller");
  EXPECT_EQ(root["reportingInstance"].StringOrEmpty(), "plimsoll-controller-1");
  EXPECT_EQ(root["regarding"]["uid"].StringOrEmpty(), "55b57964");
  EXPECT_TRUE(root["regarding"]["namespace"].missing());
  EXPECT_EQ(root["related"]["namespace"].StringOrEmpty(), "shop");
  EXPECT_TRUE(root["series"].missing());
}

TEST_F(Correlator, AnEventOnAPodStandsInItsNamespaceWithItsContainer) {
  Event event = Drift("x");
  event.regarding = {"v1", "Pod", "shop", "web-1", "0f3a", "spec.containers{web}"};
  const auto write = Add(event);
  EXPECT_EQ(write->namespace_name, "shop");
  EXPECT_THAT(write->body, HasSubstr(R"("fieldPath":"spec.containers{web}")"));
}

TEST_F(Correlator, TheSecondMakesItASeriesAndLaterOnesOnlyCount) {
  const auto first = Add(Drift("x"));
  Pass(std::chrono::seconds(1));
  const auto second = Add(Drift("x"));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->kind, Kind::kPatchSeries);
  EXPECT_EQ(second->name, first->name);
  EXPECT_EQ(second->body,
            R"({"series":{"count":2,"lastObservedTime":")" + FormatMicroTime(wall_) + R"("}})");
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Add(Drift("x")).has_value());
}

TEST_F(Correlator, TheCountIsToldWhenTheSeriesEnds) {
  Add(Drift("x"));
  for (int i = 0; i < 5; ++i) Add(Drift("x"));
  EXPECT_TRUE(correlator_.Advance(now_, wall_).empty());
  Pass(std::chrono::minutes(6));
  const auto writes = correlator_.Advance(now_, wall_);
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_THAT(writes[0].body, HasSubstr(R"("count":6)"));
  EXPECT_THAT(writes[0].create_body, HasSubstr(R"("note":"x")"));
  EXPECT_TRUE(correlator_.Advance(now_, wall_).empty());
  EXPECT_EQ(Add(Drift("x"))->kind, Kind::kCreate) << "after its end it is new";
}

TEST_F(Correlator, ALongSeriesIsRefreshedEveryHalfHour) {
  Add(Drift("x"));
  std::size_t refreshed = 0;
  for (int i = 0; i < 65; ++i) {
    Pass(std::chrono::minutes(1));
    Add(Drift("x"));
    refreshed += correlator_.Advance(now_, wall_).size();
  }
  EXPECT_EQ(refreshed, 2U);
}

TEST_F(Correlator, AnotherNoteReasonOrPodIsAnotherEvent) {
  Add(Drift("d-1"));
  EXPECT_EQ(Add(Drift("d-2"))->kind, Kind::kCreate);
  Event other = Drift("d-1");
  other.reason = "SignerChanged";
  EXPECT_EQ(Add(other)->kind, Kind::kCreate);
  other = Drift("d-1");
  other.related->name = "web-2";
  EXPECT_EQ(Add(other)->kind, Kind::kCreate);
}

TEST_F(Correlator, TwoEventsOfOneMomentHaveTwoNames) {
  const auto one = Add(Drift("1"));
  const auto two = Add(Drift("2"));
  EXPECT_NE(one->name, two->name);
  wall_ -= std::chrono::hours(1);
  EXPECT_NE(Add(Drift("3"))->name, two->name);
}

TEST_F(Correlator, AnObjectHas25EventsAtOnceAndThenOneInFiveMinutes) {
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(Add(Drift(std::to_string(i))).has_value());
  EXPECT_FALSE(Add(Drift("25")).has_value());
  EXPECT_EQ(correlator_.dropped(), 1U);
  EXPECT_TRUE(Add(Drift("x", "another")).has_value()) << "each object has its own bucket";
  Pass(std::chrono::seconds(300));
  EXPECT_TRUE(Add(Drift("26")).has_value());
  EXPECT_FALSE(Add(Drift("27")).has_value());
}

TEST_F(Correlator, NotesAreCutOnACharacter) {
  const auto write = Add(Drift(std::string(1'019, 'x') + "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"));
  const auto document = json::Document::Parse(write->body);
  ASSERT_TRUE(document.has_value());
  const auto note = document->root()["note"].StringOrEmpty();
  EXPECT_LE(note.size(), 1'024U);
  EXPECT_TRUE(note.ends_with("x\xc3\xa4..."));
}

TEST_F(Correlator, TheLongestObjectNameStillMakesAName) {
  const auto write = Add(Drift("x", std::string(253, 'a')));
  EXPECT_LE(write->name.size(), 253U);
}

TEST_F(Correlator, ManyObjectsAreForgottenNotKept) {
  EventLimits limits;
  limits.objects = 10;
  EventCorrelator correlator("c", "i", limits);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(correlator.Add(now_, wall_, Drift("x", "object-" + std::to_string(i))).has_value());
  }
  EXPECT_EQ(correlator.Add(now_, wall_, Drift("x", "object-999"))->kind, Kind::kPatchSeries);
  EXPECT_EQ(correlator.Add(now_, wall_, Drift("x", "object-1"))->kind, Kind::kCreate);
}

class Recorder : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  NullMetrics metrics_;
  NullLogger logger_;
  Client client_{transport_, clock_, waiter_};
  ObjectWriter writer_{client_};
};

TEST_F(Recorder, EventsAreWrittenInTheirOrder) {
  EventRecorder recorder({"c", "i", {}}, writer_, clock_, waiter_, metrics_, logger_);
  transport_.Answer(201, "{}");
  transport_.Answer(200, "{}");
  transport_.Answer(201, "{}");
  recorder.Start();
  recorder.Record(Drift("1"));
  recorder.Record(Drift("1"));
  recorder.Record(Drift("2"));
  recorder.Stop(std::chrono::seconds(10));
  const auto calls = transport_.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].method, Method::kPost);
  EXPECT_EQ(calls[0].target, "/apis/events.k8s.io/v1/namespaces/default/events");
  EXPECT_EQ(calls[1].method, Method::kPatch);
  EXPECT_EQ(calls[1].content_type, "application/merge-patch+json");
  EXPECT_EQ(calls[2].method, Method::kPost);
}

TEST_F(Recorder, ASeriesWhoseFirstEventHasExpiredBeginsAnew) {
  EventRecorder recorder({"c", "i", {}}, writer_, clock_, waiter_, metrics_, logger_);
  transport_.Answer(201, "{}");
  transport_.Answer(404, testing::StatusObject(404, "NotFound"));
  transport_.Answer(201, "{}");
  recorder.Start();
  recorder.Record(Drift("1"));
  recorder.Record(Drift("1"));
  recorder.Stop(std::chrono::seconds(10));
  const auto calls = transport_.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[2].method, Method::kPost);
  EXPECT_THAT(calls[2].body, HasSubstr(R"("count":2)"));
}

TEST_F(Recorder, AnAwayServerIsTriedTwelveTimesAboutTenSecondsApart) {
  EventRecorder recorder({"c", "i", {}}, writer_, clock_, waiter_, metrics_, logger_);
  for (int i = 0; i < 12; ++i)
    transport_.Answer(503, testing::StatusObject(503, "ServiceUnavailable"));
  recorder.Start();
  recorder.Record(Drift("1"));
  recorder.Stop(std::chrono::seconds(10));
  EXPECT_EQ(transport_.calls().size(), 12U);
  for (const Duration wait : waiter_.waits()) {
    EXPECT_GE(wait, std::chrono::milliseconds(7'500));
    EXPECT_LE(wait, std::chrono::milliseconds(12'500));
  }
}

TEST_F(Recorder, WhatTheServerRefusesIsDropped) {
  EventRecorder recorder({"c", "i", {}}, writer_, clock_, waiter_, metrics_, logger_);
  transport_.Answer(403, testing::StatusObject(403, "Forbidden"));
  transport_.Answer(201, "{}");
  recorder.Start();
  recorder.Record(Drift("1"));
  recorder.Record(Drift("2"));
  recorder.Stop(std::chrono::seconds(10));
  EXPECT_EQ(transport_.calls().size(), 2U);
}

TEST_F(Recorder, RecordNeverBlocksAndAFullQueueDrops) {
  EventRecorder recorder({"c", "i", {}}, writer_, clock_, waiter_, metrics_, logger_);
  std::promise<void> taken;
  std::promise<void> go_on;
  transport_.AnswerWith([&](const Request&) -> Result<Response> {
    taken.set_value();
    go_on.get_future().wait();
    return Response{201, "{}", {}};
  });
  for (int i = 0; i < 2'000; ++i) transport_.Answer(201, "{}");
  recorder.Start();
  recorder.Record(Drift("first"));
  taken.get_future().wait();
  for (int i = 0; i < 3'000; ++i) recorder.Record(Drift("x", "object-" + std::to_string(i)));
  go_on.set_value();
  recorder.Stop(std::chrono::seconds(60));
  EXPECT_EQ(transport_.calls().size(), 1'001U);
}

}  // namespace
}  // namespace plimsoll::kube
