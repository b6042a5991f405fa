#include "crypto/public_key.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "support/virtual_sigstore/der_writer.h"
#include "support/virtual_sigstore/test_key.h"

namespace plimsoll::crypto {
namespace {

namespace der = test::der;
using test::KeyType;
using test::TestKey;

Reason CodeOf(const Result<PublicKey>& key) { return key ? Reason() : key.error().code; }
Reason CodeOf(const Status& status) { return status ? Reason() : status.error().code; }

const TestKey& P256() {
  static const TestKey key(KeyType::kP256, "jetty");
  return key;
}

Bytes EcSpki(const Bytes& parameters, const Bytes& point) {
  return der::Sequence(
      {der::Sequence({der::Oid("1.2.840.10045.2.1"), parameters}), der::BitString(point)});
}
const Bytes& P256Oid() {
  static const Bytes oid = der::Oid("1.2.840.10045.3.1.7");
  return oid;
}
Bytes PointOf(const TestKey& key) {
  return Bytes(key.spki().end() - 65, key.spki().end());  // of a P-256 key
}

TEST(PublicKey, ReadsEveryAcceptedKind) {
  const std::pair<KeyType, std::string> kinds[] = {{KeyType::kP256, "P-256"},
                                                   {KeyType::kP384, "P-384"},
                                                   {KeyType::kP521, "P-521"},
                                                   {KeyType::kEd25519, "Ed25519"},
                                                   {KeyType::kRsa2048, "RSA-2048"}};
  for (const auto& [type, description] : kinds) {
    const TestKey made(type, "jetty");
    const auto key = PublicKey::FromDer(made.spki());
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->Description(), description);
    EXPECT_EQ(key->spki_der(), made.spki());
    EXPECT_EQ(key->spki_sha256(), made.spki_sha256());
    EXPECT_EQ(key->Pem(), made.Pem());
    EXPECT_EQ(*PublicKey::FromPem(key->Pem()), *key);
  }
}

TEST(PublicKey, RefusesBytesThatAreNoKey) {
  EXPECT_EQ(CodeOf(PublicKey::FromDer({})), kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromDer(Bytes{0x30, 0x00})), kMalformed);
  Bytes trailing = P256().spki();
  trailing.push_back(0);
  EXPECT_EQ(CodeOf(PublicKey::FromDer(trailing)), kMalformed);
  Bytes cut = P256().spki();
  cut.pop_back();
  EXPECT_EQ(CodeOf(PublicKey::FromDer(cut)), kMalformed);
}

TEST(PublicKey, RefusesMoreBytesThanAnyKeyHas) {
  EXPECT_EQ(CodeOf(PublicKey::FromDer(Bytes(9000, 0x30))), kLimitExceeded);
  EXPECT_EQ(CodeOf(PublicKey::FromPkcs1Der(Bytes(9000, 0x30))), kLimitExceeded);
}

TEST(PublicKey, RefusesAnotherCurve) {
  EXPECT_EQ(CodeOf(PublicKey::FromDer(TestKey(KeyType::kSecp256k1, "jetty").spki())),
            kUnsupportedAlgorithm);
}

