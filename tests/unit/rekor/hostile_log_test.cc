// A log that lies, stalls or floods: nothing is learned, nothing is alarmed that is not proven, and memory and time
// stay bounded.
#include "log_fixture.h"

namespace plimsoll::rekor {
namespace {

using plimsoll::testing::FaultServer;
using plimsoll::testing::Reply;
using plimsoll::testing::SeenRequest;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kIndex[] = "/api/v1/index/retrieve";
constexpr char kRetrieve[] = "/api/v1/log/entries/retrieve";

class HostileLogTest : public LogTest {
 protected:
  void Answer(const std::string& path, Reply reply) {
    server_.Instead([path, reply](const SeenRequest& request) {
      return request.path == path ? reply : FaultServer::Pass();
    });
  }
  // The question has no answer, and the log is not accused of anything.
  void ExpectNothing(const Result<SearchResult>& found, Reason why) {
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, why) << found.error().message;
    EXPECT_TRUE(found.error().retryable);
    EXPECT_NE(log_->health(), Health::kInconsistent);
    EXPECT_NE(log_->health(), Health::kAnswering);
  }
};

TEST_F(HostileLogTest, AnEndlessBodyEndsAtTheCap) {
  Answer(kIndex, Reply::Endless(plimsoll::testing::kEndless, false));
  ExpectNothing(Search(), kLogAnswerRefused);
  // What was not taken lies in the sockets between us, at most.
  EXPECT_LT(server_.server().BytesSent(), 24u << 20);
}

TEST_F(HostileLogTest, ADeclaredBodyBeyondTheCapIsNotRead) {
  Answer(kIndex, Reply::Endless(64u << 20, true));
  ExpectNothing(Search(), kLogAnswerRefused);
  EXPECT_LT(server_.server().BytesSent(), 24u << 20);
}

TEST_F(HostileLogTest, ASlowBodyEndsAtTheTimeout) {
  LogOptions options;
  options.timeout = std::chrono::milliseconds(300);
  Start(server_.host(), server_.url(), options);
  Answer(kIndex, Reply::SlowBody(std::string(4'096, ' '), std::chrono::milliseconds(50)));
  const auto began = std::chrono::steady_clock::now();
  ExpectNothing(Search(), kLogUnreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(HostileLogTest, AQuestionEndsAtItsOwnDeadline) {
  Answer(kIndex, Reply::NoAnswer());
  const auto began = std::chrono::steady_clock::now();
  ExpectNothing(Search(kDigest, AskNow(std::chrono::milliseconds(300))), kLogUnreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

TEST_F(HostileLogTest, APageForPeopleIsNoAnswer) {
  for (const char* path : {"/api/v1/log", kIndex, kRetrieve}) {
    Start(server_.host(), server_.url());
    Logged();
    Answer(path, Reply::Html());
    ExpectNothing(Search(), kLogAnswerRefused);
  }
}

TEST_F(HostileLogTest, TruncatedJsonIsNoAnswer) {
  Answer(kIndex, Reply::Ok(R"(["108e9186e8c5677aa7979bba)"));
  ExpectNothing(Search(), kLogAnswerRefused);
}

TEST_F(HostileLogTest, ACutTransferIsNoAnswer) {
  Answer(kIndex, Reply::CutBody(4'096, "[]"));
  ExpectNothing(Search(), kLogUnreachable);
}

TEST_F(HostileLogTest, ThrottlingIsObeyedAndIsNoAnswer) {
  Answer(kIndex, Reply::Status(429).With("Retry-After", "120"));
  ExpectNothing(Search(kDigest, AskNow(std::chrono::seconds(2))), kLogUnreachable);
  const std::size_t asked = server_.server().RequestCount();
  ExpectNothing(Search(kOtherDigest, AskNow(std::chrono::seconds(2))), kLogUnreachable);
  EXPECT_EQ(server_.server().RequestCount(), asked) << "not before the two minutes are over";
}

TEST_F(HostileLogTest, AFailingLogIsLeftAloneForAWhile) {
  server_.Instead([](const SeenRequest&) { return Reply::Status(503); });
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Search(kDigest, AskNow(std::chrono::milliseconds(50))));
    clock_.now += std::chrono::milliseconds(100);
  }
  EXPECT_LE(server_.server().RequestCount(), 10u);
  EXPECT_EQ(log_->health(), Health::kUnreachable);
}

TEST_F(HostileLogTest, ALogThatAnswersAgainIsBelievedAgain) {
  Logged();
  Answer("/api/v1/log", Reply::Status(503));
  ExpectNothing(Search(), kLogUnreachable);
  server_.Instead({});
  clock_.now += std::chrono::minutes(10);
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, SizeIs(1));
  EXPECT_EQ(log_->health(), Health::kAnswering);
}

TEST_F(HostileLogTest, TenThousandHitsAreLookedAtInParts) {
  std::string body = "[";
  for (int i = 0; i < 10'000; ++i) {
    body += (i == 0 ? "\"" : ",\"") + Sha256Hex(AsBytes(std::to_string(i))) + "\"";
  }
  Answer(kIndex, Reply::Ok(body + "]"));
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_FALSE(found->complete);
  EXPECT_LE(server_.server().Count(kRetrieve), 4u);
}

TEST_F(HostileLogTest, AnEntryOfAnotherSignatureProvesNothing) {
  auto signature = sigstore_.SignImage(kImage, kDigest);
  const auto other = sigstore_.SignImage(kImage, kOtherDigest);
  // The genuine proofs of one entry under the name of another.
  const std::string uuid = signature.entry->uuid;
  *signature.entry = *other.entry;
  signature.entry->uuid = uuid;
  server_.Add(signature);
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_FALSE(found->complete);
}

TEST_F(HostileLogTest, AnEntryThatWasNotAskedForIsIgnored) {
  const auto signature = sigstore_.SignImage(kImage, kDigest);
  server_.Add(*signature.entry, {});
  server_.Instead([&](const SeenRequest& request) {
    if (request.path == kIndex) return Reply::Ok("[\"" + std::string(64, 'f') + "\"]");
    if (request.path == kRetrieve) return Reply::Ok("[" + signature.entry->RestJson() + "]");
    return FaultServer::Pass();
  });
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
}

TEST_F(HostileLogTest, AWrongInclusionProofProvesNothing) {
  auto signature = sigstore_.SignImage(kImage, kDigest);
  signature.entry->hashes.front()[0] ^= 1;
  server_.Add(signature);
  server_.Instead([&](const SeenRequest& request) {
    if (request.path != kRetrieve) return FaultServer::Pass();
    return Reply::Ok("[" + signature.entry->RestJson() + "]");
  });
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_FALSE(found->complete);
}

TEST_F(HostileLogTest, AnIntegratedTimeInTheFutureProvesNothing) {
  test::ClassicSpec spec;
  spec.entry.integrated_time = test::kSigningTime + std::chrono::hours(48);
  spec.leaf.lifetime = std::chrono::hours(96);
  const auto signature = Logged(kImage, kDigest, spec);
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_FALSE(log_->LeafAt(LeafOf(*signature.entry), AskNow()));
}

TEST_F(HostileLogTest, TheCheckpointOfAnotherLogProvesNothing) {
  test::SigstoreOptions options;
  options.seed = "elsewhere";
  options.rekor_host = "rekor.elsewhere.example";
  test::VirtualSigstore elsewhere(options);
  auto signature = sigstore_.SignImage(kImage, kDigest);
  const auto other = elsewhere.SignImage(kImage, kDigest);
  signature.entry->checkpoint = other.entry->checkpoint;
  server_.Add(signature);
  server_.Instead([&](const SeenRequest& request) {
    if (request.path != kRetrieve) return FaultServer::Pass();
    return Reply::Ok("[" + signature.entry->RestJson() + "]");
  });
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
}

TEST_F(HostileLogTest, ALogThatIsNotInTheTrustRootIsNotAsked) {
  test::SigstoreOptions options;
  options.seed = "elsewhere";
  test::VirtualSigstore elsewhere(options);
  server_.Show(elsewhere.rekor());
  ExpectNothing(Search(), kLogAnswerRefused);
  EXPECT_EQ(server_.server().Count(kIndex), 0u);
}

TEST_F(HostileLogTest, ARedirectIsNotFollowed) {
  Answer(kIndex, Reply::Redirect(302, server_.url() + "/elsewhere"));
  ExpectNothing(Search(), kLogAnswerRefused);
  EXPECT_EQ(server_.server().Count("/elsewhere"), 0u);
}

TEST_F(HostileLogTest, StoppingEndsAQuestionThatWaits) {
  Answer(kIndex, Reply::Status(429).With("Retry-After", "5"));
  EXPECT_FALSE(Search(kDigest, AskNow(std::chrono::seconds(1))));
  log_->Stop();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(Search(kDigest, AskNow(std::chrono::seconds(30))));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace plimsoll::rekor
