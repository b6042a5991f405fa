// Writes: when an object may be written, in which order, and what their outcomes mean.
#include <algorithm>
#include <utility>

#include "api/names.h"
#include "api/texts.h"
#include "controller/core/state.h"

namespace plimsoll::controller {
namespace {

// Places in the queue: drift first, then what makes repositories visible, then all else.
constexpr int kDriftFirst = 0;
constexpr int kCreateNext = 1;
constexpr int kAllElse = 2;

constexpr double kJitter = 0.2;

// Whether `work` says no more than `stored`, but for the times that tell only that everything is as it was, and whoever
// of several trusted signers was seen last.
bool OnlyRefreshes(const baseline::Record& work, const baseline::Record& stored) {
  if (work.conditions != stored.conditions || work.drift != stored.drift ||
      work.images.size() != stored.images.size() || work.signers.size() != stored.signers.size()) {
    return false;
  }
  baseline::Record record = work;
  record.last_observed_time = stored.last_observed_time;
  record.signer = stored.signer;
  record.issuer = stored.issuer;
  for (std::size_t i = 0; i < record.images.size(); ++i) {
    record.images[i].judged_time = stored.images[i].judged_time;
  }
  for (std::size_t i = 0; i < record.signers.size(); ++i) {
    const baseline::SignerRecord& other = stored.signers[i];
    if (record.signers[i].id != other.id) return false;
    record.signers[i].last_observed_time = other.last_observed_time;
    // One id is one canonical tuple, whatever tag it was seen with last.
    record.signers[i].signer.identity = other.signer.identity;
    record.signers[i].signer.build_config_uri = other.signer.build_config_uri;
  }
  return record == stored;
}

Duration WriteBackOff(std::uint32_t failures) {
  Duration wait = CoreLimits::kWriteBackOffFirst;
  for (std::uint32_t i = 1; i < failures && wait < CoreLimits::kWriteBackOffMost; ++i) wait *= 2;
  return std::min<Duration>(wait, CoreLimits::kWriteBackOffMost);
}

}  // namespace

void Core::State::Unqueue(Repo& repo) {
  if (repo.queued) writes.erase(*repo.queued);
  repo.queued.reset();
}

void Core::State::Queue(Repo& repo, int urgency, Time due) {
  Unqueue(repo);
  if (repo.not_before) due = std::max(due, *repo.not_before);
  repo.queued = std::tuple(urgency, due, repo.key);
  writes.insert(*repo.queued);
}

bool Core::State::MayPrune(const Repo& repo) const {
  return repo.stored && !repo.Runs() && repo.journal.empty() &&
         baseline::IsPrunable(repo.stored->record, now);
}

// Puts the repository into the queue of writes, if there is something to write.
void Core::State::ConsiderWrite(Repo& repo) {
  if (!active() || repo.flight != Flight::kNone || repo.refreshing) return;
  if (!repo.stored) {
    if (repo.work && repo.Runs()) {
      Queue(repo, kCreateNext, now);
    } else {
      Unqueue(repo);
    }
    return;
  }
  if (!api::IsUsable(*repo.stored)) return;
  if (MayPrune(repo)) {
    Queue(repo, kAllElse, now);
    return;
  }
  if (!repo.work || *repo.work == repo.stored->record) {
    Unqueue(repo);
    return;
  }
  if (repo.urgent) {
    Queue(repo, kDriftFirst, now);
    return;
  }
  Time due = now;
  if (repo.last_write) {
    due = *repo.last_write + CoreLimits::kWriteEvery;
  } else if (repo.stored->record.conditions.empty() && !repo.answered) {
    due = std::max(now, repo.stored->meta.created + CoreLimits::kFirstStatusWithin);
  }
  if (OnlyRefreshes(*repo.work, repo.stored->record) && repo.stored->record.last_observed_time) {
    // One write for all of them, however many images there are and whenever each was looked at.
    const Time refreshed = repo.last_write.value_or(*repo.stored->record.last_observed_time);
    due = std::max(due, refreshed + baseline::FixedDurations::kRefresh);
  }
  Queue(repo, kAllElse, due);
}

void Core::State::StopAwaiting(Repo& repo) {
  if (repo.reply_due) replies.erase({*repo.reply_due, repo.key});
  repo.reply_due.reset();
}

void Core::State::Await(Repo& repo, Duration within) {
  StopAwaiting(repo);
  repo.reply_due = now + within;
  replies.insert({*repo.reply_due, repo.key});
}

// What is stored decides.
void Core::State::ReadAgain(Repo& repo) {
  repo.refreshing = true;
  Await(repo, CoreLimits::kWriteLost);
  actions.emplace_back(
      ReadBaseline{repo.name, repo.stored ? repo.stored->meta.uid : std::string()});
}

// The outcome of a write, or the answer to a read, never came.
void Core::State::OnReplyLost(Repo& repo) {
  if (repo.flight != Flight::kNone) {
    flights.erase(repo.flight_id);
    repo.flight = Flight::kNone;
    repo.flight_id = 0;
  }
  ReadAgain(repo);
}

// The Pod that brought the repository: created first, of those that run one of its images.
const Use* Core::State::FirstUse(const Repo& repo) const {
  const Use* first = nullptr;
  for (const auto& [key, item] : repo.items) {
    for (const Use& use : item->uses) {
      if (first == nullptr || use.since < first->since) first = &use;
    }
  }
  return first;
}

bool Core::State::MayCreate(Repo& repo) {
  const Use* first = FirstUse(repo);
  if (first == nullptr) return false;
  const std::string name_space = first->pod->name_space.str();
  if (budget.Allows(name_space, baselines, now)) {
    repo.limited = false;
    return true;
  }
  ++limit_refusals;
  if (std::exchange(repo.limited, true)) return false;
  const std::string why =
      baselines >= baseline::BaselineBudget::kTotal
          ? "there are " + std::to_string(baselines) + " already, and none is given up to make room"
          : "namespace " + name_space + " has brought " +
                std::to_string(baseline::BaselineBudget::kPerNamespaceADay) +
                " new ones within a day";
  Log(LogLevel::kWarn, "BaselineLimit: a repository gets no baseline",
      {{"repository", repo.key}, {"namespace", name_space}, {"why", why}});
  Emit(true, "BaselineLimit", api::LimitNote(repo.key, why),
       {true, name_space, first->pod->name, first->pod->uid, first->field_path});
  return false;
}

void Core::State::SendCreate(Repo& repo) {
  budget.Created(FirstUse(repo)->pod->name_space.view(), now);
  repo.flight = Flight::kCreate;
  repo.flight_id = next_id++;
  flights[repo.flight_id] = repo.key;
  Await(repo, CoreLimits::kWriteLost);
  actions.emplace_back(CreateBaseline{repo.flight_id, repo.key});
}

void Core::State::SendStatus(Repo& repo) {
  auto object = std::make_shared<api::SigningBaseline>();
  object->meta = repo.stored->meta;
  object->record = *repo.work;
  repo.flight = Flight::kWrite;
  repo.flight_id = next_id++;
  flights[repo.flight_id] = repo.key;
  if (repo.attempts.size() == CoreLimits::kAttempts) repo.attempts.erase(repo.attempts.begin());
  repo.attempts.push_back({object, repo.journal.size()});
  Await(repo, CoreLimits::kWriteLost);
  actions.emplace_back(WriteBaseline{repo.flight_id, std::move(object), repo.urgent});
  repo.urgent = false;
}

void Core::State::SendDelete(Repo& repo) {
  repo.flight = Flight::kDelete;
  repo.flight_id = next_id++;
  flights[repo.flight_id] = repo.key;
  const api::ObjectMeta& meta = repo.stored->meta;
  Await(repo, CoreLimits::kWriteLost);
  actions.emplace_back(DeleteBaseline{repo.flight_id, meta.name, meta.uid, meta.resource_version});
}

void Core::State::IssueWrites() {
  for (int urgency = kDriftFirst; urgency <= kAllElse; ++urgency) {
    while (true) {
      const auto first = writes.lower_bound({urgency, Time::min(), std::string()});
      if (first == writes.end() || std::get<0>(*first) != urgency || std::get<1>(*first) > now)
        break;
      const auto found = repos.find(std::get<2>(*first));
      if (found == repos.end()) {
        writes.erase(first);
        continue;
      }
      Repo& repo = *found->second;
      const bool creates = !repo.stored;
      if (creates && !MayCreate(repo)) {
        repo.not_before = now + CoreLimits::kLimitAgain;
        Queue(repo, kCreateNext, now);
        continue;
      }
      if (!write_bucket.TryTake(now)) return;
      Unqueue(repo);
      if (creates) {
        SendCreate(repo);
      } else if (MayPrune(repo)) {
        SendDelete(repo);
      } else if (repo.work) {
        SendStatus(repo);
      }
    }
  }
}

// What was sent is stored: the part of the journal that it contains has become true, and is told.
void Core::State::OnStored(Repo& repo, const api::SigningBaseline& object, std::size_t entries) {
  auto stored = std::make_shared<api::SigningBaseline>(object);
  repo.stored = std::move(stored);
  std::vector<baseline::Transition> told;
  entries = std::min(entries, repo.journal.size());
  for (std::size_t i = 0; i < entries; ++i) {
    for (auto& transition : repo.journal[i].transitions) told.push_back(std::move(transition));
  }
  repo.journal.erase(repo.journal.begin(),
                     repo.journal.begin() + static_cast<std::ptrdiff_t>(entries));
  repo.attempts.clear();
  repo.last_write = now;
  repo.write_failures = 0;
  repo.not_before.reset();
  if (std::exchange(repo.discarded, false)) {
    Emit(true, "TrustDiscarded", api::TrustDiscardedNote(repo.key), BaselineObject(repo));
  }
  if (repo.journal.empty()) {
    repo.journal_cut = false;
    if (repo.work && *repo.work == repo.stored->record) repo.work.reset();
  } else {
    repo.urgent = repo.urgent || repo.work != nullptr;
  }
  for (const baseline::Transition& transition : told) Tell(repo, transition);
  TellPods(repo);
  ConsiderWrite(repo);
}

void Core::State::OnWriteFailed(Repo& repo, const WriteDone& input, Flight flight) {
  if (input.outcome == WriteOutcome::kConflict || input.outcome == WriteOutcome::kNotFound) {
    // What is stored decides. The attempts are kept: one of them may be what is stored.
    ReadAgain(repo);
    return;
  }
  ++repo.write_failures;
  Duration wait = Jittered(WriteBackOff(repo.write_failures), kJitter);
  if (input.outcome == WriteOutcome::kRefused) {
    wait = CoreLimits::kRefusedAgain;
    Log(LogLevel::kError, "the API server refuses a SigningBaseline",
        {{"repository", repo.key}, {"error", input.message}});
  } else {
    Log(LogLevel::kWarn, "a SigningBaseline could not be written",
        {{"repository", repo.key}, {"error", input.message}});
  }
  repo.not_before = now + wait;
  if (flight == Flight::kWrite) repo.urgent = true;
  ConsiderWrite(repo);
}

void Core::State::On(const WriteDone& input) {
  if (OnPolicyWritten(input)) return;
  const auto flight_of = flights.find(input.id);
  if (flight_of == flights.end()) return;  // doubled, or another leader's
  const auto found = repos.find(flight_of->second);
  flights.erase(flight_of);
  if (found == repos.end() || found->second->flight_id != input.id) return;
  Repo& repo = *found->second;
  StopAwaiting(repo);
  const Flight flight = std::exchange(repo.flight, Flight::kNone);
  repo.flight_id = 0;
  if (flight == Flight::kDelete) {
    if (input.outcome != WriteOutcome::kDone && input.outcome != WriteOutcome::kNotFound) {
      OnWriteFailed(repo, input, flight);
      return;
    }
    if (repo.stored) {
      Emit(false, "BaselinePruned", api::PrunedNote(repo.stored->record), BaselineObject(repo));
      Log(LogLevel::kInfo, "an idle SigningBaseline was pruned", {{"repository", repo.key}});
      --baselines;
    }
    repo.stored.reset();
    ForgetUnwritten(repo);
    repo.first_seen = WholeSeconds(now);
    MarkForStep(repo);
    for (auto& [key, item] : repo.items) ScheduleItem(*item);
    return;
  }
  if (input.outcome != WriteOutcome::kDone || !input.object) {
    OnWriteFailed(repo, input, flight);
    return;
  }
  if (flight == Flight::kCreate) {
    repo.write_failures = 0;
    repo.not_before.reset();
    if (!repo.stored) {
      ++baselines;
      Rebase(repo, std::make_shared<const api::SigningBaseline>(*input.object));
    }
    ConsiderWrite(repo);
    return;
  }
  if (repo.attempts.empty()) {
    // Somebody changed it since, and it has been computed again on that.
    ConsiderWrite(repo);
    return;
  }
  const Attempt sent = repo.attempts.back();
  api::SigningBaseline object = *input.object;
  if (!(object.record == sent.object->record)) {
    Log(LogLevel::kError,
        "the API server stored another status than was sent: is its SigningBaseline definition "
        "older?",
        {{"repository", repo.key}});
    // What we believe to be stored is what we sent; else every step would write it again.
    object.record = sent.object->record;
  }
  OnStored(repo, object, sent.entries);
}

}  // namespace plimsoll::controller
