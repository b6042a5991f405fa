#include "log_entry.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/printable.h"
#include "checkpoint_internal.h"
#include "sigstore/merkle.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

// "<name> - <tree ID>" is Rekor v1; its proofs are of one shard, its index of all.
bool IsShardOrigin(std::string_view origin) {
  const auto separator = origin.rfind(" - ");
  if (separator == std::string_view::npos || separator + 3 == origin.size()) return false;
  const std::string_view id = origin.substr(separator + 3);
  return std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status SameTree(const InclusionProof& proof, const Checkpoint& checkpoint) {
  if (proof.tree_size < 0 || static_cast<std::uint64_t>(proof.tree_size) != checkpoint.tree_size) {
    return Fail(kInclusionProofInvalid,
                "the inclusion proof is for a tree of " + std::to_string(proof.tree_size) +
                    " entries, its checkpoint for one of " + std::to_string(checkpoint.tree_size));
  }
  if (!std::equal(proof.root.begin(), proof.root.end(), checkpoint.root.begin(),
                  checkpoint.root.end())) {
    return Fail(kInclusionProofInvalid,
                "the inclusion proof and its checkpoint name different root hashes");
  }
  return {};
}

}  // namespace

std::string SetPayload(const LogEntry& entry) {
  return "{\"body\":\"" + Base64Encode(entry.body) +
         "\",\"integratedTime\":" + std::to_string(entry.integrated_time) + ",\"logID\":\"" +
         entry.log_id + "\",\"logIndex\":" + std::to_string(entry.log_index) + "}";
}

Result<const LogKey*> VerifyPromise(const LogEntry& entry, const std::vector<const LogKey*>& logs) {
  const std::string payload = SetPayload(entry);
  if (entry.integrated_time < 0 || entry.integrated_time > kLatestSecond) {
    return Fail(kMalformed, "log entry: an integrated time that is no date");
  }
  const Time time = FromUnixSeconds(entry.integrated_time);
  bool verified = false;
  for (const LogKey* log : logs) {
    if (!log->key) {
      return Fail(kUnsupportedAlgorithm,
                  "the log " + Printable(log->name) + ": " + log->unsupported);
    }
    if (!log->key->Verify(log->algorithm, AsBytes(payload), entry.promise)) continue;
    verified = true;
    if (log->window.Contains(time)) return log;
  }
  if (verified) {
    return Fail(kOutsideTrustRootValidity,
                "the log " + Printable(logs.front()->name) + " recorded the entry at " +
                    FormatTime(time) + ", outside the validity that the trust root gives its key");
  }
  return Fail(kSetInvalid, "the signed entry timestamp of the log " +
                               Printable(logs.front()->name) + " does not verify over this entry");
}

Result<VerifiedInclusion> VerifyInclusionOf(const LogEntry& entry,
                                            const std::vector<const LogKey*>& logs,
                                            const Limits& limits) {
  const InclusionProof& proof = *entry.proof;
  PLIMSOLL_ASSIGN(const VerifiedCheckpoint verified,
                  VerifyCheckpointBy(proof.checkpoint, logs, limits));
  const Checkpoint& checkpoint = verified.checkpoint;
  const bool shard = IsShardOrigin(checkpoint.origin);
  if (shard) PLIMSOLL_TRY(SameTree(proof, checkpoint));
  const std::int64_t index = shard ? proof.index : entry.log_index;
  if (index < 0) return Fail(kMalformed, "log entry: a negative index");
  auto included = VerifyInclusion(static_cast<std::uint64_t>(index), checkpoint.tree_size,
                                  LeafHash(entry.body), proof.hashes, checkpoint.root);
  if (!included) return Fail(kInclusionProofInvalid, included.error().message);
  const auto log = std::find_if(logs.begin(), logs.end(), [&](const LogKey* candidate) {
    return candidate->id == verified.log_id;
  });
  return VerifiedInclusion{*log, checkpoint.origin, index, checkpoint.tree_size};
}

}  // namespace plimsoll::sigstore
