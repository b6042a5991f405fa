// A log entry as a signature carries it, and the checks of the log's own promises.
//
// Two proofs: the signed entry timestamp (SET) of Rekor v1, and inclusion in a signed tree. What the entry
// records, and of which signature it is, is entry_body.h's and the verifier's concern: here the body is
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "sigstore/checkpoint.h"
#include "sigstore/limits.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {

struct InclusionProof {
  std::int64_t index = 0;
  std::int64_t tree_size = 0;
  Bytes root;
  std::vector<Sha256Digest> hashes;
  std::string checkpoint;  // a signed note; empty when absent
};

struct LogEntry {
  std::string log_id;  // lower-case hex
  std::int64_t log_index = 0;
  std::int64_t integrated_time = 0;
  std::string kind;  // as the carrier says; empty when it does not
  std::string version;
  Bytes body;
  Bytes promise;  // the SET; empty when absent
  std::optional<InclusionProof> proof;
};

// The bytes that a SET signs: RFC 8785 JSON of {body, integratedTime, logID, logIndex}.
std::string SetPayload(const LogEntry& entry);

// The SET under one of these keys, and the integrated time within that key's window. Errors:
// kSetInvalid, kOutsideTrustRootValidity, kUnsupportedAlgorithm.
Result<const LogKey*> VerifyPromise(const LogEntry& entry, const std::vector<const LogKey*>& logs);

struct VerifiedInclusion {
  const LogKey* log = nullptr;
  std::string origin;
  std::int64_t index = 0;  // within the checkpoint's tree
  std::uint64_t tree_size = 0;
};

// The inclusion proof, up to a checkpoint that one of these keys signed. Rekor v1: the proof's index, size
// and root, the latter two equal to the checkpoint's. Rekor v2: the entry's index; size and root are the
// checkpoint's. Errors: kMalformed, kLimitExceeded, kCheckpointInvalid, kInclusionProofInvalid,
// kUnsupportedAlgorithm.
Result<VerifiedInclusion> VerifyInclusionOf(const LogEntry& entry,
                                            const std::vector<const LogKey*>& logs,
                                            const Limits& limits);

}  // namespace plimsoll::sigstore
