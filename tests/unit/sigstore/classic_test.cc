// Cosign's classic signatures, each check failing alone.
#include <gtest/gtest.h>

#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::ClassicSpec;

class ClassicSignatures : public VirtualTest {
 protected:
  test::ClassicSignature Sign(const ClassicSpec& spec = {}) {
    return sigstore_.SignImage(kReference, ImageDigest(), spec);
  }
  void Rejects(const ClassicSpec& spec, Reason reason) {
    ExpectRejected(Classic(Sign(spec)), reason);
  }
};

TEST_F(ClassicSignatures, AKeylessSignatureOfAWorkflowVerifiesWithEverythingItProves) {
  const Verification v = Classic(Sign());
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.content, ContentKind::kSimpleSigning);
  EXPECT_EQ(v.docker_reference, kReference);
  EXPECT_EQ(v.signer->kind, SignerKind::kKeyless);
  EXPECT_EQ(v.signer->san_kind, SanKind::kUri);
  EXPECT_EQ(v.signer->identity,
            "https://github.com/harbour/crane/.github/workflows/release.yml@refs/tags/v1.2.3");
  EXPECT_EQ(v.signer->issuer, "https://token.actions.githubusercontent.com");
  EXPECT_EQ(v.signer->source_repository_uri, "https://github.com/harbour/crane");
  EXPECT_EQ(v.signer->source_repository_id, "123456789");
  EXPECT_EQ(v.signer->source_repository_owner_id, "987654");
  EXPECT_EQ(v.signer->build_config_uri, v.signer->identity);
  EXPECT_TRUE(v.signer->spki_sha256.empty());
  EXPECT_EQ(v.extensions.github_workflow_repository, "harbour/crane");
  EXPECT_EQ(v.extensions.source_repository_visibility, "public");
  ASSERT_EQ(v.times.size(), 1u);
  EXPECT_EQ(v.times[0].source, TimeSource::kLog);
  EXPECT_EQ(v.times[0].time, test::kSigningTime);
  ASSERT_TRUE(v.log);
  EXPECT_EQ(v.log->kind, "hashedrekord/0.0.1");
  EXPECT_EQ(v.log->origin, "rekor.harbour.example");
  EXPECT_EQ(v.log->integrated_time, test::kSigningTime);
  EXPECT_EQ(v.log->payload_hash, Sha256Hex(AsBytes(Sign().payload)));
  EXPECT_TRUE(v.log->promise);
  EXPECT_EQ(v.steps, (std::vector<Step>{Step::kParsed, Step::kLogPromise, Step::kLogBinding,
                                        Step::kCertificateChain, Step::kSct, Step::kSignature,
                                        Step::kArtifact}));
}

TEST_F(ClassicSignatures, ATimestampIsAVerifiedTimeBesideTheLogs) {
  ClassicSpec spec;
  spec.timestamp = true;
  const Verification v = Classic(Sign(spec));
  ASSERT_TRUE(v.verified()) << Describe(v);
  ASSERT_EQ(v.times.size(), 2u);
  EXPECT_EQ(v.times[1].source, TimeSource::kTimestampAuthority);
}

TEST_F(ClassicSignatures, EmailsAndUsernamesAreIdentitiesOfTheirOwnKind) {
  ClassicSpec spec;
  spec.leaf = test::EmailLeaf("ada@harbour.example");
  EXPECT_EQ(Classic(Sign(spec)).signer->san_kind, SanKind::kEmail);
  spec.leaf = test::UsernameLeaf("ada!harbour.example");
  const Verification v = Classic(Sign(spec));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.signer->san_kind, SanKind::kOtherName);
  EXPECT_EQ(v.signer->identity, "ada!harbour.example");
}

TEST_F(ClassicSignatures, OldRekordEntriesStillCount) {
  ClassicSpec spec;
  spec.entry_kind = "rekord";
  EXPECT_TRUE(Classic(Sign(spec)).verified());
}

