// Bundles of other clients' own tests, against what an independent checker found in each.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/encoding.h"
#include "json/json.h"
#include "json/writer.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

using test::ReadTestData;

std::string Rewritten(const json::Value& value) {
  json::Writer writer;
  writer.Copy(value);
  return std::move(writer).Take();
}

// "file#2" is the bundle of the second attestation of an npm file.
std::string BundleText(const std::string& name) {
  const auto hash = name.find('#');
  std::string text = ReadTestData("bundles/" + name.substr(0, hash));
  if (hash == std::string::npos) return text;
  const auto document = json::Document::Parse(text);
  if (!document) return "";
  const std::size_t index = name[hash + 1] == '0' ? 0 : 1;
  return Rewritten(document->root()["attestations"][index]["bundle"]);
}

// The artifact is not there: what the bundle itself says to be about is taken for it.
Expected OwnSubject(const std::string& text) {
  Expected expected;
  const auto document = json::Document::Parse(text);
  if (!document) return expected;
  const json::Value message = document->root()["messageSignature"]["messageDigest"]["digest"];
  if (const auto digest = Base64Decode(message.StringOrEmpty()); digest && digest->size() == 32) {
    expected.digests = {"sha256:" + HexEncode(*digest)};
    return expected;
  }
  const auto payload =
      Base64DecodeEither(document->root()["dsseEnvelope"]["payload"].StringOrEmpty());
  if (!payload) return expected;
  const auto statement = json::Document::Parse(AsText(*payload));
  if (!statement) return expected;
  const json::Value subjects = statement->root()["subject"];
  for (json::Value s = subjects.first(); !s.missing(); s = s.next()) {
    for (json::Value d = s["digest"].first(); !d.missing(); d = d.next()) {
      const std::string name(d.name());
      if (name == "sha256" || name == "sha384" || name == "sha512") {
        expected.digests.push_back(name + ":" + std::string(d.StringOrEmpty()));
      }
    }
  }
  return expected;
}

TrustRoot RootOf(std::string_view name) {
  if (name == "staging")
    return MustParseRoot(ReadTestData("trust-roots/staging/trusted_root.json"));
  if (name == "go-scaffolding") {
    return MustParseRoot(
        ReadTestData("bundles/sigstore-go/pkg/testing/data/trusted-roots/scaffolding.json"));
  }
  if (name == "rust-github") {
    return MustParseRoot(ReadTestData(
        "bundles/sigstore-rust/crates/sigstore-trust-root/src/trusted_root_github.json"));
  }
  return TrustRoot::PublicGood();
}

// The staging root with the timestamp authority of one client's own tests in place of its own.
TrustRoot TsaTestRoot() {
  const std::string staging = ReadTestData("trust-roots/staging/trusted_root.json");
  const std::string authority = ReadTestData("bundles/sigstore-python/test/assets/tsa/ca.json");
  const auto root = json::Document::Parse(staging);
  const auto tsa = json::Document::Parse(authority);
  json::Writer writer;
  writer.BeginObject();
  for (json::Value m = root->root().first(); !m.missing(); m = m.next()) {
    if (m.name() == "timestampAuthorities") continue;
    writer.Key(m.name());
    writer.Copy(m);
  }
  writer.Key("timestampAuthorities");
  writer.BeginArray();
  writer.Copy(tsa->root());
  writer.EndArray();
  writer.EndObject();
  return MustParseRoot(std::move(writer).Take());
}

// What each failing check of the independent checker may be called here.
const std::multimap<std::string, std::string>& ReasonsOfCheck() {
  static const std::multimap<std::string, std::string> kReasons = {
      {"cert", "Malformed"},  // a root in the chain, or an empty chain
      {"checkpoint", "Malformed"},
      {"struct", "Malformed"},
      {"mediaType", "UnsupportedFormat"},
      {"body", "LogEntryMismatch"},
      {"SET", "SETInvalid"},
      {"time", "NoVerifiedTime"},
      {"tlog", "NoLogProof"},
      {"SCT", "NoSCT"},
      {"chain", "CertificateNotValidAtSigningTime"},
      {"chain", "UnknownCertificateAuthority"},
      {"sig", "SignatureInvalid"},
      {"TSA", "TimestampInvalid"},
      {"TSA", "Malformed"},      // the same timestamp twice
      {"TSA", "LimitExceeded"},  // 33 timestamps
  };
  return kReasons;
}

struct Row {
  std::string file;
  std::vector<std::string> failing;
  bool Fails(std::string_view check) const {
    return std::find(failing.begin(), failing.end(), check) != failing.end();
  }
};

bool IsReasonOf(const Row& row, const std::string& reason) {
  for (const std::string& check : row.failing) {
    const auto [begin, end] = ReasonsOfCheck().equal_range(check);
    for (auto it = begin; it != end; ++it) {
      if (it->second == reason) return true;
    }
  }
  return false;
}

// The checker had no public keys. npm's publish attestations are by a key that Rekor logged: the key of
// the verified entry is the signer. Those that their test suite damaged are refused.
void CheckKeyRow(const Row& row, const Verification& v) {
  if (v.verified()) {
    EXPECT_EQ(v.signer->kind, SignerKind::kKey) << row.file;
    return;
  }
  const bool damaged = row.file.find("pub") != std::string::npos;
  EXPECT_TRUE(damaged) << row.file << ": " << Describe(v);
}

TEST(Catalogue, EveryClientBundleIsJudgedAsDocumentedOrTheDifferenceIsExplained) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string text = ReadTestData("bundles/catalog.json");
  const auto catalog = json::Document::Parse(text);
  ASSERT_TRUE(catalog);
  std::map<std::string, int> histogram;
  int judged = 0;
  const json::Value rows = catalog->root()["rows"];
  for (json::Value value = rows.first(); !value.missing(); value = value.next()) {
    Row row;
    row.file = value["file"].StringOrEmpty();
    for (json::Value f = value["referenceFailures"].first(); !f.missing(); f = f.next()) {
      row.failing.emplace_back(f.name());
    }
    const std::string bundle = BundleText(row.file);
    if (bundle.empty()) continue;
    const bool own_tsa = row.file.ends_with("tsa/bundle.txt.sigstore");
    const Verifier verifier =
        MustCreate(own_tsa ? TsaTestRoot() : RootOf(value["bestTrustRoot"].StringOrEmpty()));
    const Verification v = verifier.VerifyBundle(bundle, OwnSubject(bundle));
    ++judged;
    ++histogram[v.verified() ? "Verified" : v.reason.str()];
    if (own_tsa) {
      // One good timestamp is enough; the bad one beside it is told.
      EXPECT_TRUE(v.verified()) << Describe(v);
      EXPECT_EQ(v.ignored.size(), 1u);
    } else if (row.failing.empty()) {
      EXPECT_TRUE(v.verified()) << row.file << ": " << Describe(v);
    } else if (row.Fails("key")) {
      CheckKeyRow(row, v);
    } else {
      EXPECT_TRUE(IsReasonOf(row, v.reason.str())) << row.file << ": " << Describe(v);
    }
  }
  EXPECT_GT(judged, 100);
  std::cout << "catalogued bundles judged: " << judged << "\n";
  for (const auto& [reason, count] : histogram) std::cout << "  " << reason << " " << count << "\n";
}

}  // namespace
}  // namespace plimsoll::sigstore
