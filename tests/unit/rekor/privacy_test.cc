// Everything that is ever sent to a log, byte by byte, against the list of what may leave.
#include <regex>

#include "log_fixture.h"

namespace plimsoll::rekor {
namespace {

using PrivacyTest = LogTest;

TEST_F(PrivacyTest, OnlyDigestsUuidsIndicesAndSizesLeave) {
  const auto signature = Logged();
  Logged(kImage, kOtherDigest);
  sigstore_.rekor().tree().Append(AsBytes("one more"));
  ASSERT_TRUE(Search());
  Logged("registry.harbour.example/secret/project", "sha256:" + std::string(64, 'c'));
  clock_.passed += std::chrono::hours(2);
  ASSERT_TRUE(log_->Search(
      PlanSearch({"registry.harbour.example/secret/project",
                  {"mirror.harbour.example/secret/alias"},
                  "sha256:" + std::string(64, 'c'),
                  {"v1-secret"},
                  false}),
      {.digests = {"sha256:" + std::string(64, 'c')}, .content = {}, .known_keys = {}},
      [](const sigstore::Verification&) { return false; }, AskFresh()));
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskFresh()));
  server_.Remove(signature.entry->log_index);
  ASSERT_TRUE(log_->LeafAt(LeafOf(*signature.entry), AskFresh()));

  const std::regex target(
      R"((GET /api/v1/log)|(POST /api/v1/index/retrieve)|(POST /api/v1/log/entries/retrieve))"
      R"(|(GET /api/v1/log/entries\?logIndex=[0-9]+))"
      R"(|(GET /api/v1/log/proof\?firstSize=[0-9]+&lastSize=[0-9]+&treeID=[0-9]+))");
  const std::regex body(
      R"(|(\{"hash":"sha256:[0-9a-f]{64}"\})|(\{"entryUUIDs":\["[0-9a-f]{64,80}"(,"[0-9a-f]{64,80}")*\]\}))");
  const std::map<std::string, std::regex> fields = {
      {"host", std::regex(R"(127\.0\.0\.1:[0-9]+)")},
      {"user-agent", std::regex(R"(plimsoll/[0-9.]+)")},
      {"accept", std::regex(R"(application/json|\*/\*)")},
      {"accept-encoding", std::regex("identity")},
      {"content-type", std::regex("application/json")},
      {"content-length", std::regex("[0-9]+")},
      {"connection", std::regex("keep-alive|close")},
  };
  const auto requests = server_.server().Requests();
  EXPECT_GT(requests.size(), 10u);
  for (const auto& request : requests) {
    EXPECT_TRUE(std::regex_match(request.method + " " + request.target, target)) << request.target;
    EXPECT_TRUE(std::regex_match(request.body, body)) << request.body;
    for (const auto& [name, value] : request.headers) {
      const auto allowed = fields.find(http::ToLowerAscii(name));
      ASSERT_NE(allowed, fields.end()) << name << ": " << value;
      EXPECT_TRUE(std::regex_match(value, allowed->second)) << name << ": " << value;
    }
  }
}

TEST_F(PrivacyTest, NothingLeavesBeforeAQuestion) {
  EXPECT_EQ(server_.server().Connections(), 0u);
  EXPECT_EQ(log_->health(), Health::kUnasked);
}

}  // namespace
}  // namespace plimsoll::rekor
