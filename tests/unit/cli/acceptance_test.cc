// What `accept` writes, and what it refuses before it asks anybody.
#include "cli/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/signing_policy.h"
#include "baseline/fingerprint.h"

namespace plimsoll::cli {
namespace {

using baseline::DriftKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kRepository[] = "ghcr.io/acme/web";
constexpr char kOfSigner[] = "s-5c5d663e2d480544ae66aa8b1a77125c";
constexpr char kOfImage[] = "d-5c5d663e2d480544ae66aa8b1a77125c";

Time At(const char* text) { return *ParseTime(text); }
const Time kNow = At("2026-11-21T18:00:00Z");

baseline::Acceptance Accepting(DriftKind kind, std::string fingerprint) {
  baseline::Acceptance acceptance;
  acceptance.repository = kRepository;
  acceptance.kind = kind;
  acceptance.fingerprint = std::move(fingerprint);
  acceptance.reason = "moved, SEC-2291";
  return acceptance;
}

Reason CodeOf(const Status& status) { return status ? Reason() : status.error().code; }

TEST(Expiry, IsATimeFromNowADateOrATime) {
  EXPECT_EQ(*ParseExpiry("14d", kNow), At("2026-12-05T18:00:00Z"));
  EXPECT_EQ(*ParseExpiry("36h", kNow), At("2026-11-23T06:00:00Z"));
  EXPECT_EQ(*ParseExpiry("2026-12-15", kNow), At("2026-12-15T00:00:00Z"));
  EXPECT_EQ(*ParseExpiry("2026-12-15T08:00:00+02:00", kNow), At("2026-12-15T06:00:00Z"));
  for (const char* wrong :
       {"", "d", "-1d", "14", "14days", "tomorrow", "2026-13-01", "99999999999999d"})
    EXPECT_EQ(ParseExpiry(wrong, kNow).error().code, kInvalidArgument) << wrong;
}

TEST(Kind, IsFoundWhateverItsCaseAndAWrongOneListsAll) {
  EXPECT_EQ(*ParseKind("SignerChanged"), DriftKind::kSignerChanged);
  EXPECT_EQ(*ParseKind("signerchanged"), DriftKind::kSignerChanged);
  EXPECT_THAT(ParseKind("Signer").error().message, HasSubstr("SignatureMissing"));
}

TEST(Fingerprint, AWholeOneIsToldFromABeginning) {
  EXPECT_TRUE(IsFingerprint(kOfSigner));
  EXPECT_TRUE(IsFingerprintPrefix("s-5c5d"));
  for (const char* wrong : {"", "s", "s-", "s-5c5", "x-5c5d", "s-5C5D", "s-5c5g", "5c5d663e"})
    EXPECT_FALSE(IsFingerprintPrefix(wrong)) << wrong;
  EXPECT_FALSE(IsFingerprintPrefix(std::string(kOfSigner) + "0"));
}

TEST(Acceptance, WhatTheSchemaRefusesIsRefusedBefore) {
  EXPECT_TRUE(CheckAcceptance(Accepting(DriftKind::kSignerChanged, kOfSigner), kNow));
  EXPECT_TRUE(CheckAcceptance(Accepting(DriftKind::kSignatureMissing, kOfImage), kNow));

  EXPECT_EQ(CodeOf(CheckAcceptance(Accepting(DriftKind::kSignerChanged, kOfImage), kNow)),
            kRefused);
  EXPECT_EQ(CodeOf(CheckAcceptance(Accepting(DriftKind::kSignatureMissing, kOfSigner), kNow)),
            kRefused);
  auto wordless = Accepting(DriftKind::kSignerChanged, kOfSigner);
  wordless.reason.clear();
  EXPECT_EQ(CodeOf(CheckAcceptance(wordless, kNow)), kInvalidArgument);
  wordless.reason = std::string(513, 'x');
  EXPECT_EQ(CodeOf(CheckAcceptance(wordless, kNow)), kInvalidArgument);
  // 512 characters, each of two bytes.
  wordless.reason.clear();
  for (int i = 0; i < 512; ++i) wordless.reason += "\xc3\xa4";
  EXPECT_TRUE(CheckAcceptance(wordless, kNow));
}

TEST(Acceptance, OneForAWholeRepositoryNeedsAnEndWithin90Days) {
  auto whole =
      Accepting(DriftKind::kSignatureMissing,
                baseline::RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository));
  EXPECT_THAT(CheckAcceptance(whole, kNow).error().message, HasSubstr("--expires"));
  whole.expiration_time = kNow + std::chrono::hours(24 * 90);
  EXPECT_TRUE(CheckAcceptance(whole, kNow));
  whole.expiration_time = kNow + std::chrono::hours(24 * 90 + 1);
  EXPECT_EQ(CodeOf(CheckAcceptance(whole, kNow)), kRefused);
  for (const DriftKind kind : {DriftKind::kSignatureStripped, DriftKind::kSignatureInvalid}) {
    auto never = Accepting(kind, baseline::RepositoryFingerprint(kind, kRepository));
    never.expiration_time = kNow + std::chrono::hours(1);
    EXPECT_THAT(CheckAcceptance(never, kNow).error().message, HasSubstr("image by image"));
  }
}

TEST(Acceptance, AFingerprintOfAnotherRepositoryIsRefused) {
  auto foreign =
      Accepting(DriftKind::kSignatureMissing,
                baseline::RepositoryFingerprint(DriftKind::kSignatureMissing, "ghcr.io/acme/api"));
  foreign.expiration_time = kNow + std::chrono::hours(1);
  EXPECT_EQ(CodeOf(CheckAcceptance(foreign, kNow)), kRefused);
}

TEST(Acceptance, OneThatIsOverAlreadyIsRefused) {
  auto late = Accepting(DriftKind::kSignerChanged, kOfSigner);
  late.expiration_time = kNow;
  EXPECT_EQ(CodeOf(CheckAcceptance(late, kNow)), kRefused);
}

baseline::Record Drifted() {
  baseline::Record record;
  record.repository = kRepository;
  baseline::DriftRecord missing;
  missing.kind = DriftKind::kSignatureMissing;
  missing.fingerprint = baseline::RepositoryFingerprint(missing.kind, kRepository);
  for (const char* digest : {"sha256:aa", "sha256:bb"}) {
    const std::string of_image = baseline::DigestFingerprint(missing.kind, kRepository, digest);
    missing.digests.push_back({digest, of_image, {}});
    baseline::ImageRecord image;
    image.digest = digest;
    image.drift = missing.fingerprint;
    record.images.push_back(std::move(image));
  }
  // A third that is listed nowhere but among the images.
  baseline::RememberedRecord remembered;
  remembered.digest = "sha256:cc";
  remembered.drift = missing.fingerprint;
  record.remembered.push_back(remembered);
  record.drift.push_back(std::move(missing));
  record.images[0].notes = {std::string("CoSigned SignerChanged ") + kOfSigner};
  return record;
}

TEST(Fingerprint, ABeginningIsLookedUpAmongAllThatTheBaselineKnows) {
  const baseline::Record record = Drifted();
  EXPECT_THAT(
      KnownFingerprints(record, DriftKind::kSignatureMissing),
      UnorderedElementsAre(
          baseline::RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository),
          baseline::DigestFingerprint(DriftKind::kSignatureMissing, kRepository, "sha256:aa"),
          baseline::DigestFingerprint(DriftKind::kSignatureMissing, kRepository, "sha256:bb"),
          baseline::DigestFingerprint(DriftKind::kSignatureMissing, kRepository, "sha256:cc")));
  // A signer that only signs along can be accepted ahead of a rotation.
  EXPECT_EQ(*CompleteFingerprint("s-5c5d", DriftKind::kSignerChanged, record), kOfSigner);
  EXPECT_EQ(CompleteFingerprint("s-0000", DriftKind::kSignerChanged, record).error().code,
            kNotFound);
  EXPECT_EQ(CompleteFingerprint("d-", DriftKind::kSignatureMissing, record).error().code,
            kAmbiguous);
}

