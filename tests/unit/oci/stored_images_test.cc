// Images and signatures of others, served as they were stored: what is in the registry is what is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "json/json.h"
#include "json/writer.h"
#include "registry_fixture.h"
#include "support/test_data/test_data.h"

namespace plimsoll::oci {
namespace {

using ::testing::SizeIs;

class StoredImages : public RegistryFixture {
 protected:
  void SetUp() override { PLIMSOLL_NEEDS_TEST_DATA(); }
};

TEST_F(StoredImages, EveryAttestedLayoutShowsItsProvenance) {
  std::size_t layouts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           test::TestDataPath("cosign-images/oci-layouts-attested"))) {
    ++layouts;
    const auto layout = entry.path();
    const auto blob = [&](std::string_view digest) {
      return test::ReadWholeFile(layout / "blobs" / "sha256" / std::string(digest.substr(7)));
    };
    auto image = test::ReadWholeFile(layout / "image.digest");
    image.resize(71);
    for (const auto& file : std::filesystem::directory_iterator(layout / "blobs" / "sha256")) {
      fake_.PutBlob(kRepo, test::ReadWholeFile(file.path()));
    }
    const auto index_text = test::ReadWholeFile(layout / "index.json");
    const auto index = json::Document::Parse(index_text);
    ASSERT_TRUE(index);
    const auto manifests = index->root()["manifests"];
    for (auto item = manifests.first(); !item.missing(); item = item.next()) {
      const auto kind = item["annotations"]["kind"].StringOrEmpty();
      const auto tag =
          kind.ends_with("/atts") ? "sha256-" + image.substr(7) + ".att" : std::string("v1");
      fake_.PutManifest(kRepo, blob(item["digest"].StringOrEmpty()),
                        std::string(item["mediaType"].StringOrEmpty()), tag);
    }
    const auto result = Discover(image);
    ASSERT_TRUE(result.Complete()) << layout;
    EXPECT_EQ(result.control, Control::kPresent) << layout;
    ASSERT_THAT(result.materials, SizeIs(1)) << layout;
    EXPECT_EQ(result.materials[0].storage, StorageForm::kAttestationTag);
    const auto* dsse = Content<Dsse>(result.materials[0]);
    ASSERT_NE(dsse, nullptr);
    EXPECT_FALSE(dsse->certificate.empty());
    EXPECT_FALSE(dsse->bundle.empty());
    EXPECT_TRUE(result.facts.empty());
    EXPECT_TRUE(result.manifest);
  }
  EXPECT_EQ(layouts, 9u);
}

TEST_F(StoredImages, EverySignatureManifestShowsEachOfItsSignatures) {
  const auto text = test::ReadTestData("cosign-images/sig-manifests.json");
  const auto rows = json::Document::Parse(text);
  ASSERT_TRUE(rows);
  std::size_t manifests = 0;
  std::size_t layers = 0;
  for (auto row = rows->root().first(); !row.missing(); row = row.next(), ++manifests) {
    const auto payloads = row["payloads"];
    std::string image;
    for (auto payload = payloads.first(); !payload.missing(); payload = payload.next()) {
      EXPECT_EQ(fake_.PutBlob(kRepo, std::string(payload.StringOrEmpty())), payload.name());
      const auto statement = json::Document::Parse(payload.StringOrEmpty());
      ASSERT_TRUE(statement);
      image = statement->root()["critical"]["image"]["docker-manifest-digest"].StringOrEmpty();
    }
    json::Writer writer;
    writer.Copy(row["manifest"]);
    fake_.PutManifest(kRepo, std::move(writer).Take(),
                      std::string(row["manifest"]["mediaType"].StringOrEmpty()), SigTag(image));
    const auto result = Discover(image);
    ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
    EXPECT_TRUE(result.facts.empty()) << result.facts[0].message;
    EXPECT_THAT(result.materials, SizeIs(row["manifest"]["layers"].size()));
    layers += result.materials.size();
    for (const auto& material : result.materials) {
      ASSERT_NE(Content<SimpleSigning>(material), nullptr);
      EXPECT_FALSE(Content<SimpleSigning>(material)->signature.empty());
    }
    // The images themselves are not stored, only their signatures.
    EXPECT_EQ(result.control, Control::kMissing);
  }
  EXPECT_EQ(manifests, 7u);
  EXPECT_EQ(layers, 9u);
}

}  // namespace
}  // namespace plimsoll::oci
