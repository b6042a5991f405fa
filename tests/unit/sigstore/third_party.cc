#include "third_party.h"

#include <cstdlib>
#include <iostream>

#include "json/json.h"
#include "support/test_data/test_data.h"

namespace plimsoll::sigstore {

using test::ReadTestData;

std::vector<ConformanceCase> ConformanceCases() {
  const std::string folder = "sigstore-conformance/";
  const std::string text = ReadTestData(folder + "manifest.json");
  const auto manifest = json::Document::Parse(text);
  std::vector<ConformanceCase> cases;
  if (!manifest) return cases;
  const json::Value rows = manifest->root()["cases"];
  for (json::Value row = rows.first(); !row.missing(); row = row.next()) {
    ConformanceCase c;
    c.name = row["name"].StringOrEmpty();
    c.passes = row["expect"].StringOrEmpty() == "pass";
    c.bundle = ReadTestData(folder + std::string(row["bundle"].StringOrEmpty()));
    c.artifact = ReadTestData(folder + std::string(row["artifact"].StringOrEmpty()));
    c.artifact_sha256 = "sha256:" + std::string(row["sha256"].StringOrEmpty());
    const auto path = [&](const json::Value& value) {
      return test::TestDataPath(folder + std::string(value.StringOrEmpty())).string();
    };
    c.bundle_path = path(row["bundle"]);
    c.artifact_path = path(row["artifact"]);
    const std::string root(row["trustedRoot"].StringOrEmpty());
    if (root != "PRODUCTION") {
      c.trusted_root = ReadTestData(folder + root);
      c.trusted_root_path = path(row["trustedRoot"]);
      c.has_trusted_root = true;
    }
    if (const std::string key(row["key"].StringOrEmpty()); !key.empty()) {
      c.key = ReadTestData(folder + key);
      c.key_path = path(row["key"]);
      c.has_key = true;
    }
    c.identity = row["identity"].StringOrEmpty();
    c.issuer = row["issuer"].StringOrEmpty();
    cases.push_back(std::move(c));
  }
  return cases;
}

Verifier MustCreate(TrustRoot root, VerifierOptions options) {
  auto verifier = Verifier::Create(std::move(root), std::move(options));
  if (!verifier) {
    std::cerr << verifier.error().message << "\n";
    std::abort();
  }
  return std::move(*verifier);
}

TrustRoot MustParseRoot(const std::string& json) {
  auto root = TrustRoot::FromJson(json);
  if (!root) {
    std::cerr << root.error().message << "\n";
    std::abort();
  }
  return *root;
}

std::string Describe(const Verification& verification) {
  if (verification.verified()) return "Verified";
  return verification.reason.str() + ": " + verification.message;
}

}  // namespace plimsoll::sigstore
