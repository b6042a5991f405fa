#include "webhook/core/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/json.h"

namespace plimsoll::webhook {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

std::string ReviewOf(const std::string& operation, const std::string& object,
                     const std::string& old_object = "null", const std::string& more = "") {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":")" +
         operation +
         R"(","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},)" +
         R"("namespace":"shop","object":)" + object + R"(,"oldObject":)" + old_object + more + "}}";
}

std::string PodWith(const std::string& lists) { return R"({"spec":{)" + lists + "}}"; }

TEST(Review, EveryListOfAPodBringsImages) {
  const auto review = ReadReview(ReviewOf(
      "CREATE",
      PodWith(
          R"("initContainers":[{"name":"i","image":"a"}],"containers":[{"name":"c","image":"b"}],)"
          R"("ephemeralContainers":[{"name":"e","image":"c"}],)"
          R"("volumes":[{"name":"v","image":{"reference":"d"}},{"name":"w","emptyDir":{}}])")));
  ASSERT_TRUE(review) << review.error().message;
  EXPECT_THAT(review->images,
              ElementsAre(Field(&ReviewImage::image, "a"), Field(&ReviewImage::image, "b"),
                          Field(&ReviewImage::image, "c"), Field(&ReviewImage::image, "d")));
  EXPECT_EQ(review->images[3].from, ImageFrom::kVolume);
}

TEST(Review, AnUpdateBringsOnlyTheImagesThatItChanges) {
  const std::string before = PodWith(R"("containers":[{"name":"c","image":"a"}])");
  const std::string after = PodWith(
      R"("containers":[{"name":"c","image":"a"}],"ephemeralContainers":[{"name":"e","image":"debug"}])");
  const auto review =
      ReadReview(ReviewOf("UPDATE", after, before, R"(,"subResource":"ephemeralcontainers")"));
  ASSERT_TRUE(review);
  EXPECT_THAT(review->images, ElementsAre(Field(&ReviewImage::image, "debug")));
}

TEST(Review, WhatCannotBringAnImageIsNotRelevant) {
  EXPECT_FALSE(ReadReview(ReviewOf("DELETE", "null"))->relevant);
  EXPECT_FALSE(ReadReview(ReviewOf("CONNECT", "null"))->relevant);
  EXPECT_FALSE(
      ReadReview(ReviewOf("UPDATE", PodWith(""), PodWith(""), R"(,"subResource":"status")"))
          ->relevant);
}

TEST(Review, AnotherVersionIsRefusedWithTheWayOut) {
  const auto review = ReadReview(
      R"({"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"x"}})");
  ASSERT_FALSE(review);
  EXPECT_EQ(review.error().code, kWrongVersion);
  EXPECT_THAT(review.error().message, HasSubstr("admissionReviewVersions: [v1]"));
}

TEST(Review, WhatIsNoReviewIsMalformed) {
  for (const char* text :
       {"", "[]", "{}", R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})",
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":""}})"}) {
    EXPECT_FALSE(ReadReview(text)) << text;
  }
  EXPECT_FALSE(ReadReview(ReviewOf("CREATE", PodWith(R"("containers":{"name":"c"})"))));
}

TEST(Review, AReviewWithMoreImagesThanAreJudgedSaysSo) {
  std::string containers;
  for (int i = 0; i < 600; ++i)
    containers +=
        (i == 0 ? "" : ",") + std::string(R"({"name":"c","image":"a)") + std::to_string(i) + "\"}";
  const auto review =
      ReadReview(ReviewOf("CREATE", PodWith("\"containers\":[" + containers + "]")));
  ASSERT_TRUE(review) << review.error().message;
  EXPECT_TRUE(review->too_many);
  EXPECT_EQ(review->image_count, 600u);
}

TEST(Review, TheAnswerHasWhatTheApiServerAsksFor) {
  ReviewAnswer answer;
  answer.uid = "u-1";
  answer.allowed = false;
  answer.message = "container \"web\": is not signed";
  answer.warnings = {"w"};
  answer.audit_annotations = {{"verdict", "Deny"}};
  const auto document = json::Document::Parse(AnswerJson(answer));
  ASSERT_TRUE(document);
  const json::Value response = document->root()["response"];
  EXPECT_EQ(*document->root()["apiVersion"].String(), "admission.k8s.io/v1");
  EXPECT_EQ(*response["uid"].String(), "u-1");
  EXPECT_FALSE(*response["allowed"].Bool());
  EXPECT_EQ(*response["status"]["code"].Int64(), 403);
  EXPECT_EQ(*response["status"]["reason"].String(), "Forbidden");
  EXPECT_THAT(*response["status"]["message"].String(), HasSubstr("is not signed"));
  EXPECT_EQ(*response["auditAnnotations"]["verdict"].String(), "Deny");
  EXPECT_TRUE(response["patch"].missing());
}

}  // namespace
}  // namespace plimsoll::webhook
