// What is stored, and how it is found: every storage form, re-checks, limits.
#include "oci/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oci/places.h"
#include "registry_fixture.h"

namespace plimsoll::oci {
namespace {

namespace fake = ::plimsoll::testing;

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Discovery : public RegistryFixture {};

TEST_F(Discovery, NothingStoredIsAnAbsenceWithItsControl) {
  const auto image = Image();
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.ProvesAbsence());
  EXPECT_EQ(result.control, Control::kPresent);
  ASSERT_TRUE(result.manifest);
  EXPECT_FALSE(result.manifest->is_index);
  EXPECT_TRUE(result.manifest->config_digest);
  EXPECT_EQ(result.credential, CredentialKind::kAnonymous);
}

TEST_F(Discovery, AColdObservationAsksTheFewestRequestsThatTheProtocolAllows) {
  const auto image = Image();
  const auto result = Discover(image.digest);
  // The image, .sig, .att, the referrers API, the fallback tag.
  EXPECT_EQ(result.requests.total, 5u);
  EXPECT_EQ(result.requests.manifest_gets, 4u);
  EXPECT_EQ(fake_.Requests().size(), 5u);
}

TEST_F(Discovery, AClassicSignatureIsReadWithItsAnnotations) {
  const auto image = Image();
  fake_.PushSignatures(
      kRepo, image.digest,
      {{.payload = "the payload",
        .signature = "c2ln",
        .annotations = {
            {"dev.sigstore.cosign/certificate", "CERT"},
            {"dev.sigstore.cosign/chain", "CHAIN"},
            {"dev.sigstore.cosign/bundle", "{\"SignedEntryTimestamp\":\"\"}"},
            {"dev.sigstore.cosign/rfc3161timestamp", "{\"SignedRFC3161Timestamp\":\"\"}"}}}});
  const auto result = Discover(image.digest);
  ASSERT_TRUE(result.Complete());
  ASSERT_THAT(result.materials, SizeIs(1));
  const auto& material = result.materials[0];
  EXPECT_EQ(material.storage, StorageForm::kSignatureTag);
  const auto* simple = Content<SimpleSigning>(material);
  ASSERT_NE(simple, nullptr);
  EXPECT_EQ(simple->payload, "the payload");
  EXPECT_EQ(simple->signature, "c2ln");
  EXPECT_EQ(simple->certificate, "CERT");
  EXPECT_EQ(simple->chain, "CHAIN");
  EXPECT_EQ(simple->bundle, "{\"SignedEntryTimestamp\":\"\"}");
  EXPECT_EQ(simple->timestamp, "{\"SignedRFC3161Timestamp\":\"\"}");
  EXPECT_TRUE(result.facts.empty());
}

TEST_F(Discovery, SeveralLayersWithOneDigestAreSeveralSignaturesAndOneFetch) {
  const auto image = Image();
  auto second = Signature();
  second.signature = "c2Vjb25k";
  fake_.PushSignatures(kRepo, image.digest, {Signature(), second, Signature("other payload")});
  const auto result = Discover(image.digest);
  ASSERT_THAT(result.materials, SizeIs(3));
  EXPECT_EQ(Content<SimpleSigning>(result.materials[1])->signature, "c2Vjb25k");
  EXPECT_EQ(result.materials[2].layer, 2u);
  EXPECT_EQ(fake_.Count("/blobs/"), 2u);
}

TEST_F(Discovery, ABundleIsFoundByTheReferrersApi) {
  const auto image = Image();
  const auto referrer = PushBundle(image);
  const auto result = Discover(image.digest);
  ASSERT_TRUE(result.Complete());
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kReferrer);
  EXPECT_EQ(result.materials[0].manifest.text(), referrer.digest);
  EXPECT_EQ(Content<Bundle>(result.materials[0])->bytes, "{\"bundle\":1}");
}

