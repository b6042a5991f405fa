// What an observation says of an image: a registry in memory, a whole Sigstore in memory, the real client between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
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

TEST_F(ObserverTest, AClassicKeylessSignatureMakesAnImageSignedKeyless) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  const Answer answer = Observe(image);
  ASSERT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  ASSERT_THAT(answer.observation.signers, SizeIs(1));
  const baseline::ObservedSigner& signer = answer.observation.signers[0];
  EXPECT_EQ(signer.signer.canonical_identity,
            "https://github.com/harbour/crane/.github/workflows/release.yml@refs/tags/*");
  EXPECT_EQ(signer.signer.source_repository_id, "123456789");
  EXPECT_EQ(signer.storage, baseline::Storage::kSignatureTag);
  EXPECT_EQ(signer.level, baseline::Level::kManifest);
  ASSERT_TRUE(signer.log);
  EXPECT_EQ(signer.log->integrated_time, signer.verified_time);
  EXPECT_EQ(signer.docker_reference, Key());
}

TEST_F(ObserverTest, ABundleReferrerIsASignatureAndAFallbackTagIsAsGood) {
  const auto image = registry_.PushImage(kWeb, "v1");
  Refer(image, test::CosignStatement(Hex(image.digest)));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);

  registry_.Change([](testing::RegistryBehaviour& behaviour) { behaviour.referrers_api = false; });
  const auto other = registry_.PushImage(kWeb, "v2", "other");
  Refer(other, test::CosignStatement(Hex(other.digest)), true);
  const Answer answer = Observe(other);
  ASSERT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_EQ(answer.observation.signers[0].storage, baseline::Storage::kReferrerTag);
}

TEST_F(ObserverTest, NothingInAnyFormBesideTheImageItselfIsUnsigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnsigned);
  EXPECT_TRUE(answer.complete());
}

TEST_F(ObserverTest, ARegistryThatFailsInAnyFormLeavesTheImageUnknownAndNeverUnsigned) {
  const auto image = registry_.PushImage(kWeb, "v1");
  for (const char* form : {".sig", "/referrers/", ".att"}) {
    for (const int status : {429, 500, 503, 401, 403}) {
      registry_.Fault(form, testing::Reply::Status(status));
      Configure({});
      const Answer answer = Observe(image);
      EXPECT_EQ(answer.observation.posture, Posture::kUnknown) << form << " " << status;
      EXPECT_FALSE(answer.complete());
      EXPECT_EQ(answer.observation.credential_needed, status == 401 || status == 403)
          << form << " " << status;
      registry_.ClearFaults();
    }
  }
}

TEST_F(ObserverTest, ASignatureThatVerifiesBesideAPlaceWithoutAnAnswerIsNotYetAnAnswer) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  registry_.Fault("/referrers/", testing::Reply::Status(503));
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnknown);
  EXPECT_THAT(answer.observation.signers, IsEmpty());
}

TEST_F(ObserverTest, ADeletedImageIsUnknownAndItsSignatureStillCounts) {
  const auto image = registry_.PushImage(kWeb, "v1");
  registry_.DeleteManifest(kWeb, image.digest);
  Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnknown);
  EXPECT_EQ(answer.observation.reason, "DigestNotInRepository");

  SignClassic(image.digest);
  answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes,
              Contains(Field(&baseline::Note::kind, NoteKind::kManifestMissing)));
}

TEST_F(ObserverTest, ASignatureOfAnotherImageIsInvalid) {
  const auto image = registry_.PushImage(kWeb, "v1");
  const auto other = registry_.PushImage(kWeb, "v2", "other");
  registry_.PushSignatures(kWeb, image.digest, {Classic(other.digest)});
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kInvalid);
  EXPECT_EQ(answer.observation.reason, "DigestMismatch") << answer.message;
}

TEST_F(ObserverTest, ASignatureByAnUnknownAuthorityAccusesNobody) {
  test::VirtualSigstore stranger({.seed = "stranger"});
  const auto image = registry_.PushImage(kWeb, "v1");
  const auto signature = stranger.SignImage(Key(), image.digest);
  auto annotations = signature.Annotations();
  registry_.PushSignatures(
      kWeb, image.digest,
      {{signature.payload, annotations["dev.cosignproject.cosign/signature"], annotations}});
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnverifiable);
}

TEST_F(ObserverTest, AnInvalidSignatureBesideAGoodOneIsANote) {
  const auto image = registry_.PushImage(kWeb, "v1");
  const auto other = registry_.PushImage(kWeb, "v2", "other");
  registry_.PushSignatures(kWeb, image.digest, {Classic(other.digest), Classic(image.digest)});
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes,
              Contains(Field(&baseline::Note::kind, NoteKind::kExtraInvalidSignature)));
}

