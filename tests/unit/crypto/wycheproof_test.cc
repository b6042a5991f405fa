// Project Wycheproof's signature vectors against PublicKey: every verdict is the vectors' own.
#include <gtest/gtest.h>

#include <iostream>

#include "base/encoding.h"
#include "crypto/public_key.h"
#include "json/json.h"
#include "support/test_data/test_data.h"

namespace plimsoll::crypto {
namespace {

struct File {
  const char* name;
  SignatureAlgorithm algorithm;
  std::int64_t tests;
};

void PrintTo(const File& file, std::ostream* out) { *out << file.name; }

class Wycheproof : public ::testing::TestWithParam<File> {};

Bytes Hex(json::Value value) { return *HexDecode(value.StringOrEmpty()); }

TEST_P(Wycheproof, EveryVerdictIsTheVectorsOwn) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const File& file = GetParam();
  json::Limits limits;
  limits.max_values = 1'000'000;
  const auto document =
      json::Document::Parse(test::ReadTestData(std::string("wycheproof/") + file.name), limits);
  ASSERT_TRUE(document) << document.error().message;
  std::int64_t valid = 0;
  std::int64_t invalid = 0;
  std::int64_t acceptable = 0;
  for (auto group = document->root()["testGroups"].first(); !group.missing();
       group = group.next()) {
    const auto key = PublicKey::FromDer(Hex(group["publicKeyDer"]));
    ASSERT_TRUE(key) << key.error().message;
    const auto from_pem = PublicKey::FromPem(group["publicKeyPem"].StringOrEmpty());
    ASSERT_TRUE(from_pem) << from_pem.error().message;
    EXPECT_EQ(*key, *from_pem);
    for (auto test = group["tests"].first(); !test.missing(); test = test.next()) {
      const Bytes message = Hex(test["msg"]);
      const Bytes signature = Hex(test["sig"]);
      const Status status = key->Verify(file.algorithm, message, signature);
      const std::string_view expected = test["result"].StringOrEmpty();
      const std::string what = std::to_string(*test["tcId"].Int64()) + ": " +
                               std::string(test["comment"].StringOrEmpty());
      if (expected == "valid") {
        EXPECT_TRUE(status) << what;
        ++valid;
      } else if (expected == "invalid") {
        EXPECT_EQ(status ? Reason() : status.error().code, kSignatureMismatch) << what;
        ++invalid;
      } else {
        ++acceptable;
      }
      if (file.algorithm == SignatureAlgorithm::kEd25519) continue;
      const bool sha256 = file.algorithm == SignatureAlgorithm::kEcdsaSha256 ||
                          file.algorithm == SignatureAlgorithm::kRsaPkcs1Sha256;
      const Bytes digest =
          sha256 ? ToBytes(Sha256(message))
                 : (file.algorithm == SignatureAlgorithm::kEcdsaSha384 ? Sha384(message)
                                                                       : Sha512(message));
      EXPECT_EQ(key->VerifyDigest(file.algorithm, digest, signature).has_value(),
                status.has_value())
          << what;
    }
  }
  std::cout << "wycheproof " << file.name << ": " << valid << " valid, " << invalid << " invalid, "
            << acceptable << " acceptable\n";
  EXPECT_EQ(valid + invalid + acceptable, file.tests);
}

using A = SignatureAlgorithm;
INSTANTIATE_TEST_SUITE_P(
    Files, Wycheproof,
    ::testing::Values(File{"ecdsa_secp256r1_sha256_test.json", A::kEcdsaSha256, 484},
                      File{"ecdsa_secp256r1_sha512_test.json", A::kEcdsaSha512, 554},
                      File{"ecdsa_secp384r1_sha256_test.json", A::kEcdsaSha256, 472},
                      File{"ecdsa_secp384r1_sha384_test.json", A::kEcdsaSha384, 504},
                      File{"ecdsa_secp384r1_sha512_test.json", A::kEcdsaSha512, 542},
                      File{"ecdsa_secp521r1_sha512_test.json", A::kEcdsaSha512, 542},
                      File{"ed25519_test.json", A::kEd25519, 151},
                      File{"rsa_signature_2048_sha256_test.json", A::kRsaPkcs1Sha256, 259},
                      File{"rsa_signature_3072_sha256_test.json", A::kRsaPkcs1Sha256, 259},
                      File{"rsa_signature_4096_sha256_test.json", A::kRsaPkcs1Sha256, 258}),
    [](const auto& file) {
      const std::string name(file.param.name);
      return name.substr(0, name.find("_test"));
    });

}  // namespace
}  // namespace plimsoll::crypto