// The row "referrers API 404, fallback tag present".
TEST_F(Discovery, WithoutAReferrersApiTheFallbackTagCounts) {
  fake_.Change([](auto& behaviour) { behaviour.referrers_api = false; });
  const auto image = Image();
  PushBundle(image, "{}", true);
  const auto result = Discover(image.digest);
  ASSERT_TRUE(result.Complete());
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kReferrerTag);
}

TEST_F(Discovery, TheFallbackTagIsReadAlsoWhereThereIsAnApi) {
  const auto image = Image();
  fake_.Change([](auto& behaviour) { behaviour.referrers_api = false; });
  PushBundle(image, "{\"old\":1}", true);
  fake_.Change([](auto& behaviour) { behaviour.referrers_api = true; });
  // A registry that gained the API does not list what was stored before.
  fake_.Fault(
      "/referrers/",
      fake::Reply::Ok(
          R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})",
          fake::kOciIndex));
  const auto result = Discover(image.digest);
  ASSERT_TRUE(result.Complete());
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kReferrerTag);
}

// The row ".sig gone, bundle referrer present".
TEST_F(Discovery, SignatureTagGoneAndBundlePresentIsMaterial) {
  const auto image = Image();
  PushBundle(image);
  const auto result = Discover(image.digest);
  EXPECT_EQ(fake_.Count(SigTag(image.digest)), 1u);
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_FALSE(result.ProvesAbsence());
}

TEST_F(Discovery, OneManifestListedTwiceIsReadOnce) {
  const auto image = Image();
  PushBundle(image, "{}", true);
  const auto result = Discover(image.digest);
  EXPECT_THAT(result.materials, SizeIs(1));
}

TEST_F(Discovery, AListedArtifactTypeMayBeWrong) {
  const auto image = Image();
  auto bundle = PushBundle(image);
  for (const char* wrong : {"application/vnd.oci.empty.v1+json", "application/spdx+json", ""}) {
    auto entry = bundle;
    entry.artifact_type = wrong;
    entry.annotations = {};
    const std::string list =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
        fake::ToJson(entry) + "]}";
    fake_.ClearFaults();
    fake_.Fault("/referrers/", fake::Reply::Ok(list, fake::kOciIndex));
    EXPECT_THAT(Discover(image.digest).materials, SizeIs(1)) << wrong;
  }
}

TEST_F(Discovery, SimpleSigningAsAReferrerIsFound) {
  const auto image = Image();
  fake_.PushReferrer(kRepo, image, "application/vnd.dev.cosign.artifact.sig.v1+json",
                     fake::kSimpleSigning, "payload");
  const auto result = Discover(image.digest);
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_NE(Content<SimpleSigning>(result.materials[0]), nullptr);
  EXPECT_EQ(result.materials[0].storage, StorageForm::kReferrer);
}

TEST_F(Discovery, AttestationsAreFoundUnderTheirTagAndAsReferrers) {
  const auto image = Image();
  fake::ManifestSpec att;
  const std::string envelope = R"({"payloadType":"application/vnd.in-toto+json"})";
  att.config = Put("{}", fake::kOciConfig);
  att.layers = {Put(envelope, "application/vnd.dsse.envelope.v1+json",
                    {{"dev.cosignproject.cosign/signature", ""},
                     {"predicateType", "https://slsa.dev/provenance/v1"},
                     {"dev.sigstore.cosign/certificate", "CERT"}})};
  fake_.PushManifest(kRepo, "sha256-" + image.digest.substr(7) + ".att", att);
  fake_.PushReferrer(kRepo, image, "application/vnd.in-toto+json",
                     "application/vnd.dsse.envelope.v1+json", R"({"payloadType":"x"})");
  const auto result = Discover(image.digest);
  ASSERT_THAT(result.materials, SizeIs(2));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kAttestationTag);
  ASSERT_NE(Content<Dsse>(result.materials[0]), nullptr);
  EXPECT_EQ(Content<Dsse>(result.materials[0])->bytes, envelope);
  EXPECT_EQ(Content<Dsse>(result.materials[0])->certificate, "CERT");
  EXPECT_EQ(result.materials[1].storage, StorageForm::kReferrer);
}

