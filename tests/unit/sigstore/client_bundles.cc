#include "client_bundles.h"

#include <algorithm>

#include "base/encoding.h"
#include "json/json.h"
#include "json/writer.h"
#include "support/test_data/test_data.h"

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

std::string RootOf(std::string_view name) {
  if (name == "staging") return ReadTestData("trust-roots/staging/trusted_root.json");
  if (name == "go-scaffolding") {
    return ReadTestData("bundles/sigstore-go/pkg/testing/data/trusted-roots/scaffolding.json");
  }
  if (name == "rust-github") {
    return ReadTestData(
        "bundles/sigstore-rust/crates/sigstore-trust-root/src/trusted_root_github.json");
  }
  return ReadTestData("trust-roots/prod/trusted_root.json");
}

// The staging root with the timestamp authority of one client's own tests in place of its own.
std::string TsaTestRoot() {
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
  return std::move(writer).Take();
}

}  // namespace

bool ClientBundle::Fails(std::string_view check) const {
  return std::find(failing.begin(), failing.end(), check) != failing.end();
}

std::vector<ClientBundle> ClientBundles() {
  std::vector<ClientBundle> bundles;
  const std::string text = ReadTestData("bundles/catalog.json");
  const auto catalog = json::Document::Parse(text);
  if (!catalog) return bundles;
  const json::Value rows = catalog->root()["rows"];
  for (json::Value row = rows.first(); !row.missing(); row = row.next()) {
    ClientBundle c;
    c.file = row["file"].StringOrEmpty();
    for (json::Value f = row["referenceFailures"].first(); !f.missing(); f = f.next()) {
      c.failing.emplace_back(f.name());
    }
    c.bundle = BundleText(c.file);
    if (c.bundle.empty()) continue;
    c.own_timestamp_authority = c.file.ends_with("tsa/bundle.txt.sigstore");
    c.trusted_root =
        c.own_timestamp_authority ? TsaTestRoot() : RootOf(row["bestTrustRoot"].StringOrEmpty());
    c.expected = OwnSubject(c.bundle);
    bundles.push_back(std::move(c));
  }
  return bundles;
}

}  // namespace plimsoll::sigstore
