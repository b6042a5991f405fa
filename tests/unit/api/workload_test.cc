#include "api/workload.h"

#include <gtest/gtest.h>

namespace plimsoll::api {
namespace {

constexpr char kSpec[] = R"({"imagePullSecrets":[{"name":"s"}],
  "initContainers":[{"name":"i","image":"a"}],"containers":[{"name":"c","image":"b"},{"name":"none"}],
  "ephemeralContainers":[{"name":"e","image":"d"}],
  "volumes":[{"name":"v","image":{"reference":"f"}},{"name":"w","emptyDir":{}}]})";

void ExpectAll(const std::string& kind, const std::string& text) {
  const Result<json::Document> document = json::Document::Parse(text);
  ASSERT_TRUE(document) << kind;
  const Result<SpecImages> images = ImagesOfObject(kind, document->root());
  ASSERT_TRUE(images) << kind;
  ASSERT_EQ(images->images.size(), 4u) << kind;
  EXPECT_EQ(images->images[0].image, "a");
  EXPECT_EQ(images->images[1].name, "c");
  EXPECT_EQ(images->images[2].from, SpecImage::From::kEphemeral);
  EXPECT_EQ(images->images[3].from, SpecImage::From::kVolume);
  EXPECT_EQ(images->pull_secrets.size(), 1u);
  EXPECT_FALSE(images->too_many());
}

TEST(ImagesOfObject, AreFoundInEveryKindThatHoldsATemplate) {
  const std::string spec = kSpec;
  ExpectAll("Pod", "{\"spec\":" + spec + "}");
  for (const char* kind : {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}) {
    EXPECT_TRUE(HoldsImages(kind));
    ExpectAll(kind, "{\"spec\":{\"template\":{\"spec\":" + spec + "}}}");
  }
  ExpectAll("CronJob",
            "{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":" + spec + "}}}}}");
}

TEST(ImagesOfObject, OfAnotherKindAreRefused) {
  const Result<json::Document> document = json::Document::Parse("{}");
  ASSERT_TRUE(document);
  const Result<SpecImages> images = ImagesOfObject("Node", document->root());
  ASSERT_FALSE(images);
  EXPECT_EQ(images.error().code, kInvalidArgument);
}

TEST(ImagesOfPodSpec, TellsWhenThereAreTooMany) {
  std::string text = R"({"containers":[)";
  for (int i = 0; i < 600; ++i)
    text += std::string(i == 0 ? "" : ",") + R"({"name":"c","image":"i"})";
  const Result<json::Document> document = json::Document::Parse(text + "]}");
  ASSERT_TRUE(document);
  const Result<SpecImages> images = ImagesOfPodSpec(document->root());
  ASSERT_TRUE(images);
  EXPECT_EQ(images->images.size(), kMaxReviewImages);
  EXPECT_EQ(images->count, 600u);
  EXPECT_TRUE(images->too_many());
}

TEST(ImagesOfPodSpec, RefusesAnImageThatIsNoString) {
  const Result<json::Document> document = json::Document::Parse(R"({"containers":[{"image":7}]})");
  ASSERT_TRUE(document);
  EXPECT_FALSE(ImagesOfPodSpec(document->root()));
}

}  // namespace
}  // namespace plimsoll::api
