#include "controller/core/running_images.h"

#include <utility>

#include "oci/reference.h"

namespace plimsoll::controller {
namespace {

std::string FieldPath(api::ContainerList list, std::string_view name) {
  const char* lists[] = {"spec.initContainers{", "spec.containers{", "spec.ephemeralContainers{"};
  return lists[static_cast<std::size_t>(list)] + std::string(name) + "}";
}

// A bare ID, in one spelling. It names what runs, and nobody can be asked about it.
std::string ConfigDigest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.starts_with(kAlgorithm) ? std::string(text)
                                      : std::string(kAlgorithm) + std::string(text);
}

// Fills in what the spec's string says. False when there is nothing more to find out.
bool ReadSpecImage(std::string_view text, RunningImage& image) {
  image.spec_image = std::string(text);
  const Result<oci::Reference> reference = oci::Reference::Parse(text);
  if (!reference) {
    image.unjudged = reference.error().code;
    image.unjudged_message = reference.error().message;
    return false;
  }
  image.repository = reference->repository.Key();
  image.host = reference->repository.host;
  image.tag = reference->digest ? std::string() : reference->tag;
  if (reference->digest) image.digest = reference->digest->text();
  if (const Status supported = reference->repository.Supported(); !supported) {
    image.unjudged = supported.error().code;
    image.unjudged_message = supported.error().message;
    return false;
  }
  return true;
}

// False when the container has not started: there is no digest to judge yet.
bool ReadImageId(std::string_view text, RunningImage& image) {
  image.image_id = std::string(text);
  if (!image.digest.empty()) return true;
  const Result<oci::ImageId> id = oci::ParseImageId(text);
  if (id) {
    image.digest = id->digest.text();
    return true;
  }
  if (id.error().code == kNotFound) return false;
  image.unjudged = id.error().code;
  image.unjudged_message = id.error().message;
  if (image.unjudged == oci::kNoManifestDigest) image.digest = ConfigDigest(text);
  return true;
}

}  // namespace

std::vector<RunningImage> RunningImagesOf(const api::Pod& pod) {
  std::vector<RunningImage> out;
  out.reserve(pod.containers.size() + pod.image_volumes.size());
  for (const api::PodContainer& container : pod.containers) {
    if (container.image.empty()) continue;
    RunningImage image;
    image.container = container.name.str();
    image.field_path = FieldPath(container.list, container.name.view());
    const bool readable = ReadSpecImage(container.image.view(), image);
    if (readable && !ReadImageId(container.image_id.view(), image)) continue;
    out.push_back(std::move(image));
  }
  for (const api::PodVolume& volume : pod.image_volumes) {
    RunningImage image;
    image.volume = true;
    image.container = volume.name.str();
    image.field_path = "spec.volumes{" + volume.name.str() + "}";
    ReadSpecImage(volume.reference.view(), image);
    out.push_back(std::move(image));
  }
  return out;
}

}  // namespace plimsoll::controller
