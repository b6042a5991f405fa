// Witness cosignatures of checkpoints (C2SP tlog-cosignature).
#include <gtest/gtest.h>

#include "sigstore/checkpoint.h"
#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::KeyType;
using test::TestKey;

constexpr const char* kName = "witness.example/w1";
constexpr const char* kText =
    "log2026-1.rekor.harbour.example\n17\nI5KZHMCNhLUVLg+R0rFDZFBcIGCRiB2NNbGRzcCMCUQ=\n";
constexpr Time kSeenAt = test::kSigningTime + std::chrono::seconds(90);

const TestKey& TheWitness() {
  static const TestKey key(KeyType::kEd25519, "witness one");
  return key;
}

Witness Known(const std::string& name, const TestKey& key) {
  return {name, Base64Encode(key.spki())};
}

std::string Line(const std::string& name, const TestKey& key, Time time = kSeenAt) {
  return test::CosignatureLine(kText, name, key, time);
}

Note NoteWith(const std::string& lines) {
  auto note = ParseNote(std::string(kText) + "\n" + lines);
  EXPECT_TRUE(note) << note.error().message;
  return *note;
}

Reason CodeOf(const Result<std::vector<Cosignature>>& result) {
  return result ? Reason() : result.error().code;
}

// The line with one byte of what follows the hint changed.
std::string Damaged(std::size_t byte) {
  const std::string line = Line(kName, TheWitness());
  const auto space = line.rfind(' ');
  Bytes decoded = *Base64Decode(line.substr(space + 1, line.size() - space - 2));
  decoded.at(4 + byte) ^= 1;
  return line.substr(0, space + 1) + Base64Encode(decoded) + "\n";
}

TEST(Cosignatures, AKnownWitnessSaysWhenItSawTheCheckpoint) {
  const auto valid =
      VerifyCosignatures(NoteWith(Line(kName, TheWitness())), {Known(kName, TheWitness())});
  ASSERT_TRUE(valid) << valid.error().message;
  ASSERT_EQ(valid->size(), 1u);
  EXPECT_EQ(valid->front().witness, kName);
  EXPECT_EQ(valid->front().time, kSeenAt);
}

TEST(Cosignatures, OnlyThoseOfKnownWitnessesCount) {
  const TestKey second(KeyType::kEd25519, "witness two");
  const TestKey stranger(KeyType::kEd25519, "witness three");
  const Note note = NoteWith(Line(kName, TheWitness()) + Line("witness.example/w3", stranger) +
                             Line("witness.example/w2", second));
  const std::vector<Witness> known = {Known(kName, TheWitness()),
                                      Known("witness.example/w2", second),
                                      Known("witness.example/w4", second)};
  const auto valid = VerifyCosignatures(note, known);
  ASSERT_TRUE(valid) << valid.error().message;
  ASSERT_EQ(valid->size(), 2u);
  EXPECT_EQ(valid->at(1).witness, "witness.example/w2");
  EXPECT_TRUE(VerifyCosignatures(note, {})->empty());
}

TEST(Cosignatures, ANameIsPartOfTheWitnesssKey) {
  // Under another name the same key has another ID: the line is a stranger's.
  EXPECT_TRUE(VerifyCosignatures(NoteWith(Line("witness.example/w2", TheWitness())),
                                 {Known(kName, TheWitness())})
                  ->empty());
}

TEST(Cosignatures, AKnownWitnesssLineThatDoesNotVerifyIsAnError) {
  const std::vector<Witness> known = {Known(kName, TheWitness())};
  constexpr std::size_t kLastOfTime = 7;
  constexpr std::size_t kFirstOfSignature = 8;
  EXPECT_EQ(CodeOf(VerifyCosignatures(NoteWith(Damaged(kLastOfTime)), known)), kCheckpointInvalid);
  EXPECT_EQ(CodeOf(VerifyCosignatures(NoteWith(Damaged(kFirstOfSignature)), known)),
            kCheckpointInvalid);
  // Over another text.
  const std::string other = test::CosignatureLine("another text\n", kName, TheWitness(), kSeenAt);
  EXPECT_EQ(CodeOf(VerifyCosignatures(NoteWith(other), known)), kCheckpointInvalid);
}

TEST(Cosignatures, ATimeBeyondTheCalendarIsAnErrorAndNoOverflow) {
  // The first byte of 64 bits of seconds.
  EXPECT_EQ(CodeOf(VerifyCosignatures(NoteWith(Damaged(0)), {Known(kName, TheWitness())})),
            kCheckpointInvalid);
}

TEST(Cosignatures, ALineOfAnotherLengthIsMalformed) {
  const std::string line = Line(kName, TheWitness());
  const auto space = line.rfind(' ');
  Bytes decoded = *Base64Decode(line.substr(space + 1, line.size() - space - 2));
  decoded.pop_back();
  const Note note = NoteWith(line.substr(0, space + 1) + Base64Encode(decoded) + "\n");
  EXPECT_EQ(CodeOf(VerifyCosignatures(note, {Known(kName, TheWitness())})), kMalformed);
}

TEST(Cosignatures, AWitnessHasAnEd25519Key) {
  const TestKey curve(KeyType::kP256, "witness one");
  const Note note = NoteWith(Line(kName, TheWitness()));
  EXPECT_EQ(CodeOf(VerifyCosignatures(note, {Known(kName, curve)})), kInvalidArgument);
  EXPECT_EQ(CodeOf(VerifyCosignatures(note, {{kName, "no base64!"}})), kMalformed);
  EXPECT_EQ(CodeOf(VerifyCosignatures(note, {{kName, "AAAA"}})), kMalformed);
}

TEST(Cosignatures, TheLogsOwnSignatureIsNotAWitnesss) {
  // The same name, key and hint, but the type of a log's line: no cosignature.
  const std::string log_line =
      test::NoteSignatureLine(kText, {kName, Bytes{1, 2, 3, 4}, &TheWitness(), false});
  EXPECT_TRUE(VerifyCosignatures(NoteWith(log_line), {Known(kName, TheWitness())})->empty());
}

}  // namespace
}  // namespace plimsoll::sigstore
