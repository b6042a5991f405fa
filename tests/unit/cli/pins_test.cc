// What `export` writes.
#include "cli/pins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "baseline/classify.h"
#include "baseline/fingerprint.h"
#include "baseline/life.h"

namespace plimsoll::cli {
namespace {

using namespace plimsoll::baseline;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Time kNow = *ParseTime("2026-11-21T18:00:00Z");
constexpr char kRepository[] = "ghcr.io/acme/web";
constexpr char kWorkflow[] = "https://github.com/acme/web/.github/workflows/release.yml@refs/tags/";

Signer Release(const std::string& tag, const std::string& id = "42") {
  Signer signer = MakeKeyless(kWorkflow + tag, "https://token.actions.githubusercontent.com");
  signer.build_config_uri = signer.identity;
  signer.source_repository_id = id;
  signer.source_repository_owner_id = id.empty() ? "" : "7";
  return signer;
}

void Learn(Record& record, const Signer& signer, const std::string& public_key = "") {
  SignerRecord learned;
  learned.id = SignerId(signer);
  learned.signer = signer;
  learned.source = SignerSource::kFirstUse;
  learned.in_force = true;
  learned.public_key = public_key;
  record.signers.push_back(std::move(learned));
}

Record Established(const std::string& repository = kRepository) {
  Record record;
  record.repository = repository;
  record.learning_time = kNow - std::chrono::hours(48);
  record.established_time = kNow - std::chrono::hours(24);
  record.basis = Basis::kObservation;
  return record;
}

TEST(Export, ALearnedSignerIsPinnedWithIdsAndCanonicalBuildConfig) {
  Record record = Established();
  Learn(record, Release("v1"));
  const Pins pins = PinsOf({record}, {}, kNow);
  ASSERT_THAT(pins.policies, SizeIs(1));
  EXPECT_THAT(pins.incomplete, IsEmpty());
  EXPECT_THAT(pins.policies[0].repositories, ElementsAre(kRepository));
  ASSERT_THAT(pins.policies[0].signers, SizeIs(1));
  const Pin& pin = pins.policies[0].signers[0];
  ASSERT_TRUE(pin.keyless);
  EXPECT_EQ(pin.keyless->identity, std::string(kWorkflow) + "*");
  EXPECT_EQ(pin.keyless->build_config_uri, std::string(kWorkflow) + "*");
  EXPECT_EQ(pin.keyless->source_repository_id, "42");
  EXPECT_EQ(pin.keyless->source_repository_owner_id, "7");
  EXPECT_LE(pin.name.size(), 63u);
}

TEST(Export, WhatIsAppliedElsewherePinsTheSameSignersFromTheFirstMoment) {
  Record record = Established();
  Learn(record, Release("v1"));
  const PolicySet elsewhere = PolicySet::Make(PinsOf({record}, {}, kNow).policies);
  const EffectivePolicy policy = elsewhere.For(kRepository, kNow);
  const Record fresh = NewRecord(kRepository, kNow);
  EXPECT_TRUE(IsEstablished(fresh, policy));

  Observation seen;
  seen.digest = "sha256:aa";
  seen.posture = Posture::kSignedKeyless;
  seen.signers.resize(1);
  seen.signers[0].signer = Release("v2");
  EXPECT_TRUE(Classify(fresh, policy, {}, seen, kNow).continuous);
  // The name taken over by another owner.
  seen.signers[0].signer = Release("v2", "43");
  const Verdict taken_over = Classify(fresh, policy, {}, seen, kNow);
  EXPECT_FALSE(taken_over.continuous);
  EXPECT_EQ(taken_over.severity, Severity::kCritical);
}

TEST(Export, AKeyIsPinnedAsAKey) {
  const std::string der =
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER3ZfJzIRkM+/6WBpxHLGXkt7R+TUqQX7rBtaIp1gY72YaoekWl/"
      "eB5tbkl0HffB4e9XC0U/"
      "HAaVVWqClsTCjIA==";
  Record record = Established();
  Signer key;
  key.kind = SignerKind::kKey;
  // The pin must name exactly the key whose hash the record holds: asked of the policy below.
  key.spki_sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
  Learn(record, key, der);
  const Pins pins = PinsOf({record}, {}, kNow);
  ASSERT_THAT(pins.policies, SizeIs(1));
  const std::string& pem = pins.policies[0].signers[0].public_key;
  EXPECT_TRUE(pem.starts_with("-----BEGIN PUBLIC KEY-----\nMFkw"));
  EXPECT_TRUE(pem.ends_with("\n-----END PUBLIC KEY-----\n"));
  const PolicySet set = PolicySet::Make(pins.policies);
  EXPECT_EQ(set.Readiness(pins.policies[0].name, {kRepository}, kNow).reason, kInForce);
}

TEST(Export, AKeyThatIsNotKeptIsReported) {
  Record record = Established();
  Learn(record, MakeKey(std::string(64, 'a')));
  const Pins pins = PinsOf({record}, {}, kNow);
  EXPECT_THAT(pins.policies, IsEmpty());
  EXPECT_THAT(pins.incomplete,
              ElementsAre(HasSubstr("cannot be pinned"), HasSubstr("nothing of it")));
}

TEST(Export, WhatIsNotEstablishedIsNotPinned) {
  Record learning = Established();
  learning.established_time.reset();
  learning.basis.reset();
  Learn(learning, Release("v1"));
  EXPECT_THAT(PinsOf({learning}, {}, kNow).policies, IsEmpty());
}

TEST(Export, ASignerThatWasAcceptedIsNotPinned) {
  Record record = Established();
  Learn(record, Release("v1"));
  SignerRecord other;
  other.signer = MakeKey(std::string(64, 'a'));
  other.id = SignerId(other.signer);
  other.in_force = true;
  record.signers.push_back(other);
  SigningPolicy accepting;
  accepting.name = "accept-it";
  accepting.repositories = {kRepository};
  Acceptance entry;
  entry.kind = DriftKind::kSignerChanged;
  entry.repository = kRepository;
  entry.fingerprint = SignerFingerprint(entry.kind, kRepository, other.signer);
  entry.reason = "for now";
  accepting.accepted_drift = {entry};
  const Pins pins = PinsOf({record}, {accepting}, kNow);
  ASSERT_THAT(pins.policies, SizeIs(1));
  EXPECT_THAT(pins.policies[0].signers, SizeIs(1));
  EXPECT_TRUE(pins.policies[0].signers[0].keyless);
  EXPECT_THAT(pins.notes, ElementsAre(HasSubstr("acceptance")));
}

TEST(Export, APinWithoutIdsNeverStandsBesideOneWithThem) {
  Record record = Established();
  Learn(record, Release("v1"));
  Learn(record, Release("v1", ""));
  const Pins pins = PinsOf({record}, {}, kNow);
  ASSERT_THAT(pins.policies, SizeIs(1));
  ASSERT_THAT(pins.policies[0].signers, SizeIs(1));
  EXPECT_EQ(pins.policies[0].signers[0].keyless->source_repository_id, "42");
  EXPECT_THAT(pins.notes, SizeIs(1));
}

TEST(Export, APolicyThatPinsAlreadyIsWrittenAsItIsWithoutItsAcceptances) {
  SigningPolicy pinning;
  pinning.name = "acme";
  pinning.repositories = {"ghcr.io/acme/**"};
  Pin pin;
  pin.name = "release";
  KeylessPin keyless;
  keyless.issuer = "https://token.actions.githubusercontent.com";
  keyless.identity = std::string(kWorkflow) + "*";
  pin.keyless = keyless;
  pinning.signers = {pin};
  pinning.enforcement = Enforcement::kWarn;
  SigningPolicy unrelated = pinning;
  unrelated.name = "other";
  unrelated.repositories = {"quay.io/**"};
  const Pins pins =
      PinsOf({Established(), Established("ghcr.io/acme/api")}, {pinning, unrelated}, kNow);
  EXPECT_THAT(pins.policies, ElementsAre(pinning));
}

}  // namespace
}  // namespace plimsoll::cli
