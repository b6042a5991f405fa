// The rows of the false-alarm and false-calm table that an observation decides: one test a row, named after it. What a
// baseline makes of the answers is held in tests/unit/baseline, what each fault of a registry is in tests/unit/oci.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observer_fixture.h"

namespace plimsoll::observation {
namespace {

using baseline::NoteKind;
using baseline::Posture;
using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using FalseAlarm = ObserverTest;
using FalseCalm = ObserverTest;

testing::SimpleSignature AsStored(const test::ClassicSignature& signature) {
  auto annotations = signature.Annotations();
  const std::string bytes = annotations["dev.cosignproject.cosign/signature"];
  annotations.erase("dev.cosignproject.cosign/signature");
  return {signature.payload, bytes, annotations};
}

auto HasNote(NoteKind kind) { return Contains(Field(&baseline::Note::kind, kind)); }

TEST_F(FalseAlarm, A429A5xxOrA401OnTheSignatureTagOnReferrersOrOnABlobIsUnknown) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  for (const char* form : {".sig", "/referrers/", "/blobs/"}) {
    for (const int status : {429, 500, 502, 503, 504, 401, 403}) {
      registry_.Fault(form, testing::Reply::Status(status));
      Configure({});
      const Answer answer = Observe(image);
      EXPECT_EQ(answer.observation.posture, Posture::kUnknown) << form << " " << status;
      EXPECT_FALSE(answer.observation.reason.empty());
      EXPECT_FALSE(answer.message.empty());
      EXPECT_THAT(answer.observation.signers, IsEmpty());
      registry_.ClearFaults();
    }
  }
}

TEST_F(FalseAlarm, AConnectionThatBreaksIsUnknown) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  for (const char* form : {".sig", "/referrers/", "/blobs/"}) {
    registry_.Fault(form, testing::Reply::ResetAtOnce());
    Configure({});
    EXPECT_EQ(Observe(image).observation.posture, Posture::kUnknown) << form;
    registry_.ClearFaults();
  }
}

TEST_F(FalseAlarm, A404ForTheImageAndForItsSignaturesIsDigestNotInRepository) {
  const auto image = registry_.PushImage(kWeb, "v1");
  registry_.DeleteManifest(kWeb, image.digest);
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnknown);
  EXPECT_EQ(answer.observation.reason, "DigestNotInRepository");
}

TEST_F(FalseAlarm, TheSignatureTagGoneAndABundleReferrerPresentIsSigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  Refer(image, test::CosignStatement(Hex(image.digest)));
  ASSERT_THAT(Observe(image).observation.signers, SizeIs(2));
  registry_.Untag(kWeb, "sha256-" + Hex(image.digest) + ".sig");
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  ASSERT_THAT(answer.observation.signers, SizeIs(1));
  EXPECT_EQ(answer.observation.signers[0].storage, baseline::Storage::kReferrer);
}

TEST_F(FalseAlarm, TheReferrersApi404AndTheFallbackTagPresentIsSigned) {
  registry_.Change([](testing::RegistryBehaviour& behaviour) { behaviour.referrers_api = false; });
  const auto image = registry_.PushImage(kWeb, "v1");
  Refer(image, test::CosignStatement(Hex(image.digest)), true);
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
}

TEST_F(FalseAlarm, AnIndexUnsignedAndEveryChildSignedIsSignedAtOtherLevel) {
  const auto amd64 = registry_.PushImage(kWeb, "", "amd64");
  const auto arm64 = registry_.PushImage(kWeb, "", "arm64", "linux", "arm64");
  const auto index = registry_.PushIndex(kWeb, "v1", {amd64, arm64});
  SignClassic(amd64.digest);
  SignClassic(arm64.digest);
  const Answer answer = Observe(index);
  EXPECT_EQ(baseline::ShownPosture(answer.observation), Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes, HasNote(NoteKind::kSignedAtOtherLevel));
}

TEST_F(FalseAlarm, TheRunningChildUnsignedAndItsIndexSignedIsSignedAtOtherLevel) {
  const auto child = registry_.PushImage(kWeb, "", "amd64");
  const auto index = registry_.PushIndex(kWeb, "v1", {child});
  SignClassic(index.digest);
  Question question = Ask(child);
  question.spec_digest = index.digest;
  const Answer answer = observer_->Observe(question);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes, HasNote(NoteKind::kSignedAtOtherLevel));
}

TEST_F(FalseCalm, AnIndexUnsignedOneChildSignedAnotherNotIsUnsignedAndNamesTheChild) {
  const auto amd64 = registry_.PushImage(kWeb, "", "amd64");
  const auto arm64 = registry_.PushImage(kWeb, "", "arm64", "linux", "arm64");
  const auto index = registry_.PushIndex(kWeb, "v1", {amd64, arm64});
  SignClassic(amd64.digest);
  const Answer answer = Observe(index);
  EXPECT_EQ(baseline::ShownPosture(answer.observation), Posture::kUnsigned);
  ASSERT_THAT(answer.observation.children, SizeIs(2));
  EXPECT_EQ(answer.observation.children[1].digest, arm64.digest);
  EXPECT_EQ(answer.observation.children[1].posture, Posture::kUnsigned);
  EXPECT_THAT(answer.observation.notes, Not(HasNote(NoteKind::kSignedAtOtherLevel)));
}

TEST_F(FalseAlarm, AnImageAtAMirrorWithTheSignatureOnlyUpstreamIsJudgedByIt) {
  oci::RepositoryRule rule;
  rule.match = registry_.host() + "/mirror/**";
  rule.mirror_of = registry_.host() + "/**";
  Configure({rule});
  const auto image = registry_.PushImage(kWeb, "v1");
  const auto mirrored = registry_.PushImage("mirror/acme/web", "v1");
  ASSERT_EQ(image.digest, mirrored.digest);
  SignClassic(image.digest);
  const Answer answer = observer_->Observe(Ask(mirrored, "mirror/acme/web"));
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes, HasNote(NoteKind::kSignatureNotMirrored));
}

