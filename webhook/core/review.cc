#include "webhook/core/review.h"

#include <set>

#include "api/workload.h"
#include "base/printable.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::webhook {
namespace {

constexpr char kReviewVersion[] = "admission.k8s.io/v1";

json::Limits ReviewLimits() {
  json::Limits limits;
  limits.max_bytes = kMaxReviewBytes;
  limits.max_depth = 100;
  limits.max_values = 1'000'000;
  // The API server has read these objects already; an object of a CRD-like shape may repeat nothing we read.
  limits.refuse_duplicates = true;
  return limits;
}

bool IsRelevant(const Review& review) {
  if (review.operation != "CREATE" && review.operation != "UPDATE") return false;
  if (!review.subresource.empty() && review.subresource != "ephemeralcontainers") return false;
  return api::HoldsImages(review.kind);
}

Status ReadImages(const json::Value& request, Review& review) {
  PLIMSOLL_ASSIGN(const api::SpecImages images,
                  api::ImagesOfObject(review.kind, request["object"]));
  review.image_count = images.count;
  review.too_many = images.too_many();
  std::set<std::string_view> old_images;
  if (review.operation == "UPDATE" && request["oldObject"].present()) {
    PLIMSOLL_ASSIGN(const api::SpecImages before,
                    api::ImagesOfObject(review.kind, request["oldObject"]));
    for (const api::SpecImage& image : before.images) old_images.insert(image.image);
  }
  for (const api::SpecImage& image : images.images) {
    // What the object had before is running already; refusing the change would not stop it.
    if (old_images.count(image.image) != 0) continue;
    const bool volume = image.from == api::SpecImage::From::kVolume;
    review.images.push_back({std::string(image.name), std::string(image.image),
                             volume ? ImageFrom::kVolume : ImageFrom::kContainer});
  }
  return {};
}

}  // namespace

Result<Review> ReadReview(std::string_view text) {
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(text, ReviewLimits()));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  const std::string_view version = root["apiVersion"].StringOrEmpty();
  if (root["kind"].StringOrEmpty() != "AdmissionReview" || version != kReviewVersion) {
    return Fail(kWrongVersion,
                "expected an AdmissionReview of " + std::string(kReviewVersion) + ", found " +
                    Printable(root["kind"].StringOrEmpty(), 64) + " of " + Printable(version, 64) +
                    "; set admissionReviewVersions: [v1] in the webhook configuration");
  }
  const json::Value request = root["request"];
  PLIMSOLL_TRY(request.Object());
  Review review;
  PLIMSOLL_ASSIGN(const std::string_view uid, request["uid"].String());
  if (uid.empty() || uid.size() > 128)
    return Fail(kMalformed, "$.request.uid: expected 1 to 128 characters");
  review.uid = uid;
  PLIMSOLL_ASSIGN(const std::string_view operation, request["operation"].String());
  review.operation = operation;
  review.kind = request["kind"]["kind"].StringOrEmpty();
  review.resource = request["resource"]["resource"].StringOrEmpty();
  review.subresource = request["subResource"].StringOrEmpty();
  review.namespace_name = request["namespace"].StringOrEmpty();
  review.name = request["name"].StringOrEmpty();
  PLIMSOLL_ASSIGN(review.dry_run, request["dryRun"].BoolOr(false));
  review.relevant = IsRelevant(review);
  if (review.relevant) PLIMSOLL_TRY(ReadImages(request, review));
  return review;
}

std::string AnswerJson(const ReviewAnswer& answer) {
  json::Writer w;
  w.BeginObject();
  w.Member("apiVersion", kReviewVersion);
  w.Member("kind", "AdmissionReview");
  w.Key("response");
  w.BeginObject();
  w.Member("uid", answer.uid);
  w.Member("allowed", answer.allowed);
  if (!answer.allowed) {
    w.Key("status");
    w.BeginObject();
    w.Member("code", 403);
    w.Member("reason", "Forbidden");
    w.Member("message", answer.message);
    w.EndObject();
  }
  if (!answer.warnings.empty()) {
    w.Key("warnings");
    w.BeginArray();
    for (const std::string& warning : answer.warnings) w.String(warning);
    w.EndArray();
  }
  if (!answer.audit_annotations.empty()) {
    w.Key("auditAnnotations");
    w.BeginObject();
    for (const auto& [key, value] : answer.audit_annotations) w.Member(key, value);
    w.EndObject();
  }
  w.EndObject();
  w.EndObject();
  return std::move(w).Take();
}

}  // namespace plimsoll::webhook
