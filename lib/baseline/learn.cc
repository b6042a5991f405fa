// What a moment teaches: first use, pins' IDs, times and evidence of continuous signers, provenance, and when
// a baseline is established. Nothing that drifted teaches anything.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "baseline/fingerprint.h"
#include "life_state.h"
#include "take_in.h"

namespace plimsoll::baseline {
namespace {

constexpr std::size_t kReferenceMax = 511;

void Earlier(std::optional<Time>& least, const std::optional<Time>& candidate) {
  if (candidate && (!least || *candidate < *least)) least = candidate;
}

void Later(std::optional<Time>& most, const std::optional<Time>& candidate) {
  if (candidate && (!most || *candidate > *most)) most = candidate;
}

std::size_t TupleBytes(const SignerRecord& record) {
  const Signer& signer = record.signer;
  return signer.identity.size() + signer.canonical_identity.size() + signer.issuer.size() +
         signer.build_config_uri.size() + signer.source_repository_uri.size() +
         record.public_key.size() + 512;
}

bool IsLearned(const SignerRecord& signer) {
  return signer.source == SignerSource::kFirstUse || !signer.pin.empty();
}

// How much a tuple says about continuity: IDs and build config.
int Completeness(const Signer& signer) {
  return (signer.source_repository_id.empty() ? 0 : 1) +
         (signer.source_repository_owner_id.empty() ? 0 : 1) +
         (signer.build_config_uri.empty() ? 0 : 1);
}

}  // namespace

// A drift named it: it teaches nothing, wherever it runs. When that drift is accepted, it is trusted for as
// long as the acceptance is in force, and still not learned.
bool LifeState::IsBarred(const SignerRecord& signer) const {
  if (IsNamedByDrift(record_, signer.id)) return true;
  for (const AcceptedRecord& accepted : record_.accepted) {
    if (accepted.signer == signer.id && accepted.opened_time) return true;
  }
  std::set<std::string_view> named;
  for (const HistoryRecord& closed : record_.history) named.insert(closed.fingerprint);
  for (const auto& [digest, row] : rows_) named.insert(row.image.drift);
  if (std::none_of(named.begin(), named.end(),
                   [](std::string_view fingerprint) { return fingerprint.starts_with("s-"); })) {
    return false;
  }
  constexpr std::array kKinds{DriftKind::kSignerChanged, DriftKind::kIssuerChanged,
                              DriftKind::kRepositoryIdentityReused, DriftKind::kSignerRenamed,
                              DriftKind::kSignerSubstituted};
  return std::any_of(kKinds.begin(), kKinds.end(), [&](DriftKind kind) {
    return named.contains(SignerFingerprint(kind, record_.repository, signer.signer));
  });
}

bool LifeState::HasRoomForTrusted(const SignerRecord& signer) const {
  std::size_t count = 0;
  std::size_t bytes = TupleBytes(signer);
  for (const SignerRecord& held : record_.signers) {
    if (!IsLearned(held) || held.id == signer.id) continue;
    count += 1;
    bytes += TupleBytes(held);
  }
  return count < RecordLimits::kSigners && bytes <= RecordLimits::kTrustedSignerBytes;
}

// A pin does not replace the continuity of IDs: what was learned of a signer that it names stays learned.
void LifeState::BindPins() {
  if (!policy_.pinned) return;
  const Trust trust(record_, policy_, settings_);
  for (SignerRecord& signer : record_.signers) {
    if (signer.source != SignerSource::kFirstUse || !trust.IsPinned(signer.signer)) continue;
    const auto& group = policy_.pins.front();
    const auto names = [&](const PinInForce& pin) { return PinMatches(pin, signer.signer); };
    const bool bound = std::any_of(group.begin(), group.end(), [&](const PinInForce& pin) {
      return pin.policy_name == signer.policy_name && pin.pin->name == signer.pin && names(pin);
    });
    if (bound) continue;
    const auto pin = std::find_if(group.begin(), group.end(), names);
    signer.policy_name = pin->policy_name;
    signer.pin = pin->pin->name;
  }
}

// Learning begins when the first verified signature (or provenance) is seen.
void LifeState::StartLearning() {
  if (record_.learning_time) return;
  std::vector<Row*> rows;
  for (auto& [digest, row] : rows_) {
    if (row.seen != nullptr && IsSigned(row.image.posture)) rows.push_back(&row);
  }
  const auto teaches = [&](const Row* row) {
    return std::any_of(row->image.signatures.begin(), row->image.signatures.end(),
                       [&](const StoredSignature& signature) {
                         const SignerRecord* signer = SignerById(signature.signer);
                         if (signature.unlogged || signer == nullptr) return false;
                         const auto own = SignerOf(book_, signature);
                         if (policy_.pinned) return trust_->IsPinned(*own);
                         return !IsBarred(*signer) || trust_->AcceptedSigner(*own) != nullptr;
                       });
  };
  if (std::none_of(rows.begin(), rows.end(), teaches)) return;
  record_.learning_time = now_;
  TeachFirstUse(rows);
  RefreshTrust();

  std::optional<Time> made;
  for (const SignerRecord& signer : record_.signers) {
    if (signer.source == SignerSource::kFirstUse) Earlier(made, signer.earliest_log_time);
  }
  for (const Row* row : rows) {
    for (const StoredSignature& signature : row->image.signatures) {
      const SignerRecord* signer = SignerById(signature.signer);
      if (signer != nullptr && signer->source == SignerSource::kFirstUse && !signature.unlogged) {
        Earlier(made, signature.log_time);
      }
    }
  }
  record_.first_signature_time = made.value_or(now_);
  Grandfather();
  Transition transition;
  transition.what = TransitionKind::kLearningStarted;
  Emit(std::move(transition));
}

// Digests of the first use that were looked at later. Each teaches once, when it is first judged: whoever
// can push can add a signature to a genuine image afterwards.
void LifeState::LearnFirstUse() {
  if (!record_.learning_time) return;
  std::vector<Row*> rows;
  for (auto& [digest, row] : rows_) {
    const ImageRecord& image = row.image;
    if (row.seen == nullptr || !row.first_definite || !IsSigned(image.posture)) continue;
    if (image.origin == Origin::kFirstUse) continue;
    if (!image.pod_created_time || *image.pod_created_time > *record_.learning_time) continue;
    rows.push_back(&row);
  }
  TeachFirstUse(rows);
}

void LifeState::TeachFirstUse(const std::vector<Row*>& rows) {
  struct Candidate {
    Row* row;
    const StoredSignature* signature;
    Signer own;
    Posture posture;
  };
  std::vector<Candidate> candidates;
  for (Row* row : rows) {
    const ImageRecord& image = row->image;
    if (image.pod_created_time && *image.pod_created_time > *record_.learning_time) continue;
    for (const StoredSignature& signature : image.signatures) {
      const SignerRecord* signer = SignerById(signature.signer);
      if (signature.unlogged || signer == nullptr) continue;
      Signer own = *SignerOf(book_, signature);
      if (policy_.pinned &&
          (!trust_->IsPinned(own) || !trust_->Trusts(own, signature.verified_time))) {
        continue;
      }
      if (IsBarred(*signer)) continue;
      const Posture posture = PostureOf(image.posture, own.kind, signature.provenance_only);
      candidates.push_back({row, &signature, std::move(own), posture});
    }
  }
  // With more signers than there is room for: the strongest and longest known.
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (Rank(a.posture) != Rank(b.posture)) return Rank(a.posture) > Rank(b.posture);
    const auto since = [](const Candidate& candidate) {
      return candidate.signature->log_time.value_or(Time::max());
    };
    if (since(a) != since(b)) return since(a) < since(b);
    if (!SameSigner(a.own, b.own)) return SmallerSigner(a.own, b.own);
    return a.row->image.digest < b.row->image.digest;
  });
  std::map<Row*, Posture> best;
  for (const Candidate& candidate : candidates) {
    SignerRecord& signer = *SignerById(candidate.signature->signer);
    if (signer.source != SignerSource::kFirstUse && !HasRoomForTrusted(signer)) continue;
    signer.source = SignerSource::kFirstUse;
    Earlier(signer.earliest_verified_time, candidate.signature->verified_time);
    candidate.row->image.origin = Origin::kFirstUse;
    const auto [place, added] = best.try_emplace(candidate.row, candidate.posture);
    if (!added && Rank(candidate.posture) > Rank(place->second)) place->second = candidate.posture;
  }
  std::set<std::string> references(record_.docker_references.begin(),
                                   record_.docker_references.end());
  for (const auto& [row, posture] : best) {
    if (!record_.rank || Rank(posture) < Rank(*record_.rank)) record_.rank = posture;
    for (const StoredSignature& signature : row->image.signatures) {
      const SignerRecord* signer = SignerById(signature.signer);
      if (signature.docker_reference.empty() || signer->source != SignerSource::kFirstUse) continue;
      references.insert(signature.docker_reference.substr(0, kReferenceMax));
    }
  }
  for (const std::string& reference : references) {
    auto& held = record_.docker_references;
    if (held.size() >= RecordLimits::kDockerReferences) break;
    if (std::find(held.begin(), held.end(), reference) == held.end()) held.push_back(reference);
  }
}

