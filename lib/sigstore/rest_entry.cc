#include <algorithm>

#include "base/encoding.h"
#include "base/printable.h"
#include "proto_json.h"
#include "signed_entity.h"
#include "sigstore/merkle.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::size_t kUuidDigits = 64;
constexpr std::size_t kTreeIdDigits = 16;

Result<InclusionProof> ReadProof(const json::Value& value, const Limits& limits) {
  InclusionProof proof;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(proof.index, value["logIndex"].Int64());
  PLIMSOLL_ASSIGN(proof.tree_size, value["treeSize"].Int64());
  PLIMSOLL_ASSIGN(proof.root, HexField(value["rootHash"], Sha256Digest{}.size()));
  const json::Value hashes = value["hashes"];
  if (hashes.present()) PLIMSOLL_TRY(hashes.Array());
  if (hashes.size() > limits.proof_hashes) {
    return Fail(kLimitExceeded,
                hashes.Path() + ": more than " + std::to_string(limits.proof_hashes) + " hashes");
  }
  for (json::Value h = hashes.first(); !h.missing(); h = h.next()) {
    PLIMSOLL_ASSIGN(const Bytes hash, HexField(h, Sha256Digest{}.size()));
    if (hash.size() != Sha256Digest{}.size()) {
      return Fail(kMalformed, h.Path() + ": expected a hash of 32 bytes");
    }
    std::copy(hash.begin(), hash.end(), proof.hashes.emplace_back().begin());
  }
  PLIMSOLL_ASSIGN(const std::string_view checkpoint, value["checkpoint"].String());
  proof.checkpoint = std::string(checkpoint);
  return proof;
}

// The entry's name is its leaf hash, after 16 digits of the tree where it has 80.
Status CheckUuid(std::string_view uuid, const LogEntry& entry) {
  if (uuid.size() == kUuidDigits + kTreeIdDigits) uuid.remove_prefix(kTreeIdDigits);
  if (!IsLowerHex(uuid, kUuidDigits)) {
    return Fail(kMalformed, "log entry: expected a UUID of 64 or 80 hexadecimal digits");
  }
  if (uuid != HexEncode(LeafHash(entry.body))) {
    return Fail(kLogEntryMismatch, "log entry: its UUID is not the hash of its body");
  }
  return {};
}

}  // namespace

Result<LogEntry> ReadRestEntry(std::string_view json, const Limits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(json, limits.bundle_bytes, limits, "log entry"));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  if (root.size() != 1) {
    return Fail(kMalformed, "log entry: expected one entry, found " + std::to_string(root.size()));
  }
  const json::Value value = root.first();
  LogEntry entry;
  PLIMSOLL_ASSIGN(const std::string_view body, value["body"].String());
  auto decoded = Base64Decode(body);
  if (!decoded || decoded->size() > limits.entry_body_bytes) {
    return Fail(kMalformed, value.Path() + ".body: expected base64 within the size limit");
  }
  entry.body = std::move(*decoded);
  PLIMSOLL_TRY(CheckUuid(value.name(), entry));
  PLIMSOLL_ASSIGN(entry.integrated_time, value["integratedTime"].Int64());
  PLIMSOLL_ASSIGN(entry.log_index, value["logIndex"].Int64());
  PLIMSOLL_ASSIGN(const std::string_view log_id, value["logID"].String());
  if (!IsLowerHex(log_id, 64)) {
    return Fail(kMalformed, value.Path() + ".logID: expected 64 lower-case hexadecimal digits");
  }
  entry.log_id = std::string(log_id);
  const json::Value verification = value["verification"];
  PLIMSOLL_ASSIGN(entry.promise,
                  ProtoBytes(verification["signedEntryTimestamp"], limits.signature_bytes));
  PLIMSOLL_ASSIGN(entry.proof, ReadProof(verification["inclusionProof"], limits));
  return entry;
}

}  // namespace plimsoll::sigstore
