#include "api/pod.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::api {
namespace {

constexpr char kPod[] = R"({
  "kind": "Pod", "apiVersion": "v1",
  "metadata": {"name": "web-7d9c6b5f4-k2x8p", "namespace": "shop", "resourceVersion": "612",
    "uid": "0f3a6b8e-2a5c-4f1e-9b7d-6f1d2c3b4a59", "creationTimestamp": "2026-11-21T18:02:11Z",
    "labels": {"name": "decoy", "image": "decoy"},
    "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:spec": {"f:containers": {"name": "decoy"}}}}]},
  "spec": {
    "imagePullSecrets": [{"name": "regcred"}, {}, {"name": "other"}],
    "volumes": [{"name": "cfg", "configMap": {"name": "decoy"}},
                {"name": "model", "image": {"reference": "ghcr.io/acme/model:1", "pullPolicy": "Always"}}],
    "initContainers": [{"name": "init", "image": "busybox", "command": ["image"]}],
    "containers": [{"image": "ghcr.io/acme/storefront/web:3", "env": [{"name": "image", "value": "x"}], "name": "web"},
                   {"name": "side", "image": "side@sha256:aa"}],
    "ephemeralContainers": [{"name": "debug", "image": "debian"}]},
  "status": {"phase": "Running",
    "initContainerStatuses": [{"name": "init", "image": "decoy", "imageID": "docker.io/library/busybox@sha256:bb"}],
    "containerStatuses": [{"name": "web", "image": "decoy", "imageID": "x@sha256:cc", "state": {"running": {"name": "z"}}},
                          {"name": "gone", "imageID": "x@sha256:ee"}],
    "ephemeralContainerStatuses": [{"name": "debug", "imageID": "d@sha256:dd"}]}
})";

TEST(ReadPod, KeepsWhatSaysWhichImagesRun) {
  StringPool pool;
  const Result<Pod> pod = ReadPod(kPod, pool);
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_EQ(pod->name, "web-7d9c6b5f4-k2x8p");
  EXPECT_EQ(pod->name_space.view(), "shop");
  EXPECT_EQ(pod->uid, "0f3a6b8e-2a5c-4f1e-9b7d-6f1d2c3b4a59");
  EXPECT_EQ(pod->resource_version, "612");
  EXPECT_EQ(FormatTime(pod->created), "2026-11-21T18:02:11Z");
  EXPECT_EQ(pod->phase, PodPhase::kRunning);
  EXPECT_FALSE(pod->mirror);
  ASSERT_EQ(pod->pull_secrets.size(), 2u);
  EXPECT_EQ(pod->pull_secrets[1].view(), "other");
  ASSERT_EQ(pod->image_volumes.size(), 1u);
  EXPECT_EQ(pod->image_volumes[0].name.view(), "model");
  EXPECT_EQ(pod->image_volumes[0].reference.view(), "ghcr.io/acme/model:1");
  ASSERT_EQ(pod->containers.size(), 4u);
  EXPECT_EQ(pod->containers[0].list, ContainerList::kInit);
  EXPECT_EQ(pod->containers[0].image_id.view(), "docker.io/library/busybox@sha256:bb");
  EXPECT_EQ(pod->containers[1].name.view(), "web");
  EXPECT_EQ(pod->containers[1].image.view(), "ghcr.io/acme/storefront/web:3");
  EXPECT_EQ(pod->containers[1].image_id.view(), "x@sha256:cc");
  EXPECT_TRUE(pod->containers[2].image_id.empty());
  EXPECT_EQ(pod->containers[3].list, ContainerList::kEphemeral);
  EXPECT_EQ(pod->containers[3].image_id.view(), "d@sha256:dd");
}

TEST(ReadPod, TakesTheStatusBeforeTheSpec) {
  StringPool pool;
  const Result<Pod> pod =
      ReadPod(R"({"status":{"containerStatuses":[{"imageID":"x@sha256:1","name":"a"}]},)"
              R"("spec":{"containers":[{"name":"a","image":"i"}]},"metadata":{"name":"p"}})",
              pool);
  ASSERT_TRUE(pod);
  ASSERT_EQ(pod->containers.size(), 1u);
  EXPECT_EQ(pod->containers[0].image_id.view(), "x@sha256:1");
}

TEST(ReadPod, MarksMirrorPods) {
  StringPool pool;
  const Result<Pod> pod = ReadPod(
      R"({"metadata":{"name":"etcd","annotations":{"kubernetes.io/config.mirror":"abc"}}})", pool);
  ASSERT_TRUE(pod);
  EXPECT_TRUE(pod->mirror);
}

TEST(ReadPod, RefusesWhatIsNoPod) {
  StringPool pool;
  for (const char* bad :
       {"", "[]", "{}", "null", R"({"kind":"Node","metadata":{"name":"n"}})",
        R"({"apiVersion":"v2","metadata":{"name":"n"}})", R"({"metadata":{"name":)"}) {
    const Result<Pod> pod = ReadPod(bad, pool);
    ASSERT_FALSE(pod) << bad;
    EXPECT_EQ(pod.error().code, kMalformed) << bad;
  }
}

TEST(ReadPod, ValuesOfAnUnexpectedTypeAreIgnored) {
  StringPool pool;
  const Result<Pod> pod = ReadPod(
      R"({"metadata":{"name":"p","namespace":7,"uid":{},"creationTimestamp":[],"annotations":"x"},
          "spec":{"containers":{"name":"a","image":"b"},"volumes":[[{"image":{"reference":"x"}}],7],
          "imagePullSecrets":[["a"],"b"],"initContainers":["x",[{"name":"n","image":"i"}],{"name":{},"image":"i"}]},
          "status":[]})",
      pool);
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_TRUE(pod->image_volumes.empty());
  EXPECT_TRUE(pod->pull_secrets.empty());
  ASSERT_EQ(pod->containers.size(), 1u);
  EXPECT_EQ(pod->containers[0].image.view(), "i");
}

TEST(ReadPod, CountsWhatIsBeyondTheBound) {
  std::string text = R"({"metadata":{"name":"p"},"spec":{"containers":[)";
  for (int i = 0; i < 2'100; ++i) {
    if (i != 0) text += ',';
    text += R"({"name":"c","image":"i"})";
  }
  text += "]}}";
  StringPool pool;
  const Result<Pod> pod = ReadPod(text, pool);
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->containers.size(), 2'048u);
  EXPECT_EQ(pod->images_left_out, 52u);
}

TEST(ReadPod, APodCostsAtMostSixHundredBytes) {
  StringPool pool;
  const Result<Pod> pod = ReadPod(kPod, pool);
  ASSERT_TRUE(pod);
  EXPECT_LE(FootprintOf(*pod), 600u);  // four containers, a volume and two pull secrets
}

TEST(StringPool, GivesEqualTextsOneString) {
  StringPool pool;
  const Interned a = pool.Intern("ghcr.io/acme/web:1");
  const Interned b = pool.Intern(std::string("ghcr.io/acme/") + "web:1");
  EXPECT_EQ(a.view().data(), b.view().data());
  EXPECT_EQ(pool.size(), 1u);
}

TEST(StringPool, DropsWhatNobodyHolds) {
  StringPool pool;
  const Interned kept = pool.Intern("kept");
  for (int i = 0; i < 5'000; ++i) pool.Intern(std::to_string(i));
  EXPECT_LE(pool.size(), 1'025u);
  EXPECT_EQ(pool.Intern("kept").view().data(), kept.view().data());
}

}  // namespace
}  // namespace plimsoll::api
