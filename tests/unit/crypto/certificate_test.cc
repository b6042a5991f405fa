#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/limits.h"
#include "support/virtual_sigstore/der_writer.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::crypto {
namespace {

namespace der = test::der;
using test::CertificateSpec;
using test::GeneralName;
using test::LeafSpec;
using test::VirtualSigstore;

const VirtualSigstore& Sigstore() {
  static const VirtualSigstore sigstore;
  return sigstore;
}

template <class T>
Reason CodeOf(const Result<T>& result) {
  return result ? Reason() : result.error().code;
}

Result<Certificate> Issue(const std::function<void(CertificateSpec&)>& change) {
  LeafSpec spec;
  spec.certificate = change;
  return Certificate::FromDer(Sigstore().IssueLeaf(spec).der);
}

TEST(Certificate, ReadsEveryFieldOfAFulcioLeaf) {
  const test::Leaf made = Sigstore().IssueLeaf();
  const auto leaf = Certificate::FromDer(made.der);
  ASSERT_TRUE(leaf) << leaf.error().message;
  EXPECT_EQ(leaf->der(), made.der);
  EXPECT_EQ(leaf->Pem(), made.Pem());
  EXPECT_EQ(*Certificate::FromPem(made.Pem()), *leaf);
  EXPECT_EQ(leaf->not_before(), test::kSigningTime - std::chrono::minutes(1));
  EXPECT_EQ(leaf->not_after(), test::kSigningTime + std::chrono::minutes(9));
  EXPECT_EQ(leaf->SerialHex(), HexEncode(made.spec.serial));
  EXPECT_TRUE(leaf->SubjectIsEmpty());
  EXPECT_EQ(leaf->Issuer(), "CN=harbour intermediate,O=harbour.example");
  EXPECT_FALSE(leaf->IsAuthority());
  EXPECT_FALSE(leaf->SelfIssued());
  ASSERT_TRUE(leaf->key_usage());
  EXPECT_TRUE(leaf->key_usage()->digital_signature);
  EXPECT_FALSE(leaf->key_usage()->key_cert_sign);
  ASSERT_TRUE(leaf->extended_key_usage());
  EXPECT_TRUE(leaf->extended_key_usage()->Has(kOidCodeSigning));
  ASSERT_EQ(leaf->alternative_names().size(), 1u);
  EXPECT_EQ(leaf->alternative_names()[0].kind, AlternativeName::Kind::kUri);
  EXPECT_EQ(leaf->alternative_names()[0].value,
            "https://github.com/harbour/crane/.github/workflows/release.yml@refs/tags/v1.2.3");
  EXPECT_EQ(leaf->spki_der(), made.key.spki());
  EXPECT_EQ(leaf->key()->spki_sha256(), leaf->SpkiSha256());
  EXPECT_EQ(*leaf->subject_key_id(), test::KeyIdentifier(made.key.spki()));
  const auto intermediate = *Certificate::FromDer(Sigstore().intermediate().der);
  EXPECT_TRUE(leaf->NamesAsIssuer(intermediate));
  EXPECT_FALSE(intermediate.NamesAsIssuer(*leaf));
  EXPECT_TRUE(intermediate.IsAuthority());
  EXPECT_EQ(intermediate.basic_constraints()->path_length, 0);
  EXPECT_EQ(intermediate.SubjectCommonName(), "harbour intermediate");
  EXPECT_EQ(intermediate.SubjectOrganization(), "harbour.example");
  EXPECT_TRUE(Certificate::FromDer(Sigstore().root().der)->SelfIssued());
}

TEST(Certificate, FindsExtensionsByTheirOid) {
  const auto leaf = *Certificate::FromDer(Sigstore().IssueLeaf().der);
  const Extension* raw = leaf.FindExtension("1.3.6.1.4.1.57264.1.1");
  ASSERT_NE(raw, nullptr);
  EXPECT_EQ(ToText(raw->value), "https://token.actions.githubusercontent.com");
  const Extension* encoded = leaf.FindExtension("1.3.6.1.4.1.57264.1.15");
  ASSERT_NE(encoded, nullptr);
  EXPECT_EQ(*DecodeUtf8String(encoded->value), "123456789");
  EXPECT_EQ(leaf.FindExtension("1.3.6.1.4.1.57264.1.23"), nullptr);
}

TEST(Certificate, ReadsEveryKindOfAlternativeName) {
  const auto leaf = Issue([](CertificateSpec& c) {
    c.names = {{GeneralName::Kind::kEmail, "bosun@harbour.example"},
               {GeneralName::Kind::kDns, "harbour.example"},
               {GeneralName::Kind::kIp, std::string("\xc0\x00\x02\x01", 4)},
               {GeneralName::Kind::kOtherName, "bosun!harbour.example"},
               {GeneralName::Kind::kOtherName, "x", "1.2.3.4"}};
  });
  ASSERT_TRUE(leaf) << leaf.error().message;
  const auto& names = leaf->alternative_names();
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[0].kind, AlternativeName::Kind::kEmail);
  EXPECT_EQ(names[0].value, "bosun@harbour.example");
  EXPECT_EQ(names[1].kind, AlternativeName::Kind::kDns);
  EXPECT_EQ(names[2].kind, AlternativeName::Kind::kIp);
  EXPECT_EQ(names[2].value, "192.0.2.1");
  EXPECT_EQ(names[3].kind, AlternativeName::Kind::kOtherName);
  EXPECT_EQ(names[3].type_id, kOidFulcioOtherName);
  EXPECT_EQ(names[3].value, "bosun!harbour.example");
  EXPECT_EQ(names[4].type_id, "1.2.3.4");
}

