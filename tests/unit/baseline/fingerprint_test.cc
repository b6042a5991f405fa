// Fingerprints, against values computed by an independent program from the documented encoding.
#include "baseline/fingerprint.h"

#include <map>

#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

TEST(Fingerprint, OfASignerFollowsTheEncoding) {
  EXPECT_EQ(SignerFingerprint(DriftKind::kSignerChanged, kRepository, Workflow()),
            "s-cbed19143e941a3a3fa673d77075128e");
  EXPECT_EQ(SignerFingerprint(DriftKind::kSignerSubstituted, kRepository, Key('a')),
            "s-e1f9b84278e7f15e853d0138b9b0a55b");
}

TEST(Fingerprint, OfADigestAndOfARepositoryFollowTheEncoding) {
  EXPECT_EQ(DigestFingerprint(DriftKind::kSignatureMissing, kRepository,
                              "sha256:" + std::string(64, '0')),
            "d-64d568145074649f6a58b0af8ec372e3");
  EXPECT_EQ(RepositoryFingerprint(DriftKind::kSignatureMissing, kRepository),
            "r-1fab24764e7107def9bb9b1be52f53c3");
}

TEST(Fingerprint, ASignersIdIsOverTheTupleAlone) {
  EXPECT_EQ(SignerId(Workflow()), "a81564b870195e71");
  EXPECT_EQ(SignerId(Key('a')), "617d4d15e7f34d9f");
  EXPECT_EQ(SignerId(MakeKeyless("a\"\\\n\x01\xc3\xa9", "")), "0fdb205ad809396c");
}

TEST(Fingerprint, IsStableAcrossTags) {
  const Signer later = Workflow("acme/web", "refs/tags/v9.9.9");
  EXPECT_EQ(SignerId(later), SignerId(Workflow()));
  EXPECT_EQ(SignerFingerprint(DriftKind::kSignerChanged, kRepository, later),
            SignerFingerprint(DriftKind::kSignerChanged, kRepository, Workflow()));
}

TEST(Fingerprint, DiffersByKindRepositoryDigestAndSigner) {
  const std::string one = SignerFingerprint(DriftKind::kSignerChanged, kRepository, Workflow());
  EXPECT_NE(one, SignerFingerprint(DriftKind::kIssuerChanged, kRepository, Workflow()));
  EXPECT_NE(one, SignerFingerprint(DriftKind::kSignerChanged, "ghcr.io/acme/api", Workflow()));
  EXPECT_NE(one, SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger()));
  EXPECT_NE(DigestFingerprint(DriftKind::kSignatureMissing, kRepository, Digest("a")),
            DigestFingerprint(DriftKind::kSignatureMissing, kRepository, Digest("b")));
}

TEST(Fingerprint, FormIsReadFromWellFormedTextOnly) {
  EXPECT_EQ(FingerprintForm("s-cbed19143e941a3a3fa673d77075128e"), 's');
  EXPECT_EQ(FingerprintForm("d-64d568145074649f6a58b0af8ec372e3"), 'd');
  EXPECT_FALSE(FingerprintForm("x-64d568145074649f6a58b0af8ec372e3"));
  EXPECT_FALSE(FingerprintForm("d-64d568145074649f6a58b0af8ec372"));
  EXPECT_FALSE(FingerprintForm("d-64D568145074649f6a58b0af8ec372e3"));
  EXPECT_FALSE(FingerprintForm(""));
}

TEST(RecordSize, CountsEveryEscapeWhereverItStands) {
  Record plain = NewRecord(kRepository, Start());
  plain.issuer = std::string(19, 'a');
  const std::size_t size = EstimateBytes(plain);
  const std::map<char, std::size_t> more{{'"', 1},  {'\\', 1},   {'\n', 5},   {'\x1f', 5},
                                         {'\0', 5}, {'\x20', 0}, {'\x80', 0}, {'\xff', 0}};
  for (const auto& [character, extra] : more) {
    for (std::size_t at = 0; at < plain.issuer.size(); ++at) {
      Record record = plain;
      record.issuer[at] = character;
      EXPECT_EQ(EstimateBytes(record), size + extra) << static_cast<int>(character) << " at " << at;
    }
  }
}

}  // namespace
}  // namespace plimsoll::baseline::testing
