// Bundles of other clients' own tests, against what an independent checker found in each.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "client_bundles.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

// What each failing check of the independent checker may be called here.
const std::multimap<std::string, std::string>& ReasonsOfCheck() {
  static const std::multimap<std::string, std::string> kReasons = {
      {"cert", "Malformed"},  // a root in the chain, or an empty chain
      {"checkpoint", "Malformed"},
      {"struct", "Malformed"},
      {"mediaType", "UnsupportedFormat"},
      {"body", "LogEntryMismatch"},
      {"SET", "SETInvalid"},
      {"time", "NoVerifiedTime"},
      {"tlog", "NoLogProof"},
      {"SCT", "NoSCT"},
      {"chain", "CertificateNotValidAtSigningTime"},
      {"chain", "UnknownCertificateAuthority"},
      {"sig", "SignatureInvalid"},
      {"TSA", "TimestampInvalid"},
      {"TSA", "Malformed"},      // the same timestamp twice
      {"TSA", "LimitExceeded"},  // 33 timestamps
  };
  return kReasons;
}

bool IsReasonOf(const ClientBundle& row, const std::string& reason) {
  for (const std::string& check : row.failing) {
    const auto [begin, end] = ReasonsOfCheck().equal_range(check);
    for (auto it = begin; it != end; ++it) {
      if (it->second == reason) return true;
    }
  }
  return false;
}

// The checker had no public keys. npm's publish attestations are by a key that Rekor logged: the key of
// the verified entry is the signer. Those that their test suite damaged are refused.
void CheckKeyRow(const ClientBundle& row, const Verification& v) {
  if (v.verified()) {
    EXPECT_EQ(v.signer->kind, SignerKind::kKey) << row.file;
    return;
  }
  const bool damaged = row.file.find("pub") != std::string::npos;
  EXPECT_TRUE(damaged) << row.file << ": " << Describe(v);
}

TEST(Catalogue, EveryClientBundleIsJudgedAsDocumentedOrTheDifferenceIsExplained) {
  PLIMSOLL_NEEDS_TEST_DATA();
  std::map<std::string, int> histogram;
  const auto bundles = ClientBundles();
  for (const ClientBundle& row : bundles) {
    const Verifier verifier = MustCreate(MustParseRoot(row.trusted_root));
    const Verification v = verifier.VerifyBundle(row.bundle, row.expected);
    ++histogram[v.verified() ? "Verified" : v.reason.str()];
    if (row.own_timestamp_authority) {
      // One good timestamp is enough; the bad one beside it is told.
      EXPECT_TRUE(v.verified()) << Describe(v);
      EXPECT_EQ(v.ignored.size(), 1u);
    } else if (row.failing.empty()) {
      EXPECT_TRUE(v.verified()) << row.file << ": " << Describe(v);
    } else if (row.Fails("key")) {
      CheckKeyRow(row, v);
    } else {
      EXPECT_TRUE(IsReasonOf(row, v.reason.str())) << row.file << ": " << Describe(v);
    }
  }
  EXPECT_GT(bundles.size(), 100u);
  std::cout << "catalogued bundles judged: " << bundles.size() << "\n";
  for (const auto& [reason, count] : histogram) std::cout << "  " << reason << " " << count << "\n";
}

}  // namespace
}  // namespace plimsoll::sigstore
