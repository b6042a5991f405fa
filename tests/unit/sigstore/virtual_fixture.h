// A virtual Sigstore and what the tests of the verifier sign with it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/digest.h"
#include "base/encoding.h"
#include "sigstore/verifier.h"
#include "support/virtual_sigstore/virtual_sigstore.h"
#include "third_party.h"

namespace plimsoll::sigstore {

inline constexpr const char* kReference = "registry.harbour.example/crane";
inline constexpr const char* kArtifact = "the bytes of an artifact";

inline std::string ImageDigest() { return "sha256:" + Sha256Hex(AsBytes("an image manifest")); }
inline std::string ImageHex() { return ImageDigest().substr(7); }

class VirtualTest : public ::testing::Test {
 protected:
  Verification Classic(const test::ClassicSignature& signature) {
    return Classic(signature, sigstore_.Trust());
  }
  Verification Classic(const test::ClassicSignature& signature, const test::TrustDocument& trust,
                       VerifierOptions options = {}) {
    return Classic(signature, trust, std::move(options), ImageExpected());
  }
  static Verification Classic(const test::ClassicSignature& signature,
                              const test::TrustDocument& trust, VerifierOptions options,
                              const Expected& expected) {
    const auto annotations = signature.Annotations();
    const auto at = [&](const char* key) -> std::string_view {
      const auto found = annotations.find(key);
      return found == annotations.end() ? std::string_view() : std::string_view(found->second);
    };
    const Verifier verifier = MustCreate(MustParseRoot(trust.Json()), std::move(options));
    return verifier.VerifyClassic(
        {signature.payload, at("dev.cosignproject.cosign/signature"),
         at("dev.sigstore.cosign/certificate"), at("dev.sigstore.cosign/chain"),
         at("dev.sigstore.cosign/bundle"), at("dev.sigstore.cosign/rfc3161timestamp")},
        expected);
  }
  Verification Bundle(const std::string& json, const Expected& expected) {
    return Bundle(json, expected, sigstore_.Trust());
  }
  static Verification Bundle(const std::string& json, const Expected& expected,
                             const test::TrustDocument& trust, VerifierOptions options = {}) {
    return MustCreate(MustParseRoot(trust.Json()), std::move(options)).VerifyBundle(json, expected);
  }
  Verification Message(const test::SignedBundle& bundle) {
    return Bundle(bundle.Json(), ArtifactExpected());
  }
  Verification Statement(const test::SignedBundle& bundle) {
    return Bundle(bundle.Json(), ImageExpected());
  }

  static Expected ImageExpected() {
    Expected expected;
    expected.digests = {ImageDigest()};
    return expected;
  }
  static Expected ArtifactExpected() {
    Expected expected;
    expected.digests = {"sha256:" + Sha256Hex(AsBytes(kArtifact))};
    return expected;
  }

  test::VirtualSigstore sigstore_;
};

inline void ExpectRejected(const Verification& verification, Reason reason) {
  EXPECT_FALSE(verification.verified());
  EXPECT_EQ(verification.reason.text(), reason.text()) << verification.message;
  EXPECT_EQ(verification.outcome == Outcome::kInvalid, ClassOf(reason) == ReasonClass::kInvalid);
  EXPECT_FALSE(verification.message.empty());
  EXPECT_TRUE(verification.verifies_unlogged || !verification.signer.has_value());
}

}  // namespace plimsoll::sigstore
