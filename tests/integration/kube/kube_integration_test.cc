// The Kubernetes client against a real kube-apiserver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "integration/kube/cluster_client.h"
#include "kube/api_error.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "support/testbed/testbed.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;

class Kube : public testing::TestbedTest {
 protected:
  void SetUp() override {
    TestbedTest::SetUp();
    if (HasFatalFailure()) return;
    cluster_ = std::make_unique<ClusterClient>(bed().kubeconfig());
    ASSERT_NE(cluster_->writer, nullptr);
  }
  void Create(const std::string& name, const std::string& value, const std::string& label = "yes") {
    const auto made = cluster_->writer->Create(ConfigMaps(), Namespace(),
                                               ClusterClient::ConfigMap(name, value, label));
    ASSERT_TRUE(made.has_value()) << made.error().message;
  }
  void Merge(const std::string& name, const std::string& patch) {
    const auto patched = cluster_->writer->Patch(ConfigMaps(), Namespace(), name, patch, {});
    ASSERT_TRUE(patched.has_value()) << patched.error().message;
  }
  std::unique_ptr<ClusterClient> cluster_;
};

TEST_F(Kube, AWatchListAndAPagedListSeeTheSame) {
  for (int i = 0; i < 5; ++i) Create("a" + std::to_string(i), "1");
  for (const bool watch_list : {true, false}) {
    Diary diary;
    const auto informer = cluster_->Follow(Namespace(), diary, watch_list, "follow=yes");
    ASSERT_TRUE(diary.WaitFor("synced")) << diary.Text();
    EXPECT_EQ(informer->size(), 5U);
    informer->Stop();
  }
}

TEST_F(Kube, ChangesArriveInTheirOrder) {
  Diary diary;
  const auto informer = cluster_->Follow(Namespace(), diary, true, "follow=yes");
  ASSERT_TRUE(diary.WaitFor("synced"));
  Create("web", "1");
  ASSERT_TRUE(diary.WaitFor("added web=1")) << diary.Text();
  Merge("web", R"({"data":{"value":"2"}})");
  ASSERT_TRUE(diary.WaitFor("modified web=2")) << diary.Text();
  ASSERT_TRUE(cluster_->writer->Delete(ConfigMaps(), Namespace(), "web", {}).has_value());
  EXPECT_TRUE(diary.WaitFor("deleted=2")) << diary.Text();
  EXPECT_EQ(informer->size(), 0U);
}

TEST_F(Kube, AnObjectThatLeavesTheSelectorIsDeletedForUs) {
  Diary diary;
  Create("web", "1");
  const auto informer = cluster_->Follow(Namespace(), diary, true, "follow=yes");
  ASSERT_TRUE(diary.WaitFor("synced"));
  Merge("web", R"({"metadata":{"labels":{"follow":"no"}}})");
  EXPECT_TRUE(diary.WaitFor("deleted=1")) << diary.Text();
  Merge("web", R"({"metadata":{"labels":{"follow":"yes"}}})");
  EXPECT_TRUE(diary.WaitFor("added web=1")) << diary.Text();
}

TEST_F(Kube, TwoWatchesSeeTheSame) {
  Diary one;
  Diary two;
  const auto first = cluster_->Follow(Namespace(), one, true, "follow=yes");
  const auto second = cluster_->Follow(Namespace(), two, false, "follow=yes");
  ASSERT_TRUE(one.WaitFor("synced"));
  ASSERT_TRUE(two.WaitFor("synced"));
  for (int i = 0; i < 20; ++i) Create("a" + std::to_string(i), std::to_string(i));
  ASSERT_TRUE(one.WaitFor("added a19=19"));
  ASSERT_TRUE(two.WaitFor("added a19=19"));
  for (int i = 0; i < 20; ++i) {
    const std::string note = "added a" + std::to_string(i) + "=" + std::to_string(i);
    EXPECT_EQ(one.Count(note), 1U);
    EXPECT_EQ(two.Count(note), 1U);
  }
}

