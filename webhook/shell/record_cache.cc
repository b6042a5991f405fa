#include "webhook/shell/record_cache.h"

#include <utility>

#include "api/record_json.h"
#include "api/signing_baseline.h"
#include "baseline/for_admission.h"
#include "json/writer.h"

namespace plimsoll::webhook {

KeptRecord Keep(baseline::Record record) {
  baseline::Record read_by_admission = baseline::ForAdmission(std::move(record));
  json::Writer writer;
  api::WriteRecord(writer, read_by_admission);
  KeptRecord kept{std::move(read_by_admission.repository), std::move(writer).Take()};
  kept.status.shrink_to_fit();
  return kept;
}

std::shared_ptr<const baseline::Record> RecordCache::Get(
    const std::shared_ptr<const KeptRecord>& kept) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(kept.get()); found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->record;
    }
  }
  // Our own text of what was read from a larger one.
  const json::Document status = json::Document::Parse(kept->status, api::kResourceLimits).value();
  auto record =
      std::make_shared<const baseline::Record>(api::ReadRecord(kept->repository, status.root()));
  const std::lock_guard lock(mutex_);
  if (places_.contains(kept.get())) return record;  // somebody was as quick
  entries_.push_front({kept, record});
  places_.emplace(kept.get(), entries_.begin());
  if (entries_.size() > capacity_) {
    places_.erase(entries_.back().kept.get());
    entries_.pop_back();
  }
  return record;
}

}  // namespace plimsoll::webhook