TEST_F(ClassicSignatures, EveryKeyTypeOfSigstoreVerifies) {
  using test::KeyType;
  for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kEd25519,
                             KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096}) {
    ClassicSpec spec;
    spec.leaf.key = type;
    const Verification v = Classic(Sign(spec));
    EXPECT_TRUE(v.verified()) << static_cast<int>(type) << " " << Describe(v);
  }
}

TEST_F(ClassicSignatures, AP384KeyWithSha256AsOlderClientsSignedVerifies) {
  ClassicSpec spec;
  spec.leaf.key = test::KeyType::kP384;
  spec.algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  EXPECT_TRUE(Classic(Sign(spec)).verified());
}

// --- Payload and signature.

TEST_F(ClassicSignatures, APayloadAboutAnotherImageIsInvalid) {
  const auto other = sigstore_.SignImage(kReference, "sha256:" + Sha256Hex(AsBytes("another")));
  ExpectRejected(Classic(other), kDigestMismatch);
}

TEST_F(ClassicSignatures, AChangedPayloadIsNotWhatWasLogged) {
  auto signature = Sign();
  signature.payload.replace(signature.payload.find("null"), 4, "{}");
  ExpectRejected(Classic(signature), kLogEntryMismatch);
}

TEST_F(ClassicSignatures, ASignatureOfOtherBytesIsInvalidEvenWhenLogged) {
  ClassicSpec spec;
  auto genuine = Sign();
  spec.payload = genuine.payload;
  // The log records what it is given: a signature by the same key over something else.
  spec.entry.adjust_body = [&](std::string& body) {
    auto other = sigstore_.SignImage("other.example/x", ImageDigest());
    const auto at = body.find("\"value\":\"") + 9;
    body.replace(at, 64, Sha256Hex(AsBytes(other.payload)));
  };
  auto damaged = Sign(spec);
  damaged.payload = test::SimpleSigningText("other.example/x", ImageDigest());
  ExpectRejected(Classic(damaged), kSignatureInvalid);
}

TEST_F(ClassicSignatures, APayloadOfAnotherTypeIsNotSupported) {
  ClassicSpec spec;
  spec.payload =
      R"({"critical":{"identity":{"docker-reference":"x"},"image":{"docker-manifest-digest":")" +
      ImageDigest() + R"("},"type":"atomic container signature"},"optional":null})";
  Rejects(spec, kUnsupportedFormat);
}

TEST_F(ClassicSignatures, APayloadThatNamesADigestTwiceIsMalformed) {
  ClassicSpec spec;
  spec.payload =
      R"({"critical":{"identity":{"docker-reference":"x"},"image":{"docker-manifest-digest":"sha256:00","docker-manifest-digest":")" +
      ImageDigest() + R"("},"type":"cosign container image signature"},"optional":null})";
  Rejects(spec, kMalformed);
}

TEST_F(ClassicSignatures, ADockerReferenceBeyondItsBoundIsALimitAndNotCut) {
  const auto signature =
      sigstore_.SignImage("registry.example/" + std::string(600, 'a'), ImageDigest());
  ExpectRejected(Classic(signature), kLimitExceeded);
}

TEST_F(ClassicSignatures, WithoutASignatureAnnotationItIsMalformed) {
  auto signature = Sign();
  signature.signature.clear();
  ExpectRejected(Classic(signature), kMalformed);
}

// --- Log.

TEST_F(ClassicSignatures, APromiseForAnotherTimeIsInvalid) {
  auto signature = Sign();
  signature.entry->integrated_time += 1;
  ExpectRejected(Classic(signature), kSetInvalid);
}

TEST_F(ClassicSignatures, APromiseForAnotherIndexIsInvalid) {
  auto signature = Sign();
  signature.entry->log_index += 1;
  ExpectRejected(Classic(signature), kSetInvalid);
}

TEST_F(ClassicSignatures, APromiseByAnotherKeyIsInvalid) {
  const test::TestKey stranger(test::KeyType::kP256, "stranger");
  ClassicSpec spec;
  spec.entry.promise_key = &stranger;
  Rejects(spec, kSetInvalid);
}