TEST(PublicKey, RefusesACurveThatIsSpelledOut) {
  // P-256 by its parameters (RFC 3279 section 2.3.5): the same key, another encoding.
  const auto number = [](const char* hex) { return der::Integer(ByteView(*HexDecode(hex))); };
  const Bytes prime = number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  const Bytes a = *HexDecode("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc");
  const Bytes b = *HexDecode("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
  const Bytes base = *HexDecode(
      "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
  const Bytes order = number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const Bytes parameters =
      der::Sequence({der::Integer(1), der::Sequence({der::Oid("1.2.840.10045.1.1"), prime}),
                     der::Sequence({der::OctetString(a), der::OctetString(b)}),
                     der::OctetString(base), order, der::Integer(1)});
  EXPECT_EQ(CodeOf(PublicKey::FromDer(EcSpki(parameters, PointOf(P256())))), kUnsupportedAlgorithm);
}

TEST(PublicKey, RefusesAPointThatIsNotOnItsCurve) {
  Bytes spki = P256().spki();
  spki.back() ^= 1;
  EXPECT_EQ(CodeOf(PublicKey::FromDer(spki)), kKeyInvalid);
}

TEST(PublicKey, RefusesThePointAtInfinityAndCompressedPoints) {
  EXPECT_EQ(CodeOf(PublicKey::FromDer(EcSpki(P256Oid(), Bytes{0}))), kKeyInvalid);
  const Bytes full = PointOf(P256());
  Bytes compressed(full.begin(), full.begin() + 33);
  compressed[0] = static_cast<std::uint8_t>(2 + (full.back() & 1));
  EXPECT_EQ(CodeOf(PublicKey::FromDer(EcSpki(P256Oid(), compressed))), kKeyInvalid);
}

TEST(PublicKey, RefusesEdwardsPointsOfSmallOrder) {
  Bytes identity(32);
  identity[0] = 1;
  const Bytes spki =
      der::Sequence({der::Sequence({der::Oid("1.3.101.112")}), der::BitString(identity)});
  EXPECT_EQ(CodeOf(PublicKey::FromDer(spki)), kKeyInvalid);
}

TEST(PublicKey, RefusesSmallAndHugeRsaKeys) {
  EXPECT_EQ(CodeOf(PublicKey::FromDer(TestKey(KeyType::kRsa1024, "jetty").spki())),
            kKeySizeRefused);
  const auto rsa = [](std::size_t bytes, std::int64_t exponent, std::uint8_t last,
                      std::uint8_t first = 0xa5) {
    Bytes modulus(bytes, 0xa5);
    modulus.back() = last;
    modulus.front() = first;
    return der::Sequence(
        {der::Sequence({der::Oid("1.2.840.113549.1.1.1"), der::Null()}),
         der::BitString(der::Sequence({der::Integer(ByteView(modulus)), der::Integer(exponent)}))});
  };
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(1032, 65537, 0xa5))), kKeySizeRefused);  // 8256 bits
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(1025, 65537, 0xa5, 0x01))), kKeySizeRefused);  // 8193
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(1024, 65537, 0xa5))), Reason());               // 8192
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 65537, 0xa5, 0x80))), Reason());          // 2048
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 65537, 0xa5, 0x7f))), kKeySizeRefused);   // 2047
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 65537, 0xa4))), kKeyInvalid);  // even modulus
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 65536, 0xa5))), kKeyInvalid);  // even exponent
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 1, 0xa5))), kKeyInvalid);
  EXPECT_EQ(CodeOf(PublicKey::FromDer(rsa(256, 4294967297, 0xa5))), kKeyInvalid);
}

TEST(PublicKey, RefusesKeysOfOtherTypes) {
  for (const char* oid :
       {"1.2.840.10040.4.1", "1.2.840.113549.1.1.10", "1.3.101.110", "1.3.101.113", "1.2.3.4"}) {
    const Bytes spki =
        der::Sequence({der::Sequence({der::Oid(oid)}), der::BitString(Bytes(32, 7))});
    EXPECT_EQ(CodeOf(PublicKey::FromDer(spki)), kUnsupportedAlgorithm) << oid;
  }
}

TEST(PublicKey, RefusesASecondEncodingOfAKey) {
  const TestKey made(KeyType::kRsa2048, "jetty");
  const auto good = PublicKey::FromDer(made.spki());
  ASSERT_TRUE(good);
  // The same RSA key with absent parameters in place of NULL.
  const Bytes& spki = made.spki();
  const Bytes bits(spki.begin() + 19, spki.end());
  const Bytes other = der::Sequence({der::Sequence({der::Oid("1.2.840.113549.1.1.1")}), bits});
  EXPECT_EQ(CodeOf(PublicKey::FromDer(other)), kMalformed);
}

TEST(PublicKey, ReadsOnePemBlockAndNothingElse) {
  const std::string pem = P256().Pem();
  EXPECT_EQ(CodeOf(PublicKey::FromPem("\n" + pem + "\n")), Reason());
  EXPECT_EQ(CodeOf(PublicKey::FromPem("")), kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem("x" + pem)), kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem(pem + "x")), kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem(pem + pem)), kLimitExceeded);
  EXPECT_EQ(CodeOf(PublicKey::FromPem("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                      "-----END CERTIFICATE-----\n")),
            kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem("-----BEGIN PUBLIC KEY-----\nAAAA\n")), kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n")),
            kMalformed);
  EXPECT_EQ(CodeOf(PublicKey::FromPem(std::string(2 << 20, '\n'))), kLimitExceeded);
}

TEST(Signature, HoldsForTheMessageAndNoOther) {
  const auto key = *PublicKey::FromDer(P256().spki());
  const Bytes signature = P256().Sign(AsBytes("cargo"));
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEcdsaSha256, AsBytes("cargo"), signature)),
            Reason());
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEcdsaSha256, AsBytes("Cargo"), signature)),
            kSignatureMismatch);
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEcdsaSha256, AsBytes("cargo"), {})),
            kSignatureMismatch);
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEcdsaSha256, AsBytes("cargo"), Bytes(5000))),
            kSignatureMismatch);
}

TEST(Signature, TheHashIsTheAlgorithmsAndNotTheCurves) {
  const TestKey made(KeyType::kP384, "jetty");
  const auto key = *PublicKey::FromDer(made.spki());
  const Bytes signature = made.Sign(SignatureAlgorithm::kEcdsaSha256, AsBytes("cargo"));
  EXPECT_TRUE(key.Verify(SignatureAlgorithm::kEcdsaSha256, AsBytes("cargo"), signature));
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEcdsaSha384, AsBytes("cargo"), signature)),
            kSignatureMismatch);
}

