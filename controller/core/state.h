// The core's state, and the parts that change it. Private to controller/core.
//
// One `State` object; its member functions are grouped by what they are about, each group in its own file:
// pods.cc, observing.cc, keeping.cc, writing.cc, telling.cc, policies.cc, view.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/token_bucket.h"
#include "baseline/fleet.h"
#include "baseline/life.h"
#include "baseline/policy.h"
#include "controller/core/core.h"
#include "controller/core/io.h"
#include "controller/core/running_images.h"
#include "controller/core/scheduler.h"

namespace plimsoll::controller {

struct Repo;

// One container or image volume that runs an image.
struct Use {
  std::shared_ptr<const api::Pod> pod;
  std::string field_path;
  std::string container;
  Time since{};     // when the image could first run there
  std::string tag;  // what the spec names instead of a digest; empty: a digest
  std::string image_id;
  std::string spec_image;
};

// One digest of a repository, or one tag that an image volume names.
struct Item {
  Scheduler::Id id = 0;
  Repo* repo = nullptr;
  std::string key;     // in Repo::items: the digest, or "tag:" and the tag
  std::string digest;  // what runs; of a tag: what it resolved to last, or empty
  bool by_volume_tag = false;
  Reason unjudged;  // nobody is asked: NoManifestDigest
  std::vector<Use> uses;
  std::uint32_t failures = 0;  // since the last complete observation
  bool judged = false;         // a complete observation since this leader leads
};

struct JournalEntry {
  baseline::Moment moment;
  std::vector<baseline::Transition> transitions;
};

// A status that was sent, and may have been stored.
struct Attempt {
  std::shared_ptr<const api::SigningBaseline> object;
  std::size_t entries = 0;  // of the journal, that it contains
};

enum class Flight : std::uint8_t { kNone, kCreate, kWrite, kDelete };

struct Repo {
  std::string key;
  std::string host;
  std::string name;  // of its SigningBaseline
  std::map<std::string, std::unique_ptr<Item>> items;
  // Digests of ended Pods that were judged before, or of Pods that went before they could be noted.
  std::vector<baseline::RunningDigest> seen;

  std::shared_ptr<const api::SigningBaseline> stored;  // null: none, as far as we know
  std::shared_ptr<const baseline::Record> work;        // when it differs from what is stored
  std::vector<JournalEntry> journal;                   // the steps from what is stored to `work`
  bool journal_cut = false;
  std::optional<Time> first_seen;
  bool discarded = false;  // its baseline was deleted by somebody

  Flight flight = Flight::kNone;
  std::uint64_t flight_id = 0;
  std::vector<Attempt> attempts;
  bool refreshing = false;        // it is being read again
  std::optional<Time> reply_due;  // when the answer to either counts as lost
  bool urgent = false;
  bool answered = false;  // an observation came back since this leader leads
  std::optional<Time> last_write;
  std::optional<Time> not_before;  // back-off of writes
  std::uint32_t write_failures = 0;
  std::optional<std::tuple<int, Time, std::string>> queued;  // its place in State::writes

  std::optional<Time> wake;  // its place in State::wakes
  std::optional<Time> history_asked;
  std::map<std::string, std::set<std::string>> told;  // entry -> uids of Pods that got an Event
  std::set<std::string> told_more;
  std::optional<Time> more_due;  // when the Pods beyond the bound are counted and told
  bool limited = false;

  // Of the last results, for messages.
  std::string credential;
  std::string failure;
  std::string unknown_authority;
  baseline::LogTrouble log_trouble = baseline::LogTrouble::kNone;

  const baseline::Record* current() const {
    if (work) return work.get();
    return stored ? &stored->record : nullptr;
  }
  // The same, to be kept: what is known later is another one.
  std::shared_ptr<const baseline::Record> Snapshot() const {
    if (work) return work;
    if (!stored) return nullptr;
    return {stored, &stored->record};
  }
  bool Runs() const {
    for (const auto& [item_key, item] : items) {
      if (!item->uses.empty()) return true;
    }
    return false;
  }
};

struct PodEntry {
  std::shared_ptr<const api::Pod> pod;
  std::vector<Item*> items;
  std::uint32_t unjudged = 0;
};

struct PolicyEntry {
  api::SigningPolicyObject object;
  std::uint64_t flight_id = 0;
  std::optional<Time> not_before;
};

// A request that is out, and the item that it is about.
struct Asked {
  Scheduler::Id item = 0;
  Time lost_after{};
  bool history = false;
};

struct Core::State {
  explicit State(CoreSettings given);

  // core.cc
  void Take(const Input& input);
  void Work();
  std::optional<Time> NextWake() const;
  bool active() const { return leading && synced.size() == 4; }
  void StartLeading();
  void StopLeading();
  void OnClockBack();
  double Random();                                // [0, 1)
  Duration Jittered(Duration base, double part);  // base +- part
  void Log(LogLevel level, std::string message,
           std::vector<std::pair<std::string, std::string>> fields);

