#include "kube/informer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "json/json.h"
#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using testing::Bookmark;
using testing::ConfigMapEvent;
using testing::ConfigMapList;
using testing::ConfigMapObject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Drives the list-watch step by step; what the store sees becomes a list of words.
class ListWatchTest : public ::testing::Test, public ObjectStore {
 protected:
  void Make(bool watch_list) {
    ListWatchOptions options;
    options.type = ConfigMaps();
    options.reflector.watch_list = watch_list;
    Make(options);
  }
  void Make(const ListWatchOptions& options) {
    list_watch_ = std::make_unique<ListWatch>(
        options, ListWatchDependencies{transport_, clock_, waiter_, metrics_, logger_}, *this);
  }
  void Run(int steps) {
    for (int i = 0; i < steps; ++i) list_watch_->RunOnce({});
  }
  std::vector<std::string> Seen() { return std::exchange(seen_, {}); }

  void BeginSnapshot() override { seen_.emplace_back("begin"); }
  Status Put(const ObjectMeta& meta, std::string_view json) override {
    seen_.push_back("put " + meta.name + "@" + meta.resource_version);
    if (json.find("broken") != std::string_view::npos) return Fail(kMalformed, "a broken object");
    return {};
  }
  void Remove(const ObjectMeta& meta) override { seen_.push_back("remove " + meta.name); }
  void EndSnapshot() override { seen_.emplace_back("end"); }

  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  NullMetrics metrics_;
  NullLogger logger_;
  std::unique_ptr<ListWatch> list_watch_;
  std::vector<std::string> seen_;
};

TEST_F(ListWatchTest, AWatchListFillsTheStoreAndGoesOn) {
  Make(true);
  transport_.Stream({ConfigMapEvent("ADDED", "a", "3"), ConfigMapEvent("ADDED", "b", "1"),
                     Bookmark("5", true), ConfigMapEvent("MODIFIED", "a", "6"), Bookmark("9"),
                     ConfigMapEvent("DELETED", "b", "10")});
  transport_.Stream({});
  Run(2);
  EXPECT_THAT(Seen(), ElementsAre("begin", "put a@3", "put b@1", "end", "put a@6", "remove b"));
  EXPECT_THAT(transport_.watches().at(1), HasSubstr("&resourceVersion=10"));
}

TEST_F(ListWatchTest, AListFillsTheStorePageByPage) {
  Make(false);
  transport_.Answer(200, ConfigMapList("8", {ConfigMapObject("a", "1")}, "token"));
  transport_.Answer(200, ConfigMapList("8", {ConfigMapObject("b", "2")}));
  transport_.Stream({ConfigMapEvent("ADDED", "c", "9")});
  Run(3);
  EXPECT_THAT(Seen(), ElementsAre("begin", "put a@1", "put b@2", "end", "put c@9"));
  const auto calls = transport_.calls();
  EXPECT_EQ(calls.at(0).channel, Channel::kLists);
  EXPECT_EQ(calls.at(1).target, "/api/v1/configmaps?limit=500&continue=token");
  EXPECT_THAT(transport_.watches().at(0), HasSubstr("&resourceVersion=8"));
}

TEST_F(ListWatchTest, AnErrorEventForAnExpiredVersionListsAgain) {
  Make(false);
  transport_.Answer(200, ConfigMapList("8", {}));
  transport_.Stream({testing::ErrorEvent(410, "Expired", "too old resource version: 8 (20)")});
  transport_.Answer(200, ConfigMapList("20", {ConfigMapObject("a", "19")}));
  Run(3);
  EXPECT_THAT(Seen(), ElementsAre("begin", "end", "begin", "put a@19", "end"));
  EXPECT_THAT(waiter_.waits(), IsEmpty());
}

TEST_F(ListWatchTest, AnAnswerThatIsNoListLeavesTheStoreAsItWas) {
  for (
      const char* body :
      {"<html>please log in</html>",
       R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"rows":[]})",
       R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]})"}) {
    Make(false);
    transport_.Answer(200, body);
    Run(1);
    EXPECT_THAT(Seen(), ElementsAre("begin")) << "a snapshot that never ends removes nothing";
  }
}

TEST_F(ListWatchTest, AMalformedEventIsNeverSkipped) {
  for (
      const char* line :
      {"{", "<html>",
       R"({"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","uid":"x"}}})",
       R"({"type":"CHANGED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9"}}})",
       R"({"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"ns","uid":"x","resourceVersion":"9"},"data":"broken"}})"}) {
    Make(false);
    transport_.Answer(200, ConfigMapList("8", {}));
    transport_.Stream({line, ConfigMapEvent("ADDED", "later", "12")});
    transport_.Answer(200, ConfigMapList("20", {}));
    Run(4);
    EXPECT_EQ(transport_.calls().back().target,
              std::string("/api/v1/configmaps?limit=500&resourceVersion=") +
                  (std::string_view(line).find("broken") != std::string_view::npos ? "9" : "8") +
                  "&resourceVersionMatch=NotOlderThan")
        << line;
    EXPECT_THAT(Seen(), ::testing::Not(::testing::Contains("put later@12")));
    EXPECT_FALSE(waiter_.waits().empty());
  }
}

