// Real signatures in the forms that registries hold: the private stack, `.sig` manifests of several
// projects, attested OCI layouts, containers/image's folders.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>

#include "base/digest.h"
#include "base/encoding.h"
#include "json/json.h"
#include "json/writer.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

using test::ReadTestData;

json::Document MustParse(const std::string& text) {
  auto document = json::Document::Parse(text);
  if (!document) {
    ADD_FAILURE() << document.error().message;
    return std::move(*json::Document::Parse("{}"));
  }
  return std::move(*document);
}

Expected About(const std::string& digest) {
  Expected expected;
  expected.digests = {digest};
  return expected;
}

ClassicSignature LayerOf(const json::Value& layer, std::string_view payload) {
  const json::Value a = layer["annotations"];
  return {payload,
          a["dev.cosignproject.cosign/signature"].StringOrEmpty(),
          a["dev.sigstore.cosign/certificate"].StringOrEmpty(),
          a["dev.sigstore.cosign/chain"].StringOrEmpty(),
          a["dev.sigstore.cosign/bundle"].StringOrEmpty(),
          a["dev.sigstore.cosign/rfc3161timestamp"].StringOrEmpty()};
}

class PrivateStack : public ::testing::Test {
 protected:
  void SetUp() override {
    PLIMSOLL_NEEDS_TEST_DATA();
    std::istringstream lines(ReadTestData("private-stack/images.txt"));
    for (std::string name, image; lines >> name >> image;) {
      digests_[name] = image.substr(image.find('@') + 1);
    }
  }
  Verification Bundle(const std::string& name) {
    const std::string text = ReadTestData("private-stack/" + name + ".json");
    return Root().VerifyBundle(text, About(digests_[name]));
  }
  static Verifier Root() {
    return MustCreate(MustParseRoot(ReadTestData("private-stack/trusted_root.json")));
  }
  std::map<std::string, std::string> digests_;
};

TEST_F(PrivateStack, EveryLoggedFormVerifies) {
  for (const char* name : {"bundle-github-rekor1", "bundle-github-rekor1-tsa",
                           "bundle-github-rekor2", "bundle-email-rekor1"}) {
    const Verification v = Bundle(name);
    ASSERT_TRUE(v.verified()) << name << ": " << Describe(v);
    EXPECT_EQ(v.statement->predicate_type, kCosignSignPredicate);
    EXPECT_EQ(v.signer->kind, SignerKind::kKeyless);
  }
  for (const char* name : {"bundle-key-rekor1", "bundle-key-rekor2"}) {
    const Verification v = Bundle(name);
    ASSERT_TRUE(v.verified()) << name << ": " << Describe(v);
    EXPECT_EQ(v.signer->kind, SignerKind::kKey);
  }
}

TEST_F(PrivateStack, WhatWasNeverLoggedVerifiesOnlyUnlogged) {
  for (const char* name : {"bundle-github-tsa-only", "bundle-github-nothing"}) {
    const Verification v = Bundle(name);
    EXPECT_EQ(v.reason.text(), kNoLogProof.text()) << name << ": " << Describe(v);
    EXPECT_TRUE(v.verifies_unlogged);
  }
}

TEST_F(PrivateStack, UnderThePublicGoodRootNothingOfItIsJudged) {
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  for (const auto& [name, digest] : digests_) {
    const std::string text = ReadTestData("private-stack/" + name + ".json");
    if (text.empty()) continue;
    const Verification v = verifier.VerifyBundle(text, About(digest));
    EXPECT_EQ(v.outcome, Outcome::kUnverifiable) << name << ": " << Describe(v);
  }
}

TEST_F(PrivateStack, TheClassicSignatureWithTimestampVerifies) {
  const auto manifest = MustParse(ReadTestData("private-stack/sig-tag-github-tsa.manifest.json"));
  const std::string payload = ReadTestData("private-stack/sig-tag-github-tsa.payload.json");
  const Verification v = Root().VerifyClassic(LayerOf(manifest.root()["layers"][0], payload),
                                              About(digests_["sig-tag-github-tsa"]));
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.times.size(), 2u);
}

TEST_F(PrivateStack, RestEntriesProveWhatWasSigned) {
  const std::string entry = ReadTestData("private-stack/entry-dsse.json");
  const std::string digest = digests_["bundle-github-rekor1"];
  const Verification v =
      Root().VerifyLogEntry(entry, BundleStatementCandidates(digest), About(digest));
  ASSERT_TRUE(v.verified()) << Describe(v);
  const std::string classic = ReadTestData("private-stack/entry-hashedrekord.json");
  const std::string payload = ReadTestData("private-stack/sig-tag-github-tsa.payload.json");
  const std::vector<std::string> payloads = {payload};
  const Verification c =
      Root().VerifyLogEntry(classic, payloads, About(digests_["sig-tag-github-tsa"]));
  EXPECT_TRUE(c.verified()) << Describe(c);
}

