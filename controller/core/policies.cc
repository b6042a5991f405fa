// SigningPolicies: what people decide takes effect at once, and each policy says whether it is in force.
#include <algorithm>
#include <utility>

#include "controller/core/state.h"

namespace plimsoll::controller {

void Core::State::On(const PolicyChanged& input) {
  PolicyEntry& entry = policies[input.object.meta.name];
  const bool same = entry.object.policy == input.object.policy;
  entry.object = input.object;
  if (!same) policies_changed = true;
  if (active() && !policy_statuses_due) policy_statuses_due = now + CoreLimits::kPolicyDebounce;
  if (!same && active()) policy_statuses_due = now + CoreLimits::kPolicyDebounce;
}

void Core::State::On(const PolicyGone& input) {
  if (policies.erase(input.name) == 0) return;
  policies_changed = true;
  if (active()) policy_statuses_due = now + CoreLimits::kPolicyDebounce;
}

void Core::State::RebuildPolicies() {
  std::vector<baseline::SigningPolicy> now_given;
  for (const auto& [name, entry] : policies) now_given.push_back(entry.object.policy);
  // Repositories that a policy matched that has changed or gone, or that one matches now.
  std::vector<baseline::SigningPolicy> changed;
  for (const baseline::SigningPolicy& before : policy_set.policies()) {
    if (std::find(now_given.begin(), now_given.end(), before) == now_given.end())
      changed.push_back(before);
  }
  for (const baseline::SigningPolicy& after : now_given) {
    const auto& before = policy_set.policies();
    if (std::find(before.begin(), before.end(), after) == before.end()) changed.push_back(after);
  }
  if (changed.empty()) return;
  policy_set = baseline::PolicySet::Make(std::move(now_given));
  if (!active()) return;
  for (auto& [key, repo] : repos) {
    const std::string& repository = repo->key;
    const bool concerned = std::any_of(changed.begin(), changed.end(), [&](const auto& policy) {
      return baseline::MatchOf(policy, repository).has_value() ||
             std::any_of(policy.accepted_drift.begin(), policy.accepted_drift.end(),
                         [&](const auto& entry) { return entry.repository == repository; });
    });
    if (concerned) MarkForStep(*repo);
  }
}

void Core::State::UpdatePolicyStatuses() {
  if (!policy_statuses_due || now < *policy_statuses_due) return;
  policy_statuses_due.reset();
  if (policies.empty()) return;
  std::vector<std::string> repositories;
  for (const auto& [key, repo] : repos) {
    if (repo->stored) repositories.push_back(key);
  }
  Time next = now + CoreLimits::kPolicyRecheck;
  for (auto& [name, entry] : policies) {
    if (entry.flight_id != 0) continue;
    const baseline::PolicySet::Ready ready = policy_set.Readiness(name, repositories, now);
    if (ready.next_expiration_time && *ready.next_expiration_time > now) {
      next = std::min(next, *ready.next_expiration_time);
    }
    const api::PolicyStatus status =
        api::StatusOf(entry.object, ready, entry.object.status.conditions, now);
    if (status == entry.object.status) continue;
    if (entry.not_before && now < *entry.not_before) {
      next = std::min(next, *entry.not_before);
      continue;
    }
    if (!write_bucket.TryTake(now)) {
      next = std::min(next, now + std::chrono::seconds(1));
      continue;
    }
    entry.flight_id = next_id++;
    policy_flights[entry.flight_id] = name;
    actions.emplace_back(WritePolicy{entry.flight_id, entry.object.meta, status});
  }
  policy_statuses_due = next;
}

bool Core::State::OnPolicyWritten(const WriteDone& input) {
  const auto flight = policy_flights.find(input.id);
  if (flight == policy_flights.end()) return false;
  const auto found = policies.find(flight->second);
  policy_flights.erase(flight);
  if (found == policies.end() || found->second.flight_id != input.id) return true;
  PolicyEntry& entry = found->second;
  entry.flight_id = 0;
  if (input.outcome == WriteOutcome::kDone && input.policy) {
    entry.object.meta = input.policy->meta;
    entry.object.status = input.policy->status;
    entry.not_before.reset();
    return true;
  }
  // The watch brings what is stored; until then it is not tried again.
  entry.not_before =
      now + (input.outcome == WriteOutcome::kRefused ? CoreLimits::kRefusedAgain
                                                     : Duration(std::chrono::seconds(5)));
  policy_statuses_due =
      policy_statuses_due ? std::min(*policy_statuses_due, *entry.not_before) : *entry.not_before;
  if (input.outcome == WriteOutcome::kRefused) {
    Log(LogLevel::kError, "the API server refuses the status of a SigningPolicy",
        {{"policy", found->first}, {"error", input.message}});
  }
  return true;
}

}  // namespace plimsoll::controller
