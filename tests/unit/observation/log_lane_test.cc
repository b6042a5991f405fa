// What the log says of an image, and what the rules make of it: a whole Sigstore in memory, its log behind HTTP.
#include "observation/log_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/metric.h"
#include "baseline/admission.h"
#include "baseline/life.h"
#include "http/budget.h"
#include "http/client.h"
#include "judge.h"
#include "support/log_server/log_server.h"

namespace plimsoll::observation {
namespace {

using baseline::DriftKind;
using baseline::LogTrouble;
using baseline::Posture;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using LaneState = baseline::LogLane::Answer;

constexpr char kWeb[] = "registry.harbour.example/acme/web";
const std::string kFirst = "sha256:" + std::string(64, 'a');
const std::string kSecond = "sha256:" + std::string(64, 'b');
const Time kNow = test::kSigningTime + std::chrono::hours(1);

class MovedClock final : public Clock {
 public:
  Time Now() const override { return now; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now() + passed;
  }
  Time now = kNow;
  std::chrono::steady_clock::duration passed{};
};

class LogLaneTest : public ::testing::Test {
 protected:
  LogLaneTest() {
    http::ClientOptions options;
    http::HostSettings host;
    host.host = server_.host();
    host.plain_http = true;
    host.allow_address = {*http::AddressRange::Parse("127.0.0.0/8")};
    options.hosts = {host};
    http_ = http::NewClient(std::move(options)).value();
    log_ = std::make_unique<rekor::Log>(*http_, budget_, rekor::LogOptions{server_.url()}, clock_,
                                        logger_, metrics_);
    auto root = sigstore::TrustRoot::FromJson(sigstore_.Trust().Json());
    verifier_ = std::make_shared<const sigstore::Verifier>(
        std::move(*sigstore::Verifier::Create(std::move(*root))));
    lane_ = std::make_unique<LogLane>(*log_, oci::RepositoryRules{});
  }

  LogQuestion Question(const baseline::Record* record) const {
    LogQuestion question;
    question.repository = kWeb;
    question.record = record;
    question.verifier = verifier_;
    question.deadline = clock_.Steady() + std::chrono::seconds(20);
    return question;
  }

  // Signed, logged, and found by the log.
  test::ClassicSignature Sign(const std::string& digest, const test::ClassicSpec& spec = {},
                              const std::string& repository = kWeb) {
    test::ClassicSignature signature = sigstore_.SignImage(repository, digest, spec);
    if (signature.entry) server_.Add(signature);
    return signature;
  }
  static test::ClassicSpec By(const std::string& person) {
    test::ClassicSpec spec;
    spec.leaf = test::EmailLeaf(person);
    return spec;
  }

  // As if the registry served this signature alone.
  baseline::Observation Served(const std::string& digest,
                               const test::ClassicSignature& signature) const {
    auto annotations = signature.Annotations();
    const sigstore::Verification verified =
        verifier_->VerifyClassic({.payload = signature.payload,
                                  .signature = annotations["dev.cosignproject.cosign/signature"],
                                  .certificate = annotations["dev.sigstore.cosign/certificate"],
                                  .chain = annotations["dev.sigstore.cosign/chain"],
                                  .bundle = annotations["dev.sigstore.cosign/bundle"],
                                  .rfc3161_timestamp = {}},
                                 {.digests = {digest}, .content = {}, .known_keys = {}});
    baseline::Observation seen;
    seen.digest = digest;
    if (verified.verified()) {
      seen.posture = Posture::kSignedKeyless;
      seen.signers = {ObservedSignerOf(verified)};
    } else {
      EXPECT_TRUE(verified.verifies_unlogged) << verified.message;
      seen.posture = Posture::kUnverifiable;
      seen.reason = verified.reason.str();
      seen.unlogged = {baseline::MakeKeyless(verified.signer->identity, verified.signer->issuer)};
      seen.unlogged.front() = SignerOfVerified(verified);
    }
    return seen;
  }
  static baseline::Signer SignerOfVerified(const sigstore::Verification& verified) {
    return ObservedSignerOf(verified).signer;
  }
  static baseline::Observation Unsigned(const std::string& digest) {
    baseline::Observation seen;
    seen.digest = digest;
    seen.posture = Posture::kUnsigned;
    return seen;
  }

