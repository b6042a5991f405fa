// Sigstore bundles, each check failing alone.
#include <gtest/gtest.h>

#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::BundleSpec;

class Bundles : public VirtualTest {
 protected:
  static BundleSpec V2() {
    BundleSpec spec;
    spec.rekor1 = false;
    spec.rekor2 = true;
    spec.timestamp = true;
    return spec;
  }
  test::SignedBundle Sign(const BundleSpec& spec = {}) {
    return sigstore_.SignMessage(kArtifact, spec);
  }
  void Rejects(const BundleSpec& spec, Reason reason) {
    ExpectRejected(Message(Sign(spec)), reason);
  }
  void RejectsText(const std::string& from, const std::string& to, Reason reason,
                   const BundleSpec& spec = {}) {
    std::string json = Sign(spec).Json();
    const auto at = json.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
    ExpectRejected(Bundle(json, ArtifactExpected()), reason);
  }
};

TEST_F(Bundles, EveryVersionVerifies) {
  using V = BundleSpec::Version;
  for (const V version : {V::k01, V::k02, V::k03, V::k03Legacy}) {
    BundleSpec spec;
    spec.version = version;
    const Verification v = Message(Sign(spec));
    ASSERT_TRUE(v.verified()) << static_cast<int>(version) << Describe(v);
    EXPECT_EQ(v.content, ContentKind::kMessage);
    EXPECT_TRUE(v.log->promise);
    EXPECT_TRUE(v.log->inclusion);
    EXPECT_EQ(v.log->origin, "rekor.harbour.example - 1193050959916656506");
  }
}

TEST_F(Bundles, PatchVersionsOfTheMediaTypeAreAcceptedAndOthersNot) {
  auto bundle = Sign();
  bundle.media_type = "application/vnd.dev.sigstore.bundle.v0.3.2+json";
  EXPECT_TRUE(Message(bundle).verified());
  for (const char* other :
       {"application/vnd.dev.sigstore.bundle.v0.4+json",
        "application/vnd.dev.sigstore.bundle.v0.3.+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.30", "application/json", ""}) {
    bundle.media_type = other;
    ExpectRejected(Message(bundle), kUnsupportedFormat);
  }
}

TEST_F(Bundles, ARekorV2BundleVerifiesByItsTimestamp) {
  const Verification v = Message(Sign(V2()));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.log->kind, "hashedrekord/0.0.2");
  EXPECT_EQ(v.log->origin, "log2026-1.rekor.harbour.example");
  EXPECT_FALSE(v.log->integrated_time);
  ASSERT_EQ(v.times.size(), 1u);
  EXPECT_EQ(v.times[0].source, TimeSource::kTimestampAuthority);
}

TEST_F(Bundles, StatementsVerifyInBothLogsAndEveryEntryKind) {
  const std::string statement = test::CosignStatement(ImageHex());
  for (const char* kind : {"dsse", "intoto/0.0.2", "intoto/0.0.1"}) {
    BundleSpec spec;
    spec.dsse_kind = kind;
    const Verification v = Statement(sigstore_.SignStatement(statement, spec));
    ASSERT_TRUE(v.verified()) << kind << Describe(v);
    EXPECT_EQ(v.content, ContentKind::kStatement);
    EXPECT_EQ(v.statement->predicate_type, kCosignSignPredicate);
    EXPECT_EQ(v.claimed_predicate, kCosignSignPredicate);
    EXPECT_FALSE(v.statement->provenance);
  }
  const Verification v = Statement(sigstore_.SignStatement(statement, V2()));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.log->kind, "hashedrekord/0.0.2");
}

// What Rekor v2 wrote for some months.
TEST_F(Bundles, ADsseEntryOfRekorV2BindsPayloadSignatureAndCertificate) {
  BundleSpec spec = V2();
  spec.dsse2 = true;
  const auto bundle = sigstore_.SignStatement(test::CosignStatement(ImageHex()), spec);
  const Verification v = Statement(bundle);
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.log->kind, "dsse/0.0.2");
  EXPECT_EQ(v.log->payload_hash, Sha256Hex(AsBytes(bundle.payload)));
  BundleSpec other = spec;
  other.leaf.key_seed = "another run";
  auto mixed = bundle;
  mixed.entries = sigstore_.SignStatement(bundle.payload, other).entries;
  ExpectRejected(Statement(mixed), kLogEntryMismatch);
  mixed = bundle;
  mixed.certificates = {sigstore_.IssueLeaf(other.leaf).der};
  ExpectRejected(Statement(mixed), kLogEntryMismatch);
  mixed = bundle;
  mixed.payload = test::CosignStatement(ImageHex(), test::StatementShape::kBare);
  ExpectRejected(Statement(mixed), kLogEntryMismatch);
}

