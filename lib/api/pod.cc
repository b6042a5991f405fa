#include "api/pod.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "json/json.h"

namespace plimsoll::api {
namespace {

// Where in a Pod the parser stands. A value whose place decides nothing is kSkip, and so is all in it.
enum class Place : std::uint8_t {
  kSkip,
  kPod,
  kApiVersion,
  kKind,
  kMetadata,
  kName,
  kNamespace,
  kUid,
  kResourceVersion,
  kCreated,
  kAnnotations,
  kMirror,
  kSpec,
  kPullSecrets,
  kPullSecret,
  kPullSecretName,
  kVolumes,
  kVolume,
  kVolumeName,
  kVolumeImage,
  kVolumeReference,
  kContainers,
  kContainer,
  kContainerName,
  kContainerImage,
  kStatus,
  kPhase,
  kStatuses,
  kContainerStatus,
  kStatusName,
  kStatusImageId,
};

struct Step {
  Place from;
  std::string_view key;
  Place to;
  ContainerList list = ContainerList::kOrdinary;
};

constexpr Step kSteps[] = {
    {Place::kPod, "apiVersion", Place::kApiVersion},
    {Place::kPod, "kind", Place::kKind},
    {Place::kPod, "metadata", Place::kMetadata},
    {Place::kPod, "spec", Place::kSpec},
    {Place::kPod, "status", Place::kStatus},
    {Place::kMetadata, "name", Place::kName},
    {Place::kMetadata, "namespace", Place::kNamespace},
    {Place::kMetadata, "uid", Place::kUid},
    {Place::kMetadata, "resourceVersion", Place::kResourceVersion},
    {Place::kMetadata, "creationTimestamp", Place::kCreated},
    {Place::kMetadata, "annotations", Place::kAnnotations},
    {Place::kAnnotations, "kubernetes.io/config.mirror", Place::kMirror},
    {Place::kSpec, "imagePullSecrets", Place::kPullSecrets},
    {Place::kSpec, "volumes", Place::kVolumes},
    {Place::kSpec, "initContainers", Place::kContainers, ContainerList::kInit},
    {Place::kSpec, "containers", Place::kContainers, ContainerList::kOrdinary},
    {Place::kSpec, "ephemeralContainers", Place::kContainers, ContainerList::kEphemeral},
    {Place::kPullSecret, "name", Place::kPullSecretName},
    {Place::kVolume, "name", Place::kVolumeName},
    {Place::kVolume, "image", Place::kVolumeImage},
    {Place::kVolumeImage, "reference", Place::kVolumeReference},
    {Place::kContainer, "name", Place::kContainerName},
    {Place::kContainer, "image", Place::kContainerImage},
    {Place::kStatus, "phase", Place::kPhase},
    {Place::kStatus, "initContainerStatuses", Place::kStatuses, ContainerList::kInit},
    {Place::kStatus, "containerStatuses", Place::kStatuses, ContainerList::kOrdinary},
    {Place::kStatus, "ephemeralContainerStatuses", Place::kStatuses, ContainerList::kEphemeral},
    {Place::kContainerStatus, "name", Place::kStatusName},
    {Place::kContainerStatus, "imageID", Place::kStatusImageId},
};

Place ItemOf(Place array) {
  switch (array) {
    case Place::kPullSecrets:
      return Place::kPullSecret;
    case Place::kVolumes:
      return Place::kVolume;
    case Place::kContainers:
      return Place::kContainer;
    case Place::kStatuses:
      return Place::kContainerStatus;
    default:
      return Place::kSkip;
  }
}

bool IsObjectPlace(Place place) {
  switch (place) {
    case Place::kPod:
    case Place::kMetadata:
    case Place::kAnnotations:
    case Place::kSpec:
    case Place::kPullSecret:
    case Place::kVolume:
    case Place::kVolumeImage:
    case Place::kContainer:
    case Place::kStatus:
    case Place::kContainerStatus:
      return true;
    default:
      return false;
  }
}

PodPhase PhaseOf(std::string_view text) {
  if (text == "Pending") return PodPhase::kPending;
  if (text == "Running") return PodPhase::kRunning;
  if (text == "Succeeded") return PodPhase::kSucceeded;
  if (text == "Failed") return PodPhase::kFailed;
  return PodPhase::kUnknown;
}

class Reader final : public json::Handler {
 public:
  Reader(StringPool& pool, const PodLimits& limits) : pool_(pool), limits_(limits) {}

