// The keeper: what is stored, what was learned since, and how the one follows from the other.
#include <algorithm>
#include <charconv>

#include "api/names.h"
#include "api/texts.h"
#include "baseline/derive.h"
#include "controller/core/state.h"

namespace plimsoll::controller {
namespace {

using baseline::Record;

// Resource versions compare as numbers where both are (Kubernetes 1.35 says so); else nothing is known.
std::optional<bool> IsOlder(std::string_view a, std::string_view b) {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  const auto read_x = std::from_chars(a.data(), a.data() + a.size(), x);
  const auto read_y = std::from_chars(b.data(), b.data() + b.size(), y);
  if (read_x.ec != std::errc() || read_x.ptr != a.data() + a.size()) return std::nullopt;
  if (read_y.ec != std::errc() || read_y.ptr != b.data() + b.size()) return std::nullopt;
  return x < y;
}

bool IsUrgent(const baseline::Transition& transition) {
  using baseline::TransitionKind;
  switch (transition.what) {
    case TransitionKind::kDriftOpened:
    case TransitionKind::kDriftJoined:
    case TransitionKind::kDriftResolved:
    case TransitionKind::kDriftEnded:
    case TransitionKind::kDriftSuperseded:
    case TransitionKind::kDriftAccepted:
    case TransitionKind::kAcceptanceExpired:
      return true;
    default:
      return false;
  }
}

// A status that nobody has written yet.
bool IsBlank(const Record& record) {
  return !record.first_observed_time && record.conditions.empty() && record.images.empty();
}

}  // namespace

baseline::Settings Core::State::SettingsFor(const std::string& repository) const {
  baseline::Settings out;
  out.durations = settings.durations;
  for (const RepositoryRule& rule : settings.repositories) {
    if (!baseline::MatchesGlob(rule.match, repository)) continue;
    for (const std::string& alias : rule.aliases)
      out.aliases.push_back(baseline::NormaliseRepository(alias));
    if (!rule.mirror_of.empty())
      out.aliases.push_back(baseline::NormaliseRepository(rule.mirror_of));
  }
  return out;
}

std::vector<baseline::RunningDigest> Core::State::RunningOf(const Repo& repo) const {
  std::map<std::string, baseline::RunningDigest> by_digest;
  for (const auto& [key, item] : repo.items) {
    if (item->uses.empty() || item->digest.empty()) continue;
    const auto [at, added] = by_digest.try_emplace(item->digest);
    baseline::RunningDigest& running = at->second;
    if (added) {
      running.digest = item->digest;
      running.pod_created = WholeSeconds(item->uses.front().since);
    }
    for (const Use& use : item->uses) {
      running.pod_created = std::min(running.pod_created, WholeSeconds(use.since));
      if (use.tag.empty()) continue;
      running.started_by_tag = true;
      const bool known =
          std::find(running.tags.begin(), running.tags.end(), use.tag) != running.tags.end();
      if (!known && running.tags.size() < baseline::RecordLimits::kTags)
        running.tags.push_back(use.tag);
    }
    std::sort(running.tags.begin(), running.tags.end());
  }
  std::vector<baseline::RunningDigest> out;
  for (auto& [digest, running] : by_digest) out.push_back(std::move(running));
  for (const baseline::RunningDigest& seen : repo.seen) {
    if (!by_digest.contains(seen.digest)) out.push_back(seen);
  }
  return out;
}

// What the steps of the journal stand on.
Record Core::State::BaseOf(const Repo& repo) const {
  if (repo.stored && !IsBlank(repo.stored->record)) return repo.stored->record;
  const Time seen = repo.first_seen.value_or(WholeSeconds(now));
  return baseline::NewRecord(repo.key, seen, repo.discarded);
}

// The texts for people, and what the controller itself keeps in the record.
Record Core::State::Finished(const Repo& repo, Record record, const Record& before) const {
  record.observed_generation =
      repo.stored ? std::max<std::int64_t>(1, repo.stored->meta.generation) : 1;
  for (baseline::DriftRecord& drift : record.drift) {
    const auto told = repo.told.find(drift.fingerprint);
    if (told == repo.told.end()) continue;
    const auto pods_told = static_cast<std::uint32_t>(
        std::min<std::size_t>(told->second.size(), baseline::RecordLimits::kPodEvents));
    drift.pod_events = std::max(drift.pod_events, pods_told);
  }
  const auto spike = spiking.find(repo.key);
  for (baseline::Condition& condition : record.conditions) {
    condition.observed_generation = record.observed_generation;
  }
  api::TextContext context;
  context.durations = settings.durations;
  context.trust_root_date = settings.trust_root_date;
  context.log_lane = settings.log_lane;
  context.credential = repo.credential;
  context.failure = repo.failure;
  context.unverifiable = spike != spiking.end() ? spike->second : repo.unknown_authority;
  api::FillDriftTexts(record);
  api::FillMessages(record, context);
  // What failed last, word for word, is no reason to write: the condition's reason is.
  const baseline::Condition* old = baseline::FindCondition(before, "Observed");
  for (baseline::Condition& condition : record.conditions) {
    if (condition.type == "Observed" && old != nullptr && old->status == condition.status &&
        old->reason == condition.reason && !old->message.empty()) {
      condition.message = old->message;
    }
  }
  return record;
}

void Core::State::SetWake(Repo& repo, std::optional<Time> when) {
  if (repo.wake) wakes.erase({*repo.wake, repo.key});
  repo.wake = when;
  if (when) wakes.insert({*when, repo.key});
}

void Core::State::StepRepo(Repo& repo, std::vector<baseline::Observation> observations,
                           std::optional<baseline::HistoryResult> history) {
  const bool runs = repo.Runs();
  if (!repo.stored && !repo.work && !runs && repo.seen.empty()) {
    DropRepoIfIdle(repo.key);
    return;
  }
  if (repo.stored && !api::IsUsable(*repo.stored)) return;
  std::shared_ptr<const Record> known = repo.Snapshot();
  if (!known || IsBlank(*known)) known = std::make_shared<const Record>(BaseOf(repo));
  const Record& before = *known;
  baseline::Moment moment;
  moment.now = now;
  moment.running = RunningOf(repo);
  moment.observations = std::move(observations);
  moment.history = std::move(history);
  moment.log_trouble = repo.log_trouble;
  moment.spike = spiking.contains(repo.key);
  for (const auto& [key, item] : repo.items) {
    if (item->unjudged.empty() || item->uses.empty()) continue;
    baseline::Observation unknown;
    unknown.digest = item->digest;
    unknown.reason = item->unjudged.str();
    moment.observations.push_back(std::move(unknown));
  }
  baseline::StepResult result = baseline::Step(before, policy_set, SettingsFor(repo.key), moment);
  repo.seen.clear();
  Record record = Finished(repo, std::move(result.record), before);
  const bool changed = repo.current() == nullptr || !(record == *repo.current());
  if (changed || !result.transitions.empty()) {
    if (std::any_of(result.transitions.begin(), result.transitions.end(), IsUrgent))
      repo.urgent = true;
    repo.journal.push_back({std::move(moment), std::move(result.transitions)});
    repo.work = std::make_shared<const Record>(std::move(record));
    if (repo.journal.size() > CoreLimits::kJournal) {
      // Too much happened since the last write for all of it to be told again after a conflict: what is lost is
      // observed again then. The transitions stay to be told.
      JournalEntry oldest = std::move(repo.journal.front());
      repo.journal.erase(repo.journal.begin());
      auto& next = repo.journal.front().transitions;
      next.insert(next.begin(), std::make_move_iterator(oldest.transitions.begin()),
                  std::make_move_iterator(oldest.transitions.end()));
      repo.journal_cut = true;
      for (Attempt& attempt : repo.attempts)
        attempt.entries -= std::min<std::size_t>(attempt.entries, 1);
    }
  }
  std::optional<Time> wake = result.wake;
  const Record* current = repo.current();
  if (current != nullptr && !runs) {
    const auto prune = baseline::PruneTime(*current);
    if (prune && (!wake || *prune < *wake)) wake = prune;
  }
  // A step that is due at once again makes no progress by itself.
  if (wake) wake = std::max(*wake, now + std::chrono::seconds(1));
  SetWake(repo, wake);
  for (const auto& [key, item] : repo.items) {
    if (!item->uses.empty() && !scheduler->Holds(item->id)) ScheduleItem(*item);
  }
  TellPods(repo);
  ConsiderWrite(repo);
}

void Core::State::ForgetUnwritten(Repo& repo) {
  repo.work.reset();
  repo.journal.clear();
  repo.journal_cut = false;
  repo.attempts.clear();
  repo.flight = Flight::kNone;
  repo.flight_id = 0;
  repo.refreshing = false;
  StopAwaiting(repo);
  repo.urgent = false;
  repo.answered = false;
  repo.last_write.reset();
  repo.not_before.reset();
  repo.write_failures = 0;
  repo.queued.reset();
  repo.wake.reset();
  repo.history_asked.reset();
  repo.told.clear();
  repo.told_more.clear();
  repo.more_due.reset();
  repo.limited = false;
  repo.discarded = false;
  repo.first_seen.reset();
  std::vector<Item*> idle;
  for (auto& [key, item] : repo.items) {
    item->failures = 0;
    item->judged = false;
    if (item->uses.empty()) idle.push_back(item.get());
  }
  for (Item* item : idle) {
    items.erase(item->id);
    repo.items.erase(item->key);
  }
}

// The first look at a repository by a new leader.
void Core::State::Adopt(Repo& repo) {
  if (!repo.first_seen) repo.first_seen = WholeSeconds(now);
  if (repo.stored && !api::IsUsable(*repo.stored)) {
    Log(LogLevel::kError,
        "NameCollision: the SigningBaseline is about another repository and is not used",
        {{"name", repo.name},
         {"repository", repo.key},
         {"object_repository", repo.stored->repository()}});
    return;
  }
  RememberTold(repo);
  for (auto& [key, item] : repo.items) ScheduleItem(*item);
  ScheduleLeftovers(repo);
  MarkForStep(repo);
}

void Core::State::Rebase(Repo& repo, std::shared_ptr<const api::SigningBaseline> object) {
  const bool same = repo.stored && repo.stored->record == object->record;
  repo.stored = std::move(object);
  if (same && repo.journal.empty()) {
    if (repo.work) MarkForStep(repo);
    return;
  }
  // A status that we sent and never heard of again.
  for (const Attempt& attempt : repo.attempts) {
    if (!(attempt.object->record == repo.stored->record)) continue;
    const std::size_t entries = attempt.entries;
    OnStored(repo, *repo.stored, entries);
    return;
  }
  std::vector<JournalEntry> journal = std::move(repo.journal);
  repo.journal.clear();
  repo.attempts.clear();
  repo.work.reset();
  if (!same) {
    ++conflicts;
    Log(LogLevel::kInfo, "the SigningBaseline was changed by somebody else; judging again",
        {{"repository", repo.key}, {"resource_version", repo.stored->meta.resource_version}});
    if (repo.journal_cut) {
      for (auto& [key, item] : repo.items) {
        item->judged = false;
        scheduler->Schedule(
            item->id, now, Urgency::kPending, repo.host,
            item->uses.empty() ? std::string() : item->uses.front().pod->name_space.str());
      }
    }
  }
  Record record = BaseOf(repo);
  const baseline::Settings with = SettingsFor(repo.key);
  for (JournalEntry& entry : journal) {
    baseline::StepResult result = baseline::Step(record, policy_set, with, entry.moment);
    record = Finished(repo, std::move(result.record), record);
    if (std::any_of(result.transitions.begin(), result.transitions.end(), IsUrgent))
      repo.urgent = true;
    repo.journal.push_back({std::move(entry.moment), std::move(result.transitions)});
  }
  if (!(record == repo.stored->record))
    repo.work = std::make_shared<const Record>(std::move(record));
  MarkForStep(repo);
}

void Core::State::On(const BaselineChanged& input) {
  const api::SigningBaseline& object = input.object;
  auto key = object.repository();
  // The repository whose name this is, if it is another one.
  if (const auto holder = repo_of_name.find(object.meta.name); holder != repo_of_name.end())
    key = holder->second;
  auto& slot = repos[key];
  if (!slot) {
    slot = std::make_unique<Repo>();
    slot->key = key;
    slot->host = key.substr(0, key.find('/'));
    slot->name = object.meta.name;
    repo_of_name[slot->name] = key;
  }
  Repo& repo = *slot;
  const bool refreshing = std::exchange(repo.refreshing, false);
  if (refreshing) StopAwaiting(repo);
  if (repo.stored) {
    // Older also when it is another object: the answer to a read may be overtaken by what the watch brings.
    const std::string& ours = repo.stored->meta.resource_version;
    const bool older = IsOlder(object.meta.resource_version, ours).value_or(false);
    const bool same = repo.stored->meta.uid == object.meta.uid;
    if (older || (same && object.meta.resource_version == ours)) {
      if (refreshing) ConsiderWrite(repo);
      return;
    }
  }
  auto next = std::make_shared<const api::SigningBaseline>(object);
  const bool replaced = repo.stored && repo.stored->meta.uid != object.meta.uid;
  if (!active()) {
    repo.stored = std::move(next);
    return;
  }
  if (!repo.stored) ++baselines;
  // Our own write may be what we see; its answer is on its way and says more. There is none to compare with when
  // somebody changed the object since, and it has been computed again on that.
  const bool ours_may_be_seen =
      repo.flight == Flight::kWrite && !refreshing && !repo.attempts.empty();
  if (ours_may_be_seen && repo.attempts.back().object->record == object.record) return;
  if (replaced) {
    // Deleted and made again while we did not look: trust was discarded in between.
    Discarded(repo, *repo.stored);
  }
  const bool first = !repo.stored;
  Rebase(repo, std::move(next));
  if (replaced && !IsBlank(repo.stored->record) && std::exchange(repo.discarded, false)) {
    // Restored with its status: there is nothing to learn anew, and still it is told.
    Emit(true, "TrustDiscarded", api::TrustDiscardedNote(repo.key), BaselineObject(repo));
  }
  if (first || replaced) Adopt(repo);
}

void Core::State::On(const BaselineGone& input) {
  const auto holder = repo_of_name.find(input.name);
  if (holder == repo_of_name.end()) return;
  const std::string key = holder->second;
  const auto found = repos.find(key);
  if (found == repos.end()) return;
  Repo& repo = *found->second;
  if (std::exchange(repo.refreshing, false)) StopAwaiting(repo);
  // The one that is known came after the one that is gone.
  if (!repo.stored || repo.stored->meta.uid != input.uid) {
    if (active()) ConsiderWrite(repo);
    return;
  }
  const std::shared_ptr<const api::SigningBaseline> last = repo.stored;
  if (!active()) {
    repo.stored.reset();
    DropRepoIfIdle(key);
    return;
  }
  if (repo.flight == Flight::kDelete) return;  // ours: its answer tells
  --baselines;
  const bool own = baseline::IsPrunable(last->record, now) || !api::IsUsable(*last);
  if (!own) Discarded(repo, *last);
  repo.stored.reset();
  if (own) {
    ForgetUnwritten(repo);
    SetWake(repo, std::nullopt);
    Unqueue(repo);
    repo.first_seen = WholeSeconds(now);
  }
  MarkForStep(repo);
  for (auto& [item_key, item] : repo.items) ScheduleItem(*item);
}

// Somebody else deleted what was trusted. It is told of the new object, when there will be one.
void Core::State::Discarded(Repo& repo, const api::SigningBaseline& last) {
  ++trust_discarded;
  Log(LogLevel::kWarn, "TrustDiscarded: the SigningBaseline was deleted by somebody else",
      {{"repository", repo.key}, {"name", repo.name}, {"reason", last.meta.discard_trust}});
  if (repo.flight != Flight::kNone) flights.erase(repo.flight_id);
  Unqueue(repo);
  SetWake(repo, std::nullopt);
  const std::optional<Time> first_seen = WholeSeconds(now);
  ForgetUnwritten(repo);
  repo.first_seen = first_seen;
  repo.discarded = true;
  if (!repo.Runs()) {
    Emit(true, "TrustDiscarded", api::TrustDiscardedNote(repo.key),
         {false, "", last.meta.name, last.meta.uid, ""});
    repo.discarded = false;
  }
}

}  // namespace plimsoll::controller