// Decided once, when Learning begins: digests that were seen unsigned before the first trusted signature was
// made. The 257th is inventory.
void LifeState::Grandfather() {
  std::vector<std::tuple<Time, std::string, ImageRecord*>> unsigned_before;
  for (auto& [digest, row] : rows_) {
    ImageRecord& image = row.image;
    if (image.posture != Posture::kUnsigned) continue;
    const auto seen = image.absent_time ? image.absent_time : image.first_observed_time;
    if (!seen || *seen >= *record_.first_signature_time) continue;
    if (image.last_running_time &&
        now_ - *image.last_running_time >= FixedDurations::kGrandfatheredIdle) {
      continue;
    }
    unsigned_before.emplace_back(*seen, digest, &image);
  }
  std::sort(unsigned_before.begin(), unsigned_before.end());
  for (std::size_t i = 0; i < unsigned_before.size(); ++i) {
    ImageRecord& image = *std::get<2>(unsigned_before[i]);
    image.origin = i < RecordLimits::kGrandfathered ? Origin::kGrandfathered : Origin::kInventory;
  }
}

// IDs and canonical build config are learned once for each pin and canonical identity. Of several in one
// moment the one that says most.
void LifeState::LearnPinned() {
  if (!policy_.pinned) return;
  struct Candidate {
    const PinInForce* pin;
    Signer own;
    std::string id;
  };
  std::vector<Candidate> candidates;
  for (const auto& [digest, row] : rows_) {
    if (row.seen == nullptr || !IsSigned(row.image.posture)) continue;
    for (const StoredSignature& signature : row.image.signatures) {
      const auto own = SignerOf(book_, signature);
      if (signature.unlogged || !own || !trust_->IsPinned(*own)) continue;
      const auto& group = policy_.pins.front();
      const auto pin = std::find_if(group.begin(), group.end(), [&](const PinInForce& candidate) {
        return PinMatches(candidate, *own);
      });
      candidates.push_back({&*pin, *own, signature.signer});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (Completeness(a.own) != Completeness(b.own)) {
      return Completeness(a.own) > Completeness(b.own);
    }
    return SmallerSigner(a.own, b.own);
  });
  for (const Candidate& candidate : candidates) {
    const bool learned = std::any_of(
        record_.signers.begin(), record_.signers.end(), [&](const SignerRecord& signer) {
          return signer.policy_name == candidate.pin->policy_name &&
                 signer.pin == candidate.pin->pin->name &&
                 signer.signer.kind == candidate.own.kind &&
                 signer.signer.canonical_identity == candidate.own.canonical_identity &&
                 PinMatches(*candidate.pin, signer.signer);
        });
    SignerRecord& signer = *SignerById(candidate.id);
    if (learned || !HasRoomForTrusted(signer)) continue;
    signer.policy_name = candidate.pin->policy_name;
    signer.pin = candidate.pin->pin->name;
    if (!signer.source) signer.source = SignerSource::kPolicy;
  }
}