TEST_F(Discovery, ForeignReferrersAreNoMaterial) {
  const auto image = Image();
  fake_.PushReferrer(kRepo, image, "application/vnd.cncf.notary.signature", "application/jose+json",
                     "{}");
  fake_.PushReferrer(kRepo, image, "application/spdx+json", "application/spdx+json", "{}");
  EXPECT_TRUE(Discover(image.digest).ProvesAbsence());
}

TEST_F(Discovery, ReferrersComeInPages) {
  fake_.Change([](auto& behaviour) { behaviour.referrers_page = 2; });
  const auto image = Image();
  for (int i = 0; i < 5; ++i) PushBundle(image, "{\"bundle\":" + std::to_string(i) + "}");
  const auto result = Discover(image.digest);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(5));
  EXPECT_EQ(fake_.Count("/referrers/"), 3u);
}

TEST_F(Discovery, ANextLinkToAnotherHostIsNotFollowed) {
  const auto image = Image();
  const std::string list =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";
  for (const std::string link :
       {"<https://evil.example/v2/team/app/referrers/x>; rel=\"next\"",
        "<//evil.example/v2/x>; rel=\"next\"", "</v2/other/app/referrers/x>; rel=\"next\"",
        "<http://127.0.0.1:1/v2/team/app/x>; rel=\"next\""}) {
    fake_.ClearFaults();
    fake_.Fault("/referrers/", fake::Reply::Ok(list, fake::kOciIndex).With("Link", link));
    const auto result = Discover(image.digest);
    ASSERT_FALSE(result.Complete()) << link;
    EXPECT_EQ(result.unknown->error.code, kAnswerRefused) << link;
    EXPECT_FALSE(result.ProvesAbsence());
  }
}

TEST_F(Discovery, AListThatNeverEndsIsALimit) {
  const auto image = Image();
  int page = 0;
  fake_.server().OnAny([&](const auto& request) {
    if (request.path.find("/referrers/") == std::string::npos) return fake::FaultServer::Pass();
    return fake::Reply::
        Ok(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})",
           fake::kOciIndex)
            .With("Link", "<" + request.path + "?n=" + std::to_string(++page) + ">; rel=\"next\"");
  });
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
  EXPECT_LE(page, 50);
}

TEST_F(Discovery, AnIndexTellsItsChildrenAndTheirPlatforms) {
  const auto amd64 = fake_.PushImage(kRepo, "", "amd64");
  const auto arm64 = fake_.PushImage(kRepo, "", "arm64", "linux", "arm64");
  const auto inner = fake_.PushIndex(kRepo, "", {arm64});
  const auto index = fake_.PushIndex(kRepo, "v1", {amd64, inner});
  const auto result = Discover(index.digest);
  ASSERT_TRUE(result.manifest);
  EXPECT_TRUE(result.manifest->is_index);
  ASSERT_THAT(result.manifest->children, SizeIs(2));
  EXPECT_EQ(result.manifest->children[0].platform->architecture, "amd64");
  EXPECT_FALSE(result.manifest->children[0].is_index);
  EXPECT_TRUE(result.manifest->children[1].is_index);
}

TEST_F(Discovery, DockerMediaTypesAreImagesToo) {
  const std::string config = R"({"docker":1})";
  const std::string manifest =
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":")" +
      fake_.PutBlob(kRepo, config) + R"(","size":12},"layers":[]})";
  const auto digest = fake_.PutManifest(kRepo, manifest, fake::kDockerManifest, "v1");
  const auto result = Discover(digest);
  EXPECT_TRUE(result.ProvesAbsence());
  EXPECT_EQ(result.manifest->config_digest->text(), fake::DigestOf(config));
}

