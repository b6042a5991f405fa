// What gauges show, from the state.
#include <algorithm>

#include "base/printable.h"
#include "baseline/derive.h"
#include "controller/core/state.h"

namespace plimsoll::controller {
namespace {

std::string Cause(const std::string& text) { return PrintableAscii(text, 64); }

void CountDrift(const baseline::Record& record, CoreView& view) {
  for (const baseline::DriftRecord& drift : record.drift) {
    const auto opened = drift.last_opened_time ? drift.last_opened_time : drift.opened_time;
    if (opened) {
      Time& last = view.last_opened[{drift.kind, drift.severity}];
      last = std::max(last, *opened);
    }
    if (drift.ended_time) continue;
    auto& series = view.open_drift;
    const auto same = std::find_if(series.begin(), series.end(), [&](const OpenDriftSeries& s) {
      return s.repository == record.repository && s.kind == drift.kind &&
             s.severity == drift.severity;
    });
    if (same != series.end()) {
      ++same->count;
    } else {
      series.push_back({record.repository, drift.kind, drift.severity, 1});
    }
  }
}

// Criticals keep their name; what is beyond the bound is counted together.
void BoundDrift(std::vector<OpenDriftSeries>& series) {
  std::stable_sort(
      series.begin(), series.end(),
      [](const OpenDriftSeries& a, const OpenDriftSeries& b) { return a.severity > b.severity; });
  if (series.size() <= CoreLimits::kDriftSeries) return;
  // Room for the series of all others, one a kind and severity.
  const std::size_t kept =
      CoreLimits::kDriftSeries - 2 * static_cast<std::size_t>(baseline::kDriftKinds);
  std::map<std::pair<baseline::DriftKind, baseline::Severity>, std::uint64_t> others;
  for (std::size_t i = kept; i < series.size(); ++i)
    others[{series[i].kind, series[i].severity}] += series[i].count;
  series.resize(kept);
  for (const auto& [what, count] : others)
    series.push_back({"_other", what.first, what.second, count});
}

}  // namespace

CoreView Core::View(Time now) const {
  const State& state = *state_;
  CoreView view;
  view.leading = state.leading;
  view.synced = state.synced.size() == 4;
  view.pods = state.pods.size();
  view.repositories = state.repos.size();
  view.unjudgeable_images = state.unjudged_uses;
  view.trust_discarded = state.trust_discarded;
  view.limit_refusals = state.limit_refusals;
  view.conflicts = state.conflicts;
  if (!state.active()) return view;
  view.observations_out = state.scheduler->out();
  view.observations_due = state.scheduler->ready();
  view.oldest_due = state.scheduler->OldestReady();
  for (const auto& place : state.writes) {
    if (std::get<1>(place) <= now) ++view.writes_waiting;
  }
  for (const auto& [key, repo] : state.repos) {
    if (repo->limited) ++view.refused_repositories;
    const baseline::Record* record = repo->current();
    if (record == nullptr || !repo->stored) continue;
    const std::string name(record->state ? baseline::ToText(*record->state) : std::string_view());
    const std::string strength(record->strength ? baseline::ToText(*record->strength)
                                                : std::string_view());
    ++view.baselines[{name, strength}];
    for (const auto& [item_key, item] : repo->items) {
      if (item->uses.empty()) continue;
      const baseline::ImageRecord* image = baseline::FindImage(*record, item->digest);
      const baseline::RememberedRecord* remembered =
          baseline::FindRemembered(*record, item->digest);
      const baseline::Posture posture = image != nullptr        ? image->posture
                                        : remembered != nullptr ? remembered->posture
                                                                : baseline::Posture::kUnknown;
      ++view.images[std::string(baseline::ToText(posture))];
    }
    CountDrift(*record, view);
    for (const baseline::AcceptedRecord& accepted : record->accepted) {
      if (!accepted.expiration_time) continue;
      if (!view.next_acceptance_expiration ||
          *accepted.expiration_time < *view.next_acceptance_expiration) {
        view.next_acceptance_expiration = accepted.expiration_time;
      }
    }
    const baseline::Condition* observed = baseline::FindCondition(*record, "Observed");
    if (observed != nullptr && observed->status == baseline::ConditionStatus::kFalse)
      ++view.failing_repositories;
  }
  BoundDrift(view.open_drift);
  std::map<std::string, std::uint64_t> spikes;
  for (const auto& [key, cause] : state.spiking) ++spikes[Cause(cause)];
  for (const auto& [cause, count] : spikes) {
    if (view.spikes.size() < CoreLimits::kSpikeCauses) view.spikes[cause] = count;
  }
  return view;
}

}  // namespace plimsoll::controller
