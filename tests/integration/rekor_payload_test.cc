// What Plimsoll rebuilds to look an image up, against what the real cosign 2 and 3 sign: byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "json/json.h"
#include "rekor/search_plan.h"
#include "sigstore/payload.h"
#include "support/testbed/testbed.h"

namespace plimsoll::testing {
namespace {

using ::testing::Contains;

class RekorPayloadTest : public TestbedTest {
 protected:
  static std::string DigestOf(const std::string& image) {
    return image.substr(image.find('@') + 1);
  }

  // The bytes of the one layer of a manifest.
  std::string LayerOf(const std::string& repository, const std::string& reference) const {
    const std::string text = Run({"manifest", reference});
    const auto manifest = json::Document::Parse(text);
    if (!manifest) {
      ADD_FAILURE() << text;
      return "";
    }
    const std::string digest(manifest->root()["layers"][0]["digest"].StringOrEmpty());
    const std::string blob = Run({"blob", repository + "@" + digest});
    EXPECT_EQ("sha256:" + Sha256Hex(AsBytes(blob)), digest) << "nothing was cut on the way";
    return blob;
  }
  static rekor::SearchPlan PlanOf(const std::string& repository, const std::string& digest,
                                  std::vector<std::string> tags = {}) {
    return rekor::PlanSearch({repository, {}, digest, std::move(tags), false});
  }
};

TEST_F(RekorPayloadTest, TheClassicPayloadOfCosign2And3IsTheFirstThatIsAskedFor) {
  int number = 0;
  for (const std::vector<std::string>& how :
       std::vector<std::vector<std::string>>{{"--key"}, {"--key", "--cosign2"}}) {
    const std::string repository = Repository("web" + std::to_string(++number));
    const std::string image = Push(repository + ":v1");
    Sign(how, image);
    const std::string digest = DigestOf(image);
    const std::string signed_bytes =
        LayerOf(repository, repository + ":sha256-" + digest.substr(7) + ".sig");
    const rekor::SearchPlan plan = PlanOf(repository, digest);
    EXPECT_EQ(plan.payloads.front(), signed_bytes);
    EXPECT_EQ(plan.terms.front(), Sha256Hex(AsBytes(signed_bytes)));
  }
}

TEST_F(RekorPayloadTest, TheStatementOfCosign2And3IsAmongTheSix) {
  int number = 0;
  for (const std::vector<std::string>& how : std::vector<std::vector<std::string>>{
           {"--key", "--bundle"}, {"--key", "--bundle", "--cosign2"}}) {
    const std::string repository =
        Repository("web" + std::to_string(++number), bed().referrers_registry());
    const std::string image = Push(repository + ":v1");
    Sign(how, image);
    const std::string referrer = Run({"referrers", image});
    const std::string bundle = LayerOf(repository, repository + "@" + referrer);
    const auto document = json::Document::Parse(bundle);
    ASSERT_TRUE(document) << bundle;
    const auto payload = Base64Decode(document->root()["dsseEnvelope"]["payload"].StringOrEmpty());
    ASSERT_TRUE(payload);
    EXPECT_THAT(sigstore::BundleStatementCandidates(DigestOf(image)),
                Contains(std::string(AsText(*payload))));
  }
}

TEST_F(RekorPayloadTest, APayloadWithTheImagesTagAsAnnotationIsRebuilt) {
  const std::string repository = Repository("web");
  const std::string image = Push(repository + ":4.169.1");
  Run({"sign", "--key", image, "--", "-a", "tag=4.169.1"});
  const std::string digest = DigestOf(image);
  const std::string signed_bytes =
      LayerOf(repository, repository + ":sha256-" + digest.substr(7) + ".sig");
  EXPECT_THAT(PlanOf(repository, digest, {"4.169.1"}).payloads, Contains(signed_bytes));
}

}  // namespace
}  // namespace plimsoll::testing
