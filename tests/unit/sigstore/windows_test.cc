// Windows of the trust root and thresholds: ends are inclusive, an end that is absent or null is open, and how many
// entries, timestamps and SCTs are enough.
#include <gtest/gtest.h>

#include <functional>

#include "virtual_fixture.h"

namespace plimsoll::sigstore {
namespace {

using test::BundleSpec;
using test::TrustDocument;
using test::TrustWindow;

// Everything happens at 12:00:00; the certificate, and with it the SCT, begins a minute before.
struct Part {
  const char* name;
  bool rekor2;
  std::function<TrustWindow&(TrustDocument&)> window;
  const char* moment;
  const char* just_before;
  const char* just_after;
  bool open_start;  // a start may be absent
};

const std::vector<Part>& Parts() {
  static const std::vector<Part> parts = {
      {"Rekor v1", false, [](TrustDocument& t) -> TrustWindow& { return t.logs[0].window; },
       "2026-03-01T12:00:00Z", "2026-03-01T11:59:59.999999Z", "2026-03-01T12:00:00.000001Z", false},
      {"Rekor v2", true, [](TrustDocument& t) -> TrustWindow& { return t.logs[1].window; },
       "2026-03-01T12:00:00Z", "2026-03-01T11:59:59.999999Z", "2026-03-01T12:00:00.000001Z", false},
      {"certificate authority", false,
       [](TrustDocument& t) -> TrustWindow& { return t.authorities[0].window; },
       "2026-03-01T12:00:00Z", "2026-03-01T11:59:59.999999Z", "2026-03-01T12:00:00.000001Z", true},
      {"CT log", false, [](TrustDocument& t) -> TrustWindow& { return t.ct_logs[0].window; },
       "2026-03-01T11:59:00Z", "2026-03-01T11:58:59.999999Z", "2026-03-01T11:59:00.000001Z", true},
      {"timestamp authority", true,
       [](TrustDocument& t) -> TrustWindow& { return t.timestamp_authorities[0].window; },
       "2026-03-01T12:00:00Z", "2026-03-01T11:59:59.999999Z", "2026-03-01T12:00:00.000001Z", true},
  };
  return parts;
}

class Windows : public VirtualTest {
 protected:
  Verification With(const Part& part, const TrustWindow& window) {
    BundleSpec spec;
    spec.rekor1 = !part.rekor2;
    spec.rekor2 = part.rekor2;
    TrustDocument trust = sigstore_.Trust();
    part.window(trust) = window;
    return Bundle(sigstore_.SignMessage(kArtifact, spec).Json(), ArtifactExpected(), trust);
  }
};

TEST_F(Windows, BothEndsAreInside) {
  for (const Part& part : Parts()) {
    const Verification v = With(part, {part.moment, part.moment});
    EXPECT_TRUE(v.verified()) << part.name << Describe(v);
  }
}

TEST_F(Windows, AMicrosecondBeforeTheStartIsOutside) {
  for (const Part& part : Parts()) {
    SCOPED_TRACE(part.name);
    ExpectRejected(With(part, {part.just_after, "2027-01-01T00:00:00Z"}),
                   kOutsideTrustRootValidity);
  }
}

TEST_F(Windows, AMicrosecondAfterTheEndIsOutside) {
  for (const Part& part : Parts()) {
    SCOPED_TRACE(part.name);
    ExpectRejected(With(part, {"2025-01-01T00:00:00Z", part.just_before}),
                   kOutsideTrustRootValidity);
  }
}

TEST_F(Windows, AnAbsentAndANullEndAreOpen) {
  for (const Part& part : Parts()) {
    EXPECT_TRUE(With(part, {part.moment, ""}).verified()) << part.name;
    EXPECT_TRUE(With(part, {part.moment, "null"}).verified()) << part.name;
  }
}

TEST_F(Windows, AnAbsentStartIsOpenButOfALogItIsRefused) {
  for (const Part& part : Parts()) {
    TrustDocument trust = sigstore_.Trust();
    part.window(trust) = {"", part.moment};
    EXPECT_EQ(TrustRoot::FromJson(trust.Json()).has_value(), part.open_start) << part.name;
    if (part.open_start) {
      EXPECT_TRUE(With(part, {"", part.moment}).verified()) << part.name;
      SCOPED_TRACE(part.name);
      ExpectRejected(With(part, {"", part.just_before}), kOutsideTrustRootValidity);
    }
  }
}

TEST_F(Windows, OfSeveralWindowsOfOneLogKeyAnyIsEnough) {
  TrustDocument trust = sigstore_.Trust();
  for (auto* logs : {&trust.logs, &trust.ct_logs}) {
    auto past = logs->front();
    past.window = {"2024-01-01T00:00:00Z", "2024-12-31T00:00:00Z"};
    logs->insert(logs->begin(), past);
  }
  auto past = trust.authorities.front();
  past.window = {"2024-01-01T00:00:00Z", "2024-12-31T00:00:00Z"};
  trust.authorities.insert(trust.authorities.begin(), past);
  const Verification v = Bundle(sigstore_.SignMessage(kArtifact).Json(), ArtifactExpected(), trust);
  EXPECT_TRUE(v.verified()) << Describe(v);
}

// --- The certificate's own validity, at every verified time.

TEST_F(Windows, ACertificateIsValidAtBothItsEnds) {
  for (const auto& [before, lifetime] :
       {std::pair(std::chrono::seconds(0), std::chrono::seconds(600)),
        std::pair(std::chrono::seconds(600), std::chrono::seconds(600))}) {
    BundleSpec spec;
    spec.leaf.not_before = test::kSigningTime - before;
    spec.leaf.lifetime = lifetime;
    const Verification v = Message(sigstore_.SignMessage(kArtifact, spec));
    EXPECT_TRUE(v.verified()) << Describe(v);
  }
  for (const auto& [before, lifetime] :
       {std::pair(std::chrono::seconds(-1), std::chrono::seconds(600)),
        std::pair(std::chrono::seconds(601), std::chrono::seconds(600))}) {
    BundleSpec spec;
    spec.leaf.not_before = test::kSigningTime - before;
    spec.leaf.lifetime = lifetime;
    ExpectRejected(Message(sigstore_.SignMessage(kArtifact, spec)), kCertificateExpired);
  }
}

// --- Thresholds: one log entry, one time, one SCT; and the most of each.

TEST_F(Windows, ThirtyTwoEntriesAndTimestampsAreJudgedAndOneMoreIsALimit) {
  auto bundle = sigstore_.SignMessage(kArtifact);
  test::VirtualSigstore stranger({.seed = "quay"});
  while (bundle.entries.size() < 32) {
    bundle.entries.push_back(stranger.SignMessage(kArtifact).entries.front());
    bundle.entries.back().body += ' ';
    bundle.entries.back().body.append(bundle.entries.size(), ' ');
  }
  while (bundle.timestamps.size() < 32) {
    const auto serial = static_cast<std::uint8_t>(1 + bundle.timestamps.size());
    bundle.timestamps.push_back(sigstore_.Timestamp(
        bundle.signatures.front(), [&](test::TimestampSpec& t) { t.serial = {serial}; }));
  }
  const Verification v = Message(bundle);
  ASSERT_TRUE(v.verified()) << Describe(v);
  EXPECT_EQ(v.times.size(), 33u) << "the log's and every timestamp's";
  EXPECT_EQ(v.ignored.size(), 31u) << "every entry of the unknown log";
  auto more = bundle;
  more.entries.push_back(more.entries.back());
  more.entries.back().body += ' ';
  ExpectRejected(Message(more), kLimitExceeded);
  more = bundle;
  more.timestamps.push_back(sigstore_.Timestamp(bundle.signatures.front(),
                                                [](test::TimestampSpec& t) { t.serial = {0x77}; }));
  ExpectRejected(Message(more), kLimitExceeded);
}

TEST_F(Windows, EveryVerifiedTimeMustBeInsideTheCertificate) {
  BundleSpec spec;
  spec.timestamp = true;
  auto bundle = sigstore_.SignMessage(kArtifact, spec);
  bundle.timestamps.push_back(sigstore_.Timestamp(
      bundle.signatures.front(), [](test::TimestampSpec& t) { t.time += std::chrono::hours(1); }));
  ExpectRejected(Message(bundle), kCertificateExpired);
}

// --- Certificate timestamps, of several logs.

class CertificateTimestamps : public VirtualTest {
 protected:
  // A bundle whose certificate was also logged by `second_`.
  std::string WithSecond(bool damage_first, bool damage_second) {
    BundleSpec spec;
    spec.leaf.certificate = [=, this](test::CertificateSpec& c) {
      c.scts[0].damage_signature = damage_first;
      c.scts.push_back({.log = &second_,
                        .time = test::kSigningTime - std::chrono::seconds(30),
                        .extensions = {0, 1, 2, 3},
                        .damage_signature = damage_second});
    };
    return sigstore_.SignMessage(kArtifact, spec).Json();
  }
  // With the second log first; the first one's key is left out when asked.
  TrustDocument Trust(bool with_first) const {
    TrustDocument trust = sigstore_.Trust();
    auto second = trust.ct_logs.front();
    second.url = "https://ct2.harbour.example";
    second.key = second_.spki();
    second.log_id = ToBytes(second_.spki_sha256());
    second.key_details = "PKIX_ECDSA_P384_SHA_384";
    if (!with_first) trust.ct_logs.clear();
    trust.ct_logs.insert(trust.ct_logs.begin(), second);
    return trust;
  }
  test::TestKey second_{test::KeyType::kP384, "second CT log"};
};

TEST_F(CertificateTimestamps, OneOfSeveralLogsIsEnough) {
  EXPECT_TRUE(Bundle(WithSecond(false, false), ArtifactExpected(), Trust(true)).verified());
  EXPECT_TRUE(Bundle(WithSecond(true, false), ArtifactExpected(), Trust(true)).verified());
  EXPECT_TRUE(Bundle(WithSecond(false, true), ArtifactExpected(), Trust(true)).verified());
  ExpectRejected(Bundle(WithSecond(true, true), ArtifactExpected(), Trust(true)), kSctInvalid);
}

TEST_F(CertificateTimestamps, ExtensionsAreWhatTheLogSigned) {
  // Only the second log is known, and its SCT carries extensions.
  EXPECT_TRUE(Bundle(WithSecond(false, false), ArtifactExpected(), Trust(false)).verified());
  BundleSpec spec;
  spec.leaf.adjust_sct = [](test::SctSpec& sct) { sct.extensions = {0xff, 0, 0xff}; };
  EXPECT_TRUE(Message(sigstore_.SignMessage(kArtifact, spec)).verified());
}

TEST_F(CertificateTimestamps, AnUnknownLogBesideAKnownOneNeitherHelpsNorHarms) {
  EXPECT_TRUE(Bundle(WithSecond(false, false), ArtifactExpected(), sigstore_.Trust()).verified());
  ExpectRejected(Bundle(WithSecond(true, false), ArtifactExpected(), sigstore_.Trust()),
                 kSctInvalid);
}

TEST_F(CertificateTimestamps, ACtLogWhoseKeyIsNotSupportedIsNamedAndNotUnknown) {
  TrustDocument trust = sigstore_.Trust();
  trust.ct_logs.front().key_details = "ML_DSA_65";
  ExpectRejected(Bundle(sigstore_.SignMessage(kArtifact).Json(), ArtifactExpected(), trust),
                 kUnsupportedAlgorithm);
}

}  // namespace
}  // namespace plimsoll::sigstore