TEST_F(ObserverTest, EverySignerOfAnImageIsRecorded) {
  const auto image = registry_.PushImage(kWeb, "v1");
  test::ClassicSpec person;
  person.leaf = test::EmailLeaf("dev@acme.example");
  registry_.PushSignatures(kWeb, image.digest,
                           {Classic(image.digest), Classic(image.digest, person)});
  EXPECT_THAT(Observe(image).observation.signers, SizeIs(2));
}

TEST_F(ObserverTest, ProvenanceAloneIsAttestedAndAScanAloneIsUnsigned) {
  const auto attested = registry_.PushImage(kWeb, "v1");
  Refer(attested, test::ProvenanceStatement(Hex(attested.digest)));
  const Answer answer = Observe(attested);
  ASSERT_EQ(answer.observation.posture, Posture::kAttested) << answer.message;
  ASSERT_THAT(answer.observation.provenance, SizeIs(1));
  EXPECT_EQ(answer.observation.provenance[0].builder_id, "https://github.com/harbour/builder@v1");
  EXPECT_TRUE(answer.observation.signers[0].provenance_only);

  const auto scanned = registry_.PushImage(kWeb, "v2", "other");
  Refer(scanned, test::PredicateStatement(Hex(scanned.digest), "https://spdx.dev/Document"));
  EXPECT_EQ(Observe(scanned).observation.posture, Posture::kUnsigned);
}

TEST_F(ObserverTest, AScanByAStrangerIsNoSignatureMaterial) {
  test::VirtualSigstore stranger({.seed = "stranger"});
  const auto image = registry_.PushImage(kWeb, "v1");
  registry_.PushReferrer(
      kWeb, image, testing::kSigstoreBundle, testing::kSigstoreBundle,
      stranger
          .SignStatement(test::PredicateStatement(Hex(image.digest), "https://spdx.dev/Document"))
          .Json());
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnsigned);
}

TEST_F(ObserverTest, ProvenanceThatNamesNoBuilderIsNoProvenanceAndNoAbsence) {
  const auto image = registry_.PushImage(kWeb, "v1");
  Refer(image, test::ProvenanceStatement(Hex(image.digest), "v1", ""));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnverifiable);
}

// Whoever pushes chooses the media type of what he stores, and holds no image Unknown by it.
TEST_F(ObserverTest, AnOddMediaTypeUnderTheSignatureTagIsAFactAboutTheImage) {
  // A lenient registry: it serves what it has, whatever was asked for.
  registry_.Change(
      [](testing::RegistryBehaviour& behaviour) { behaviour.accept_negotiation = false; });
  const auto image = registry_.PushImage(kWeb, "v1");
  for (const char* type : {"text/html", "application/octet-stream", "application/vnd.acme.thing"}) {
    registry_.PutManifest(kWeb, "{}", type, "sha256-" + Hex(image.digest) + ".sig");
    const Answer answer = Observe(image);
    EXPECT_EQ(answer.observation.posture, Posture::kUnverifiable) << type << ": " << answer.message;
    EXPECT_EQ(answer.observation.reason, "Malformed") << type;
  }
}

TEST_F(ObserverTest, ALoginPageInPlaceOfASignatureIsNoFactAboutTheImage) {
  const auto image = registry_.PushImage(kWeb, "v1");
  registry_.Fault(".sig", testing::Reply::Html(200));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnknown);
  registry_.ClearFaults();
  // A digest of something else does not make it one.
  registry_.Fault(".sig", testing::Reply::Html(200).With("Docker-Content-Digest", image.digest));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnknown);
}

TEST_F(ObserverTest, AFaultBetweenTwoLooksForgetsNothing) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  ASSERT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);
  registry_.Fault("/referrers/", testing::Reply::Html(200));
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnknown);
  registry_.ClearFaults();
  const Answer after = Observe(image);
  EXPECT_TRUE(after.unchanged);
  EXPECT_EQ(after.observation.posture, Posture::kSignedKeyless);
}

