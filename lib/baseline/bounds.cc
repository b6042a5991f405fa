// What a status has room for, and in which order it forgets.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "life_state.h"
#include "sizes.h"

namespace plimsoll::baseline {
namespace {

RememberedRecord ToRemembered(const ImageRecord& image) {
  RememberedRecord remembered;
  remembered.digest = image.digest;
  remembered.posture = image.posture;
  remembered.origin = image.origin.value_or(Origin::kLater);
  remembered.signers = image.signers;
  if (remembered.signers.size() > RecordLimits::kRememberedSigners) {
    remembered.signers.resize(RecordLimits::kRememberedSigners);
  }
  remembered.drift = image.drift;
  remembered.continuous = image.continuous;
  remembered.continuous_since_time = image.continuous_since_time;
  remembered.first_observed_time = image.first_observed_time;
  remembered.last_running_time = image.last_running_time;
  remembered.absent_time = image.absent_time;
  remembered.confirmed_time = image.confirmed_time;
  remembered.contradicted_time = image.contradicted_time;
  return remembered;
}

// What runs or has an open drift, the longest-running first; then what ran last.
auto PlaceInImages(const Row& row) {
  const ImageRecord& image = row.image;
  const bool stays = image.running || !image.drift.empty();
  const Time since = stays ? image.first_observed_time.value_or(Time()) : Time();
  const Duration ago =
      stays ? Duration::zero()
            : Duration::zero() - image.last_running_time.value_or(Time()).time_since_epoch();
  return std::tuple(!stays, since, ago, std::string_view(image.digest));
}

// What has a drift, waits for one, runs, or is grandfathered is forgotten last.
auto PlaceInRemembered(const Row& row) {
  const ImageRecord& image = row.image;
  int group = 4;
  if (!image.drift.empty()) {
    group = 0;
  } else if (row.verdict.pending_until && !row.verdict.accepted) {
    group = 1;
  } else if (image.running) {
    group = 2;
  } else if (image.origin == Origin::kGrandfathered) {
    group = 3;
  }
  const bool warning = group == 0 && row.verdict.severity == Severity::kWarning;
  return std::tuple(group, warning, PlaceInImages(row));
}

// Drops from the end what `may_go` until the rest fits; `size` is kept. Returns how many went.
template <class T, class Predicate>
std::size_t DropUntilItFits(std::vector<T>& list, std::size_t& size, const Predicate& may_go) {
  std::size_t dropped = 0;
  for (std::size_t i = list.size(); i > 0 && size > RecordLimits::kBytes; --i) {
    const T& candidate = list[i - 1];
    if (!may_go(candidate)) continue;
    size -= std::min(size, SizeOf(candidate));
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i - 1));
    dropped += 1;
  }
  return dropped;
}

}  // namespace

void LifeState::StoreRows() {
  std::vector<Row*> rows;
  for (auto& [digest, row] : rows_) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(),
            [](const Row* a, const Row* b) { return PlaceInImages(*a) < PlaceInImages(*b); });
  std::size_t running = 0;
  std::size_t not_shown = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]->image.running) continue;
    running += 1;
    if (i >= RecordLimits::kImages) not_shown += 1;
  }
  if (rows.size() > RecordLimits::kImages) {
    std::sort(
        rows.begin() + static_cast<std::ptrdiff_t>(RecordLimits::kImages), rows.end(),
        [](const Row* a, const Row* b) { return PlaceInRemembered(*a) < PlaceInRemembered(*b); });
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ImageRecord& image = rows[i]->image;
    if (image.origin == Origin::kGrandfathered && image.last_running_time) {
      WakeAt(*image.last_running_time + FixedDurations::kGrandfatheredIdle);
    }
    if (i < RecordLimits::kImages) {
      record_.images.push_back(std::move(image));
    } else if (i < RecordLimits::kImages + RecordLimits::kRemembered) {
      record_.remembered.push_back(ToRemembered(image));
    } else {
      if (image.posture != Posture::kUnknown) record_.digests_forgotten += 1;
      dropped_.push_back(image.digest);
    }
  }
  record_.running_images = static_cast<std::uint32_t>(running);
  record_.images_not_shown = static_cast<std::uint32_t>(not_shown);
  if (moment_.running || running > 0) {
    if (running > 0) {
      record_.last_running_time.reset();
    } else if (!record_.last_running_time) {
      record_.last_running_time = now_;
    }
  }
  // An entry that is open already gains nothing by a digest that nobody remembers.
  if (dropped_.empty()) return;
  const std::set<std::string_view> forgotten(dropped_.begin(), dropped_.end());
  for (Transition& transition : transitions_) {
    if (transition.what == TransitionKind::kDriftJoined && forgotten.contains(transition.digest)) {
      transition.pages = false;
    }
  }
}

