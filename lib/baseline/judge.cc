#include "judge.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "baseline/fingerprint.h"

namespace plimsoll::baseline {
namespace {

// A verified (or unlogged) signature of the image, related to whom is trusted. Views of what is judged.
struct Related {
  const SignerRecord* record = nullptr;
  const StoredSignature* signature = nullptr;  // null: of a remembered image
  Relation relation = Relation::kSignerChanged;
  const Signer* against = nullptr;
  Posture posture = Posture::kUnknown;  // its rank
  bool unlogged = false;
  bool logged = false;

  bool continuous() const { return relation == Relation::kContinuous; }
  const Signer& signer() const { return record->signer; }  // without the SAN of its own tag
  const std::string& id() const { return record->id; }
};

// The milder relation first; a tie goes to the higher rank, then to the smaller tuple.
bool Milder(const Related& a, const Related& b) {
  if (a.relation != b.relation) return a.relation < b.relation;
  if (Rank(a.posture) != Rank(b.posture)) return Rank(a.posture) > Rank(b.posture);
  return SmallerSigner(a.signer(), b.signer());
}

class ImageJudge {
 public:
  ImageJudge(const JudgeInput& input, const ImageRecord& image, bool brief)
      : in_(input), image_(image), brief_(brief) {
    verdict_.posture = image.posture;
    verdict_.reason = image.reason;
    verdict_.child = image.child;
    verdict_.definite = image.posture != Posture::kUnknown;
  }

  Verdict Take() {
    if (!verdict_.definite) {
      JudgeUnknown();
    } else {
      RelateSigners();
      if (!KeepBrief()) FindKind();
    }
    Finish();
    return std::move(verdict_);
  }

 private:
  void JudgeUnknown() {
    const bool waited =
        image_.running && image_.first_observed_time &&
        in_.now - *image_.first_observed_time >= in_.settings.durations.judge_within;
    if (in_.trust.established() && waited) Show(DriftKind::kUnjudged, Severity::kWarning);
  }

  void RelateSigners() {
    if (brief_) {
      RelateBrief();
    } else {
      for (const StoredSignature& signature : image_.signatures) {
        const SignerRecord* record = in_.book.Find(signature.signer);
        if (record == nullptr) continue;
        if (!signature.unlogged && !IsSigned(image_.posture)) continue;
        Related related = Relate(*record, &signature);
        related.unlogged = signature.unlogged;
        related.logged = signature.logged;
        related.posture = signature.unlogged ? Posture::kSignedKeyless
                                             : PostureOf(image_.posture, record->signer.kind,
                                                         signature.provenance_only);
        related_.push_back(related);
      }
    }
    std::sort(related_.begin(), related_.end(), Milder);
    for (const Related& related : related_) {
      if (related.unlogged && !IsProven(related.id())) continue;
      if (!related.continuous()) continue;
      verdict_.continuous = true;
      if (verdict_.rank == Posture::kUnknown || Rank(related.posture) > Rank(verdict_.rank)) {
        verdict_.rank = related.posture;
      }
    }
  }

  void RelateBrief() {
    if (!IsSigned(image_.posture)) return;
    for (const std::string& id : image_.signers) {
      const SignerRecord* record = in_.book.Find(id);
      if (record == nullptr) continue;
      Related related = Relate(*record, nullptr);
      related.logged = true;
      related.posture = PostureOf(image_.posture, record->signer.kind, false);
      related_.push_back(related);
    }
  }

  Related Relate(const SignerRecord& record, const StoredSignature* signature) const {
    Related related;
    related.record = &record;
    related.signature = signature;
    const auto time = signature == nullptr ? std::nullopt : signature->verified_time;
    // Only a pin asks for the SAN with its own tag.
    const bool exact = signature != nullptr && in_.trust.policy().pinned;
    const Trust::Related found =
        exact ? in_.trust.Relate(OwnSigner(related), time) : in_.trust.Relate(record.signer, time);
    related.relation = found.relation;
    related.against = found.against;
    return related;
  }

  Signer OwnSigner(const Related& related) const {
    if (related.signature == nullptr) return related.signer();
    return *SignerOf(in_.book, *related.signature);
  }

  bool IsProven(std::string_view id) const {
    return std::any_of(image_.proven.begin(), image_.proven.end(),
                       [&](const StoredProof& proof) { return proof.signer == id; });
  }

