// Admission asks the log about a digest that it would deny, and about no other.
#include "webhook/shell/log_consult.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/log.h"
#include "base/metric.h"
#include "baseline/admission.h"
#include "baseline/life.h"
#include "http/budget.h"
#include "http/client.h"
#include "oci/credentials.h"
#include "support/log_server/log_server.h"

namespace plimsoll::webhook {
namespace {

using baseline::Posture;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using LaneState = baseline::LogLane::Answer;

constexpr char kWeb[] = "registry.harbour.example/acme/web";
const std::string kKnown = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');
const Time kStart = test::kSigningTime + std::chrono::hours(1);

class MovedClock final : public Clock {
 public:
  Time Now() const override { return kStart + std::chrono::hours(30); }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

// One repository, whose one signer is trusted and logged.
class OneRepository final : public Snapshot {
 public:
  std::shared_ptr<const baseline::Record> Find(const std::string& repository) const override {
    return repository == kWeb ? record : nullptr;
  }
  const baseline::PolicySet& policies() const override { return policies_; }
  baseline::Settings SettingsFor(const std::string&) const override { return {}; }
  std::shared_ptr<const baseline::Record> record;

 private:
  baseline::PolicySet policies_;
};

class LogConsultTest : public ::testing::Test {
 protected:
  LogConsultTest() {
    http::ClientOptions options;
    http::HostSettings host;
    host.host = server_.host();
    host.plain_http = true;
    host.allow_address = {*http::AddressRange::Parse("127.0.0.0/8")};
    options.hosts = {host};
    http_ = http::NewClient(std::move(options)).value();
    log_ = std::make_unique<rekor::Log>(*http_, budget_, rekor::LogOptions{server_.url()}, clock_,
                                        logger_, metrics_);
    lane_ = std::make_unique<observation::LogLane>(*log_, oci::RepositoryRules{});
    registry_ = oci::MakeRegistry({}, *http_, budget_, *credentials_, clock_, logger_, metrics_);
    auto root = sigstore::TrustRoot::FromJson(sigstore_.Trust().Json());
    observer_ = std::make_unique<observation::Observer>(
        *registry_, oci::RepositoryRules{},
        std::make_shared<const sigstore::Verifier>(
            std::move(*sigstore::Verifier::Create(std::move(*root)))),
        clock_);
    consult_ = std::make_unique<LogConsult>(
        *lane_, *observer_, [this] { return snapshot_; }, std::chrono::seconds(5), clock_);
    Learn();
  }

  void Learn() {
    const auto signature = Logged(kKnown);
    const auto& leaf = signature.entry;
    baseline::Observation seen;
    seen.digest = kKnown;
    seen.posture = Posture::kSignedKeyless;
    baseline::ObservedSigner signer;
    const test::Workflow workflow;
    signer.signer = baseline::MakeKeyless(
        workflow.repository + "/" + workflow.workflow + "@" + workflow.ref, workflow.issuer);
    signer.signer.build_config_uri = signer.signer.identity;
    signer.signer.source_repository_uri = workflow.repository;
    signer.signer.source_repository_id = workflow.repository_id;
    signer.signer.source_repository_owner_id = workflow.owner_id;
    signer.verified_time = test::kSigningTime;
    signer.log.emplace();
    signer.log->origin = sigstore_.rekor().host();
    signer.log->log_id = HexEncode(leaf->log_id);
    signer.log->index = static_cast<std::uint64_t>(leaf->log_index);
    signer.log->integrated_time = test::kSigningTime;
    signer.log->entry_hash = leaf->uuid.substr(leaf->uuid.size() - 64);
    seen.signers = {signer};
    baseline::Record record = baseline::NewRecord(kWeb, kStart);
    for (const int hours : {0, 26}) {
      baseline::Moment moment;
      moment.now = kStart + std::chrono::hours(hours);
      moment.running = std::vector<baseline::RunningDigest>{{kKnown, kStart, true, false, {}}};
      moment.observations = {seen};
      record = baseline::Step(record, {}, {}, moment).record;
    }
    snapshot_->record = std::make_shared<const baseline::Record>(std::move(record));
  }

  test::ClassicSignature Logged(const std::string& digest, const test::ClassicSpec& spec = {}) {
    const auto signature = sigstore_.SignImage(kWeb, digest, spec);
    server_.Add(signature);
    return signature;
  }
  baseline::Admission Verdict(const baseline::Observation& seen) const {
    return baseline::Admit(snapshot_->record.get(), kWeb, seen.digest, {}, {}, &seen, clock_.Now())
        .verdict;
  }
  static baseline::Observation Unsigned(const std::string& digest) {
    baseline::Observation seen;
    seen.digest = digest;
    seen.posture = Posture::kUnsigned;
    return seen;
  }