TEST_F(Discovery, Sha512ImagesHaveNoCosignTagsAndATruncatedFallbackTag) {
  const auto image = Image();
  const auto bytes = *fake_.Manifest(kRepo, image.digest);
  const auto digest = fake_.PutManifestSha512(kRepo, bytes, fake::kOciManifest);
  const auto result = Discover(digest);
  EXPECT_TRUE(result.ProvesAbsence());
  EXPECT_EQ(fake_.Count(".sig"), 0u);
  EXPECT_EQ(fake_.Count("/manifests/sha512-" + digest.substr(7, 64)), 1u);
}

TEST_F(Discovery, SignaturesInAnotherRepositoryAreFoundThere) {
  const auto image = Image();
  fake_.PushSignatures("team/signatures", image.digest, {Signature()});
  fake_.PushImage("team/signatures", "any");
  const auto rules = RepositoryRules::Make(
      {{fake_.host() + "/team/app", {}, "", fake_.host() + "/team/signatures"}});
  ASSERT_TRUE(rules);
  DiscoveryRequest request{.repository = Own(),
                           .digest = *Digest::Parse(image.digest),
                           .places = rules->PlacesOf(Own()),
                           .access = {},
                           .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.places[result.materials[0].place].role, PlaceRole::kSignatureRepository);
}

TEST_F(Discovery, ASignatureRepositoryThatCannotBeReadProvesNothing) {
  const auto image = Image();
  DiscoveryRequest request{
      .repository = Own(),
      .digest = *Digest::Parse(image.digest),
      .places = {{Own(), PlaceRole::kImage}, {Own("team/hidden"), PlaceRole::kSignatureRepository}},
      .access = {},
      .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kDigestNotInRepository);
}

// The row "image at a configured mirror, signature only upstream".
TEST_F(Discovery, ASignatureThatIsOnlyUpstreamIsFoundThere) {
  const auto image = Image();
  fake_.PushImage("upstream/app", "v1", "image");
  fake_.PushSignatures("upstream/app", image.digest, {Signature()});
  DiscoveryRequest request{
      .repository = Own(),
      .digest = *Digest::Parse(image.digest),
      .places = {{Own(), PlaceRole::kImage}, {Own("upstream/app"), PlaceRole::kUpstream}},
      .access = {},
      .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_TRUE(result.Complete());
  ASSERT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.places[result.materials[0].place].role, PlaceRole::kUpstream);
}

// ---- Re-checks

TEST_F(Discovery, AnUnchangedImageCostsNoManifestGet) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  PushBundle(image, "{}", true);
  const auto first = Discover(image.digest);
  ASSERT_TRUE(first.Complete());
  fake_.ForgetRequests();
  const auto second = Discover(image.digest, first.validators);
  EXPECT_TRUE(second.unchanged);
  EXPECT_TRUE(second.Complete());
  EXPECT_EQ(second.control, Control::kPresent);
  EXPECT_EQ(second.requests.manifest_gets, 0u);
  EXPECT_EQ(fake_.Count("/manifests/", "GET"), 0u);
  EXPECT_EQ(fake_.Requests().size(), 5u);
  EXPECT_FALSE(second.ProvesAbsence());
  // And it can go on so.
  EXPECT_TRUE(Discover(image.digest, second.validators).unchanged);
}

TEST_F(Discovery, WithoutDigestHeadersIfNoneMatchTells) {
  fake_.Change([](auto& behaviour) { behaviour.content_digest_header = false; });
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  const auto first = Discover(image.digest);
  ASSERT_TRUE(first.Complete());
  EXPECT_TRUE(Discover(image.digest, first.validators).unchanged);
}

