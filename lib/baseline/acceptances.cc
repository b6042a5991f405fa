// accepted[] and history[]: what people took note of, and what came to an end.
#include <algorithm>
#include <set>
#include <utility>

#include "baseline/fingerprint.h"
#include "life_state.h"

namespace plimsoll::baseline {
namespace {

constexpr std::size_t kTextMax = 512;
constexpr std::size_t kNameMax = 253;

// Of several policies that accept one fingerprint, the one that accepts it longest.
std::vector<const AcceptanceInForce*> OncePerFingerprint(const EffectivePolicy& policy) {
  std::map<std::string_view, const AcceptanceInForce*> longest;
  const auto until = [](const AcceptanceInForce* acceptance) {
    return acceptance->acceptance->expiration_time.value_or(Time::max());
  };
  for (const AcceptanceInForce& acceptance : policy.acceptances) {
    const AcceptanceInForce*& held = longest[acceptance.acceptance->fingerprint];
    if (held == nullptr || until(&acceptance) > until(held)) held = &acceptance;
  }
  std::vector<const AcceptanceInForce*> all;
  for (const auto& [fingerprint, acceptance] : longest) all.push_back(acceptance);
  return all;
}

}  // namespace

void LifeState::FindLapsed() {
  for (const AcceptedRecord& accepted : record_.accepted) {
    if (trust_->AcceptanceOf(accepted.kind, accepted.fingerprint) == nullptr) {
      lapsed_.push_back(accepted);
    }
  }
}

// What the acceptance covers among entries and digests as they were before this step; true when it covers
// something.
bool LifeState::FillAccepted(AcceptedRecord& accepted) const {
  const DriftRecord* entry = nullptr;
  std::vector<std::string> digests;
  if (accepted.fingerprint.starts_with("d-")) {
    for (const auto& [digest, row] : rows_) {
      if (row.drift_before.empty() ||
          DigestFingerprint(accepted.kind, record_.repository, digest) != accepted.fingerprint) {
        continue;
      }
      const DriftRecord* candidate = FindDrift(record_, row.drift_before);
      if (candidate == nullptr || candidate->kind != accepted.kind) continue;
      entry = candidate;
      digests.push_back(digest);
    }
  } else {
    entry = FindDrift(record_, accepted.fingerprint);
    if (entry != nullptr) {
      for (const DriftDigest& listed : entry->digests) digests.push_back(listed.digest);
    }
  }
  if (entry == nullptr) return false;
  accepted.opened_time = entry->opened_time;
  accepted.severity = entry->severity;
  if (entry->signer) accepted.signer = entry->signer->id;
  if (digests.size() > RecordLimits::kDriftDigests) digests.resize(RecordLimits::kDriftDigests);
  accepted.digests = std::move(digests);
  return true;
}

void LifeState::TrackAcceptances() {
  std::vector<AcceptedRecord> all;
  for (const AcceptanceInForce* in_force : OncePerFingerprint(policy_)) {
    const Acceptance& acceptance = *in_force->acceptance;
    AcceptedRecord accepted;
    for (const AcceptedRecord& held : record_.accepted) {
      if (held.fingerprint == acceptance.fingerprint && held.kind == acceptance.kind) {
        accepted = held;
      }
    }
    const bool is_new = accepted.fingerprint.empty();
    accepted.fingerprint = acceptance.fingerprint;
    accepted.kind = acceptance.kind;
    accepted.policy_name = in_force->policy_name.substr(0, kNameMax);
    accepted.reason = acceptance.reason.substr(0, kTextMax);
    accepted.accepted_by = acceptance.accepted_by.substr(0, kNameMax);
    accepted.expiration_time.reset();
    if (acceptance.expiration_time) {
      accepted.expiration_time = WholeSeconds(*acceptance.expiration_time);
    }
    if (is_new) accepted.accepted_time = now_;
    if (FillAccepted(accepted)) {
      Transition transition;
      transition.what = TransitionKind::kDriftAccepted;
      transition.kind = accepted.kind;
      transition.severity = accepted.severity;
      transition.fingerprint = accepted.fingerprint;
      transition.entry = accepted.fingerprint;
      transition.opened_time = accepted.opened_time;
      transition.policy_name = accepted.policy_name;
      if (accepted.fingerprint.starts_with("d-")) transition.digest = accepted.digests.front();
      Emit(std::move(transition));
      HistoryRecord closed;
      closed.fingerprint = accepted.fingerprint;
      closed.kind = accepted.kind;
      closed.outcome = Outcome::kAccepted;
      closed.severity = accepted.severity;
      closed.accepted_by = accepted.accepted_by;
      closed.reason = accepted.reason;
      closed.opened_time = accepted.opened_time;
      closed.closed_time = now_;
      closed.policy_name = accepted.policy_name;
      Remember(std::move(closed));
    }
    if (accepted.signer.empty() && acceptance.fingerprint.starts_with("s-")) {
      for (const SignerRecord& signer : record_.signers) {
        if (signer.fingerprint == acceptance.fingerprint) accepted.signer = signer.id;
      }
    }
    Announce(accepted);
    all.push_back(std::move(accepted));
  }
  for (const AcceptedRecord& lapsed : lapsed_) {
    if (!lapsed.expiration_time || *lapsed.expiration_time > now_) continue;
    Transition transition;
    transition.what = TransitionKind::kAcceptanceExpired;
    transition.kind = lapsed.kind;
    transition.severity = lapsed.severity;
    transition.fingerprint = lapsed.fingerprint;
    transition.entry = lapsed.fingerprint;
    transition.opened_time = lapsed.opened_time;
    transition.policy_name = lapsed.policy_name;
    Emit(std::move(transition));
  }
  // Those that cover something first, then those that end first.
  std::sort(all.begin(), all.end(), [](const AcceptedRecord& a, const AcceptedRecord& b) {
    if (a.opened_time.has_value() != b.opened_time.has_value()) return a.opened_time.has_value();
    const Time ends_a = a.expiration_time.value_or(Time::max());
    const Time ends_b = b.expiration_time.value_or(Time::max());
    if (ends_a != ends_b) return ends_a < ends_b;
    return a.fingerprint < b.fingerprint;
  });
  if (all.size() > RecordLimits::kAccepted) all.resize(RecordLimits::kAccepted);
  record_.accepted = std::move(all);
}

// Once, some time before it ends.
void LifeState::Announce(AcceptedRecord& accepted) {
  if (!accepted.expiration_time) {
    accepted.expiry_announced = false;
    return;
  }
  const Time due = *accepted.expiration_time - settings_.durations.acceptance_expiring_before;
  WakeAt(due);
  if (now_ < due) {
    accepted.expiry_announced = false;
    return;
  }
  if (accepted.expiry_announced) return;
  accepted.expiry_announced = true;
  Transition transition;
  transition.what = TransitionKind::kAcceptanceExpiring;
  transition.kind = accepted.kind;
  transition.severity = accepted.severity;
  transition.fingerprint = accepted.fingerprint;
  transition.entry = accepted.fingerprint;
  transition.opened_time = accepted.opened_time;
  transition.policy_name = accepted.policy_name;
  Emit(std::move(transition));
}

// Newest first; what was critical goes last.
void LifeState::Remember(HistoryRecord closed) {
  auto& history = record_.history;
  history.insert(history.begin(), std::move(closed));
  if (history.size() <= RecordLimits::kHistory) return;
  for (auto oldest = history.rbegin(); oldest != history.rend(); ++oldest) {
    if (oldest->severity == Severity::kCritical) continue;
    history.erase(std::next(oldest).base());
    return;
  }
  history.pop_back();
}

}  // namespace plimsoll::baseline
