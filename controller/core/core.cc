#include "controller/core/core.h"

#include <algorithm>
#include <utility>

#include "controller/core/state.h"

namespace plimsoll::controller {
namespace {

constexpr Duration kClockSlack = std::chrono::minutes(1);

}  // namespace

Core::State::State(CoreSettings given)
    : settings(std::move(given)),
      random_state(settings.seed * 0x9e3779b97f4a7c15u + 1),
      scheduler(std::make_unique<Scheduler>(settings.workers)),
      write_bucket(CoreLimits::kWritesPerSecond, CoreLimits::kWritesPerSecond) {}

// splitmix64 (Steele, Lea, Flood 2014): the same numbers on every platform.
double Core::State::Random() {
  random_state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = random_state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

Duration Core::State::Jittered(Duration base, double part) {
  const double factor = 1.0 - part + 2.0 * part * Random();
  return Duration(static_cast<Duration::rep>(static_cast<double>(base.count()) * factor));
}

void Core::State::Log(LogLevel level, std::string message,
                      std::vector<std::pair<std::string, std::string>> fields) {
  actions.emplace_back(LogLine{level, std::move(message), std::move(fields)});
}

void Core::State::Take(const Input& input) {
  std::visit(
      [this](const auto& given) {
        using T = std::decay_t<decltype(given)>;
        if constexpr (std::is_same_v<T, Tick>) {
        } else if constexpr (std::is_same_v<T, Synced>) {
          const bool before = active();
          synced.insert(given.collection);
          if (!before && active()) StartLeading();
        } else if constexpr (std::is_same_v<T, LeaderChanged>) {
          if (given.leading == leading) return;
          if (leading) StopLeading();
          leading = given.leading;
          if (active()) StartLeading();
        } else {
          On(given);
        }
      },
      input);
}

void Core::State::StartLeading() {
  Log(LogLevel::kInfo, "leading",
      {{"repositories", std::to_string(repos.size())}, {"pods", std::to_string(pods.size())}});
  policies_changed = false;
  RebuildPolicies();
  budget = {};
  baselines = 0;
  for (const auto& [key, repo] : repos) {
    if (repo->stored) ++baselines;
  }
  // The daily count per namespace: baselines younger than a day, and the Pods that run them.
  for (const auto& [key, repo] : repos) {
    if (!repo->stored || now - repo->stored->meta.created > baseline::FixedDurations::kLimitWindow)
      continue;
    for (const auto& [item_key, item] : repo->items) {
      if (item->uses.empty()) continue;
      budget.Created(item->uses.front().pod->name_space.view(), repo->stored->meta.created);
      break;
    }
  }
  for (auto& [key, repo] : repos) Adopt(*repo);
  policy_statuses_due = now;
}

void Core::State::StopLeading() {
  Log(LogLevel::kInfo, "not leading any more", {});
  scheduler = std::make_unique<Scheduler>(settings.workers);
  asked.clear();
  asked_by_time.clear();
  replies.clear();
  restep.clear();
  restep_order.clear();
  wakes.clear();
  writes.clear();
  flights.clear();
  policy_flights.clear();
  policy_statuses_due.reset();
  turned.clear();
  spiking.clear();
  for (auto& [name, policy] : policies) {
    policy.flight_id = 0;
    policy.not_before.reset();
  }
  std::vector<std::string> keys;
  for (auto& [key, repo] : repos) {
    ForgetUnwritten(*repo);
    keys.push_back(key);
  }
  for (const std::string& key : keys) DropRepoIfIdle(key);
}

// What was planned for a time that is now far ahead would never come.
void Core::State::OnClockBack() {
  Log(LogLevel::kWarn, "the clock went back; everything is planned anew",
      {{"now", FormatTime(now)}});
  if (!active()) return;
  for (auto& [key, repo] : repos) {
    repo->last_write.reset();
    repo->not_before.reset();
    repo->history_asked.reset();
    SetWake(*repo, std::nullopt);
    MarkForStep(*repo);
    for (auto& [item_key, item] : repo->items) ScheduleItem(*item);
    ConsiderWrite(*repo);
  }
  write_bucket = TokenBucket(CoreLimits::kWritesPerSecond, CoreLimits::kWritesPerSecond);
  policy_statuses_due = now;
  for (auto& [name, policy] : policies) policy.not_before.reset();
  asked_by_time.clear();
  for (auto& [id, request] : asked) {
    request.lost_after = now + CoreLimits::kObservationLost;
    asked_by_time.insert({request.lost_after, id});
  }
  for (auto& [key, repo] : repos) {
    if (repo->reply_due) Await(*repo, CoreLimits::kWriteLost);
  }
}

void Core::State::Work() {
  if (!active()) return;
  if (std::exchange(policies_changed, false)) RebuildPolicies();
  GiveUpLost();
  while (!replies.empty() && replies.begin()->first <= now) {
    const auto found = repos.find(replies.begin()->second);
    replies.erase(replies.begin());
    if (found == repos.end()) continue;
    found->second->reply_due.reset();
    OnReplyLost(*found->second);
  }
  while (!wakes.empty() && wakes.begin()->first <= now) {
    const auto found = repos.find(wakes.begin()->second);
    wakes.erase(wakes.begin());
    if (found == repos.end()) continue;
    found->second->wake.reset();
    MarkForStep(*found->second);
  }
  for (std::size_t steps = 0; steps < CoreLimits::kStepsAtOnce && !restep.empty(); ++steps) {
    const std::string key = std::move(restep_order.front());
    restep_order.pop_front();
    restep.erase(key);
    const auto found = repos.find(key);
    if (found != repos.end()) StepRepo(*found->second, {}, std::nullopt);
  }
  UpdatePolicyStatuses();
  IssueWrites();
  IssueObservations();
}

std::optional<Time> Core::State::NextWake() const {
  if (!active()) return std::nullopt;
  if (!restep.empty()) return now;
  std::optional<Time> next;
  const auto consider = [&](std::optional<Time> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  if (!wakes.empty()) consider(wakes.begin()->first);
  consider(scheduler->NextDue());
  consider(policy_statuses_due);
  if (!asked_by_time.empty()) consider(asked_by_time.begin()->first);
  if (!replies.empty()) consider(replies.begin()->first);
  std::optional<Time> write;
  for (int urgency = 0; urgency < 3; ++urgency) {
    const auto first = writes.lower_bound({urgency, Time::min(), std::string()});
    if (first == writes.end() || std::get<0>(*first) != urgency) continue;
    if (!write || std::get<1>(*first) < *write) write = std::get<1>(*first);
  }
  if (write) consider(std::max(*write, now + write_bucket.WaitFor(now)));
  return next;
}

Core::Core(CoreSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Core::~Core() = default;

StepOutput Core::Step(const Input& input, Time now) {
  State& state = *state_;
  const bool back = now + kClockSlack < state.now;
  state.now = now;
  if (back) state.OnClockBack();
  state.Take(input);
  state.Work();
  return {std::exchange(state.actions, {}), state.NextWake()};
}

const baseline::Record* Core::Known(std::string_view repository) const {
  const auto found = state_->repos.find(std::string(repository));
  return found == state_->repos.end() ? nullptr : found->second->current();
}

}  // namespace plimsoll::controller
