#include "baseline/life.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "baseline/derive.h"
#include "baseline/fingerprint.h"
#include "life_state.h"
#include "take_in.h"

namespace plimsoll::baseline {
namespace {

constexpr std::size_t kTagMax = 128;

// Gives observations of one digest an order that does not depend on theirs: the worst is taken in last.
auto OrderOf(const Observation& observation) {
  const Posture posture = ShownPosture(observation);
  std::string signers;
  for (const ObservedSigner& signer : observation.signers) signers += SignerId(signer.signer);
  return std::tuple(observation.digest, posture != Posture::kUnknown, -static_cast<int>(posture),
                    signers, observation.children.size());
}

void SortByWhatIsSeen(std::vector<const Observation*>& observations) {
  std::vector<std::pair<decltype(OrderOf(*observations.front())), const Observation*>> keyed;
  keyed.reserve(observations.size());
  for (const Observation* observation : observations) {
    keyed.emplace_back(OrderOf(*observation), observation);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::transform(keyed.begin(), keyed.end(), observations.begin(),
                 [](const auto& one) { return one.second; });
}

bool SameButTimes(ImageRecord a, const ImageRecord& b) {
  a.judged_time = b.judged_time;
  return a == b;
}

}  // namespace

LifeState::LifeState(const Record& record, const PolicySet& policies, const Settings& settings,
                     const Moment& moment)
    : settings_(settings),
      moment_(moment),
      now_(WholeSeconds(moment.now)),
      record_(record),
      policy_(policies.For(record.repository, now_)),
      book_(record_.signers) {}

StepResult LifeState::Run() {
  if (policy_.next_change) WakeAt(*policy_.next_change);
  if (!record_.first_observed_time) record_.first_observed_time = now_;
  LoadRows();
  ExpireGrandfathered();
  BindPins();
  MarkAccepted();
  RefreshTrust();
  TakeRunning();
  LoadEntries();
  TakeObservations();
  TakeHistory();

  StartLearning();
  LearnFirstUse();
  BindPins();
  RefreshTrust();
  LearnPinned();
  MarkAccepted();
  RefreshTrust();
  TeachContinuous();
  RefreshTrust();
  LearnProvenance();
  CompareSeenProvenance();
  Corroborate();
  Establish();
  // What is judged can end what stood against being Established, a drift that named a new signer; and where nothing
  // is learned, it can name one.
  do {
    RefreshTrust();
    JudgeAll();
    AcceptEntries();
    MoveDigests();
    RefreshEntries();
    CloseEntries();
  } while (EstablishAgain() || NamesAnother());
  TrackAcceptances();
  StoreEntries();
  TrackFailures();
  StoreRows();
  BoundSigners();
  Derive(record_, policy_, settings_, now_, {moment_.log_trouble, moment_.spike});
  BoundBytes();

  std::stable_sort(
      transitions_.begin(), transitions_.end(), [](const Transition& a, const Transition& b) {
        return std::tie(a.what, a.entry, a.digest) < std::tie(b.what, b.entry, b.digest);
      });
  return {std::move(record_), std::move(transitions_), wake_};
}

void LifeState::WakeAt(Time time) {
  if (time > now_ && (!wake_ || time < *wake_)) wake_ = time;
}

SignerRecord* LifeState::SignerById(std::string_view id) {
  for (SignerRecord& signer : record_.signers) {
    if (signer.id == id) return &signer;
  }
  return nullptr;
}

void LifeState::LoadRows() {
  for (ImageRecord& image : record_.images) {
    Row& row = rows_[image.digest];
    row.image = std::move(image);
  }
  for (const RememberedRecord& remembered : record_.remembered) {
    const auto [place, added] = rows_.try_emplace(remembered.digest);
    if (!added) continue;
    place->second.image = FullRecord(remembered);
    place->second.brief = true;
  }
  record_.images.clear();
  record_.remembered.clear();
}

// Grandfathered digests are known until no Pod has run them for 30 days.
void LifeState::ExpireGrandfathered() {
  for (auto& [digest, row] : rows_) {
    ImageRecord& image = row.image;
    if (image.origin != Origin::kGrandfathered || !image.last_running_time) continue;
    const Time over = *image.last_running_time + FixedDurations::kGrandfatheredIdle;
    if (now_ >= over) image.origin = Origin::kLater;
  }
}

Row* LifeState::FindRow(std::string_view digest) {
  const auto found = rows_.find(digest);
  return found == rows_.end() ? nullptr : &found->second;
}

// A digest on first sight.
Row& LifeState::RowOf(const std::string& digest) {
  const auto [place, added] = rows_.try_emplace(digest);
  Row& row = place->second;
  if (!added) return row;
  row.image.digest = digest;
  row.image.first_observed_time = now_;
  row.image.last_running_time = now_;
  row.image.origin = Origin::kLater;
  // One that was forgotten while it showed a drift shows it still.
  for (const DriftRecord& drift : record_.drift) {
    for (const DriftDigest& listed : drift.digests) {
      if (listed.digest == digest) row.image.drift = drift.fingerprint;
    }
  }
  return row;
}

void LifeState::TakeRunning() {
  if (!moment_.running) return;
  std::set<std::string_view> running;
  for (const RunningDigest& seen : *moment_.running) {
    const bool is_new = FindRow(seen.digest) == nullptr;
    ImageRecord& image = RowOf(seen.digest).image;
    // What we see now was there before, whatever the API server's clock says: a clock of ours that is behind must
    // not make the first image of a repository a latecomer to its own first use.
    const Time created = WholeSeconds(std::min(seen.pod_created, now_));
    if (!image.pod_created_time || created < *image.pod_created_time) {
      image.pod_created_time = created;
    }
    if (is_new || image.origin == Origin::kLater || image.origin == Origin::kInventory) {
      const bool unjudged = image.posture == Posture::kUnknown;
      if (unjudged && *image.pod_created_time <= *record_.first_observed_time) {
        image.origin = Origin::kInventory;
      }
    }
    if (!seen.running) continue;
    if (running.insert(seen.digest).second) image.started_by_tag = false;
    image.started_by_tag = image.started_by_tag || seen.started_by_tag;
    image.running = true;
    image.last_running_time.reset();
  }
  for (auto& [digest, row] : rows_) {
    if (!row.image.running || running.contains(digest)) continue;
    row.image.running = false;
    row.image.last_running_time = now_;
  }
  TakeTags();
}

// What a node last resolved a tag to: the digest of the youngest Pod that runs it.
void LifeState::TakeTags() {
  std::map<std::string, std::pair<Time, std::string>> resolved;
  for (const RunningDigest& seen : *moment_.running) {
    for (const std::string& tag : seen.tags) {
      if (tag.empty() || tag.size() > kTagMax) continue;
      auto& [created, digest] = resolved[tag];
      if (digest.empty() || std::tie(seen.pod_created, seen.digest) > std::tie(created, digest)) {
        created = seen.pod_created;
        digest = seen.digest;
      }
    }
  }
  for (const auto& [tag, youngest] : resolved) {
    const auto held =
        std::find_if(record_.tags.begin(), record_.tags.end(),
                     [&name = tag](const TagRecord& record) { return record.tag == name; });
    if (held != record_.tags.end()) {
      if (held->digest == youngest.second) continue;
      record_.tags.erase(held);
    }
    record_.tags.insert(record_.tags.begin(), {tag, youngest.second, now_});
  }
  if (record_.tags.size() > RecordLimits::kTags) record_.tags.resize(RecordLimits::kTags);
}

void LifeState::TakeObservations() {
  std::vector<const Observation*> observations;
  for (const Observation& observation : moment_.observations) observations.push_back(&observation);
  if (observations.size() > 1) SortByWhatIsSeen(observations);
  const TakeInInput input{record_, *trust_, book_, settings_, now_};
  for (const Observation* observation : observations) {
    Row& row = RowOf(observation->digest);
    ImageRecord& image = row.image;
    const bool judged_before = image.posture != Posture::kUnknown;
    row.was_in_tag = row.was_in_tag || image.storage == Storage::kSignatureTag ||
                     std::find(image.notes.begin(), image.notes.end(),
                               ToText(NoteKind::kFormatChanged)) != image.notes.end();
    ImageRecord taken = TakeIn(input, image, *observation);
    if (ShownPosture(*observation) != Posture::kUnknown) {
      row.seen = observation;
      row.first_definite = row.first_definite || !judged_before;
      row.brief = false;
      // From now on a digest without any signature is one that lacks it.
      const bool material =
          taken.posture == Posture::kUnverifiable || taken.posture == Posture::kInvalid;
      if (material && !record_.learning_time) record_.posture = Posture::kUnverifiable;
      const bool due = !image.judged_time || now_ - *image.judged_time >= FixedDurations::kRefresh;
      if (due || !SameButTimes(taken, image)) taken.judged_time = now_;
      if (due || !record_.last_observed_time ||
          now_ - *record_.last_observed_time >= FixedDurations::kRefresh) {
        record_.last_observed_time = now_;
        // Times that nothing depends on go out together, in one write.
        refreshing_ = true;
      }
    }
    image = std::move(taken);
  }
  for (SignerRecord& met : book_.met()) record_.signers.push_back(std::move(met));
  book_.met().clear();
  RefreshTrust();
}

// Extends since when a signer is known to have signed here. It adds no signer.
void LifeState::TakeHistory() {
  if (!moment_.history) return;
  const HistoryResult& history = *moment_.history;
  if (!record_.log) record_.log.emplace();
  if (history.walk) {
    record_.log->walk = history.walk;
    record_.log->walk_time = now_;
  }
  if (history.lookup) {
    record_.log->lookup = history.lookup;
    record_.log->lookup_time = now_;
  }
  std::map<std::pair<std::string, std::string>, std::optional<Time>> first;  // signer, digest
  for (const HistoricSignature& found : history.signatures) {
    SignerRecord* known = nullptr;
    for (SignerRecord& signer : record_.signers) {
      if (SameSigner(signer.signer, found.signer)) known = &signer;
    }
    if (known == nullptr) continue;
    if (found.verified_time) {
      const Time time = WholeSeconds(*found.verified_time);
      if (!known->earliest_verified_time || time < *known->earliest_verified_time) {
        known->earliest_verified_time = time;
      }
    }
    if (!found.log_time) continue;
    auto& time = first[{known->id, found.digest}];
    const Time logged = WholeSeconds(*found.log_time);
    if (!time || logged < *time) time = logged;
    if (record_.log->origin.empty()) record_.log->origin = found.origin.substr(0, 256);
  }
  std::map<std::string, std::uint32_t> entries;
  for (const auto& [of, time] : first) {
    SignerRecord& signer = *SignerById(of.first);
    if (!signer.earliest_log_time || *time < *signer.earliest_log_time) {
      signer.earliest_log_time = time;
    }
    if (!signer.latest_log_time || *time > *signer.latest_log_time) signer.latest_log_time = time;
    signer.log_entries = std::max(signer.log_entries, ++entries[of.first]);
  }
  RefreshTrust();
}

// Since when no running image could be observed.
void LifeState::TrackFailures() {
  std::optional<Time> since;
  bool any = false;
  bool failing = true;
  for (const auto& [digest, row] : rows_) {
    if (!row.image.running) continue;
    any = true;
    if (!row.image.unknown_since_time) failing = false;
    if (!since || row.image.unknown_since_time > since) since = row.image.unknown_since_time;
  }
  if (!any || !failing || !since) {
    record_.observation_failing_since.reset();
    return;
  }
  if (!record_.observation_failing_since) record_.observation_failing_since = since;
  const Time shown = *record_.observation_failing_since + settings_.durations.observed_false_after;
  WakeAt(shown);
  const Condition* observed = FindCondition(record_, "Observed");
  const bool announced = observed != nullptr && observed->status == ConditionStatus::kFalse;
  if (now_ >= shown && !announced) {
    Transition transition;
    transition.what = TransitionKind::kObservationFailing;
    Emit(std::move(transition));
  }
}

Record NewRecord(std::string repository, Time now, bool trust_discarded) {
  Record record;
  record.repository = std::move(repository);
  record.first_observed_time = WholeSeconds(now);
  if (trust_discarded) {
    Condition established;
    established.type = "Established";
    established.status = ConditionStatus::kFalse;
    established.reason = "TrustDiscarded";
    established.last_transition_time = record.first_observed_time;
    record.conditions.push_back(std::move(established));
  }
  return record;
}

StepResult Step(const Record& record, const PolicySet& policies, const Settings& settings,
                const Moment& moment) {
  return LifeState(record, policies, settings, moment).Run();
}

std::string_view EventReason(const Transition& transition) {
  switch (transition.what) {
    case TransitionKind::kDriftOpened:
    case TransitionKind::kDriftJoined:
      return transition.kind ? ToText(*transition.kind) : std::string_view();
    case TransitionKind::kDriftResolved:
      return "DriftResolved";
    case TransitionKind::kDriftEnded:
      return "DriftEnded";
    case TransitionKind::kDriftAccepted:
      return "DriftAccepted";
    case TransitionKind::kAcceptanceExpiring:
      return "AcceptanceExpiring";
    case TransitionKind::kAcceptanceExpired:
      return "AcceptanceExpired";
    case TransitionKind::kEstablished:
      return "BaselineEstablished";
    case TransitionKind::kObservationFailing:
      return "ObservationFailing";
    case TransitionKind::kTrustDiscarded:
      return "TrustDiscarded";
    case TransitionKind::kDriftSuperseded:
    case TransitionKind::kLearningStarted:
      break;
  }
  return {};
}

Attention AttentionOf(const Record& record, std::string_view digest) {
  const auto attention = [](const auto& image) {
    if (image.posture == Posture::kUnknown) return Attention::kNew;
    if (!image.drift.empty()) return Attention::kDrift;
    const bool judged_absent = image.origin == Origin::kGrandfathered;
    const bool pending = image.absent_time && !image.confirmed_time && !judged_absent;
    return pending ? Attention::kPending : Attention::kRegular;
  };
  const bool matters = record.learning_time || record.posture == Posture::kUnverifiable ||
                       record.strength == Strength::kPinned;
  Attention found = Attention::kNew;
  if (const ImageRecord* image = FindImage(record, digest)) {
    found = attention(*image);
  } else if (const RememberedRecord* remembered = FindRemembered(record, digest)) {
    found = attention(*remembered);
  }
  return found == Attention::kPending && !matters ? Attention::kRegular : found;
}

Duration RecheckAfter(Attention attention, const Settings& settings) {
  switch (attention) {
    case Attention::kPending:
      return settings.durations.confirm_after;
    case Attention::kDrift:
      return settings.durations.drift_recheck_after;
    case Attention::kRegular:
      return settings.durations.reverify_after;
    case Attention::kNew:
      break;
  }
  return Duration::zero();
}

std::optional<Time> PruneTime(const Record& record) {
  if (!record.last_running_time || !record.drift.empty()) return std::nullopt;
  if (record.established_time) return *record.last_running_time + FixedDurations::kPruneEstablished;
  if (record.learning_time) return *record.last_running_time + FixedDurations::kPruneLearning;
  return *record.last_running_time + FixedDurations::kPruneUnsigned;
}

}  // namespace plimsoll::baseline