TEST_F(ObserverTest, AnUnsignedIndexIsJudgedByTheChildrenThatCanRun) {
  const auto amd64 = registry_.PushImage(kWeb, "", "amd64");
  const auto arm64 = registry_.PushImage(kWeb, "", "arm64", "linux", "arm64");
  const auto index = registry_.PushIndex(kWeb, "v1", {amd64, arm64});
  SignClassic(amd64.digest);

  Question question = Ask(index);
  question.platforms = {{"linux", "amd64", ""}};
  Answer answer = observer_->Observe(question);
  EXPECT_EQ(baseline::ShownPosture(answer.observation), Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes,
              Contains(Field(&baseline::Note::kind, NoteKind::kSignedAtOtherLevel)));

  answer = Observe(index);
  EXPECT_EQ(baseline::ShownPosture(answer.observation), Posture::kUnsigned);
  ASSERT_THAT(answer.observation.children, SizeIs(2));
  EXPECT_EQ(answer.observation.children[1].digest, arm64.digest);
}

TEST_F(ObserverTest, AChildWithoutAnAnswerLeavesTheIndexUnknown) {
  const auto child = registry_.PushImage(kWeb, "", "amd64");
  const auto index = registry_.PushIndex(kWeb, "v1", {child});
  registry_.Fault(Hex(child.digest) + ".sig", testing::Reply::Status(500));
  EXPECT_EQ(baseline::ShownPosture(Observe(index).observation), Posture::kUnknown);
}

TEST_F(ObserverTest, ASignedIndexVouchesForTheChildThatItsOwnBytesList) {
  const auto child = registry_.PushImage(kWeb, "", "amd64");
  const auto index = registry_.PushIndex(kWeb, "v1", {child});
  const auto stranger = registry_.PushImage(kWeb, "v2", "not listed");
  SignClassic(index.digest);

  Question question = Ask(child);
  question.spec_digest = index.digest;
  Answer answer = observer_->Observe(question);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_EQ(answer.observation.index_digest, index.digest);
  EXPECT_EQ(answer.observation.signers[0].level, baseline::Level::kIndex);

  question = Ask(stranger);
  question.spec_digest = index.digest;
  EXPECT_EQ(observer_->Observe(question).observation.posture, Posture::kUnsigned);
}

TEST_F(ObserverTest, AnIndexThatIsGoneTakesNoSignatureOfTheChildWithIt) {
  const auto child = registry_.PushImage(kWeb, "", "amd64");
  const auto index = registry_.PushIndex(kWeb, "v1", {child});
  registry_.DeleteManifest(kWeb, index.digest);
  Question question = Ask(child);
  question.spec_digest = index.digest;
  // The index may have carried the signature that the child lacks, with its own signature still stored or not.
  EXPECT_EQ(observer_->Observe(question).observation.posture, Posture::kUnknown);
  SignClassic(index.digest);
  const Answer unsigned_child = observer_->Observe(question);
  EXPECT_EQ(unsigned_child.observation.posture, Posture::kUnknown);
  EXPECT_EQ(unsigned_child.observation.reason, "DigestNotInRepository");

  SignClassic(child.digest);
  const Answer answer = observer_->Observe(question);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
}

TEST_F(ObserverTest, ATagIsJudgedByWhatItNamesNowAndSaysSo) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  Question question;
  question.repository = Key();
  question.tag = "v1";
  const Answer answer = observer_->Observe(question);
  EXPECT_EQ(answer.observation.digest, image.digest);
  EXPECT_EQ(answer.observation.posture, Posture::kSignedKeyless) << answer.message;
  EXPECT_THAT(answer.observation.notes,
              Contains(Field(&baseline::Note::kind, NoteKind::kDigestFromTag)));

  question.tag = "no-such-tag";
  EXPECT_EQ(observer_->Observe(question).observation.posture, Posture::kUnknown);
}

TEST_F(ObserverTest, AnUnchangedImageCostsNoManifestGetAndKeepsItsAnswer) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  const Answer first = Observe(image);
  registry_.ForgetRequests();
  const Answer second = Observe(image);
  EXPECT_TRUE(second.unchanged);
  EXPECT_EQ(second.observation.posture, first.observation.posture);
  EXPECT_EQ(second.observation.signers.size(), first.observation.signers.size());
  EXPECT_EQ(second.requests.manifest_gets, 0u);

  registry_.Untag(kWeb, "sha256-" + Hex(image.digest) + ".sig");
  const Answer third = Observe(image);
  EXPECT_FALSE(third.unchanged);
  EXPECT_EQ(third.observation.posture, Posture::kUnsigned);
}

TEST_F(ObserverTest, AConfirmationReadsEverythingAgain) {
  const auto image = registry_.PushImage(kWeb, "v1");
  Observe(image);
  Question question = Ask(image);
  question.confirmation = true;
  const Answer answer = observer_->Observe(question);
  EXPECT_FALSE(answer.unchanged);
  EXPECT_EQ(answer.observation.posture, Posture::kUnsigned);
}

