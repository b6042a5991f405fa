#include "controller/shell/gauges.h"

namespace plimsoll::controller {
namespace {

double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::string SeverityLabel(baseline::Severity severity) {
  return severity == baseline::Severity::kCritical ? "critical" : "warning";
}

}  // namespace

void Gauges::Table::Show(const std::map<MetricLabels, double>& rows) {
  for (auto shown = shown_.begin(); shown != shown_.end();) {
    if (rows.count(*shown) == 0) {
      family_.Remove(*shown);
      shown = shown_.erase(shown);
    } else {
      ++shown;
    }
  }
  for (const auto& [labels, value] : rows) {
    family_.With(labels).Set(value);
    shown_.insert(labels);
  }
}

void Gauges::Follower::Show(std::uint64_t value) {
  if (value > shown_) counter_.Add(static_cast<double>(value - shown_));
  shown_ = value;
}

Gauges::Gauges(Metrics& metrics)
    : baselines_(metrics.Gauges("plimsoll_baselines",
                                "Baselines by state and strength; on the leader only.")),
      images_(metrics.Gauges("plimsoll_images", "Running images by posture; on the leader only.")),
      drift_open_(metrics.Gauges("plimsoll_drift_open",
                                 "Open drifts; a series exists only while one is open.")),
      drift_last_opened_(metrics.Gauges(
          "plimsoll_drift_last_opened_timestamp_seconds",
          "When a drift of this kind and severity opened last, or gained an image.")),
      acceptance_expiration_(metrics.Gauges("plimsoll_acceptance_expiration_timestamp_seconds",
                                            "When the next acceptance expires.")),
      spikes_(metrics.Gauges(
          "plimsoll_spike_repositories",
          "Repositories that turned Unverifiable together, by the unknown authority or log.")),
      trust_root_(metrics.Gauges("plimsoll_trust_root_expiration_timestamp_seconds",
                                 "When a part of the trust root ends by its own dates.")),
      trust_root_stale_from_(metrics.Gauges(
          "plimsoll_trust_root_stale_from_timestamp_seconds",
          "When the trust root holds no valid authority or no valid log any more; no series while "
          "its dates name no such moment.")),
      single_leader_(metrics.Gauges("plimsoll_leader", "1 while this replica leads.")),
      test_durations_(metrics.Gauges(
          "plimsoll_test_durations",
          "1 when a configured duration is shorter than its default: for demonstrations.")),
      repositories_(metrics.Gauges("plimsoll_repositories",
                                   "Repositories with a baseline; on the leader only.")),
      pods_(metrics.Gauges("plimsoll_pods", "Pods that are watched.")),
      queue_depth_(metrics.Gauges("plimsoll_observations_due",
                                  "Looks at images that are due and not begun.")),
      in_flight_(
          metrics.Gauges("plimsoll_observations_in_flight", "Looks at images that are under way.")),
      writes_waiting_(metrics.Gauges("plimsoll_writes_waiting",
                                     "Statuses that wait for their turn to be written.")),
      failing_(metrics.Gauges("plimsoll_observation_failing_repositories",
                              "Repositories of which no running image could be observed.")),
      unjudgeable_(metrics.Gauges(
          "plimsoll_unjudgeable_images",
          "Running images that cannot be judged: no digest, or a host that is not supported.")),
      trust_discarded_(
          metrics.Counters("plimsoll_trust_discarded_total", "Baselines that somebody deleted.")
              .With({})),
      limit_refusals_(metrics
                          .Counters("plimsoll_baseline_limit_refusals_total",
                                    "Repositories that got no baseline because of a limit.")
                          .With({})),
      conflicts_(metrics
                     .Counters("plimsoll_write_conflicts_total",
                               "Writes that met a newer object and were computed again.")
                     .With({})) {}

void Gauges::Show(const CoreView& view) {
  std::map<MetricLabels, double> rows;
  for (const auto& [key, count] : view.baselines) {
    rows[{{"state", key.first}, {"strength", key.second}}] = static_cast<double>(count);
  }
  baselines_.Show(rows);
  rows.clear();
  for (const auto& [posture, count] : view.images)
    rows[{{"posture", posture}}] = static_cast<double>(count);
  images_.Show(rows);
  rows.clear();
  for (const OpenDriftSeries& series : view.open_drift) {
    rows[{{"repository", series.repository},
          {"kind", std::string(baseline::ToText(series.kind))},
          {"severity", SeverityLabel(series.severity)}}] = static_cast<double>(series.count);
  }
  drift_open_.Show(rows);
  rows.clear();
  for (const auto& [key, time] : view.last_opened) {
    rows[{{"kind", std::string(baseline::ToText(key.first))},
          {"severity", SeverityLabel(key.second)}}] = Seconds(time);
  }
  drift_last_opened_.Show(rows);
  rows.clear();
  if (view.next_acceptance_expiration) rows[{}] = Seconds(*view.next_acceptance_expiration);
  acceptance_expiration_.Show(rows);
  rows.clear();
  for (const auto& [cause, count] : view.spikes)
    rows[{{"cause", cause}}] = static_cast<double>(count);
  spikes_.Show(rows);

  single_leader_.With({}).Set(view.leading ? 1 : 0);
  repositories_.With({}).Set(static_cast<double>(view.repositories));
  pods_.With({}).Set(static_cast<double>(view.pods));
  queue_depth_.With({}).Set(static_cast<double>(view.observations_due));
  in_flight_.With({}).Set(static_cast<double>(view.observations_out));
  writes_waiting_.With({}).Set(static_cast<double>(view.writes_waiting));
  failing_.With({}).Set(static_cast<double>(view.failing_repositories));
  unjudgeable_.With({}).Set(static_cast<double>(view.unjudgeable_images));
  trust_discarded_.Show(view.trust_discarded);
  limit_refusals_.Show(view.limit_refusals);
  conflicts_.Show(view.conflicts);
}

void Gauges::Show(const sigstore::TrustRoot& root) {
  std::map<MetricLabels, double> rows;
  for (const sigstore::TrustPart& part : root.parts()) {
    if (const auto expires = part.Expires()) {
      rows[{{"part", std::string(sigstore::Name(part.kind))}, {"name", part.name}}] =
          Seconds(*expires);
    }
  }
  trust_root_.Show(rows);
  rows.clear();
  if (const auto stale = root.StaleFrom()) rows[{}] = Seconds(*stale);
  trust_root_stale_from_.Show(rows);
}

void Gauges::ShowTestDurations(bool shorter_than_default) {
  test_durations_.With({}).Set(shorter_than_default ? 1 : 0);
}

}  // namespace plimsoll::controller
