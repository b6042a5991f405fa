// Values by key, the least recently used goes first; each may end at a time. Its owner locks.
#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace plimsoll::rekor {

template <class Value>
class Cache {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  static constexpr SteadyTime kForEver = SteadyTime::max();

  explicit Cache(std::size_t capacity) : capacity_(capacity) {}

  std::optional<Value> Find(const std::string& key, SteadyTime now) {
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    if (found->second->until <= now) {
      entries_.erase(found->second);
      index_.erase(found);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front().value;
  }
  void Put(const std::string& key, Value value, SteadyTime until) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.erase(found->second);
      index_.erase(found);
    }
    entries_.push_front({key, std::move(value), until});
    index_[key] = entries_.begin();
    if (entries_.size() <= capacity_) return;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    SteadyTime until;
  };
  const std::size_t capacity_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace plimsoll::rekor