TEST_F(Discovery, EveryChangeIsSeen) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  auto seen = Discover(image.digest);
  ASSERT_TRUE(seen.Complete());

  fake_.PushSignatures(kRepo, image.digest, {Signature(), Signature("second")});
  auto next = Discover(image.digest, seen.validators);
  EXPECT_FALSE(next.unchanged);
  EXPECT_THAT(next.materials, SizeIs(2));
  seen = next;

  PushBundle(image);
  next = Discover(image.digest, seen.validators);
  EXPECT_FALSE(next.unchanged);
  EXPECT_THAT(next.materials, SizeIs(3));
  seen = next;

  fake_.Untag(kRepo, SigTag(image.digest));
  next = Discover(image.digest, seen.validators);
  EXPECT_FALSE(next.unchanged);
  EXPECT_THAT(next.materials, SizeIs(1));
  seen = next;

  fake_.DeleteManifest(kRepo, image.digest);
  next = Discover(image.digest, seen.validators);
  EXPECT_FALSE(next.unchanged);
  EXPECT_EQ(next.control, Control::kMissing);
}

TEST_F(Discovery, ARegistryWithoutHeadIsReadInFull) {
  const auto image = Image();
  const auto first = Discover(image.digest);
  fake_.Change([](auto& behaviour) { behaviour.head = false; });
  const auto second = Discover(image.digest, first.validators);
  EXPECT_TRUE(second.ProvesAbsence());
}

TEST_F(Discovery, AReCheckThatFailsIsUnknownAndReadsNothing) {
  const auto image = Image();
  const auto first = Discover(image.digest);
  fake_.ForgetRequests();
  fake_.Fault(".sig", fake::Reply::Status(503));
  const auto second = Discover(image.digest, first.validators);
  EXPECT_FALSE(second.unchanged);
  ASSERT_FALSE(second.Complete());
  EXPECT_EQ(second.unknown->error.code, kRegistryUnreachable);
  EXPECT_EQ(fake_.Count("/manifests/", "GET"), 0u);
}

TEST_F(Discovery, AConfirmationUsesNewConnectionsAndAsksPastCaches) {
  const auto image = Image();
  const auto first = Discover(image.digest);
  const auto connections = fake_.server().Connections();
  fake_.ForgetRequests();
  const auto second = Discover(image.digest, {}, true);
  EXPECT_TRUE(second.ProvesAbsence());
  const auto requests = fake_.Requests();
  for (const auto& request : requests) {
    EXPECT_EQ(request.Header("Cache-Control"), "no-cache");
    EXPECT_GT(request.connection, connections);
  }
  EXPECT_EQ(fake_.server().Connections(), connections + requests.size());
}

// ---- Facts

// The row "5,000 junk layers ... in the .sig manifest".
TEST_F(Discovery, FiveThousandJunkLayersAreALimitAndTheFirstOnesCount) {
  const auto image = Image();
  fake::ManifestSpec spec;
  spec.config = Put("{}", fake::kOciConfig);
  spec.layers.assign(5'000, Put("payload", fake::kSimpleSigning,
                                {{"dev.cosignproject.cosign/signature", "c2ln"}}));
  fake_.PushManifest(kRepo, SigTag(image.digest), spec);
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_THAT(result.materials, SizeIs(1'000));
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
  EXPECT_EQ(result.facts[0].storage, StorageForm::kSignatureTag);
}

TEST_F(Discovery, TenThousandLayersAreALimit) {
  const auto image = Image();
  std::string layers;
  const std::string layer =
      R"({"mediaType":"x","digest":"sha256:)" + std::string(64, '0') + R"(","size":1})";
  for (int i = 0; i < 10'000; ++i) layers += (i == 0 ? "" : ",") + layer;
  fake_.PutManifest(kRepo,
                    R"({"schemaVersion":2,"config":{"digest":"sha256:)" + std::string(64, '0') +
                        R"(","size":1},"layers":[)" + layers + "]}",
                    fake::kOciManifest, SigTag(image.digest));
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  ASSERT_FALSE(result.facts.empty());
  EXPECT_LE(result.facts.size(), 64u);
  EXPECT_FALSE(result.ProvesAbsence());
}

