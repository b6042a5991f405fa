#include "rekor/answers.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/printable.h"
#include "http/headers.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::rekor {
namespace {

constexpr std::size_t kUuidDigits = 64;
constexpr std::size_t kEntryIdDigits = 80;
constexpr std::size_t kTreeIdDigits = 20;
constexpr std::size_t kNoteBytes = 64u << 10;

Result<json::Document> Parse(std::string_view text, const AnswerLimits& limits) {
  json::Limits bounds;
  bounds.max_bytes = limits.bytes;
  bounds.max_depth = 16;
  bounds.max_values = 100'000;
  return json::Document::Parse(text, bounds);
}

Result<Sha256Digest> ReadHash(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  const auto bytes = HexDecode(text);
  if (!bytes || bytes->size() != Sha256Digest{}.size()) {
    return Fail(kMalformed, value.Path() + ": expected 64 hexadecimal digits");
  }
  Sha256Digest digest{};
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

Result<std::string> ReadUuid(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  std::string uuid = http::ToLowerAscii(text);
  if (!IsLowerHex(uuid, kUuidDigits) && !IsLowerHex(uuid, kEntryIdDigits)) {
    return Fail(kMalformed, value.Path() + ": expected 64 or 80 hexadecimal digits");
  }
  return uuid;
}

Result<Shard> ReadShard(const json::Value& value) {
  PLIMSOLL_TRY(value.Object());
  Shard shard;
  PLIMSOLL_ASSIGN(const std::string_view id, value["treeID"].String());
  const bool decimal =
      !id.empty() && id.size() <= kTreeIdDigits &&
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!decimal) return Fail(kMalformed, value.Path() + ".treeID: expected a decimal number");
  shard.tree_id = std::string(id);
  PLIMSOLL_ASSIGN(const std::int64_t size, value["treeSize"].Int64());
  if (size < 0) return Fail(kMalformed, value.Path() + ".treeSize: a negative size");
  shard.tree_size = static_cast<std::uint64_t>(size);
  PLIMSOLL_ASSIGN(const std::string_view head, value["signedTreeHead"].String());
  if (head.size() > kNoteBytes) {
    return Fail(kLimitExceeded, value.Path() + ".signedTreeHead: too large");
  }
  shard.signed_tree_head = std::string(head);
  return shard;
}

Status AddEntries(const json::Value& object, const AnswerLimits& limits,
                  std::vector<std::string>& out) {
  PLIMSOLL_TRY(object.Object());
  for (json::Value entry = object.first(); !entry.missing(); entry = entry.next()) {
    if (out.size() == limits.entries) {
      return Fail(kLimitExceeded,
                  "the log answered with more than " + std::to_string(limits.entries) + " entries");
    }
    json::Writer writer;
    writer.BeginObject();
    writer.Key(entry.name());
    writer.Copy(entry);
    writer.EndObject();
    out.push_back(std::move(writer).Take());
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> ReadUuids(std::string_view json, const AnswerLimits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document, Parse(json, limits));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Array());
  if (root.size() > limits.uuids) {
    return Fail(kLimitExceeded, "the log's index answered with " + std::to_string(root.size()) +
                                    " entries, more than " + std::to_string(limits.uuids));
  }
  std::vector<std::string> uuids;
  std::set<std::string> seen;
  for (json::Value value = root.first(); !value.missing(); value = value.next()) {
    PLIMSOLL_ASSIGN(std::string uuid, ReadUuid(value));
    if (seen.insert(uuid).second) uuids.push_back(std::move(uuid));
  }
  return uuids;
}

Result<std::vector<std::string>> ReadEntries(std::string_view json, const AnswerLimits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document, Parse(json, limits));
  const json::Value root = document.root();
  std::vector<std::string> entries;
  if (root.IsObject()) {
    PLIMSOLL_TRY(AddEntries(root, limits, entries));
    return entries;
  }
  PLIMSOLL_TRY(root.Array());
  for (json::Value value = root.first(); !value.missing(); value = value.next()) {
    PLIMSOLL_TRY(AddEntries(value, limits, entries));
  }
  return entries;
}

Result<LogInfo> ReadLogInfo(std::string_view json, const AnswerLimits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document, Parse(json, limits));
  LogInfo info;
  PLIMSOLL_ASSIGN(info.active, ReadShard(document.root()));
  const json::Value inactive = document.root()["inactiveShards"];
  if (!inactive.present()) return info;
  PLIMSOLL_TRY(inactive.Array());
  if (inactive.size() > limits.shards) {
    return Fail(kLimitExceeded,
                "the log has more than " + std::to_string(limits.shards) + " inactive shards");
  }
  for (json::Value value = inactive.first(); !value.missing(); value = value.next()) {
    PLIMSOLL_ASSIGN(Shard shard, ReadShard(value));
    info.inactive.push_back(std::move(shard));
  }
  return info;
}

Result<std::vector<Sha256Digest>> ReadConsistencyProof(std::string_view json,
                                                       const AnswerLimits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document, Parse(json, limits));
  const json::Value hashes = document.root()["hashes"];
  std::vector<Sha256Digest> proof;
  PLIMSOLL_TRY(document.root().Object());
  if (!hashes.present()) return proof;
  PLIMSOLL_TRY(hashes.Array());
  if (hashes.size() > limits.proof_hashes) {
    return Fail(kLimitExceeded, "a consistency proof of more than " +
                                    std::to_string(limits.proof_hashes) + " hashes");
  }
  for (json::Value value = hashes.first(); !value.missing(); value = value.next()) {
    PLIMSOLL_ASSIGN(proof.emplace_back(), ReadHash(value));
  }
  return proof;
}

Result<std::vector<Sha256Digest>> ReadHashTile(std::string_view bytes, std::size_t width) {
  constexpr std::size_t kHash = Sha256Digest{}.size();
  // A full tile may stand where a part of it was asked for.
  if (bytes.size() < width * kHash || bytes.size() % kHash != 0 || bytes.size() > 256 * kHash) {
    return Fail(kMalformed, "tile: expected " + std::to_string(width) + " hashes, found " +
                                std::to_string(bytes.size()) + " bytes");
  }
  std::vector<Sha256Digest> hashes(width);
  for (std::size_t i = 0; i < width; ++i) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data()) + i * kHash;
    std::copy(from, from + kHash, hashes[i].begin());
  }
  return hashes;
}

Result<std::vector<std::string>> ReadEntryBundle(std::string_view bytes, std::size_t width) {
  std::vector<std::string> entries;
  while (entries.size() < width) {
    if (bytes.size() < 2) {
      return Fail(kMalformed, "entry bundle: expected " + std::to_string(width) +
                                  " entries, found " + std::to_string(entries.size()));
    }
    const auto high = static_cast<std::uint8_t>(bytes[0]);
    const auto low = static_cast<std::uint8_t>(bytes[1]);
    const std::size_t length = static_cast<std::size_t>(high) << 8 | low;
    bytes.remove_prefix(2);
    if (bytes.size() < length) {
      return Fail(kMalformed, "entry bundle: an entry of " + std::to_string(length) +
                                  " bytes in the last " + std::to_string(bytes.size()));
    }
    entries.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return entries;
}

}  // namespace plimsoll::rekor