TEST(RealSignatures, SigManifestsOfOtherProjectsVerifyUnderTheirKeys) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const auto manifests = MustParse(ReadTestData("cosign-images/sig-manifests.json"));
  std::size_t layers = 0;
  std::size_t verified = 0;
  for (json::Value m = manifests.root().first(); !m.missing(); m = m.next()) {
    VerifierOptions options;
    for (json::Value k = m["keys"].first(); !k.missing(); k = k.next()) {
      options.public_keys_pem.emplace_back(k.StringOrEmpty());
    }
    const Verifier verifier = MustCreate(TrustRoot::PublicGood(), options);
    const json::Value list = m["manifest"]["layers"];
    for (json::Value layer = list.first(); !layer.missing(); layer = layer.next()) {
      const std::string_view payload =
          m["payloads"][layer["digest"].StringOrEmpty()].StringOrEmpty();
      const auto simple = ParseSimpleSigning(payload);
      ASSERT_TRUE(simple) << simple.error().message;
      const Verification v =
          verifier.VerifyClassic(LayerOf(layer, payload), About(simple->manifest_digest));
      EXPECT_TRUE(v.verified()) << m["name"].StringOrEmpty() << ": " << Describe(v);
      ++layers;
      if (v.verified()) ++verified;
    }
  }
  std::cout << "layers of .sig manifests verified: " << verified << " of " << layers << "\n";
  EXPECT_EQ(layers, 9u);
}

TEST(RealSignatures, ASignatureOfNeuvectorsKeyVerifiesByItsLogEntryAlone) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const auto manifests = MustParse(ReadTestData("cosign-images/sig-manifests.json"));
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  for (json::Value m = manifests.root().first(); !m.missing(); m = m.next()) {
    if (m["name"].StringOrEmpty() != "neuvector:public-keypair") continue;
    const json::Value layer = m["manifest"]["layers"][0];
    const std::string_view payload = m["payloads"][layer["digest"].StringOrEmpty()].StringOrEmpty();
    const auto simple = ParseSimpleSigning(payload);
    const Verification v =
        verifier.VerifyClassic(LayerOf(layer, payload), About(simple->manifest_digest));
    ASSERT_TRUE(v.verified()) << Describe(v);
    EXPECT_EQ(v.signer->kind, SignerKind::kKey);
  }
}

TEST(RealSignatures, AttestedLayoutsVerifyWithTheirProvenance) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  std::map<std::string, int> kinds;
  for (const auto& folder : std::filesystem::directory_iterator(
           test::TestDataPath("cosign-images/oci-layouts-attested"))) {
    const auto blob = [&](std::string_view digest) {
      return test::ReadWholeFile(folder.path() / "blobs/sha256" / std::string(digest.substr(7)));
    };
    const auto index = MustParse(test::ReadWholeFile(folder.path() / "index.json"));
    std::string image = test::ReadWholeFile(folder.path() / "image.digest");
    while (!image.empty() && image.back() == '\n') image.pop_back();
    const json::Value manifests = index.root()["manifests"];
    for (json::Value m = manifests.first(); !m.missing(); m = m.next()) {
      if (m["annotations"]["kind"].StringOrEmpty() != "dev.cosignproject.cosign/atts") continue;
      const auto manifest = MustParse(blob(m["digest"].StringOrEmpty()));
      const json::Value layer = manifest.root()["layers"][0];
      const std::string envelope = blob(layer["digest"].StringOrEmpty());
      const json::Value a = layer["annotations"];
      const Verification v = verifier.VerifyAttestation(
          {envelope, a["dev.sigstore.cosign/certificate"].StringOrEmpty(),
           a["dev.sigstore.cosign/chain"].StringOrEmpty(),
           a["dev.sigstore.cosign/bundle"].StringOrEmpty(), ""},
          About(image));
      ASSERT_TRUE(v.verified()) << folder.path() << Describe(v);
      ASSERT_TRUE(v.statement->provenance);
      EXPECT_NE(v.statement->provenance->builder_id.find("slsa-github-generator"),
                std::string::npos);
      EXPECT_EQ(v.statement->provenance->source_repository_uri.find('@'), std::string::npos);
      ++kinds[v.log->kind];
    }
  }
  for (const auto& [kind, count] : kinds) {
    std::cout << "attested layouts verified: " << kind << " " << count << "\n";
  }
  EXPECT_EQ(kinds["intoto/0.0.1"], 6);
  EXPECT_EQ(kinds["dsse/0.0.1"], 3);
}

// Files "\0sigstore-json\n{mimeType, payload, annotations}".
class ContainersImage : public ::testing::Test {
 protected:
  void SetUp() override { PLIMSOLL_NEEDS_TEST_DATA(); }
  static constexpr const char* kFolder = "cosign-images/containers-image-fixtures/";

