#include "crypto/chain.h"

#include <gtest/gtest.h>

#include "crypto/limits.h"
#include "support/virtual_sigstore/der_writer.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::crypto {
namespace {

using test::Authority;
using test::CertificateSpec;
using test::GeneralName;
using test::kSigningTime;
using test::LeafSpec;
using test::SigstoreOptions;
using test::VirtualSigstore;

Certificate Parse(const Bytes& der) {
  auto certificate = Certificate::FromDer(der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return *certificate;
}

struct Judged {
  VirtualSigstore& sigstore;
  LeafSpec leaf = {};
  Time at = kSigningTime;
  std::vector<Certificate> more = {};

  Result<CertificatePath> Path() {
    std::vector<Certificate> intermediates{Parse(sigstore.intermediate().der)};
    intermediates.insert(intermediates.end(), more.begin(), more.end());
    const std::vector<Certificate> anchors{Parse(sigstore.root().der)};
    return VerifyChain(Parse(sigstore.IssueLeaf(leaf).der), {intermediates, anchors, at});
  }
  Reason Code() {
    const auto path = Path();
    return path ? Reason() : path.error().code;
  }
};

VirtualSigstore& Harbour() {
  static VirtualSigstore sigstore;
  return sigstore;
}

Reason CodeWithLeaf(const std::function<void(CertificateSpec&)>& change) {
  Judged judged{Harbour()};
  judged.leaf.certificate = change;
  return judged.Code();
}

Reason CodeWith(SigstoreOptions options) {
  VirtualSigstore sigstore(std::move(options));
  return Judged{sigstore}.Code();
}

TEST(Chain, LeadsFromTheLeafOverItsIssuerToTheRoot) {
  const auto path = Judged{Harbour()}.Path();
  ASSERT_TRUE(path) << path.error().message;
  ASSERT_EQ(path->size(), 3u);
  EXPECT_EQ((*path)[1].der(), Harbour().intermediate().der);
  EXPECT_EQ((*path)[2].der(), Harbour().root().der);
}

TEST(Chain, ValidityIncludesBothItsEndsAndNotAMicrosecondMore) {
  const Time first = kSigningTime - std::chrono::minutes(1);
  const Time last = kSigningTime + std::chrono::minutes(9);
  const Duration tick(1);
  EXPECT_EQ((Judged{Harbour(), {}, first}.Code()), Reason());
  EXPECT_EQ((Judged{Harbour(), {}, last}.Code()), Reason());
  EXPECT_EQ((Judged{Harbour(), {}, first - tick}.Code()), kCertificateNotYetValid);
  EXPECT_EQ((Judged{Harbour(), {}, last + tick}.Code()), kCertificateExpired);
}

TEST(Chain, EveryIssuerMustBeValidToo) {
  SigstoreOptions expired;
  expired.intermediate = [](CertificateSpec& c) {
    c.not_after = kSigningTime - Duration(1'000'000);
  };
  EXPECT_EQ(CodeWith(expired), kCertificateExpired);
  SigstoreOptions early;
  early.root = [](CertificateSpec& c) { c.not_before = kSigningTime + Duration(1'000'000); };
  EXPECT_EQ(CodeWith(early), kCertificateNotYetValid);
}

TEST(Chain, AStrangersLeafHasNoKnownAuthority) {
  VirtualSigstore stranger({.seed = "stranger"});
  const std::vector<Certificate> intermediates{Parse(stranger.intermediate().der)};
  const std::vector<Certificate> anchors{Parse(Harbour().root().der)};
  const auto path =
      VerifyChain(Parse(stranger.IssueLeaf().der), {intermediates, anchors, kSigningTime});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, kUnknownAuthority);
}

TEST(Chain, AGivenRootIsNoAnchor) {
  VirtualSigstore stranger({.seed = "stranger"});
  const std::vector<Certificate> given{Parse(stranger.intermediate().der),
                                       Parse(stranger.root().der)};
  const std::vector<Certificate> anchors{Parse(Harbour().root().der)};
  const auto path = VerifyChain(Parse(stranger.IssueLeaf().der), {given, anchors, kSigningTime});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, kUnknownAuthority);
}

TEST(Chain, WithoutItsIntermediateALeafHasNoKnownAuthority) {
  const std::vector<Certificate> anchors{Parse(Harbour().root().der)};
  const auto path = VerifyChain(Parse(Harbour().IssueLeaf().der), {{}, anchors, kSigningTime});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, kUnknownAuthority);
}