// Which signers an acceptance in force names. When it goes, what was learned only through it goes with it.
void LifeState::MarkAccepted() {
  const Trust trust(record_, policy_, settings_);
  for (SignerRecord& signer : record_.signers) {
    const AcceptanceInForce* accepted = trust.AcceptedSigner(signer.signer);
    if (accepted != nullptr) {
      signer.fingerprint = accepted->acceptance->fingerprint;
      if (!signer.source) signer.source = SignerSource::kAccepted;
      if (signer.pin.empty()) signer.policy_name = accepted->policy_name;
      continue;
    }
    if (signer.fingerprint.empty()) continue;
    signer.fingerprint.clear();
    if (signer.pin.empty()) signer.policy_name.clear();
    if (signer.source != SignerSource::kAccepted) continue;
    signer.source.reset();
    std::erase_if(record_.provenance, [&](const ProvenanceRecord& provenance) {
      return provenance.signer == signer.id;
    });
  }
}

// A continuous image teaches times and evidence of its continuous signers, and nothing else.
void LifeState::TeachContinuous() {
  for (auto& [digest, row] : rows_) {
    if (row.seen == nullptr) continue;
    row.verdict = Judge(Judging(), row.image, row.brief);
  }
  for (auto& [digest, row] : rows_) {
    if (row.seen == nullptr || !row.verdict.continuous || row.verdict.kind) continue;
    for (const StoredSignature& signature : row.image.signatures) {
      const auto own = SignerOf(book_, signature);
      if (signature.unlogged || !own || !trust_->Trusts(*own, signature.verified_time)) continue;
      SignerRecord& signer = *SignerById(signature.signer);
      Earlier(signer.earliest_verified_time, signature.verified_time);
      if (refreshing_ || !signer.last_observed_time ||
          now_ - *signer.last_observed_time >= FixedDurations::kRefresh) {
        signer.last_observed_time = now_;
      }
      if (!signature.logged) continue;
      const bool known = signature.log_time && signer.earliest_log_time && !row.first_definite &&
                         *signer.earliest_log_time <= *signature.log_time &&
                         signer.latest_log_time >= signature.log_time;
      if (!known) signer.log_entries += 1;
      Earlier(signer.earliest_log_time, signature.log_time);
      Later(signer.latest_log_time, signature.log_time);
      if (row.image.log && row.image.log->signer == signature.signer) {
        if (!record_.log) record_.log.emplace();
        if (record_.log->origin.empty()) {
          record_.log->origin = row.image.log->entry.origin.substr(0, 256);
        }
      }
    }
  }
}