  // One moment in which these digests run.
  baseline::StepResult Step(const baseline::Record& record, std::vector<baseline::Observation> seen,
                            Time now, std::optional<baseline::HistoryResult> history = {}) const {
    baseline::Moment moment;
    moment.now = now;
    moment.running.emplace();
    for (const auto& observation : seen) {
      baseline::RunningDigest running;
      running.digest = observation.digest;
      running.pod_created = observation.digest == kFirst ? kNow : now;
      moment.running->push_back(running);
    }
    moment.observations = std::move(seen);
    moment.history = std::move(history);
    return baseline::Step(record, {}, {}, moment);
  }
  // A baseline that learned this image's signer, and is Established.
  baseline::Record Learned(const test::ClassicSignature& signature) {
    const auto seen = Served(kFirst, signature);
    baseline::Record record = Step(baseline::NewRecord(kWeb, kNow), {seen}, kNow).record;
    clock_.now = kNow + std::chrono::hours(30);
    return Step(record, {seen}, clock_.now).record;
  }
  baseline::Verdict Classify(const baseline::Record& record,
                             const baseline::Observation& seen) const {
    return baseline::Classify(record, {}, {}, seen, clock_.now);
  }

  MovedClock clock_;
  NullMetrics metrics_;
  NullLogger logger_;
  test::VirtualSigstore sigstore_;
  test::LogServer server_{sigstore_.rekor()};
  std::unique_ptr<http::Client> http_;
  http::HostBudget budget_{
      http::BudgetLimits{.requests_per_second = 10'000, .burst = 10'000, .max_in_flight = 64}, 1};
  std::unique_ptr<rekor::Log> log_;
  std::shared_ptr<const sigstore::Verifier> verifier_;
  std::unique_ptr<LogLane> lane_;
};

// ---- whom it asks about

TEST_F(LogLaneTest, NothingIsAskedAboutARepositoryThatNobodySigns) {
  baseline::Observation seen = Unsigned(kFirst);
  EXPECT_EQ(lane_->Ask(Question(nullptr), seen), LogTrouble::kNone);
  EXPECT_EQ(seen.log.answer, LaneState::kOff);
  EXPECT_EQ(server_.server().RequestCount(), 0u);
}

TEST_F(LogLaneTest, NothingIsAskedAboutAnImageOfWhichTheRegistryGaveNoAnswer) {
  const baseline::Record record = Learned(Sign(kFirst));
  baseline::Observation seen;
  seen.digest = kFirst;
  EXPECT_EQ(lane_->Ask(Question(&record), seen), LogTrouble::kNone);
  EXPECT_EQ(server_.server().RequestCount(), 0u);
}

TEST_F(LogLaneTest, OnlyWhichLogItIsIsAskedAboutARepositoryOfAnotherLog) {
  const baseline::Record record = Learned(Sign(kFirst));
  test::SigstoreOptions options;
  options.seed = "elsewhere";
  options.rekor_host = "rekor.elsewhere.example";
  test::VirtualSigstore elsewhere(options);
  test::TrustDocument both = sigstore_.Trust();
  for (const auto& log : elsewhere.Trust().logs) both.logs.push_back(log);
  auto root = sigstore::TrustRoot::FromJson(both.Json());
  verifier_ = std::make_shared<const sigstore::Verifier>(
      std::move(*sigstore::Verifier::Create(std::move(*root))));
  server_.Show(elsewhere.rekor());
  elsewhere.rekor().tree().Append(AsBytes("leaf"));
  baseline::Observation seen = Unsigned(kSecond);
  EXPECT_EQ(lane_->Ask(Question(&record), seen), LogTrouble::kNone);
  EXPECT_EQ(seen.log.answer, LaneState::kOff);
  EXPECT_EQ(server_.server().RequestCount(), server_.server().Count("/api/v1/log"));
}

// ---- divergence

TEST_F(LogLaneTest, ADeletedSignatureIsStrippedWithTheCoordinatesOfItsEntry) {
  const auto signature = Sign(kFirst);
  const baseline::Record record = Learned(signature);
  baseline::Observation seen = Unsigned(kFirst);
  ASSERT_EQ(lane_->Ask(Question(&record), seen), LogTrouble::kNone);
  EXPECT_EQ(server_.server().Count("/api/v1/index/retrieve"), 0u) << "no search is needed";
  const baseline::Verdict verdict = Classify(record, seen);
  ASSERT_EQ(verdict.kind, DriftKind::kSignatureStripped);
  EXPECT_EQ(verdict.severity, baseline::Severity::kCritical);
  ASSERT_TRUE(verdict.proof);
  EXPECT_EQ(verdict.proof->index, static_cast<std::uint64_t>(signature.entry->log_index));
  EXPECT_EQ(verdict.proof->integrated_time, test::kSigningTime);
}

TEST_F(LogLaneTest, ADigestNeverSeenHereIsStrippedWhenThePayloadNamesThisRepository) {
  const baseline::Record record = Learned(Sign(kFirst));
  const auto signature = Sign(kSecond);
  baseline::Observation seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  const baseline::Verdict verdict = Classify(record, seen);
  ASSERT_EQ(verdict.kind, DriftKind::kSignatureStripped);
  ASSERT_TRUE(verdict.proof) << "found by search, and told all the same";
  EXPECT_EQ(verdict.proof->index, static_cast<std::uint64_t>(signature.entry->log_index));
}

// Annotations are part of what the log indexes.
TEST_F(LogLaneTest, ADigestNeverSeenHereIsFoundWithTheAnnotationsOfTheServedOnes) {
  test::ClassicSpec annotated;
  annotated.annotations = {{"team", "harbour"}};
  const auto first = Sign(kFirst, annotated);
  const baseline::Record record = Learned(first);
  const auto second = Sign(kSecond, annotated);
  baseline::Observation seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  EXPECT_EQ(Classify(record, seen).kind, DriftKind::kSignatureMissing) << "nobody knows them yet";

  baseline::Observation served = Served(kFirst, first);
  lane_->Ask(Question(&record), served);
  seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  const baseline::Verdict verdict = Classify(record, seen);
  ASSERT_EQ(verdict.kind, DriftKind::kSignatureStripped);
  EXPECT_EQ(verdict.proof->index, static_cast<std::uint64_t>(second.entry->log_index));
}

TEST_F(LogLaneTest, AHistoryOfAnnotatedSignaturesIsInherited) {
  test::ClassicSpec annotated;
  annotated.annotations = {{"team", "harbour"}};
  const auto first = Sign(kFirst, annotated);
  Sign(kSecond, annotated);
  const LogHistory found = lane_->LookBack(Question(nullptr), Served(kFirst, first), {kSecond});
  ASSERT_THAT(found.signatures, SizeIs(1));
  EXPECT_EQ(found.signatures[0].digest, kSecond);
}

TEST_F(LogLaneTest, AStrangersAnnotationsAreNotAskedFor) {
  const baseline::Record record = Learned(Sign(kFirst));
  test::ClassicSpec strange = By("mallory@example.test");
  strange.annotations = {{"secret", "of this cluster"}};
  baseline::Observation served = Served(kFirst, Sign(kFirst, strange));
  lane_->Ask(Question(&record), served);
  Sign(kSecond, strange);
  baseline::Observation seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  EXPECT_THAT(seen.notes, IsEmpty()) << "whoever can push a signature decides nothing that is sent";
}

TEST_F(LogLaneTest, AProofThatNamesNoRepositoryIsAMissingSignatureAndAWarning) {
  const baseline::Record record = Learned(Sign(kFirst));
  server_.Add(sigstore_.SignStatement(test::CosignStatement(std::string_view(kSecond).substr(7))),
              kSecond);
  baseline::Observation seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  ASSERT_THAT(seen.log.proven, SizeIs(1));
  const baseline::Verdict verdict = Classify(record, seen);
  EXPECT_EQ(verdict.kind, DriftKind::kSignatureMissing);
  EXPECT_EQ(verdict.severity, baseline::Severity::kWarning);
}

TEST_F(LogLaneTest, AnotherSignerOverATrustedOneIsSubstituted) {
  const auto genuine = Sign(kFirst);
  const baseline::Record record = Learned(genuine);
  baseline::Observation seen = Served(kFirst, Sign(kFirst, By("mallory@example.test")));
  lane_->Ask(Question(&record), seen);
  const baseline::Verdict verdict = Classify(record, seen);
  ASSERT_EQ(verdict.kind, DriftKind::kSignerSubstituted);
  EXPECT_EQ(verdict.signer->identity, "mallory@example.test");
  ASSERT_TRUE(verdict.proof);
  EXPECT_EQ(verdict.proof->index, static_cast<std::uint64_t>(genuine.entry->log_index));
}

TEST_F(LogLaneTest, AStrangersEntryAboutOurDigestIsCountedAndProvesNothing) {
  const baseline::Record record = Learned(Sign(kFirst));
  Sign(kSecond, By("mallory@example.test"));
  baseline::Observation seen = Unsigned(kSecond);
  lane_->Ask(Question(&record), seen);
  EXPECT_THAT(seen.log.proven, IsEmpty());
  ASSERT_THAT(seen.notes, SizeIs(1));
  EXPECT_EQ(seen.notes[0].kind, baseline::NoteKind::kCompetingLogSigner);
  const baseline::Verdict verdict = Classify(record, seen);
  EXPECT_EQ(verdict.kind, DriftKind::kSignatureMissing);
  EXPECT_EQ(verdict.severity, baseline::Severity::kCritical);
}

TEST_F(LogLaneTest, AnEntryThatTheLogDoesNotHoldAnyMoreContradicts) {
  const auto signature = Sign(kFirst);
  const baseline::Record record = Learned(signature);
  server_.Remove(signature.entry->log_index);
  baseline::Observation seen = Served(kFirst, signature);
  ASSERT_EQ(lane_->Ask(Question(&record), seen), LogTrouble::kNone);
  EXPECT_TRUE(seen.log.contradicted);
  // For a day: then it is LogEntryMissing.
  const auto first = Step(record, {seen}, clock_.now);
  EXPECT_THAT(first.record.drift, IsEmpty());
  const auto later = Step(first.record, {seen}, clock_.now + std::chrono::hours(25));
  ASSERT_THAT(later.record.drift, SizeIs(1));
  EXPECT_EQ(later.record.drift[0].kind, DriftKind::kLogEntryMissing);
}

TEST_F(LogLaneTest, AProofThatTheLogHasCuresASignatureThatCameWithoutOne) {
  const baseline::Record learned = Learned(Sign(kFirst));
  test::ClassicSpec unlogged;
  unlogged.rekor = false;
  baseline::Observation seen = Served(kSecond, Sign(kSecond, unlogged));
  Sign(kSecond);  // it was logged; its proof was not stored with it
  lane_->Ask(Question(&learned), seen);
  EXPECT_THAT(seen.log.proven, SizeIs(1));
  EXPECT_EQ(Classify(learned, seen).kind, std::nullopt);
}

// ---- no answer

TEST_F(LogLaneTest, ALogThatDoesNotAnswerIsNeitherCleanNorADivergence) {
  const auto signature = Sign(kFirst);
  baseline::Record record = Learned(signature);
  baseline::Observation gone = Unsigned(kFirst);
  lane_->Ask(Question(&record), gone);
  record = Step(record, {gone}, clock_.now).record;

  server_.Instead(
      [](const plimsoll::testing::SeenRequest&) { return plimsoll::testing::Reply::Status(503); });
  const auto briefly = [&] {
    LogQuestion question = Question(&record);
    question.deadline = clock_.Steady() + std::chrono::milliseconds(300);
    return question;
  };
  baseline::Observation again = Unsigned(kFirst);
  EXPECT_EQ(lane_->Ask(briefly(), again), LogTrouble::kUnreachable);
  EXPECT_EQ(again.log.answer, LaneState::kUnanswered);
  EXPECT_EQ(Classify(record, again).kind, DriftKind::kSignatureStripped)
      << "what was proven stands";

  baseline::Observation other = Unsigned(kSecond);
  lane_->Ask(briefly(), other);
  EXPECT_EQ(Classify(record, other).kind, DriftKind::kSignatureMissing)
      << "and nothing new is proven";
}

TEST_F(LogLaneTest, WithTheLaneOffTheSameImageIsOnlyMissingItsSignature) {
  const baseline::Record record = Learned(Sign(kFirst));
  EXPECT_EQ(Classify(record, Unsigned(kFirst)).kind, DriftKind::kSignatureMissing);
}

TEST_F(LogLaneTest, NothingOfAnInconsistentLogCounts) {
  const auto signature = Sign(kFirst);
  const baseline::Record record = Learned(signature);
  baseline::Observation before = Served(kFirst, signature);
  ASSERT_EQ(lane_->Ask(Question(&record), before), LogTrouble::kNone);
  test::TransparencyLog& log = sigstore_.rekor();
  const std::string origin = log.Origin();
  test::TransparencyLog fork(log.generation(), log.host(), origin.substr(origin.rfind(' ') + 1),
                             log.key(), 1'000'000);
  while (fork.tree().size() < log.tree().size()) fork.tree().Append(AsBytes("other"));
  server_.Show(fork);
  clock_.passed += std::chrono::hours(2);  // nothing that was kept
  baseline::Observation seen = Unsigned(kFirst);
  EXPECT_EQ(lane_->Ask(Question(&record), seen), LogTrouble::kInconsistent);
  EXPECT_EQ(seen.log.answer, LaneState::kUnanswered);
  EXPECT_THAT(seen.log.proven, IsEmpty());
}

// ---- history

TEST_F(LogLaneTest, TheLogsHistoryEstablishesABaselineAtOnce) {
  const auto signature = Sign(kFirst);
  test::ClassicSpec older;
  older.entry.integrated_time = test::kSigningTime - std::chrono::hours(24 * 30);
  older.leaf.not_before = *older.entry.integrated_time - std::chrono::minutes(1);
  Sign(kSecond, older);
  clock_.now = kNow + std::chrono::hours(48);
  const baseline::Observation seen = Served(kFirst, signature);
  const LogHistory found = lane_->LookBack(Question(nullptr), seen, {kSecond});
  ASSERT_EQ(found.outcome, baseline::Lookup::kComplete);
  ASSERT_THAT(found.signatures, SizeIs(1));
  baseline::HistoryResult history;
  for (const HistoricSignature& s : found.signatures)
    history.signatures.push_back({s.signer, s.digest, s.verified_time, s.log_time, s.origin});
  history.walk = baseline::Walk::kComplete;
  history.lookup = found.outcome;
  const auto step = Step(baseline::NewRecord(kWeb, clock_.now), {seen}, clock_.now, history);
  EXPECT_EQ(step.record.state, baseline::State::kEstablished);
  EXPECT_EQ(step.record.basis, baseline::Basis::kLogHistory);
  EXPECT_EQ(step.record.strength, baseline::Strength::kLogCorroborated);
}

TEST_F(LogLaneTest, AStrangersHistoryAddsNobody) {
  const auto signature = Sign(kFirst);
  Sign(kSecond, By("mallory@example.test"));
  const LogHistory found = lane_->LookBack(Question(nullptr), Served(kFirst, signature), {kSecond});
  EXPECT_EQ(found.outcome, baseline::Lookup::kComplete);
  EXPECT_THAT(found.signatures, IsEmpty());
}

TEST_F(LogLaneTest, ASignatureForAnotherRepositoryIsNotThisOnesHistory) {
  const auto signature = Sign(kFirst);
  const auto other = sigstore_.SignImage("registry.harbour.example/other/app", kSecond);
  server_.Add(*other.entry, rekor::PlanSearch({kWeb, {}, kSecond, {}, false}).terms);
  const LogHistory found = lane_->LookBack(Question(nullptr), Served(kFirst, signature), {kSecond});
  EXPECT_THAT(found.signatures, IsEmpty());
}

// ---- admission

TEST_F(LogLaneTest, ADigestThatTheLogProvesIsNeverDenied) {
  const baseline::Record record = Learned(Sign(kFirst));
  Sign(kSecond);
  baseline::Observation seen = Unsigned(kSecond);
  EXPECT_EQ(baseline::Admit(&record, kWeb, kSecond, {}, {}, &seen, clock_.now).verdict,
            baseline::Admission::kDeny);
  lane_->Ask(Question(&record), seen);
  const auto verdict = baseline::Admit(&record, kWeb, kSecond, {}, {}, &seen, clock_.now);
  EXPECT_EQ(verdict.verdict, baseline::Admission::kWarn);
  EXPECT_EQ(verdict.rule, 1);
}

TEST_F(LogLaneTest, AdmissionAsksAlsoWhenTheRegistryGaveNoAnswer) {
  const baseline::Record record = Learned(Sign(kFirst));
  Sign(kSecond);
  baseline::Observation seen;
  seen.digest = kSecond;
  lane_->Consult(Question(&record), seen);
  EXPECT_THAT(seen.log.proven, SizeIs(1));
}

}  // namespace
}  // namespace plimsoll::observation