TEST_F(Kube, NodesComeAsMetadataOnly) {
  ListWatchOptions options;
  options.type = Nodes();
  options.metadata_only = true;
  Diary diary;
  InformerCallbacks<std::string> callbacks;
  callbacks.parse = [](std::string_view json, const ObjectMeta&) -> Result<std::string> {
    return std::string(json.find("\"spec\"") == std::string_view::npos ? "metadata" : "more");
  };
  callbacks.on_synced = [&diary] { diary.Note("synced"); };
  Informer<std::string> informer(options, InformerKey::kNamespacedName, std::move(callbacks),
                                 {*cluster_->transport, cluster_->clock, cluster_->waiter,
                                  cluster_->metrics, cluster_->logger});
  informer.Start();
  EXPECT_TRUE(diary.WaitFor("synced"));
  informer.ForEach(
      [](const std::string&, const std::string& what) { EXPECT_EQ(what, "metadata"); });
}

TEST_F(Kube, AnOldVersionIsAConflictAndOverwritesNothing) {
  Create("web", "1");
  const auto old = cluster_->client->Get(ConfigMaps(), Namespace(), "web");
  ASSERT_TRUE(old.has_value());
  Merge("web", R"({"data":{"value":"newer"}})");
  const auto written = cluster_->writer->Update(ConfigMaps(), Namespace(), "web", *old);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, kConflict);
  EXPECT_THAT(*cluster_->client->Get(ConfigMaps(), Namespace(), "web"), HasSubstr("newer"));
}

TEST_F(Kube, DeletesHappenOnlyWhenTheirPreconditionsHold) {
  Create("web", "1");
  const auto meta = ReadObjectMeta(*cluster_->client->Get(ConfigMaps(), Namespace(), "web"));
  ASSERT_TRUE(meta.has_value());
  auto& writer = *cluster_->writer;
  EXPECT_EQ(writer.Delete(ConfigMaps(), Namespace(), "web", {"another", ""}).error().code,
            kConflict);
  EXPECT_EQ(writer.Delete(ConfigMaps(), Namespace(), "web", {meta->uid, "1"}).error().code,
            kConflict);
  EXPECT_TRUE(writer.Delete(ConfigMaps(), Namespace(), "web", {meta->uid, meta->resource_version})
                  .has_value());
  EXPECT_EQ(writer.Delete(ConfigMaps(), Namespace(), "web", {}).error().code, kNotFound);
}

TEST_F(Kube, EveryRefusalHasItsReason) {
  Create("web", "1");
  auto& writer = *cluster_->writer;
  EXPECT_EQ(
      writer.Create(ConfigMaps(), Namespace(), ClusterClient::ConfigMap("web", "1")).error().code,
      kAlreadyExists);
  EXPECT_EQ(cluster_->client->Get(ConfigMaps(), Namespace(), "absent").error().code, kNotFound);
  EXPECT_EQ(writer.Create(ConfigMaps(), Namespace(), ClusterClient::ConfigMap("Not_A_Name", "1"))
                .error()
                .code,
            kInvalid);
  EXPECT_EQ(writer.Create(ConfigMaps(), Namespace(), "{").error().code, kBadRequest);
}

TEST_F(Kube, AnAccountWithoutRightsIsForbiddenAndToldSo) {
  const std::string path = ::testing::TempDir() + "plimsoll-nobody-" + std::to_string(getpid());
  std::ofstream(path) << Run({"kubeconfig", "nobody"});
  ClusterClient nobody(path);
  std::remove(path.c_str());
  ASSERT_NE(nobody.client, nullptr);
  const auto answer = nobody.client->Get(ConfigMaps(), Namespace(), "web");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, kForbidden);
  EXPECT_THAT(answer.error().message, HasSubstr("look at the roles"));
}

TEST_F(Kube, AServerSideApplyOwnsItsFields) {
  ObjectWriter::PatchOptions apply;
  apply.type = PatchType::kApply;
  apply.field_manager = "kubectl-plimsoll";
  auto& writer = *cluster_->writer;
  apply.dry_run = true;
  const std::string text = ClusterClient::ConfigMap("applied", "1");
  ASSERT_TRUE(writer.Patch(ConfigMaps(), Namespace(), "applied", text, apply).has_value());
  EXPECT_EQ(cluster_->client->Get(ConfigMaps(), Namespace(), "applied").error().code, kNotFound);
  apply.dry_run = false;
  ASSERT_TRUE(writer.Patch(ConfigMaps(), Namespace(), "applied", text, apply).has_value());
  apply.field_manager = "somebody-else";
  EXPECT_EQ(writer
                .Patch(ConfigMaps(), Namespace(), "applied",
                       ClusterClient::ConfigMap("applied", "2"), apply)
                .error()
                .code,
            kConflict);
}