// From the digests of first use; if those had none, once from the first continuous digest that has one.
void LifeState::LearnProvenance() {
  const bool had_none = record_.provenance.empty();
  std::vector<ProvenanceRecord> learned;
  for (const auto& [digest, row] : rows_) {
    if (row.seen == nullptr || !row.verdict.continuous || row.verdict.kind) continue;
    const bool first_use = row.image.origin == Origin::kFirstUse && row.first_definite;
    const bool begins = record_.learning_time == now_ && row.image.origin == Origin::kFirstUse;
    if (!first_use && !begins && !had_none) continue;
    for (const Provenance& seen : TakenPart(*row.seen, row.image).provenance) {
      if (!trust_->Trusts(seen.signer, std::nullopt)) continue;
      if (seen.source_repository_uri.size() > 512 || seen.builder_id.size() > 512) continue;
      ProvenanceRecord record;
      record.source_repository_uri = seen.source_repository_uri;
      record.builder_id = seen.builder_id;
      record.signer = SignerId(seen.signer);
      record.learned_time = now_;
      learned.push_back(std::move(record));
    }
  }
  std::sort(learned.begin(), learned.end(),
            [](const ProvenanceRecord& a, const ProvenanceRecord& b) {
              return std::tie(a.source_repository_uri, a.builder_id, a.signer) <
                     std::tie(b.source_repository_uri, b.builder_id, b.signer);
            });
  for (ProvenanceRecord& record : learned) {
    if (record_.provenance.size() >= RecordLimits::kProvenance) break;
    const bool held = std::any_of(
        record_.provenance.begin(), record_.provenance.end(), [&](const ProvenanceRecord& other) {
          return other.signer == record.signer &&
                 SameProvenance(other, {record.source_repository_uri, record.builder_id, {}});
        });
    if (!held) record_.provenance.push_back(std::move(record));
  }
}

