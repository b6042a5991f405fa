#include "webhook/core/review_reader.h"

#include <utility>

namespace plimsoll::webhook::internal {

enum class Place : std::uint8_t {
  kSkip,
  kRoot,
  kApiVersion,
  kKind,
  kRequest,
  kUid,
  kOperation,
  kObjectKind,
  kObjectKindName,
  kResource,
  kResourceName,
  kSubresource,
  kNamespace,
  kName,
  kDryRun,
  kObject,
  kOldObject,
  kSpec,
  kTemplate,
  kTemplateSpec,
  kJobTemplate,
  kJobSpec,
  kJobPodTemplate,
  kJobPodSpec,
  kContainers,
  kContainer,
  kContainerName,
  kContainerImage,
  kVolumes,
  kVolume,
  kVolumeName,
  kVolumeImage,
  kVolumeReference,
  kCount,
};

namespace {

constexpr std::size_t kPlaces = static_cast<std::size_t>(Place::kCount);
// Of a string that is kept. No reference that a node can pull is longer, nor any name; a longer one is kept empty,
// never cut, so that it cannot become another.
constexpr std::size_t kMaxString = 4'096;

struct Member {
  Place in;
  std::string_view name;
  Place to;
  ImageList list = ImageList::kOrdinary;
};

// In the order of `in`.
constexpr Member kMembers[] = {
    {Place::kRoot, "kind", Place::kKind},
    {Place::kRoot, "apiVersion", Place::kApiVersion},
    {Place::kRoot, "request", Place::kRequest},
    {Place::kRequest, "uid", Place::kUid},
    {Place::kRequest, "kind", Place::kObjectKind},
    {Place::kRequest, "resource", Place::kResource},
    {Place::kRequest, "subResource", Place::kSubresource},
    {Place::kRequest, "name", Place::kName},
    {Place::kRequest, "namespace", Place::kNamespace},
    {Place::kRequest, "operation", Place::kOperation},
    {Place::kRequest, "object", Place::kObject},
    {Place::kRequest, "oldObject", Place::kOldObject},
    {Place::kRequest, "dryRun", Place::kDryRun},
    {Place::kObjectKind, "kind", Place::kObjectKindName},
    {Place::kResource, "resource", Place::kResourceName},
    {Place::kObject, "spec", Place::kSpec},
    {Place::kOldObject, "spec", Place::kSpec},
    {Place::kSpec, "volumes", Place::kVolumes},
    {Place::kSpec, "initContainers", Place::kContainers, ImageList::kInit},
    {Place::kSpec, "containers", Place::kContainers, ImageList::kOrdinary},
    {Place::kSpec, "ephemeralContainers", Place::kContainers, ImageList::kEphemeral},
    {Place::kSpec, "template", Place::kTemplate},
    {Place::kSpec, "jobTemplate", Place::kJobTemplate},
    {Place::kTemplate, "spec", Place::kTemplateSpec},
    {Place::kTemplateSpec, "volumes", Place::kVolumes},
    {Place::kTemplateSpec, "initContainers", Place::kContainers, ImageList::kInit},
    {Place::kTemplateSpec, "containers", Place::kContainers, ImageList::kOrdinary},
    {Place::kTemplateSpec, "ephemeralContainers", Place::kContainers, ImageList::kEphemeral},
    {Place::kJobTemplate, "spec", Place::kJobSpec},
    {Place::kJobSpec, "template", Place::kJobPodTemplate},
    {Place::kJobPodTemplate, "spec", Place::kJobPodSpec},
    {Place::kJobPodSpec, "volumes", Place::kVolumes},
    {Place::kJobPodSpec, "initContainers", Place::kContainers, ImageList::kInit},
    {Place::kJobPodSpec, "containers", Place::kContainers, ImageList::kOrdinary},
    {Place::kJobPodSpec, "ephemeralContainers", Place::kContainers, ImageList::kEphemeral},
    {Place::kContainer, "name", Place::kContainerName},
    {Place::kContainer, "image", Place::kContainerImage},
    {Place::kVolume, "name", Place::kVolumeName},
    {Place::kVolume, "image", Place::kVolumeImage},
    {Place::kVolumeImage, "reference", Place::kVolumeReference},
};

struct Range {
  std::uint8_t first = 0;
  std::uint8_t count = 0;
};

constexpr std::array<Range, kPlaces> MakeRanges() {
  std::array<Range, kPlaces> ranges{};
  for (std::size_t i = 0; i < std::size(kMembers); ++i) {
    Range& range = ranges[static_cast<std::size_t>(kMembers[i].in)];
    if (range.count == 0) range.first = static_cast<std::uint8_t>(i);
    ++range.count;
  }
  return ranges;
}
constexpr std::array<Range, kPlaces> kRanges = MakeRanges();

enum class Type : std::uint8_t { kObject, kArray, kString, kBool, kAny };

constexpr Type TypeOf(Place place) {
  switch (place) {
    case Place::kSkip:
    case Place::kCount:
      return Type::kAny;
    case Place::kContainers:
    case Place::kVolumes:
      return Type::kArray;
    case Place::kDryRun:
      return Type::kBool;
    case Place::kApiVersion:
    case Place::kKind:
    case Place::kUid:
    case Place::kOperation:
    case Place::kObjectKindName:
    case Place::kResourceName:
    case Place::kSubresource:
    case Place::kNamespace:
    case Place::kName:
    case Place::kContainerName:
    case Place::kContainerImage:
    case Place::kVolumeName:
    case Place::kVolumeReference:
      return Type::kString;
    default:
      return Type::kObject;
  }
}

constexpr std::string_view NameOf(Type type) {
  switch (type) {
    case Type::kObject:
      return "an object";
    case Type::kArray:
      return "an array";
    case Type::kString:
      return "a string";
    case Type::kBool:
      return "true or false";
    case Type::kAny:
      break;
  }
  return "anything";
}

constexpr Place ItemOf(Place array) {
  if (array == Place::kContainers) return Place::kContainer;
  return array == Place::kVolumes ? Place::kVolume : Place::kSkip;
}

void Keep(std::string& field, std::string_view value) {
  if (value.size() <= kMaxString) field = value;
}

}  // namespace

Place ReviewReader::ValuePlace() const {
  if (depth_ == 0) return Place::kRoot;
  const Frame& frame = frames_[depth_ - 1];
  return frame.array ? ItemOf(frame.place) : next_;
}

bool ReviewReader::Wants() const { return ValuePlace() != Place::kSkip; }

bool ReviewReader::Key(std::string_view name) {
  Frame& frame = frames_[depth_ - 1];
  const Range range = kRanges[static_cast<std::size_t>(frame.place)];
  next_ = Place::kSkip;
  next_key_ = {};
  for (std::size_t i = 0; i < range.count; ++i) {
    const Member& member = kMembers[range.first + i];
    if (member.name != name) continue;
    next_key_ = member.name;
    const auto bit = static_cast<std::uint16_t>(1u << i);
    if ((frame.seen & bit) != 0) return Refuse("one member of this name", "another");
    frame.seen |= bit;
    next_ = member.to;
    if (member.to == Place::kContainers) list_ = member.list;
    return true;
  }
  return true;
}

bool ReviewReader::Enter(bool array) {
  CountItem();
  const Place place = ValuePlace();
  if (TypeOf(place) != (array ? Type::kArray : Type::kObject) || depth_ == kMaxFrames) {
    return Refuse(NameOf(TypeOf(place)), array ? "an array" : "an object");
  }
  const bool is_item = depth_ != 0 && frames_[depth_ - 1].array;
  frames_[depth_++] = {place, array, 0, is_item ? std::string_view() : next_key_, 0};
  next_key_ = {};
  switch (place) {
    case Place::kRequest:
      fields_.has_request = true;
      break;
    case Place::kObject:
    case Place::kOldObject:
      in_old_ = place == Place::kOldObject;
      Images().present = true;
      break;
    case Place::kSpec:
      shape_ = Shape::kPod;
      break;
    case Place::kTemplateSpec:
      shape_ = Shape::kTemplate;
      break;
    case Place::kJobPodSpec:
      shape_ = Shape::kJobTemplate;
      break;
    case Place::kVolumes:
      list_ = ImageList::kVolume;
      break;
    case Place::kContainer:
    case Place::kVolume:
      image_ = {};
      image_.list = list_;
      break;
    default:
      break;
  }
  return true;
}

bool ReviewReader::Leave() {
  const Place place = frames_[--depth_].place;
  // What follows a template's spec belongs to the spec around it again.
  if (place == Place::kTemplateSpec || place == Place::kJobPodSpec) shape_ = Shape::kPod;
  if ((place != Place::kContainer && place != Place::kVolume) || image_.image.empty()) return true;
  // Without an image: a template may leave it to another controller, and most volumes have none.
  const auto shape = static_cast<std::size_t>(shape_);
  ++Images().counts[shape];
  if (Images().images[shape].size() < max_images_) {
    Images().images[shape].push_back(std::move(image_));
  }
  return true;
}

bool ReviewReader::StartObject() { return Enter(false); }
bool ReviewReader::StartArray() { return Enter(true); }
bool ReviewReader::EndObject() { return Leave(); }
bool ReviewReader::EndArray() { return Leave(); }

bool ReviewReader::Bool(bool value) {
  if (ValuePlace() != Place::kDryRun) return Other("true or false");
  fields_.dry_run = value;
  return true;
}

bool ReviewReader::String(std::string_view value) {
  const Place place = ValuePlace();
  if (TypeOf(place) != Type::kString) return Other("a string");
  switch (place) {
    case Place::kApiVersion:
      Keep(fields_.api_version, value);
      break;
    case Place::kKind:
      Keep(fields_.kind, value);
      break;
    case Place::kUid:
      Keep(fields_.uid, value);
      break;
    case Place::kOperation:
      Keep(fields_.operation, value);
      break;
    case Place::kObjectKindName:
      Keep(fields_.object_kind, value);
      break;
    case Place::kResourceName:
      Keep(fields_.resource, value);
      break;
    case Place::kSubresource:
      Keep(fields_.subresource, value);
      break;
    case Place::kNamespace:
      Keep(fields_.namespace_name, value);
      break;
    case Place::kName:
      Keep(fields_.name, value);
      break;
    case Place::kContainerName:
    case Place::kVolumeName:
      Keep(image_.name, value);
      break;
    case Place::kContainerImage:
    case Place::kVolumeReference:
      Keep(image_.image, value);
      break;
    default:
      break;
  }
  return true;
}

// A value of a type that no member which is read has, or not here.
bool ReviewReader::Other(std::string_view found) {
  CountItem();
  return Refuse(NameOf(TypeOf(ValuePlace())), found);
}

void ReviewReader::CountItem() {
  if (depth_ != 0 && frames_[depth_ - 1].array) ++frames_[depth_ - 1].items;
}

bool ReviewReader::Refuse(std::string_view expected, std::string_view found) {
  error_ = Error{kMalformed,
                 Path() + ": expected " + std::string(expected) + ", found " + std::string(found),
                 false};
  return false;
}

std::string ReviewReader::Path() const {
  std::string path = "$";
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (!frame.key.empty()) path += "." + std::string(frame.key);
    if (frame.array && frame.items > 0) path += "[" + std::to_string(frame.items - 1) + "]";
  }
  const bool in_array = depth_ != 0 && frames_[depth_ - 1].array;
  if (!in_array && !next_key_.empty()) path += "." + std::string(next_key_);
  return path;
}

}  // namespace plimsoll::webhook::internal