TEST_F(ClassicSignatures, APromiseBitThatFlippedIsInvalid) {
  auto signature = Sign();
  signature.entry->promise.back() ^= 1;
  ExpectRejected(Classic(signature), kSetInvalid);
}

TEST_F(ClassicSignatures, AnEntryOfAnUnknownLogProvesNothing) {
  auto trust = sigstore_.Trust();
  std::erase_if(trust.logs,
                [](const auto& log) { return log.key_details == "PKIX_ECDSA_P256_SHA_256"; });
  const Verification v = Classic(Sign(), trust);
  ExpectRejected(v, kUnknownLog);
  EXPECT_FALSE(v.verifies_unlogged);
}

TEST_F(ClassicSignatures, AnEntryOfTheEndOfTheLogsValidityCountsAndOneSecondLaterNot) {
  auto trust = sigstore_.Trust();
  for (auto& log : trust.logs) log.window.end = "2026-03-01T12:00:00Z";
  EXPECT_TRUE(Classic(Sign(), trust).verified());
  for (auto& log : trust.logs) log.window.end = "2026-03-01T11:59:59Z";
  ExpectRejected(Classic(Sign(), trust), kOutsideTrustRootValidity);
  for (auto& log : trust.logs) log.window = {"2026-03-01T12:00:00Z", "null"};
  EXPECT_TRUE(Classic(Sign(), trust).verified());
  for (auto& log : trust.logs) log.window.start = "2026-03-01T12:00:01Z";
  ExpectRejected(Classic(Sign(), trust), kOutsideTrustRootValidity);
}

TEST_F(ClassicSignatures, AGenuineEntryOfAnotherSignatureDoesNotCount) {
  auto signature = Sign();
  ClassicSpec other;
  other.leaf.key_seed = "another run";
  signature.entry = Sign(other).entry;
  ExpectRejected(Classic(signature), kLogEntryMismatch);
}

TEST_F(ClassicSignatures, AGenuineEntryOfAnotherCertificateDoesNotCount) {
  ClassicSpec spec;
  const std::string other = test::VirtualSigstore({.seed = "quay"}).IssueLeaf().Pem();
  spec.entry.adjust_body = [&](std::string& body) {
    const std::string marker = "\"publicKey\":{\"content\":\"";
    const auto at = body.find(marker) + marker.size();
    body.replace(at, body.find('"', at) - at, Base64Encode(AsBytes(other)));
  };
  Rejects(spec, kLogEntryMismatch);
}

TEST_F(ClassicSignatures, AGenuineEntryOfAnotherDigestDoesNotCount) {
  ClassicSpec spec;
  spec.entry.adjust_body = [](std::string& body) {
    const auto at = body.find("\"value\":\"") + 9;
    body[at] = body[at] == '0' ? '1' : '0';
  };
  Rejects(spec, kLogEntryMismatch);
}

TEST_F(ClassicSignatures, AnEntryOfAThirdKindIsNotSupported) {
  ClassicSpec spec;
  spec.entry.adjust_body = [](std::string& body) {
    body.replace(body.find("hashedrekord"), 12, "alpinepkg");
  };
  Rejects(spec, kUnsupportedFormat);
}

TEST_F(ClassicSignatures, WithoutALogProofItDoesNotCountAndTheAnswerSaysThatOnlyThisIsMissing) {
  ClassicSpec spec;
  spec.rekor = false;
  const Verification v = Classic(Sign(spec));
  ExpectRejected(v, kNoLogProof);
  EXPECT_TRUE(v.verifies_unlogged);
  ASSERT_TRUE(v.signer);
  EXPECT_EQ(v.signer->issuer, "https://token.actions.githubusercontent.com");
}

