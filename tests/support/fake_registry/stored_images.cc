#include "support/fake_registry/stored_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "json/json.h"
#include "json/writer.h"
#include "support/test_data/test_data.h"

namespace plimsoll::testing {
namespace {

std::string TagOf(const std::string& image, const std::string& suffix) {
  return "sha256-" + image.substr(7) + suffix;
}

json::Document Parsed(const std::string& text) {
  auto document = json::Document::Parse(text);
  EXPECT_TRUE(document) << text;
  return document ? std::move(*document) : *json::Document::Parse("{}");
}

std::string ImageNamedBy(const std::string& payload) {
  const auto statement = Parsed(payload);
  return std::string(
      statement.root()["critical"]["image"]["docker-manifest-digest"].StringOrEmpty());
}

}  // namespace

std::vector<std::string> AttestedLayouts() {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(
           test::TestDataPath("cosign-images/oci-layouts-attested"))) {
    folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string PushLayout(FakeRegistry& registry, const std::string& repository,
                       const std::string& folder) {
  const std::filesystem::path layout = folder;
  const auto blobs = layout / "blobs" / "sha256";
  for (const auto& file : std::filesystem::directory_iterator(blobs))
    registry.PutBlob(repository, test::ReadWholeFile(file.path()));
  auto image = test::ReadWholeFile(layout / "image.digest");
  image.resize(71);
  const auto index_text = test::ReadWholeFile(layout / "index.json");
  const auto index = Parsed(index_text);
  const auto manifests = index.root()["manifests"];
  for (auto item = manifests.first(); !item.missing(); item = item.next()) {
    const bool attestations = item["annotations"]["kind"].StringOrEmpty().ends_with("/atts");
    const std::string digest(item["digest"].StringOrEmpty());
    registry.PutManifest(repository, test::ReadWholeFile(blobs / digest.substr(7)),
                         std::string(item["mediaType"].StringOrEmpty()),
                         attestations ? TagOf(image, ".att") : "v1");
  }
  return image;
}

std::vector<StoredSignatures> AllStoredSignatures() {
  std::vector<StoredSignatures> all;
  const auto text = test::ReadTestData("cosign-images/sig-manifests.json");
  const auto rows = Parsed(text);
  for (auto row = rows.root().first(); !row.missing(); row = row.next()) {
    StoredSignatures stored;
    stored.name = row["name"].StringOrEmpty();
    json::Writer writer;
    writer.Copy(row["manifest"]);
    stored.manifest = std::move(writer).Take();
    stored.media_type = row["manifest"]["mediaType"].StringOrEmpty();
    stored.layers = row["manifest"]["layers"].size();
    const auto payloads = row["payloads"];
    for (auto payload = payloads.first(); !payload.missing(); payload = payload.next())
      stored.payloads[std::string(payload.name())] = payload.StringOrEmpty();
    const auto keys = row["keys"];
    for (auto key = keys.first(); !key.missing(); key = key.next())
      stored.keys[std::string(key.name())] = key.StringOrEmpty();
    if (!stored.payloads.empty()) stored.image = ImageNamedBy(stored.payloads.begin()->second);
    all.push_back(std::move(stored));
  }
  return all;
}

void PushStoredSignatures(FakeRegistry& registry, const std::string& repository,
                          const StoredSignatures& signatures) {
  for (const auto& [digest, payload] : signatures.payloads)
    EXPECT_EQ(registry.PutBlob(repository, payload), digest);
  registry.PutManifest(repository, signatures.manifest, signatures.media_type,
                       TagOf(signatures.image, ".sig"));
}

}  // namespace plimsoll::testing
