// Answers of a log, as values.
#include "rekor/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::rekor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kUuid(64, 'a');

TEST(Answers, UuidsAreLowerCaseAndDistinct) {
  const auto uuids = ReadUuids("[\"" + std::string(64, 'A') + "\",\"" + kUuid + "\",\"" +
                               std::string(80, '1') + "\"]");
  ASSERT_TRUE(uuids);
  EXPECT_THAT(*uuids, ElementsAre(kUuid, std::string(80, '1')));
}

TEST(Answers, WhatIsNoUuidMakesTheAnswerMalformed) {
  for (const std::string text :
       {"", "{}", "[1]", "[\"\"]", "[\"abc\"]", "null", "[\"../../etc/passwd\"]"}) {
    EXPECT_FALSE(ReadUuids(text)) << text;
  }
  EXPECT_EQ(ReadUuids("[\"" + kUuid + "\"]", {.uuids = 0}).error().code, kLimitExceeded);
}

TEST(Answers, EachEntryOfAListIsAnEntryOfItsOwn) {
  const auto entries = ReadEntries("[{\"" + kUuid + "\":{\"logIndex\":5}},{\"b\":{}}]");
  ASSERT_TRUE(entries);
  EXPECT_THAT(*entries, ElementsAre("{\"" + kUuid + "\":{\"logIndex\":5}}", "{\"b\":{}}"));
  EXPECT_THAT(*ReadEntries("{\"" + kUuid + "\":{}}"), SizeIs(1));
  EXPECT_FALSE(ReadEntries("[[]]"));
  EXPECT_EQ(ReadEntries("[{\"a\":1},{\"b\":1}]", {.entries = 1}).error().code, kLimitExceeded);
}

TEST(Answers, TheLogsInformationHasItsShards) {
  const auto info = ReadLogInfo(
      R"({"inactiveShards":[{"rootHash":"00","signedTreeHead":"n1","treeID":"3904496407287907110","treeSize":4163431}],)"
      R"("rootHash":"00","signedTreeHead":"n2","treeID":"1193050959916656506","treeSize":5})");
  ASSERT_TRUE(info) << info.error().message;
  ASSERT_THAT(info->inactive, SizeIs(1));
  EXPECT_EQ(info->inactive[0].tree_size, 4'163'431u);
  EXPECT_EQ(info->active.tree_id, "1193050959916656506");
  EXPECT_EQ(info->active.signed_tree_head, "n2");
  EXPECT_FALSE(ReadLogInfo(R"({"signedTreeHead":"n","treeID":"-1","treeSize":5})"));
  EXPECT_FALSE(ReadLogInfo(R"({"signedTreeHead":"n","treeID":"1","treeSize":-5})"));
}

TEST(Answers, AConsistencyProofIsAListOfHashes) {
  EXPECT_THAT(*ReadConsistencyProof("{\"rootHash\":\"x\",\"hashes\":[\"" + kUuid + "\"]}"),
              SizeIs(1));
  EXPECT_THAT(*ReadConsistencyProof("{\"hashes\":null}"), SizeIs(0));
  EXPECT_FALSE(ReadConsistencyProof("{\"hashes\":[\"aa\"]}"));
  EXPECT_FALSE(ReadConsistencyProof("[]"));
}

TEST(Answers, TilesHaveExactSizes) {
  EXPECT_THAT(*ReadHashTile(std::string(64, 'x'), 2), SizeIs(2));
  EXPECT_THAT(*ReadHashTile(std::string(8'192, 'x'), 2), SizeIs(2))
      << "a full tile for a part of it";
  EXPECT_FALSE(ReadHashTile(std::string(63, 'x'), 2));
  EXPECT_FALSE(ReadHashTile(std::string(32, 'x'), 2));
  EXPECT_FALSE(ReadHashTile(std::string(8'224, 'x'), 2));
}

TEST(Answers, AnEntryBundleHoldsItsEntriesWhole) {
  using std::string_literals::operator""s;
  EXPECT_THAT(*ReadEntryBundle("\0\x02hi\0\0\0\x01x"s, 3), ElementsAre("hi", "", "x"));
  EXPECT_FALSE(ReadEntryBundle("\0\x05hi"s, 1));
  EXPECT_FALSE(ReadEntryBundle("\0"s, 1));
  EXPECT_FALSE(ReadEntryBundle("\0\x02hi"s, 2));
}

}  // namespace
}  // namespace plimsoll::rekor
