// Whether two checkpoints that a log signed agree. Pure.
#pragma once

#include <span>
#include <string>

#include "base/digest.h"
#include "sigstore/checkpoint.h"

namespace plimsoll::rekor {

enum class Agreement {
  kAgree,
  // Proven: both are signed, and no tree has both roots. Who served the proof does not matter.
  kDisagree,
  // The proof is not one of these two trees: it tells nothing of the log, only of who served it.
  kUnproven,
};

// `smaller` has at most as many leaves; the proof is ignored where both have the same.
Agreement Compare(const sigstore::Checkpoint& smaller, const sigstore::Checkpoint& larger,
                  std::span<const Sha256Digest> proof);

// The decimal tree ID of a Rekor v1 origin ("<host> - <tree ID>"); empty for any other.
std::string TreeIdOf(const std::string& origin);

}  // namespace plimsoll::rekor
