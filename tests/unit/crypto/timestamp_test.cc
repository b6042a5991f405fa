#include "crypto/timestamp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "base/encoding.h"
#include "crypto/limits.h"
#include "support/test_data/test_data.h"
#include "support/virtual_sigstore/der_writer.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::crypto {
namespace {

using test::CertificateSpec;
using test::ImprintHash;
using test::kSigningTime;
using test::SigstoreOptions;
using test::TimestampSpec;
using test::VirtualSigstore;

constexpr std::string_view kData = "signature bytes";

Certificate Parse(const Bytes& der) {
  auto certificate = Certificate::FromDer(der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return *certificate;
}

const VirtualSigstore& Harbour() {
  static const VirtualSigstore sigstore;
  return sigstore;
}

TimestampAuthority AuthorityOf(const VirtualSigstore& sigstore, Window window = {}) {
  return *TimestampAuthority::FromChain({Parse(sigstore.tsa().der), Parse(sigstore.tsa_root().der)},
                                        window);
}

TimestampAuthority RootOnly(const VirtualSigstore& sigstore) {
  return *TimestampAuthority::FromChain({Parse(sigstore.tsa_root().der)}, {});
}

Result<Time> Judge(const Bytes& der, const TimestampAuthority& authority,
                   std::string_view data = kData) {
  PLIMSOLL_ASSIGN(const TimestampResponse response, TimestampResponse::FromDer(der));
  return response.Verify(AsBytes(data), authority);
}

Reason CodeOf(const Result<Time>& time) { return time ? Reason() : time.error().code; }

Reason CodeWith(const std::function<void(TimestampSpec&)>& change) {
  return CodeOf(Judge(Harbour().Timestamp(AsBytes(kData), change), AuthorityOf(Harbour())));
}

Reason CodeWithTsa(const std::function<void(CertificateSpec&)>& change) {
  SigstoreOptions options;
  options.tsa = change;
  const VirtualSigstore sigstore(options);
  return CodeOf(Judge(sigstore.Timestamp(AsBytes(kData)), AuthorityOf(sigstore)));
}

void EmbedTsa(TimestampSpec& spec) { spec.certificates = {Harbour().tsa().der}; }

TEST(Timestamp, ProvesItsTimeForItsData) {
  const auto time = Judge(Harbour().Timestamp(AsBytes(kData)), AuthorityOf(Harbour()));
  ASSERT_TRUE(time) << time.error().message;
  EXPECT_EQ(*time, kSigningTime);
}

TEST(Timestamp, TellsWhatItSays) {
  const auto response = TimestampResponse::FromDer(Harbour().Timestamp(AsBytes(kData), EmbedTsa));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->time(), kSigningTime);
  EXPECT_EQ(response->Policy(), "1.3.6.1.4.1.57264.2");
  EXPECT_EQ(response->SerialHex(), "2a");
  EXPECT_EQ(response->certificates().size(), 1u);
}

TEST(Timestamp, MicrosecondsCount) {
  const auto time =
      Judge(Harbour().Timestamp(AsBytes(kData),
                                [](TimestampSpec& s) { s.gen_time = "20260301120000.123456789Z"; }),
            AuthorityOf(Harbour()));
  ASSERT_TRUE(time) << time.error().message;
  EXPECT_EQ(FormatMicroTime(*time), "2026-03-01T12:00:00.123456Z");
}

TEST(Timestamp, TimesThatAreNoneAreRefused) {
  for (const char* text :
       {"20260301120000", "202603011200Z", "20261301120000Z", "20260230120000Z", "20260301240000Z",
        "20260301120060Z", "20260301120000.Z", "20260301120000,5Z", "20260301120000+0100",
        "2026030112000xZ", "20260301120000.5xZ", "19600301120000Z", "Z", "-0260301120000Z",
        "20260301120000.1234567890123456789Z"}) {
    EXPECT_EQ(CodeWith([&](TimestampSpec& s) { s.gen_time = text; }), kMalformed) << text;
  }
}

TEST(Timestamp, EverySha2ImprintIsAccepted) {
  for (const auto hash : {ImprintHash::kSha256, ImprintHash::kSha384, ImprintHash::kSha512}) {
    EXPECT_EQ(CodeWith([&](TimestampSpec& s) { s.imprint_hash = s.digest = hash; }), Reason());
  }
}

TEST(Timestamp, ASha1ImprintIsRefused) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.imprint_hash = ImprintHash::kSha1; }),
            kTimestampHashRefused);
}

TEST(Timestamp, ASha1MessageDigestIsRefused) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) {
              s.digest = ImprintHash::kSha1;
              s.algorithm = SignatureAlgorithm::kEcdsaSha256;
            }),
            kTimestampHashRefused);
}

TEST(Timestamp, OtherDataAreRefused) {
  EXPECT_EQ(CodeOf(Judge(Harbour().Timestamp(AsBytes(kData)), AuthorityOf(Harbour()), "other")),
            kTimestampImprintMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.imprint = Bytes(32, 7); }),
            kTimestampImprintMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.imprint = Bytes(31, 7); }), kMalformed);
}

