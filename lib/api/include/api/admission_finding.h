// From the verdict about one image to what is said about it: the same for the webhook and for `preview`.
#pragma once

#include <optional>
#include <string>

#include "api/admission_text.h"
#include "base/time.h"
#include "baseline/admission.h"
#include "baseline/record.h"

namespace plimsoll::api {

struct JudgedImage {
  std::string container;
  std::string repository;
  std::string digest;
  bool by_tag = false;                          // the spec names a tag
  std::optional<Time> answered = std::nullopt;  // when the registry was asked last
};

// `record` is the baseline of the repository; may be null.
ImageFinding FindingOf(const JudgedImage& image, const baseline::AdmissionVerdict& verdict,
                       const baseline::Record* record);

// The drift kind, or the reason where no kind is named; empty when there is neither.
std::string KindOf(const baseline::AdmissionVerdict& verdict);

}  // namespace plimsoll::api
