// Takes an observation into what is stored of its digest: the only way by which an observation is judged.
// It learns nothing: whom to trust is decided elsewhere.
#pragma once

#include "baseline/observation.h"
#include "baseline/record.h"
#include "judge.h"
#include "trust.h"

namespace plimsoll::baseline {

struct TakeInInput {
  const Record& record;
  const Trust& trust;
  SignerBook& book;
  const Settings& settings;
  Time now{};
};

// `image` is what is stored of the digest (or a new ImageRecord with its digest and times). Of an index with
// children, the child with the most severe verdict decides and is taken in. An Unknown observation leaves
// everything but unknown_since_time and unknown_reason as it was.
ImageRecord TakeIn(const TakeInInput& input, ImageRecord image, const Observation& observation);

// Compares the provenance that was seen (of the child that decided) with what was learned: sets
// `provenance` and `provenance_changed`. It counts only when its signer continues the signer of the learned
// one.
void CompareProvenance(const Record& record, const SignerBook& book, const Observation& observation,
                       ImageRecord& image);

// Releases of one builder or source differ in the tag alone.
bool SameProvenance(const ProvenanceRecord& learned, const Provenance& seen);

// The part of an observation that was taken in: its own, or the child that decided.
const Observation& TakenPart(const Observation& observation, const ImageRecord& image);

}  // namespace plimsoll::baseline