TEST_F(ClassicSignatures, WithoutALogProofAnotherImagesSignatureIsStillInvalid) {
  ClassicSpec spec;
  spec.rekor = false;
  const auto other =
      sigstore_.SignImage(kReference, "sha256:" + Sha256Hex(AsBytes("another")), spec);
  const Verification v = Classic(other);
  ExpectRejected(v, kDigestMismatch);
  EXPECT_FALSE(v.verifies_unlogged);
}

// --- Certificate.

TEST_F(ClassicSignatures, ACertificateThatWasNotValidWhenSignedIsInvalid) {
  ClassicSpec spec;
  spec.entry.integrated_time = test::kSigningTime + std::chrono::minutes(11);
  Rejects(spec, kCertificateExpired);
  spec.entry.integrated_time = test::kSigningTime - std::chrono::minutes(2);
  Rejects(spec, kCertificateExpired);
}

TEST_F(ClassicSignatures, ATimestampOutsideTheCertificateIsInvalidBesideAGoodPromise) {
  ClassicSpec spec;
  spec.timestamp = true;
  spec.adjust_timestamp = [](test::TimestampSpec& t) { t.time += std::chrono::minutes(11); };
  Rejects(spec, kCertificateExpired);
}

TEST_F(ClassicSignatures, AnUnknownAuthorityIsNotJudged) {
  test::VirtualSigstore stranger({.seed = "quay"});
  ClassicSpec spec;
  spec.leaf.issuer = &stranger.intermediate();
  Rejects(spec, kUnknownCertificateAuthority);
}

TEST_F(ClassicSignatures, AnAuthorityOfTheSameNameWithAnotherKeyIsNotBelieved) {
  test::Authority impostor{.spec = {}, .key = test::TestKey(test::KeyType::kP384, "impostor")};
  impostor.name = sigstore_.intermediate().name;
  ClassicSpec spec;
  spec.leaf.issuer = &impostor;
  spec.leaf.certificate = [](test::CertificateSpec& c) { c.authority_key_id = false; };
  const Verification v = Classic(Sign(spec));
  EXPECT_FALSE(v.verified());
  EXPECT_EQ(v.reason.text(), "CertificateInvalid") << Describe(v);
}

TEST_F(ClassicSignatures, ACertificateNotForCodeSigningIsInvalid) {
  ClassicSpec spec;
  spec.leaf.certificate = [](test::CertificateSpec& c) {
    c.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
  };
  Rejects(spec, kCertificateInvalid);
  spec.leaf.certificate = [](test::CertificateSpec& c) { c.extended_key_usage = {}; };
  Rejects(spec, kCertificateInvalid);
}

TEST_F(ClassicSignatures, ACertificateAuthoritysOwnCertificateDoesNotSign) {
  ClassicSpec spec;
  spec.leaf.certificate = [](test::CertificateSpec& c) {
    c.basic_constraints = true;
    c.is_ca = true;
  };
  Rejects(spec, kCertificateInvalid);
}

TEST_F(ClassicSignatures, AnAuthorityOutsideItsWindowInTheTrustRootIsNotBelieved) {
  auto trust = sigstore_.Trust();
  for (auto& ca : trust.authorities) ca.window.end = "2026-03-01T11:59:59Z";
  ExpectRejected(Classic(Sign(), trust), kOutsideTrustRootValidity);
  for (auto& ca : trust.authorities) ca.window.end = "2026-03-01T12:00:00Z";
  EXPECT_TRUE(Classic(Sign(), trust).verified());
}

TEST_F(ClassicSignatures, ACertificateWithoutSctIsNotJudged) {
  ClassicSpec spec;
  spec.leaf.sct = false;
  Rejects(spec, kNoSct);
}

TEST_F(ClassicSignatures, ABadSctIsInvalid) {
  ClassicSpec spec;
  spec.leaf.adjust_sct = [](test::SctSpec& sct) { sct.damage_signature = true; };
  Rejects(spec, kSctInvalid);
}

TEST_F(ClassicSignatures, AnSctOfAnUnknownLogIsNotJudged) {
  auto trust = sigstore_.Trust();
  trust.ct_logs.clear();
  ExpectRejected(Classic(Sign(), trust), kUnknownCtLog);
}