TEST_F(Bundles, AnEntryOfTwoSignaturesIsNotThisOnes) {
  for (const bool v2 : {false, true}) {
    BundleSpec spec = v2 ? V2() : BundleSpec{};
    spec.dsse2 = v2;
    const auto twice = [](std::string& body) {
      const auto begin =
          body.find("\"signatures\":[") + std::string_view("\"signatures\":[").size();
      const auto end = body.rfind(']');
      body.insert(end, "," + body.substr(begin, end - begin));
    };
    (v2 ? spec.entry2 : spec.entry).adjust_body = twice;
    ExpectRejected(Statement(sigstore_.SignStatement(test::CosignStatement(ImageHex()), spec)),
                   kLogEntryMismatch);
  }
}

TEST_F(Bundles, BothLogsInOneBundleBothCount) {
  BundleSpec spec;
  spec.rekor2 = true;
  spec.timestamp = true;
  const Verification v = Message(Sign(spec));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.times.size(), 2u);
}

TEST_F(Bundles, SlsaProvenanceNamesItsBuilderAndOtherPredicatesDoNot) {
  for (const char* version : {"v0.2", "v1"}) {
    const Verification v =
        Statement(sigstore_.SignStatement(test::ProvenanceStatement(ImageHex(), version)));
    ASSERT_TRUE(v.verified()) << Describe(v);
    ASSERT_TRUE(v.statement->provenance) << version;
    EXPECT_EQ(v.statement->provenance->builder_id, "https://github.com/harbour/builder@v1");
  }
  EXPECT_FALSE(Statement(sigstore_.SignStatement(test::ProvenanceStatement(ImageHex(), "v1", "")))
                   .statement->provenance);
  EXPECT_FALSE(Statement(sigstore_.SignStatement(test::PredicateStatement(
                             ImageHex(), "https://spdx.dev/Document", R"({"builder":{"id":"x"}})")))
                   .statement->provenance);
}

TEST_F(Bundles, MessageSignaturesOfEveryKeyTypeVerify) {
  using test::KeyType;
  for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kRsa2048}) {
    BundleSpec spec;
    spec.leaf.key = type;
    Expected expected = ArtifactExpected();
    expected.content = kArtifact;
    const Verification v = Bundle(Sign(spec).Json(), expected);
    EXPECT_TRUE(v.verified()) << static_cast<int>(type) << Describe(v);
  }
}

TEST_F(Bundles, AMessageDigestThatOnlyTheArtifactCouldProveIsNotJudgedWithoutIt) {
  BundleSpec spec;
  spec.leaf.key = test::KeyType::kP384;
  Rejects(spec, kUnsupportedAlgorithm);
}

TEST_F(Bundles, Ed25519phIsNamedAsNotSupported) {
  auto trust = sigstore_.Trust();
  for (auto& log : trust.logs) {
    if (log.key_details == "PKIX_ED25519") log.key_details = "PKIX_ED25519_PH";
  }
  ExpectRejected(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust), kUnsupportedAlgorithm);
}

// --- Form.

TEST_F(Bundles, TheFormIsStrict) {
  RejectsText("{\"mediaType\"", "{\"mediaType\":\"x\",\"mediaType\"", kMalformed);
  RejectsText("\"messageSignature\"", "\"dsseEnvelope\":{\"payload\":\"\"},\"messageSignature\"",
              kMalformed);
  RejectsText("\"certificate\"", "\"publicKey\":{\"hint\":\"\"},\"certificate\"", kMalformed);
  RejectsText("\"messageSignature\"", "\"messageSignatureX\"", kMalformed);
  RejectsText("\"tlogEntries\":[{", "\"tlogEntries\":[{\"logIndex\":\"-1\",\"x\":{", kMalformed);
}

TEST_F(Bundles, NullIsAbsentAndUnknownMembersAreNotRead) {
  auto bundle = Sign();
  bundle.extra_members = ",\"dsseEnvelope\":null,\"futureMember\":{\"a\":[1,2]}";
  EXPECT_TRUE(Message(bundle).verified());
}

