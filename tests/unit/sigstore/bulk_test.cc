// Real signatures in bulk: CPython's releases and Chainguard's images, every one of which verifies.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>

#include "real_seeds.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

TEST(RealSignatures, EveryCPythonReleaseBundleVerifies) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  const auto seeds = CPythonSeeds();
  std::map<std::string, int> kinds;
  std::size_t verified = 0;
  for (const BundleSeed& seed : seeds) {
    const Verification v = verifier.VerifyBundle(seed.bundle, seed.expected);
    ASSERT_TRUE(v.verified()) << seed.name << ": " << Describe(v);
    EXPECT_EQ(v.signer->identity, seed.identity);
    EXPECT_EQ(v.signer->issuer, seed.issuer);
    EXPECT_TRUE(v.log->inclusion || v.log->promise);
    ++kinds[v.log->kind];
    ++verified;
  }
  std::cout << "CPython bundles verified: " << verified << " of " << seeds.size();
  for (const auto& [kind, count] : kinds) std::cout << ", " << kind << " " << count;
  std::cout << "\n";
  EXPECT_GT(verified, 500u);
}

TEST(RealSignatures, EveryChainguardImageSignatureVerifies) {
  PLIMSOLL_NEEDS_TEST_DATA();
  const Verifier verifier = MustCreate(TrustRoot::PublicGood());
  const auto seeds = ChainguardSeeds();
  std::size_t verified = 0;
  for (const ClassicSeed& seed : seeds) {
    const Verification v = verifier.VerifyClassic(seed.View(), seed.expected);
    ASSERT_TRUE(v.verified()) << seed.name << ": " << Describe(v);
    EXPECT_EQ(v.signer->identity, seed.identity);
    EXPECT_EQ(v.signer->issuer, seed.issuer);
    EXPECT_EQ(v.docker_reference, seed.name);
    EXPECT_TRUE(v.log->promise);
    ASSERT_EQ(v.times.size(), 1u);
    ++verified;
  }
  std::cout << "Chainguard signatures verified: " << verified << " of " << seeds.size() << "\n";
  EXPECT_GT(verified, 1000u);
}

}  // namespace
}  // namespace plimsoll::sigstore
