// An API server that goes away and comes back, with a bed of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "integration/kube/cluster_client.h"
#include "kube/api_error.h"
#include "support/testbed/testbed.h"

namespace plimsoll::kube {
namespace {

class KubeRestart : public ::testing::Test {
 protected:
  void SetUp() override {
    // Where the shared bed stands, this one stands beside it.
    const char* shared = std::getenv("PLIMSOLL_TESTBED_STATE");
    const std::string state =
        (shared != nullptr ? std::string(shared) : ::testing::TempDir() + "plimsoll-testbed") +
        "-kube-restart-" + std::to_string(getpid());
    setenv("PLIMSOLL_TESTBED_STATE", state.c_str(), 1);
    Run({"up", "kubernetes"});
    auto bed = testing::Testbed::Open();
    ASSERT_TRUE(bed.has_value()) << bed.error().message;
    kubeconfig_ = bed->kubeconfig();
  }
  void TearDown() override { Run({"down"}); }
  static void Run(const std::vector<std::string>& words) {
    const auto done = testing::Testbed{}.Run(words);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  }
  std::string kubeconfig_;
};

TEST_F(KubeRestart, NothingIsMissedAndNothingIsToldTwice) {
  ClusterClient cluster(kubeconfig_);
  ASSERT_NE(cluster.writer, nullptr);
  Diary diary;
  const auto informer = cluster.Follow("default", diary, true, "follow=yes");
  ASSERT_TRUE(diary.WaitFor("synced"));
  ASSERT_TRUE(
      cluster.writer->Create(ConfigMaps(), "default", ClusterClient::ConfigMap("before", "1"))
          .has_value());
  ASSERT_TRUE(diary.WaitFor("added before=1"));

  Run({"stop", "kube-apiserver"});
  const auto refused = cluster.client->Get(ConfigMaps(), "default", "before");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, kConnectionFailed);
  EXPECT_EQ(informer->size(), 1U) << "the last picture stands";
  Run({"start", "kube-apiserver"});

  // A server that starts takes its time: until it answers, or has taken what it did not confirm.
  const auto create = [&] {
    return cluster.writer->Create(ConfigMaps(), "default", ClusterClient::ConfigMap("after", "1"));
  };
  auto made = create();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!made && made.error().retryable && std::chrono::steady_clock::now() < patience) {
    made = create();
  }
  ASSERT_TRUE(made || made.error().code == kAlreadyExists) << made.error().message;
  EXPECT_TRUE(diary.WaitFor("added after=1", std::chrono::seconds(120))) << diary.Text();
  // The new server may know our version no more and make us take the whole picture again.
  EXPECT_EQ(diary.Count("added before=1"), 1U) << diary.Text();
  EXPECT_EQ(diary.Count("added after=1"), 1U) << diary.Text();
  EXPECT_EQ(informer->size(), 2U);
}

}  // namespace
}  // namespace plimsoll::kube
