// What a Fulcio certificate says: its one alternative name, and every extension as a field of its own.
#include <gtest/gtest.h>

#include "support/virtual_sigstore/der_writer.h"
#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::BundleSpec;
using test::GeneralName;

class Identities : public VirtualTest {
 protected:
  Verification OfLeaf(const test::LeafSpec& leaf) {
    BundleSpec spec;
    spec.leaf = leaf;
    return Message(sigstore_.SignMessage(kArtifact, spec));
  }
};

// --- Extensions .1 to .24 (.7 is the type of an other name).

struct Field {
  int number;
  std::string Signer::*of_signer;
  std::string FulcioExtensions::*of_extensions;
};

using S = Signer;
using E = FulcioExtensions;
constexpr Field kFields[] = {
    {2, nullptr, &E::github_workflow_trigger},
    {3, nullptr, &E::github_workflow_sha},
    {4, nullptr, &E::github_workflow_name},
    {5, nullptr, &E::github_workflow_repository},
    {6, nullptr, &E::github_workflow_ref},
    {8, &S::issuer, nullptr},
    {9, nullptr, &E::build_signer_uri},
    {10, nullptr, &E::build_signer_digest},
    {11, nullptr, &E::runner_environment},
    {12, &S::source_repository_uri, nullptr},
    {13, nullptr, &E::source_repository_digest},
    {14, nullptr, &E::source_repository_ref},
    {15, &S::source_repository_id, nullptr},
    {16, nullptr, &E::source_repository_owner_uri},
    {17, &S::source_repository_owner_id, nullptr},
    {18, &S::build_config_uri, nullptr},
    {19, nullptr, &E::build_config_digest},
    {20, nullptr, &E::build_trigger},
    {21, nullptr, &E::run_invocation_uri},
    {22, nullptr, &E::source_repository_visibility},
    {23, nullptr, &E::deployment_environment},
    {24, nullptr, &E::token_subject},
};

const std::string& ValueOf(const Verification& v, const Field& field) {
  return field.of_signer != nullptr ? (*v.signer).*field.of_signer
                                    : v.extensions.*field.of_extensions;
}

TEST_F(Identities, EveryExtensionIsAFieldOfItsOwn) {
  test::LeafSpec leaf;
  leaf.without_workflow = true;
  leaf.name = {GeneralName::Kind::kUri, "https://harbour.example/signer"};
  for (const Field& field : kFields)
    leaf.fulcio[field.number] = "value " + std::to_string(field.number);
  leaf.fulcio[1] = "the old issuer";
  const Verification v = OfLeaf(leaf);
  ASSERT_TRUE(v.verified()) << Describe(v);
  for (const Field& field : kFields) {
    EXPECT_EQ(ValueOf(v, field), "value " + std::to_string(field.number));
  }
}

TEST_F(Identities, AnAbsentExtensionLeavesOnlyItsOwnFieldEmpty) {
  for (const Field& absent : kFields) {
    test::LeafSpec leaf;
    leaf.without_workflow = true;
    leaf.name = {GeneralName::Kind::kUri, "https://harbour.example/signer"};
    leaf.fulcio = {{1, "value 1"}};
    for (const Field& field : kFields) {
      if (field.number != absent.number)
        leaf.fulcio[field.number] = "value " + std::to_string(field.number);
    }
    const Verification v = OfLeaf(leaf);
    ASSERT_TRUE(v.verified()) << absent.number << Describe(v);
    for (const Field& field : kFields) {
      const std::string expected = field.number != absent.number
                                       ? "value " + std::to_string(field.number)
                                   : absent.number == 8 ? "value 1"  // the old issuer
                                                        : "";
      EXPECT_EQ(ValueOf(v, field), expected) << "without ." << absent.number;
    }
  }
}

TEST_F(Identities, EveryExtensionHasABoundAndNothingIsCut) {
  const Limits limits;
  for (const Field& field : kFields) {
    const std::size_t bound = field.number == 8    ? limits.issuer_bytes
                              : field.number == 12 ? limits.source_repository_uri_bytes
                              : field.number == 15 || field.number == 17
                                  ? limits.repository_id_bytes
                              : field.number == 18 ? limits.build_config_uri_bytes
                                                   : limits.extension_bytes;
    test::LeafSpec leaf;
    leaf.fulcio = {{field.number, std::string(bound, 'x')}};
    const Verification v = OfLeaf(leaf);
    ASSERT_TRUE(v.verified()) << field.number << Describe(v);
    EXPECT_EQ(ValueOf(v, field).size(), bound);
    leaf.fulcio = {{field.number, std::string(bound + 1, 'x')}};
    SCOPED_TRACE(field.number);
    ExpectRejected(OfLeaf(leaf), kLimitExceeded);
  }
}

