#include "api/workload.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/printable.h"

namespace plimsoll::api {
namespace {

using From = SpecImage::From;

void Add(SpecImages& out, const SpecImage& image, std::size_t max_images) {
  ++out.count;
  if (out.images.size() < max_images) out.images.push_back(image);
}

Status AddContainers(SpecImages& out, const json::Value& list, From from, std::size_t max_images) {
  if (!list.present()) return {};
  PLIMSOLL_TRY(list.Array());
  for (json::Value item = list.first(); !item.missing(); item = item.next()) {
    PLIMSOLL_ASSIGN(const std::string_view image, item["image"].StringOr(""));
    if (image.empty()) continue;  // a template may leave it to another controller
    Add(out, {from, item["name"].StringOrEmpty(), image}, max_images);
  }
  return {};
}

Status AddVolumes(SpecImages& out, const json::Value& list, std::size_t max_images) {
  if (!list.present()) return {};
  PLIMSOLL_TRY(list.Array());
  for (json::Value item = list.first(); !item.missing(); item = item.next()) {
    PLIMSOLL_ASSIGN(const std::string_view image, item["image"]["reference"].StringOr(""));
    if (!image.empty()) Add(out, {From::kVolume, item["name"].StringOrEmpty(), image}, max_images);
  }
  return {};
}

constexpr std::array<std::string_view, 5> kTemplateKinds = {"Deployment", "StatefulSet",
                                                            "DaemonSet", "ReplicaSet", "Job"};

}  // namespace

Result<SpecImages> ImagesOfPodSpec(const json::Value& spec, std::size_t max_images) {
  SpecImages out;
  PLIMSOLL_TRY(AddContainers(out, spec["initContainers"], From::kInit, max_images));
  PLIMSOLL_TRY(AddContainers(out, spec["containers"], From::kOrdinary, max_images));
  PLIMSOLL_TRY(AddContainers(out, spec["ephemeralContainers"], From::kEphemeral, max_images));
  PLIMSOLL_TRY(AddVolumes(out, spec["volumes"], max_images));
  const json::Value secrets = spec["imagePullSecrets"];
  for (json::Value item = secrets.first(); !item.missing(); item = item.next()) {
    const std::string_view name = item["name"].StringOrEmpty();
    if (!name.empty() && out.pull_secrets.size() < kPodLimits.max_pull_secrets) {
      out.pull_secrets.push_back(name);
    }
  }
  return out;
}

Result<SpecImages> ImagesOfObject(std::string_view kind, const json::Value& object,
                                  std::size_t max_images) {
  if (kind == "Pod") return ImagesOfPodSpec(object["spec"], max_images);
  if (kind == "CronJob") {
    return ImagesOfPodSpec(object["spec"]["jobTemplate"]["spec"]["template"]["spec"], max_images);
  }
  if (!HoldsImages(kind)) {
    return Fail(kInvalidArgument,
                "expected a Pod or an object with a Pod template, found " + Printable(kind, 64));
  }
  return ImagesOfPodSpec(object["spec"]["template"]["spec"], max_images);
}

bool HoldsImages(std::string_view kind) {
  return kind == "Pod" || kind == "CronJob" ||
         std::find(kTemplateKinds.begin(), kTemplateKinds.end(), kind) != kTemplateKinds.end();
}

}  // namespace plimsoll::api
