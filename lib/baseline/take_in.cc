#include "take_in.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace plimsoll::baseline {
namespace {

constexpr std::size_t kReasonMax = 64;
constexpr std::size_t kTrustRootMax = 16;
constexpr std::size_t kDigestMax = 135;
constexpr std::string_view kTagRef = "@refs/tags/";

std::optional<Time> Whole(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return WholeSeconds(*time);
}

void Earlier(std::optional<Time>& least, const std::optional<Time>& candidate) {
  if (candidate && (!least || *candidate < *least)) least = candidate;
}

std::string Bounded(std::string_view text, std::size_t max) {
  return std::string(text.substr(0, max));
}

std::string TagOf(const Signer& signer) {
  if (signer.identity == signer.canonical_identity) return {};
  const auto at = signer.identity.rfind(kTagRef);
  return at == std::string::npos ? std::string() : signer.identity.substr(at + kTagRef.size());
}

// Judges one manifest's observation as it would be stored; the base of all but Unknown.
class Taker {
 public:
  Taker(const TakeInInput& input, const ImageRecord& before, const Observation& observation)
      : in_(input), before_(before), seen_(observation), image_(before) {}

  ImageRecord Take() {
    image_.posture = seen_.posture;
    image_.reason = Bounded(seen_.reason, kReasonMax);
    if (seen_.posture == Posture::kUnverifiable && seen_.trust_root_stale) {
      image_.reason = "TrustRootStale";
    }
    image_.trust_root = Bounded(seen_.trust_root, kTrustRootMax);
    image_.unknown_since_time.reset();
    image_.unknown_reason.clear();
    TakeSignatures();
    const bool verified =
        std::any_of(image_.signatures.begin(), image_.signatures.end(),
                    [](const StoredSignature& signature) { return !signature.unlogged; });
    if (IsSigned(image_.posture) && !verified) {
      // Signed by nobody who can be named: a field over its bound. Never trusted, never unsigned.
      image_.posture = Posture::kUnverifiable;
      image_.reason = "LimitExceeded";
    }
    CompareProvenance(in_.record, in_.book, seen_, image_);
    TakeLane();
    TakeAbsence();
    if (!seen_.index_digest.empty()) image_.index_digest = Bounded(seen_.index_digest, kDigestMax);
    TakeNotes();
    return std::move(image_);
  }

 private:
  struct Candidate {
    StoredSignature stored;
    Signer signer;
    bool continuous = false;
    Posture posture = Posture::kUnknown;
    const ObservedSigner* seen = nullptr;
    const ObservedSigner* logged_by = nullptr;
  };

