// A baseline in words, and its past.
#include "cli/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/texts.h"
#include "baseline/fingerprint.h"
#include "json/json.h"

namespace plimsoll::cli {
namespace {

using namespace plimsoll::baseline;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Time At(const char* text) { return *ParseTime(text); }

std::string Plain(const std::string& text, Colour) { return text; }

SignerRecord SignerOf(Signer signer, bool trusted, const char* seen) {
  SignerRecord record;
  record.id = SignerId(signer);
  record.signer = std::move(signer);
  record.in_force = trusted;
  if (trusted) record.source = SignerSource::kFirstUse;
  record.first_observed_time = At(seen);
  return record;
}

Record Established() {
  Record record;
  record.repository = "ghcr.io/acme/web";
  record.state = State::kEstablished;
  record.strength = Strength::kLocalOnly;
  record.basis = Basis::kObservation;
  record.running_images = 1;
  record.first_observed_time = At("2026-02-10T22:18:30Z");
  record.learning_time = At("2026-02-10T22:18:31Z");
  record.established_time = At("2026-02-11T22:19:02Z");
  record.signers = {
      SignerOf(MakeKeyless("https://github.com/acme/web/.github/workflows/release.yml@refs/tags/v1",
                           "https://token.actions.githubusercontent.com"),
               true, "2026-02-10T22:18:31Z")};
  record.conditions = {
      {"Established", ConditionStatus::kTrue, 0, {}, "ObservedLongEnough", "It was seen twice."},
      {"Drifted", ConditionStatus::kFalse, 0, {}, "NoDrift", "All is calm."}};
  ImageRecord image;
  image.digest = "sha256:5f742e1e819f49bddf03a836a056da37a1009f279b88add6a16eca2477de9fe1";
  image.running = true;
  image.posture = Posture::kSignedKeyless;
  record.images = {image};
  return record;
}

Record Drifted() {
  Record record = Established();
  record.state = State::kDrifted;
  record.severity = Severity::kCritical;
  SignerRecord other = SignerOf(MakeKey(std::string(64, 'a')), false, "2026-03-01T00:00:00Z");
  record.signers.push_back(other);
  DriftRecord drift;
  drift.kind = DriftKind::kSignerChanged;
  drift.severity = Severity::kCritical;
  drift.fingerprint = SignerFingerprint(drift.kind, record.repository, other.signer);
  drift.opened_time = At("2026-03-01T00:00:10Z");
  drift.digests = {{record.images[0].digest, "", {}}};
  drift.signer = other;
  record.drift = {drift};
  api::FillDriftTexts(record);
  return record;
}

TEST(Explain, ACalmBaselineSaysWhoSinceWhenAndOnWhatEvidence) {
  const std::string text = ExplainText(Established(), false, Plain);
  EXPECT_THAT(
      text, AllOf(HasSubstr("ghcr.io/acme/web  Established"), HasSubstr("All is calm."),
                  HasSubstr("acme/web/release.yml@refs/tags/*"), HasSubstr("trusted on first use"),
                  HasSubstr("2026-02-11T22:19:02Z"), HasSubstr("It was seen twice."),
                  HasSubstr("sha256:5f742e1e819f  SignedKeyless")));
  EXPECT_THAT(text, Not(HasSubstr("Open drift")));
}

TEST(Explain, AnOpenDriftSaysWhatItMeansAndWhatToDo) {
  const Record record = Drifted();
  const std::string text = ExplainText(record, false, Plain);
  EXPECT_THAT(text, AllOf(HasSubstr("1 drift is open."), HasSubstr("SignerChanged, critical"),
                          HasSubstr("expected"), HasSubstr("what to do"),
                          HasSubstr("kubectl plimsoll accept ghcr.io/acme/web SignerChanged " +
                                    record.drift[0].fingerprint + " --expires 14d --reason TEXT")));
  // Signers that are not trusted are shown to whoever asks for more.
  EXPECT_THAT(text, Not(HasSubstr("not trusted")));
  EXPECT_THAT(ExplainText(record, true, Plain),
              HasSubstr("Signers that were met, and are not trusted"));
}

TEST(Explain, TextOfCertificatesIsEscaped) {
  Record record = Established();
  record.signers[0].signer.identity = "https://evil\x1b[2J";
  EXPECT_THAT(ExplainText(record, true, Plain), Not(HasSubstr("\x1b")));
}

TEST(Explain, AnAcceptanceShowsItsEndItsReasonAndWhoGaveIt) {
  Record record = Established();
  AcceptedRecord accepted;
  accepted.kind = DriftKind::kSignerChanged;
  accepted.fingerprint = "s-5c5d663e2d480544ae66aa8b1a77125c";
  accepted.policy_name = "accept-s-5c5d663e2d480544";
  accepted.reason = "moved, SEC-2291";
  accepted.accepted_by = "maria@acme.example";
  accepted.expiration_time = At("2026-12-15T00:00:00Z");
  record.accepted = {accepted};
  EXPECT_THAT(ExplainText(record, false, Plain),
              AllOf(HasSubstr("Accepted"), HasSubstr("2026-12-15T00:00:00Z"),
                    HasSubstr("moved, SEC-2291"), HasSubstr("maria@acme.example")));
}

TEST(Explain, AsJsonItHasTheSameFacts) {
  const Record record = Drifted();
  json::Writer w;
  ExplainJson(w, record);
  const auto document = json::Document::Parse(std::move(w).Take());
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  EXPECT_EQ(root["state"].StringOrEmpty(), "Drifted");
  EXPECT_EQ(root["signers"].size(), 2u);
  EXPECT_TRUE(*root["signers"][0]["trusted"].Bool());
  EXPECT_FALSE(*root["signers"][1]["trusted"].Bool());
  EXPECT_EQ(root["drift"][0]["kind"].StringOrEmpty(), "SignerChanged");
  EXPECT_TRUE(*root["drift"][0]["open"].Bool());
  EXPECT_EQ(root["drift"][0]["images"][0]["fingerprint"].StringOrEmpty(),
            record.drift[0].fingerprint);
}

std::vector<std::string> Names(const std::vector<PastEvent>& past) {
  std::vector<std::string> names;
  for (const PastEvent& event : past) names.push_back(event.event);
  return names;
}

TEST(History, IsToldInOrderOfTime) {
  Record record = Drifted();
  HistoryRecord closed;
  closed.kind = DriftKind::kSignatureMissing;
  closed.fingerprint = "r-5c5d663e2d480544ae66aa8b1a77125c";
  closed.outcome = Outcome::kResolved;
  closed.opened_time = At("2026-02-20T00:00:00Z");
  closed.closed_time = At("2026-02-21T00:00:00Z");
  record.history = {closed};
  EXPECT_THAT(Names(PastOf(record)),
              ElementsAre("FirstSeen", "LearningStarted", "SignerTrusted", "BaselineEstablished",
                          "DriftOpened", "DriftResolved", "SignerMet", "DriftOpened"));
}

TEST(History, AnAcceptanceIsToldOnceWithWhoAndWhy) {
  Record record = Established();
  AcceptedRecord accepted;
  accepted.kind = DriftKind::kSignerChanged;
  accepted.fingerprint = "s-5c5d663e2d480544ae66aa8b1a77125c";
  accepted.accepted_time = At("2026-03-02T00:00:00Z");
  accepted.reason = "moved";
  accepted.accepted_by = "maria";
  record.accepted = {accepted};
  HistoryRecord closed;
  closed.kind = accepted.kind;
  closed.fingerprint = accepted.fingerprint;
  closed.outcome = Outcome::kAccepted;
  closed.closed_time = accepted.accepted_time;
  closed.reason = "moved";
  closed.accepted_by = "maria";
  for (const bool in_history : {false, true}) {
    record.history.clear();
    if (in_history) record.history.push_back(closed);
    const std::vector<PastEvent> past = PastOf(record);
    ASSERT_THAT(Names(past), ElementsAre("FirstSeen", "LearningStarted", "SignerTrusted",
                                         "BaselineEstablished", "DriftAccepted"));
    EXPECT_EQ(past.back().by, "maria");
    EXPECT_EQ(past.back().reason, "moved");
  }
}

}  // namespace
}  // namespace plimsoll::cli