TEST_F(ClassicSignatures, AnSctOutsideTheCtLogsWindowIsNotBelieved) {
  auto trust = sigstore_.Trust();
  for (auto& log : trust.ct_logs) log.window.end = "2026-03-01T11:58:59Z";
  ExpectRejected(Classic(Sign(), trust), kOutsideTrustRootValidity);
  for (auto& log : trust.ct_logs) log.window.end = "2026-03-01T11:59:00Z";
  EXPECT_TRUE(Classic(Sign(), trust).verified());
}

TEST_F(ClassicSignatures, TextBeyondItsBoundIsALimitAndNothingIsCut) {
  ClassicSpec spec;
  spec.leaf.name = {test::GeneralName::Kind::kUri, "https://x.example/" + std::string(1006, 'a')};
  EXPECT_TRUE(Classic(Sign(spec)).verified()) << "exactly 1,024 bytes";
  spec.leaf.name.value += "a";
  Rejects(spec, kLimitExceeded);
  spec.leaf.name = {};
  spec.leaf.fulcio = {{8, std::string(513, 'i')}};
  Rejects(spec, kLimitExceeded);
  spec.leaf.fulcio = {{15, std::string(65, '1')}};
  Rejects(spec, kLimitExceeded);
  spec.leaf.fulcio = {{12, std::string(513, 'r')}};
  Rejects(spec, kLimitExceeded);
  spec.leaf.fulcio = {{18, std::string(1025, 'b')}};
  Rejects(spec, kLimitExceeded);
}

TEST_F(ClassicSignatures, ACertificateOfTwoIdentitiesIsNotSupported) {
  ClassicSpec spec;
  spec.leaf.certificate = [](test::CertificateSpec& c) {
    c.names.push_back({test::GeneralName::Kind::kEmail, "ada@harbour.example"});
  };
  Rejects(spec, kUnsupportedFormat);
}

TEST_F(ClassicSignatures, TheIssuersNewExtensionGoesBeforeTheOldOne) {
  ClassicSpec spec;
  spec.leaf.fulcio = {{1, "https://old.example"}, {8, "https://new.example"}};
  EXPECT_EQ(Classic(Sign(spec)).signer->issuer, "https://new.example");
}

TEST_F(ClassicSignatures, AnExtensionThatIsNoUtf8StringIsMalformed) {
  ClassicSpec spec;
  spec.leaf.certificate = [](test::CertificateSpec& c) {
    for (auto& extension : c.extensions) {
      if (extension.oid.ends_with(".1.12")) extension.value = ToBytes(std::string_view("raw"));
    }
  };
  Rejects(spec, kMalformed);
}

// --- Timestamp.

TEST_F(ClassicSignatures, ATimestampOverOtherBytesIsInvalid) {
  ClassicSpec spec;
  spec.timestamp = true;
  spec.adjust_timestamp = [](test::TimestampSpec& t) { t.imprint = Bytes(32, 7); };
  Rejects(spec, kTimestampInvalid);
}

TEST_F(ClassicSignatures, ATimestampOfAnUnknownAuthorityNeitherHelpsNorHarms) {
  ClassicSpec spec;
  spec.timestamp = true;
  auto trust = sigstore_.Trust();
  trust.timestamp_authorities.clear();
  const Verification v = Classic(Sign(spec), trust);
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.times.size(), 1u);
  EXPECT_EQ(v.ignored.size(), 1u);
}

// --- Attestations.

