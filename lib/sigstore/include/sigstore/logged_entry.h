// A log entry by itself: what the log proves about one of its leaves, whatever it is an entry of.
//
// Not checked here: whose signature the entry is of, and what it is about (Verifier::VerifyLogEntry).
// That a leaf is still there is proven by its hash: whoever remembers which signature a leaf binds
// needs no more than that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "sigstore/checkpoint.h"
#include "sigstore/limits.h"
#include "sigstore/trust_root.h"

namespace plimsoll::sigstore {

struct LoggedEntry {
  std::string log_id;            // lower-case hex
  std::int64_t log_index = 0;    // over all shards, as the signed entry timestamp says
  Time integrated_time;          // the same
  std::string entry_hash;        // lower-case hex of the RFC 6962 leaf hash
  std::int64_t proof_index = 0;  // within the checkpoint's tree
  VerifiedCheckpoint checkpoint;
  std::string signed_checkpoint;
};

// A Rekor v1 REST LogEntry ({"<uuid>": {...}}): its signed entry timestamp, and its inclusion in a tree whose
// checkpoint the same log signed. Errors: kMalformed, kLimitExceeded, kUnknownLog, kLogEntryMismatch,
// kSetInvalid, kOutsideTrustRootValidity, kCheckpointInvalid, kInclusionProofInvalid, kUnsupportedAlgorithm.
Result<LoggedEntry> VerifyLoggedEntry(std::string_view rest_entry, const TrustRoot& root,
                                      const Limits& limits = {});

}  // namespace plimsoll::sigstore