TEST(Chain, AnIntermediateMayBeTheAnchor) {
  const std::vector<Certificate> anchors{Parse(Harbour().intermediate().der)};
  const auto path = VerifyChain(Parse(Harbour().IssueLeaf().der), {{}, anchors, kSigningTime});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(path->size(), 2u);
}

TEST(Chain, ALeafIsNeverItsOwnAnchor) {
  const Certificate leaf = Parse(Harbour().IssueLeaf().der);
  const std::vector<Certificate> anchors{leaf};
  const auto path = VerifyChain(leaf, {{}, anchors, kSigningTime});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, kUnknownAuthority);
}

TEST(Chain, ADamagedSignatureIsNotAnUnknownAuthority) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.damage_signature = true; }),
            kCertificateSignatureMismatch);
  SigstoreOptions options;
  options.intermediate = [](CertificateSpec& c) { c.damage_signature = true; };
  EXPECT_EQ(CodeWith(options), kCertificateSignatureMismatch);
}

TEST(Chain, ALeafThatIsAnAuthorityIsRefused) {
  const auto make_authority = [](CertificateSpec& c) {
    c.basic_constraints = true;
    c.is_ca = true;
    c.key_usage |= test::kUsageKeyCertSign;
  };
  EXPECT_EQ(CodeWithLeaf(make_authority), kLeafIsAuthority);
  SigstoreOptions options;
  options.intermediate = [](CertificateSpec& c) { c.path_length.reset(); };
  VirtualSigstore sigstore(options);
  Judged judged{sigstore};
  judged.leaf.certificate = [&](CertificateSpec& c) {
    make_authority(c);
    c.subject.common_name = "deck";  // all else is as the profile asks
  };
  EXPECT_EQ(judged.Code(), kLeafIsAuthority);
}

TEST(Chain, TheLeafsKeyMustBeForSignatures) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.key_usage = 0x20; }),  // keyEncipherment
            kKeyUsageMismatch);
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.key_usage = test::kUsageContentCommitment; }),
            kKeyUsageMismatch);
}

TEST(Chain, TheLeafMustNameThePurposeItself) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.extended_key_usage = {}; }),
            kExtendedKeyUsageMismatch);
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; }),
            kExtendedKeyUsageMismatch);
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.extended_key_usage = {"2.5.29.37.0"}; }),
            kExtendedKeyUsageMismatch);
}

TEST(Chain, AnIssuerMayNotHandOnAPurposeThatItLacks) {
  SigstoreOptions options;
  options.intermediate = [](CertificateSpec& c) { c.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; };
  EXPECT_EQ(CodeWith(options), kExtendedKeyUsageMismatch);
  options.intermediate = [](CertificateSpec& c) { c.extended_key_usage = {}; };
  EXPECT_EQ(CodeWith(options), Reason());
}

TEST(Chain, AnIssuerMustBeAnAuthority) {
  SigstoreOptions options;
  options.intermediate = [](CertificateSpec& c) {
    c.is_ca = false;
    c.path_length.reset();
    c.key_usage = test::kUsageDigitalSignature;
  };
  EXPECT_EQ(CodeWith(options), kNotACertificateAuthority);
  options.intermediate = [](CertificateSpec& c) { c.key_usage = test::kUsageCrlSign; };
  EXPECT_EQ(CodeWith(options), kNotACertificateAuthority);
}

// root -> intermediate -> n further authorities -> leaf
Reason CodeOfDeepPath(int further, std::optional<int> path_length) {
  SigstoreOptions options;
  options.intermediate = [&](CertificateSpec& c) { c.path_length = path_length; };
  VirtualSigstore sigstore(options);
  std::vector<Authority> authorities{sigstore.intermediate()};
  authorities.reserve(static_cast<std::size_t>(further) + 1);
  Judged judged{sigstore};
  for (int i = 0; i < further; ++i) {
    CertificateSpec spec = sigstore.intermediate().spec;
    spec.path_length.reset();
    spec.subject.common_name = "deck " + std::to_string(i);
    const test::TestKey key(test::KeyType::kP256, spec.subject.common_name);
    const Authority& issuer = authorities.back();
    authorities.push_back(
        {spec, key, WriteCertificate(spec, key.spki(), issuer.AsSigner()), spec.subject.Der()});
    judged.more.push_back(Parse(authorities.back().der));
  }
  judged.leaf.issuer = &authorities.back();
  return judged.Code();
}