TEST_F(ClassicSignatures, AnAttestationSaysItsPredicateItsSourceAndItsBuilder) {
  for (const char* kind : {"dsse", "intoto/0.0.1", "intoto/0.0.2"}) {
    ClassicSpec spec;
    spec.entry_kind = kind;
    const auto layer = sigstore_.AttestImage(test::ProvenanceStatement(ImageHex()), spec);
    const auto annotations = layer.Annotations();
    const Verifier verifier = MustCreate(MustParseRoot(sigstore_.Trust().Json()));
    const Verification v = verifier.VerifyAttestation(
        {layer.payload, annotations.at("dev.sigstore.cosign/certificate"), "",
         annotations.at("dev.sigstore.cosign/bundle"), ""},
        ImageExpected());
    ASSERT_TRUE(v.verified()) << kind << ": " << Describe(v);
    ASSERT_TRUE(v.statement);
    EXPECT_EQ(v.statement->predicate_type, "https://slsa.dev/provenance/v1");
    ASSERT_TRUE(v.statement->provenance);
    EXPECT_EQ(v.statement->provenance->builder_id, "https://github.com/harbour/builder@v1");
  }
}

// --- Keys.

TEST_F(ClassicSignatures, AConfiguredKeyVerifiesWithAndWithoutTheLog) {
  const test::TestKey key(test::KeyType::kP256, "release key");
  VerifierOptions options;
  options.public_keys_pem = {key.Pem()};
  for (const bool logged : {true, false}) {
    ClassicSpec spec;
    spec.key = key;
    spec.rekor = logged;
    const Verification v = Classic(Sign(spec), sigstore_.Trust(), options);
    ASSERT_TRUE(v.verified()) << Describe(v);
    EXPECT_EQ(v.signer->kind, SignerKind::kKey);
    EXPECT_EQ(v.signer->spki_sha256, HexEncode(key.spki_sha256()));
    EXPECT_EQ(v.signer->public_key, Base64Encode(key.spki()));
    EXPECT_TRUE(v.signer->identity.empty());
    EXPECT_EQ(v.log.has_value(), logged);
  }
}

TEST_F(ClassicSignatures, TheKeyOfTheBoundLogEntryIsTheSignerWhenNoneIsConfigured) {
  ClassicSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  const Verification v = Classic(Sign(spec));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.signer->spki_sha256, HexEncode(spec.key->spki_sha256()));
}

TEST_F(ClassicSignatures, AnUnloggedSignatureByAnUnknownKeyIsNotJudged) {
  ClassicSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  spec.rekor = false;
  Rejects(spec, kNoKey);
}

TEST_F(ClassicSignatures, AnUnloggedSignatureByAKnownKeySaysThatOnlyTheLogIsMissing) {
  ClassicSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  spec.rekor = false;
  Expected expected = ImageExpected();
  expected.known_keys = {"not base64", Base64Encode(spec.key->spki())};
  const Verification v = Classic(Sign(spec), sigstore_.Trust(), {}, expected);
  ExpectRejected(v, kNoLogProof);
  EXPECT_TRUE(v.verifies_unlogged);
  EXPECT_EQ(v.signer->spki_sha256, HexEncode(spec.key->spki_sha256()));
}

TEST_F(ClassicSignatures, WhenOnlyTheConfiguredKeyMaySignAnotherKeyIsInvalid) {
  ClassicSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  VerifierOptions options;
  options.public_keys_pem = {test::TestKey(test::KeyType::kP256, "another").Pem()};
  options.only_configured_keys = true;
  ExpectRejected(Classic(Sign(spec), sigstore_.Trust(), options), kSignatureInvalid);
  ExpectRejected(Classic(Sign(), sigstore_.Trust(), options), kIdentityMismatch);
}

TEST_F(ClassicSignatures, ASignatureByALoggedKeyOverOtherBytesIsInvalid) {
  ClassicSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  spec.entry.adjust_body = [](std::string& body) {
    const auto at = body.find("\"value\":\"") + 9;
    body.replace(at, 64,
                 Sha256Hex(AsBytes(test::SimpleSigningText("other.example/x", ImageDigest()))));
  };
  auto damaged = Sign(spec);
  damaged.payload = test::SimpleSigningText("other.example/x", ImageDigest());
  ExpectRejected(Classic(damaged), kSignatureInvalid);
}

}  // namespace
}  // namespace plimsoll::sigstore
