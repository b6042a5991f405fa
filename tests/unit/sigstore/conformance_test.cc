// The official client suite, offline, in both artifact modes, through the command that it drives.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>

#include "cli/verify_bundle.h"
#include "json/json.h"
#include "support/test_data/test_data.h"
#include "third_party.h"

namespace plimsoll::sigstore {
namespace {

// What each negative case is made to fail for.
const std::map<std::string, std::string>& ExpectedReasons() {
  static const std::map<std::string, std::string> kReasons = {
      {"bundle-empty-certificate-chain_fail", "Malformed"},
      {"bundle-from-wrong-instance_fail", "UnknownLog"},
      {"bundle-invalid-base64-signature_fail", "Malformed"},
      {"bundle-malformed-json_fail", "Malformed"},
      {"bundle-negative-log-index_fail", "Malformed"},
      {"bundle-unknown-version_fail", "UnsupportedFormat"},
      {"bundle-with-root-cert_fail", "Malformed"},
      {"dsse-mismatch-envelope_fail", "LogEntryMismatch"},
      {"inclusion-proof-corrupted-hash_fail", "InclusionProofInvalid"},
      {"incorrect-public-key_fail", "SETInvalid"},
      {"integrated-time-in-future_fail", "CertificateNotValidAtSigningTime"},
      {"intoto-log-entry-mismatch_fail", "LogEntryMismatch"},
      {"intoto-missing-inclusion-proof_fail", "Malformed"},
      {"intoto-set-outside-signing-cert-validity_fail", "CertificateNotValidAtSigningTime"},
      {"invalid-inclusion-proof_fail", "Malformed"},
      {"managed-key-no-key_fail", "NoKey"},
      {"managed-key-wrong-key_fail", "Malformed"},
      {"message-digest-mismatch_fail", "DigestMismatch"},
      {"rekor2-checkpoint-missing-log-signature_fail", "Malformed"},
      {"rekor2-checkpoint-missing-root-hash_fail", "Malformed"},
      {"rekor2-checkpoint-no-matching-signature_fail", "CheckpointInvalid"},
      {"rekor2-dsse-invalid-sig_fail", "LogEntryMismatch"},
      {"rekor2-dsse-mismatch-sig_fail", "LogEntryMismatch"},
      {"rekor2-no-timestamp_fail", "NoVerifiedTime"},
      {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", "OutsideTrustRootValidity"},
      {"rekor2-timestamp-payload-mismatch_fail", "TimestampInvalid"},
      {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "UnknownTimestampAuthority"},
      {"rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "UnknownTimestampAuthority"},
      {"rekor2-timestamp-with-incorrect-time_fail", "CertificateNotValidAtSigningTime"},
      {"set-invalid-signature_fail", "SETInvalid"},
      {"signature-mismatch_fail", "LogEntryMismatch"},
      {"trust-root-tlog-missing-validity-start_fail", "Malformed"},
      {"wrong-hashedrekord-artifact_fail", "LogEntryMismatch"},
      {"wrong-hashedrekord-cert-and-sig_fail", "LogEntryMismatch"},
      {"wrong-hashedrekord-entry_fail", "LogEntryMismatch"},
  };
  return kReasons;
}

struct Judged {
  int exit_code = -1;
  std::string reason;
  std::string message;
};

Judged RunCase(const ConformanceCase& c, bool by_digest) {
  std::vector<std::string_view> args = {"--bundle", c.bundle_path};
  const auto add = [&](std::string_view flag, std::string_view value) {
    args.push_back(flag);
    args.push_back(value);
  };
  if (c.has_key) {
    add("--key", c.key_path);
  } else {
    add("--certificate-identity", c.identity);
    add("--certificate-oidc-issuer", c.issuer);
  }
  if (c.has_trusted_root) add("--trusted-root", c.trusted_root_path);
  add("-o", "json");
  args.push_back(by_digest ? c.artifact_sha256 : c.artifact_path);
  std::ostringstream out;
  std::ostringstream err;
  Judged judged;
  judged.exit_code = cli::RunVerifyBundle(args, out, err);
  const std::string text = out.str();
  const auto document = json::Document::Parse(text);
  if (document) {
    judged.reason = document->root()["reason"].StringOrEmpty();
    judged.message = document->root()["message"].StringOrEmpty();
  }
  return judged;
}

TEST(Conformance, EveryCaseIsJudgedAsTheSuiteAsksAndForItsReason) {
  PLIMSOLL_NEEDS_TEST_DATA();
  int runs = 0;
  int right = 0;
  std::map<std::string, int> histogram;
  for (const ConformanceCase& c : ConformanceCases()) {
    for (const bool by_digest : {false, true}) {
      const Judged judged = RunCase(c, by_digest);
      const std::string where = c.name + (by_digest ? " (digest)" : " (file)");
      EXPECT_EQ(judged.exit_code, c.passes ? 0 : 1) << where << ": " << judged.message;
      const auto expected = ExpectedReasons().find(c.name);
      if (expected != ExpectedReasons().end()) {
        EXPECT_EQ(judged.reason, expected->second) << where << ": " << judged.message;
      }
      ++runs;
      if (judged.exit_code == (c.passes ? 0 : 1)) ++right;
      ++histogram[judged.reason.empty() ? "Verified" : judged.reason];
    }
  }
  EXPECT_GE(runs, 100);
  std::cout << "conformance: " << right << " of " << runs << " runs as the suite asks\n";
  for (const auto& [reason, count] : histogram) std::cout << "  " << reason << " " << count << "\n";
}

int ExitCode(const std::vector<std::string_view>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::RunVerifyBundle(args, out, err);
  EXPECT_EQ(code == 0, err.str().empty());
  return code;
}

TEST(VerifyBundleUsage, UsageErrorsAreTwoAndNeverARejection) {
  EXPECT_EQ(ExitCode({}), 2);
  EXPECT_EQ(ExitCode({"--bundle", "b.json", "--unknown", "x", "a.txt"}), 2);
  EXPECT_EQ(ExitCode({"--bundle", "/nonexistent/b.json", "--key", "/nonexistent/k.pub", "a.txt"}),
            2);
  EXPECT_EQ(ExitCode({"--bundle", "b.json", "--certificate-identity", "me", "a.txt"}), 2);
  EXPECT_EQ(ExitCode({"--bundle", "b.json", "--key", "k", "--certificate-identity", "me",
                      "--certificate-oidc-issuer", "i", "a.txt"}),
            2);
  EXPECT_EQ(ExitCode({"--staging", "--bundle", "b.json", "--certificate-identity", "me",
                      "--certificate-oidc-issuer", "i", "a.txt"}),
            2);
}

TEST(VerifyBundleUsage, AskingForHelpIsNoError) { EXPECT_EQ(ExitCode({"--help"}), 0); }

}  // namespace
}  // namespace plimsoll::sigstore