TEST_F(Bundles, ARootCertificateInTheChainIsRefused) {
  BundleSpec spec;
  spec.version = BundleSpec::Version::k01;
  auto bundle = Sign(spec);
  bundle.form = test::SignedBundle::Certificates::kChain;
  bundle.certificates = {bundle.certificates.front(), sigstore_.intermediate().der};
  EXPECT_TRUE(Message(bundle).verified());
  bundle.certificates.push_back(sigstore_.root().der);
  ExpectRejected(Message(bundle), kMalformed);
}

TEST_F(Bundles, AChainInVersion3IsRefused) {
  auto bundle = Sign();
  bundle.form = test::SignedBundle::Certificates::kChain;
  ExpectRejected(Message(bundle), kMalformed);
}

TEST_F(Bundles, EachVersionNeedsItsOwnProof) {
  BundleSpec spec;
  spec.version = BundleSpec::Version::k01;
  spec.entry.promise = false;
  Rejects(spec, kMalformed);
  spec.entry.promise = true;
  spec.entry.proof = false;
  EXPECT_TRUE(Message(Sign(spec)).verified()) << "version 0.1 needs the promise only";
  spec.version = BundleSpec::Version::k02;
  Rejects(spec, kMalformed);
  spec.version = BundleSpec::Version::k03;
  Rejects(spec, kMalformed);
}

TEST_F(Bundles, AnEnvelopeOfTwoSignaturesIsNotSupported) {
  auto bundle = sigstore_.SignStatement(test::CosignStatement(ImageHex()));
  bundle.signatures.push_back(bundle.signatures.front());
  ExpectRejected(Statement(bundle), kUnsupportedFormat);
}

TEST_F(Bundles, AnEnvelopeOfAnotherPayloadTypeIsNotSupported) {
  ExpectRejected(Statement(sigstore_.SignEnvelope(test::CosignStatement(ImageHex()), "text/plain")),
                 kUnsupportedFormat);
}

TEST_F(Bundles, TooManyEntriesOrTimestampsAreALimitAndRepeatedOnesAreRefused) {
  auto bundle = Sign();
  bundle.entries.push_back(bundle.entries.front());
  ExpectRejected(Message(bundle), kMalformed);
  bundle.entries.assign(33, bundle.entries.front());
  ExpectRejected(Message(bundle), kLimitExceeded);
  bundle = Sign(V2());
  bundle.timestamps.push_back(bundle.timestamps.front());
  ExpectRejected(Message(bundle), kMalformed);
  bundle.timestamps.assign(33, bundle.timestamps.front());
  ExpectRejected(Message(bundle), kLimitExceeded);
}

// --- Log, v1.

TEST_F(Bundles, AnInclusionProofThatDoesNotFitIsInvalid) {
  auto bundle = Sign();
  bundle.entries[0].hashes[0][5] ^= 0x10;
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
  bundle = Sign();
  std::swap(bundle.entries[0].hashes[0], bundle.entries[0].hashes[1]);
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
  bundle = Sign();
  bundle.entries[0].hashes.pop_back();
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
  bundle = Sign();
  bundle.entries[0].proof_index += 1;
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
  bundle = Sign();
  bundle.entries[0].tree_size += 1;
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
  bundle = Sign();
  bundle.entries[0].root[0] ^= 1;
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
}

TEST_F(Bundles, ACheckpointThatStatesAnotherTreeIsInvalid) {
  BundleSpec spec;
  spec.entry.checkpoint.size_delta = 1;
  Rejects(spec, kInclusionProofInvalid);
  spec = {};
  spec.entry.checkpoint.damage_root = true;
  Rejects(spec, kInclusionProofInvalid);
}

TEST_F(Bundles, ACheckpointWithoutTheLogsSignatureIsInvalid) {
  BundleSpec spec;
  spec.entry.checkpoint.damage_signature = true;
  Rejects(spec, kCheckpointInvalid);
  spec = {};
  const test::TestKey stranger(test::KeyType::kP256, "stranger");
  spec.entry.checkpoint.key = &stranger;
  Rejects(spec, kCheckpointInvalid);
  spec = {};
  spec.entry.checkpoint.hint = Bytes{1, 2, 3, 4};
  Rejects(spec, kCheckpointInvalid);
  spec = {};
  spec.entry.checkpoint.origin = "another.example - 17";
  Rejects(spec, kCheckpointInvalid);
}

TEST_F(Bundles, AnUnprovenIntegratedTimeIsNoTime) {
  BundleSpec spec;
  spec.entry.promise = false;
  Rejects(spec, kNoVerifiedTime);
}

