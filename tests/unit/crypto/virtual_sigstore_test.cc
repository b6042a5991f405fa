// The virtual Sigstore itself: what it makes holds under this room's checks, and depends on the seed only.
#include "support/virtual_sigstore/virtual_sigstore.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/chain.h"
#include "crypto/sct.h"
#include "crypto/timestamp.h"
#include "json/json.h"

namespace plimsoll::test {
namespace {

crypto::Certificate Parse(const Bytes& der) {
  auto certificate = crypto::Certificate::FromDer(der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return *certificate;
}

TEST(VirtualSigstore, MakesTheSameBytesFromTheSameSeed) {
  VirtualSigstore a;
  VirtualSigstore b;
  EXPECT_EQ(a.Trust().Json(), b.Trust().Json());
  EXPECT_EQ(a.SignMessage("artifact").Json(), b.SignMessage("artifact").Json());
  VirtualSigstore other({.seed = "quay"});
  EXPECT_NE(a.Trust().Json(), other.Trust().Json());
}

TEST(VirtualSigstore, IssuesLeavesThatItsOwnAuthoritiesVouchFor) {
  const VirtualSigstore sigstore;
  const auto leaf = Parse(sigstore.IssueLeaf().der);
  const std::vector<crypto::Certificate> intermediates{Parse(sigstore.intermediate().der)};
  const std::vector<crypto::Certificate> anchors{Parse(sigstore.root().der)};
  const auto path = crypto::VerifyChain(leaf, {intermediates, anchors, kSigningTime});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(path->size(), 3u);
  const std::vector<crypto::CtLog> logs{
      {*crypto::PublicKey::FromDer(sigstore.ct_key().spki()), {}}};
  const auto scts = crypto::VerifyEmbeddedScts(leaf, (*path)[1], logs);
  EXPECT_TRUE(scts) << scts.error().message;
}

TEST(VirtualSigstore, StampsTimesThatItsOwnAuthorityVouchesFor) {
  const VirtualSigstore sigstore;
  const auto response = crypto::TimestampResponse::FromDer(sigstore.Timestamp(AsBytes("data")));
  ASSERT_TRUE(response) << response.error().message;
  const auto authority = crypto::TimestampAuthority::FromChain(
      {Parse(sigstore.tsa().der), Parse(sigstore.tsa_root().der)}, {});
  const auto time = response->Verify(AsBytes("data"), *authority);
  ASSERT_TRUE(time) << time.error().message;
  EXPECT_EQ(*time, kSigningTime);
}

TEST(VirtualSigstore, WritesJsonThatParses) {
  VirtualSigstore sigstore;
  const std::string hex(64, 'a');
  BundleSpec key_based;
  key_based.key = TestKey(KeyType::kP384, "pier");
  BundleSpec both;
  both.rekor2 = true;
  both.version = BundleSpec::Version::k01;
  for (const std::string& text :
       {sigstore.Trust().Json(), sigstore.SignMessage("x").Json(),
        sigstore.SignStatement(CosignStatement(hex), key_based).Json(),
        sigstore.SignStatement(ProvenanceStatement(hex), both).Json(),
        sigstore.SignMessage("x").entries[0].RestJson(),
        ClassicImage({sigstore.SignImage("harbour.example/crane", "sha256:" + hex),
                      sigstore.AttestImage(ProvenanceStatement(hex, "v0.2"))})
            .manifest,
        BundleImage(sigstore.SignMessage("x"), "sha256:" + hex, 7).manifest}) {
    const auto document = json::Document::Parse(text);
    EXPECT_TRUE(document) << document.error().message << "\n" << text;
  }
}

TEST(VirtualSigstore, EveryKindOfKeySignsWhatItsPublicKeyVerifies) {
  using A = crypto::SignatureAlgorithm;
  const std::vector<std::pair<KeyType, std::vector<A>>> kinds{
      {KeyType::kP256, {A::kEcdsaSha256, A::kEcdsaSha384, A::kEcdsaSha512}},
      {KeyType::kP384, {A::kEcdsaSha256, A::kEcdsaSha384, A::kEcdsaSha512}},
      {KeyType::kP521, {A::kEcdsaSha256, A::kEcdsaSha384, A::kEcdsaSha512}},
      {KeyType::kEd25519, {A::kEd25519}},
      {KeyType::kRsa2048,
       {A::kRsaPkcs1Sha256, A::kRsaPkcs1Sha384, A::kRsaPkcs1Sha512, A::kRsaPssSha256,
        A::kRsaPssSha384, A::kRsaPssSha512}}};
  for (const auto& [type, algorithms] : kinds) {
    const TestKey key(type, "mole");
    const auto parsed = crypto::PublicKey::FromDer(key.spki());
    ASSERT_TRUE(parsed) << parsed.error().message;
    for (const A algorithm : algorithms) {
      const Bytes signature = key.Sign(algorithm, AsBytes("cargo"));
      const Status good = parsed->Verify(algorithm, AsBytes("cargo"), signature);
      EXPECT_TRUE(good) << parsed->Description() << " " << crypto::AlgorithmName(algorithm) << ": "
                        << good.error().message;
      EXPECT_FALSE(parsed->Verify(algorithm, AsBytes("Cargo"), signature));
    }
  }
}

}  // namespace
}  // namespace plimsoll::test