  void TakeSignatures() {
    std::vector<Candidate> candidates;
    if (IsSigned(seen_.posture)) {
      for (const ObservedSigner& observed : seen_.signers) Merge(observed, candidates);
    }
    for (const Signer& unlogged : seen_.unlogged) {
      const std::string id = in_.book.Enter(unlogged, {}, in_.now);
      const bool known = std::any_of(candidates.begin(), candidates.end(),
                                     [&](const auto& held) { return held.stored.signer == id; });
      if (known) continue;
      Candidate candidate;
      candidate.stored.signer = id;
      candidate.stored.tag = TagOf(unlogged);
      candidate.stored.unlogged = true;
      candidate.signer = unlogged;
      candidate.posture = Posture::kSignedKeyless;
      candidates.push_back(std::move(candidate));
    }
    for (Candidate& candidate : candidates) {
      candidate.continuous = in_.trust.Trusts(candidate.signer, candidate.stored.verified_time);
    }
    // What a bound leaves out must not change a verdict: those that continue the baseline come first.
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      if (a.continuous != b.continuous) return a.continuous;
      if (a.stored.unlogged != b.stored.unlogged) return b.stored.unlogged;
      if (Rank(a.posture) != Rank(b.posture)) return Rank(a.posture) > Rank(b.posture);
      return SmallerSigner(a.signer, b.signer);
    });
    if (candidates.size() > RecordLimits::kImageSigners) {
      candidates.resize(RecordLimits::kImageSigners);
    }
    image_.signatures.clear();
    image_.storage.reset();
    image_.level.reset();
    for (const Candidate& candidate : candidates) {
      image_.signatures.push_back(candidate.stored);
      if (candidate.stored.unlogged) continue;
      if (!image_.storage) image_.storage = candidate.seen->storage;
      if (!image_.level) image_.level = candidate.seen->level;
    }
    TakeSignerIds(candidates);
    TakeEvidence(candidates);
    TakeReference(candidates);
  }

  void Merge(const ObservedSigner& observed, std::vector<Candidate>& candidates) {
    if (!IsWellFormed(observed.signer)) return;
    const std::string id = in_.book.Enter(observed.signer, observed.public_key, in_.now);
    const auto held =
        std::find_if(candidates.begin(), candidates.end(),
                     [&](const auto& candidate) { return candidate.stored.signer == id; });
    const bool is_new = held == candidates.end();
    Candidate& candidate = is_new ? candidates.emplace_back() : *held;
    StoredSignature& stored = candidate.stored;
    if (is_new) {
      stored.signer = id;
      stored.tag = TagOf(observed.signer);
      stored.provenance_only = true;
      candidate.signer = observed.signer;
      candidate.seen = &observed;
    } else if (const std::string tag = TagOf(observed.signer); tag < stored.tag) {
      stored.tag = tag;
      candidate.signer = observed.signer;
    }
    const Posture posture =
        PostureOf(seen_.posture, observed.signer.kind, observed.provenance_only);
    if (posture != Posture::kAttested) stored.provenance_only = false;
    if (Rank(posture) > Rank(candidate.posture)) {
      candidate.posture = posture;
      candidate.seen = &observed;
    }
    Earlier(stored.verified_time, Whole(observed.verified_time));
    if (observed.log) {
      stored.logged = true;
      const auto time = Whole(observed.log->integrated_time ? observed.log->integrated_time
                                                            : observed.verified_time);
      if (candidate.logged_by == nullptr ||
          (time && (!stored.log_time || *time < *stored.log_time))) {
        candidate.logged_by = &observed;
      }
      Earlier(stored.log_time, time);
    }
    if (!observed.docker_reference.empty()) {
      std::string reference = NormaliseRepository(observed.docker_reference);
      if (reference != in_.record.repository && reference.size() <= 511 &&
          (stored.docker_reference.empty() || reference < stored.docker_reference)) {
        stored.docker_reference = std::move(reference);
      }
    }
  }

  // Those that verify now and those that did before. A signer that is trusted is never pushed out: a digest
  // that it signed is never denied.
  void TakeSignerIds(const std::vector<Candidate>& candidates) {
    std::vector<std::string> ids;
    const auto add = [&ids](const std::string& id) {
      if (ids.size() < RecordLimits::kImageSigners &&
          std::find(ids.begin(), ids.end(), id) == ids.end()) {
        ids.push_back(id);
      }
    };
    const auto trusts = [&](const std::string& id) {
      const SignerRecord* record = in_.book.Find(id);
      return record != nullptr && in_.trust.Trusts(record->signer, record->earliest_verified_time);
    };
    for (const Candidate& candidate : candidates) {
      if (candidate.continuous && !candidate.stored.unlogged) add(candidate.stored.signer);
    }
    for (const std::string& id : before_.signers) {
      if (trusts(id)) add(id);
    }
    for (const Candidate& candidate : candidates) {
      if (!candidate.stored.unlogged) add(candidate.stored.signer);
    }
    for (const std::string& id : before_.signers) add(id);
    image_.signers = std::move(ids);
  }

  // Evidence of a trusted signer, the earliest, outlives the signature.
  void TakeEvidence(const std::vector<Candidate>& candidates) {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates) {
      if (candidate.logged_by == nullptr) continue;
      if (best == nullptr) {
        best = &candidate;
        continue;
      }
      if (best->continuous != candidate.continuous) continue;  // the continuous come first
      if (candidate.stored.log_time < best->stored.log_time) best = &candidate;
    }
    if (best == nullptr) return;
    if (image_.log) {
      const SignerRecord* holder = in_.book.Find(image_.log->signer);
      const bool held_by_trusted =
          holder != nullptr && in_.trust.Trusts(holder->signer, holder->earliest_verified_time);
      const bool earlier = best->stored.log_time < image_.log->entry.integrated_time;
      if (held_by_trusted && (!best->continuous || !earlier)) return;
    }
    StoredEvidence evidence;
    evidence.entry = *best->logged_by->log;
    evidence.entry.integrated_time = best->stored.log_time;
    evidence.signer = best->stored.signer;
    evidence.served = true;
    image_.log = std::move(evidence);
  }

  void TakeReference(const std::vector<Candidate>& candidates) {
    image_.docker_reference.clear();
    for (const Candidate& candidate : candidates) {
      if (candidate.continuous && !candidate.stored.docker_reference.empty()) {
        image_.docker_reference = candidate.stored.docker_reference;
        return;
      }
    }
  }

  // Where a trusted signer's proof lies, when the registry never served it: what messages point at, and what is
  // proven again next time.
  void KeepEvidence(const LogLane::Proven& proof, const std::string& id) {
    if (image_.log) {
      const SignerRecord* holder = in_.book.Find(image_.log->signer);
      if (holder != nullptr && in_.trust.Trusts(holder->signer, holder->earliest_verified_time))
        return;
    }
    image_.log = StoredEvidence{proof.evidence, id, false};
  }

  void TakeLane() {
    using Answer = LogLane::Answer;
    const LogLane& lane = seen_.log;
    if (lane.answer == Answer::kUnanswered) return;  // neither clean nor a divergence
    image_.proven.clear();
    if (lane.answer == Answer::kOff) {
      if (IsSigned(seen_.posture)) image_.confirmed_time.reset();
      return;
    }
    std::vector<std::tuple<bool, std::string, bool>> proven;  // not trusted, id, here
    for (const LogLane::Proven& proof : lane.proven) {
      if (!IsWellFormed(proof.signer)) continue;
      const std::string id = in_.book.Enter(proof.signer, {}, in_.now);
      const bool trusted = in_.trust.Trusts(proof.signer, proof.evidence.integrated_time);
      proven.emplace_back(!trusted, id, proof.here);
      if (trusted) KeepEvidence(proof, id);
    }
    std::sort(proven.begin(), proven.end());
    for (const auto& [untrusted, id, here] : proven) {
      if (!image_.proven.empty() && image_.proven.back().signer == id) {
        image_.proven.back().here |= here;
      } else if (image_.proven.size() < RecordLimits::kProven) {
        image_.proven.push_back({id, here});
      }
    }
    if (!lane.contradicted) {
      image_.contradicted_time.reset();
      if (IsSigned(seen_.posture)) image_.confirmed_time.reset();
      return;
    }
    if (!image_.contradicted_time) image_.contradicted_time = in_.now;
    const bool for_a_day =
        in_.now - *image_.contradicted_time >= in_.settings.durations.contradict_after;
    if (IsSigned(seen_.posture) && for_a_day && !image_.confirmed_time) {
      image_.confirmed_time = in_.now;
    }
  }

  // Two complete observations, confirmAfter apart, with nothing else between them.
  void TakeAbsence() {
    if (seen_.posture != Posture::kUnsigned) {
      if (before_.posture == Posture::kUnsigned) image_.confirmed_time.reset();
      image_.absent_time.reset();
      return;
    }
    image_.contradicted_time.reset();
    if (before_.posture != Posture::kUnsigned || !before_.absent_time) {
      image_.absent_time = in_.now;
      image_.confirmed_time.reset();
    } else if (!image_.confirmed_time &&
               in_.now - *image_.absent_time >= in_.settings.durations.confirm_after) {
      image_.confirmed_time = in_.now;
    }
  }

  void TakeNotes() {
    image_.notes.clear();
    for (const Note& note : seen_.notes) {
      std::string text(ToText(note.kind));
      if (image_.notes.size() == RecordLimits::kNotes) return;
      if (std::find(image_.notes.begin(), image_.notes.end(), text) == image_.notes.end()) {
        image_.notes.push_back(std::move(text));
      }
    }
  }

  const TakeInInput& in_;
  const ImageRecord& before_;
  const Observation& seen_;
  ImageRecord image_;
};

