// The last complete answer about each manifest, so that one that is unchanged need not be read and judged again.
//
// Bounded by entries and by bytes; the least recently used goes first. Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "judge.h"
#include "oci/discovery.h"

namespace plimsoll::observation {

struct Remembered {
  oci::Validators validators;
  oci::ManifestInfo manifest;
  Judged judged;
};

// What it takes in memory, near enough for a bound.
std::size_t BytesOf(const Remembered& remembered);

class Memory {
 public:
  Memory(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  std::optional<Remembered> Find(const std::string& key);
  // Forgets what was there. Keeps nothing that alone would take more than 1/256 of the bytes.
  void Put(const std::string& key, Remembered value);
  void Clear();

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Remembered value;
    std::size_t bytes = 0;
  };

  void Forget(std::list<Entry>::iterator entry);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // views of entries_
};

}  // namespace plimsoll::observation