TEST_F(Kube, AListIsReadPageByPage) {
  for (int i = 0; i < 3; ++i) Create("a" + std::to_string(i), "1");
  std::size_t seen = 0;
  const Status listed = cluster_->client->List(ConfigMaps(), Namespace(), "follow=yes",
                                               [&seen](std::string_view) -> Status {
                                                 ++seen;
                                                 return {};
                                               });
  EXPECT_TRUE(listed.has_value());
  EXPECT_EQ(seen, 3U);
}

TEST_F(Kube, EventsAreShownByKubectl) {
  Create("web", "1");
  const auto meta = ReadObjectMeta(*cluster_->client->Get(ConfigMaps(), Namespace(), "web"));
  EventRecorder recorder({"plimsoll.dev/controller", "plimsoll-controller-1", {}},
                         *cluster_->writer, cluster_->clock, cluster_->waiter, cluster_->metrics,
                         cluster_->logger);
  recorder.Start();
  Event event;
  event.kind = EventKind::kWarning;
  event.reason = "SignatureMissing";
  event.note = "critical drift d-1";
  event.regarding = {"v1", "ConfigMap", Namespace(), "web", meta->uid, ""};
  recorder.Record(event);
  recorder.Record(event);
  event.regarding = {"v1", "Node", "", "some-node", "u", ""};
  recorder.Record(event);
  recorder.Stop(std::chrono::seconds(30));
  EXPECT_THAT(Run({"kubectl", "-n", Namespace(), "describe", "configmap", "web"}),
              HasSubstr("critical drift d-1"));
  EXPECT_THAT(Run({"kubectl", "-n", Namespace(), "get", "events.events.k8s.io", "-o",
                   "jsonpath={.items[*].series.count}{.items[*].reportingController}"}),
              HasSubstr("2plimsoll.dev/controller"));
  EXPECT_THAT(Run({"kubectl", "-n", "default", "get", "events", "--field-selector",
                   "involvedObject.name=some-node", "-o", "name"}),
              HasSubstr("event/some-node."));
}

class Candidate {
 public:
  Candidate(ClusterClient& cluster, const std::string& namespace_name, const std::string& identity,
            Diary& diary)
      : elector_(Options(namespace_name, identity), Callbacks(identity, diary), *cluster.transport,
                 cluster.clock, cluster.waiter, cluster.metrics, cluster.logger) {
    elector_.Start();
  }
  LeaderElector& operator*() { return elector_; }
  LeaderElector* operator->() { return &elector_; }

 private:
  static LeaseOptions Options(const std::string& namespace_name, const std::string& identity) {
    LeaseOptions options;
    options.namespace_name = namespace_name;
    options.name = "candidates";
    options.identity = identity;
    options.lease_duration = std::chrono::seconds(5);
    options.renew_deadline = std::chrono::seconds(3);
    options.retry_period = std::chrono::seconds(1);
    return options;
  }
  static LeaderCallbacks Callbacks(const std::string& identity, Diary& diary) {
    LeaderCallbacks callbacks;
    callbacks.on_started = [&diary, identity] { diary.Note(identity + " started"); };
    callbacks.on_stopped = [&diary, identity](const std::string&) {
      diary.Note(identity + " stopped");
    };
    return callbacks;
  }
  LeaderElector elector_;
};

TEST_F(Kube, OfTwoCandidatesOneLeadsAndTheOtherFollowsItsRelease) {
  Diary diary;
  Candidate one(*cluster_, Namespace(), "one", diary);
  ASSERT_TRUE(diary.WaitFor("one started"));
  Candidate two(*cluster_, Namespace(), "two", diary);
  one->Stop();
  EXPECT_FALSE(two->leading());
  one->Release();
  EXPECT_TRUE(diary.WaitFor("two started")) << diary.Text();
  EXPECT_EQ(Run({"kubectl", "-n", Namespace(), "get", "lease", "candidates", "-o",
                 "jsonpath={.spec.holderIdentity} {.spec.leaseTransitions}"}),
            "two 1");
}

TEST_F(Kube, ADeadLeaderIsFollowedWhenItsLeaseHasExpired) {
  Diary diary;
  Candidate one(*cluster_, Namespace(), "one", diary);
  ASSERT_TRUE(diary.WaitFor("one started"));
  one->Stop();  // and never releases
  Candidate two(*cluster_, Namespace(), "two", diary);
  EXPECT_TRUE(diary.WaitFor("two started")) << diary.Text();
}

}  // namespace
}  // namespace plimsoll::kube