TEST_F(FalseAlarm, ATrustRootThatHasExpiredMakesNobodyInvalid) {
  test::TrustDocument trust = sigstore_.Trust();
  for (auto& authority : trust.authorities) authority.window.end = "2025-06-01T00:00:00Z";
  auto root = sigstore::TrustRoot::FromJson(trust.Json());
  ASSERT_TRUE(root) << root.error().message;
  observer_->ReplaceVerifier(std::make_shared<const sigstore::Verifier>(
      sigstore::Verifier::Create(std::move(root).value(), {}).value()));
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnverifiable) << answer.message;
  EXPECT_TRUE(answer.observation.trust_root_stale);
}

TEST_F(FalseAlarm, ANewLogShardWhoseKeyIsNotKnownMakesNobodyInvalid) {
  test::TrustDocument trust = sigstore_.Trust();
  trust.logs.erase(trust.logs.begin());
  auto root = sigstore::TrustRoot::FromJson(trust.Json());
  ASSERT_TRUE(root) << root.error().message;
  observer_->ReplaceVerifier(std::make_shared<const sigstore::Verifier>(
      sigstore::Verifier::Create(std::move(root).value(), {}).value()));
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnverifiable);
}

TEST_F(FalseAlarm, ACertificateThatExpiredSinceWasValidAtTheSignedTimeSoItIsSigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  // It lived ten minutes, an hour ago.
  ASSERT_GT(clock_.Now(), test::kSigningTime + std::chrono::minutes(30));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);
}

TEST_F(FalseCalm, AStrangerWhoSignsAGenuineImageTooIsASignerOfItsOwn) {
  const auto image = registry_.PushImage(kWeb, "v1");
  test::ClassicSpec stranger;
  stranger.leaf = test::EmailLeaf("mallory@evil.example");
  registry_.PushSignatures(kWeb, image.digest,
                           {Classic(image.digest), Classic(image.digest, stranger)});
  const Answer answer = Observe(image);
  ASSERT_THAT(answer.observation.signers, SizeIs(2));
  EXPECT_NE(answer.observation.signers[0].signer, answer.observation.signers[1].signer);
}

TEST_F(FalseCalm, OnlyProvenanceIsAttestedAndNeverSigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  Refer(image, test::ProvenanceStatement(Hex(image.digest)));
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kAttested) << answer.message;
  EXPECT_FALSE(baseline::Rank(answer.observation.posture) >=
               baseline::Rank(Posture::kSignedKeyBased));
}

TEST_F(FalseCalm, OnlyAnSbomOrAScanWhoeverSignedItIsUnsigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  for (const char* predicate : {"https://spdx.dev/Document", "https://cyclonedx.org/bom",
                                "https://cosign.sigstore.dev/attestation/vuln/v1"}) {
    Refer(image, test::PredicateStatement(Hex(image.digest), predicate));
  }
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnsigned);
}

TEST_F(FalseCalm, FiveThousandJunkLayersInTheSignatureManifestAreUnverifiable) {
  const auto image = registry_.PushImage(kWeb, "v1");
  testing::ManifestSpec junk;
  testing::Descriptor layer;
  layer.media_type = "application/vnd.acme.junk";
  layer.digest = registry_.PutBlob(kWeb, "junk");
  layer.size = 4;
  junk.layers.assign(5'000, layer);
  registry_.PushManifest(kWeb, "sha256-" + Hex(image.digest) + ".sig", junk);
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnverifiable) << answer.message;
  EXPECT_TRUE(answer.complete());
}

TEST_F(FalseCalm, BrokenJsonInTheSignatureManifestIsUnverifiable) {
  const auto image = registry_.PushImage(kWeb, "v1");
  registry_.PutManifest(kWeb, "{\"schemaVersion\":2,\"layers\":[", testing::kOciManifest,
                        "sha256-" + Hex(image.digest) + ".sig");
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnverifiable);
}

TEST_F(FalseCalm, TheWalkReportsAnothersOldSignaturesAsWhatTheyAre) {
  const auto image = registry_.PushImage(kWeb, "v1");
  test::VirtualSigstore stranger({.seed = "stranger"});
  registry_.PushSignatures(kWeb, image.digest, {AsStored(stranger.SignImage(Key(), image.digest))});
  Question question;
  question.repository = Key();
  EXPECT_THAT(observer_->Walk(question).signatures, IsEmpty());
}

TEST_F(FalseAlarm, AnImageThatIsSignedMinutesLaterIsSeenSignedAtTheNextLook) {
  const auto image = registry_.PushImage(kWeb, "v1");
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnsigned);
  SignClassic(image.digest);
  Question question = Ask(image);
  question.confirmation = true;
  EXPECT_EQ(observer_->Observe(question).observation.posture, Posture::kSignedKeyless);
  EXPECT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);
}

TEST_F(FalseAlarm, TheSameDigestInTwoRepositoriesIsLookedAtInEach) {
  const auto image = registry_.PushImage(kWeb, "v1");
  const auto other = registry_.PushImage("acme/other", "v1");
  ASSERT_EQ(image.digest, other.digest);
  SignClassic(image.digest);
  EXPECT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);
  EXPECT_EQ(observer_->Observe(Ask(other, "acme/other")).observation.posture, Posture::kUnsigned);
}

}  // namespace
}  // namespace plimsoll::observation