ImageRecord TakeUnknown(ImageRecord image, const Observation& observation, Time now) {
  if (!image.unknown_since_time) image.unknown_since_time = now;
  image.unknown_reason = Bounded(observation.reason, kReasonMax);
  return image;
}

// A child with what is known of the whole: the log knows the index, which may have been signed itself.
Observation AsPartOf(const Observation& index, const Observation& child) {
  Observation part = child;
  if (part.log.proven.empty()) part.log = index.log;
  if (part.trust_root.empty()) part.trust_root = index.trust_root;
  part.trust_root_stale = part.trust_root_stale || index.trust_root_stale;
  part.notes.insert(part.notes.end(), index.notes.begin(), index.notes.end());
  return part;
}

// Which verdict is worse: a critical kind, then a warning, then none; then the order of kinds.
auto Badness(const Verdict& verdict) {
  const int level = !verdict.kind || verdict.accepted         ? 0
                    : verdict.severity == Severity::kCritical ? 2
                                                              : 1;
  const int order = verdict.kind ? kDriftKinds - static_cast<int>(*verdict.kind) : 0;
  return std::pair(level, order);
}

}  // namespace

bool SameProvenance(const ProvenanceRecord& learned, const Provenance& seen) {
  return Canonical(learned.source_repository_uri) == Canonical(seen.source_repository_uri) &&
         Canonical(learned.builder_id) == Canonical(seen.builder_id);
}