// The row "... or broken JSON, in the .sig manifest".
TEST_F(Discovery, BrokenManifestsAreFactsAboutTheImage) {
  const auto image = Image();
  const std::string zero = "sha256:" + std::string(64, '0');
  const std::vector<std::string> broken{
      std::string("{"),
      std::string("[]"),
      std::string("{}"),
      std::string("null"),
      std::string(R"({"schemaVersion":1})"),
      R"({"schemaVersion":2,"config":{"digest":"nonsense"}})",
      R"({"schemaVersion":2,"config":{"digest":")" + zero + R"("},"layers":[{"digest":")" + zero +
          R"("}]})",
      R"({"schemaVersion":2,"config":{"digest":")" + zero + R"("},"layers":[],"manifests":[]})",
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":{"digest":")" +
          zero + R"("}})",
      R"({"schemaVersion":2,"schemaVersion":2})",
      std::string(100, '[')};
  for (const auto& bytes : broken) {
    fake_.PutManifest(kRepo, bytes, fake::kOciManifest, SigTag(image.digest));
    const auto result = Discover(image.digest);
    EXPECT_TRUE(result.Complete()) << bytes;
    ASSERT_THAT(result.facts, SizeIs(1)) << bytes;
    EXPECT_TRUE(result.facts[0].code == kMalformed || result.facts[0].code == kLimitExceeded)
        << bytes;
    EXPECT_FALSE(result.ProvesAbsence()) << bytes;
  }
}

TEST_F(Discovery, AnIndexUnderASignatureTagIsMalformed) {
  const auto image = Image();
  fake_.PushIndex(kRepo, SigTag(image.digest), {image});
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kMalformed);
}

TEST_F(Discovery, AnImageUnderTheFallbackTagIsMalformed) {
  const auto image = Image();
  fake_.PushImage(kRepo, "sha256-" + image.digest.substr(7), "no index");
  const auto result = Discover(image.digest);
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kMalformed);
  EXPECT_EQ(result.facts[0].storage, StorageForm::kReferrerTag);
}

TEST_F(Discovery, AManifestAboveTheLimitIsALimitNotAnUnknown) {
  ClientLimits limits;
  limits.max_manifest_bytes = 4'096;
  Connect({.registries = {}, .limits = limits, .credentials = nullptr});
  const auto image = Image();
  fake_.PutManifest(kRepo,
                    R"({"schemaVersion":2,"annotations":{"a":")" + std::string(8'192, 'x') + "\"}}",
                    fake::kOciManifest, SigTag(image.digest));
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
}

TEST_F(Discovery, AMegabyteOfAnnotationsIsReadOrIsALimitButNeverUnknown) {
  const auto image = Image();
  auto signature = Signature();
  signature.annotations["x"] = std::string(1 << 20, 'a');
  fake_.PushSignatures(kRepo, image.digest, {signature});
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_THAT(result.materials, SizeIs(1));
}

