// The real cosign, a process for each judgement.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "judged_bundle.h"

namespace plimsoll::differential {

// The program that the test bed uses; made first where it is missing.
Result<std::string> FindCosign();

struct CosignAnswer {
  bool accepted = false;
  std::string error;  // its last line
};

// Writes what cosign needs into `folder`.
Result<CosignAnswer> JudgeByCosign(const std::string& cosign, const JudgedBundle& bundle,
                                   const std::filesystem::path& folder);

}  // namespace plimsoll::differential