TEST(Policy, HoldsOneEntryForOneRepository) {
  const auto acceptance = Accepting(DriftKind::kSignerChanged, kOfSigner);
  const baseline::SigningPolicy policy = AcceptancePolicy(acceptance);
  EXPECT_EQ(policy.name, "accept-s-5c5d663e2d480544");
  EXPECT_THAT(policy.repositories, ElementsAre(kRepository));
  EXPECT_THAT(policy.accepted_drift, ElementsAre(acceptance));
  EXPECT_FALSE(policy.enforcement);
  EXPECT_FALSE(policy.on_unknown);
}

std::string Stored(const std::string& manager, const std::string& operation) {
  const std::string other = "s-5c5d663e2d480544000000000000000f";
  return R"({"metadata":{"name":"accept-s-5c5d663e2d480544","managedFields":[{"manager":")" +
         manager + R"(","operation":")" + operation +
         R"(","fieldsV1":{"f:spec":{"f:acceptedDrift":{"k:{\"fingerprint\":\")" + other +
         R"(\"}":{".":{}}},"f:repositories":{"v:\"ghcr.io/acme/api\"":{}}}}}]},
         "spec":{"repositories":["ghcr.io/acme/api"],"acceptedDrift":[{"fingerprint":")" +
         other +
         R"(","kind":"SignerChanged","repository":"ghcr.io/acme/api","reason":"another"}]}})";
}

TEST(Policy, AnEntryThatOurManagerAppliedBesideStays) {
  baseline::SigningPolicy policy =
      AcceptancePolicy(Accepting(DriftKind::kSignerChanged, kOfSigner));
  KeepAppliedEntries(Stored("kubectl-plimsoll", "Apply"), &policy);
  ASSERT_EQ(policy.accepted_drift.size(), 2u);
  EXPECT_EQ(policy.accepted_drift[0].fingerprint, kOfSigner);
  EXPECT_EQ(policy.accepted_drift[1].reason, "another");
  EXPECT_THAT(policy.repositories, ElementsAre(kRepository, "ghcr.io/acme/api"));
}

TEST(Policy, AnEntryOfAnotherManagerIsNotTakenOver) {
  for (const auto& [manager, operation] :
       {std::pair{"kubectl-edit", "Update"}, {"kubectl-plimsoll", "Update"}, {"argocd", "Apply"}}) {
    baseline::SigningPolicy policy =
        AcceptancePolicy(Accepting(DriftKind::kSignerChanged, kOfSigner));
    KeepAppliedEntries(Stored(manager, operation), &policy);
    EXPECT_EQ(policy.accepted_drift.size(), 1u) << manager;
    EXPECT_THAT(policy.repositories, ElementsAre(kRepository)) << manager;
  }
}

}  // namespace
}  // namespace plimsoll::cli