  // pods.cc
  void On(const PodChanged& input);
  void On(const PodGone& input);
  void On(const PlatformsChanged& input);
  void RemoveUses(PodEntry& entry);
  Repo& RepoFor(const RunningImage& image);
  Item& ItemFor(Repo& repo, const RunningImage& image);
  void DropEndedUses(Item& item);
  void AddSeen(Repo& repo, const std::string& digest, Time created, bool by_tag);
  bool IsWanted(const Repo& repo, const std::string& digest) const;
  void DropItemIfIdle(Item& item);
  void DropRepoIfIdle(const std::string& key);
  bool WasJudged(const Repo& repo, const std::string& digest) const;
  Time SinceWhen(const PodEntry* before, const api::Pod& pod, const RunningImage& image) const;

  // observing.cc
  void On(const Observed& input);
  void ScheduleItem(Item& item);
  void ScheduleLeftovers(Repo& repo);
  void IssueObservations();
  void GiveUpLost();
  ObserveRequest RequestFor(Item& item);
  std::optional<PodCredential> CredentialFor(const Item& item) const;
  bool WantsHistory(const Repo& repo) const;

  // keeping.cc
  void On(const BaselineChanged& input);
  void On(const BaselineGone& input);
  void Adopt(Repo& repo);
  void MarkForStep(Repo& repo) {
    if (restep.insert(repo.key).second) restep_order.push_back(repo.key);
  }
  void StepRepo(Repo& repo, std::vector<baseline::Observation> observations,
                std::optional<baseline::HistoryResult> history);
  std::vector<baseline::RunningDigest> RunningOf(const Repo& repo) const;
  baseline::Record BaseOf(const Repo& repo) const;
  baseline::Record Finished(const Repo& repo, baseline::Record record,
                            const baseline::Record& before) const;
  void Rebase(Repo& repo, std::shared_ptr<const api::SigningBaseline> object);
  void Discarded(Repo& repo, const api::SigningBaseline& last);
  void SetWake(Repo& repo, std::optional<Time> when);
  void ForgetUnwritten(Repo& repo);
  baseline::Settings SettingsFor(const std::string& repository) const;
  void NoteUnverifiable(Repo& repo, const baseline::Observation& observation);

  // writing.cc
  void On(const WriteDone& input);
  void ConsiderWrite(Repo& repo);
  void Queue(Repo& repo, int urgency, Time due);
  void Unqueue(Repo& repo);
  void Await(Repo& repo, Duration within);
  void StopAwaiting(Repo& repo);
  void ReadAgain(Repo& repo);
  void OnReplyLost(Repo& repo);
  void IssueWrites();
  void SendCreate(Repo& repo);
  void SendStatus(Repo& repo);
  void SendDelete(Repo& repo);
  void OnStored(Repo& repo, const api::SigningBaseline& object, std::size_t entries);
  void OnWriteFailed(Repo& repo, const WriteDone& input, Flight flight);
  const Use* FirstUse(const Repo& repo) const;
  bool MayCreate(Repo& repo);
  bool MayPrune(const Repo& repo) const;

  // telling.cc
  void Tell(Repo& repo, const baseline::Transition& transition);
  void TellPods(Repo& repo);
  void RememberTold(Repo& repo);
  EventObject BaselineObject(const Repo& repo) const;
  std::optional<EventObject> FirstPod(const Repo& repo, const std::string& digest) const;
  void Emit(bool warning, std::string_view reason, std::string note, EventObject regarding,
            std::optional<EventObject> related = std::nullopt);

  // policies.cc
  void On(const PolicyChanged& input);
  void On(const PolicyGone& input);
  void RebuildPolicies();
  void UpdatePolicyStatuses();
  bool OnPolicyWritten(const WriteDone& input);

  const CoreSettings settings;
  Time now{};
  bool leading = false;
  std::set<Collection> synced;
  std::uint64_t next_id = 1;
  std::uint64_t random_state;
  std::vector<Action> actions;

  std::unordered_map<std::string, PodEntry> pods;  // by uid
  Platforms platforms = std::make_shared<const std::vector<std::string>>();
  std::map<std::string, std::unique_ptr<Repo>> repos;
  std::unordered_map<std::string, std::string> repo_of_name;  // SigningBaseline -> repository
  std::unordered_map<Scheduler::Id, Item*> items;
  std::unique_ptr<Scheduler> scheduler;
  std::unordered_map<std::uint64_t, Asked> asked;          // by ObserveRequest::id
  std::set<std::pair<Time, std::uint64_t>> asked_by_time;  // the same, by lost_after
  std::set<std::pair<Time, std::string>> replies;          // Repo::reply_due

  std::set<std::string> restep;  // repositories to judge in this step or soon
  std::deque<std::string> restep_order;
  std::set<std::pair<Time, std::string>> wakes;
  std::set<std::tuple<int, Time, std::string>> writes;  // urgency, due, repository
  TokenBucket write_bucket;
  std::unordered_map<std::uint64_t, std::string> flights;  // write -> repository
  baseline::BaselineBudget budget;
  std::size_t baselines = 0;  // objects that exist

  std::map<std::string, PolicyEntry> policies;
  baseline::PolicySet policy_set;
  bool policies_changed = false;
  std::optional<Time> policy_statuses_due;
  std::unordered_map<std::uint64_t, std::string> policy_flights;

  std::vector<baseline::TurnedUnverifiable> turned;
  std::map<std::string, std::string> spiking;  // repository -> cause

  std::uint64_t trust_discarded = 0;
  std::uint64_t limit_refusals = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t unjudged_uses = 0;
};

}  // namespace plimsoll::controller
