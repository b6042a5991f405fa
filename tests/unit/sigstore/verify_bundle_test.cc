// `plimsoll verify-bundle` with the virtual Sigstore: identity and issuer compared exactly, each wrong alone, and what
// the answer says.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/verify_bundle.h"
#include "json/json.h"
#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

constexpr const char* kIdentity =
    "https://github.com/harbour/crane/.github/workflows/release.yml@refs/tags/v1.2.3";
constexpr const char* kIssuer = "https://token.actions.githubusercontent.com";

class VerifyBundle : public VirtualTest {
 protected:
  VerifyBundle() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("verify-bundle-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    root_ = Write("trusted_root.json", sigstore_.Trust().Json());
    artifact_ = Write("artifact", kArtifact);
  }
  ~VerifyBundle() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view content) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  struct Answer {
    int code = -1;
    std::string out;
    std::string err;
    std::string Reason() const {
      const auto document = json::Document::Parse(out);
      return document ? std::string(document->root()["reason"].StringOrEmpty()) : "no JSON";
    }
  };
  static Answer Run(const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const std::vector<std::string_view> views(args.begin(), args.end());
    const int code = cli::RunVerifyBundle(views, out, err);
    return {code, out.str(), err.str()};
  }
  Answer Keyless(const std::string& bundle, const std::string& identity, const std::string& issuer,
                 const std::string& artifact) const {
    return Run({"--bundle", bundle, "--certificate-identity", identity, "--certificate-oidc-issuer",
                issuer, "--trusted-root", root_, "-o", "json", artifact});
  }
  std::string Signed(const test::BundleSpec& spec = {}) {
    return Write("bundle.json", sigstore_.SignMessage(kArtifact, spec).Json());
  }

  std::filesystem::path folder_;
  std::string root_;
  std::string artifact_;
};

TEST_F(VerifyBundle, TheAnswerNamesEachStepTheSignerAndTheLog) {
  const Answer answer = Keyless(Signed(), kIdentity, kIssuer, artifact_);
  ASSERT_EQ(answer.code, 0) << answer.out << answer.err;
  const auto document = json::Document::Parse(answer.out);
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  EXPECT_TRUE(*root["verified"].Bool());
  EXPECT_TRUE(root["reason"].missing());
  std::string steps;
  for (auto step = root["steps"].first(); !step.missing(); step = step.next()) {
    steps += std::string(step.StringOrEmpty()) + " ";
  }
  EXPECT_EQ(steps,
            "Parsed LogPromise LogInclusion LogBinding CertificateChain SCT Signature Artifact "
            "Identity ");
  EXPECT_EQ(root["signer"]["identity"].StringOrEmpty(), kIdentity);
  EXPECT_EQ(root["signer"]["issuer"].StringOrEmpty(), kIssuer);
  EXPECT_EQ(root["log"]["kind"].StringOrEmpty(), "hashedrekord/0.0.1");
  EXPECT_EQ(root["times"][0]["time"].StringOrEmpty(), "2026-03-01T12:00:00Z");
}

TEST_F(VerifyBundle, TheIdentityIsComparedByteByByte) {
  const std::string bundle = Signed();
  const std::string identity = kIdentity;
  for (const std::string& other :
       {identity.substr(0, identity.size() - 1), identity + "4", " " + identity,
        "H" + identity.substr(1), identity.substr(0, identity.size() - 1) + "4",
        std::string("https://github.com/harbour/.*"), std::string("*")}) {
    const Answer answer = Keyless(bundle, other, kIssuer, artifact_);
    EXPECT_EQ(answer.code, 1) << other;
    EXPECT_EQ(answer.Reason(), "IdentityMismatch") << other;
  }
}

TEST_F(VerifyBundle, TheIssuerIsComparedByteByByte) {
  const std::string bundle = Signed();
  const std::string issuer = kIssuer;
  for (const std::string& other : {issuer + "/", issuer.substr(0, issuer.size() - 1),
                                   std::string("https://accounts.example")}) {
    const Answer answer = Keyless(bundle, kIdentity, other, artifact_);
    EXPECT_EQ(answer.code, 1) << other;
    EXPECT_EQ(answer.Reason(), "IdentityMismatch") << other;
  }
}

TEST_F(VerifyBundle, TheIssuersOldExtensionIsNotTheOneThatCounts) {
  test::BundleSpec spec;
  spec.leaf.fulcio = {{1, kIssuer}, {8, "https://accounts.example"}};
  const std::string bundle = Signed(spec);
  EXPECT_EQ(Keyless(bundle, kIdentity, kIssuer, artifact_).Reason(), "IdentityMismatch");
  EXPECT_EQ(Keyless(bundle, kIdentity, "https://accounts.example", artifact_).code, 0);
}

TEST_F(VerifyBundle, AnIdentityOfAnotherKindIsComparedByItsTextAlone) {
  test::BundleSpec spec;
  spec.leaf = test::UsernameLeaf("ada!harbour.example");
  EXPECT_EQ(
      Keyless(Signed(spec), "ada!harbour.example", "https://accounts.harbour.example", artifact_)
          .code,
      0);
}

TEST_F(VerifyBundle, AnotherArtifactIsRejectedAsFileAndAsDigest) {
  const std::string bundle = Signed();
  const std::string other = Write("other", "other bytes");
  EXPECT_EQ(Keyless(bundle, kIdentity, kIssuer, other).Reason(), "DigestMismatch");
  const std::string digest = "sha256:" + Sha256Hex(AsBytes(kArtifact));
  EXPECT_EQ(Keyless(bundle, kIdentity, kIssuer, digest).code, 0);
  std::string changed = digest;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_EQ(Keyless(bundle, kIdentity, kIssuer, changed).Reason(), "DigestMismatch");
}

TEST_F(VerifyBundle, WithAKeyACertificateDoesNotCountAndWithAnIdentityAKeyDoesNot) {
  const test::TestKey key(test::KeyType::kP256, "release key");
  const std::string pem = Write("key.pub", key.Pem());
  const auto with_key = [&](const std::string& bundle) {
    return Run(
        {"--bundle", bundle, "--key", pem, "--trusted-root", root_, "-o", "json", artifact_});
  };
  EXPECT_EQ(with_key(Signed()).Reason(), "IdentityMismatch");
  test::BundleSpec spec;
  spec.key = key;
  const std::string bundle = Signed(spec);
  EXPECT_EQ(with_key(bundle).code, 0);
  EXPECT_EQ(Keyless(bundle, kIdentity, kIssuer, artifact_).Reason(), "NoKey");
}

TEST_F(VerifyBundle, WhatStrangersWroteIsEscapedInEveryMessage) {
  test::BundleSpec spec;
  spec.leaf.name = {test::GeneralName::Kind::kUri, "https://x.example/\x1b[2J\n\xe2\x80\xae"};
  const Answer answer = Keyless(Signed(spec), kIdentity, kIssuer, artifact_);
  EXPECT_EQ(answer.code, 1);
  for (const char c : answer.err.substr(0, answer.err.size() - 1)) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
  EXPECT_EQ(answer.err.find("\xe2\x80\xae"), std::string::npos);
}

}  // namespace
}  // namespace plimsoll::sigstore
