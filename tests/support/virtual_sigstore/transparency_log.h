// Transparency logs of the tests: a real Merkle tree (RFC 6962), signed notes (C2SP signed-note), Rekor v1
// entries with their promise (SET), Rekor v2 entries, witness cosignatures (C2SP tlog-cosignature).
//
// A LoggedEntry is plain data: to damage what a signature covers only by its bytes, change a field and
// render it again. What must be wrong *and* well signed is asked for in an EntrySpec.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/time.h"
#include "support/virtual_sigstore/test_key.h"

namespace plimsoll::test {

class MerkleTree {
 public:
  // Its index.
  std::uint64_t Append(ByteView leaf);
  std::uint64_t size() const { return leaves_.size(); }
  Sha256Digest Root() const { return Root(size()); }
  Sha256Digest Root(std::uint64_t size) const;
  Sha256Digest RangeRoot(std::uint64_t begin, std::uint64_t end) const { return Hash(begin, end); }
  std::vector<Sha256Digest> InclusionProof(std::uint64_t index, std::uint64_t size) const;
  std::vector<Sha256Digest> ConsistencyProof(std::uint64_t first, std::uint64_t second) const;

 private:
  Sha256Digest Hash(std::uint64_t begin, std::uint64_t end) const;
  void Path(std::uint64_t index, std::uint64_t begin, std::uint64_t end,
            std::vector<Sha256Digest>& out) const;
  void SubProof(std::uint64_t first, std::uint64_t begin, std::uint64_t end, bool whole,
                std::vector<Sha256Digest>& out) const;
  std::vector<Sha256Digest> leaves_;
};

// A line "— <name> <base64>" under the note's text, made with any name, hint and key.
struct NoteLine {
  std::string name = {};
  Bytes hint = {};  // four bytes
  const TestKey* key = nullptr;
  bool damage_signature = false;
};
std::string NoteSignatureLine(std::string_view text, const NoteLine& line);
// A witness' line over the note's text at a time.
std::string CosignatureLine(std::string_view text, std::string_view name, const TestKey& witness,
                            Time time);

struct CheckpointSpec {
  std::optional<std::uint64_t> tree_size = {};  // default: the tree's; the root follows it
  std::optional<std::string> origin = {};
  std::optional<std::string> signer_name = {};
  std::optional<Bytes> hint = {};
  const TestKey* key = nullptr;  // default: the log's
  std::int64_t size_delta = 0;   // stated size, not the root's
  bool damage_root = false;      // well signed
  bool damage_signature = false;
  bool omit_signature = false;
  std::vector<std::string> extensions = {};    // further lines of the text
  std::vector<std::string> lines_before = {};  // other signature lines, complete, with newline
  std::vector<std::string> lines_after = {};
  std::vector<std::pair<std::string, const TestKey*>> witnesses = {};
};

// What the promise is made over, where it is not what is served.
struct EntrySpec {
  std::optional<Time> integrated_time = {};  // default: the signing time
  bool promise = true;
  bool proof = true;
  // Changes the canonical body before it is logged: a genuine entry about something else.
  std::function<void(std::string& body)> adjust_body = {};
  int later_entries = 3;  // logged afterwards, before the proof is made
  CheckpointSpec checkpoint = {};

  std::optional<std::string> promise_body = {};
  std::optional<std::int64_t> promise_time = {};
  std::optional<std::int64_t> promise_index = {};
  std::optional<Bytes> promise_log_id = {};
  const TestKey* promise_key = nullptr;
};

struct LoggedEntry {
  std::string kind = {};
  std::string version = {};
  std::string body = {};             // canonical, decoded
  std::int64_t log_index = 0;        // over all shards
  std::int64_t integrated_time = 0;  // Rekor v2: 0
  Bytes log_id = {};
  Bytes promise = {};  // SET; empty: none

  bool has_proof = false;
  std::int64_t proof_index = 0;  // within the tree
  std::int64_t tree_size = 0;
  Bytes root = {};
  std::vector<Bytes> hashes = {};
  std::string checkpoint = {};
  std::string uuid = {};  // tree id and leaf hash, hex

  // An element of a bundle's tlogEntries.
  std::string BundleJson() const;
  // Rekor v1's REST answer, {uuid: entry}.
  std::string RestJson() const;
  // The value of cosign's bundle annotation.
  std::string AnnotationJson() const;
};

class TransparencyLog {
 public:
  enum class Generation { kRekorV1, kRekorV2 };
  // `host` is the signature name of checkpoints; tree_id (v1) a decimal number.
  TransparencyLog(Generation generation, std::string host, std::string tree_id, TestKey key,
                  std::int64_t first_index);

  Generation generation() const { return generation_; }
  const std::string& host() const { return host_; }
  const TestKey& key() const { return key_; }
  Bytes LogId() const;  // 32 bytes
  std::string Origin() const;
  MerkleTree& tree() { return tree_; }
  const MerkleTree& tree() const { return tree_; }

  std::string Checkpoint(const CheckpointSpec& spec = {}) const;
  LoggedEntry Log(std::string kind, std::string version, std::string body, Time now,
                  const EntrySpec& spec);
  // The bytes that a SET signs.
  static std::string PromiseText(std::string_view body, std::int64_t time, ByteView log_id,
                                 std::int64_t index);

 private:
  void AddProof(LoggedEntry& entry, const EntrySpec& spec) const;

  Generation generation_;
  std::string host_;
  std::string tree_id_;
  TestKey key_;
  std::int64_t first_index_;
  MerkleTree tree_;
};

}  // namespace plimsoll::test
