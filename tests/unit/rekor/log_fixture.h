// What the log's tests share: a Sigstore in memory, its log behind HTTP, and the real client in front of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/log.h"
#include "http/budget.h"
#include "http/client.h"
#include "rekor/log.h"
#include "support/log_server/log_server.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::rekor {

inline constexpr char kImage[] = "registry.harbour.example/acme/web";
inline const std::string kDigest = "sha256:" + std::string(64, 'a');
inline const std::string kOtherDigest = "sha256:" + std::string(64, 'b');

// A wall clock that tests set, and the real one for deadlines.
class TestClock final : public Clock {
 public:
  Time Now() const override { return now; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now() + passed;
  }
  Time now = test::kSigningTime + std::chrono::hours(1);
  std::chrono::steady_clock::duration passed{};
};

class LogTest : public ::testing::Test {
 protected:
  LogTest() { Start(server_.host(), server_.url()); }

  void Start(const std::string& host, const std::string& url, LogOptions options = {}) {
    log_.reset();
    http::ClientOptions http;
    http::HostSettings settings;
    settings.host = host;
    settings.plain_http = true;
    settings.allow_address = {*http::AddressRange::Parse("127.0.0.0/8")};
    http.hosts = {settings};
    client_ = http::NewClient(std::move(http)).value();
    budget_ = std::make_unique<http::HostBudget>(
        http::BudgetLimits{.requests_per_second = 10'000, .burst = 10'000, .max_in_flight = 64}, 1);
    options.url = url;
    log_ = std::make_unique<Log>(*client_, *budget_, options, clock_, logger_, metrics_);
    verifier_ = MakeVerifier(sigstore_);
  }

  static std::shared_ptr<const sigstore::Verifier> MakeVerifier(test::VirtualSigstore& sigstore) {
    auto root = sigstore::TrustRoot::FromJson(sigstore.Trust().Json());
    return std::make_shared<const sigstore::Verifier>(
        std::move(*sigstore::Verifier::Create(std::move(*root))));
  }

  Ask AskNow(std::chrono::milliseconds within = std::chrono::seconds(20)) const {
    return {verifier_, clock_.Steady() + within, false};
  }
  Ask AskFresh() const {
    Ask ask = AskNow();
    ask.fresh = true;
    return ask;
  }

  static SearchPlan Plan(const std::string& digest = kDigest) {
    return PlanSearch({kImage, {}, digest, {}, false});
  }
  Result<SearchResult> Search(const std::string& digest = kDigest) {
    return Search(digest, AskNow());
  }
  Result<SearchResult> Search(const std::string& digest, const Ask& ask) {
    return log_->Search(
        Plan(digest), {.digests = {digest}, .content = {}, .known_keys = {}},
        [](const sigstore::Verification&) { return true; }, ask);
  }

  // A classic signature of an image, logged and found by the log's index.
  test::ClassicSignature Logged(const std::string& image = kImage,
                                const std::string& digest = kDigest, test::ClassicSpec spec = {}) {
    test::ClassicSignature signature = sigstore_.SignImage(image, digest, spec);
    server_.Add(signature);
    return signature;
  }
  static RememberedLeaf LeafOf(const test::LoggedEntry& entry, const std::string& origin = "") {
    RememberedLeaf leaf;
    leaf.log_id = HexEncode(entry.log_id);
    leaf.origin = origin;
    leaf.index = static_cast<std::uint64_t>(entry.log_index);
    leaf.entry_hash = entry.uuid.substr(entry.uuid.size() - 64);
    return leaf;
  }

  TestClock clock_;
  NullMetrics metrics_;
  NullLogger logger_;
  test::VirtualSigstore sigstore_;
  test::LogServer server_{sigstore_.rekor()};
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::HostBudget> budget_;
  std::unique_ptr<Log> log_;
  std::shared_ptr<const sigstore::Verifier> verifier_;
};

}  // namespace plimsoll::rekor
