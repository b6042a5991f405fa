// A Pod, reduced while it is parsed to what says which images run: 150,000 Pods must fit in memory.
//
// `ReadPod` takes the JSON text of one Pod (a list item, or the object of a watch event) and keeps uid,
// namespace and name, creation time, phase, the names of pull secrets, image volumes, and per container its
// name, image and imageID from all three pairs of lists (init, ordinary, ephemeral). Strings that repeat
// between Pods are interned. An ordinary Pod costs at most 600 bytes beside the interned strings.
//
// It decides nothing: an image string is kept as it is written, a container without a status has an empty
// imageID, and mirror Pods (static Pods as the API server sees them) are marked, not left out.
// `status.containerStatuses[].image` is not kept: no rule may use it.
//
// Bounds: kPodLimits. What is beyond `max_images` is counted in `images_left_out`, never silently dropped.
// A text that is not a Pod (apiVersion v1, kind Pod, where given) or has no name is kMalformed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::api {

struct PodLimits {
  std::size_t max_bytes = 8u << 20;  // of JSON text; the API server stores at most 1.5 MiB
  std::size_t max_depth = 64;
  std::size_t max_values = 400'000;
  std::size_t max_images = 2'048;
  std::size_t max_pull_secrets = 64;
  std::size_t max_string = 4'096;  // of a string that is kept; a longer one is kept empty
};
inline constexpr PodLimits kPodLimits{};

// A string that is stored once however many Pods show it: one pointer, counted. Immutable, so it may pass
// between threads; one Interned object belongs to one thread at a time.
class Interned {
 public:
  Interned() = default;
  explicit Interned(std::string_view text);  // not shared with any pool; empty text costs nothing
  Interned(const Interned& other) noexcept : text_(other.text_) { Hold(); }
  Interned(Interned&& other) noexcept : text_(std::exchange(other.text_, nullptr)) {}
  Interned& operator=(Interned other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~Interned() { Release(); }

  std::string_view view() const {
    return text_ != nullptr ? std::string_view(text_->text) : std::string_view();
  }
  std::string str() const { return std::string(view()); }
  bool empty() const { return view().empty(); }
  // True when no other Interned shows this string.
  bool alone() const {
    return text_ == nullptr || text_->holders.load(std::memory_order_acquire) == 1;
  }
  friend bool operator==(const Interned& a, const Interned& b) {
    return a.text_ == b.text_ || a.view() == b.view();
  }

 private:
  struct Text {
    std::atomic<std::uint32_t> holders{1};
    std::string text;
  };
  void Hold() noexcept {
    if (text_ != nullptr) text_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  void Release() noexcept;
  Text* text_ = nullptr;
};

// Where interned strings live. A string that nobody else holds is dropped at a later call. Thread-safe.
class StringPool {
 public:
  Interned Intern(std::string_view text);
  std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
    std::size_t operator()(const Interned& held) const { return (*this)(held.view()); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view view(std::string_view text) { return text; }
    static std::string_view view(const Interned& held) { return held.view(); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) == view(b);
    }
  };
  void SweepLocked();

  mutable std::mutex mutex_;
  std::unordered_set<Interned, Hash, Equal> strings_;  // guarded by mutex_
  std::size_t sweep_at_ = 1'024;                       // guarded by mutex_
};

enum class ContainerList : std::uint8_t { kInit, kOrdinary, kEphemeral };
enum class PodPhase : std::uint8_t { kUnknown, kPending, kRunning, kSucceeded, kFailed };

struct PodContainer {
  Interned name;
  Interned image;     // as the spec writes it
  Interned image_id;  // status.imageID; empty until the container was created
  ContainerList list = ContainerList::kOrdinary;
  friend bool operator==(const PodContainer&, const PodContainer&) = default;
};

struct PodVolume {
  Interned name;
  Interned reference;  // spec.volumes[].image.reference
  friend bool operator==(const PodVolume&, const PodVolume&) = default;
};

struct Pod {
  std::string uid;
  std::string name;
  Interned name_space;
  std::string resource_version;
  Time created{};
  PodPhase phase = PodPhase::kUnknown;
  bool mirror = false;
  std::uint32_t images_left_out = 0;
  std::vector<PodContainer> containers;
  std::vector<PodVolume> image_volumes;
  std::vector<Interned> pull_secrets;
  friend bool operator==(const Pod&, const Pod&) = default;

  bool ended() const { return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed; }
};

Result<Pod> ReadPod(std::string_view json, StringPool& pool, const PodLimits& limits = kPodLimits);

// What `pod` costs by itself, in bytes: the struct and its own heap blocks, without interned strings.
std::size_t FootprintOf(const Pod& pod);

}  // namespace plimsoll::api
