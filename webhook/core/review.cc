#include "webhook/core/review.h"

#include <set>
#include <tuple>

#include "api/workload.h"
#include "base/printable.h"
#include "json/json.h"
#include "json/writer.h"
#include "webhook/core/review_reader.h"

namespace plimsoll::webhook {
namespace {

using internal::ListedImage;
using internal::ObjectImages;
using internal::Shape;

constexpr char kReviewVersion[] = "admission.k8s.io/v1";

json::Limits ReviewLimits() {
  json::Limits limits;
  limits.max_bytes = kMaxReviewBytes;
  limits.max_depth = 100;
  // Values are skipped, not kept: the bytes bound them.
  limits.max_values = kMaxReviewBytes;
  return limits;
}

bool IsRelevant(const Review& review) {
  if (review.operation != "CREATE" && review.operation != "UPDATE") return false;
  if (!review.subresource.empty() && review.subresource != "ephemeralcontainers") return false;
  return api::HoldsImages(review.kind);
}

Shape ShapeOf(std::string_view kind) {
  if (kind == "Pod") return Shape::kPod;
  return kind == "CronJob" ? Shape::kJobTemplate : Shape::kTemplate;
}

// A container that had the same image before is running already; refusing the change would not stop it. A new one
// under the same image string is judged: its tag may mean something else by now.
void TakeImages(ObjectImages& object, ObjectImages& old, Review& review) {
  const auto shape = static_cast<std::size_t>(ShapeOf(review.kind));
  review.image_count = object.counts[shape];
  review.too_many = review.image_count > object.images[shape].size();
  using Key = std::tuple<internal::ImageList, std::string_view, std::string_view>;
  std::set<Key> before;
  if (review.operation == "UPDATE") {
    for (const ListedImage& image : old.images[shape])
      before.emplace(image.list, image.name, image.image);
  }
  for (ListedImage& image : object.images[shape]) {
    if (before.count({image.list, image.name, image.image}) != 0) continue;
    const bool volume = image.list == internal::ImageList::kVolume;
    review.images.push_back({std::move(image.name), std::move(image.image),
                             volume ? ImageFrom::kVolume : ImageFrom::kContainer});
  }
}

Status CheckVersion(const internal::ReviewFields& fields) {
  if (fields.kind != "AdmissionReview" || fields.api_version != kReviewVersion) {
    return Fail(kWrongVersion, "expected an AdmissionReview of " + std::string(kReviewVersion) +
                                   ", found " + Printable(fields.kind, 64) + " of " +
                                   Printable(fields.api_version, 64) +
                                   "; set admissionReviewVersions: [v1] in the webhook "
                                   "configuration");
  }
  return {};
}

Status CheckRequest(const internal::ReviewFields& fields) {
  if (!fields.has_request) return Fail(kMalformed, "$.request: expected an object, found nothing");
  if (fields.uid.empty() || fields.uid.size() > 128)
    return Fail(kMalformed, "$.request.uid: expected 1 to 128 characters");
  if (fields.operation.empty() || fields.operation.size() > 16)
    return Fail(kMalformed, "$.request.operation: expected CREATE, UPDATE, DELETE or CONNECT");
  return {};
}

}  // namespace

Result<Review> ReadReview(std::string_view text) {
  internal::ReviewReader reader(api::kMaxReviewImages);
  const Status parsed = json::ParseEvents(text, ReviewLimits(), reader);
  internal::ReviewFields& fields = reader.fields();
  // What follows another version may well have another form: the version is the better answer.
  if (reader.error() && !fields.api_version.empty()) PLIMSOLL_TRY(CheckVersion(fields));
  if (reader.error()) return Forward(*reader.error());
  PLIMSOLL_TRY(parsed);
  PLIMSOLL_TRY(CheckVersion(fields));
  PLIMSOLL_TRY(CheckRequest(fields));
  Review review;
  review.uid = std::move(fields.uid);
  review.operation = std::move(fields.operation);
  review.kind = std::move(fields.object_kind);
  review.resource = std::move(fields.resource);
  review.subresource = std::move(fields.subresource);
  review.namespace_name = std::move(fields.namespace_name);
  review.name = std::move(fields.name);
  review.dry_run = fields.dry_run;
  review.relevant = IsRelevant(review);
  if (!review.relevant) return review;
  if (!fields.object.present)
    return Fail(kMalformed, "$.request.object: expected an object, found nothing");
  TakeImages(fields.object, fields.old_object, review);
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