// signers[] holds those that images, drifts or acceptances refer to; trusted and learned ones stay.
void LifeState::BoundSigners() {
  std::set<std::string_view> by_drift;
  std::set<std::string_view> by_image;
  for (const DriftRecord& drift : record_.drift) {
    if (drift.signer) by_drift.insert(drift.signer->id);
    if (drift.proof) by_drift.insert(drift.proof->signer);
  }
  for (const AcceptedRecord& accepted : record_.accepted) by_drift.insert(accepted.signer);
  for (const ProvenanceRecord& provenance : record_.provenance) by_drift.insert(provenance.signer);
  for (const ImageRecord& image : record_.images) {
    for (const std::string& id : image.signers) by_image.insert(id);
    for (const StoredSignature& signature : image.signatures) by_image.insert(signature.signer);
    for (const StoredProof& proof : image.proven) by_image.insert(proof.signer);
    if (image.log) by_image.insert(image.log->signer);
  }
  for (const RememberedRecord& image : record_.remembered) {
    by_image.insert(image.signers.begin(), image.signers.end());
  }
  const auto group = [&](const SignerRecord& signer) {
    if (signer.source || !signer.pin.empty()) return 0;
    if (by_drift.contains(signer.id)) return 1;
    return by_image.contains(signer.id) ? 2 : 3;
  };
  std::erase_if(record_.signers, [&](const SignerRecord& signer) { return group(signer) == 3; });
  if (record_.signers.size() <= RecordLimits::kSigners) return;
  std::stable_sort(record_.signers.begin(), record_.signers.end(),
                   [&](const SignerRecord& a, const SignerRecord& b) {
                     if (group(a) != group(b)) return group(a) < group(b);
                     if (a.first_observed_time != b.first_observed_time) {
                       return a.first_observed_time < b.first_observed_time;
                     }
                     return a.id < b.id;
                   });
  record_.signers.resize(RecordLimits::kSigners);
}

// Too large, an object drops first notes, then history[], then remembered digests that run no more, oldest
// first; then, only when hostile certificates fill it, what it can find again by looking. Never a trusted
// signer, an open drift's kind or an acceptance.
void LifeState::BoundBytes() {
  std::size_t size = EstimateBytes(record_);
  if (size <= RecordLimits::kBytes) return;
  for (ImageRecord& image : record_.images) image.notes.clear();
  size = EstimateBytes(record_);
  const auto calm = [](const auto& image) { return image.drift.empty(); };
  const auto any = [](const auto&) { return true; };
  const auto forget = [&](auto& list, const auto& may_go) {
    record_.digests_forgotten += static_cast<std::uint32_t>(DropUntilItFits(list, size, may_go));
  };
  DropUntilItFits(record_.history, size, any);
  forget(record_.remembered, [&](const RememberedRecord& image) {
    return image.last_running_time && calm(image) && image.origin != Origin::kGrandfathered;
  });
  DropUntilItFits(record_.signers, size,
                  [](const SignerRecord& signer) { return !signer.source && signer.pin.empty(); });
  forget(record_.images, [&](const ImageRecord& image) { return !image.running && calm(image); });
  std::set<DriftKind> kinds;
  std::set<std::string_view> first_of_kind;
  for (const DriftRecord& drift : record_.drift) {
    if (kinds.insert(drift.kind).second) first_of_kind.insert(drift.fingerprint);
  }
  const std::set<std::string> kept(first_of_kind.begin(), first_of_kind.end());
  record_.drifts_not_shown += static_cast<std::uint32_t>(
      DropUntilItFits(record_.drift, size,
                      [&](const DriftRecord& drift) { return !kept.contains(drift.fingerprint); }));
  forget(record_.remembered, calm);
  forget(record_.images, calm);
  forget(record_.remembered, any);
  forget(record_.images, any);
}

}  // namespace plimsoll::baseline
