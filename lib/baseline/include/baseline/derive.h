// What people see, derived from a record: state, severity, strength, signer, summary, conditions. Pure.
//
// `Step` calls `Derive` on every record that it returns. Messages of conditions are the room `api`'s.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "baseline/classify.h"
#include "baseline/record.h"
#include "baseline/settings.h"

namespace plimsoll::baseline {

// Types of conditions, in the order in which they stand.
inline constexpr std::string_view kConditionTypes[] = {"Established", "Drifted", "LogCorroborated",
                                                       "Verifiable", "Observed"};

// Fills state, severity, strength, posture, signer, issuer, drift_summary, policy_name, running_images,
// in_force and the five conditions (a condition keeps its message and transition time while status and
// reason stay; a new one has an empty message).
struct DeriveInput {
  LogTrouble log = LogTrouble::kNone;
  bool spike = false;  // its unknown authority is one of a spike: TrustRootStale
};
void Derive(Record& record, const EffectivePolicy& policy, const Settings& settings, Time now,
            const DeriveInput& input = {});

// The worst open drift (not ended): by severity, then age. Null when none is open.
const DriftRecord* WorstOpenDrift(const Record& record);
std::size_t OpenDrifts(const Record& record);

}  // namespace plimsoll::baseline