TEST(Chain, PathLengthsAndTheDepthLimitHold) {
  EXPECT_EQ(CodeOfDeepPath(1, 0), kPathTooLong);
  EXPECT_EQ(CodeOfDeepPath(1, 1), Reason());
  EXPECT_EQ(CodeOfDeepPath(static_cast<int>(kLimits.max_path) - 3, std::nullopt), Reason());
  EXPECT_EQ(CodeOfDeepPath(static_cast<int>(kLimits.max_path) - 2, std::nullopt), kPathTooLong);
}

TEST(Chain, NameConstraintsHoldForUrisAndEmails) {
  SigstoreOptions options;
  options.intermediate_extensions = {test::NameConstraints(
      {{GeneralName::Kind::kEmail, "harbour.example"}, {GeneralName::Kind::kUri, "github.com"}},
      {})};
  VirtualSigstore sigstore(options);
  Judged judged{sigstore};
  EXPECT_EQ(judged.Code(), Reason());
  judged.leaf = test::EmailLeaf("bosun@harbour.example");
  EXPECT_EQ(judged.Code(), Reason());
  judged.leaf = test::EmailLeaf("bosun@elsewhere.example");
  EXPECT_EQ(judged.Code(), kNameConstraintViolated);
  judged.leaf = {};
  judged.leaf.workflow.repository = "https://gitlab.com/harbour/crane";
  EXPECT_EQ(judged.Code(), kNameConstraintViolated);
}

TEST(Chain, ExcludedNamesAreRefused) {
  SigstoreOptions options;
  options.intermediate_extensions = {
      test::NameConstraints({}, {{GeneralName::Kind::kEmail, "harbour.example"}})};
  VirtualSigstore sigstore(options);
  Judged judged{sigstore, test::EmailLeaf("bosun@harbour.example")};
  EXPECT_EQ(judged.Code(), kNameConstraintViolated);
}

TEST(Chain, AnOtherNameInACriticalListIsUnderstood) {
  Judged judged{Harbour(), test::UsernameLeaf("bosun!harbour.example")};
  EXPECT_EQ(judged.Code(), Reason());
}

TEST(Chain, UnknownCriticalExtensionsAreRefused) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) {
              c.extensions.push_back({"1.2.3.4", true, test::der::Null()});
            }),
            kUnknownCriticalExtension);
}

TEST(Chain, WeakAuthorityKeysAreRefused) {
  SigstoreOptions options;
  options.intermediate_key = test::KeyType::kRsa1024;
  VirtualSigstore sigstore(options);
  // Its key is refused before it is used, so no path is found through it.
  EXPECT_EQ(Judged{sigstore}.Code(), kUnknownAuthority);
}

TEST(Chain, ALeafWithARefusedKeySaysSo) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) {
              c.spki = test::TestKey(test::KeyType::kSecp256k1, "odd").spki();
            }),
            kUnsupportedAlgorithm);
}

TEST(Chain, StrictRulesOfTheProfileHold) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) { c.authority_key_id = false; }),
            kCertificateNotConforming);
}

TEST(Chain, ALeafMayNotConstrainNames) {
  EXPECT_EQ(CodeWithLeaf([](CertificateSpec& c) {
              c.extensions.push_back(
                  test::NameConstraints({{GeneralName::Kind::kDns, "harbour.example"}}, {}));
            }),
            kCertificateNotConforming);
}

TEST(Chain, TooManyGivenIntermediatesAreRefused) {
  Judged judged{Harbour()};
  judged.more.assign(kLimits.max_certificates, Parse(Harbour().intermediate().der));
  EXPECT_EQ(judged.Code(), kLimitExceeded);
}

TEST(Chain, EveryKindOfAuthorityKeyServes) {
  for (const auto type : {test::KeyType::kP256, test::KeyType::kP521, test::KeyType::kEd25519,
                          test::KeyType::kRsa2048}) {
    SigstoreOptions options;
    options.root_key = options.intermediate_key = type;
    EXPECT_EQ(CodeWith(options), Reason()) << static_cast<int>(type);
  }
}

}  // namespace
}  // namespace plimsoll::crypto