TEST(Timestamp, ARefusalOfTheAuthorityIsNoTimestamp) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) {
              s.status = 2;
              s.token = false;
            }),
            kTimestampNotGranted);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.status = 1; }), Reason());  // granted with changes
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.token = false; }), kMalformed);
}

TEST(Timestamp, TheSignedAttributesMustBeThereAndFit) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.content_type = false; }),
            kTimestampAttributeMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.message_digest = false; }),
            kTimestampAttributeMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.damage_message_digest = true; }),
            kTimestampAttributeMismatch);
}

TEST(Timestamp, TheAttributesMustNameTheSignersCertificate) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.ess_v2 = false; }), kTimestampCertificateMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.ess_certificate = Harbour().intermediate().der; }),
            kTimestampCertificateMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.ess_certificate = Harbour().tsa_root().der; }),
            kTimestampCertificateMismatch);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) {
              s.ess_v2 = false;
              s.ess_v1 = true;
            }),
            Reason());
}

TEST(Timestamp, ADamagedSignatureIsRefused) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.damage_signature = true; }),
            kTimestampSignatureMismatch);
}

TEST(Timestamp, TheSignerMustBeTheAuthoritys) {
  const VirtualSigstore stranger({.seed = "stranger"});
  EXPECT_EQ(CodeOf(Judge(stranger.Timestamp(AsBytes(kData)), AuthorityOf(Harbour()))),
            kUnknownTimestampAuthority);
  // Its own whole chain embedded changes nothing: embedded certificates are no roots.
  const Bytes injected = stranger.Timestamp(AsBytes(kData), [&](TimestampSpec& s) {
    s.certificates = {stranger.tsa().der, stranger.tsa_root().der};
  });
  EXPECT_EQ(CodeOf(Judge(injected, AuthorityOf(Harbour()))), kUnknownTimestampAuthority);
  EXPECT_EQ(CodeOf(Judge(injected, RootOnly(Harbour()))), kUnknownTimestampAuthority);
  EXPECT_EQ(CodeOf(Judge(injected, RootOnly(stranger))), Reason());
}

TEST(Timestamp, AnotherSignerUnderTheAuthoritysNameIsRefused) {
  const VirtualSigstore stranger({.seed = "stranger"});
  EXPECT_EQ(CodeOf(Judge(stranger.Timestamp(AsBytes(kData),
                                            [](TimestampSpec& s) {
                                              s.issuer_and_serial =
                                                  Harbour().TsaSigner().issuer_and_serial;
                                              s.ess_certificate = Harbour().tsa().der;
                                            }),
                         AuthorityOf(Harbour()))),
            kTimestampSignatureMismatch);
}

TEST(Timestamp, AnEmbeddedSignerServesWhereOnlyTheRootIsKnown) {
  EXPECT_EQ(CodeOf(Judge(Harbour().Timestamp(AsBytes(kData), EmbedTsa), RootOnly(Harbour()))),
            Reason());
  EXPECT_EQ(CodeOf(Judge(Harbour().Timestamp(AsBytes(kData)), RootOnly(Harbour()))),
            kUnknownTimestampAuthority);
}

TEST(Timestamp, TheSignersKeyUsageMustBeCriticalAndTimeStampingAlone) {
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.extended_key_usage_critical = false; }),
            kTimestampKeyUsageMismatch);
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.extended_key_usage = {}; }),
            kTimestampKeyUsageMismatch);
  EXPECT_EQ(CodeWithTsa(
                [](CertificateSpec& c) { c.extended_key_usage.emplace_back("1.3.6.1.5.5.7.3.3"); }),
            kTimestampKeyUsageMismatch);
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.extended_key_usage = {"1.3.6.1.5.5.7.3.3"}; }),
            kTimestampKeyUsageMismatch);
}

TEST(Timestamp, TheSignerMustBeALeafWhoseKeySigns) {
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) {
              c.is_ca = true;
              c.key_usage |= test::kUsageKeyCertSign;
            }),
            kLeafIsAuthority);
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.key_usage = 0x20; }), kKeyUsageMismatch);
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.key_usage = test::kUsageContentCommitment; }),
            Reason());
}

TEST(Timestamp, TheSignerMustBeValidAtTheStatedTime) {
  EXPECT_EQ(CodeWithTsa([](CertificateSpec& c) { c.not_after = kSigningTime; }), Reason());
  EXPECT_EQ(
      CodeWithTsa([](CertificateSpec& c) { c.not_after = kSigningTime - std::chrono::seconds(1); }),
      kCertificateExpired);
  EXPECT_EQ(CodeWithTsa(
                [](CertificateSpec& c) { c.not_before = kSigningTime + std::chrono::seconds(1); }),
            kCertificateNotYetValid);
}

