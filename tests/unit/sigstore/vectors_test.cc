// Others' vectors: Merkle proofs, checkpoints, signed notes, DSSE, Rekor's answers.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/encoding.h"
#include "crypto/public_key.h"
#include "json/json.h"
#include "json/writer.h"
#include "log_entry.h"
#include "signed_entity.h"
#include "sigstore/checkpoint.h"
#include "sigstore/merkle.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

using test::ReadTestData;

// Some vectors hold roots and hashes of other lengths, to be equal or not: their own hashes stand for
// them.
Sha256Digest ToHash(const Bytes& bytes) {
  Sha256Digest hash{};
  if (bytes.size() != hash.size()) {
    Bytes marked = ToBytes(std::string_view("another length: "));
    marked.insert(marked.end(), bytes.begin(), bytes.end());
    return Sha256(marked);
  }
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::optional<Sha256Digest> HashOf(const json::Value& value) {
  const auto bytes = Base64Decode(value.StringOrEmpty());
  if (!bytes) return std::nullopt;
  return ToHash(*bytes);
}

std::optional<Sha256Digest> HexHashOf(const json::Value& value) {
  const auto bytes = HexDecode(value.StringOrEmpty());
  if (!bytes) return std::nullopt;
  return ToHash(*bytes);
}

// Nothing when one of them is no hash: a reader of proofs refuses it before any proof is looked at.
std::optional<std::vector<Sha256Digest>> ProofOf(const json::Value& list) {
  std::vector<Sha256Digest> proof;
  for (json::Value h = list.first(); !h.missing(); h = h.next()) {
    const auto hash = HashOf(h);
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

template <class Judge>
int ForEachFile(std::string_view folder, const Judge& judge) {
  int count = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(test::TestDataPath(folder))) {
    if (file.path().extension() != ".json") continue;
    const std::string text = test::ReadWholeFile(file.path());
    const auto document = json::Document::Parse(text);
    if (!document) continue;
    const bool accepted = judge(document->root());
    const bool wanted = !document->root()["wantErr"].BoolOr(false).value_or(false);
    EXPECT_EQ(accepted, wanted) << file.path();
    ++count;
  }
  return count;
}

TEST(MerkleVectors, InclusionAndConsistencyAreJudgedAsTheyAsk) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const int inclusion = ForEachFile("merkle/inclusion", [](const json::Value& v) {
    const auto leaf = HashOf(v["leafHash"]);
    const auto root = HashOf(v["root"]);
    const auto proof = ProofOf(v["proof"]);
    const auto leaf_bytes = Base64Decode(v["leafHash"].StringOrEmpty());
    return leaf && leaf_bytes->size() == leaf->size() && root && proof &&
           VerifyInclusion(v["leafIdx"].Uint64().value_or(0), v["treeSize"].Uint64().value_or(0),
                           *leaf, *proof, *root)
               .has_value();
  });
  const int consistency = ForEachFile("merkle/consistency", [](const json::Value& v) {
    const auto first = HashOf(v["root1"]);
    const auto second = HashOf(v["root2"]);
    const auto proof = ProofOf(v["proof"]);
    return first && second && proof &&
           VerifyConsistency(v["size1"].Uint64().value_or(0), v["size2"].Uint64().value_or(0),
                             *first, *second, *proof)
               .has_value();
  });
  std::cout << "merkle vectors: inclusion " << inclusion << ", consistency " << consistency << "\n";
  EXPECT_EQ(inclusion, 98);
  EXPECT_EQ(consistency, 98);
}

TEST(MerkleVectors, SigstoreRubysInclusionCasesAgree) {
  PLIMSOLL_NEEDS_TEST_DATA();
  std::istringstream lines(ReadTestData("merkle/ruby-verify_inclusion.jsonl"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto document = json::Document::Parse(line);
    ASSERT_TRUE(document);
    const json::Value v = document->root();
    const auto leaf = HashOf(v["leaf_hash"]);
    const auto root = HashOf(v["root"]);
    const auto proof = ProofOf(v["proof"]);
    const bool accepted = leaf && root && proof &&
                          VerifyInclusion(v["index"].Uint64().value_or(0),
                                          v["size"].Uint64().value_or(0), *leaf, *proof, *root);
    EXPECT_EQ(accepted, !v["expected_error"].present()) << v["desc"].StringOrEmpty();
  }
  std::cout << "sigstore-ruby inclusion cases: " << count << "\n";
}

TEST(MerkleVectors, TheEightLeafTreeHasItsRootsAndItsProofs) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("merkle/rfc6962-tree-vectors.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  std::vector<Sha256Digest> leaves;
  for (json::Value l = root["leafInputsHex"].first(); !l.missing(); l = l.next()) {
    leaves.push_back(LeafHash(*HexDecode(l.StringOrEmpty())));
  }
  ASSERT_EQ(leaves.size(), 8u);
  const auto two = NodeHash(leaves[0], leaves[1]);
  EXPECT_EQ(HexEncode(two), root["rootHashesHexBySize"][2].StringOrEmpty());
  const auto eight =
      NodeHash(NodeHash(two, NodeHash(leaves[2], leaves[3])),
               NodeHash(NodeHash(leaves[4], leaves[5]), NodeHash(leaves[6], leaves[7])));
  EXPECT_EQ(HexEncode(eight), root["rootHashesHexBySize"][8].StringOrEmpty());
  EXPECT_EQ(HexEncode(LeafHash(AsBytes("L123456"))),
            root["hasher"]["leaf_L123456"].StringOrEmpty());
}

// A root of another length than a SHA-256 is refused here: such vectors get one of 32 bytes.
std::string WithFullRoot(std::string text, const json::Value& want) {
  const std::string root(want["Hash"].StringOrEmpty());
  if (root.size() == 32) return text;
  const std::string spelled = Base64Encode(AsBytes(root));
  const auto at = text.find(spelled);
  if (at != std::string::npos) {
    text.replace(at, spelled.size(), Base64Encode(Sha256(AsBytes(root))));
  }
  return text;
}

TEST(CheckpointVectors, TextsAreReadAsTheyAsk) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("checkpoints/checkpoint-vectors.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  int count = 0;
  for (const char* list : {"rekor_unmarshal", "formats_unmarshal"}) {
    for (json::Value v = document->root()[list].first(); !v.missing(); v = v.next(), ++count) {
      const auto checkpoint =
          ParseCheckpoint(WithFullRoot(std::string(v["m"].StringOrEmpty()), v["want"]));
      // Deliberate: C2SP asks that further lines are not empty.
      const bool empty_lines = v["desc"].StringOrEmpty() == "valid with trailing newlines";
      const bool wanted = !v["wantErr"].BoolOr(false).value_or(false) && !empty_lines;
      ASSERT_EQ(checkpoint.has_value(), wanted) << v["desc"].StringOrEmpty();
      if (!wanted) continue;
      EXPECT_EQ(checkpoint->origin, v["want"]["Origin"].StringOrEmpty());
      EXPECT_EQ(checkpoint->tree_size, v["want"]["Size"].Uint64().value_or(0));
    }
  }
  std::cout << "checkpoint texts: " << count << "\n";
  EXPECT_EQ(count, 24);
}

// "<name>+<hint>+<base64 of type and key>"; Ed25519 keys only occur.
struct NoteKey {
  std::string name;
  std::uint32_t hint = 0;
  Bytes key;
};

NoteKey ParseNoteKey(std::string_view text) {
  const auto first = text.find('+');
  const auto second = text.find('+', first + 1);
  NoteKey key;
  key.name = std::string(text.substr(0, first));
  const std::string_view hex = text.substr(first + 1, second - first - 1);
  std::from_chars(hex.data(), hex.data() + hex.size(), key.hint, 16);
  const auto raw = Base64Decode(text.substr(second + 1));
  key.key.assign(raw->begin() + 1, raw->end());
  return key;
}

bool VerifiesUnder(const Note& note, const NoteSignature& line, const NoteKey& key) {
  Bytes spki = *HexDecode("302a300506032b6570032100");
  spki.insert(spki.end(), key.key.begin(), key.key.end());
  const auto parsed = crypto::PublicKey::FromDer(spki);
  return parsed && line.name == key.name && line.hint == key.hint &&
         parsed->Verify(crypto::SignatureAlgorithm::kEd25519, AsBytes(note.text), line.signature);
}

TEST(CheckpointVectors, SignedNotesAreReadAndVerifiedAsTheyAsk) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("checkpoints/checkpoint-vectors.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  int count = 0;
  for (json::Value v = document->root()["signed_note"].first(); !v.missing();
       v = v.next(), ++count) {
    std::string source(v["note"].StringOrEmpty());
    if (v["note_base64"].present())
      source = ToText(*Base64Decode(v["note_base64"].StringOrEmpty()));
    const auto note = ParseNote(source);
    const bool malformed = v["err"].StringOrEmpty() == "malformed note";
    EXPECT_EQ(note.has_value(), !malformed) << v["desc"].StringOrEmpty();
    if (!note) continue;
    std::vector<std::string> verified;
    for (json::Value k = v["keys"].first(); !k.missing(); k = k.next()) {
      const NoteKey key = ParseNoteKey(k.StringOrEmpty());
      for (const NoteSignature& line : note->signatures) {
        if (VerifiesUnder(*note, line, key)) verified.push_back(key.name);
      }
    }
    for (json::Value name = v["verified"].first(); !name.missing(); name = name.next()) {
      EXPECT_NE(std::find(verified.begin(), verified.end(), name.StringOrEmpty()), verified.end())
          << v["desc"].StringOrEmpty();
    }
    if (v["err"].StringOrEmpty() == "invalid signature") {
      EXPECT_TRUE(verified.empty());
    }
  }
  std::cout << "signed notes: " << count << "\n";
  EXPECT_EQ(count, 15);
}

TEST(RekorVectors, EveryRealCheckpointVerifies) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("rekor-v1/checkpoints.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  const TrustRoot root = TrustRoot::PublicGood();
  int count = 0;
  for (json::Value c = document->root().first(); !c.missing(); c = c.next(), ++count) {
    std::string envelope(c["envelope"].StringOrEmpty());
    const auto verified = VerifyCheckpoint(envelope, root);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->checkpoint.origin, c["origin"].StringOrEmpty());
    EXPECT_EQ(verified->checkpoint.tree_size, c["size"].Uint64().value_or(0));
    EXPECT_EQ(HexEncode(verified->checkpoint.root), c["rootHash"].StringOrEmpty());
    const auto digit = envelope.find('\n') + 1;
    envelope[digit] = envelope[digit] == '1' ? '2' : '1';
    EXPECT_EQ(VerifyCheckpoint(envelope, root).error().code, kCheckpointInvalid);
  }
  std::cout << "real checkpoints verified, and refused when changed: " << count << "\n";
}

TEST(RekorVectors, EveryRestEntryProvesPromiseAndInclusion) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("rekor-v1/rest-log-entries.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  const TrustRoot root = TrustRoot::PublicGood();
  int count = 0;
  int promises = 0;
  for (json::Value e = document->root().first(); !e.missing(); e = e.next(), ++count) {
    json::Writer writer;
    writer.Copy(e);
    const auto entry = ReadRestEntry(std::move(writer).Take(), Limits{});
    ASSERT_TRUE(entry) << entry.error().message;
    const auto logs = root.impl().LogsById(entry->log_id);
    ASSERT_FALSE(logs.empty());
    if (!entry->promise.empty()) {
      EXPECT_TRUE(VerifyPromise(*entry, logs));
      ++promises;
    }
    const auto inclusion = VerifyInclusionOf(*entry, logs, Limits{});
    EXPECT_TRUE(inclusion) << inclusion.error().message;
  }
  std::cout << "REST entries: " << count << ", with a promise " << promises << "\n";
}

TEST(RekorVectors, RekorsOwnConsistencyCasesAgree) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("rekor-v1/rekor-verify-vectors.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  const json::Value consistency = document->root()["consistency"];
  const auto hash = HexHashOf(consistency["proofHashes"][0]);
  for (json::Value c = consistency["cases"].first(); !c.missing(); c = c.next()) {
    const auto first = HexHashOf(c["oldC"]["Hash"]);
    const auto second = HexHashOf(c["newC"]["Hash"]);
    const std::uint64_t from = c["oldC"]["Size"].Uint64().value_or(0);
    const std::uint64_t to = c["newC"]["Size"].Uint64().value_or(0);
    std::vector<Sha256Digest> proof;
    if (from != to) proof.push_back(*hash);
    const bool accepted =
        first && second && VerifyConsistency(from, to, *first, *second, proof).has_value();
    EXPECT_EQ(accepted, !c["wantErr"].BoolOr(false).value_or(false)) << c["name"].StringOrEmpty();
  }
}

TEST(DsseVectors, EncodingAndSignatureAgree) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("dsse/dsse-vectors.json");
  const auto document = json::Document::Parse(text);
  ASSERT_TRUE(document);
  const json::Value v = document->root()["vector"];
  const Bytes pae =
      PreAuthenticationEncoding(v["payloadType"].StringOrEmpty(), v["payload"].StringOrEmpty());
  EXPECT_EQ(AsText(pae), v["pae"].StringOrEmpty());
  const auto key = crypto::PublicKey::FromPem(v["publicKeyPem"].StringOrEmpty());
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->Verify(crypto::SignatureAlgorithm::kEcdsaSha256, pae,
                          *Base64Decode(v["signatureDer_base64"].StringOrEmpty())));
  int rows = 0;
  for (json::Value r = document->root()["pae_rows"].first(); !r.missing(); r = r.next(), ++rows) {
    const Bytes payload = *HexDecode(r["payload_hex"].StringOrEmpty());
    EXPECT_EQ(HexEncode(PreAuthenticationEncoding(r["type"].StringOrEmpty(), AsText(payload))),
              r["pae_hex"].StringOrEmpty());
  }
  EXPECT_EQ(rows, 5);
}

}  // namespace
}  // namespace plimsoll::sigstore
