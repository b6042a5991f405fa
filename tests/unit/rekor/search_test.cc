// Looking an image up: what is found counts when it is verified completely, what is not found proves nothing.
#include "log_fixture.h"

namespace plimsoll::rekor {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using SearchTest = LogTest;

TEST_F(SearchTest, AClassicSignatureIsFoundByThePayloadThatItSigned) {
  const auto signature = Logged();
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_THAT(found->proven, SizeIs(1));
  const sigstore::Verification& proven = found->proven.front();
  EXPECT_EQ(proven.docker_reference, kImage);
  ASSERT_TRUE(proven.log);
  EXPECT_EQ(proven.log->log_index, signature.entry->log_index);
  EXPECT_TRUE(proven.log->inclusion);
  EXPECT_EQ(proven.log->integrated_time, test::kSigningTime);
}

TEST_F(SearchTest, ABundleIsFoundByTheImagesDigest) {
  const auto bundle =
      sigstore_.SignStatement(test::CosignStatement(std::string_view(kDigest).substr(7)));
  server_.Add(bundle, kDigest);
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, SizeIs(1));
}

TEST_F(SearchTest, ABundleIsFoundByItsStatementWhereTheIndexLostTheDigest) {
  const auto bundle = sigstore_.SignStatement(test::CosignStatement(
      std::string_view(kDigest).substr(7), test::StatementShape::kAnnotations, true));
  server_.Add(bundle.entries.front(), {Sha256Hex(AsBytes(bundle.payload))});
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, SizeIs(1));
}

TEST_F(SearchTest, AMissProvesNothingAndIsComplete) {
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_TRUE(found->complete);
}

TEST_F(SearchTest, WhatTheIndexWritesLateIsFoundOnceItIsThere) {
  ASSERT_TRUE(Search());
  Logged();
  clock_.passed += Log::kKeepMisses;
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, SizeIs(1));
}

// The index ignores case and trailing blanks, so that its answer may hold anything.
TEST_F(SearchTest, AHitThatIsAboutSomethingElseIsNoHit) {
  const auto other = sigstore_.SignImage(kImage, kOtherDigest);
  server_.Add(*other.entry, Plan().terms);
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, IsEmpty());
}

TEST_F(SearchTest, UpperCaseAndRepeatedHitsAreOneEntry) {
  const auto signature = Logged();
  std::string upper = signature.entry->uuid;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  server_.Instead([&](const testing::SeenRequest& request) {
    if (request.path != "/api/v1/index/retrieve") return testing::FaultServer::Pass();
    return testing::Reply::Ok("[\"" + upper + "\",\"" + signature.entry->uuid + "\",\"" + upper +
                              "\"]");
  });
  const auto found = Search();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, SizeIs(1));
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries/retrieve"), 1u);
}

// Anyone may log a statement, with a key of his own, about any digest.
TEST_F(SearchTest, AStrangersEntryIsProvenAsTheStrangersOwn) {
  test::ClassicSpec spec;
  spec.leaf = test::EmailLeaf("mallory@example.test");
  Logged(kImage, kDigest, spec);
  const auto found = Search();
  ASSERT_TRUE(found);
  ASSERT_THAT(found->proven, SizeIs(1));
  EXPECT_EQ(found->proven.front().signer->identity, "mallory@example.test");
}

TEST_F(SearchTest, ACertificateOfAnUnknownAuthorityProvesNobody) {
  test::SigstoreOptions options;
  options.seed = "elsewhere";
  test::VirtualSigstore elsewhere(options);
  test::ClassicSpec spec;
  spec.leaf.issuer = &elsewhere.intermediate();
  Logged(kImage, kDigest, spec);
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, IsEmpty());
  EXPECT_TRUE(found->complete) << "it was looked at, and is nothing";
}

TEST_F(SearchTest, TheSearchEndsWithTheFirstProofThatIsEnough) {
  Logged();
  ASSERT_TRUE(Search());
  EXPECT_EQ(server_.server().Count("/api/v1/index/retrieve"), 1u);
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries/retrieve"), 1u);
}

TEST_F(SearchTest, WhatWasProvenIsKeptForEverAndWhatTheIndexSaidForItsTime) {
  Logged();
  ASSERT_TRUE(Search());
  const std::size_t asked = server_.server().RequestCount();
  ASSERT_TRUE(Search());
  EXPECT_EQ(server_.server().RequestCount(), asked) << "within the hour nothing is asked again";
  clock_.passed += std::chrono::hours(2);
  const auto found = Search();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->proven, SizeIs(1));
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries/retrieve"), 1u)
      << "the proof itself is not fetched again";
}

TEST_F(SearchTest, AFreshQuestionReadsNothingThatWasKept) {
  Logged();
  ASSERT_TRUE(Search());
  ASSERT_TRUE(Search(kDigest, AskFresh()));
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries/retrieve"), 2u);
}

TEST_F(SearchTest, AtMostTenEntriesAreAskedForAtOnceAndFortyInAll) {
  std::vector<std::string> uuids;
  for (int i = 0; i < 60; ++i) {
    test::ClassicSpec spec;
    spec.leaf = test::EmailLeaf("m" + std::to_string(i) + "@example.test");
    spec.entry.later_entries = 0;
    const auto signature = sigstore_.SignImage(kImage, kDigest, spec);
    server_.Add(signature);
  }
  const auto found = log_->Search(
      Plan(), {.digests = {kDigest}, .content = {}, .known_keys = {}},
      [](const sigstore::Verification&) { return false; }, AskNow());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->proven, SizeIs(Log::kMaxFetched));
  EXPECT_FALSE(found->complete);
  EXPECT_EQ(server_.server().Count("/api/v1/log/entries/retrieve"), 4u);
}

TEST_F(SearchTest, ALogWithoutASearchSaysSo) {
  server_.Instead([](const testing::SeenRequest& request) {
    if (request.path != "/api/v1/index/retrieve") return testing::FaultServer::Pass();
    return testing::Reply::Status(501, R"({"code":501,"message":"not enabled"})");
  });
  const auto found = Search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, kNoSearch);
}

}  // namespace
}  // namespace plimsoll::rekor
