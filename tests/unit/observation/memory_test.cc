// What is remembered of images is bounded, and nobody's large answer pushes out another's.
#include "memory.h"

#include <gtest/gtest.h>

namespace plimsoll::observation {
namespace {

Remembered Kept(std::size_t signers = 1) {
  const auto digest = oci::Digest::Parse("sha256:" + std::string(64, 'a'));
  Remembered remembered{.validators = {},
                        .manifest = {.digest = *digest,
                                     .media_type = "application/vnd.oci.image.manifest.v1+json",
                                     .is_index = false,
                                     .config_digest = {},
                                     .children = {}},
                        .judged = {}};
  for (std::size_t i = 0; i < signers; ++i) {
    baseline::ObservedSigner signer;
    signer.signer = baseline::MakeKeyless("https://github.com/acme/web/.github/workflows/r.yml",
                                          "https://issuer.example");
    remembered.judged.signers.push_back(std::move(signer));
  }
  return remembered;
}

std::string Key(std::size_t i) { return "registry.example/app@" + std::to_string(i); }

TEST(Memory, TheLeastRecentlyUsedGoesFirst) {
  Memory memory(2, 1u << 20);
  memory.Put("a", Kept());
  memory.Put("b", Kept());
  EXPECT_TRUE(memory.Find("a"));
  memory.Put("c", Kept());
  EXPECT_TRUE(memory.Find("a"));
  EXPECT_FALSE(memory.Find("b"));
  EXPECT_EQ(memory.size(), 2u);
}

TEST(Memory, IsBoundedInBytes) {
  const std::size_t limit = 1u << 20;
  Memory memory(100'000, limit);
  for (std::size_t i = 0; i < 10'000; ++i) memory.Put(Key(i), Kept());
  EXPECT_LE(memory.bytes(), limit);
  EXPECT_GT(memory.size(), 100u);
  EXPECT_TRUE(memory.Find(Key(9'999)));
  EXPECT_FALSE(memory.Find(Key(0)));
}

TEST(Memory, AnAnswerOfAThousandSignersIsNotKeptAndPushesNobodyOut) {
  Memory memory(100, 1u << 20);
  memory.Put("genuine", Kept());
  for (std::size_t i = 0; i < 100; ++i) memory.Put(Key(i), Kept(1'000));
  EXPECT_TRUE(memory.Find("genuine"));
  EXPECT_EQ(memory.size(), 1u);
}

TEST(Memory, WhatReplacesAnEntryIsCountedInItsPlace) {
  Memory memory(10, 1u << 20);
  memory.Put("a", Kept());
  const auto once = memory.bytes();
  memory.Put("a", Kept());
  EXPECT_EQ(memory.bytes(), once);
  memory.Put("a", Kept(1'000));  // too large: the old answer must not stand for it
  EXPECT_FALSE(memory.Find("a"));
  EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
}  // namespace plimsoll::observation
