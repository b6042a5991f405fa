// Images and signatures of others, served as they were stored: what is in the registry is what is found.
#include "support/fake_registry/stored_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const auto layouts = testing::AttestedLayouts();
  EXPECT_THAT(layouts, SizeIs(9));
  for (const auto& layout : layouts) {
    const auto result = Discover(testing::PushLayout(fake_, kRepo, layout));
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
}

TEST_F(StoredImages, EverySignatureManifestShowsEachOfItsSignatures) {
  const auto rows = testing::AllStoredSignatures();
  EXPECT_THAT(rows, SizeIs(7));
  std::size_t layers = 0;
  for (const auto& row : rows) {
    testing::PushStoredSignatures(fake_, kRepo, row);
    const auto result = Discover(row.image);
    ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
    EXPECT_TRUE(result.facts.empty()) << result.facts[0].message;
    EXPECT_THAT(result.materials, SizeIs(row.layers)) << row.name;
    layers += result.materials.size();
    for (const auto& material : result.materials) {
      ASSERT_NE(Content<SimpleSigning>(material), nullptr);
      EXPECT_FALSE(Content<SimpleSigning>(material)->signature.empty());
    }
    // The images themselves are not stored, only their signatures.
    EXPECT_EQ(result.control, Control::kMissing);
  }
  EXPECT_EQ(layers, 9u);
}

}  // namespace
}  // namespace plimsoll::oci