TEST_F(ListWatchTest, AnObjectOfAnotherKindIsLeftOut) {
  Make(false);
  transport_.Answer(200, ConfigMapList("8", {}));
  transport_.Stream(
      {R"({"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9"}}})",
       ConfigMapEvent("ADDED", "a", "10")});
  Run(2);
  EXPECT_THAT(Seen(), ElementsAre("begin", "end", "put a@10"));
}

TEST_F(ListWatchTest, AStreamThatEndsInTheMiddleOfALineIsResumed) {
  Make(false);
  transport_.Answer(200, ConfigMapList("8", {}));
  transport_.Stream({ConfigMapEvent("ADDED", "a", "9")});
  transport_.BreakWatch({ConfigMapEvent("ADDED", "b", "10")},
                        Error{kConnectionFailed, "reset", true});
  transport_.Stream({ConfigMapEvent("ADDED", "c", "11")});
  Run(5);
  EXPECT_THAT(Seen(), ElementsAre("begin", "end", "put a@9", "put b@10", "put c@11"));
  EXPECT_EQ(transport_.calls().size(), 1U) << "no second list";
}

TEST_F(ListWatchTest, AnAwayServerIsAskedEverMoreRarely) {
  Make(true);
  Run(20);
  const auto waits = waiter_.waits();
  ASSERT_EQ(waits.size(), 10U);
  EXPECT_LT(waits.front(), std::chrono::seconds(2));
  EXPECT_GE(waits.back(), std::chrono::seconds(30));
  EXPECT_LE(waits.back(), std::chrono::seconds(60));
}