TEST_F(Bundles, AnUnprovenIntegratedTimeOutsideTheCertificateIsInvalidEvenWithATimestamp) {
  BundleSpec spec;
  spec.entry.promise = false;
  spec.timestamp = true;
  EXPECT_TRUE(Message(Sign(spec)).verified());
  spec.entry.integrated_time = test::kSigningTime + std::chrono::hours(1);
  Rejects(spec, kCertificateExpired);
}

TEST_F(Bundles, ThePromiseIsCheckedThoughTheInclusionProofHolds) {
  auto bundle = Sign();
  bundle.entries[0].promise.back() ^= 1;
  ExpectRejected(Message(bundle), kSetInvalid);
}

TEST_F(Bundles, AKindThatTheBodyDoesNotHaveIsAMismatch) {
  auto bundle = Sign();
  bundle.entries[0].kind = "rekord";
  ExpectRejected(Message(bundle), kLogEntryMismatch);
  bundle = Sign();
  bundle.entries[0].version = "0.0.2";
  ExpectRejected(Message(bundle), kLogEntryMismatch);
}

TEST_F(Bundles, AnEntryOfAnUnknownLogBesideAGoodOneIsIgnored) {
  test::VirtualSigstore stranger({.seed = "quay"});
  auto bundle = Sign();
  bundle.entries.push_back(stranger.SignMessage(kArtifact).entries.front());
  const Verification v = Message(bundle);
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.ignored.size(), 1u);
}

TEST_F(Bundles, AnotherSignaturesEntryBesideAGoodOneIsInvalid) {
  BundleSpec other;
  other.leaf.key_seed = "another run";
  auto bundle = Sign();
  bundle.entries.push_back(Sign(other).entries.front());
  ExpectRejected(Message(bundle), kLogEntryMismatch);
}

TEST_F(Bundles, AnEnvelopesEntryMustBeOfThisSignature) {
  const std::string statement = test::CosignStatement(ImageHex());
  for (const char* kind : {"dsse", "intoto/0.0.2", "intoto/0.0.1"}) {
    BundleSpec spec;
    spec.dsse_kind = kind;
    BundleSpec other = spec;
    other.leaf.key_seed = "another run";
    auto bundle = sigstore_.SignStatement(statement, spec);
    bundle.entries = sigstore_.SignStatement(statement, other).entries;
    ExpectRejected(Statement(bundle), kLogEntryMismatch);
  }
}

TEST_F(Bundles, AnEnvelopesEntryMustBeOfThisPayload) {
  BundleSpec spec;
  auto bundle = sigstore_.SignStatement(test::CosignStatement(ImageHex()), spec);
  bundle.payload = test::CosignStatement(ImageHex(), test::StatementShape::kBare);
  ExpectRejected(Statement(bundle), kLogEntryMismatch);
}

// --- Log, v2.

TEST_F(Bundles, ARekorV2EntryWithoutATimestampHasNoTime) {
  auto bundle = Sign(V2());
  bundle.timestamps.clear();
  ExpectRejected(Message(bundle), kNoVerifiedTime);
}

TEST_F(Bundles, ARekorV2EntryOfAnotherSignatureIsAMismatch) {
  BundleSpec other = V2();
  other.leaf.key_seed = "another run";
  auto bundle = Sign(V2());
  bundle.entries = Sign(other).entries;
  ExpectRejected(Message(bundle), kLogEntryMismatch);
}

TEST_F(Bundles, ARekorV2CheckpointIsOfTheLogsNameAndKey) {
  BundleSpec spec = V2();
  spec.entry2.checkpoint.signer_name = "another.example";
  Rejects(spec, kCheckpointInvalid);
  spec = V2();
  spec.entry2.checkpoint.origin = "another.example";
  Rejects(spec, kCheckpointInvalid);
  spec = V2();
  spec.entry2.checkpoint.damage_signature = true;
  Rejects(spec, kCheckpointInvalid);
  spec = V2();
  spec.entry2.checkpoint.damage_root = true;
  Rejects(spec, kInclusionProofInvalid);
  spec = V2();
  spec.entry2.checkpoint.size_delta = 100;
  Rejects(spec, kInclusionProofInvalid);
}

TEST_F(Bundles, ARekorV2ProofIsForTheEntrysOwnIndex) {
  auto bundle = Sign(V2());
  bundle.entries[0].log_index -= 1;
  ExpectRejected(Message(bundle), kInclusionProofInvalid);
}

