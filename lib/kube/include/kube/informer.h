// A local picture of a collection that follows the API server: list-watch (reflector.h) with a store.
//
// `T` is what the caller keeps of an object: `parse` makes it from the object's JSON text on arrival, so that
// thousands of objects never stand in memory as parsed documents. An error of `parse` means that the picture
// would have a hole: it is logged and counted, and the collection is listed again with back-off. To leave a
// broken object out on purpose, `parse` returns a T that says so.
//
// Objects are keyed by uid (a Pod that was replaced under its name is another Pod) or by namespace/name.
//
// Threads: one thread of its own, from Start to Stop; `parse`, `on_change` and `on_synced` are called on it, one
// at a time, without a lock held. Everything else may be called from any thread. The arguments outlive the
// informer.
//
// Order: a snapshot (first list, or a list again) gives kAdded and kModified as its objects arrive, then
// kDeleted with `final_state_unknown` for those that are gone, then on_synced. Between snapshots, events come as
// the server sends them. An unchanged object (same resource version) gives no change.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "kube/list_watch.h"

namespace plimsoll::kube {

enum class InformerKey { kUid, kNamespacedName };

template <class T>
struct Change {
  enum class Kind { kAdded, kModified, kDeleted };
  Kind kind;
  const ObjectMeta& meta;     // of a kDeleted found by a snapshot: uid or name only, as the key was
  const T* before = nullptr;  // kModified, kDeleted
  const T* after = nullptr;   // kAdded, kModified
  bool final_state_unknown = false;
};

template <class T>
struct InformerCallbacks {
  std::function<Result<T>(std::string_view json, const ObjectMeta& meta)> parse;
  std::function<void(const Change<T>&)> on_change;  // may be empty
  std::function<void()> on_synced;                  // may be empty
};

template <class T>
class Informer final : private ObjectStore {
 public:
  Informer(const ListWatchOptions& options, InformerKey key, InformerCallbacks<T> callbacks,
           const ListWatchDependencies& dependencies)
      : key_(key), callbacks_(std::move(callbacks)), list_watch_(options, dependencies, *this) {}
  ~Informer() override { Stop(); }
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  void Start() { list_watch_.Start(); }
  // Ends the watch and waits for the thread; not to be called from a callback. May be called twice.
  void Stop() { list_watch_.Stop(); }

  // A whole picture has been taken at least once.
  bool synced() const { return synced_.load(std::memory_order_acquire); }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }
  std::optional<T> Get(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? std::nullopt : std::optional<T>(found->second.object);
  }
  // Calls fn(key, object) for each object, under the store's lock: fn is short and calls nothing of this class.
  template <class Fn>
  void ForEach(Fn fn) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : objects_) fn(key, entry.object);
  }

 private:
  struct Entry {
    T object;
    std::string resource_version;
    std::uint32_t snapshot = 0;
  };

  std::string KeyOf(const ObjectMeta& meta) const {
    if (key_ == InformerKey::kUid) return meta.uid;
    return meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name;
  }

  void BeginSnapshot() override { ++snapshot_; }

  Status Put(const ObjectMeta& meta, std::string_view json) override {
    const std::string key = KeyOf(meta);
    if (key.empty()) return Fail(kMalformed, "expected an object with a uid and a name");
    {
      const std::lock_guard lock(mutex_);
      const auto found = objects_.find(key);
      if (found != objects_.end() && found->second.resource_version == meta.resource_version) {
        found->second.snapshot = snapshot_;
        return {};
      }
    }
    PLIMSOLL_ASSIGN(T object, callbacks_.parse(json, meta));
    Entry entry{std::move(object), meta.resource_version, snapshot_};
    std::optional<T> before;
    const T* after = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto [at, added] = objects_.try_emplace(key);
      if (!added) before = std::move(at->second.object);
      at->second = std::move(entry);
      after = &at->second
                   .object;  // only this thread changes the map, and references into it stay valid
    }
    if (callbacks_.on_change) {
      using Kind = typename Change<T>::Kind;
      callbacks_.on_change(Change<T>{before ? Kind::kModified : Kind::kAdded, meta,
                                     before ? &*before : nullptr, after, false});
    }
    return {};
  }

  void Remove(const ObjectMeta& meta) override { RemoveKey(KeyOf(meta), meta, false); }

  void EndSnapshot() override {
    std::vector<std::string> gone;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [key, entry] : objects_) {
        if (entry.snapshot != snapshot_) gone.push_back(key);
      }
    }
    for (const auto& key : gone) {
      ObjectMeta meta;
      if (key_ == InformerKey::kUid) {
        meta.uid = key;
      } else if (const auto slash = key.find('/'); slash != std::string::npos) {
        meta.namespace_name = key.substr(0, slash);
        meta.name = key.substr(slash + 1);
      } else {
        meta.name = key;
      }
      RemoveKey(key, meta, true);
    }
    synced_.store(true, std::memory_order_release);
    if (callbacks_.on_synced) callbacks_.on_synced();
  }

  void RemoveKey(const std::string& key, const ObjectMeta& meta, bool final_state_unknown) {
    std::optional<Entry> removed;
    {
      const std::lock_guard lock(mutex_);
      const auto found = objects_.find(key);
      if (found == objects_.end()) return;
      removed = std::move(found->second);
      objects_.erase(found);
    }
    if (callbacks_.on_change) {
      callbacks_.on_change(Change<T>{Change<T>::Kind::kDeleted, meta, &removed->object, nullptr,
                                     final_state_unknown});
    }
  }

  // Constant after construction.
  const InformerKey key_;
  const InformerCallbacks<T> callbacks_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry>
      objects_;  // guarded by mutex_; changed by the informer's thread only

  std::uint32_t snapshot_ = 0;  // the informer's thread only
  std::atomic<bool> synced_ = false;

  ListWatch list_watch_;  // last: its thread uses all of the above
};

}  // namespace plimsoll::kube
