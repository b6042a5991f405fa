// drift[]: entries open, gain and lose digests, are resolved, ended, superseded and opened again.
#include <algorithm>
#include <set>
#include <utility>

#include "baseline/fingerprint.h"
#include "life_state.h"

namespace plimsoll::baseline {
namespace {

DriftDigest ListedDigest(const Row& row, DriftKind kind, std::string_view repository,
                         std::optional<Time> since) {
  DriftDigest listed;
  listed.digest = row.image.digest;
  if (!NamesSigner(kind)) {
    listed.fingerprint = DigestFingerprint(kind, repository, row.image.digest);
  }
  listed.since_time = since;
  return listed;
}

bool IsFirstUse(const ImageRecord& image) { return image.origin == Origin::kFirstUse; }

}  // namespace

// The entries of drift[], and those that had no place there but to which digests still belong.
void LifeState::LoadEntries() {
  for (const DriftRecord& drift : record_.drift) {
    Entry& entry = entries_[drift.fingerprint];
    entry.drift = drift;
    entry.existed = true;
    entry.was_open = !drift.ended_time;
  }
  for (auto& [digest, row] : rows_) {
    ImageRecord& image = row.image;
    row.drift_before = image.drift;
    if (image.drift.empty() || entries_.contains(image.drift)) continue;
    const auto kind = KindOfEntry(record_, book_, image.drift);
    if (!kind && !image.drift.starts_with("s-")) {
      image.drift.clear();
      continue;
    }
    Entry& entry = entries_[image.drift];
    entry.existed = true;
    entry.was_open = true;
    entry.hidden = true;
    entry.drift.fingerprint = image.drift;
    entry.drift.kind = kind.value_or(DriftKind::kSignerChanged);
    entry.drift.opened_time = image.first_observed_time;
    entry.drift.last_opened_time = image.first_observed_time;
  }
  FindLapsed();
}

void LifeState::JudgeAll() {
  for (auto& [digest, row] : rows_) {
    ImageRecord& image = row.image;
    const bool gone = IsGone(image, settings_, now_);
    if (gone && image.drift.empty() && row.seen == nullptr) continue;
    row.verdict = Judge(Judging(), image, row.brief);
    const Verdict& verdict = row.verdict;
    row.shows = verdict.kind && !verdict.pending_until && !verdict.accepted && !gone;
    if (verdict.definite) {
      const bool calm = !verdict.kind;
      if (calm && verdict.continuous) image.continuous = true;
      const bool counts = calm && (verdict.continuous || !image.drift.empty());
      if (!counts) {
        image.continuous_since_time.reset();
      } else if (!image.continuous_since_time) {
        image.continuous_since_time = now_;
      }
    } else if (image.running && trust_->established() && image.first_observed_time) {
      WakeAt(*image.first_observed_time + settings_.durations.judge_within);
    }
    if (verdict.pending_until && image.confirmed_time) WakeAt(*verdict.pending_until);
    if (row.seen == nullptr) continue;
    if (HasNewForm(row)) row.verdict.notes.push_back({NoteKind::kFormatChanged, {}, {}, {}, {}});
    for (const VerdictNote& note : verdict.notes) {
      std::string text(ToText(note.kind));
      if (note.alone) {
        text += ' ';
        text += ToText(*note.alone);
        text += ' ';
        text += note.fingerprint;
      }
      if (text.size() > 64) text = std::string(ToText(note.kind)) + ' ' + note.fingerprint;
      const bool held =
          std::find(image.notes.begin(), image.notes.end(), text) != image.notes.end();
      if (!held && image.notes.size() < RecordLimits::kNotes) image.notes.push_back(text);
    }
  }
}

// A signer whose signatures lay in .sig tags stores one of an image that came later, or of this one, as a referrer.
bool LifeState::HasNewForm(const Row& row) const {
  const ImageRecord& image = row.image;
  if (!row.verdict.continuous || !image.storage || *image.storage == Storage::kSignatureTag) {
    return false;
  }
  if (row.was_in_tag) return true;
  return std::any_of(rows_.begin(), rows_.end(), [&](const auto& named) {
    const ImageRecord& other = named.second.image;
    return other.storage == Storage::kSignatureTag && (other.continuous || IsFirstUse(other)) &&
           other.first_observed_time < image.first_observed_time &&
           std::find_first_of(other.signers.begin(), other.signers.end(), image.signers.begin(),
                              image.signers.end()) != other.signers.end();
  });
}

// Whole entries (s- or r-) and single digests (d-) that an acceptance in force names.
void LifeState::AcceptEntries() {
  for (auto& [digest, row] : rows_) {
    if (row.image.drift.empty()) continue;
    Entry& entry = EntryOf(row.image.drift);
    const DriftKind kind = entry.drift.kind;
    if (NamesSigner(kind)) continue;
    const std::string own = DigestFingerprint(kind, record_.repository, digest);
    if (trust_->AcceptanceOf(kind, own) == nullptr) continue;
    entry.accepted = true;
    row.image.drift.clear();
  }
  for (auto& [fingerprint, entry] : entries_) {
    if (trust_->AcceptanceOf(entry.drift.kind, fingerprint) == nullptr) continue;
    entry.accepted = true;
    for (auto& [digest, row] : rows_) {
      if (row.image.drift == fingerprint) row.image.drift.clear();
    }
  }
}

Entry& LifeState::EntryOf(const std::string& fingerprint) { return entries_[fingerprint]; }

// A digest belongs to the entry of the kind that it shows now, until it is cured, gone or accepted.
void LifeState::MoveDigests() {
  std::map<std::string, std::set<std::string>> moved;  // from, to
  for (auto& [digest, row] : rows_) {
    ImageRecord& image = row.image;
    const Verdict& verdict = row.verdict;
    const std::string from = image.drift;
    if (row.shows) {
      if (from == verdict.entry_fingerprint) {
        Join(row);
        continue;
      }
      if (!from.empty()) {
        EntryOf(from).moved = true;
        moved[from].insert(verdict.entry_fingerprint);
      }
      Join(row);
      continue;
    }
    if (from.empty()) continue;
    if (verdict.kind && verdict.accepted) {
      // An acceptance of what it shows now says nothing of what it showed before.
      Entry& entry = EntryOf(from);
      (from == verdict.entry_fingerprint ? entry.accepted : entry.moved) = true;
      image.drift.clear();
      continue;
    }
    if (verdict.kind || !verdict.definite || IsGone(image, settings_, now_)) continue;
    Entry& entry = EntryOf(from);
    const Time cured =
        image.continuous_since_time.value_or(now_) + settings_.durations.resolve_after;
    if (entry.drift.kind != DriftKind::kUnjudged && now_ < cured) {
      WakeAt(cured);
      continue;
    }
    entry.cured = true;
    image.drift.clear();
  }
  // Only what is continuous, or on its way out of a drift, counts since when.
  for (auto& [digest, row] : rows_) {
    const bool continuous = row.verdict.continuous && !row.verdict.kind;
    if (row.verdict.definite && row.image.drift.empty() && !continuous) {
      row.image.continuous_since_time.reset();
    }
  }
  // Who superseded keeps the older opening time.
  for (const auto& [from, targets] : moved) {
    const bool left = std::none_of(rows_.begin(), rows_.end(), [&name = from](const auto& named) {
      return named.second.image.drift == name;
    });
    if (!left) continue;
    const auto opened = EntryOf(from).drift.opened_time;
    for (const std::string& to : targets) {
      DriftRecord& drift = EntryOf(to).drift;
      if (opened && (!drift.opened_time || *opened < *drift.opened_time))
        drift.opened_time = opened;
    }
  }
}

// An acceptance that is in force no more: the drift opens again with its first time.
std::optional<Time> LifeState::LapsedOpening(const Verdict& verdict) const {
  for (const AcceptedRecord& lapsed : lapsed_) {
    if (lapsed.kind == *verdict.kind && (lapsed.fingerprint == verdict.entry_fingerprint ||
                                         lapsed.fingerprint == verdict.fingerprint)) {
      return lapsed.opened_time;
    }
  }
  return std::nullopt;
}

// A digest shows the kind of an entry: the entry opens, opens again, or gains it.
void LifeState::Join(Row& row) {
  const Verdict& verdict = row.verdict;
  const std::string& fingerprint = verdict.entry_fingerprint;
  const bool is_member = row.image.drift == fingerprint;
  Entry& entry = EntryOf(fingerprint);
  DriftRecord& drift = entry.drift;
  const bool is_new = drift.fingerprint.empty();
  const bool reopens = drift.ended_time.has_value();
  row.image.drift = fingerprint;
  if (is_member && !reopens) return;

  if (is_new) {
    drift.fingerprint = fingerprint;
    drift.kind = *verdict.kind;
    drift.severity = verdict.severity;
    drift.opened_time = now_;
    const auto lapsed = LapsedOpening(verdict);
    if (lapsed && *lapsed < now_) drift.opened_time = lapsed;
  }
  if (verdict.signer && !drift.signer) {
    for (const SignerRecord& signer : record_.signers) {
      if (SameSigner(signer.signer, *verdict.signer)) drift.signer = signer;
    }
  }
  if (verdict.proof && !drift.proof) {
    DriftProof proof;
    proof.entry = *verdict.proof;
    if (verdict.proven_signer) proof.signer = SignerId(*verdict.proven_signer);
    drift.proof = std::move(proof);
  }
  drift.ended_time.reset();
  drift.last_opened_time = now_;

  Transition transition;
  transition.what =
      (is_new || reopens) ? TransitionKind::kDriftOpened : TransitionKind::kDriftJoined;
  transition.kind = verdict.kind;
  transition.severity = verdict.severity;
  transition.digest = row.image.digest;
  transition.fingerprint = verdict.fingerprint;
  transition.entry = fingerprint;
  transition.opened_time = drift.opened_time;
  transition.verdict = verdict;
  Emit(std::move(transition));
  entry.gained = true;
}

// Counts, lists and weighs what belongs to each entry now.
void LifeState::RefreshEntries() {
  for (auto& [fingerprint, entry] : entries_) {
    DriftRecord& drift = entry.drift;
    std::vector<const Row*> members;
    std::optional<Severity> worst;
    bool by_tag = false;
    drift.images = 0;
    for (const auto& [digest, row] : rows_) {
      if (row.image.drift != fingerprint) continue;
      members.push_back(&row);
      if (row.shows) {
        if (!worst || row.verdict.severity > *worst) worst = row.verdict.severity;
        if (row.image.running) drift.images += 1;
        by_tag = by_tag || row.image.started_by_tag;
      }
      if (!row.image.running && row.image.last_running_time) {
        WakeAt(*row.image.last_running_time + settings_.durations.end_after);
      }
    }
    if (worst) drift.severity = *worst;
    if (!trust_->established()) drift.severity = Severity::kWarning;
    drift.started_by_tag = by_tag;
    ListDigests(entry, members);
  }
}

// The first that showed it stays first.
void LifeState::ListDigests(Entry& entry, const std::vector<const Row*>& members) {
  DriftRecord& drift = entry.drift;
  std::vector<DriftDigest> listed;
  std::set<std::string> names;
  std::size_t forgotten = 0;
  for (DriftDigest& digest : drift.digests) {
    const Row* row = FindRow(digest.digest);
    const bool lost = row == nullptr;
    if (!lost && row->image.drift != drift.fingerprint) continue;
    forgotten += lost ? 1 : 0;
    names.insert(digest.digest);
    listed.push_back(std::move(digest));
  }
  const std::size_t all = members.size() + forgotten;
  for (const Row* row : members) {
    if (listed.size() >= RecordLimits::kDriftDigests) break;
    if (!names.insert(row->image.digest).second) continue;
    const bool joined = row->drift_before != drift.fingerprint;
    listed.push_back(ListedDigest(*row, drift.kind, record_.repository,
                                  joined ? std::optional(now_) : std::nullopt));
  }
  drift.digests = std::move(listed);
  drift.digests_not_shown = static_cast<std::uint32_t>(all - std::min(all, drift.digests.size()));
}

void LifeState::CloseEntries() {
  for (auto& [fingerprint, entry] : entries_) {
    DriftRecord& drift = entry.drift;
    bool any = !drift.digests.empty();
    bool here = false;
    for (const auto& [digest, row] : rows_) {
      if (row.image.drift != fingerprint) continue;
      any = true;
      here = here || !IsGone(row.image, settings_, now_);
    }
    if (!any || trust_->AcceptanceOf(drift.kind, fingerprint) != nullptr) {
      CloseEntry(entry, entry.accepted ? Outcome::kAccepted
                        : entry.moved  ? Outcome::kSuperseded
                                       : Outcome::kResolved);
      continue;
    }
    if (here) continue;
    if (!drift.ended_time) {
      drift.ended_time = now_;
      Transition transition;
      transition.what = TransitionKind::kDriftEnded;
      transition.kind = drift.kind;
      transition.severity = drift.severity;
      transition.fingerprint = drift.fingerprint;
      transition.entry = drift.fingerprint;
      transition.opened_time = drift.opened_time;
      Emit(std::move(transition));
    }
    const Time over = *drift.ended_time + FixedDurations::kKeepEnded;
    WakeAt(over);
    if (now_ >= over) CloseEntry(entry, Outcome::kEnded);
  }
  std::erase_if(entries_, [](const auto& named) { return named.second.drift.fingerprint.empty(); });
}

// Where nothing is learned only a signer that a drift names drifts: a drift that opens concerns whatever else that signer
// signed at once. True when one names a signer that none named before.
bool LifeState::NamesAnother() {
  if (trust_->begun()) return false;
  bool another = false;
  for (const auto& [fingerprint, entry] : entries_) {
    if (!entry.drift.signer || IsNamedByDrift(record_, entry.drift.signer->id)) continue;
    record_.drift.push_back(entry.drift);  // until the entries are stored
    another = true;
  }
  return another;
}

// What an acceptance closed is told by the acceptance (acceptances.cc).
void LifeState::CloseEntry(Entry& entry, Outcome outcome) {
  DriftRecord& drift = entry.drift;
  for (auto& [digest, row] : rows_) {
    if (row.image.drift == drift.fingerprint) row.image.drift.clear();
  }
  if (entry.existed && outcome != Outcome::kAccepted) {
    HistoryRecord closed;
    closed.fingerprint = drift.fingerprint;
    closed.kind = drift.kind;
    closed.outcome = outcome;
    closed.severity = drift.severity;
    closed.opened_time = drift.opened_time;
    closed.closed_time = outcome == Outcome::kEnded ? drift.ended_time : now_;
    Remember(std::move(closed));
  }
  if (entry.existed && (outcome == Outcome::kResolved || outcome == Outcome::kSuperseded)) {
    Transition transition;
    transition.what = outcome == Outcome::kResolved ? TransitionKind::kDriftResolved
                                                    : TransitionKind::kDriftSuperseded;
    transition.kind = drift.kind;
    transition.severity = drift.severity;
    transition.fingerprint = drift.fingerprint;
    transition.entry = drift.fingerprint;
    transition.opened_time = drift.opened_time;
    Emit(std::move(transition));
  }
  drift.fingerprint.clear();
}

// Ordered by severity, then age; open ones first; every kind present keeps a place.
void LifeState::StoreEntries() {
  std::vector<DriftRecord> all;
  for (auto& [fingerprint, entry] : entries_) all.push_back(std::move(entry.drift));
  std::sort(all.begin(), all.end(), [](const DriftRecord& a, const DriftRecord& b) {
    if (a.ended_time.has_value() != b.ended_time.has_value()) return !a.ended_time.has_value();
    if (a.severity != b.severity) return a.severity > b.severity;
    if (a.opened_time != b.opened_time) return a.opened_time < b.opened_time;
    return a.fingerprint < b.fingerprint;
  });
  record_.drifts_not_shown = 0;
  if (all.size() > RecordLimits::kDrifts) {
    std::set<DriftKind> kinds;
    std::vector<char> kept(all.size(), 0);
    std::size_t places = RecordLimits::kDrifts;
    for (std::size_t i = 0; i < all.size() && places > 0; ++i) {
      if (!kinds.insert(all[i].kind).second) continue;
      kept[i] = 1;
      places -= 1;
    }
    for (std::size_t i = 0; i < all.size() && places > 0; ++i) {
      if (kept[i] != 0) continue;
      kept[i] = 1;
      places -= 1;
    }
    std::vector<DriftRecord> shown;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (kept[i] != 0) shown.push_back(std::move(all[i]));
    }
    record_.drifts_not_shown = static_cast<std::uint32_t>(all.size() - shown.size());
    all = std::move(shown);
  }
  record_.drift = std::move(all);
}

}  // namespace plimsoll::baseline
