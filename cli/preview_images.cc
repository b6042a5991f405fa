#include "cli/preview_images.h"

#include <algorithm>

#include "api/workload.h"
#include "base/printable.h"

namespace plimsoll::cli {
namespace {

constexpr std::size_t kMaxName = 253;

}  // namespace

void PreviewImages::Add(std::string_view image, std::string_view container,
                        std::string_view image_id, const std::string& user) {
  if (image.empty()) return;
  auto found = places_.find(image);
  if (found == places_.end()) {
    if (images_.size() == kMaxPreviewImages) return;
    found = places_.emplace(image, images_.size()).first;
    images_.push_back({std::string(image), std::string(container), {}, {}});
  }
  PreviewImage& entry = images_[found->second];
  if (entry.image_id.empty()) entry.image_id = image_id;
  if (entry.users.empty() || entry.users.back() != user) entry.users.push_back(user);
}

void PreviewImages::Add(const api::Pod& pod) {
  if (pod.mirror) return;
  const std::string user = "Pod " + pod.name_space.str() + "/" + pod.name;
  for (const api::PodContainer& container : pod.containers)
    Add(container.image.view(), container.name.view(), container.image_id.view(), user);
  for (const api::PodVolume& volume : pod.image_volumes)
    Add(volume.reference.view(), volume.name.view(), {}, user);
}

Status PreviewImages::Add(const json::Value& manifest, const std::string& source) {
  const std::string_view kind = manifest["kind"].StringOrEmpty();
  if (kind == "List" || manifest["items"].IsArray()) {
    const json::Value items = manifest["items"];
    for (json::Value item = items.first(); !item.missing(); item = item.next())
      PLIMSOLL_TRY(Add(item, source));
    return {};
  }
  if (!api::HoldsImages(kind)) return {};
  const std::string user = std::string(kind) + " " +
                           Printable(manifest["metadata"]["name"].StringOrEmpty(), kMaxName) +
                           " of " + source;
  const auto found = api::ImagesOfObject(kind, manifest, kMaxPreviewImages);
  if (!found) return Fail(found.error().code, source + ": " + user + ": " + found.error().message);
  if (found->too_many() || images_.size() + found->images.size() > kMaxPreviewImages) {
    return Fail(kLimitExceeded, source + ": expected at most " + std::to_string(kMaxPreviewImages) +
                                    " images in all");
  }
  for (const api::SpecImage& image : found->images) Add(image.image, image.name, {}, user);
  return {};
}

}  // namespace plimsoll::cli
