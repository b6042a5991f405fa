// The answers of a transparency log, read from untrusted bytes into values. Pure. Nothing in them is verified.
//
// Errors: kMalformed, kLimitExceeded. Every list is bounded (AnswerLimits).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace plimsoll::rekor {

struct AnswerLimits {
  std::size_t bytes = 1u << 20;
  std::size_t uuids = 12'000;  // what fits into the bytes
  std::size_t entries = 32;
  std::size_t shards = 64;
  std::size_t proof_hashes = 64;
};

// `index/retrieve`: UUIDs of 64 or 80 hexadecimal digits, lower case, each once, in the order of the answer.
Result<std::vector<std::string>> ReadUuids(std::string_view json, const AnswerLimits& limits = {});

// `log/entries/retrieve` and `log/entries?logIndex=`: each entry as a REST LogEntry of its own, {"<uuid>": {...}}.
Result<std::vector<std::string>> ReadEntries(std::string_view json,
                                             const AnswerLimits& limits = {});

struct Shard {
  std::string tree_id;  // decimal
  std::uint64_t tree_size = 0;
  std::string signed_tree_head;  // a signed note
};
struct LogInfo {
  Shard active;
  std::vector<Shard> inactive;  // oldest first
};
Result<LogInfo> ReadLogInfo(std::string_view json, const AnswerLimits& limits = {});

// `log/proof`.
Result<std::vector<Sha256Digest>> ReadConsistencyProof(std::string_view json,
                                                       const AnswerLimits& limits = {});

// Tiles of Rekor v2 (C2SP tlog-tiles). A hash tile of `width` hashes; an entry bundle of `width` entries.
Result<std::vector<Sha256Digest>> ReadHashTile(std::string_view bytes, std::size_t width);
Result<std::vector<std::string>> ReadEntryBundle(std::string_view bytes, std::size_t width);

}  // namespace plimsoll::rekor