TEST_F(Bundles, WitnessLinesAndFurtherLinesDoNotDisturbACheckpoint) {
  const test::TestKey witness(test::KeyType::kEd25519, "witness");
  BundleSpec spec = V2();
  spec.entry2.checkpoint.witnesses = {{"witness.example/w1", &witness}};
  spec.entry2.checkpoint.extensions = {"an extension line"};
  EXPECT_TRUE(Message(Sign(spec)).verified());
}

TEST_F(Bundles, ALogIsNotBelievedOutsideItsWindowAtTheVerifiedTime) {
  auto trust = sigstore_.Trust();
  for (auto& log : trust.logs) log.window.end = "2026-03-01T11:59:59Z";
  ExpectRejected(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust), kOutsideTrustRootValidity);
  for (auto& log : trust.logs) log.window.end = "2026-03-01T12:00:00Z";
  EXPECT_TRUE(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust).verified());
}

// --- Time.

TEST_F(Bundles, ATimestampAuthorityIsNotBelievedOutsideItsWindow) {
  auto trust = sigstore_.Trust();
  for (auto& tsa : trust.timestamp_authorities) tsa.window.end = "2026-03-01T11:59:59Z";
  ExpectRejected(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust), kOutsideTrustRootValidity);
  for (auto& tsa : trust.timestamp_authorities) tsa.window.end = "2026-03-01T12:00:00Z";
  EXPECT_TRUE(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust).verified());
}

TEST_F(Bundles, ATimestampOfAnUnknownAuthorityIsNoTime) {
  auto trust = sigstore_.Trust();
  trust.timestamp_authorities.clear();
  ExpectRejected(Bundle(Sign(V2()).Json(), ArtifactExpected(), trust), kUnknownTimestampAuthority);
}

TEST_F(Bundles, ABadTimestampBesideAGoodOneIsIgnored) {
  auto bundle = Sign(V2());
  bundle.timestamps.push_back(sigstore_.Timestamp(AsBytes("something else")));
  const Verification v = Message(bundle);
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.ignored.size(), 1u);
  bundle.timestamps.erase(bundle.timestamps.begin());
  ExpectRejected(Message(bundle), kTimestampInvalid);
}

TEST_F(Bundles, ATimestampOutsideTheCertificatesValidityIsInvalid) {
  BundleSpec spec = V2();
  spec.adjust_timestamp = [](test::TimestampSpec& t) { t.time += std::chrono::minutes(20); };
  Rejects(spec, kCertificateExpired);
}

TEST_F(Bundles, WithATimestampAndWithoutALogOnlyTheLogIsMissing) {
  BundleSpec spec;
  spec.rekor1 = false;
  spec.timestamp = true;
  const Verification v = Message(Sign(spec));
  ExpectRejected(v, kNoLogProof);
  EXPECT_TRUE(v.verifies_unlogged);
}

// --- Artifact and signature.

TEST_F(Bundles, AnotherArtifactIsAMismatch) {
  Expected expected;
  expected.digests = {"sha256:" + Sha256Hex(AsBytes("another artifact"))};
  ExpectRejected(Bundle(Sign().Json(), expected), kDigestMismatch);
}

TEST_F(Bundles, AStatementAboutAnotherImageIsAMismatch) {
  const std::string other = Sha256Hex(AsBytes("another image"));
  ExpectRejected(Statement(sigstore_.SignStatement(test::CosignStatement(other))), kDigestMismatch);
}

TEST_F(Bundles, AnyOfSeveralExpectedDigestsIsEnough) {
  Expected expected = ArtifactExpected();
  expected.digests.insert(expected.digests.begin(), "sha256:" + Sha256Hex(AsBytes("another")));
  EXPECT_TRUE(Bundle(Sign().Json(), expected).verified());
}

TEST_F(Bundles, ASignatureOverOtherBytesThatTheLogRecordedIsInvalid) {
  BundleSpec spec;
  spec.sign_instead = "other bytes";
  Rejects(spec, kSignatureInvalid);
  Rejects(
      [] {
        BundleSpec v2 = V2();
        v2.sign_instead = "other bytes";
        return v2;
      }(),
      kSignatureInvalid);
}

TEST_F(Bundles, AClaimedPredicateIsToldEvenWhenNothingVerifies) {
  auto bundle =
      sigstore_.SignStatement(test::PredicateStatement(ImageHex(), "https://spdx.dev/Document"));
  bundle.media_type = "application/unknown";
  const Verification v = Statement(bundle);
  ExpectRejected(v, kUnsupportedFormat);
  EXPECT_EQ(v.claimed_predicate, "https://spdx.dev/Document");
  EXPECT_FALSE(v.statement);
}