const Observation& TakenPart(const Observation& observation, const ImageRecord& image) {
  for (const Observation& child : observation.children) {
    if (child.digest == image.child) return child;
  }
  return observation;
}

void CompareProvenance(const Record& record, const SignerBook& book, const Observation& observation,
                       ImageRecord& image) {
  image.provenance.reset();
  image.provenance_changed = false;
  for (const Provenance& seen : observation.provenance) {
    bool counts = false;
    bool same = false;
    for (std::size_t i = 0; i < record.provenance.size(); ++i) {
      const ProvenanceRecord& learned = record.provenance[i];
      const SignerRecord* signer = book.Find(learned.signer);
      if (signer == nullptr || Compare(seen.signer, std::nullopt, signer->signer, std::nullopt) !=
                                   Relation::kContinuous) {
        continue;
      }
      counts = true;
      if (!SameProvenance(learned, seen)) continue;
      same = true;
      if (!image.provenance) image.provenance = static_cast<std::uint32_t>(i);
    }
    if (counts && !same) image.provenance_changed = true;
  }
}

ImageRecord TakeIn(const TakeInInput& input, ImageRecord image, const Observation& observation) {
  if (observation.children.empty()) {
    if (observation.posture == Posture::kUnknown) {
      return TakeUnknown(std::move(image), observation, input.now);
    }
    image.child.clear();
    return Taker(input, image, observation).Take();
  }
  const Posture shown = ShownPosture(observation);
  if (shown == Posture::kUnknown) {
    Observation unknown;
    for (const Observation& child : observation.children) {
      if (child.posture == Posture::kUnknown) unknown.reason = child.reason;
    }
    return TakeUnknown(std::move(image), unknown, input.now);
  }
  std::vector<const Observation*> children;
  for (const Observation& child : observation.children) {
    if (child.posture != Posture::kUnknown) children.push_back(&child);
  }
  std::sort(children.begin(), children.end(),
            [](const Observation* a, const Observation* b) { return a->digest < b->digest; });
  const JudgeInput judging{input.record, input.trust, input.book, input.settings, input.now};
  std::optional<ImageRecord> worst;
  std::optional<Verdict> verdict;
  for (const Observation* seen : children) {
    const Observation child = AsPartOf(observation, *seen);
    ImageRecord taken = Taker(input, image, child).Take();
    taken.child = Bounded(child.digest, kDigestMax);
    Verdict judged = Judge(judging, taken, false);
    const bool worse = !verdict || Badness(judged) > Badness(*verdict) ||
                       (Badness(judged) == Badness(*verdict) && taken.posture < worst->posture);
    if (worse) {
      worst = std::move(taken);
      verdict = std::move(judged);
    }
  }
  return *std::move(worst);
}

}  // namespace plimsoll::baseline
