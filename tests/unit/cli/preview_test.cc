// Which images `preview` is about, and what it says of them.
#include "cli/preview_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/manifests.h"

namespace plimsoll::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<PreviewImage> ImagesOf(const std::string& yaml) {
  const auto manifests = config::ReadManifests(yaml, "deploy.yaml");
  EXPECT_TRUE(manifests) << manifests.error().message;
  PreviewImages images;
  for (const config::Manifest& manifest : *manifests) {
    const auto document = json::Document::Parse(manifest.json);
    const Status added = images.Add(document->root(), "deploy.yaml");
    EXPECT_TRUE(added) << added.error().message;
  }
  return images.images();
}

TEST(PreviewImages, TemplatesPodsAndListsAreReadAndEachImageIsListedOnce) {
  const auto images = ImagesOf(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: init, image: ghcr.io/acme/init:1}]
      containers: [{name: web, image: 'ghcr.io/acme/web:1'}]
---
kind: Service
metadata: {name: web}
---
kind: List
items:
- kind: CronJob
  metadata: {name: nightly}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: 'ghcr.io/acme/web:1'}]}}}}}
)");
  ASSERT_THAT(images, SizeIs(2));
  EXPECT_EQ(images[0].image, "ghcr.io/acme/init:1");
  EXPECT_EQ(images[1].image, "ghcr.io/acme/web:1");
  EXPECT_EQ(images[1].container, "web");
  EXPECT_THAT(images[1].users,
              ElementsAre("Deployment web of deploy.yaml", "CronJob nightly of deploy.yaml"));
}

TEST(PreviewImages, APodBringsWhatItRunsAndAMirrorPodNothing) {
  api::StringPool pool;
  const std::string text =
      R"({"metadata":{"name":"web-1","namespace":"shop"ANNOTATION},
          "spec":{"containers":[{"name":"web","image":"ghcr.io/acme/web:1"}]},
          "status":{"containerStatuses":[{"name":"web","imageID":"ghcr.io/acme/web@sha256:aa"}]}})";
  const auto with = [&](const std::string& annotation) {
    std::string made = text;
    made.replace(made.find("ANNOTATION"), 10, annotation);
    const auto pod = api::ReadPod(made, pool);
    EXPECT_TRUE(pod);
    PreviewImages images;
    images.Add(*pod);
    return images.images();
  };
  const auto images = with("");
  ASSERT_THAT(images, SizeIs(1));
  EXPECT_EQ(images[0].image_id, "ghcr.io/acme/web@sha256:aa");
  EXPECT_THAT(images[0].users, ElementsAre("Pod shop/web-1"));
  EXPECT_THAT(with(R"(,"annotations":{"kubernetes.io/config.mirror":"x"})"), IsEmpty());
}

Previewed Of(const std::string& image, baseline::Admission verdict) {
  Previewed previewed;
  previewed.image.image = image;
  previewed.image.users = {"Pod shop/web"};
  previewed.repository = image.substr(0, image.find(':'));
  previewed.verdict.verdict = verdict;
  previewed.known_repository = true;
  return previewed;
}

std::string Plain(const std::string& text, Colour) { return text; }

TEST(PreviewReport, ARefusalIsCountedAndShownInFull) {
  Previewed refused = Of("ghcr.io/acme/web:1", baseline::Admission::kDeny);
  refused.verdict.kind = baseline::DriftKind::kSignerChanged;
  refused.verdict.severity = baseline::Severity::kCritical;
  refused.text = "container \"web\": the whole denial";
  const std::vector<Previewed> all = {refused,
                                      Of("ghcr.io/acme/api:1", baseline::Admission::kAdmit)};
  EXPECT_EQ(CountsOf(all).refused, 1u);
  EXPECT_EQ(CountsOf(all).admitted, 1u);
  EXPECT_THAT(PreviewText(all, "namespace shop", false, Plain),
              AllOf(HasSubstr("namespace shop: 2 images; in a namespace that denies 1 refused"),
                    HasSubstr("SignerChanged (critical)"), HasSubstr("the whole denial")));
}

TEST(PreviewReport, WhatWasNeverJudgedAndWhatCannotBeReadIsListed) {
  Previewed unread = Of("ghcr.io/acme/web:1", baseline::Admission::kAdmit);
  unread.credential_needed = true;
  unread.unanswered = "AuthenticationFailed: 401";
  Previewed stranger = Of("ghcr.io/acme/new:1", baseline::Admission::kAdmit);
  stranger.known_repository = false;
  stranger.never_judged = true;
  stranger.credential_needed = true;
  const std::vector<Previewed> all = {unread, stranger};
  // A repository without a baseline is denied nothing, so it is not listed.
  EXPECT_THAT(CredentialNeededOf(all), ElementsAre("ghcr.io/acme/web"));
  const std::string text = PreviewText(all, "namespace shop", false, Plain);
  EXPECT_THAT(text, AllOf(HasSubstr("CredentialNeeded"), HasSubstr("Never judged"),
                          HasSubstr("repository not seen yet")));
  EXPECT_THAT(text, Not(HasSubstr("AuthenticationFailed")));
}

TEST(PreviewReport, AsJsonItHasTheSameFacts) {
  json::Writer w;
  PreviewJson(w, {Of("ghcr.io/acme/web:1", baseline::Admission::kDeny)});
  const auto document = json::Document::Parse(std::move(w).Take());
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["images"][0]["verdict"].StringOrEmpty(), "Deny");
  EXPECT_EQ(*document->root()["summary"]["refused"].Int64(), 1);
}

}  // namespace
}  // namespace plimsoll::cli