  MovedClock clock_;
  NullMetrics metrics_;
  NullLogger logger_;
  test::VirtualSigstore sigstore_;
  test::LogServer server_{sigstore_.rekor()};
  std::unique_ptr<http::Client> http_;
  http::HostBudget budget_{
      http::BudgetLimits{.requests_per_second = 10'000, .burst = 10'000, .max_in_flight = 64}, 1};
  std::unique_ptr<oci::CredentialSource> credentials_ = oci::MakeNoCredentials();
  std::unique_ptr<oci::Registry> registry_;
  std::unique_ptr<observation::Observer> observer_;
  std::unique_ptr<rekor::Log> log_;
  std::unique_ptr<observation::LogLane> lane_;
  std::shared_ptr<OneRepository> snapshot_ = std::make_shared<OneRepository>();
  std::unique_ptr<LogConsult> consult_;
};

TEST_F(LogConsultTest, AProofTurnsADenialIntoAWarning) {
  Logged(kOther);
  baseline::Observation seen = Unsigned(kOther);
  ASSERT_EQ(Verdict(seen), baseline::Admission::kDeny);
  consult_->Ask(kWeb, seen);
  EXPECT_THAT(seen.log.proven, SizeIs(1));
  EXPECT_EQ(Verdict(seen), baseline::Admission::kWarn);
}

TEST_F(LogConsultTest, AProofCountsAlsoWhenTheRegistryGaveNoAnswer) {
  Logged(kOther);
  baseline::Observation seen;
  seen.digest = kOther;
  seen.reason = "RegistryUnreachable";
  ASSERT_EQ(Verdict(seen), baseline::Admission::kDeny);
  consult_->Ask(kWeb, seen);
  EXPECT_NE(Verdict(seen), baseline::Admission::kDeny);
}

TEST_F(LogConsultTest, NothingIsAskedAboutWhatIsAdmitted) {
  baseline::Observation seen = Unsigned(kKnown);  // a trusted signer signed it: never denied
  ASSERT_NE(Verdict(seen), baseline::Admission::kDeny);
  consult_->Ask(kWeb, seen);
  EXPECT_EQ(seen.log.answer, LaneState::kOff);
  EXPECT_EQ(server_.server().RequestCount(), 0u);
}

TEST_F(LogConsultTest, NothingIsAskedAboutAnUnknownRepository) {
  baseline::Observation seen = Unsigned(kOther);
  consult_->Ask("registry.harbour.example/other", seen);
  EXPECT_EQ(server_.server().RequestCount(), 0u);
}

TEST_F(LogConsultTest, AMissAndAStrangersEntryChangeNothing) {
  test::ClassicSpec stranger;
  stranger.leaf = test::EmailLeaf("mallory@example.test");
  Logged(kOther, stranger);
  baseline::Observation seen = Unsigned(kOther);
  consult_->Ask(kWeb, seen);
  EXPECT_THAT(seen.log.proven, IsEmpty());
  EXPECT_EQ(Verdict(seen), baseline::Admission::kDeny);
}

TEST_F(LogConsultTest, ALogThatDoesNotAnswerChangesNothingAndIsNotTakenForAnAnswer) {
  server_.Instead([](const plimsoll::testing::SeenRequest&) {
    return plimsoll::testing::Reply::CloseAtOnce();
  });
  consult_ = std::make_unique<LogConsult>(
      *lane_, *observer_, [this] { return snapshot_; }, std::chrono::milliseconds(200), clock_);
  baseline::Observation seen = Unsigned(kOther);
  consult_->Ask(kWeb, seen);
  EXPECT_EQ(seen.log.answer, LaneState::kUnanswered);
  EXPECT_EQ(Verdict(seen), baseline::Admission::kDeny);
}

TEST_F(LogConsultTest, ALogThatTheControllerFoundInconsistentIsNotAsked) {
  Logged(kOther);
  auto record = std::make_shared<baseline::Record>(*snapshot_->record);
  for (baseline::Condition& condition : record->conditions) {
    if (condition.type == "LogCorroborated") condition.reason = "LogInconsistent";
  }
  snapshot_->record = record;
  baseline::Observation seen = Unsigned(kOther);
  consult_->Ask(kWeb, seen);
  EXPECT_EQ(server_.server().RequestCount(), 0u);
  EXPECT_EQ(seen.log.answer, LaneState::kUnanswered);
}

}  // namespace
}  // namespace plimsoll::webhook