  bool Wants() const override { return ValuePlace() != Place::kSkip; }
  bool Null() override { return true; }
  bool Bool(bool) override { return true; }
  bool Int(std::int64_t) override { return true; }
  bool Double(double) override { return true; }
  bool String(std::string_view value) override;
  bool Key(std::string_view name) override;
  bool StartObject() override;
  bool EndObject() override;
  bool StartArray() override;
  bool EndArray() override;

  Result<Pod> Finish();

 private:
  Place ValuePlace() const {
    if (stack_.empty()) return Place::kPod;
    return in_array_.back() ? ItemOf(stack_.back()) : next_;
  }
  bool HasRoom() {
    if (pod_.containers.size() + pod_.image_volumes.size() < limits_.max_images) return true;
    ++pod_.images_left_out;
    return false;
  }
  void EndItem(Place place);

  StringPool& pool_;
  const PodLimits& limits_;
  Pod pod_;
  bool wrong_type_ = false;
  std::vector<Place> stack_;
  std::vector<bool> in_array_;
  Place next_ = Place::kSkip;
  ContainerList list_ = ContainerList::kOrdinary;
  PodContainer container_;
  PodVolume volume_;
  Interned pull_secret_;
  std::vector<PodContainer>
      statuses_;  // name and image_id, joined at the end: order is not promised
};

bool Reader::Key(std::string_view name) {
  next_ = Place::kSkip;
  const Place here = stack_.back();
  if (here == Place::kSkip) return true;
  for (const Step& step : kSteps) {
    if (step.from != here || step.key != name) continue;
    next_ = step.to;
    if (step.to == Place::kContainers || step.to == Place::kStatuses) list_ = step.list;
    break;
  }
  return true;
}

bool Reader::StartObject() {
  const Place place = ValuePlace();
  switch (place) {
    case Place::kPullSecret:
      pull_secret_ = {};
      break;
    case Place::kVolume:
      volume_ = {};
      break;
    case Place::kContainer:
    case Place::kContainerStatus:
      container_ = {};
      break;
    default:
      break;
  }
  stack_.push_back(IsObjectPlace(place) ? place : Place::kSkip);
  in_array_.push_back(false);
  return true;
}

bool Reader::EndObject() {
  const Place place = stack_.back();
  stack_.pop_back();
  in_array_.pop_back();
  switch (place) {
    case Place::kPullSecret:
      if (!pull_secret_.empty() && pod_.pull_secrets.size() < limits_.max_pull_secrets) {
        pod_.pull_secrets.push_back(std::move(pull_secret_));
      }
      break;
    case Place::kVolume:
      if (!volume_.reference.empty() && HasRoom()) pod_.image_volumes.push_back(std::move(volume_));
      break;
    case Place::kContainer:
      container_.list = list_;
      if (HasRoom()) pod_.containers.push_back(std::move(container_));
      break;
    case Place::kContainerStatus:
      container_.list = list_;
      if (statuses_.size() < limits_.max_images) statuses_.push_back(std::move(container_));
      break;
    default:
      break;
  }
  return true;
}

bool Reader::StartArray() {
  const Place place = ValuePlace();
  stack_.push_back(ItemOf(place) == Place::kSkip ? Place::kSkip : place);
  in_array_.push_back(true);
  return true;
}

bool Reader::EndArray() {
  stack_.pop_back();
  in_array_.pop_back();
  return true;
}

bool Reader::String(std::string_view value) {
  const Place place = ValuePlace();
  if (place == Place::kSkip || value.size() > limits_.max_string) return true;
  switch (place) {
    case Place::kApiVersion:
      wrong_type_ = wrong_type_ || value != "v1";
      break;
    case Place::kKind:
      wrong_type_ = wrong_type_ || value != "Pod";
      break;
    case Place::kName:
      pod_.name = value;
      break;
    case Place::kNamespace:
      pod_.name_space = pool_.Intern(value);
      break;
    case Place::kUid:
      pod_.uid = value;
      break;
    case Place::kResourceVersion:
      pod_.resource_version = value;
      break;
    case Place::kCreated:
      pod_.created = ParseTime(value).value_or(Time{});
      break;
    case Place::kMirror:
      pod_.mirror = true;
      break;
    case Place::kPhase:
      pod_.phase = PhaseOf(value);
      break;
    case Place::kPullSecretName:
      pull_secret_ = pool_.Intern(value);
      break;
    case Place::kVolumeName:
      volume_.name = pool_.Intern(value);
      break;
    case Place::kVolumeReference:
      volume_.reference = pool_.Intern(value);
      break;
    case Place::kContainerName:
    case Place::kStatusName:
      container_.name = pool_.Intern(value);
      break;
    case Place::kContainerImage:
      container_.image = pool_.Intern(value);
      break;
    case Place::kStatusImageId:
      container_.image_id = pool_.Intern(value);
      break;
    default:
      break;
  }
  return true;
}

Result<Pod> Reader::Finish() {
  if (wrong_type_) return Fail(kMalformed, "expected a Pod of apiVersion v1, found another object");
  if (pod_.name.empty()) return Fail(kMalformed, "expected a Pod with metadata.name, found none");
  // Kubernetes keeps container names distinct over all three lists of a Pod.
  std::unordered_map<std::string_view, std::vector<const PodContainer*>> by_name;
  for (const PodContainer& status : statuses_) by_name[status.name.view()].push_back(&status);
  for (PodContainer& container : pod_.containers) {
    const auto found = by_name.find(container.name.view());
    if (found == by_name.end()) continue;
    for (const PodContainer* status : found->second) {
      if (status->list == container.list) container.image_id = status->image_id;
    }
  }
  pod_.containers.shrink_to_fit();
  pod_.image_volumes.shrink_to_fit();
  pod_.pull_secrets.shrink_to_fit();
  return std::move(pod_);
}

}  // namespace

Interned::Interned(std::string_view text) {
  if (text.empty()) return;
  auto owned = std::make_unique<Text>();
  owned->text = text;
  text_ = owned.release();
}

void Interned::Release() noexcept {
  if (text_ == nullptr || text_->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::unique_ptr<Text> last(std::exchange(text_, nullptr));
}

Interned StringPool::Intern(std::string_view text) {
  if (text.empty()) return {};
  const std::lock_guard lock(mutex_);
  if (const auto found = strings_.find(text); found != strings_.end()) return *found;
  if (strings_.size() >= sweep_at_) SweepLocked();
  return *strings_.emplace(text).first;
}

std::size_t StringPool::size() const {
  const std::lock_guard lock(mutex_);
  return strings_.size();
}

void StringPool::SweepLocked() {
  // Nobody else can get at a string that only the pool holds: handing one out takes the lock.
  std::erase_if(strings_, [](const auto& held) { return held.alone(); });
  sweep_at_ = std::max<std::size_t>(1'024, 2 * strings_.size());
}

Result<Pod> ReadPod(std::string_view json, StringPool& pool, const PodLimits& limits) {
  json::Limits bounds;
  bounds.max_bytes = limits.max_bytes;
  bounds.max_depth = limits.max_depth;
  bounds.max_values = limits.max_values;
  Reader reader(pool, limits);
  PLIMSOLL_TRY(json::ParseEvents(json, bounds, reader));
  return reader.Finish();
}

std::size_t FootprintOf(const Pod& pod) {
  constexpr std::size_t kHeapBlock = 16;  // what malloc adds to a block, rounded up
  const auto heap_of = [](const std::string& text) {
    return text.capacity() > 15 ? text.capacity() + 1 + kHeapBlock : 0;
  };
  const auto vector_of = [](const auto& items) {
    return items.capacity() == 0 ? 0 : items.capacity() * sizeof(items[0]) + kHeapBlock;
  };
  return sizeof(Pod) + heap_of(pod.uid) + heap_of(pod.name) + heap_of(pod.resource_version) +
         vector_of(pod.containers) + vector_of(pod.image_volumes) + vector_of(pod.pull_secrets);
}

}  // namespace plimsoll::api
