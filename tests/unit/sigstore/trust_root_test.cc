// Trust roots: what is refused, what is kept, and when one is stale.
#include <gtest/gtest.h>

#include <functional>

#include "sigstore/reasons.h"
#include "sigstore/trust_root.h"
#include "support/test_data/test_data.h"
#include "support/virtual_sigstore/virtual_sigstore.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

class TrustRoots : public ::testing::Test {
 protected:
  static Time At(std::string_view text) { return *ParseTime(text); }
  Reason RefusalOf(const std::function<void(test::TrustDocument&)>& change) {
    auto document = sigstore_.Trust();
    change(document);
    const auto root = TrustRoot::FromJson(document.Json());
    EXPECT_FALSE(root);
    return root ? Reason() : root.error().code;
  }
  test::VirtualSigstore sigstore_;
};

TEST_F(TrustRoots, TheBuiltInRootIsTheOneThatItsOperatorsPublish) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const TrustRoot published =
      MustParseRoot(test::ReadTestData("trust-roots/prod/trusted_root.json"));
  EXPECT_EQ(TrustRoot::PublicGood().generation(), published.generation());
  EXPECT_EQ(published.generation().size(), 16u);
  EXPECT_EQ(published.parts().size(), 7u);
}

TEST_F(TrustRoots, TheStagingRootIsReadToo) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const TrustRoot staging =
      MustParseRoot(test::ReadTestData("trust-roots/staging/trusted_root.json"));
  EXPECT_NE(staging.generation(), TrustRoot::PublicGood().generation());
}

TEST_F(TrustRoots, TheBuiltInRootIsNotStaleAndSaysItsAge) {
  const TrustRoot root = TrustRoot::PublicGood();
  EXPECT_FALSE(root.StaleAt(At("2026-06-01T00:00:00Z")));
  EXPECT_TRUE(root.StaleAt(At("2021-01-01T00:00:00Z"))) << "before any part was valid";
  EXPECT_FALSE(root.StaleFrom());
  EXPECT_EQ(root.YoungestStart(), TrustRoot::PublicGoodDate());
  EXPECT_NE(root.Describe().find("2025-09-23"), std::string::npos);
  for (const TrustPart& part : root.parts()) {
    EXPECT_FALSE(part.name.empty());
    if (part.kind == TrustPartKind::kCertificateAuthority) {
      EXPECT_TRUE(part.not_after);
    }
  }
}

TEST_F(TrustRoots, GenerationIsOfTheContentNotOfItsSpelling) {
  auto document = sigstore_.Trust();
  const std::string generation = MustParseRoot(document.Json()).generation();
  std::reverse(document.logs.begin(), document.logs.end());
  document.media_type = "application/vnd.dev.sigstore.trustedroot+json;version=0.2";
  EXPECT_EQ(MustParseRoot("  " + document.Json() + "\n").generation(), generation);
  document.logs[0].window.end = "2030-01-01T00:00:00Z";
  EXPECT_NE(MustParseRoot(document.Json()).generation(), generation);
}

TEST_F(TrustRoots, ARootIsStaleWhenOneNeededKindHasNoPartThatIsValidNow) {
  for (auto& [name, change] : std::map<std::string, std::function<void(test::TrustDocument&)>>{
           {"no CA",
            [](auto& d) {
              for (auto& x : d.authorities) x.window.end = "2026-05-01T00:00:00Z";
            }},
           {"no log",
            [](auto& d) {
              for (auto& x : d.logs) x.window.end = "2026-05-01T00:00:00Z";
            }},
           {"no CT log", [](auto& d) {
              for (auto& x : d.ct_logs) x.window.end = "2026-05-01T00:00:00Z";
            }}}) {
    auto document = sigstore_.Trust();
    change(document);
    const TrustRoot root = MustParseRoot(document.Json());
    EXPECT_FALSE(root.StaleAt(At("2026-05-01T00:00:00Z"))) << name;
    EXPECT_TRUE(root.StaleAt(At("2026-05-01T00:00:01Z"))) << name;
    EXPECT_EQ(root.StaleFrom(), At("2026-05-01T00:00:00Z")) << name;
  }
  auto document = sigstore_.Trust();
  for (auto& tsa : document.timestamp_authorities) tsa.window.end = "2026-05-01T00:00:00Z";
  EXPECT_FALSE(MustParseRoot(document.Json()).StaleAt(At("2027-01-01T00:00:00Z")))
      << "a timestamp authority is not needed";
}

TEST_F(TrustRoots, ANullEndIsOpen) {
  auto document = sigstore_.Trust();
  document.logs[0].window.end = "null";
  document.authorities[0].window.end = "null";
  EXPECT_FALSE(MustParseRoot(document.Json()).StaleAt(At("2090-01-01T00:00:00Z")));
}

TEST_F(TrustRoots, WhatCannotBeTrustedIsRefused) {
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].window.start.clear(); }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].window.end = "2024-01-01T00:00:00Z"; }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].window.start = "yesterday"; }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.media_type = "application/json"; }), kUnsupportedFormat);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].key = {1, 2, 3}; }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].key.clear(); }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs[0].log_id.pop_back(); }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.authorities[0].certificates.clear(); }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.authorities[0].certificates[0].pop_back(); }), kMalformed);
  EXPECT_EQ(RefusalOf([](auto& d) { d.logs.assign(200, d.logs[0]); }), kLimitExceeded);
  EXPECT_EQ(RefusalOf([](auto& d) {
              d.logs.clear();
              d.authorities.clear();
            }),
            kMalformed);
  for (const char* text : {"", "{", "[]", "{\"mediaType\":1}"})
    EXPECT_FALSE(TrustRoot::FromJson(text));
}

TEST_F(TrustRoots, AKeyOfAKindThatIsNotSupportedIsKeptByNameAndNotUnknown) {
  auto document = sigstore_.Trust();
  document.logs[0].key_details = "LMS_SHA256";
  const TrustRoot root = MustParseRoot(document.Json());
  EXPECT_EQ(root.parts().size(), sigstore_.Trust().logs.size() + 3);
}

TEST_F(TrustRoots, ThePemSetOfOlderDeploymentsIsReadInAnyOrder) {
  const std::string fulcio = sigstore_.root().Pem() + "\n" + sigstore_.intermediate().Pem();
  const std::string rekor = sigstore_.rekor().key().Pem();
  const std::string ct = sigstore_.ct_key().Pem();
  const auto root = TrustRoot::FromPem({fulcio, rekor, ct, ""});
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_FALSE(root->StaleAt(At("2026-01-01T00:00:00Z")));
  const Verifier verifier = MustCreate(*root);
  const auto signature = sigstore_.SignImage("r/x", "sha256:" + std::string(64, '0'));
  const auto annotations = signature.Annotations();
  Expected expected;
  expected.digests = {"sha256:" + std::string(64, '0')};
  const Verification v = verifier.VerifyClassic(
      {signature.payload, annotations.at("dev.cosignproject.cosign/signature"),
       annotations.at("dev.sigstore.cosign/certificate"), "",
       annotations.at("dev.sigstore.cosign/bundle"), ""},
      expected);
  EXPECT_TRUE(v.verified()) << Describe(v);
  EXPECT_FALSE(TrustRoot::FromPem({"junk", "", "", ""}));
  EXPECT_FALSE(TrustRoot::FromPem({"", "", "", ""}));
}

}  // namespace
}  // namespace plimsoll::sigstore
