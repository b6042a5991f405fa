// One stored image against whom its repository trusts. Everything that is judged is first taken in
// (take_in.h), so an image is judged alike when it was just looked at and after a restart.
#pragma once

#include <optional>
#include <string>

#include "baseline/classify.h"
#include "baseline/record.h"
#include "trust.h"

namespace plimsoll::baseline {

struct JudgeInput {
  const Record& record;  // repository, docker_references, drift[], posture
  const Trust& trust;
  const SignerBook& book;
  const Settings& settings;
  Time now{};
};

// `brief`: the image is one of remembered[], of which only that much is known.
Verdict Judge(const JudgeInput& input, const ImageRecord& image, bool brief);

// The signer of a stored signature, with its own SAN; null when it is no longer known.
std::optional<Signer> SignerOf(const SignerBook& book, const StoredSignature& signature);

// The kind of the entry of drift[] with this fingerprint, shown or not; nothing when it cannot be told.
std::optional<DriftKind> KindOfEntry(const Record& record, const SignerBook& book,
                                     std::string_view fingerprint);

// The rank that a signature of this image gives its signer.
Posture PostureOf(Posture image, SignerKind kind, bool provenance_only);

// The signer is named by an open or ended entry of drift[] that is not accepted.
bool IsNamedByDrift(const Record& record, std::string_view id);

// Whether an image that runs no more is gone: no Pod has run it for endAfter.
bool IsGone(const ImageRecord& image, const Settings& settings, Time now);

}  // namespace plimsoll::baseline
