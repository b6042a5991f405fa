#include "controller/shell/exporter.h"

#include <utility>

namespace plimsoll::controller {
namespace {

double SecondsOf(Time time) { return static_cast<double>(UnixSeconds(time)); }

std::map<MetricLabels, double> One(std::uint64_t value) {
  return {{{}, static_cast<double>(value)}};
}

void Advance(Counter& counter, std::uint64_t& told, std::uint64_t now) {
  if (now > told) counter.Add(static_cast<double>(now - told));
  told = now;
}

}  // namespace

void Exporter::Family::Set(const Series& series) {
  for (auto shown = shown_.begin(); shown != shown_.end();) {
    if (series.contains(*shown)) {
      ++shown;
      continue;
    }
    family_.Remove(*shown);
    shown = shown_.erase(shown);
  }
  for (const auto& [labels, value] : series) {
    family_.With(labels).Set(value);
    shown_.insert(labels);
  }
}

Exporter::Exporter(Metrics& metrics)
    : leader_(metrics, "plimsoll_leader", "1 on the replica that leads."),
      baselines_(metrics, "plimsoll_baselines",
                 "SigningBaselines by state and strength, on the leader."),
      images_(metrics, "plimsoll_images", "Running images by posture, on the leader."),
      drift_open_(metrics, "plimsoll_drift_open",
                  "Open drifts; a series exists only while one is open."),
      drift_last_opened_(
          metrics, "plimsoll_drift_last_opened_timestamp_seconds",
          "When a drift of this kind and severity opened, opened again or gained an image last."),
      acceptance_expiration_(metrics, "plimsoll_acceptance_expiration_timestamp_seconds",
                             "When the next acceptance in force ends."),
      spikes_(metrics, "plimsoll_unverifiable_spike_repositories",
              "Repositories that turned Unverifiable within an hour for one unknown CA or log."),
      repositories_(metrics, "plimsoll_repositories",
                    "Repositories that run or have a SigningBaseline."),
      pods_(metrics, "plimsoll_pods", "Pods that are followed."),
      queue_depth_(metrics, "plimsoll_observation_queue_depth",
                   "Images that are due and not looked at yet."),
      queue_age_(metrics, "plimsoll_observation_queue_oldest_seconds",
                 "How long the image that is due the longest has been waiting."),
      observations_out_(metrics, "plimsoll_observations_in_flight",
                        "Images that are being looked at."),
      writes_waiting_(metrics, "plimsoll_writes_waiting",
                      "SigningBaselines that are due to be written."),
      refused_(metrics, "plimsoll_baselines_refused",
               "Repositories that run and get no SigningBaseline, because a limit is reached."),
      failing_(metrics, "plimsoll_repositories_observation_failing",
               "Repositories of which no running image can be observed."),
      unjudgeable_(
          metrics, "plimsoll_images_unjudgeable",
          "Containers whose image names no repository or no manifest that could be judged."),
      trust_discarded_(
          metrics
              .Counters("plimsoll_trust_discarded_total",
                        "SigningBaselines that were deleted by somebody else than the controller.")
              .With({})),
      limit_refusals_(metrics
                          .Counters("plimsoll_baseline_limit_total",
                                    "Baselines that were refused because a limit is reached.")
                          .With({})),
      conflicts_(
          metrics
              .Counters(
                  "plimsoll_baseline_conflicts_total",
                  "Times that a status was computed again because somebody else had changed it.")
              .With({})) {}

void Exporter::Show(const CoreView& view, Time now) {
  leader_.Set(One(view.leading ? 1 : 0));
  repositories_.Set(One(view.repositories));
  pods_.Set(One(view.pods));
  unjudgeable_.Set(One(view.unjudgeable_images));
  Advance(trust_discarded_, told_trust_discarded_, view.trust_discarded);
  Advance(limit_refusals_, told_limit_refusals_, view.limit_refusals);
  Advance(conflicts_, told_conflicts_, view.conflicts);
  Series baselines;
  Series images;
  Series open;
  Series opened;
  Series expiration;
  Series spikes;
  for (const auto& [what, count] : view.baselines) {
    baselines[{{"state", what.first}, {"strength", what.second}}] = static_cast<double>(count);
  }
  for (const auto& [posture, count] : view.images)
    images[{{"posture", posture}}] = static_cast<double>(count);
  for (const OpenDriftSeries& drift : view.open_drift) {
    open[{{"repository", drift.repository},
          {"kind", std::string(baseline::ToText(drift.kind))},
          {"severity", std::string(baseline::ToText(drift.severity))}}] =
        static_cast<double>(drift.count);
  }
  for (const auto& [what, when] : view.last_opened) {
    opened[{{"kind", std::string(baseline::ToText(what.first))},
            {"severity", std::string(baseline::ToText(what.second))}}] = SecondsOf(when);
  }
  if (view.next_acceptance_expiration) expiration[{}] = SecondsOf(*view.next_acceptance_expiration);
  for (const auto& [cause, count] : view.spikes)
    spikes[{{"cause", cause}}] = static_cast<double>(count);
  baselines_.Set(baselines);
  images_.Set(images);
  drift_open_.Set(open);
  drift_last_opened_.Set(opened);
  acceptance_expiration_.Set(expiration);
  spikes_.Set(spikes);
  // Only the leader has a queue.
  const bool works = view.leading && view.synced;
  queue_depth_.Set(works ? One(view.observations_due) : Series{});
  observations_out_.Set(works ? One(view.observations_out) : Series{});
  writes_waiting_.Set(works ? One(view.writes_waiting) : Series{});
  refused_.Set(works ? One(view.refused_repositories) : Series{});
  failing_.Set(works ? One(view.failing_repositories) : Series{});
  double age = 0;
  if (view.oldest_due && now > *view.oldest_due) {
    age = std::chrono::duration<double>(now - *view.oldest_due).count();
  }
  queue_age_.Set(works ? Series{{{}, age}} : Series{});
}

}  // namespace plimsoll::controller