TEST(Signature, RsaKeysOfEverySizeVerifyBothPaddingsWithEveryHash) {
  using A = SignatureAlgorithm;
  for (const KeyType type :
       {KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096, KeyType::kRsa8192}) {
    const TestKey made(type, "jetty");
    const auto key = *PublicKey::FromDer(made.spki());
    const A algorithms[] = {A::kRsaPkcs1Sha256, A::kRsaPkcs1Sha384, A::kRsaPkcs1Sha512,
                            A::kRsaPssSha256,   A::kRsaPssSha384,   A::kRsaPssSha512};
    for (const A algorithm : algorithms) {
      const Bytes signature = made.Sign(algorithm, AsBytes("cargo"));
      for (const A other : algorithms) {
        EXPECT_EQ(CodeOf(key.Verify(other, AsBytes("cargo"), signature)),
                  other == algorithm ? Reason() : kSignatureMismatch)
            << key.Description() << ": " << AlgorithmName(algorithm) << " as "
            << AlgorithmName(other);
      }
    }
  }
}

TEST(Signature, RefusesAnAlgorithmOfAnotherKeyType) {
  const auto key = *PublicKey::FromDer(P256().spki());
  for (const auto algorithm : {SignatureAlgorithm::kEd25519, SignatureAlgorithm::kRsaPkcs1Sha256,
                               SignatureAlgorithm::kRsaPssSha512}) {
    EXPECT_EQ(CodeOf(key.Verify(algorithm, AsBytes("cargo"), Bytes(64))), kAlgorithmMismatch);
  }
}

TEST(Signature, Ed25519phIsRecognisedAndNotJudged) {
  const auto key = *PublicKey::FromDer(TestKey(KeyType::kEd25519, "jetty").spki());
  EXPECT_EQ(CodeOf(key.Verify(SignatureAlgorithm::kEd25519ph, AsBytes("cargo"), Bytes(64))),
            kUnsupportedAlgorithm);
  EXPECT_EQ(*AlgorithmOfKeyDetails("PKIX_ED25519_PH"), SignatureAlgorithm::kEd25519ph);
}

TEST(Signature, AGivenDigestIsEnoughWhereTheSchemeHashesFirst) {
  const auto key = *PublicKey::FromDer(P256().spki());
  const Bytes signature = P256().Sign(AsBytes("cargo"));
  EXPECT_TRUE(
      key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, Sha256(AsBytes("cargo")), signature));
  EXPECT_EQ(CodeOf(key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, Bytes(20), signature)),
            kInvalidArgument);
  const TestKey edwards(KeyType::kEd25519, "jetty");
  EXPECT_EQ(CodeOf(PublicKey::FromDer(edwards.spki())
                       ->VerifyDigest(SignatureAlgorithm::kEd25519, Bytes(64),
                                      edwards.Sign(AsBytes("cargo")))),
            kAlgorithmMismatch);
}

TEST(KeyDetails, NameOneKindOfKeyAndOneAlgorithm) {
  const auto p256 = *PublicKey::FromDer(P256().spki());
  EXPECT_EQ(KeyDetailsOf(p256, SignatureAlgorithm::kEcdsaSha256), "PKIX_ECDSA_P256_SHA_256");
  EXPECT_EQ(KeyDetailsOf(p256, SignatureAlgorithm::kEcdsaSha512), "");
  const TestKey rsa_made(KeyType::kRsa2048, "jetty");
  const auto rsa = *PublicKey::FromDer(rsa_made.spki());
  EXPECT_EQ(KeyDetailsOf(rsa, SignatureAlgorithm::kRsaPssSha256), "PKIX_RSA_PSS_2048_SHA256");
  EXPECT_TRUE(KeyOfDetails(P256().spki(), "PKIX_ECDSA_P256_SHA_256"));
  EXPECT_EQ(CodeOf(KeyOfDetails(P256().spki(), "PKIX_ECDSA_P384_SHA_384")), kAlgorithmMismatch);
  EXPECT_EQ(CodeOf(KeyOfDetails(rsa_made.spki(), "PKIX_RSA_PSS_3072_SHA256")), kAlgorithmMismatch);
  EXPECT_EQ(CodeOf(KeyOfDetails(P256().spki(), "ML_DSA_65")), kUnsupportedAlgorithm);
  const Bytes pkcs1(rsa_made.spki().begin() + 24, rsa_made.spki().end());
  const auto old = KeyOfDetails(pkcs1, "PKCS1_RSA_PKCS1V5");
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(*old, rsa);
}

}  // namespace
}  // namespace plimsoll::crypto
