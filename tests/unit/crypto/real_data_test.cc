// Real certificates, certificate timestamps and time-stamps of public and private Sigstores.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>

#include "base/encoding.h"
#include "crypto/chain.h"
#include "crypto/sct.h"
#include "crypto/timestamp.h"
#include "json/json.h"
#include "support/test_data/test_data.h"

namespace plimsoll::crypto {
namespace {

struct Authority {
  std::vector<Certificate> intermediates;
  std::vector<Certificate> anchors;
  Window window;
};

struct Trust {
  std::vector<Authority> authorities;
  std::vector<CtLog> ct_logs;
  std::vector<TimestampAuthority> timestamp_authorities;
};

Bytes Decode(json::Value value) {
  auto bytes = Base64DecodeEither(value.StringOrEmpty());
  return bytes ? *bytes : Bytes();
}

Window WindowOf(json::Value valid_for) {
  Window window;
  if (valid_for["start"].present()) window.start = *ParseTime(valid_for["start"].StringOrEmpty());
  if (valid_for["end"].present()) window.end = *ParseTime(valid_for["end"].StringOrEmpty());
  return window;
}

Certificate Parse(ByteView der) {
  auto certificate = Certificate::FromDer(der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return *certificate;
}

std::vector<Certificate> ChainOf(json::Value authority) {
  std::vector<Certificate> chain;
  for (auto c = authority["certChain"]["certificates"].first(); !c.missing(); c = c.next()) {
    chain.push_back(Parse(Decode(c["rawBytes"])));
  }
  return chain;
}

Trust ReadTrust(const std::string& text) {
  Trust trust;
  const auto document = json::Document::Parse(text);
  EXPECT_TRUE(document);
  const json::Value root = document->root();
  for (auto ca = root["certificateAuthorities"].first(); !ca.missing(); ca = ca.next()) {
    std::vector<Certificate> chain = ChainOf(ca);
    Authority authority{{}, {chain.back()}, WindowOf(ca["validFor"])};
    chain.pop_back();
    authority.intermediates = std::move(chain);
    trust.authorities.push_back(std::move(authority));
  }
  for (auto log = root["ctlogs"].first(); !log.missing(); log = log.next()) {
    const json::Value key = log["publicKey"];
    const auto parsed = KeyOfDetails(Decode(key["rawBytes"]), key["keyDetails"].StringOrEmpty());
    EXPECT_TRUE(parsed) << parsed.error().message;
    trust.ct_logs.push_back({*parsed, WindowOf(key["validFor"])});
    EXPECT_EQ(ToBytes(parsed->spki_sha256()), Decode(log["logId"]["keyId"]));
  }
  for (auto tsa = root["timestampAuthorities"].first(); !tsa.missing(); tsa = tsa.next()) {
    trust.timestamp_authorities.push_back(
        *TimestampAuthority::FromChain(ChainOf(tsa), WindowOf(tsa["validFor"])));
  }
  return trust;
}

const Trust& PublicGood() {
  static const Trust trust = ReadTrust(test::ReadTestData("trust-roots/prod/trusted_root.json"));
  return trust;
}

// Path and SCT at the signing time, under whichever authority is in force.
Status JudgeLeaf(const Certificate& leaf, Time at, const Trust& trust) {
  Error last{kUnknownAuthority, "no authority in force", false};
  for (const Authority& authority : trust.authorities) {
    if (!authority.window.Contains(at)) continue;
    const auto path = VerifyChain(leaf, {authority.intermediates, authority.anchors, at});
    if (!path) {
      if (path.error().code != kUnknownAuthority) last = path.error();
      continue;
    }
    const auto scts = VerifyEmbeddedScts(leaf, (*path)[1], trust.ct_logs);
    if (!scts) return Forward(scts.error());
    return {};
  }
  return Forward(last);
}

template <class Judge>
void ForEachLine(std::string_view file, Judge judge) {
  std::istringstream lines(test::ReadTestData(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const auto document = json::Document::Parse(line);
    ASSERT_TRUE(document) << document.error().message;
    judge(document->root());
  }
}

TEST(RealData, CertificatesOfClassicImageSignaturesHold) {
  PLIMSOLL_NEEDS_TEST_DATA();
  int good = 0;
  ForEachLine("cosign-images/chainguard-2022.jsonl", [&](json::Value row) {
    const json::Value payload = row["rekorBundle"]["Payload"];
    const auto body = json::Document::Parse(ToText(Decode(payload["body"])));
    ASSERT_TRUE(body);
    const Bytes pem = Decode(body->root()["spec"]["signature"]["publicKey"]["content"]);
    const auto leaf = Certificate::FromPem(AsText(pem));
    ASSERT_TRUE(leaf) << leaf.error().message;
    const Status status =
        JudgeLeaf(*leaf, FromUnixSeconds(*payload["integratedTime"].Int64()), PublicGood());
    EXPECT_TRUE(status) << status.error().message;
    if (status) ++good;
  });
  std::cout << "image signatures: " << good << " leaves with path and SCT\n";
  EXPECT_GT(good, 1000);
}

TEST(RealData, CertificatesAndSignaturesOfReleaseBundlesHold) {
  PLIMSOLL_NEEDS_TEST_DATA();
  int good = 0;
  int p384_with_sha256 = 0;
  ForEachLine("cpython-bundles/cpython-bundles.jsonl", [&](json::Value row) {
    const json::Value material = row["bundle"]["verificationMaterial"];
    json::Value raw = material["certificate"]["rawBytes"];
    if (!raw.present()) {
      raw = material["x509CertificateChain"]["certificates"][0]["rawBytes"];
    }
    const Certificate leaf = Parse(Decode(raw));
    const Time at = FromUnixSeconds(
        std::stoll(std::string(material["tlogEntries"][0]["integratedTime"].StringOrEmpty())));
    const Status status = JudgeLeaf(leaf, at, PublicGood());
    EXPECT_TRUE(status) << status.error().message;
    // The artifact's SHA-256 was signed, whatever the curve.
    const Bytes digest = *HexDecode(row["sha256"].StringOrEmpty());
    const Bytes signature = Decode(row["bundle"]["messageSignature"]["signature"]);
    const Status signed_well =
        leaf.key()->VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, signature);
    EXPECT_TRUE(signed_well) << signed_well.error().message;
    if (leaf.key()->kind() == KeyKind::kP384) ++p384_with_sha256;
    if (status && signed_well) ++good;
  });
  std::cout << "release bundles: " << good << " leaves with path, SCT and signature, "
            << p384_with_sha256 << " of them P-384 with SHA-256\n";
  EXPECT_GT(good, 500);
  EXPECT_GT(p384_with_sha256, 100);
}

// The bytes that a bundle's time-stamps are over.
Bytes SignatureOf(json::Value bundle) {
  const json::Value message = bundle["messageSignature"]["signature"];
  return Decode(message.present() ? message : bundle["dsseEnvelope"]["signatures"][0]["sig"]);
}

// The reasons of the time-stamps of one bundle, each the mildest over all authorities.
std::vector<Reason> JudgeTimestamps(const std::string& bundle_text, const Trust& trust) {
  std::vector<Reason> reasons;
  const auto document = json::Document::Parse(bundle_text);
  EXPECT_TRUE(document);
  const json::Value bundle = document->root();
  const Bytes data = SignatureOf(bundle);
  const json::Value list =
      bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"];
  for (auto item = list.first(); !item.missing(); item = item.next()) {
    const auto response = TimestampResponse::FromDer(Decode(item["signedTimestamp"]));
    Reason reason = response ? kUnknownTimestampAuthority : response.error().code;
    for (const TimestampAuthority& authority : trust.timestamp_authorities) {
      if (!response) break;
      const auto time = response->Verify(data, authority);
      if (time) {
        reason = Reason();
        break;
      }
      if (time.error().code != kUnknownTimestampAuthority) reason = time.error().code;
    }
    reasons.push_back(reason);
  }
  return reasons;
}

struct StampCase {
  const char* bundle;
  const char* trust;
  std::vector<Reason> expected;
};

TEST(RealData, TimestampsOfBundlesAreJudgedAsTheyAreKnownToBe) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const char* prod = "trust-roots/prod/trusted_root.json";
  const char* mine = "private-stack/trusted_root.json";
  const Reason good;
  const StampCase cases[] = {
      {"private-stack/bundle-github-rekor2.json", mine, {good}},
      {"private-stack/bundle-github-tsa-only.json", mine, {good}},
      {"private-stack/bundle-github-rekor1-tsa.json", mine, {good}},
      {"private-stack/bundle-key-rekor2.json", mine, {good}},
      {"private-stack/bundle-github-rekor2.json", prod, {kUnknownTimestampAuthority}},
      {"bundles/sigstore-rust/crates/sigstore-tsa/test_data/timestamps/github_sha384_bundle.json",
       "bundles/sigstore-rust/crates/sigstore-tsa/test_data/timestamps/github_trusted_root.json",
       {good}},
      {"bundles/sigstore-rust/crates/sigstore-verify/test_data/bundles/"
       "conda-attestation-rekor2.sigstore.json",
       "trust-roots/staging/trusted_root.json",
       {good}},
      {"bundles/sigstore-python/test/assets/staging-rekor-v2.txt.sigstore.json",
       "trust-roots/staging/trusted_root.json",
       {good}},
  };
  for (const StampCase& item : cases) {
    EXPECT_EQ(
        JudgeTimestamps(test::ReadTestData(item.bundle), ReadTrust(test::ReadTestData(item.trust))),
        item.expected)
        << item.bundle;
  }
}

TEST(RealData, TimestampsOfTheConformanceCasesAreJudgedForTheirOwnReason) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const auto manifest =
      json::Document::Parse(test::ReadTestData("sigstore-conformance/manifest.json"));
  ASSERT_TRUE(manifest);
  const std::map<std::string_view, Reason> expected{
      {"rekor2-timestamp-payload-mismatch_fail", kTimestampImprintMismatch},
      {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", kTimestampOutsideWindow},
      {"rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", kUnknownTimestampAuthority},
      {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", kUnknownTimestampAuthority},
  };
  int judged = 0;
  for (auto item = manifest->root()["cases"].first(); !item.missing(); item = item.next()) {
    const std::string_view name = item["name"].StringOrEmpty();
    const std::string folder = "sigstore-conformance/bundle-verify/" + std::string(name);
    const std::string bundle = test::ReadTestData(folder + "/bundle.sigstore.json");
    if (bundle.find("rfc3161Timestamps") == std::string::npos ||
        name == "rekor2-timestamp-with-incorrect-time_fail") {  // not base64: never gets here
      continue;
    }
    std::string trust = test::ReadTestData(folder + "/trusted_root.json");
    if (trust.empty()) trust = test::ReadTestData("trust-roots/prod/trusted_root.json");
    const auto wanted = expected.find(name);
    for (const Reason reason : JudgeTimestamps(bundle, ReadTrust(trust))) {
      EXPECT_EQ(reason.text(), wanted == expected.end() ? "" : wanted->second.text()) << name;
      ++judged;
    }
  }
  std::cout << "conformance cases: " << judged << " time-stamps judged\n";
  EXPECT_GT(judged, 10);
}

}  // namespace
}  // namespace plimsoll::crypto
