// The events of an AdmissionReview's JSON, reduced while they are read to the fields that decide. Everything else is
// skipped without a copy: the memory of a review is that of its image strings.
//
// A member that is read may occur once in its object, and must be of its type (null counts as absent). What lies in a
// member that is not read is JSON, and no more is asked of it. Private to review.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace plimsoll::webhook::internal {

// Where an object may keep a Pod spec: its own, that of a template, that of a CronJob's template.
enum class Shape : std::uint8_t { kPod, kTemplate, kJobTemplate };
inline constexpr std::size_t kShapes = 3;

enum class ImageList : std::uint8_t { kInit, kOrdinary, kEphemeral, kVolume };

struct ListedImage {
  std::string name;
  std::string image;
  ImageList list = ImageList::kOrdinary;
  friend bool operator==(const ListedImage&, const ListedImage&) = default;
};

// The images of one object, by where they were found: which place counts is known once its kind is.
struct ObjectImages {
  bool present = false;
  std::array<std::vector<ListedImage>, kShapes> images;
  std::array<std::size_t, kShapes> counts{};  // of all; more than images: the list was cut
};

struct ReviewFields {
  std::string api_version;
  std::string kind;
  bool has_request = false;
  std::string uid;
  std::string operation;
  std::string object_kind;
  std::string resource;
  std::string subresource;
  std::string namespace_name;
  std::string name;
  bool dry_run = false;
  ObjectImages object;
  ObjectImages old_object;
};

// Where the reader stands; kSkip and all in it is not read.
enum class Place : std::uint8_t;

class ReviewReader final : public json::Handler {
 public:
  explicit ReviewReader(std::size_t max_images) : max_images_(max_images) {}

  bool Wants() const override;
  void Skipped() override { CountItem(); }
  bool Null() override {
    CountItem();
    return true;
  }
  bool Bool(bool value) override;
  bool Int(std::int64_t) override { return Other("a number"); }
  bool Double(double) override { return Other("a number"); }
  bool String(std::string_view value) override;
  bool Key(std::string_view name) override;
  bool StartObject() override;
  bool EndObject() override;
  bool StartArray() override;
  bool EndArray() override;

  // Why a handler stopped the parse; none: it did not.
  const std::optional<Error>& error() const { return error_; }
  ReviewFields& fields() { return fields_; }

 private:
  struct Frame {
    Place place;
    bool array = false;
    std::uint16_t seen = 0;   // members that were read, a bit each
    std::string_view key;     // the name under which it stands in its parent
    std::uint32_t items = 0;  // of an array
  };
  static constexpr std::size_t kMaxFrames = 24;  // no path to a member that is read is longer

  Place ValuePlace() const;
  bool Enter(bool array);
  bool Leave();
  bool Other(std::string_view found);
  bool Refuse(std::string_view expected, std::string_view found);
  std::string Path() const;
  void CountItem();
  ObjectImages& Images() { return in_old_ ? fields_.old_object : fields_.object; }

  const std::size_t max_images_;
  ReviewFields fields_;
  std::optional<Error> error_;
  std::array<Frame, kMaxFrames> frames_{};
  std::size_t depth_ = 0;  // frames in use
  Place next_{};           // of the value after a member's name
  std::string_view next_key_;
  bool in_old_ = false;
  Shape shape_ = Shape::kPod;
  ImageList list_ = ImageList::kOrdinary;
  ListedImage image_;
};

}  // namespace plimsoll::webhook::internal
