// What cosign signs, byte by byte: vectors whose hashes are in public logs.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "sigstore/payload.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

TEST(Payload, TheDefaultPayloadHasTheHashThatTheLogHolds) {
  EXPECT_EQ(Sha256Hex(AsBytes(SimpleSigningPayload(
                "registry-testing.svc.lan/kubewarden/disallow-service-nodeport",
                "sha256:5f481572d088dc4023afb35fced9530ced3d9b03bf7299c6f492163cb9f0452e"))),
            "e7801de935512e22b237c7b57e42ca4d20e2134bdf1b98f976c8f55d9cfe4067");
  EXPECT_EQ(Sha256Hex(AsBytes(SimpleSigningPayload(
                "192.168.64.2:5000/cosign-signed/fulcio-rekor-1",
                "sha256:0489474da8ea22426ece86ace6c1c0026ab2fd3cdfbbd62b7e94650266c37d9a"))),
            "2dcf9e65b95efb54d936085b0b4519b22fb2e9ab47312ded0ec0fa45384701ed");
  EXPECT_EQ(Sha256Hex(AsBytes(SimpleSigningPayload(
                CosignReference("docker.io/salrashid123/server_image"),
                "sha256:c05263d2ff654c3a94243662440913f045075d59c436e2c69e9145ec2b87a321"))),
            "d8a030716080e45139ff0d6d8de7649cc500dc34ff2b9d699200c0a5d550464b");
}

TEST(Payload, AnnotationsAreSortedAndEscapedAsGoWritesThem) {
  const std::string text =
      SimpleSigningPayload("r", "sha256:00", {{"b", "<&>"}, {"a", "\xe2\x80\xa8\"\\\n\x01\xff"}});
  EXPECT_NE(text.find(R"("optional":{"a":"\u2028\"\\\n\u0001\ufffd","b":"\u003c\u0026\u003e"}})"),
            std::string::npos)
      << text;
}

TEST(Payload, TheSixStatementsOfBundleSignaturesHaveTheHashesOfTheirVersions) {
  const auto candidates = BundleStatementCandidates(
      "sha256:c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172");
  ASSERT_EQ(candidates.size(), 6u);
  const char* payload_hashes[] = {
      "83c081b99ed150ec3e6512fc7bbe77736c3ed05eeda9e6dbadde0adeaff6113a",
      "d48f40794b430d4807521583df2e3d7e356dc8aad3c8aa025000b1daa36ac096",
      "736c85e434454351bb48cde164f34376cb4a992dd2dfbe1e20326986b1a688c4",
      "ffb71933f675ecb44296c0a7321becd007932d52b5d7af92c87a6f1359359260",
      "371218671ccee4edc5fa6a820f005fbf8bf866c1ef363710cbfd3b8e1f548ac0",
      "1ba9dfec5a4610ed759157942d925f3b64c28cdd0e4e6d8f681dec2a56e36417"};
  const char* encoding_hashes[] = {
      "a89ef28bcd4e56d7637a64567bda6a8bf897779c73dc8f630f892265475e2c07",
      "51a071b16c50a1732494130347f2017ce330cae3e41437e2974dcad75a3a22cd",
      "26e69dc71659ad51a8e43a7a9b9cac6c60ae96e5dc905e253ac2d1901bdefebd",
      "6ef9902a3928511e50855dfea92f2fb00c38f0663859111ce56f75771a22fcf5",
      "b79e222533efb7c88249c58d8862506438f58a8b764ab20e2b33166671d7ee1c",
      "8c4e13ca8060bf4dd598e03400b6f1f570567c5745edcf70544fa8b6d50fbb67"};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    EXPECT_EQ(Sha256Hex(AsBytes(candidates[i])), payload_hashes[i]);
    EXPECT_EQ(Sha256Hex(PreAuthenticationEncoding(kInTotoPayloadType, candidates[i])),
              encoding_hashes[i]);
  }
}

TEST(Payload, ReadsWhatItWrites) {
  const auto simple = ParseSimpleSigning(SimpleSigningPayload("r/x", "sha256:00", {{"k", "v"}}));
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->docker_reference, "r/x");
  EXPECT_EQ(simple->manifest_digest, "sha256:00");
  EXPECT_EQ(simple->optional.at("k"), "v");
}

TEST(Payload, RefusesWhatIsNoSimpleSigning) {
  for (const char* text :
       {"", "[]", "{}", "{\"critical\":1}", "\"x\"", "{\"critical\":{\"type\":2}}"}) {
    EXPECT_FALSE(ParseSimpleSigning(text)) << text;
  }
}

}  // namespace
}  // namespace plimsoll::sigstore
