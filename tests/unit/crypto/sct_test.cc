#include "crypto/sct.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/limits.h"
#include "support/test_data/test_data.h"
#include "support/virtual_sigstore/der_writer.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::crypto {
namespace {

using test::CertificateSpec;
using test::kSigningTime;
using test::LeafSpec;
using test::SctSpec;
using test::TestKey;
using test::VirtualSigstore;

const VirtualSigstore& Harbour() {
  static const VirtualSigstore sigstore;
  return sigstore;
}

Certificate Parse(const Bytes& der) {
  auto certificate = Certificate::FromDer(der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return *certificate;
}

CtLog LogOf(const TestKey& key, Window window = {}) {
  return {*PublicKey::FromDer(key.spki()), window};
}

Result<std::vector<Sct>> Verify(const LeafSpec& spec, std::vector<CtLog> logs = {}) {
  if (logs.empty()) logs.push_back(LogOf(Harbour().ct_key()));
  return VerifyEmbeddedScts(Parse(Harbour().IssueLeaf(spec).der),
                            Parse(Harbour().intermediate().der), logs);
}

Reason CodeOf(const Result<std::vector<Sct>>& scts) { return scts ? Reason() : scts.error().code; }

Reason CodeWith(const std::function<void(SctSpec&)>& change) {
  LeafSpec spec;
  spec.adjust_sct = change;
  return CodeOf(Verify(spec));
}

TEST(Sct, VerifiesForTheCertificateAndIssuerThatTheLogSaw) {
  const auto scts = Verify({});
  ASSERT_TRUE(scts) << scts.error().message;
  ASSERT_EQ(scts->size(), 1u);
  EXPECT_EQ((*scts)[0].time(), kSigningTime - std::chrono::minutes(1));
  EXPECT_EQ((*scts)[0].log_id, Harbour().ct_key().spki_sha256());
}

TEST(Sct, ExtensionsAreSignedToo) {
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.extensions = Bytes{0, 0, 5, 1, 2, 3, 4, 5}; }), Reason());
}

TEST(Sct, ACertificateWithoutAnyIsRefused) {
  LeafSpec spec;
  spec.sct = false;
  EXPECT_EQ(CodeOf(Verify(spec)), kSctMissing);
}

TEST(Sct, AnotherLogIsUnknown) {
  const TestKey other(test::KeyType::kP256, "other log");
  EXPECT_EQ(CodeWith([&](SctSpec& s) { s.log = &other; }), kUnknownCtLog);
}

TEST(Sct, ASignatureByAnotherKeyUnderAKnownLogsNameIsRefused) {
  const TestKey other(test::KeyType::kP256, "other log");
  EXPECT_EQ(CodeWith([&](SctSpec& s) {
              s.log = &other;
              s.log_id = Harbour().ct_key().spki_sha256();
            }),
            kSctSignatureMismatch);
}

TEST(Sct, ADamagedSignatureIsRefused) {
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.damage_signature = true; }), kSctSignatureMismatch);
}

TEST(Sct, AnotherIssuerIsRefused) {
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.issuer_spki = Harbour().root().key.spki(); }),
            kSctSignatureMismatch);
  const std::vector<CtLog> logs{LogOf(Harbour().ct_key())};
  EXPECT_EQ(CodeOf(VerifyEmbeddedScts(Parse(Harbour().IssueLeaf().der), Parse(Harbour().root().der),
                                      logs)),
            kSctSignatureMismatch);
}

TEST(Sct, AnSctOfAnotherCertificateIsRefused) {
  // The list is moved from one leaf into another of the same key.
  const Certificate donor = Parse(Harbour().IssueLeaf().der);
  const Bytes wrapped = donor.FindExtension(kOidSctList)->value;
  LeafSpec spec;
  spec.sct = false;
  spec.fulcio = {{15, "666"}};
  spec.certificate = [&](CertificateSpec& c) {
    c.extensions.push_back({std::string(kOidSctList), false, wrapped});
  };
  EXPECT_EQ(CodeOf(Verify(spec)), kSctSignatureMismatch);
}

TEST(Sct, TheLogsWindowIncludesBothItsEnds) {
  const Time at = kSigningTime - std::chrono::minutes(1);
  const Duration tick(1);
  const TestKey& key = Harbour().ct_key();
  EXPECT_EQ(CodeOf(Verify({}, {LogOf(key, {at, at})})), Reason());
  EXPECT_EQ(CodeOf(Verify({}, {LogOf(key, {at + tick, std::nullopt})})), kSctOutsideLogWindow);
  EXPECT_EQ(CodeOf(Verify({}, {LogOf(key, {std::nullopt, at - tick})})), kSctOutsideLogWindow);
  // One log in two periods.
  EXPECT_EQ(CodeOf(Verify({}, {LogOf(key, {at + tick, std::nullopt}), LogOf(key, {at, at})})),
            Reason());
}

