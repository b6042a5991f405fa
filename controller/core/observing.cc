// What is looked at, when, and what comes back.
#include <algorithm>

#include "controller/core/state.h"
#include "oci/reference.h"

namespace plimsoll::controller {
namespace {

using baseline::Attention;
using baseline::Posture;

constexpr double kRecheckJitter = 0.2;
constexpr double kBackOffJitter = 0.2;

Urgency UrgencyOf(Attention attention) {
  switch (attention) {
    case Attention::kNew:
      return Urgency::kNew;
    case Attention::kPending:
      return Urgency::kPending;
    case Attention::kDrift:
    case Attention::kRegular:
      break;
  }
  return Urgency::kRecheck;
}

Duration BackOff(std::uint32_t failures) {
  Duration wait = CoreLimits::kBackOffFirst;
  for (std::uint32_t i = 1; i < failures && wait < CoreLimits::kBackOffMost; ++i) wait *= 2;
  return std::min<Duration>(wait, CoreLimits::kBackOffMost);
}

}  // namespace

// When the item is due, from what is known of it. Called for an item that is new, or after a change of leader.
void Core::State::ScheduleItem(Item& item) {
  const Repo& repo = *item.repo;
  if (!item.unjudged.empty()) return;
  const baseline::Record* record = repo.current();
  const Attention attention = record == nullptr || item.digest.empty()
                                  ? Attention::kNew
                                  : baseline::AttentionOf(*record, item.digest);
  const std::string name_space =
      item.uses.empty() ? std::string() : item.uses.front().pod->name_space.str();
  Time due = now;
  const baseline::ImageRecord* image =
      record == nullptr ? nullptr : baseline::FindImage(*record, item.digest);
  if (attention != Attention::kNew && image != nullptr && image->judged_time) {
    const Duration interval = baseline::RecheckAfter(attention, SettingsFor(repo.key));
    const Duration wait =
        attention == Attention::kRegular ? Jittered(interval, kRecheckJitter) : interval;
    // Neither before its time nor, after a jump of the clock, long after it.
    due = std::clamp(*image->judged_time + wait, now, now + wait);
  } else if (item.failures > 0) {
    due = now + Jittered(BackOff(item.failures), kBackOffJitter);
  }
  scheduler->Schedule(item.id, due, UrgencyOf(attention), repo.host, name_space);
}

// Digests that the record still wants an answer about although no Pod runs them.
void Core::State::ScheduleLeftovers(Repo& repo) {
  const baseline::Record* record = repo.current();
  if (record == nullptr) return;
  std::vector<std::string> digests;
  for (const auto& image : record->images) digests.push_back(image.digest);
  for (const auto& image : record->remembered) digests.push_back(image.digest);
  for (const std::string& digest : digests) {
    if (repo.items.contains(digest) || !IsWanted(repo, digest)) continue;
    const auto* image = baseline::FindImage(*record, digest);
    if (image != nullptr && image->unknown_reason == oci::kNoManifestDigest.text()) continue;
    RunningImage wanted;
    wanted.repository = repo.key;
    wanted.host = repo.host;
    wanted.digest = digest;
    ScheduleItem(ItemFor(repo, wanted));
  }
}

// One of the Pods that run it; each try takes the next namespace, so that one namespace's wrong secret does not
// keep the others from being judged.
std::optional<PodCredential> Core::State::CredentialFor(const Item& item) const {
  std::vector<const api::Pod*> candidates;
  for (const Use& use : item.uses) {
    if (use.pod->pull_secrets.empty()) continue;
    const bool known = std::any_of(candidates.begin(), candidates.end(), [&](const api::Pod* pod) {
      return pod->name_space == use.pod->name_space && pod->pull_secrets == use.pod->pull_secrets;
    });
    if (!known) candidates.push_back(use.pod.get());
    if (candidates.size() == 8) break;
  }
  if (candidates.empty()) return std::nullopt;
  const api::Pod& pod = *candidates[item.failures % candidates.size()];
  PodCredential credential{pod.name_space.str(), pod.name, {}};
  for (const api::Interned& secret : pod.pull_secrets)
    credential.pull_secrets.push_back(secret.str());
  return credential;
}

bool Core::State::WantsHistory(const Repo& repo) const {
  const baseline::Record* record = repo.current();
  if (repo.history_asked && now - *repo.history_asked < CoreLimits::kHistoryAgain) return false;
  // With the first signature that is seen, so that a repository with a past is Established at once.
  if (record == nullptr || !record->learning_time) return true;
  if (!record->log || !record->log->walk) return true;
  const baseline::Walk walk = *record->log->walk;
  if (walk == baseline::Walk::kPending) return true;
  const bool old =
      !record->log->walk_time || now - *record->log->walk_time >= CoreLimits::kHistoryAgain;
  if (walk != baseline::Walk::kComplete && old) return true;
  return settings.log_lane && (!record->log->lookup_time ||
                               now - *record->log->lookup_time >= CoreLimits::kHistoryAgain);
}

ObserveRequest Core::State::RequestFor(Item& item) {
  Repo& repo = *item.repo;
  ObserveRequest request;
  request.id = next_id++;
  request.repository = repo.key;
  request.digest = item.by_volume_tag ? std::string() : item.digest;
  request.platforms = platforms;
  if (!item.uses.empty()) {
    const Use& use = item.uses.front();
    request.tag = use.tag;
    request.spec_image = use.spec_image;
    request.image_id = use.image_id;
  }
  request.credential = CredentialFor(item);
  request.history = WantsHistory(repo);
  if (request.history) repo.history_asked = now;
  const baseline::Record* record = repo.current();
  if (record == nullptr) return request;
  const Attention attention = baseline::AttentionOf(*record, item.digest);
  request.urgency = UrgencyOf(attention);
  request.confirmation = attention == Attention::kPending || attention == Attention::kDrift;
  if (const auto* image = baseline::FindImage(*record, item.digest)) {
    request.index_digest = image->index_digest;
  }
  request.record = repo.Snapshot();
  return request;
}

void Core::State::IssueObservations() {
  while (const auto id = scheduler->Next(now)) {
    const auto found = items.find(*id);
    if (found == items.end()) {
      scheduler->Done(*id);
      continue;
    }
    ObserveRequest request = RequestFor(*found->second);
    const Time lost_after = now + CoreLimits::kObservationLost;
    asked[request.id] = {*id, lost_after, request.history};
    asked_by_time.insert({lost_after, request.id});
    actions.emplace_back(Observe{std::move(request)});
  }
}

// A request whose answer never came counts as a failure: the image is asked about again.
void Core::State::GiveUpLost() {
  while (!asked_by_time.empty() && asked_by_time.begin()->first <= now) {
    ObserveResult lost;
    lost.id = asked_by_time.begin()->second;
    lost.observation.reason = kTimeout.str();
    lost.message = "the look-up did not end in time";
    On(Observed{std::move(lost)});
  }
}

// For spikes: a repository that turned Unverifiable for a CA or log that is not known.
void Core::State::NoteUnverifiable(Repo& repo, const baseline::Observation& observation) {
  if (baseline::ShownPosture(observation) != Posture::kUnverifiable ||
      repo.unknown_authority.empty())
    return;
  const bool known =
      std::any_of(turned.begin(), turned.end(), [&](const baseline::TurnedUnverifiable& t) {
        return t.repository == repo.key && t.cause == repo.unknown_authority;
      });
  if (!known) turned.push_back({repo.key, now, repo.unknown_authority});
  std::erase_if(turned, [&](const baseline::TurnedUnverifiable& t) {
    return now - t.when > baseline::FixedDurations::kSpikeWindow;
  });
  for (const baseline::Spike& spike : baseline::FindSpikes(turned, repos.size(), now)) {
    for (const std::string& key : spike.repositories) {
      const auto [at, added] = spiking.insert_or_assign(key, spike.cause);
      const auto other = repos.find(key);
      if (added && other != repos.end()) MarkForStep(*other->second);
      if (added && spiking.size() == spike.repositories.size()) {
        Log(LogLevel::kWarn, "many repositories turned Unverifiable for one cause",
            {{"cause", spike.cause}, {"repositories", std::to_string(spike.repositories.size())}});
      }
    }
  }
}

void Core::State::On(const Observed& input) {
  const ObserveResult& result = input.result;
  const auto request = asked.find(result.id);
  if (!active() || request == asked.end()) return;  // late, doubled, or another leader's
  const Scheduler::Id id = request->second.item;
  const bool history_missing = request->second.history && !result.history;
  asked_by_time.erase({request->second.lost_after, result.id});
  asked.erase(request);
  scheduler->Done(id);
  const auto found = items.find(id);
  if (found == items.end()) return;
  Item& item = *found->second;
  Repo& repo = *item.repo;
  if (history_missing) repo.history_asked.reset();  // nothing signed was seen; with the next look
  baseline::Observation observation = result.observation;
  if (item.by_volume_tag) {
    if (!observation.digest.empty() && observation.digest != item.digest) {
      item.digest = observation.digest;
      MarkForStep(repo);
    }
    const bool noted = std::any_of(
        observation.notes.begin(), observation.notes.end(),
        [](const baseline::Note& n) { return n.kind == baseline::NoteKind::kDigestFromTag; });
    if (!noted) {
      observation.notes.push_back(
          {baseline::NoteKind::kDigestFromTag, "judged by what the tag resolves to"});
    }
  } else {
    observation.digest = item.digest;
  }
  const bool complete = baseline::ShownPosture(observation) != Posture::kUnknown;
  item.failures = complete ? 0 : item.failures + 1;
  item.judged = item.judged || complete;
  repo.answered = true;
  repo.failure = complete ? std::string() : result.message;
  repo.unknown_authority = result.unknown_authority;
  repo.log_trouble = result.log;
  if (complete && !result.credential.empty()) repo.credential = result.credential;
  if (complete && baseline::ShownPosture(observation) != Posture::kUnverifiable)
    spiking.erase(repo.key);
  if (!item.digest.empty()) {
    StepRepo(repo, {observation}, result.history);
    NoteUnverifiable(repo, observation);
  } else {
    ConsiderWrite(repo);
  }
  if (complete) DropEndedUses(item);
  if (item.uses.empty() && !IsWanted(repo, item.digest)) {
    DropItemIfIdle(item);
    return;
  }
  if (!complete) {
    Duration wait = Jittered(BackOff(item.failures), kBackOffJitter);
    if (result.retry_after)
      wait = std::max(wait, std::min<Duration>(*result.retry_after, std::chrono::hours(6)));
    const baseline::Record* record = repo.current();
    const Attention attention = record == nullptr || item.digest.empty()
                                    ? Attention::kNew
                                    : baseline::AttentionOf(*record, item.digest);
    // What failed waits behind what was never tried.
    const Urgency urgency = attention == Attention::kNew ? Urgency::kPending : UrgencyOf(attention);
    const std::string name_space =
        item.uses.empty() ? std::string() : item.uses.front().pod->name_space.str();
    scheduler->Schedule(item.id, now + wait, urgency, repo.host, name_space);
    return;
  }
  const baseline::Record* record = repo.current();
  const Attention attention =
      record == nullptr ? Attention::kRegular : baseline::AttentionOf(*record, item.digest);
  const Duration interval = baseline::RecheckAfter(attention, SettingsFor(repo.key));
  const Duration wait =
      attention == Attention::kRegular ? Jittered(interval, kRecheckJitter) : interval;
  const std::string name_space =
      item.uses.empty() ? std::string() : item.uses.front().pod->name_space.str();
  scheduler->Schedule(item.id, now + std::max<Duration>(wait, std::chrono::seconds(1)),
                      UrgencyOf(attention), repo.host, name_space);
}

}  // namespace plimsoll::controller
