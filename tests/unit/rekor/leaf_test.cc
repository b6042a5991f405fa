// Whether the log still holds exactly the leaf that is remembered.
#include "log_fixture.h"

namespace plimsoll::rekor {
namespace {

using LeafTest = LogTest;

TEST_F(LeafTest, ALeafIsProvenAgainByItsIndex) {
  const auto signature = Logged();
  const auto state = log_->LeafAt(LeafOf(*signature.entry), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kSame);
}

TEST_F(LeafTest, AProofIsNotBelievedFromMemoryWhenItIsAskedForFreshly) {
  const auto signature = Logged();
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskNow()));
  server_.server().ForgetRequests();
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskNow()));
  EXPECT_EQ(server_.server().RequestCount(), 0u);
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskFresh()));
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries"), 1u);
}

TEST_F(LeafTest, AnotherLeafUnderAPromiseOfTheSameIndexContradicts) {
  const auto signature = Logged();
  test::EntrySpec same_index;
  same_index.promise_index = signature.entry->log_index;
  test::ClassicSpec spec;
  spec.entry = same_index;
  auto other = sigstore_.SignImage(kImage, kOtherDigest, spec);
  other.entry->log_index = signature.entry->log_index;
  server_.Put(signature.entry->log_index, *other.entry);
  const auto state = log_->LeafAt(LeafOf(*signature.entry), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kOther);
}

TEST_F(LeafTest, AnotherEntryThanWasAskedForIsNoContradiction) {
  const auto signature = Logged();
  const auto other = sigstore_.SignImage(kImage, kOtherDigest);
  server_.Put(signature.entry->log_index, *other.entry);
  const auto state = log_->LeafAt(LeafOf(*signature.entry), AskNow());
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, kLogAnswerRefused);
}

TEST_F(LeafTest, NothingBelowTheSizeOfTheSignedTreeContradicts) {
  const auto signature = Logged();
  server_.Remove(signature.entry->log_index);
  const auto state = log_->LeafAt(LeafOf(*signature.entry, sigstore_.rekor().Origin()), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kNone);
}

TEST_F(LeafTest, AMirrorThatLagsIsIncompleteAndNoContradiction) {
  const auto first = Logged();
  const auto signature = Logged(kImage, kOtherDigest);
  server_.Remove(signature.entry->log_index);
  server_.ShowSize(2);
  const auto state = log_->LeafAt(LeafOf(*signature.entry), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kNotCovered);
}

TEST_F(LeafTest, AMirrorWithoutTheShardIsIncompleteAndNoContradiction) {
  const auto signature = Logged();
  server_.Remove(signature.entry->log_index);
  const auto state =
      log_->LeafAt(LeafOf(*signature.entry, "rekor.harbour.example - 4711"), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kNotCovered);
}

TEST_F(LeafTest, TheLeafOfAnotherLogIsNotAskedForHere) {
  const auto signature = Logged();
  RememberedLeaf leaf = LeafOf(*signature.entry);
  leaf.log_id = std::string(64, '0');
  const auto state = log_->LeafAt(leaf, AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kNotCovered);
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries"), 0u);
}

}  // namespace
}  // namespace plimsoll::rekor
