// The official client suite, offline, in both artifact modes.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

struct Judged {
  std::string reason;  // empty: verified with the identity asked for
  std::string message;
};

Judged Judge(const ConformanceCase& c, bool by_digest) {
  auto root = c.has_trusted_root ? TrustRoot::FromJson(c.trusted_root)
                                 : Result<TrustRoot>(TrustRoot::PublicGood());
  if (!root) return {root.error().code.str(), root.error().message};
  VerifierOptions options;
  if (c.has_key) {
    options.public_keys_pem = {c.key};
    options.only_configured_keys = true;
  }
  const auto verifier = Verifier::Create(*root, options);
  if (!verifier) return {verifier.error().code.str(), verifier.error().message};
  Expected expected;
  expected.digests = {c.artifact_sha256};
  if (!by_digest) expected.content = c.artifact;
  const Verification verification = verifier->VerifyBundle(c.bundle, expected);
  if (!verification.verified()) return {verification.reason.str(), verification.message};
  if (!c.has_key &&
      (verification.signer->identity != c.identity || verification.signer->issuer != c.issuer)) {
    return {"IdentityMismatch", verification.signer->identity};
  }
  return {};
}

TEST(Conformance, EveryCaseOfTheClientSuiteIsJudgedAsItAsks) {
  PLIMSOLL_NEEDS_TEST_DATA();
  int passed = 0;
  for (const ConformanceCase& c : ConformanceCases()) {
    for (const bool by_digest : {false, true}) {
      const Judged judged = Judge(c, by_digest);
      EXPECT_EQ(judged.reason.empty(), c.passes)
          << c.name << (by_digest ? " (digest): " : ": ") << judged.reason << " " << judged.message;
      if (judged.reason.empty() == c.passes) ++passed;
      if (!by_digest) std::cout << c.name << ": " << judged.reason << " " << judged.message << "\n";
    }
  }
  std::cout << "conformance: " << passed << " of " << 2 * ConformanceCases().size() << " runs\n";
}

}  // namespace
}  // namespace plimsoll::sigstore