TEST_F(ListWatchTest, MetadataOnlyAsksTheServerForNothingElse) {
  ListWatchOptions options;
  options.type = Nodes();
  options.metadata_only = true;
  options.reflector.watch_list = false;
  Make(options);
  transport_.Answer(
      200,
      R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"5"},"items":[)"
      R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"n1","uid":"u","resourceVersion":"4"}}]})");
  Run(1);
  EXPECT_THAT(Seen(), ElementsAre("begin", "put n1@4", "end"));
  EXPECT_EQ(transport_.calls().at(0).accept,
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

TEST_F(ListWatchTest, NamespaceAndSelectorStandInTheRequest) {
  ListWatchOptions options;
  options.type = ConfigMaps();
  options.namespace_name = "shop";
  options.label_selector = "app in (a,b)";
  options.reflector.watch_list = false;
  Make(options);
  transport_.Answer(200, ConfigMapList("5", {}));
  Run(1);
  EXPECT_EQ(transport_.calls().at(0).target,
            "/api/v1/namespaces/shop/configmaps?limit=500&labelSelector=app%20in%20%28a%2Cb%29");
}

TEST_F(ListWatchTest, AStopBeforeOrDuringAStepIsObeyed) {
  Make(true);
  std::stop_source stop;
  stop.request_stop();
  list_watch_->RunOnce(stop.get_token());
  EXPECT_THAT(waiter_.waits(), IsEmpty());
}

// ---- Informer<T>

struct Text {
  std::string value;
};

class InformerTest : public ::testing::Test {
 protected:
  // Runs until the informer waits for something that nobody wrote down.
  void Run(InformerKey key = InformerKey::kUid) {
    ListWatchOptions options;
    options.type = ConfigMaps();
    options.reflector.watch_list = false;
    InformerCallbacks<Text> callbacks;
    callbacks.parse = [](std::string_view json, const ObjectMeta&) -> Result<Text> {
      PLIMSOLL_ASSIGN(const auto document, json::Document::Parse(json));
      PLIMSOLL_ASSIGN(const auto value, document.root()["data"]["value"].String());
      return Text{std::string(value)};
    };
    callbacks.on_change = [this](const Change<Text>& change) {
      const std::string name = change.meta.name.empty() ? change.meta.uid : change.meta.name;
      switch (change.kind) {
        case Change<Text>::Kind::kAdded:
          seen_.push_back("added " + name + "=" + change.after->value);
          break;
        case Change<Text>::Kind::kModified:
          seen_.push_back("modified " + name + "=" + change.before->value + ">" +
                          change.after->value);
          break;
        case Change<Text>::Kind::kDeleted:
          seen_.push_back((change.final_state_unknown ? "gone " : "deleted ") + name + "=" +
                          change.before->value);
          break;
      }
    };
    callbacks.on_synced = [this] { seen_.emplace_back("synced"); };
    transport_.AnswerWith([this](const Request&) -> Result<Response> {
      idle_.set_value();
      return FailRetryable(kConnectionFailed, "the end of the test");
    });
    informer_ = std::make_unique<Informer<Text>>(
        options, key, std::move(callbacks),
        ListWatchDependencies{transport_, clock_, waiter_, metrics_, logger_});
    informer_->Start();
    idle_.get_future().wait();
    informer_->Stop();
  }
  // Ends the watch so that the next answer is asked for.
  void Expire() { transport_.Stream({testing::ErrorEvent(410, "Expired")}); }

  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  NullMetrics metrics_;
  NullLogger logger_;
  std::promise<void> idle_;
  std::vector<std::string> seen_;
  std::unique_ptr<Informer<Text>> informer_;
};

TEST_F(InformerTest, ChangesAreToldWithWhatWasBefore) {
  transport_.Answer(200, ConfigMapList("8", {ConfigMapObject("a", "1", "x")}));
  transport_.Stream(
      {ConfigMapEvent("MODIFIED", "a", "9", "y"), ConfigMapEvent("ADDED", "b", "10", "z"),
       ConfigMapEvent("DELETED", "a", "11", "y"), testing::ErrorEvent(410, "Expired")});
  Run();
  EXPECT_THAT(seen_,
              ElementsAre("added a=x", "synced", "modified a=x>y", "added b=z", "deleted a=y"));
  EXPECT_TRUE(informer_->synced());
  EXPECT_EQ(informer_->size(), 1U);
  EXPECT_EQ(informer_->Get("uid-b")->value, "z");
  EXPECT_FALSE(informer_->Get("uid-a").has_value());
}

TEST_F(InformerTest, AListAgainTellsOfWhatHasGoneMeanwhile) {
  transport_.Answer(
      200, ConfigMapList("8", {ConfigMapObject("a", "1", "x"), ConfigMapObject("b", "2", "y")}));
  Expire();
  transport_.Answer(
      200, ConfigMapList("20", {ConfigMapObject("b", "2", "y"), ConfigMapObject("c", "15", "z")}));
  Expire();
  Run();
  EXPECT_THAT(seen_, ElementsAre("added a=x", "added b=y", "synced", "added c=z", "gone uid-a=x",
                                 "synced"));
}

TEST_F(InformerTest, AnUnchangedObjectIsNoChange) {
  transport_.Answer(200, ConfigMapList("8", {ConfigMapObject("a", "1", "x")}));
  Expire();
  transport_.Answer(200, ConfigMapList("20", {ConfigMapObject("a", "1", "x")}));
  Expire();
  Run();
  EXPECT_THAT(seen_, ElementsAre("added a=x", "synced", "synced"));
}

TEST_F(InformerTest, HalfASnapshotRemovesNothing) {
  transport_.Answer(
      200, ConfigMapList("8", {ConfigMapObject("a", "1", "x"), ConfigMapObject("b", "2", "y")}));
  Expire();
  transport_.Answer(200, ConfigMapList("20", {ConfigMapObject("b", "2", "y")}, "token"));
  transport_.Answer(500, testing::StatusObject(500, "InternalError"));
  Run();
  EXPECT_EQ(informer_->size(), 2U);
}

TEST_F(InformerTest, AReplacedObjectOfTheSameNameIsAnotherWhenKeyedByUid) {
  std::string other = ConfigMapObject("a", "15", "new");
  other.replace(other.find("uid-a"), 5, "uid-2");
  transport_.Answer(200, ConfigMapList("8", {ConfigMapObject("a", "1", "old")}));
  Expire();
  transport_.Answer(200, ConfigMapList("20", {other}));
  Expire();
  Run();
  EXPECT_THAT(seen_,
              ElementsAre("added a=old", "synced", "added a=new", "gone uid-a=old", "synced"));
}

TEST_F(InformerTest, KeyedByNameItIsTheSame) {
  std::string other = ConfigMapObject("a", "15", "new");
  other.replace(other.find("uid-a"), 5, "uid-2");
  transport_.Answer(
      200, ConfigMapList("8", {ConfigMapObject("a", "1", "old"), ConfigMapObject("b", "2", "x")}));
  Expire();
  transport_.Answer(200, ConfigMapList("20", {other}));
  Expire();
  Run(InformerKey::kNamespacedName);
  EXPECT_THAT(seen_, ElementsAre("added a=old", "added b=x", "synced", "modified a=old>new",
                                 "gone b=x", "synced"));
  EXPECT_EQ(informer_->Get("ns/a")->value, "new");
}

TEST_F(InformerTest, AnObjectThatCannotBeParsedIsListedAgainUntilItCan) {
  std::string broken = ConfigMapObject("a", "1", "x");
  broken.replace(broken.find("\"value\""), 7, "\"wrong\"");
  transport_.Answer(200, ConfigMapList("8", {broken}));
  transport_.Answer(200, ConfigMapList("9", {ConfigMapObject("a", "9", "y")}));
  Expire();
  Run();
  EXPECT_THAT(seen_, ElementsAre("added a=y", "synced"));
  EXPECT_FALSE(waiter_.waits().empty());
}

TEST_F(InformerTest, EveryObjectCanBeWalked) {
  transport_.Answer(
      200, ConfigMapList("8", {ConfigMapObject("a", "1", "x"), ConfigMapObject("b", "2", "y")}));
  Expire();
  Run();
  std::vector<std::string> walked;
  informer_->ForEach(
      [&](const std::string& key, const Text& text) { walked.push_back(key + "=" + text.value); });
  EXPECT_THAT(walked, UnorderedElementsAre("uid-a=x", "uid-b=y"));
}

}  // namespace
}  // namespace plimsoll::kube
