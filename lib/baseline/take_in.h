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

}  // namespace plimsoll::baseline