TEST_F(ObserverTest, AnotherTrustRootJudgesAnew) {
  const auto image = registry_.PushImage(kWeb, "v1");
  SignClassic(image.digest);
  EXPECT_EQ(Observe(image).observation.posture, Posture::kSignedKeyless);
  test::VirtualSigstore other({.seed = "other"});
  auto root = sigstore::TrustRoot::FromJson(other.Trust().Json());
  auto verifier = sigstore::Verifier::Create(std::move(root).value());
  observer_->ReplaceVerifier(
      std::make_shared<const sigstore::Verifier>(std::move(verifier).value()));
  const Answer answer = Observe(image);
  EXPECT_FALSE(answer.unchanged);
  EXPECT_EQ(answer.observation.posture, Posture::kUnverifiable);
}

TEST_F(ObserverTest, AKeylessSignatureThatLacksOnlyTheLogIsRememberedAsSuch) {
  const auto image = registry_.PushImage(kWeb, "v1");
  test::ClassicSpec unlogged;
  unlogged.rekor = false;
  SignClassic(image.digest, unlogged);
  const Answer answer = Observe(image);
  EXPECT_EQ(answer.observation.posture, Posture::kUnverifiable);
  EXPECT_THAT(answer.observation.unlogged, SizeIs(1));
}

TEST_F(ObserverTest, AKeyThatIsConfiguredSignsWithoutALogAndIsTheSigner) {
  const test::TestKey key = test::TestKey(test::KeyType::kP256, "release");
  const auto image = registry_.PushImage(kWeb, "v1");
  test::ClassicSpec spec;
  spec.key = key;
  spec.rekor = false;
  SignClassic(image.digest, spec);
  EXPECT_EQ(Observe(image).observation.posture, Posture::kUnverifiable);

  sigstore::VerifierOptions options;
  options.public_keys_pem = {key.Pem()};
  Configure({}, std::move(options));
  const Answer answer = Observe(image);
  ASSERT_EQ(answer.observation.posture, Posture::kSignedKeyBased) << answer.message;
  EXPECT_EQ(answer.observation.signers[0].signer.kind, baseline::SignerKind::kKey);
}

TEST_F(ObserverTest, TheWalkFindsWhoSignedTheRepositoryBefore) {
  const auto old = registry_.PushImage(kWeb, "v1");
  const auto older = registry_.PushImage(kWeb, "v0", "older");
  SignClassic(old.digest);
  SignClassic(older.digest);
  Question question;
  question.repository = Key();
  const WalkAnswer walk = observer_->Walk(question);
  EXPECT_EQ(walk.outcome, WalkAnswer::Outcome::kComplete);
  ASSERT_THAT(walk.signatures, SizeIs(2));
  EXPECT_TRUE(walk.signatures[0].log_time);
}

TEST_F(ObserverTest, TheWalkLeavesOutSignaturesThatWereCopiedIn) {
  const auto image = registry_.PushImage(kWeb, "v1");
  // Of an image that this repository does not serve.
  SignClassic("sha256:" + std::string(64, 'a'));
  // Of this image, made for another repository.
  const test::ClassicSignature foreign =
      sigstore_.SignImage("registry.example/other/app", image.digest);
  auto annotations = foreign.Annotations();
  registry_.PushSignatures(
      kWeb, image.digest,
      {{foreign.payload, annotations["dev.cosignproject.cosign/signature"], annotations}});
  Question question;
  question.repository = Key();
  EXPECT_THAT(observer_->Walk(question).signatures, IsEmpty());
}

TEST_F(ObserverTest, TheWalkOverARegistryThatDoesNotAnswerHasFailedAndFoundNothing) {
  registry_.Fault("/tags/list", testing::Reply::Status(503));
  Question question;
  question.repository = Key();
  const WalkAnswer walk = observer_->Walk(question);
  EXPECT_EQ(walk.outcome, WalkAnswer::Outcome::kFailed);
  EXPECT_THAT(walk.signatures, IsEmpty());
}

TEST_F(ObserverTest, AHostThatTheSchemaRefusesIsNeverAsked) {
  Question question;
  question.repository = "[::1]:5000/acme/web";
  question.digest = "sha256:" + std::string(64, 'a');
  const Answer answer = observer_->Observe(question);
  EXPECT_EQ(answer.observation.posture, Posture::kUnknown);
  EXPECT_EQ(answer.observation.reason, "RepositoryNotSupported");
  EXPECT_EQ(answer.requests.total, 0u);
}

}  // namespace
}  // namespace plimsoll::observation
