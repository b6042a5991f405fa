#include "baseline/derive.h"

#include <algorithm>
#include <array>
#include <utility>

#include "trust.h"

namespace plimsoll::baseline {
namespace {

void SetCondition(Record& record, std::string_view type, ConditionStatus status,
                  std::string_view reason, Time now) {
  const auto found =
      std::find_if(record.conditions.begin(), record.conditions.end(),
                   [&](const Condition& condition) { return condition.type == type; });
  const bool is_new = found == record.conditions.end();
  Condition& condition = is_new ? record.conditions.emplace_back() : *found;
  condition.type = type;
  condition.observed_generation = record.observed_generation;
  if (is_new || condition.status != status) condition.last_transition_time = now;
  if (condition.status != status || condition.reason != reason) condition.message.clear();
  condition.status = status;
  condition.reason = reason;
}

template <std::size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool NamesOpenSigner(const Record& record, const Trust& trust) {
  return std::any_of(record.drift.begin(), record.drift.end(), [&](const DriftRecord& drift) {
    return NamesSigner(drift.kind) && !drift.ended_time &&
           trust.AcceptanceOf(drift.kind, drift.fingerprint) == nullptr;
  });
}

bool AnyDefinite(const Record& record) {
  const auto definite = [](const auto& image) { return image.posture != Posture::kUnknown; };
  return record.posture || record.learning_time ||
         std::any_of(record.images.begin(), record.images.end(), definite) ||
         std::any_of(record.remembered.begin(), record.remembered.end(), definite);
}

// The strongest posture that is trusted; while nothing is, what was seen: Unverifiable for good, once there
// was signature material.
void DerivePosture(Record& record, const Trust& trust) {
  std::optional<Posture> best;
  const auto offer = [&](Posture posture) {
    if (!best || Rank(posture) > Rank(*best)) best = posture;
  };
  for (const TrustedSigner& trusted : trust.signers()) {
    if (trusted.signer().kind == SignerKind::kKey) offer(Posture::kSignedKeyBased);
  }
  for (const ImageRecord& image : record.images) {
    if (!image.continuous || !image.drift.empty() || !IsSigned(image.posture)) continue;
    offer(image.posture);
  }
  if (record.learning_time && record.posture && IsSigned(*record.posture)) {
    offer(*record.posture);
  }
  if (!best && record.rank) best = record.rank;
  if (record.learning_time && best) {
    record.posture = best;
    return;
  }
  bool material = record.posture == Posture::kUnverifiable;
  bool absent = record.posture == Posture::kUnsigned;
  const auto look = [&](const auto& image) {
    if (image.posture == Posture::kUnsigned) absent = true;
    if (image.posture == Posture::kUnverifiable || image.posture == Posture::kInvalid ||
        IsSigned(image.posture)) {
      material = true;
    }
  };
  for (const ImageRecord& image : record.images) look(image);
  for (const RememberedRecord& image : record.remembered) look(image);
  if (material) {
    record.posture = Posture::kUnverifiable;
  } else if (absent) {
    record.posture = Posture::kUnsigned;
  }
}

void DeriveState(Record& record, const Trust& trust) {
  record.severity.reset();
  for (const DriftRecord& drift : record.drift) {
    if (drift.ended_time) continue;
    if (!record.severity || drift.severity > *record.severity) record.severity = drift.severity;
  }
  record.state.reset();
  if (record.severity) {
    record.state = State::kDrifted;
  } else if (trust.established()) {
    record.state = State::kEstablished;
  } else if (record.learning_time) {
    record.state = State::kLearning;
  } else if (record.posture == Posture::kUnverifiable) {
    record.state = State::kUnverified;
  } else if (record.posture == Posture::kUnsigned) {
    record.state = State::kUnsigned;
  }
}

void DeriveStrength(Record& record, const Trust& trust) {
  record.strength.reset();
  if (trust.policy().pinned) {
    record.strength = Strength::kPinned;
  } else if (trust.corroborated()) {
    record.strength = Strength::kLogCorroborated;
  } else if (record.learning_time) {
    record.strength = Strength::kLocalOnly;
  }
}

void DeriveSigner(Record& record, const Trust& trust) {
  record.signer.clear();
  record.issuer.clear();
  const TrustedSigner* latest = nullptr;
  for (const TrustedSigner& trusted : trust.signers()) {
    if (latest == nullptr ||
        trusted.record->last_observed_time > latest->record->last_observed_time) {
      latest = &trusted;
    }
  }
  if (latest == nullptr) return;
  record.signer = ShortSigner(latest->signer());
  record.issuer = ShortIssuer(latest->signer());
}

void DeriveInForce(Record& record, const Trust& trust) {
  for (SignerRecord& signer : record.signers) {
    signer.in_force =
        std::any_of(trust.signers().begin(), trust.signers().end(),
                    [&](const TrustedSigner& trusted) { return trusted.record->id == signer.id; });
  }
}

void DeriveLog(Record& record, const Trust& trust) {
  std::optional<Time> earliest;
  std::optional<Time> latest;
  std::uint32_t entries = 0;
  for (const TrustedSigner& trusted : trust.signers()) {
    const SignerRecord& signer = *trusted.record;
    entries += signer.log_entries;
    if (signer.earliest_log_time && (!earliest || *signer.earliest_log_time < *earliest)) {
      earliest = signer.earliest_log_time;
    }
    if (signer.latest_log_time && (!latest || *signer.latest_log_time > *latest)) {
      latest = signer.latest_log_time;
    }
  }
  if (!record.log && entries == 0) return;
  if (!record.log) record.log.emplace();
  record.log->entries = entries;
  record.log->earliest_time = earliest;
  record.log->latest_time = latest;
}

const AcceptedRecord* AcceptedInUse(const Record& record) {
  for (const AcceptedRecord& accepted : record.accepted) {
    if (accepted.opened_time) return &accepted;
  }
  return nullptr;
}

void DeriveSummary(Record& record) {
  record.drift_summary.clear();
  const DriftRecord* worst = WorstOpenDrift(record);
  if (worst == nullptr) {
    if (const AcceptedRecord* accepted = AcceptedInUse(record)) {
      record.drift_summary = "Accepted: ";
      record.drift_summary += ToText(accepted->kind);
    }
    return;
  }
  record.drift_summary = ToText(worst->kind);
  const std::size_t more = OpenDrifts(record) - 1 + record.drifts_not_shown;
  if (more > 0) record.drift_summary += " +" + std::to_string(more);
}

void ConditionEstablished(Record& record, const Trust& trust, Time now) {
  const auto set = [&](ConditionStatus status, std::string_view reason) {
    SetCondition(record, "Established", status, reason, now);
  };
  if (trust.policy().pinned) return set(ConditionStatus::kTrue, "PinnedByPolicy");
  if (trust.established()) {
    const bool by_log = record.basis == Basis::kLogHistory;
    return set(ConditionStatus::kTrue, by_log ? "LogHistory" : "ObservedLongEnough");
  }
  const Condition* before = FindCondition(record, "Established");
  if (before != nullptr && before->reason == "TrustDiscarded") {
    return set(ConditionStatus::kFalse, "TrustDiscarded");
  }
  if (record.learning_time) {
    const bool contested = NamesOpenSigner(record, trust);
    return set(ConditionStatus::kFalse, contested ? "Contested" : "Learning");
  }
  if (record.posture == Posture::kUnverifiable) {
    return set(ConditionStatus::kFalse, "NothingVerified");
  }
  set(ConditionStatus::kFalse, AnyDefinite(record) ? "NothingSigned" : "NothingJudged");
}

void ConditionDrifted(Record& record, Time now) {
  if (const DriftRecord* worst = WorstOpenDrift(record)) {
    SetCondition(record, "Drifted", ConditionStatus::kTrue, ToText(worst->kind), now);
    return;
  }
  std::string_view reason = "NoDrift";
  if (AcceptedInUse(record) != nullptr) {
    reason = "Accepted";
  } else if (!record.drift.empty()) {
    reason = "Ended";
  }
  SetCondition(record, "Drifted", ConditionStatus::kFalse, reason, now);
}

void ConditionLogCorroborated(Record& record, const Trust& trust, LogTrouble trouble, Time now) {
  const auto set = [&](ConditionStatus status, std::string_view reason) {
    SetCondition(record, "LogCorroborated", status, reason, now);
  };
  if (trouble == LogTrouble::kInconsistent) {
    return set(ConditionStatus::kFalse, "LogInconsistent");
  }
  if (trust.corroborated()) return set(ConditionStatus::kTrue, "LogHistory");
  if (trouble == LogTrouble::kUnreachable) return set(ConditionStatus::kFalse, "LogUnreachable");
  const bool any = record.log && record.log->entries > 0;
  set(ConditionStatus::kFalse, any ? "HistoryTooShort" : "NoLogEvidence");
}

void ConditionVerifiable(Record& record, bool spike, Time now) {
  // The first that an image shows names the condition.
  static constexpr std::array<std::string_view, 4> kReasons{"TrustRootStale", "UnknownAuthority",
                                                            "NoKey", "UnsupportedFormat"};
  static constexpr std::array<std::string_view, 3> kFormat{"UnsupportedFormat", "LimitExceeded",
                                                           "Malformed"};
  std::size_t worst = kReasons.size();
  for (const ImageRecord& image : record.images) {
    if (!image.running || image.posture != Posture::kUnverifiable) continue;
    std::size_t found = 1;
    if (image.reason == "TrustRootStale") {
      found = 0;
    } else if (image.reason == "NoKey") {
      found = 2;
    } else if (IsOneOf(image.reason, kFormat)) {
      found = 3;
    }
    worst = std::min(worst, found);
  }
  if (worst == kReasons.size()) {
    SetCondition(record, "Verifiable", ConditionStatus::kTrue, "TrustRootCurrent", now);
    return;
  }
  if (spike && worst == 1) worst = 0;
  SetCondition(record, "Verifiable", ConditionStatus::kFalse, kReasons[worst], now);
}

void ConditionObserved(Record& record, const Settings& settings, Time now) {
  static constexpr std::array<std::string_view, 7> kReasons{
      "RegistryUnreachable", "RegistryThrottled", "AuthenticationFailed", "AnswerRefused",
      "RealmNotTrusted",     "NoManifestDigest",  "DigestNotInRepository"};
  std::string_view reason = "RegistryUnreachable";
  for (const ImageRecord& image : record.images) {
    if (image.running && IsOneOf(image.unknown_reason, kReasons)) {
      reason = image.unknown_reason;
      break;
    }
  }
  const std::string why(reason);
  const auto& since = record.observation_failing_since;
  if (since && now - *since >= settings.durations.observed_false_after) {
    SetCondition(record, "Observed", ConditionStatus::kFalse, why, now);
  } else if (record.last_observed_time) {
    SetCondition(record, "Observed", ConditionStatus::kTrue, "RegistryAnswered", now);
  } else {
    SetCondition(record, "Observed", ConditionStatus::kUnknown, why, now);
  }
}

}  // namespace

const DriftRecord* WorstOpenDrift(const Record& record) {
  const DriftRecord* worst = nullptr;
  for (const DriftRecord& drift : record.drift) {
    if (drift.ended_time) continue;
    const bool worse =
        worst == nullptr || drift.severity > worst->severity ||
        (drift.severity == worst->severity && drift.opened_time < worst->opened_time);
    if (worse) worst = &drift;
  }
  return worst;
}

std::size_t OpenDrifts(const Record& record) {
  return static_cast<std::size_t>(
      std::count_if(record.drift.begin(), record.drift.end(),
                    [](const DriftRecord& drift) { return !drift.ended_time; }));
}

void Derive(Record& record, const EffectivePolicy& policy, const Settings& settings, Time now,
            const DeriveInput& input) {
  now = WholeSeconds(now);
  const Trust trust(record, policy, settings);
  DeriveInForce(record, trust);
  DerivePosture(record, trust);
  DeriveState(record, trust);
  DeriveStrength(record, trust);
  DeriveSigner(record, trust);
  DeriveLog(record, trust);
  DeriveSummary(record);
  record.policy_name = policy.policy_name;
  ConditionEstablished(record, trust, now);
  ConditionDrifted(record, now);
  ConditionLogCorroborated(record, trust, input.log, now);
  ConditionVerifiable(record, input.spike, now);
  ConditionObserved(record, settings, now);
}

}  // namespace plimsoll::baseline
