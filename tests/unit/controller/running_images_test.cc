#include "controller/core/running_images.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::controller {
namespace {

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

api::PodContainer Container(std::string_view image, std::string_view image_id,
                            api::ContainerList list = api::ContainerList::kOrdinary) {
  return {api::Interned("web"), api::Interned(image), api::Interned(image_id), list};
}

std::vector<RunningImage> Of(const api::PodContainer& container) {
  api::Pod pod;
  pod.name = "p";
  pod.containers.push_back(container);
  return RunningImagesOf(pod);
}

TEST(RunningImages, TheRepositoryIsTheSpecsAndTheDigestTheNodes) {
  const auto images = Of(Container("ghcr.io/acme/web:1", "docker.io/evil/other@" + kA));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].repository, "ghcr.io/acme/web");
  EXPECT_EQ(images[0].digest, kA);
  EXPECT_EQ(images[0].tag, "1");
  EXPECT_EQ(images[0].host, "ghcr.io");
  EXPECT_EQ(images[0].field_path, "spec.containers{web}");
  EXPECT_TRUE(images[0].unjudged.empty());
}

TEST(RunningImages, ADigestInTheSpecWinsOverTheNodes) {
  const auto images = Of(Container("ghcr.io/acme/web:1@" + kA, "ghcr.io/acme/web@" + kB));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].digest, kA);
  EXPECT_TRUE(images[0].tag.empty());
}

TEST(RunningImages, ADigestInTheSpecRunsBeforeTheNodeSaysSo) {
  const auto images = Of(Container("ghcr.io/acme/web@" + kA, ""));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].digest, kA);
}

TEST(RunningImages, AContainerThatHasNotStartedFromATagIsNotListed) {
  EXPECT_TRUE(Of(Container("ghcr.io/acme/web:1", "")).empty());
}

TEST(RunningImages, ABareConfigDigestIsNoManifestDigest) {
  const auto images = Of(Container("ghcr.io/acme/web:1", kA));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].unjudged.text(), "NoManifestDigest");
  EXPECT_EQ(images[0].digest, kA);
}

TEST(RunningImages, AHostThatTheSchemaRefusesIsNotSupported) {
  const auto images = Of(Container("[::1]:5000/web:1", "x@" + kA));
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].unjudged.text(), "RepositoryNotSupported");
}

TEST(RunningImages, AnImageVolumeByTagIsListedWithoutADigest) {
  api::Pod pod;
  pod.name = "p";
  pod.image_volumes.push_back({api::Interned("model"), api::Interned("ghcr.io/acme/model:2")});
  const auto images = RunningImagesOf(pod);
  ASSERT_EQ(images.size(), 1u);
  EXPECT_TRUE(images[0].volume);
  EXPECT_TRUE(images[0].digest.empty());
  EXPECT_EQ(images[0].tag, "2");
}

TEST(RunningImages, InitAndEphemeralContainersAndEndedPodsCount) {
  api::Pod pod;
  pod.name = "p";
  pod.phase = api::PodPhase::kSucceeded;
  pod.containers.push_back(Container("a", "a@" + kA, api::ContainerList::kInit));
  pod.containers.push_back(Container("b", "b@" + kB, api::ContainerList::kEphemeral));
  const auto images = RunningImagesOf(pod);
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].repository, "docker.io/library/a");
  EXPECT_EQ(images[0].field_path, "spec.initContainers{web}");
  EXPECT_EQ(images[1].field_path, "spec.ephemeralContainers{web}");
}

}  // namespace
}  // namespace plimsoll::controller