TEST(Timestamp, TheAuthoritysWindowIncludesBothItsEnds) {
  const Bytes der = Harbour().Timestamp(AsBytes(kData));
  const Duration tick(1);
  const auto code = [&](Window window) {
    return CodeOf(Judge(der, AuthorityOf(Harbour(), window)));
  };
  EXPECT_EQ(code({kSigningTime, kSigningTime}), Reason());
  EXPECT_EQ(code({kSigningTime + tick, std::nullopt}), kTimestampOutsideWindow);
  EXPECT_EQ(code({std::nullopt, kSigningTime - tick}), kTimestampOutsideWindow);
}

TEST(Timestamp, ThereIsExactlyOneSigner) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.second_signer = true; }), kMalformed);
}

TEST(Timestamp, UnknownVersionsAndCriticalExtensionsAreRefused) {
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.version = 2; }), kMalformed);
  EXPECT_EQ(CodeWith([](TimestampSpec& s) { s.critical_extension = true; }),
            kUnknownCriticalExtension);
}

TEST(Timestamp, ASchemeOfAnotherKindOfKeyIsNotJudged) {
  Bytes der = Harbour().Timestamp(AsBytes(kData));
  const Bytes oid = test::der::Oid("1.2.840.10045.4.3.2");
  const auto at = std::search(der.begin(), der.end(), oid.begin(), oid.end());
  ASSERT_NE(at, der.end());
  at[static_cast<std::ptrdiff_t>(oid.size()) - 1] = 0x01;  // ECDSA with SHA-224
  EXPECT_EQ(CodeOf(Judge(der, AuthorityOf(Harbour()))), kUnsupportedAlgorithm);
}

TEST(Timestamp, EveryKindOfKeyServes) {
  for (const auto type : {test::KeyType::kP384, test::KeyType::kP521, test::KeyType::kEd25519,
                          test::KeyType::kRsa2048}) {
    SigstoreOptions options;
    options.tsa_key = type;
    const VirtualSigstore sigstore(options);
    EXPECT_EQ(CodeOf(Judge(sigstore.Timestamp(AsBytes(kData)), AuthorityOf(sigstore))), Reason())
        << static_cast<int>(type);
    if (type != test::KeyType::kRsa2048) continue;
    const Bytes pss = sigstore.Timestamp(
        AsBytes(kData), [](TimestampSpec& s) { s.algorithm = SignatureAlgorithm::kRsaPssSha256; });
    EXPECT_EQ(CodeOf(Judge(pss, AuthorityOf(sigstore))), Reason());
  }
}

TEST(Timestamp, BytesThatAreNoResponseAreRefused) {
  const TimestampAuthority authority = AuthorityOf(Harbour());
  EXPECT_EQ(CodeOf(Judge({}, authority)), kMalformed);
  EXPECT_EQ(CodeOf(Judge(Bytes(kLimits.max_timestamp_bytes + 1), authority)), kLimitExceeded);
  Bytes der = Harbour().Timestamp(AsBytes(kData));
  der.push_back(0);
  EXPECT_EQ(CodeOf(Judge(der, authority)), kMalformed);
  der.pop_back();
  for (std::size_t cut = 1; cut < der.size(); cut += 7) {
    EXPECT_EQ(
        CodeOf(Judge(Bytes(der.begin(), der.end() - static_cast<std::ptrdiff_t>(cut)), authority)),
        kMalformed);
  }
  EXPECT_EQ(CodeWith([](TimestampSpec& s) {
              s.certificates.assign(kLimits.max_certificates + 1, Harbour().tsa().der);
            }),
            kLimitExceeded);
}

TEST(Timestamp, NoSingleBitMayBeOther) {
  // What nothing signs: the version and the digest list of SignedData, the case of the signer's name (compared
  // without it, RFC 5280 section 7.1), the marks of sets as such, and whether the status has modifications.
  const Bytes good = Harbour().Timestamp(AsBytes(kData));
  const TimestampAuthority authority = AuthorityOf(Harbour());
  int accepted = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto time = Judge(bad, authority);
    if (time) {
      EXPECT_EQ(*time, kSigningTime);
      ++accepted;
    }
  }
  std::cout << "time-stamp of " << good.size() << " bytes: " << accepted << " of "
            << good.size() * 8 << " single-bit changes touch nothing that is signed\n";
  EXPECT_LT(accepted, 130);
}

TEST(RealTimestamps, InjectedCertificatesAreNotTrusted) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string der = test::ReadTestData("tsa/timestamp-authority-response-injected-certs.tsr");
  const auto response = TimestampResponse::FromDer(AsBytes(der));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_GT(response->certificates().size(), 1u);
  for (const TimestampAuthority& authority : {AuthorityOf(Harbour()), RootOnly(Harbour())}) {
    const auto time = response->Verify(AsBytes("hello"), authority);
    ASSERT_FALSE(time);
    std::cout << "injected certificates: " << time.error().code.text() << "\n";
  }
}

}  // namespace
}  // namespace plimsoll::crypto