// With what was learned in this very moment.
void LifeState::CompareSeenProvenance() {
  for (auto& [digest, row] : rows_) {
    if (row.seen == nullptr) continue;
    CompareProvenance(record_, book_, TakenPart(*row.seen, row.image), row.image);
  }
}

// (b): verified log times of one trusted signer on at least two digests, establishAfter apart, both at least
// establishAfter ago.
void LifeState::Corroborate() {
  const Duration span = settings_.durations.establish_after;
  for (const TrustedSigner& trusted : trust_->signers()) {
    const SignerRecord& signer = *trusted.record;
    if (!signer.earliest_log_time) continue;
    std::vector<Time> times;
    for (const auto& [digest, row] : rows_) {
      if (!row.image.drift.empty() || !row.image.continuous) {
        const bool teaches = row.seen != nullptr && row.verdict.continuous && !row.verdict.kind;
        if (!teaches) continue;
      }
      for (const StoredSignature& signature : row.image.signatures) {
        if (signature.signer != signer.id || !signature.log_time || signature.unlogged) continue;
        times.push_back(*signature.log_time);
      }
    }
    if (signer.latest_log_time) times.push_back(*signer.latest_log_time);
    if (SpansHistory(signer, times, span, now_)) {
      spans_history_ = true;
      if (!record_.corroborated_time) record_.corroborated_time = now_;
      continue;
    }
    for (const Time time : times) {
      if (time - *signer.earliest_log_time > span) WakeAt(time + span);
    }
  }
}

// An open drift names a new signer: of two who claim a young baseline, neither is denied for it.
bool LifeState::IsContested() const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& named) {
    const DriftRecord& drift = named.second.drift;
    return NamesSigner(drift.kind) && !drift.ended_time &&
           trust_->AcceptanceOf(drift.kind, drift.fingerprint) == nullptr;
  });
}

void LifeState::Establish() {
  const bool learned = record_.established_time && record_.basis != Basis::kPolicy;
  std::optional<Basis> reached;
  if (!learned && record_.learning_time && !IsContested()) {
    const bool again = now_ - *record_.learning_time >= settings_.durations.establish_after &&
                       std::any_of(rows_.begin(), rows_.end(), [](const auto& named) {
                         const Row& row = named.second;
                         return row.seen != nullptr && row.verdict.continuous && !row.verdict.kind;
                       });
    if (spans_history_) {
      reached = Basis::kLogHistory;
    } else if (again) {
      reached = Basis::kObservation;
    }
  }
  if (!learned && !reached && policy_.pinned) reached = Basis::kPolicy;
  if (!learned && !reached && record_.basis == Basis::kPolicy) {
    record_.basis.reset();
    record_.established_time.reset();
  }
  if (!reached) return;
  const bool already = record_.established_time.has_value();
  record_.basis = reached;
  if (already) return;
  record_.established_time = now_;
  Transition transition;
  transition.what = TransitionKind::kEstablished;
  Emit(std::move(transition));
}

// True when what was judged in this moment changed what it is judged by.
bool LifeState::EstablishAgain() {
  const auto stands = [&] {
    return std::tuple(record_.corroborated_time, record_.established_time, record_.basis);
  };
  const auto before = stands();
  Corroborate();
  Establish();
  return stands() != before;
}

}  // namespace plimsoll::baseline