TEST(Certificate, RefusesBytesThatAreNoCertificate) {
  EXPECT_EQ(CodeOf(Certificate::FromDer({})), kMalformed);
  Bytes der = Sigstore().IssueLeaf().der;
  der.push_back(0);
  EXPECT_EQ(CodeOf(Certificate::FromDer(der)), kMalformed);
  EXPECT_EQ(CodeOf(Certificate::FromDer(Bytes(der.begin(), der.end() - 2))), kMalformed);
}

TEST(Certificate, RefusesMoreBytesThanTheLimit) {
  EXPECT_EQ(CodeOf(Issue([](CertificateSpec& c) {
              c.extensions.push_back({"1.2.3.4", false, Bytes(kLimits.max_certificate_bytes)});
            })),
            kLimitExceeded);
}

TEST(Certificate, RefusesAnExtensionThatOccursTwice) {
  EXPECT_EQ(CodeOf(Issue([](CertificateSpec& c) {
              c.extensions.push_back({"1.3.6.1.4.1.57264.1.15", false, der::Utf8String("1")});
            })),
            kDuplicateExtension);
}

TEST(Certificate, RefusesMoreExtensionsThanTheLimit) {
  EXPECT_EQ(CodeOf(Issue([](CertificateSpec& c) {
              for (std::size_t i = 0; i < kLimits.max_extensions; ++i) {
                c.extensions.push_back({"1.2.3." + std::to_string(i), false, der::Null()});
              }
            })),
            kLimitExceeded);
}

TEST(Certificate, RefusesAlternativeNamesThatCCodeWouldReadOtherwise) {
  const auto with = [](GeneralName name) {
    return CodeOf(Issue([&](CertificateSpec& c) { c.names = {name}; }));
  };
  EXPECT_EQ(with({GeneralName::Kind::kEmail, std::string("bosun@harbour.example\0.evil", 27)}),
            kMalformed);
  EXPECT_EQ(with({GeneralName::Kind::kUri,
                  "https://h\xc3\xa4"
                  "fen.example"}),
            kMalformed);
  EXPECT_EQ(with({GeneralName::Kind::kIp, "12345"}), kMalformed);
  EXPECT_EQ(with({GeneralName::Kind::kOtherName, "\xff\xfe"}), kMalformed);
  EXPECT_EQ(with({GeneralName::Kind::kOtherName, std::string("a\0b", 3)}), kMalformed);
  EXPECT_EQ(with({GeneralName::Kind::kUri, std::string(kLimits.max_name_bytes + 1, 'a')}),
            kLimitExceeded);
  EXPECT_EQ(
      CodeOf(Issue([](CertificateSpec& c) {
        c.names.resize(kLimits.max_alternative_names + 1, {GeneralName::Kind::kDns, "a.example"});
      })),
      kLimitExceeded);
}

