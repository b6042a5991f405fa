// A log against itself: what it signed before and what it signs now.
#include "log_fixture.h"

namespace plimsoll::rekor {
namespace {

using plimsoll::testing::FaultServer;
using plimsoll::testing::Reply;
using plimsoll::testing::SeenRequest;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConsistencyTest : public LogTest {
 protected:
  // Another history under the same name and key, as long as `leaves`.
  test::TransparencyLog Fork(std::uint64_t leaves) {
    test::TransparencyLog& log = sigstore_.rekor();
    const std::string origin = log.Origin();
    test::TransparencyLog fork(log.generation(), log.host(), origin.substr(origin.rfind(' ') + 1),
                               log.key(), 1'000'000);
    while (fork.tree().size() < leaves) {
      fork.tree().Append(AsBytes("another leaf " + std::to_string(fork.tree().size())));
    }
    return fork;
  }
  Result<LogName> Look() {
    clock_.passed += std::chrono::hours(2);  // nothing that was kept
    return log_->Identify(AskNow());
  }
};

TEST_F(ConsistencyTest, ALogThatGrowsIsBelieved) {
  Logged();
  ASSERT_TRUE(Look());
  Logged(kImage, kOtherDigest);
  const auto again = Look();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(server_.server().Count("/api/v1/log/proof"), 1u);
  ASSERT_THAT(log_->States(), SizeIs(1));
  EXPECT_EQ(log_->States().front().origin, sigstore_.rekor().Origin());
}

TEST_F(ConsistencyTest, ALogThatDidNotGrowNeedsNoProof) {
  Logged();
  ASSERT_TRUE(Look());
  ASSERT_TRUE(Look());
  EXPECT_EQ(server_.server().Count("/api/v1/log/proof"), 0u);
}

TEST_F(ConsistencyTest, TwoRootsOfOneSizeAreALogInconsistent) {
  Logged();
  ASSERT_TRUE(Look());
  test::TransparencyLog fork = Fork(sigstore_.rekor().tree().size());
  server_.Show(fork);
  const auto found = Look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, kLogInconsistent) << found.error().message;
  EXPECT_EQ(log_->health(), Health::kInconsistent);
  ASSERT_THAT(log_->States(), SizeIs(1));
  EXPECT_THAT(log_->States().front().disagreeing, SizeIs(2)) << "both are kept, to be shown";
}

TEST_F(ConsistencyTest, AForkedTreeIsALogInconsistent) {
  Logged();
  Logged(kImage, kOtherDigest);  // 8 leaves
  sigstore_.rekor().tree().Append(AsBytes("one more"));
  ASSERT_TRUE(Look());
  test::TransparencyLog fork = Fork(21);
  server_.Show(fork);
  const auto found = Look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, kLogInconsistent) << found.error().message;
}

TEST_F(ConsistencyTest, NothingOfAnInconsistentLogIsBelieved) {
  const auto signature = Logged();
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskNow()));
  test::TransparencyLog fork = Fork(sigstore_.rekor().tree().size());
  server_.Show(fork);
  ASSERT_FALSE(Look());
  server_.Show(sigstore_.rekor());
  server_.server().ForgetRequests();
  EXPECT_EQ(Search().error().code, kLogInconsistent);
  EXPECT_EQ(log_->LeafAt(LeafOf(*signature.entry), AskNow()).error().code, kLogInconsistent)
      << "nor what was proven before";
  EXPECT_EQ(server_.server().RequestCount(), 0u) << "and nothing is sent to it";
}

TEST_F(ConsistencyTest, AWrongConsistencyProofAccusesNobody) {
  Logged();
  Logged(kImage, kOtherDigest);
  sigstore_.rekor().tree().Append(AsBytes("one more"));
  ASSERT_TRUE(Look());
  Logged(kImage, kDigest);
  server_.Instead([](const SeenRequest& request) {
    if (request.path != "/api/v1/log/proof") return FaultServer::Pass();
    return Reply::Ok("{\"hashes\":[\"" + std::string(64, '7') + "\"]}");
  });
  const auto found = Look();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, kLogAnswerRefused);
  EXPECT_EQ(log_->health(), Health::kUnreachable);
  EXPECT_THAT(log_->States().front().disagreeing, IsEmpty());
  server_.Instead({});
  EXPECT_TRUE(Look()) << "the next look starts from what was verified last";
}

TEST_F(ConsistencyTest, AReplayedCheckpointMovesNothingBack) {
  Logged();
  const std::uint64_t old = sigstore_.rekor().tree().size();
  Logged(kImage, kOtherDigest);
  ASSERT_TRUE(Look());
  const LogStates before = log_->States();
  server_.ShowSize(old);
  // The server cannot prove a size that it does not show, so the answer does not count.
  const auto found = Look();
  EXPECT_FALSE(found);
  EXPECT_EQ(log_->States(), before);
  EXPECT_NE(log_->health(), Health::kInconsistent);
}

TEST_F(ConsistencyTest, AnotherLeaderGoesOnFromTheLastCheckpoint) {
  Logged();
  Logged(kImage, kOtherDigest);
  sigstore_.rekor().tree().Append(AsBytes("one more"));
  ASSERT_TRUE(Look());
  const auto stored = ReadLogStates(WriteLogStates(log_->States()));
  ASSERT_TRUE(stored);
  test::TransparencyLog fork = Fork(21);
  server_.Show(fork);
  Start(server_.host(), server_.url());
  log_->Adopt(*stored, verifier_->trust_root());
  EXPECT_EQ(Look().error().code, kLogInconsistent);
}

TEST_F(ConsistencyTest, AStoredCheckpointThatTheLogNeverSignedIsNotAdopted) {
  LogStates stored(1);
  stored[0].origin = sigstore_.rekor().Origin();
  test::CheckpointSpec damaged;
  damaged.damage_signature = true;
  Logged();
  stored[0].checkpoint = sigstore_.rekor().Checkpoint(damaged);
  log_->Adopt(stored, verifier_->trust_root());
  EXPECT_TRUE(Look());
}

TEST_F(ConsistencyTest, APersonsTrustEndsTheDisagreement) {
  Logged();
  ASSERT_TRUE(Look());
  test::TransparencyLog fork = Fork(sigstore_.rekor().tree().size());
  server_.Show(fork);
  ASSERT_FALSE(Look());
  LogStates states = log_->States();
  clock_.now += std::chrono::minutes(5);
  ASSERT_TRUE(TrustAgain(states, sigstore_.rekor().Origin(), "restored from a backup", clock_.now));
  log_->Adopt(states, verifier_->trust_root());
  const auto found = Look();
  EXPECT_TRUE(found) << found.error().message;
  EXPECT_EQ(log_->health(), Health::kAnswering);
}

TEST_F(ConsistencyTest, AnOldTrustDoesNotEndANewDisagreement) {
  Logged();
  ASSERT_TRUE(Look());
  LogStates states(1);
  states[0].origin = sigstore_.rekor().Origin();
  states[0].trusted_time = clock_.now - std::chrono::hours(1);
  states[0].trusted_reason = "an earlier one";
  test::TransparencyLog fork = Fork(sigstore_.rekor().tree().size());
  server_.Show(fork);
  ASSERT_FALSE(Look());
  log_->Adopt(states, verifier_->trust_root());
  EXPECT_EQ(Look().error().code, kLogInconsistent);
}

}  // namespace
}  // namespace plimsoll::rekor
