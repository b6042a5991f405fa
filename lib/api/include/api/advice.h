// What each kind of drift means, and what a person on call does about it: sentences for `explain` and the docs.
#pragma once

#include <string_view>

#include "baseline/words.h"

namespace plimsoll::api {

// What it is, and what it may be: one or two sentences.
std::string_view MeaningOf(baseline::DriftKind kind);
// What to look at first, before anything is accepted: one or two sentences.
std::string_view AdviceFor(baseline::DriftKind kind);

}  // namespace plimsoll::api
