// Events: what became true, told once, to the baseline and to the Pods that show it.
#include <algorithm>
#include <utility>

#include "api/names.h"
#include "api/texts.h"
#include "baseline/derive.h"
#include "controller/core/state.h"

namespace plimsoll::controller {
namespace {

using baseline::DriftRecord;
using baseline::Record;

bool Shows(const Record& record, const DriftRecord& drift, const std::string& digest) {
  if (const auto* image = baseline::FindImage(record, digest))
    return image->drift == drift.fingerprint;
  if (const auto* image = baseline::FindRemembered(record, digest))
    return image->drift == drift.fingerprint;
  return false;
}

EventObject PodObject(const Use& use) {
  return {true, use.pod->name_space.str(), use.pod->name, use.pod->uid, use.field_path};
}

}  // namespace

void Core::State::Emit(bool warning, std::string_view reason, std::string note,
                       EventObject regarding, std::optional<EventObject> related) {
  actions.emplace_back(EmitEvent{warning, std::string(reason), std::move(note),
                                 std::move(regarding), std::move(related)});
}

EventObject Core::State::BaselineObject(const Repo& repo) const {
  return {false, "", repo.name, repo.stored ? repo.stored->meta.uid : std::string(), ""};
}

// The Pod that was created first, of those that run the digest.
std::optional<EventObject> Core::State::FirstPod(const Repo& repo,
                                                 const std::string& digest) const {
  const Use* first = nullptr;
  for (const auto& [key, item] : repo.items) {
    if (item->digest != digest) continue;
    for (const Use& use : item->uses) {
      if (first == nullptr || std::pair(use.pod->created, use.pod->uid) <
                                  std::pair(first->pod->created, first->pod->uid)) {
        first = &use;
      }
    }
  }
  if (first == nullptr) return std::nullopt;
  return PodObject(*first);
}

void Core::State::Tell(Repo& repo, const baseline::Transition& transition) {
  if (!transition.pages || repo.current() == nullptr) return;
  const std::string reason(baseline::EventReason(transition));
  if (reason.empty()) return;
  const bool opens = transition.what == baseline::TransitionKind::kDriftOpened ||
                     transition.what == baseline::TransitionKind::kDriftJoined;
  std::optional<EventObject> pod = FirstPod(repo, transition.digest);
  std::optional<api::PodName> pod_name;
  if (pod) pod_name = api::PodName{pod->name_space, pod->name};
  api::TextContext context;
  context.durations = settings.durations;
  context.failure = repo.failure;
  std::string note = api::BaselineNote(*repo.current(), transition, context, pod_name);
  if (note.empty()) return;
  // What somebody should look at, drift or not.
  const bool warning = opens || transition.what == baseline::TransitionKind::kObservationFailing;
  Log(warning ? LogLevel::kWarn : LogLevel::kInfo, reason,
      {{"repository", repo.key},
       {"severity",
        transition.severity ? std::string(baseline::ToText(*transition.severity)) : std::string()},
       {"digest", transition.digest},
       {"fingerprint", transition.fingerprint}});
  if (pod) pod->field_path.clear();
  Emit(warning, reason, std::move(note), BaselineObject(repo), std::move(pod));
}

// Every Pod that shows an open drift gets one Event, 20 of them for one drift; the rest is counted in one more.
// Only what is stored is told.
void Core::State::TellPods(Repo& repo) {
  if (!repo.stored || repo.current() == nullptr) return;
  const Record& record = *repo.current();
  bool told_some = false;
  for (const DriftRecord& stored : repo.stored->record.drift) {
    const DriftRecord* drift = baseline::FindDrift(record, stored.fingerprint);
    if (drift == nullptr || drift->ended_time || stored.ended_time) continue;
    std::set<std::string>& told = repo.told[drift->fingerprint];
    std::size_t left_out = 0;
    for (const auto& [key, item] : repo.items) {
      if (item->uses.empty() || !Shows(repo.stored->record, stored, item->digest)) continue;
      for (const Use& use : item->uses) {
        if (told.contains(use.pod->uid)) continue;
        if (told.size() >= static_cast<std::size_t>(baseline::RecordLimits::kPodEvents)) {
          ++left_out;
          continue;
        }
        told.insert(use.pod->uid);
        told_some = true;
        Emit(true, baseline::ToText(drift->kind),
             api::PodNote(record, *drift, item->digest, use.container), PodObject(use),
             BaselineObject(repo));
      }
    }
    if (left_out == 0 || repo.told_more.contains(drift->fingerprint)) continue;
    // A little later, when the count is worth telling.
    if (!repo.more_due) repo.more_due = now + CoreLimits::kCountPodsAfter;
    if (now < *repo.more_due) {
      if (!repo.wake || *repo.more_due < *repo.wake) SetWake(repo, repo.more_due);
      continue;
    }
    repo.told_more.insert(drift->fingerprint);
    repo.more_due.reset();
    Emit(true, baseline::ToText(drift->kind), api::MorePodsNote(record, *drift, left_out),
         BaselineObject(repo));
  }
  std::erase_if(repo.told, [&](const auto& entry) {
    return baseline::FindDrift(record, entry.first) == nullptr;
  });
  if (!told_some) return;
  Record counted = Finished(repo, record, record);
  if (!(counted == repo.stored->record))
    repo.work = std::make_shared<const Record>(std::move(counted));
  ConsiderWrite(repo);
}

// After a change of leader: a drift of which Pods were told is not told again to those that run now. One of which
// nobody was told is told now: the leader before may have stopped between the write and the Event.
void Core::State::RememberTold(Repo& repo) {
  if (!repo.stored) return;
  const Record& record = repo.stored->record;
  for (const DriftRecord& drift : record.drift) {
    if (drift.ended_time) continue;
    std::set<std::string> uids;
    std::string digest;
    for (const auto& [key, item] : repo.items) {
      if (item->uses.empty() || !Shows(record, drift, item->digest)) continue;
      digest = item->digest;
      for (const Use& use : item->uses) uids.insert(use.pod->uid);
    }
    if (drift.pod_events > 0) {
      while (uids.size() > static_cast<std::size_t>(baseline::RecordLimits::kPodEvents)) {
        uids.erase(std::prev(uids.end()));
      }
      if (uids.size() == static_cast<std::size_t>(baseline::RecordLimits::kPodEvents)) {
        repo.told_more.insert(drift.fingerprint);
      }
      // As many as were told then count, also those that are gone.
      for (std::uint32_t gone = 0; uids.size() < drift.pod_events; ++gone) {
        uids.insert("gone-" + std::to_string(gone));
      }
      repo.told[drift.fingerprint] = std::move(uids);
    } else if (!digest.empty()) {
      baseline::Transition opened;
      opened.what = baseline::TransitionKind::kDriftOpened;
      opened.kind = drift.kind;
      opened.severity = drift.severity;
      opened.digest = drift.digests.empty() ? digest : drift.digests.front().digest;
      opened.fingerprint = api::OfferedFingerprint(drift);
      opened.entry = drift.fingerprint;
      opened.opened_time = drift.opened_time;
      Tell(repo, opened);
    }
  }
}

}  // namespace plimsoll::controller