  // Of a remembered digest too little is kept to find its kind again: it stays what it was, unless the
  // signer that it was about is trusted by now. The same holds for an image whose signers are no longer
  // known (more strangers than signers[] has room for).
  bool KeepBrief() {
    if (image_.drift.empty() || image_.continuous_since_time) return false;
    const bool lost = IsSigned(image_.posture) && related_.empty();
    if (!brief_ && !lost) return false;
    const auto kind = KindOfEntry(in_.record, in_.book, image_.drift);
    if (!kind) {
      if (!lost) return false;
      verdict_.entry_fingerprint = image_.drift;
      ShowEntry(DriftKind::kSignerChanged, Severity::kCritical, image_.drift);
      return true;
    }
    if (NamesSigner(*kind)) {
      if (verdict_.continuous) return false;
      if (!lost) return false;  // the signers tell it again
      ShowEntry(*kind, StoredSeverity(*kind), image_.drift);
      return true;
    }
    Show(*kind, StoredSeverity(*kind));
    return true;
  }

  Severity StoredSeverity(DriftKind kind) const {
    switch (kind) {
      case DriftKind::kSignerRenamed:
      case DriftKind::kSignedForOtherRepository:
      case DriftKind::kProvenanceChanged:
      case DriftKind::kUnjudged:
        return Severity::kWarning;
      case DriftKind::kRepositoryIdentityReused:
      case DriftKind::kSignatureMissing: {
        const DriftRecord* entry = FindDrift(in_.record, image_.drift);
        return entry != nullptr ? entry->severity : Severity::kCritical;
      }
      default:
        return Severity::kCritical;
    }
  }

  void FindKind() {
    if (image_.posture == Posture::kInvalid) {
      Show(DriftKind::kSignatureInvalid, Severity::kCritical);
      return;
    }
    if (FindDivergence()) return;
    if (image_.posture == Posture::kUnsigned) {
      FindMissing();
      return;
    }
    if (FindSignerKind() || FindDowngrade() || !verdict_.continuous) return;
    if (FindOtherRepository()) return;
    if (image_.provenance_changed) Show(DriftKind::kProvenanceChanged, Severity::kWarning);
  }

  bool FindDivergence() {
    const bool absent = image_.posture == Posture::kUnsigned;
    const bool substituted = IsSigned(image_.posture) && !verdict_.continuous;
    for (const StoredProof& proof : image_.proven) {
      if (!absent && !substituted) break;
      const SignerRecord* record = in_.book.Find(proof.signer);
      if (record == nullptr || !in_.trust.Trusts(record->signer, record->earliest_verified_time)) {
        continue;
      }
      if (absent && !proof.here && !WasVerifiedHere(proof.signer)) continue;
      verdict_.proven_signer = record->signer;
      if (image_.log && image_.log->signer == proof.signer) verdict_.proof = image_.log->entry;
      if (absent) {
        Show(DriftKind::kSignatureStripped, Severity::kCritical);
      } else {
        const Related* verified = MildestVerified();
        if (verified == nullptr) return false;
        ShowSigner(DriftKind::kSignerSubstituted, Severity::kCritical, *verified);
      }
      return true;
    }
    if (FindNotLogged()) return true;
    if (IsSigned(image_.posture) && image_.contradicted_time && image_.confirmed_time) {
      if (image_.log) verdict_.proof = image_.log->entry;
      Show(DriftKind::kLogEntryMissing, Severity::kCritical);
      return true;
    }
    return false;
  }

  bool WasVerifiedHere(std::string_view id) const {
    return std::find(image_.signers.begin(), image_.signers.end(), id) != image_.signers.end();
  }

  bool FindNotLogged() {
    if (!in_.trust.corroborated()) return false;
    const Related* candidate = nullptr;
    for (const Related& related : related_) {
      if (!related.continuous()) continue;
      if (related.logged || IsProven(related.id())) return false;
      if (candidate != nullptr) continue;
      if (related.signer().kind == SignerKind::kKey && !related.record->earliest_log_time) continue;
      candidate = &related;
    }
    if (candidate == nullptr) return false;
    verdict_.expected_signer = OwnSigner(*candidate);
    Show(DriftKind::kSignatureNotLogged, Severity::kCritical);
    return true;
  }

