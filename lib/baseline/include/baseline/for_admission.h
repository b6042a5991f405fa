// What admission reads of a record and of an observation, and nothing else: for a process that keeps ten thousand of
// each. Admit answers the same about them, but for `classified.proof` and the provenance's and notes' texts, which no
// admission text shows. What the log lane asks by stays: who signed, where it is logged, tags, names.
//
// A record made so must never be stored: it lacks what the rules need.
#pragma once

#include "baseline/observation.h"
#include "baseline/record.h"

namespace plimsoll::baseline {

Record ForAdmission(Record record);
Observation ForAdmission(Observation observation);

}  // namespace plimsoll::baseline
