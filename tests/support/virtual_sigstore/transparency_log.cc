#include "support/virtual_sigstore/transparency_log.h"

#include "base/encoding.h"
#include "json/writer.h"
#include "support/virtual_sigstore/der_writer.h"

namespace plimsoll::test {
namespace {

constexpr std::string_view kSignatureMark = "\xe2\x80\x94 ";  // U+2014

Sha256Digest LeafHash(ByteView leaf) { return Sha256(der::Concat({Bytes{0}, ToBytes(leaf)})); }
Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right) {
  return Sha256(der::Concat({Bytes{1}, ToBytes(left), ToBytes(right)}));
}

// The largest power of two below n, n > 1.
std::uint64_t Split(std::uint64_t n) {
  std::uint64_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Bytes Ed25519KeyId(std::string_view name, std::uint8_t type, const TestKey& key) {
  return ToBytes(Sha256(der::Concat({ToBytes(name), Bytes{0x0a, type}, key.ed25519_point()})));
}

Bytes FirstFour(const Bytes& bytes) { return Bytes(bytes.begin(), bytes.begin() + 4); }

std::string Line(std::string_view name, const Bytes& hint_and_signature) {
  return std::string(kSignatureMark) + std::string(name) + " " + Base64Encode(hint_and_signature) +
         "\n";
}

}  // namespace

std::uint64_t MerkleTree::Append(ByteView leaf) {
  leaves_.push_back(LeafHash(leaf));
  return leaves_.size() - 1;
}

Sha256Digest MerkleTree::Hash(std::uint64_t begin, std::uint64_t end) const {
  if (begin == end) return Sha256({});
  if (end - begin == 1) return leaves_.at(begin);
  const std::uint64_t middle = begin + Split(end - begin);
  return NodeHash(Hash(begin, middle), Hash(middle, end));
}

Sha256Digest MerkleTree::Root(std::uint64_t size) const { return Hash(0, size); }

void MerkleTree::Path(std::uint64_t index, std::uint64_t begin, std::uint64_t end,
                      std::vector<Sha256Digest>& out) const {
  if (end - begin <= 1) return;
  const std::uint64_t middle = begin + Split(end - begin);
  if (index < middle) {
    Path(index, begin, middle, out);
    out.push_back(Hash(middle, end));
  } else {
    Path(index, middle, end, out);
    out.push_back(Hash(begin, middle));
  }
}

std::vector<Sha256Digest> MerkleTree::InclusionProof(std::uint64_t index,
                                                     std::uint64_t size) const {
  std::vector<Sha256Digest> out;
  Path(index, 0, size, out);
  return out;
}

void MerkleTree::SubProof(std::uint64_t first, std::uint64_t begin, std::uint64_t end, bool whole,
                          std::vector<Sha256Digest>& out) const {
  if (first == end) {
    if (!whole) out.push_back(Hash(begin, end));
    return;
  }
  const std::uint64_t middle = begin + Split(end - begin);
  if (first <= middle) {
    SubProof(first, begin, middle, whole, out);
    out.push_back(Hash(middle, end));
  } else {
    SubProof(first, middle, end, false, out);
    out.push_back(Hash(begin, middle));
  }
}

std::vector<Sha256Digest> MerkleTree::ConsistencyProof(std::uint64_t first,
                                                       std::uint64_t second) const {
  std::vector<Sha256Digest> out;
  if (first != 0 && first < second) SubProof(first, 0, second, true, out);
  return out;
}

std::string NoteSignatureLine(std::string_view text, const NoteLine& line) {
  Bytes signature = line.key->Sign(AsBytes(text));
  if (line.damage_signature) signature.back() ^= 1;
  return Line(line.name, der::Concat({line.hint, signature}));
}

std::string CosignatureLine(std::string_view text, std::string_view name, const TestKey& witness,
                            Time time) {
  constexpr std::uint8_t kCosignature = 0x04;
  const std::int64_t seconds = UnixSeconds(time);
  const std::string message =
      "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
  Bytes stamp;
  for (int shift = 56; shift >= 0; shift -= 8) {
    stamp.push_back(static_cast<std::uint8_t>(seconds >> shift));
  }
  return Line(name, der::Concat({FirstFour(Ed25519KeyId(name, kCosignature, witness)), stamp,
                                 witness.Sign(AsBytes(message))}));
}

TransparencyLog::TransparencyLog(Generation generation, std::string host, std::string tree_id,
                                 TestKey key, std::int64_t first_index)
    : generation_(generation),
      host_(std::move(host)),
      tree_id_(std::move(tree_id)),
      key_(std::move(key)),
      first_index_(first_index) {}

Bytes TransparencyLog::LogId() const {
  if (generation_ == Generation::kRekorV2 && key_.type() == KeyType::kEd25519) {
    constexpr std::uint8_t kEd25519Note = 0x01;
    return Ed25519KeyId(host_, kEd25519Note, key_);
  }
  return ToBytes(key_.spki_sha256());
}

std::string TransparencyLog::Origin() const {
  return generation_ == Generation::kRekorV1 ? host_ + " - " + tree_id_ : host_;
}

std::string TransparencyLog::Checkpoint(const CheckpointSpec& spec) const {
  const std::uint64_t size = spec.tree_size.value_or(tree_.size());
  Sha256Digest root = tree_.Root(size);
  if (spec.damage_root) root[31] ^= 1;
  std::string text = spec.origin.value_or(Origin()) + "\n" +
                     std::to_string(static_cast<std::int64_t>(size) + spec.size_delta) + "\n" +
                     Base64Encode(root) + "\n";
  for (const std::string& extension : spec.extensions) text += extension + "\n";
  std::string note = text + "\n";
  for (const std::string& line : spec.lines_before) note += line;
  if (!spec.omit_signature) {
    note += NoteSignatureLine(
        text, {spec.signer_name.value_or(host_), spec.hint.value_or(FirstFour(LogId())),
               spec.key != nullptr ? spec.key : &key_, spec.damage_signature});
  }
  for (const auto& [name, witness] : spec.witnesses) {
    note += CosignatureLine(text, name, *witness, FromUnixSeconds(1'780'000'000));
  }
  for (const std::string& line : spec.lines_after) note += line;
  return note;
}

std::string TransparencyLog::PromiseText(std::string_view body, std::int64_t time, ByteView log_id,
                                         std::int64_t index) {
  json::Writer w;
  w.BeginObject();
  w.Member("body", Base64Encode(AsBytes(body)));
  w.Member("integratedTime", time);
  w.Member("logID", HexEncode(log_id));
  w.Member("logIndex", index);
  w.EndObject();
  return std::move(w).Take();
}

void TransparencyLog::AddProof(LoggedEntry& entry, const EntrySpec& spec) const {
  const std::uint64_t size = spec.checkpoint.tree_size.value_or(tree_.size());
  entry.has_proof = true;
  entry.tree_size = static_cast<std::int64_t>(size);
  entry.root = ToBytes(tree_.Root(size));
  for (const Sha256Digest& hash :
       tree_.InclusionProof(static_cast<std::uint64_t>(entry.proof_index), size)) {
    entry.hashes.push_back(ToBytes(hash));
  }
  entry.checkpoint = Checkpoint(spec.checkpoint);
}

LoggedEntry TransparencyLog::Log(std::string kind, std::string version, std::string body, Time now,
                                 const EntrySpec& spec) {
  if (spec.adjust_body) spec.adjust_body(body);
  LoggedEntry entry;
  entry.kind = std::move(kind);
  entry.version = std::move(version);
  entry.proof_index = static_cast<std::int64_t>(tree_.Append(AsBytes(body)));
  entry.body = std::move(body);
  entry.log_id = LogId();
  for (int i = 0; i < spec.later_entries; ++i) {
    tree_.Append(AsBytes("later entry " + std::to_string(tree_.size())));
  }
  char tree_hex[17];
  std::snprintf(tree_hex, sizeof tree_hex, "%016llx", std::strtoull(tree_id_.c_str(), nullptr, 10));
  entry.uuid = tree_hex + HexEncode(LeafHash(AsBytes(entry.body)));
  if (generation_ == Generation::kRekorV2) {
    entry.log_index = entry.proof_index;
    if (spec.proof) AddProof(entry, spec);
    return entry;
  }
  entry.log_index = first_index_ + entry.proof_index;
  entry.integrated_time = UnixSeconds(spec.integrated_time.value_or(now));
  if (spec.promise) {
    const std::string text = PromiseText(
        spec.promise_body.value_or(entry.body), spec.promise_time.value_or(entry.integrated_time),
        spec.promise_log_id.value_or(entry.log_id), spec.promise_index.value_or(entry.log_index));
    entry.promise = (spec.promise_key != nullptr ? *spec.promise_key : key_).Sign(AsBytes(text));
  }
  if (spec.proof) AddProof(entry, spec);
  return entry;
}

std::string LoggedEntry::BundleJson() const {
  json::Writer w;
  w.BeginObject();
  w.Member("logIndex", std::to_string(log_index));
  w.Key("logId");
  w.BeginObject();
  w.Member("keyId", Base64Encode(log_id));
  w.EndObject();
  w.Key("kindVersion");
  w.BeginObject();
  w.Member("kind", kind);
  w.Member("version", version);
  w.EndObject();
  if (integrated_time != 0) w.Member("integratedTime", std::to_string(integrated_time));
  if (!promise.empty()) {
    w.Key("inclusionPromise");
    w.BeginObject();
    w.Member("signedEntryTimestamp", Base64Encode(promise));
    w.EndObject();
  }
  if (has_proof) {
    w.Key("inclusionProof");
    w.BeginObject();
    w.Member("logIndex", std::to_string(proof_index));
    w.Member("rootHash", Base64Encode(root));
    w.Member("treeSize", std::to_string(tree_size));
    w.Key("hashes");
    w.BeginArray();
    for (const Bytes& hash : hashes) w.String(Base64Encode(hash));
    w.EndArray();
    if (!checkpoint.empty()) {
      w.Key("checkpoint");
      w.BeginObject();
      w.Member("envelope", checkpoint);
      w.EndObject();
    }
    w.EndObject();
  }
  w.Member("canonicalizedBody", Base64Encode(AsBytes(body)));
  w.EndObject();
  return std::move(w).Take();
}

std::string LoggedEntry::RestJson() const {
  json::Writer w;
  w.BeginObject();
  w.Key(uuid);
  w.BeginObject();
  w.Member("body", Base64Encode(AsBytes(body)));
  w.Member("integratedTime", integrated_time);
  w.Member("logID", HexEncode(log_id));
  w.Member("logIndex", log_index);
  w.Key("verification");
  w.BeginObject();
  if (has_proof) {
    w.Key("inclusionProof");
    w.BeginObject();
    w.Member("checkpoint", checkpoint);
    w.Key("hashes");
    w.BeginArray();
    for (const Bytes& hash : hashes) w.String(HexEncode(hash));
    w.EndArray();
    w.Member("logIndex", proof_index);
    w.Member("rootHash", HexEncode(root));
    w.Member("treeSize", tree_size);
    w.EndObject();
  }
  if (!promise.empty()) w.Member("signedEntryTimestamp", Base64Encode(promise));
  w.EndObject();
  w.EndObject();
  w.EndObject();
  return std::move(w).Take();
}

std::string LoggedEntry::AnnotationJson() const {
  json::Writer w;
  w.BeginObject();
  w.Member("SignedEntryTimestamp", Base64Encode(promise));
  w.Key("Payload");
  w.BeginObject();
  w.Member("body", Base64Encode(AsBytes(body)));
  w.Member("integratedTime", integrated_time);
  w.Member("logIndex", log_index);
  w.Member("logID", HexEncode(log_id));
  w.EndObject();
  w.EndObject();
  return std::move(w).Take();
}

}  // namespace plimsoll::test
