#include <gtest/gtest.h>

#include <string>

#include "api/names.h"
#include "api/record_json.h"
#include "api/signing_baseline.h"
#include "baseline/fingerprint.h"
#include "baseline/settings.h"
#include "baseline/signer.h"

namespace plimsoll::api {
namespace {

using namespace plimsoll::baseline;

const Time kTime = FromUnixSeconds(1'780'000'000);
std::optional<Time> After(int seconds) { return kTime + std::chrono::seconds(seconds); }
std::string Digest(char c) { return "sha256:" + std::string(64, c); }

SignerRecord KeylessRecord() {
  SignerRecord r;
  r.signer = MakeKeyless("https://github.com/acme/web/.github/workflows/r.yml@refs/tags/v1",
                         "https://token.actions.githubusercontent.com");
  r.signer.build_config_uri = "https://github.com/acme/web/.github/workflows/r.yml@refs/tags/v1";
  r.signer.source_repository_uri = "https://github.com/acme/web";
  r.signer.source_repository_id = "511904336";
  r.signer.source_repository_owner_id = "9919021";
  r.id = SignerId(r.signer);
  r.source = SignerSource::kFirstUse;
  r.policy_name = "pin";
  r.in_force = true;
  r.pin = "release";
  r.fingerprint = "s-" + std::string(32, '1');
  r.earliest_verified_time = After(1);
  r.first_observed_time = After(2);
  r.last_observed_time = After(3);
  r.earliest_log_time = After(4);
  r.latest_log_time = After(5);
  r.log_entries = 7;
  return r;
}

SignerRecord KeyRecord() {
  SignerRecord r;
  r.signer = MakeKey(std::string(64, 'e'));
  r.id = SignerId(r.signer);
  r.public_key = "MFkw";
  return r;
}

// Every field has a value that is not its default.
Record FullRecord() {
  Record r;
  r.repository = "ghcr.io/acme/web";
  r.observed_generation = 3;
  r.state = State::kDrifted;
  r.severity = Severity::kCritical;
  r.strength = Strength::kPinned;
  r.posture = Posture::kSignedKeyless;
  r.basis = Basis::kLogHistory;
  r.signer = "acme/web/r.yml@refs/tags/*";
  r.issuer = "token.actions.githubusercontent.com";
  r.drift_summary = "SignerChanged +1";
  r.policy_name = "pin";
  r.images_not_shown = 1;
  r.drifts_not_shown = 2;
  r.running_images = 3;
  r.first_observed_time = After(10);
  r.tags = {{"v1", Digest('a'), After(11)}};
  r.docker_references = {"ghcr.io/acme/old"};
  r.first_signature_time = After(12);
  r.corroborated_time = After(13);
  r.rank = Posture::kSignedKeyBased;
  r.observation_failing_since = After(14);
  r.digests_forgotten = 4;
  RememberedRecord remembered;
  remembered.digest = Digest('b');
  remembered.posture = Posture::kUnsigned;
  remembered.origin = Origin::kGrandfathered;
  remembered.signers = {std::string(16, '2')};
  remembered.drift = "r-" + std::string(32, '2');
  remembered.continuous = true;
  remembered.continuous_since_time = After(15);
  remembered.first_observed_time = After(16);
  remembered.last_running_time = After(17);
  remembered.absent_time = After(18);
  remembered.confirmed_time = After(19);
  remembered.contradicted_time = After(20);
  r.remembered = {remembered};
  r.learning_time = After(21);
  r.established_time = After(22);
  r.last_observed_time = After(23);
  r.last_running_time = After(24);
  r.signers = {KeylessRecord(), KeyRecord()};
  r.log = LogSummary{"rekor.sigstore.dev - 1", After(25), After(26), 9,
                     Walk::kPartial,           After(27), After(28), Lookup::kComplete};
  r.provenance = {
      {"https://github.com/acme/web", "https://builder", KeylessRecord().id, After(29)}};
  const LogEvidence evidence{
      "rekor.sigstore.dev - 1", std::string(64, 'c'), 1'261'104'433, After(30),
      std::string(64, 'd'),     std::string(64, 'e')};
  DriftRecord drift;
  drift.fingerprint = "s-" + std::string(32, '3');
  drift.kind = DriftKind::kSignerSubstituted;
  drift.severity = Severity::kCritical;
  drift.opened_time = After(31);
  drift.expected = "a signature";
  drift.observed = "another";
  drift.digests = {{Digest('a'), "d-" + std::string(32, '4'), After(32)}};
  drift.digests_not_shown = 5;
  drift.last_opened_time = After(33);
  drift.pod_events = 6;
  drift.proof = DriftProof{evidence, KeylessRecord().id};
  drift.ended_time = After(34);
  drift.started_by_tag = true;
  drift.images = 8;
  drift.signer = KeyRecord();
  r.drift = {drift};
  AcceptedRecord accepted;
  accepted.fingerprint = "d-" + std::string(32, '5');
  accepted.kind = DriftKind::kSignatureMissing;
  accepted.policy_name = "accept";
  accepted.reason = "lost key (SEC-1)";
  accepted.opened_time = After(35);
  accepted.accepted_time = After(36);
  accepted.signer = std::string(16, '6');
  accepted.digests = {Digest('a')};
  accepted.severity = Severity::kWarning;
  accepted.accepted_by = "maria@acme.example";
  accepted.expiry_announced = true;
  accepted.expiration_time = After(37);
  r.accepted = {accepted};
  r.history = {{"r-" + std::string(32, '7'), DriftKind::kUnjudged, Outcome::kSuperseded,
                Severity::kWarning, "by", "why", After(38), After(39), "policy"}};
  ImageRecord image;
  image.digest = Digest('a');
  image.posture = Posture::kUnverifiable;
  image.reason = "UnknownAuthority";
  image.unknown_since_time = After(40);
  image.unknown_reason = "Timeout";
  image.judged_time = After(41);
  image.trust_root = "0123456789abcdef";
  image.origin = Origin::kInventory;
  image.pod_created_time = After(42);
  image.last_running_time = After(43);
  image.continuous = true;
  image.continuous_since_time = After(44);
  image.absent_time = After(45);
  image.confirmed_time = After(46);
  image.contradicted_time = After(47);
  image.drift = drift.fingerprint;
  image.started_by_tag = true;
  image.index_digest = Digest('8');
  image.child = Digest('9');
  image.docker_reference = "ghcr.io/acme/old";
  image.provenance = 0;
  image.running = true;
  image.signers = {KeylessRecord().id};
  image.storage = Storage::kReferrerTag;
  image.level = Level::kManifest;
  image.notes = {"FormatChanged"};
  image.first_observed_time = After(48);
  image.log = StoredEvidence{evidence, KeylessRecord().id, true};
  image.signatures = {
      {KeylessRecord().id, "v1", true, true, After(49), true, After(50), "ghcr.io/acme/old"}};
  image.proven = {{KeylessRecord().id, true}};
  image.provenance_changed = true;
  ImageRecord idle;
  idle.digest = Digest('f');
  r.images = {image, idle};
  Condition condition{"Drifted", ConditionStatus::kTrue, 3,
                      After(51), "SignerSubstituted",    "Critical since ..."};
  r.conditions = {condition};
  return r;
}

SigningBaseline Object(const Record& record) {
  SigningBaseline object;
  object.meta.name = BaselineName(record.repository);
  object.meta.uid = "u";
  object.meta.resource_version = "42";
  object.record = record;
  return object;
}

TEST(RecordJson, EveryFieldSurvivesARoundTrip) {
  const Record record = FullRecord();
  const Result<SigningBaseline> read = ReadSigningBaseline(SigningBaselineJson(Object(record)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->meta.resource_version, "42");
  EXPECT_TRUE(IsUsable(*read));
  EXPECT_EQ(read->record.signers, record.signers);
  EXPECT_EQ(read->record.images, record.images);
  EXPECT_EQ(read->record.drift, record.drift);
  EXPECT_TRUE(read->record == record);
  EXPECT_EQ(SigningBaselineJson(*read), SigningBaselineJson(Object(record)));
}

TEST(RecordJson, AnEmptyRecordSurvivesARoundTrip) {
  Record record;
  record.repository = "r.io/a";
  const Result<SigningBaseline> read = ReadSigningBaseline(SigningBaselineJson(Object(record)));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->record == record);
}

TEST(RecordJson, ANewObjectHasNoStatus) {
  const std::string text = NewSigningBaselineJson("r.io/a/b");
  EXPECT_EQ(
      text,
      R"({"apiVersion":"plimsoll.dev/v1alpha1","kind":"SigningBaseline","metadata":{"name":")" +
          BaselineName("r.io/a/b") +
          R"(","labels":{"app.kubernetes.io/managed-by":"plimsoll"}},"spec":{"repository":"r.io/a/b"}})");
}