  void FindMissing() {
    const bool material_seen = in_.record.posture == Posture::kUnverifiable;
    if (!in_.trust.begun() && !material_seen) return;
    if (image_.origin == Origin::kGrandfathered) {
      verdict_.grandfathered = true;
      return;
    }
    Severity severity = Severity::kCritical;
    for (const StoredProof& proof : image_.proven) {
      const SignerRecord* record = in_.book.Find(proof.signer);
      if (record != nullptr && in_.trust.Trusts(record->signer, record->earliest_verified_time)) {
        verdict_.proven_signer = record->signer;
        severity = Severity::kWarning;
      }
    }
    Show(DriftKind::kSignatureMissing, severity);
  }

  bool FindSignerKind() {
    if (!IsSigned(image_.posture) || verdict_.continuous || related_.empty()) return false;
    const Related* verified = MildestVerified();
    if (verified == nullptr) return false;
    if (!in_.trust.begun() && !IsNamedByDrift(in_.record, verified->id())) return false;
    const auto kind = KindOf(verified->relation);
    ShowSigner(kind.value_or(DriftKind::kSignerChanged), SeverityOf(verified->relation), *verified);
    return true;
  }

  const Related* MildestVerified() const {
    const auto verified = std::find_if(related_.begin(), related_.end(),
                                       [](const Related& related) { return !related.unlogged; });
    return verified == related_.end() ? nullptr : &*verified;
  }

  bool FindDowngrade() {
    if (!in_.trust.begun()) return false;
    const bool unverifiable = image_.posture == Posture::kUnverifiable && !verdict_.continuous;
    const bool lower = verdict_.continuous && in_.trust.rank() &&
                       Rank(verdict_.rank) < Rank(*in_.trust.rank()) && !IsByAcceptedKey();
    if (!unverifiable && !lower) return false;
    const bool stale = image_.reason == "TrustRootStale";
    Show(DriftKind::kSigningDowngrade, stale ? Severity::kWarning : Severity::kCritical);
    return true;
  }

  // Who accepts a key as a signer accepts how a key signs: it is no downgrade beside keyless signatures.
  bool IsByAcceptedKey() const {
    return std::any_of(related_.begin(), related_.end(), [&](const Related& related) {
      return related.continuous() && related.posture == Posture::kSignedKeyBased &&
             in_.trust.AcceptedSigner(related.signer()) != nullptr;
    });
  }

  bool FindOtherRepository() {
    const auto known = [&](const std::string& reference) {
      const auto in = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), reference) != list.end();
      };
      return in(in_.settings.aliases) || in(in_.record.docker_references);
    };
    for (const Related& related : related_) {
      if (!related.continuous() || related.signature == nullptr) continue;
      const std::string& reference = related.signature->docker_reference;
      if (reference.empty() || known(reference)) continue;
      verdict_.docker_reference = reference;
      Show(DriftKind::kSignedForOtherRepository, Severity::kWarning);
      return true;
    }
    return false;
  }

  void Show(DriftKind kind, Severity severity) {
    verdict_.kind = kind;
    verdict_.severity = severity;
    verdict_.fingerprint = DigestFingerprint(kind, in_.record.repository, image_.digest);
    verdict_.entry_fingerprint = RepositoryFingerprint(kind, in_.record.repository);
  }

  void ShowSigner(DriftKind kind, Severity severity, const Related& related) {
    verdict_.signer = OwnSigner(related);
    if (related.against != nullptr) verdict_.expected_signer = *related.against;
    ShowEntry(kind, severity, SignerFingerprint(kind, in_.record.repository, related.signer()));
  }

  void ShowEntry(DriftKind kind, Severity severity, std::string fingerprint) {
    verdict_.kind = kind;
    verdict_.severity = severity;
    verdict_.fingerprint = fingerprint;
    verdict_.entry_fingerprint = std::move(fingerprint);
  }

  void Finish() {
    AddNotes();
    if (!verdict_.expected_signer) ExpectSomeone();
    if (!verdict_.kind) return;
    if (!in_.trust.established()) verdict_.severity = Severity::kWarning;
    if (image_.origin == Origin::kInventory && !image_.continuous) {
      verdict_.inventory = true;
      verdict_.severity = Severity::kWarning;
    }
    verdict_.accepted =
        in_.trust.AcceptanceOf(*verdict_.kind, verdict_.fingerprint) != nullptr ||
        in_.trust.AcceptanceOf(*verdict_.kind, verdict_.entry_fingerprint) != nullptr;
    if (RestsOnAbsence(*verdict_.kind)) Delay();
  }

  // The trusted signer that was seen most recently: whom messages name as expected.
  void ExpectSomeone() {
    const TrustedSigner* latest = nullptr;
    for (const TrustedSigner& trusted : in_.trust.signers()) {
      const auto seen = trusted.record->last_observed_time;
      if (latest == nullptr || seen > latest->record->last_observed_time) latest = &trusted;
    }
    if (latest != nullptr) verdict_.expected_signer = latest->signer();
  }

  // An absence is a drift when it was confirmed and the grace for signing late is over.
  void Delay() {
    if (!image_.drift.empty()) {
      const auto entry = KindOfEntry(in_.record, in_.book, image_.drift);
      if (entry && RestsOnAbsence(*entry)) return;
    }
    const Durations& durations = in_.settings.durations;
    const Time absent = image_.absent_time.value_or(in_.now);
    Time until = image_.confirmed_time.value_or(absent + durations.confirm_after);
    if (!image_.continuous && image_.signers.empty()) {
      const Time grace = image_.first_observed_time.value_or(in_.now) + durations.signing_grace;
      until = std::max(until, grace);
      if (in_.now < grace) {
        verdict_.notes.push_back({NoteKind::kAwaitingSignature, {}, {}, {}, {}});
      }
    }
    if (!image_.confirmed_time || in_.now < until) verdict_.pending_until = until;
  }

  void AddNotes() {
    if (!verdict_.continuous) return;
    for (const Related& related : related_) {
      if (related.continuous() || related.unlogged) continue;
      VerdictNote note;
      note.kind =
          related.signer().kind == SignerKind::kKey ? NoteKind::kKeyAdded : NoteKind::kCoSigned;
      note.signer = OwnSigner(related);
      note.alone = KindOf(related.relation).value_or(DriftKind::kSignerChanged);
      note.fingerprint = SignerFingerprint(*note.alone, in_.record.repository, related.signer());
      verdict_.notes.push_back(std::move(note));
    }
  }

  const JudgeInput& in_;
  const ImageRecord& image_;
  bool brief_;
  Verdict verdict_;
  std::vector<Related> related_;  // the mildest first
};

}  // namespace