// --- Keys.

TEST_F(Bundles, KeyBasedBundlesVerifyUnderTheConfiguredAndUnderTheLoggedKey) {
  const test::TestKey key(test::KeyType::kP256, "release key");
  for (const bool v2 : {false, true}) {
    BundleSpec spec = v2 ? V2() : BundleSpec{};
    spec.key = key;
    VerifierOptions options;
    options.public_keys_pem = {key.Pem()};
    options.only_configured_keys = true;
    const std::string json = Sign(spec).Json();
    EXPECT_TRUE(Bundle(json, ArtifactExpected(), sigstore_.Trust(), options).verified());
    const Verification v = Bundle(json, ArtifactExpected());
    ASSERT_TRUE(v.verified()) << Describe(v);
    EXPECT_EQ(v.signer->kind, SignerKind::kKey);
    EXPECT_EQ(v.signer->spki_sha256, HexEncode(key.spki_sha256()));
  }
}

TEST_F(Bundles, AWrongKeyThatIsWellFormedIsInvalid) {
  BundleSpec spec;
  spec.key = test::TestKey(test::KeyType::kP256, "release key");
  VerifierOptions options;
  options.public_keys_pem = {test::TestKey(test::KeyType::kP256, "another key").Pem()};
  options.only_configured_keys = true;
  ExpectRejected(Bundle(Sign(spec).Json(), ArtifactExpected(), sigstore_.Trust(), options),
                 kSignatureInvalid);
}

TEST_F(Bundles, AKeyThatNeedsTheArtifactItselfIsNotJudgedByItsDigest) {
  BundleSpec spec;
  spec.key = test::TestKey(test::KeyType::kEd25519, "release key");
  VerifierOptions options;
  options.public_keys_pem = {spec.key->Pem()};
  options.only_configured_keys = true;
  const std::string json = Sign(spec).Json();
  Expected expected = ArtifactExpected();
  ExpectRejected(Bundle(json, expected, sigstore_.Trust(), options), kUnsupportedAlgorithm);
  expected.content = kArtifact;
  EXPECT_TRUE(Bundle(json, expected, sigstore_.Trust(), options).verified());
}

// --- Rekor's REST entries.

TEST_F(Bundles, ARestEntryProvesWhoSignedARebuiltPayload) {
  const auto signature = sigstore_.SignImage(kReference, ImageDigest());
  const Verifier verifier = MustCreate(MustParseRoot(sigstore_.Trust().Json()));
  const std::string rest = signature.entry->RestJson();
  const std::string other = SimpleSigningPayload("other.example/x", ImageDigest());
  const std::vector<std::string> payloads{other, SimpleSigningPayload(kReference, ImageDigest())};
  const Verification v = verifier.VerifyLogEntry(rest, payloads, ImageExpected());
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.docker_reference, kReference);
  EXPECT_TRUE(v.log->promise);
  EXPECT_TRUE(v.log->inclusion);
  ExpectRejected(verifier.VerifyLogEntry(rest, std::span(&other, 1), ImageExpected()),
                 kLogEntryMismatch);
  std::string renamed = rest;
  renamed[40] = renamed[40] == '0' ? '1' : '0';
  ExpectRejected(verifier.VerifyLogEntry(renamed, payloads, ImageExpected()), kLogEntryMismatch);
}

TEST_F(Bundles, ARestEntryOfABundleSignatureIsProvenByTheDigestAlone) {
  const Verifier verifier = MustCreate(MustParseRoot(sigstore_.Trust().Json()));
  using Shape = test::StatementShape;
  for (const Shape shape : {Shape::kBare, Shape::kAnnotations, Shape::kAnnotationsAndPredicate}) {
    for (const bool spaced : {false, true}) {
      const auto bundle = sigstore_.SignStatement(test::CosignStatement(ImageHex(), shape, spaced));
      const Verification v = verifier.VerifyLogEntry(
          bundle.entries[0].RestJson(), BundleStatementCandidates(ImageDigest()), ImageExpected());
      ASSERT_TRUE(v.verified()) << Describe(v);
      EXPECT_EQ(v.statement->predicate_type, kCosignSignPredicate);
    }
  }
}

}  // namespace
}  // namespace plimsoll::sigstore