TEST(RecordJson, AForgedSignerIdIsNotTrusted) {
  Record record = FullRecord();
  record.signers[0].id = std::string(16, '0');
  record.signers[1].signer.spki_sha256 = "short";
  const Result<SigningBaseline> read = ReadSigningBaseline(SigningBaselineJson(Object(record)));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->record.signers.empty());
}

TEST(RecordJson, ToleratesWhatAHandWrote) {
  const std::string text = R"({"metadata":{"name":"n"},"spec":{"repository":"r.io/a"},"status":{
      "state":"Happy","severity":7,"unknownField":{"a":[1,2]},"runningImages":-4,"learningTime":"yesterday",
      "signers":[7,null,{"id":"x"},{"id":"0123456789abcdef","kind":"Key"}],"images":{"digest":"x"},
      "drift":[{"fingerprint":"bad","kind":"SignerChanged"},[]],"remembered":[{"posture":"Unsigned"}],
      "conditions":[{"type":"Drifted"},{"type":"Drifted","status":"Maybe","reason":"x"},"a",
                    {"type":"Drifted","status":"False","reason":"NoDrift"},{"type":"Drifted","status":"True","reason":"b"}]}})";
  const Result<SigningBaseline> read = ReadSigningBaseline(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->record.state);
  EXPECT_EQ(read->record.running_images, 0u);
  EXPECT_FALSE(read->record.learning_time);
  EXPECT_TRUE(read->record.signers.empty());
  EXPECT_TRUE(read->record.images.empty());
  EXPECT_TRUE(read->record.drift.empty());
  EXPECT_TRUE(read->record.remembered.empty());
  ASSERT_EQ(read->record.conditions.size(), 1u);
  EXPECT_EQ(read->record.conditions[0].reason, "NoDrift");
}

TEST(RecordJson, ListsEndAtTheirBounds) {
  std::string text =
      R"({"metadata":{"name":"n"},"spec":{"repository":"r.io/a"},"status":{"images":[)";
  for (int i = 0; i < 200; ++i)
    text += std::string(i == 0 ? "" : ",") + R"({"digest":"sha256:a","posture":"Unsigned"})";
  text += "]}}";
  const Result<SigningBaseline> read = ReadSigningBaseline(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->record.images.size(), RecordLimits::kImages);
}

TEST(SigningBaseline, WithoutNameOrRepositoryIsRefused) {
  for (const char* bad :
       {"", "{}", "[]", R"({"metadata":{"name":"n"}})", R"({"spec":{"repository":"r.io/a"}})",
        R"({"metadata":{"name":"n"},"spec":{"repository":7}})"}) {
    const Result<SigningBaseline> read = ReadSigningBaseline(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, kMalformed);
  }
}

TEST(SigningBaseline, UnderAnotherNameIsNotUsable) {
  SigningBaseline object = Object(FullRecord());
  object.meta.name = "web-aaaaaaaaaaaaaaaaaaaa";
  EXPECT_FALSE(IsUsable(object));
}

}  // namespace
}  // namespace plimsoll::api