TEST(Sct, OtherVersionsAndAlgorithmsAreNotJudged) {
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.version = 1; }), kUnsupportedAlgorithm);
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.hash_algorithm = 2; }), kUnsupportedAlgorithm);
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.signature_algorithm = 2; }), kUnsupportedAlgorithm);
  EXPECT_EQ(CodeWith([](SctSpec& s) { s.signature_algorithm = 1; }), kAlgorithmMismatch);
}

TEST(Sct, RsaLogsAreKnownToo) {
  const TestKey rsa(test::KeyType::kRsa2048, "rsa log");
  LeafSpec spec;
  spec.adjust_sct = [&](SctSpec& s) { s.log = &rsa; };
  EXPECT_EQ(CodeOf(Verify(spec, {LogOf(rsa)})), Reason());
}

TEST(Sct, AGoodOneCountsBesideABadOne) {
  LeafSpec spec;
  spec.certificate = [](CertificateSpec& c) {
    SctSpec bad = c.scts.front();
    bad.damage_signature = true;
    c.scts.insert(c.scts.begin(), bad);
  };
  const auto scts = Verify(spec);
  ASSERT_TRUE(scts) << scts.error().message;
  EXPECT_EQ(scts->size(), 1u);
}

TEST(SctList, IsReadStrictly) {
  const Certificate leaf = Parse(Harbour().IssueLeaf().der);
  const Bytes& wrapped = leaf.FindExtension(kOidSctList)->value;
  const Bytes list(wrapped.begin() + 2, wrapped.end());
  ASSERT_TRUE(ParseSctList(list));
  const auto code = [](Bytes bytes) { return CodeOf(ParseSctList(bytes)); };
  EXPECT_EQ(code({}), kMalformed);
  EXPECT_EQ(code({0, 0}), kMalformed);
  EXPECT_EQ(code({0, 2, 0, 0}), kMalformed);
  Bytes longer = list;
  longer.push_back(0);
  EXPECT_EQ(code(longer), kMalformed);
  for (std::size_t cut = 1; cut < list.size(); ++cut) {
    EXPECT_EQ(code(Bytes(list.begin(), list.end() - static_cast<std::ptrdiff_t>(cut))), kMalformed);
  }
  EXPECT_EQ(code(Bytes(kLimits.max_sct_list_bytes + 1)), kLimitExceeded);
  const Bytes one(list.begin() + 2, list.end());
  Bytes many;
  for (std::size_t i = 0; i <= kLimits.max_scts; ++i)
    many.insert(many.end(), one.begin(), one.end());
  const std::uint8_t high = static_cast<std::uint8_t>(many.size() >> 8);
  many.insert(many.begin(), {high, static_cast<std::uint8_t>(many.size())});
  EXPECT_EQ(code(many), kLimitExceeded);
}

TEST(SctList, TheExtensionIsOneOctetString) {
  LeafSpec spec;
  spec.sct = false;
  spec.certificate = [](CertificateSpec& c) {
    c.extensions.push_back({std::string(kOidSctList), false, Bytes{0x04, 0x02, 0x00, 0x00, 0x00}});
  };
  EXPECT_EQ(CodeOf(Verify(spec)), kMalformed);
}

TEST(SctList, ATimeBeyondTheCalendarIsNoOverflow) {
  Sct sct;
  sct.timestamp_ms = ~std::uint64_t{0};
  EXPECT_EQ(FormatTime(sct.time()), "9999-12-31T23:59:59Z");
}

TEST(RealCertificates, TheTbsWithoutTheListIsTheOneThatWasLogged) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const auto certificate =
      Certificate::FromPem(test::ReadTestData("ct/ruby-cryptography-scts.pem"));
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(AsText(*certificate->TbsWithoutScts()),
            test::ReadTestData("ct/ruby-cryptography-scts-tbs-precert.der"));
  const auto scts = EmbeddedScts(*certificate);
  ASSERT_TRUE(scts) << scts.error().message;
  EXPECT_GE(scts->size(), 2u);
}

TEST(RealCertificates, AProofOfALogIsAnSct) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const std::string proof = test::ReadTestData("ct/ctgo-test-cert.proof");
  Bytes list{0, static_cast<std::uint8_t>(proof.size() + 2), 0,
             static_cast<std::uint8_t>(proof.size())};
  list.insert(list.end(), proof.begin(), proof.end());
  const auto scts = ParseSctList(list);
  ASSERT_TRUE(scts) << scts.error().message;
  EXPECT_EQ(HexEncode((*scts)[0].log_id),
            "df1c2ec11500945247a96168325ddc5c7959e8f7c6d388fc002e0bbd3f74d764");
  EXPECT_EQ(FormatMicroTime((*scts)[0].time()), "2013-04-05T17:04:16.089000Z");
}

}  // namespace
}  // namespace plimsoll::crypto