  static Verification Judge(const std::string& folder, const std::string& file,
                            const std::string& key_file, const std::string& digest = "") {
    std::string text = ReadTestData(kFolder + folder + "/" + file);
    text.erase(0, text.find('\n') + 1);
    const auto signature = MustParse(text);
    const auto payload = Base64Decode(signature.root()["payload"].StringOrEmpty());
    ClassicPemSet pem;
    const std::string fulcio = ReadTestData(std::string(kFolder) + "fulcio_v1.crt.pem");
    const std::string rekor = ReadTestData(std::string(kFolder) + "rekor.pub");
    pem.fulcio_certificates = fulcio;
    pem.rekor_public_keys = rekor;
    VerifierOptions options;
    if (!key_file.empty()) options.public_keys_pem = {ReadTestData(kFolder + key_file)};
    const auto root = TrustRoot::FromPem(pem);
    EXPECT_TRUE(root) << root.error().message;
    const Verifier verifier = MustCreate(*root, options);
    const std::string manifest = ReadTestData(kFolder + folder + "/manifest.json");
    const std::string image = digest.empty() ? "sha256:" + Sha256Hex(AsBytes(manifest)) : digest;
    return verifier.VerifyClassic(LayerOf(signature.root(), AsText(*payload)), About(image));
  }
};

TEST_F(ContainersImage, KeySignedFoldersVerifyUnderTheirKeyOnly) {
  EXPECT_TRUE(Judge("dir-img-cosign-valid", "signature-1", "cosign.pub").verified());
  EXPECT_TRUE(Judge("dir-img-cosign-valid-with-tag", "signature-1", "cosign.pub").verified());
  EXPECT_TRUE(Judge("dir-img-cosign-valid-2", "signature-1", "cosign.pub").verified());
  EXPECT_TRUE(Judge("dir-img-cosign-valid-2", "signature-2", "cosign.pub").verified());
  EXPECT_EQ(Judge("dir-img-cosign-valid", "signature-1", "cosign2.pub").reason, kNoKey);
  EXPECT_EQ(Judge("dir-img-cosign-valid", "signature-1", "").reason, kNoKey);
}

TEST_F(ContainersImage, AModifiedManifestIsAnotherDigest) {
  const Verification v = Judge("dir-img-cosign-modified-manifest", "signature-1", "cosign.pub");
  EXPECT_EQ(v.reason.text(), kDigestMismatch.text()) << Describe(v);
}

TEST_F(ContainersImage, AKeySignatureWithRekorVerifiesByItsEntry) {
  const Verification v = Judge("dir-img-cosign-key-rekor-valid", "signature-1", "");
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.signer->kind, SignerKind::kKey);
  EXPECT_TRUE(v.log->promise);
}

TEST_F(ContainersImage, AKeylessSignatureWithoutCtLogKeysIsNotJudged) {
  const Verification v = Judge("dir-img-cosign-fulcio-rekor-valid", "signature-1", "");
  EXPECT_EQ(v.outcome, Outcome::kUnverifiable);
  std::cout << "fulcio-rekor-valid without CT keys: " << Describe(v) << "\n";
}

TEST_F(ContainersImage, ACertificateOfAnOwnAuthorityIsUnknown) {
  const Verification v = Judge("dir-img-cosign-pki-valid", "signature-1", "");
  EXPECT_EQ(v.reason.text(), kUnknownCertificateAuthority.text()) << Describe(v);
}

TEST(RealSignatures, SingleImagesVerify) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  const auto rows = MustParse(ReadTestData("cosign-images/single-images.json"));
  for (json::Value row = rows.root().first(); !row.missing(); row = row.next()) {
    const json::Value payload = row["rekorBundle"]["Payload"];
    const auto body = Base64Decode(payload["body"].StringOrEmpty());
    const auto entry = MustParse(ToText(*body));
    const json::Value signature = entry.root()["spec"]["signature"];
    const auto pem = Base64Decode(signature["publicKey"]["content"].StringOrEmpty());
    json::Writer bundle;
    bundle.Copy(row["rekorBundle"]);
    const std::string bundle_text = std::move(bundle).Take();
    const Verification v = verifier.VerifyClassic(
        {row["payload"].StringOrEmpty(), signature["content"].StringOrEmpty(), AsText(*pem), "",
         bundle_text, ""},
        About(std::string(row["digest"].StringOrEmpty())));
    EXPECT_TRUE(v.verified()) << row["name"].StringOrEmpty() << Describe(v);
    EXPECT_EQ(v.signer->identity, row["san"].StringOrEmpty());
  }
}

}  // namespace
}  // namespace plimsoll::sigstore