TEST(Certificate, RefusesExtensionsThatDoNotDecodeCompletely) {
  for (const char* oid :
       {"2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37"}) {
    EXPECT_EQ(CodeOf(Issue([&](CertificateSpec& c) {
                c.key_usage = 0;
                c.extended_key_usage = {};
                c.subject_key_id = c.authority_key_id = false;
                c.names = {};
                c.extensions.push_back({oid, false, Bytes{0x30, 0x01}});
              })),
              kMalformed)
        << oid;
  }
}

TEST(Certificate, RefusesATimeThatIsNone) {
  Bytes der = Sigstore().IssueLeaf().der;
  const std::string_view text = AsText(der);
  const std::size_t at = text.find("260301115900Z");
  ASSERT_NE(at, std::string_view::npos);
  der[at + 2] = '1';
  der[at + 3] = '3';  // the 13th month
  EXPECT_EQ(CodeOf(Certificate::FromDer(der)), kMalformed);
}

TEST(Certificate, IsReadEvenWhereItsKeyIsRefused) {
  const auto leaf = Issue(
      [](CertificateSpec& c) { c.spki = test::TestKey(test::KeyType::kSecp256k1, "odd").spki(); });
  ASSERT_TRUE(leaf) << leaf.error().message;
  EXPECT_EQ(CodeOf(leaf->key()), kUnsupportedAlgorithm);
}

TEST(Certificate, ListsComeFromPemInTheirOrderAndWithinTheirLimit) {
  const std::string both = Sigstore().intermediate().Pem() + "\n" + Sigstore().root().Pem();
  const auto list = Certificate::ListFromPem(both);
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[1].der(), Sigstore().root().der);
  EXPECT_EQ(CodeOf(Certificate::ListFromPem(both, 1)), kLimitExceeded);
  EXPECT_EQ(CodeOf(Certificate::ListFromPem("")), kMalformed);
  EXPECT_EQ(CodeOf(Certificate::ListFromPem(both + "-----BEGIN CERTIFICATE-----")), kMalformed);
  EXPECT_EQ(CodeOf(Certificate::ListFromPem(test::PemOf("PUBLIC KEY", Bytes{1}))), kMalformed);
}

TEST(Utf8String, IsDecodedOnlyInItsOneForm) {
  EXPECT_EQ(*DecodeUtf8String(der::Utf8String("harbour")), "harbour");
  const std::string longer(148, 'x');
  EXPECT_EQ(*DecodeUtf8String(der::Utf8String(longer)), longer);
  EXPECT_EQ(*DecodeUtf8String(der::Utf8String("")), "");
  Bytes trailing = der::Utf8String("a");
  trailing.push_back(0);
  EXPECT_EQ(CodeOf(DecodeUtf8String(trailing)), kMalformed);
  EXPECT_EQ(CodeOf(DecodeUtf8String(der::Ia5String("a"))), kMalformed);
  EXPECT_EQ(CodeOf(DecodeUtf8String(Bytes{0x0c, 0x81, 0x01, 'a'})), kMalformed);
  EXPECT_EQ(CodeOf(DecodeUtf8String(Bytes{0x0c, 0x01, 0xff})), kMalformed);
  EXPECT_EQ(CodeOf(DecodeUtf8String(AsBytes("harbour"))), kMalformed);
  EXPECT_EQ(CodeOf(DecodeUtf8String({})), kMalformed);
}

}  // namespace
}  // namespace plimsoll::crypto