TEST_F(Discovery, ATooLargePayloadIsALimit) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest,
                       {Signature(std::string(200'000, 'p')), Signature("good")});
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_THAT(result.materials, SizeIs(1));
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
}

TEST_F(Discovery, ALargeSbomDoesNotMakeAnUnsignedImageUnverifiable) {
  ClientLimits limits;
  limits.max_bundle_bytes = 1'000;
  Connect({.registries = {}, .limits = limits, .credentials = nullptr});
  const auto image = Image();
  fake_.PushReferrer(kRepo, image, fake::kSigstoreBundle, fake::kSigstoreBundle,
                     std::string(5'000, ' '),
                     {{"dev.sigstore.bundle.predicateType", "https://spdx.dev/Document/v2.3"}});
  EXPECT_TRUE(Discover(image.digest).ProvesAbsence());
  // One that may count is a limit.
  fake_.PushReferrer(kRepo, image, fake::kSigstoreBundle, fake::kSigstoreBundle,
                     std::string(6'000, ' '),
                     {{"dev.sigstore.bundle.predicateType", "https://slsa.dev/provenance/v1"}});
  EXPECT_THAT(Discover(image.digest).facts, SizeIs(1));
}

TEST_F(Discovery, AllMaterialTogetherIsBounded) {
  ClientLimits limits;
  limits.max_observation_bytes = 20'000;
  Connect({.registries = {}, .limits = limits, .credentials = nullptr});
  const auto image = Image();
  std::vector<fake::SimpleSignature> signatures;
  for (int i = 0; i < 20; ++i)
    signatures.push_back(Signature(std::string(4'000, static_cast<char>('a' + i))));
  fake_.PushSignatures(kRepo, image.digest, signatures);
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_LT(result.materials.size(), 5u);
  EXPECT_GE(result.materials.size(), 2u);
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
}

TEST_F(Discovery, OneBlobListedAThousandTimesIsNotAThousandCopies) {
  const auto image = Image();
  std::vector<fake::SimpleSignature> signatures(1'000, Signature(std::string(100'000, 'p')));
  fake_.PushSignatures(kRepo, image.digest, signatures);
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_LE(result.materials.size(), (12u << 20) / 100'000u);
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
}

TEST_F(Discovery, AForeignReferrerIsLookedAtOnce) {
  const auto image = Image();
  const auto foreign =
      fake_.PushReferrer(kRepo, image, "application/spdx+json", "application/spdx+json", "{}");
  EXPECT_TRUE(Discover(image.digest).ProvesAbsence());
  EXPECT_TRUE(Discover(image.digest).ProvesAbsence());
  EXPECT_EQ(fake_.Count("/manifests/" + foreign.digest), 1u);
  PushBundle(image);
  EXPECT_THAT(Discover(image.digest).materials, SizeIs(1));
}

TEST_F(Discovery, ABlobThatIsListedAndNotThereIsMalformedAfterASecondLook) {
  const auto image = Image();
  fake_.PushSignatures(kRepo, image.digest, {Signature()});
  fake_.DeleteBlob(kRepo, fake::DigestOf("payload"));
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_EQ(result.facts[0].code, kMalformed);
  EXPECT_EQ(fake_.Count("/blobs/"), 2u);
}

TEST_F(Discovery, AListThatOutlivesItsManifestsListsNothing) {
  fake_.Change([](auto& behaviour) { behaviour.referrers_api = false; });
  const auto image = Image();
  const auto bundle = PushBundle(image, "{}", true);
  fake_.DeleteManifest(kRepo, bundle.digest);
  EXPECT_TRUE(Discover(image.digest).ProvesAbsence());
}

TEST_F(Discovery, TooManyReferrersAreALimit) {
  ClientLimits limits;
  limits.max_referrers = 3;
  Connect({.registries = {}, .limits = limits, .credentials = nullptr});
  const auto image = Image();
  for (int i = 0; i < 5; ++i) PushBundle(image, "{\"b\":" + std::to_string(i) + "}");
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.Complete());
  EXPECT_THAT(result.materials, SizeIs(3));
  ASSERT_FALSE(result.facts.empty());
  EXPECT_EQ(result.facts[0].code, kLimitExceeded);
}

TEST_F(Discovery, AnUnreadableOwnManifestIsAFactAndStillTheControl) {
  const auto digest = fake_.PutManifest(kRepo, "{\"schemaVersion\":", fake::kOciManifest, "v1");
  const auto result = Discover(digest);
  EXPECT_EQ(result.control, Control::kPresent);
  EXPECT_FALSE(result.manifest);
  ASSERT_THAT(result.facts, SizeIs(1));
  EXPECT_FALSE(result.facts[0].storage);
}

}  // namespace
}  // namespace plimsoll::oci