Verdict Judge(const JudgeInput& input, const ImageRecord& image, bool brief) {
  return ImageJudge(input, image, brief).Take();
}

std::optional<Signer> SignerOf(const SignerBook& book, const StoredSignature& signature) {
  const SignerRecord* record = book.Find(signature.signer);
  if (record == nullptr) return std::nullopt;
  Signer signer = record->signer;
  if (!signature.tag.empty() && signer.canonical_identity.ends_with('*')) {
    signer.identity = signer.canonical_identity;
    signer.identity.pop_back();
    signer.identity += signature.tag;
  }
  return signer;
}

std::optional<DriftKind> KindOfEntry(const Record& record, const SignerBook& book,
                                     std::string_view fingerprint) {
  if (const DriftRecord* entry = FindDrift(record, fingerprint)) return entry->kind;
  const bool names_signer = fingerprint.starts_with("s-");
  for (int i = 0; i < kDriftKinds; ++i) {
    const auto kind = static_cast<DriftKind>(i);
    if (NamesSigner(kind) != names_signer) continue;
    if (!names_signer) {
      if (RepositoryFingerprint(kind, record.repository) == fingerprint) return kind;
      continue;
    }
    for (const SignerRecord& signer : record.signers) {
      const SignerRecord* known = book.Find(signer.id);
      if (known != nullptr &&
          SignerFingerprint(kind, record.repository, known->signer) == fingerprint) {
        return kind;
      }
    }
  }
  return std::nullopt;
}

Posture PostureOf(Posture image, SignerKind kind, bool provenance_only) {
  if (provenance_only || image == Posture::kAttested) return Posture::kAttested;
  if (kind == SignerKind::kKey) return Posture::kSignedKeyBased;
  return image == Posture::kSignedKeyless ? Posture::kSignedKeyless : Posture::kAttested;
}

bool IsNamedByDrift(const Record& record, std::string_view id) {
  return std::any_of(record.drift.begin(), record.drift.end(), [&](const DriftRecord& drift) {
    return drift.signer && drift.signer->id == id;
  });
}

bool IsGone(const ImageRecord& image, const Settings& settings, Time now) {
  return !image.running && image.last_running_time &&
         now - *image.last_running_time >= settings.durations.end_after;
}

}  // namespace plimsoll::baseline