TEST_F(Identities, AnExtensionThatIsNotItsOwnFormOfTextIsMalformed) {
  for (const Field& field : kFields) {
    test::LeafSpec leaf;
    leaf.certificate = [&](test::CertificateSpec& c) {
      const std::string end = ".57264.1." + std::to_string(field.number);
      std::erase_if(c.extensions,
                    [&](const test::RawExtension& e) { return e.oid.ends_with(end); });
      c.extensions.push_back({"1.3.6.1.4.1" + end, false, Bytes{0xff, 0xfe}});
    };
    SCOPED_TRACE(field.number);
    ExpectRejected(OfLeaf(leaf), kMalformed);
  }
}

TEST_F(Identities, ACertificateWithoutAnIssuerIsNotSupported) {
  test::LeafSpec leaf;
  leaf.without_workflow = true;
  leaf.name = {GeneralName::Kind::kEmail, "ada@harbour.example"};
  ExpectRejected(OfLeaf(leaf), kUnsupportedFormat);
}

// --- Names.

TEST_F(Identities, ANameOfEachKindIsToldAsItStands) {
  const std::pair<GeneralName, SanKind> names[] = {
      {{GeneralName::Kind::kUri, "spiffe://harbour.example/ns/ci/sa/signer"}, SanKind::kUri},
      {{GeneralName::Kind::kEmail, "Ada.Lovelace@Harbour.Example"}, SanKind::kEmail},
      {{GeneralName::Kind::kOtherName, "ada!harbour.example"}, SanKind::kOtherName},
      {{GeneralName::Kind::kOtherName, "zo\xc3\xab@harbour.example"}, SanKind::kOtherName},
  };
  for (const auto& [name, kind] : names) {
    test::LeafSpec leaf;
    leaf.name = name;
    const Verification v = OfLeaf(leaf);
    ASSERT_TRUE(v.verified()) << name.value << Describe(v);
    EXPECT_EQ(v.signer->identity, name.value);
    EXPECT_EQ(v.signer->san_kind, kind);
  }
}

TEST_F(Identities, AnOtherNameOfAnotherTypeIsNotSupported) {
  test::LeafSpec leaf;
  leaf.name = {GeneralName::Kind::kOtherName, "ada@harbour.example", "1.3.6.1.4.1.311.20.2.3"};
  ExpectRejected(OfLeaf(leaf), kUnsupportedFormat);
}

TEST_F(Identities, HostNamesAndAddressesAreNoIdentities) {
  test::LeafSpec leaf;
  leaf.name = {GeneralName::Kind::kDns, "signer.harbour.example"};
  ExpectRejected(OfLeaf(leaf), kUnsupportedFormat);
  leaf.name = {GeneralName::Kind::kIp, std::string("\x7f\x00\x00\x01", 4)};
  ExpectRejected(OfLeaf(leaf), kUnsupportedFormat);
}

TEST_F(Identities, ACertificateOfNoNameIsNotSupported) {
  test::LeafSpec leaf;
  leaf.certificate = [](test::CertificateSpec& c) {
    c.names.clear();
    c.subject = {"harbour.example", "signer"};
  };
  ExpectRejected(OfLeaf(leaf), kUnsupportedFormat);
}

TEST_F(Identities, NoByteOfANameIsLostOrReadAnotherWay) {
  // What C code would cut at the NUL is refused as a whole.
  test::LeafSpec leaf;
  leaf.name = {GeneralName::Kind::kUri,
               std::string("https://github.com/harbour/crane\0.evil.example", 47)};
  ExpectRejected(OfLeaf(leaf), kMalformed);
  leaf.name = {GeneralName::Kind::kEmail, std::string("ada@harbour.example\0", 20)};
  ExpectRejected(OfLeaf(leaf), kMalformed);
}

// --- Name constraints of the authority.

TEST_F(Identities, ANameOutsideTheAuthoritysConstraintsIsInvalid) {
  test::SigstoreOptions options;
  options.intermediate_extensions = {
      test::NameConstraints({{GeneralName::Kind::kEmail, "harbour.example"}}, {})};
  test::VirtualSigstore constrained(options);
  const auto judge = [&](const char* email) {
    BundleSpec spec;
    spec.leaf = test::EmailLeaf(email);
    return Bundle(constrained.SignMessage(kArtifact, spec).Json(), ArtifactExpected(),
                  constrained.Trust());
  };
  const Verification inside = judge("ada@harbour.example");
  EXPECT_TRUE(inside.verified()) << Describe(inside);
  ExpectRejected(judge("ada@quay.example"), kCertificateInvalid);
}

}  // namespace
}  // namespace plimsoll::sigstore
