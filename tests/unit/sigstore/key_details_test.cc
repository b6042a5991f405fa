// The keys of logs verify as the trust root's key details say, and in no other way.
#include <gtest/gtest.h>

#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using crypto::SignatureAlgorithm;
using test::KeyType;
using test::SigstoreOptions;
using test::VirtualSigstore;

struct Case {
  KeyType type;
  SignatureAlgorithm algorithm;
  const char* details;
};

constexpr Case kCases[] = {
    {KeyType::kP256, SignatureAlgorithm::kEcdsaSha256, "PKIX_ECDSA_P256_SHA_256"},
    {KeyType::kP384, SignatureAlgorithm::kEcdsaSha384, "PKIX_ECDSA_P384_SHA_384"},
    {KeyType::kP384, SignatureAlgorithm::kEcdsaSha256, "PKIX_ECDSA_P384_SHA_256"},
    {KeyType::kP521, SignatureAlgorithm::kEcdsaSha512, "PKIX_ECDSA_P521_SHA_512"},
    {KeyType::kP521, SignatureAlgorithm::kEcdsaSha256, "PKIX_ECDSA_P521_SHA_256"},
    {KeyType::kEd25519, SignatureAlgorithm::kEd25519, "PKIX_ED25519"},
    {KeyType::kRsa2048, SignatureAlgorithm::kRsaPkcs1Sha256, "PKIX_RSA_PKCS1V15_2048_SHA256"},
    {KeyType::kRsa3072, SignatureAlgorithm::kRsaPkcs1Sha256, "PKIX_RSA_PKCS1V15_3072_SHA256"},
    {KeyType::kRsa4096, SignatureAlgorithm::kRsaPkcs1Sha256, "PKIX_RSA_PKCS1V15_4096_SHA256"},
    {KeyType::kRsa8192, SignatureAlgorithm::kRsaPkcs1Sha256, "PKIX_RSA_PKCS1V5"},
    {KeyType::kRsa2048, SignatureAlgorithm::kRsaPssSha256, "PKIX_RSA_PSS_2048_SHA256"},
    {KeyType::kRsa3072, SignatureAlgorithm::kRsaPssSha256, "PKIX_RSA_PSS_3072_SHA256"},
    {KeyType::kRsa4096, SignatureAlgorithm::kRsaPssSha256, "PKIX_RSA_PSS_4096_SHA256"},
    {KeyType::kRsa8192, SignatureAlgorithm::kRsaPssSha256, "PKIX_RSA_PSS"},
};

class KeyDetails : public VirtualTest {
 protected:
  // A bundle whose promise, proof and Rekor v2 entry are all by keys of this kind.
  struct Signed {
    std::string json;
    test::TrustDocument trust;
  };
  static Signed SignWith(const Case& c) {
    SigstoreOptions options;
    options.rekor_key = c.type;
    options.rekor_algorithm = c.algorithm;
    options.rekor2_key = c.type;
    options.rekor2_algorithm = c.algorithm;
    VirtualSigstore sigstore(options);
    test::BundleSpec spec;
    spec.rekor2 = true;
    spec.timestamp = true;
    return {sigstore.SignMessage(kArtifact, spec).Json(), sigstore.Trust()};
  }
};

TEST_F(KeyDetails, EveryKindOfLogKeyVerifiesPromiseProofAndCheckpoint) {
  for (const Case& c : kCases) {
    const Signed made = SignWith(c);
    ASSERT_EQ(made.trust.logs[0].key_details, c.details);
    const Verification v = Bundle(made.json, ArtifactExpected(), made.trust);
    ASSERT_TRUE(v.verified()) << c.details << Describe(v);
    EXPECT_TRUE(v.log->promise);
    EXPECT_TRUE(v.log->inclusion);
    EXPECT_TRUE(v.ignored.empty()) << c.details << ": " << v.ignored.front();
  }
}

TEST_F(KeyDetails, TheSchemeIsTheOneThatTheDetailsName) {
  // The same RSA key, the same signature; only the trust root says another padding.
  const std::pair<Case, const char*> swapped[] = {
      {{KeyType::kRsa2048, SignatureAlgorithm::kRsaPssSha256, ""}, "PKIX_RSA_PKCS1V15_2048_SHA256"},
      {{KeyType::kRsa2048, SignatureAlgorithm::kRsaPkcs1Sha256, ""}, "PKIX_RSA_PSS_2048_SHA256"},
      {{KeyType::kP384, SignatureAlgorithm::kEcdsaSha256, ""}, "PKIX_ECDSA_P384_SHA_384"},
      {{KeyType::kP521, SignatureAlgorithm::kEcdsaSha512, ""}, "PKIX_ECDSA_P521_SHA_256"},
  };
  for (const auto& [made_with, details] : swapped) {
    Signed made = SignWith(made_with);
    for (auto& log : made.trust.logs) log.key_details = details;
    ExpectRejected(Bundle(made.json, ArtifactExpected(), made.trust), kSetInvalid);
  }
}

TEST_F(KeyDetails, DetailsOfAnotherKindOrSizeOfKeyMakeATrustRootMalformed) {
  Signed made = SignWith(kCases[0]);
  for (const char* details :
       {"PKIX_ECDSA_P384_SHA_384", "PKIX_RSA_PKCS1V15_2048_SHA256", "PKIX_ED25519", ""}) {
    made.trust.logs[0].key_details = details;
    const auto root = TrustRoot::FromJson(made.trust.Json());
    ASSERT_FALSE(root) << details;
    EXPECT_EQ(root.error().code, kMalformed) << details;
  }
}

TEST_F(KeyDetails, RsaCtLogsSignCertificateTimestampsToo) {
  SigstoreOptions options;
  options.ct_key = KeyType::kRsa2048;
  VirtualSigstore sigstore(options);
  const Verification v =
      Bundle(sigstore.SignMessage(kArtifact).Json(), ArtifactExpected(), sigstore.Trust());
  EXPECT_TRUE(v.verified()) << Describe(v);
}

TEST_F(KeyDetails, SignersWithRsaKeysOfEverySizeVerify) {
  for (const KeyType type :
       {KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096, KeyType::kRsa8192}) {
    test::BundleSpec spec;
    spec.leaf.key = type;
    EXPECT_TRUE(Message(sigstore_.SignMessage(kArtifact, spec)).verified())
        << static_cast<int>(type);
  }
}

TEST_F(KeyDetails, ARekorV2EntryNamesTheSchemeOfItsSignature) {
  for (const auto algorithm :
       {SignatureAlgorithm::kRsaPssSha256, SignatureAlgorithm::kRsaPkcs1Sha256}) {
    test::BundleSpec spec;
    spec.leaf.key = KeyType::kRsa2048;
    spec.algorithm = algorithm;
    spec.rekor1 = false;
    spec.rekor2 = true;
    EXPECT_TRUE(Message(sigstore_.SignMessage(kArtifact, spec)).verified());
    const std::string pss = "PKIX_RSA_PSS_2048_SHA256";
    const std::string pkcs1 = "PKIX_RSA_PKCS1V15_2048_SHA256";
    spec.entry2.adjust_body = [&](std::string& body) {
      const bool is_pss = body.find(pss) != std::string::npos;
      const std::string& from = is_pss ? pss : pkcs1;
      body.replace(body.find(from), from.size(), is_pss ? pkcs1 : pss);
    };
    ExpectRejected(Message(sigstore_.SignMessage(kArtifact, spec)), kSignatureInvalid);
  }
}

}  // namespace
}  // namespace plimsoll::sigstore
