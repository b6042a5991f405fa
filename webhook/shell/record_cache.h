// Records as they are kept: as text, half as large, and those that were asked for last as values beside it.
//
// A text is api::WriteRecord of what admission reads (baseline/for_admission.h). An entry holds its text, so what is
// found by a text's address is of that text. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "baseline/record.h"

namespace plimsoll::webhook {

struct KeptRecord {
  std::string repository;
  std::string status;
};

KeptRecord Keep(baseline::Record record);

class RecordCache {
 public:
  explicit RecordCache(std::size_t capacity) : capacity_(capacity) {}

  std::shared_ptr<const baseline::Record> Get(const std::shared_ptr<const KeptRecord>& kept);

 private:
  struct Entry {
    std::shared_ptr<const KeptRecord> kept;
    std::shared_ptr<const baseline::Record> record;
  };

  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry>
      entries_;  // the one that was asked for last first; this and the next guarded by mutex_
  std::unordered_map<const KeptRecord*, std::list<Entry>::iterator> places_;
};

}  // namespace plimsoll::webhook
