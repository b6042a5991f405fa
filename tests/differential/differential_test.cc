// The real cosign, and through it sigstore-go's verification, judges the same bundles as we do. A report lists every
// disagreement with its explanation.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "cosign.h"
#include "explanations.h"
#include "judged_bundle.h"
#include "sigstore/reasons.h"
#include "sigstore/verifier.h"
#include "support/test_data/test_data.h"

namespace plimsoll::differential {
namespace {

using sigstore::Verification;

std::string Refused(Reason reason, const std::string& message) {
  return reason.str() + ": " + message;
}

// As `plimsoll verify-bundle` does: "Verified", or the reason and its message.
std::string OurAnswer(const JudgedBundle& bundle) {
  auto root = sigstore::TrustRoot::FromJson(bundle.trusted_root);
  if (!root) return Refused(root.error().code, root.error().message);
  sigstore::VerifierOptions options;
  if (!bundle.key_pem.empty()) {
    options.public_keys_pem = {bundle.key_pem};
    options.only_configured_keys = true;
  }
  const auto verifier = sigstore::Verifier::Create(std::move(*root), std::move(options));
  if (!verifier) return Refused(verifier.error().code, verifier.error().message);
  sigstore::Expected expected;
  if (!bundle.digest.empty()) {
    expected.digests = {bundle.digest};
  } else {
    expected.content = bundle.artifact;
  }
  const Verification v = verifier->VerifyBundle(bundle.bundle, expected);
  if (!v.verified()) return Refused(v.reason, v.message);
  if (!bundle.identity.empty()) {
    if (v.signer->kind == sigstore::SignerKind::kKey) return Refused(sigstore::kNoKey, "a key");
    if (v.signer->identity != bundle.identity || v.signer->issuer != bundle.issuer) {
      return Refused(sigstore::kIdentityMismatch, v.signer->identity);
    }
  }
  return "Verified";
}

class Differential : public ::testing::Test {
 protected:
  Differential()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("differential-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Differential() override { std::filesystem::remove_all(folder_); }

  void SetUp() override {
    auto cosign = FindCosign();
    ASSERT_TRUE(cosign) << cosign.error().message;
    cosign_ = std::move(*cosign);
  }

  void Compare(const JudgedBundle& bundle) {
    const std::string ours = OurAnswer(bundle);
    const auto theirs = JudgeByCosign(cosign_, bundle, folder_);
    ASSERT_TRUE(theirs) << bundle.name << ": " << theirs.error().message;
    ++judged_;
    const bool accepted = ours == "Verified";
    if (accepted == theirs->accepted) {
      ++(accepted ? both_accept_ : both_refuse_);
      return;
    }
    const std::string cosign = theirs->accepted ? "Verified" : theirs->error;
    const Explanation* known = ExplanationOf(bundle, ours, cosign);
    report_ += bundle.name + "\n    plimsoll: " + ours + "\n    cosign:   " + cosign +
               "\n    why:      " + std::string(known == nullptr ? "NOT EXPLAINED" : known->text) +
               "\n";
    if (known != nullptr) {
      ++used_[known];
    } else {
      ++unexplained_;
    }
  }

  const Explanation* ExplanationOf(const JudgedBundle& bundle, const std::string& ours,
                                   const std::string& cosign) const {
    for (const Explanation& e : Explanations()) {
      if (ours.find(e.ours) != std::string::npos && cosign.find(e.cosign) != std::string::npos &&
          bundle.name.find(e.name) != std::string::npos) {
        return &e;
      }
    }
    return nullptr;
  }

  void Report() const {
    std::size_t explained = 0;
    for (const auto& [explanation, count] : used_) explained += count;
    std::cout << report_ << "bundles judged by both: " << judged_ << "; both accept "
              << both_accept_ << ", both refuse " << both_refuse_ << ", disagreements "
              << explained + unexplained_ << ", of them not explained " << unexplained_ << "\n";
  }

  std::filesystem::path folder_;
  std::string cosign_;
  std::size_t judged_ = 0;
  std::size_t both_accept_ = 0;
  std::size_t both_refuse_ = 0;
  std::size_t unexplained_ = 0;
  std::map<const Explanation*, std::size_t> used_;
  std::string report_;
};

TEST_F(Differential, EveryDisagreementWithCosignIsExplained) {
  const auto compare_all = [&](const char* source, const std::vector<JudgedBundle>& bundles) {
    for (const JudgedBundle& bundle : bundles) Compare(bundle);
    std::cout << source << ": " << bundles.size() << "\n";
  };
  compare_all("bundles of the virtual Sigstore", MadeBundles());
  const bool shared = test::TestDataRoot().has_value();
  if (shared) {
    compare_all("bundles of the official client suite, as file and as digest",
                ConformanceBundles());
    compare_all("bundles of other clients", CataloguedBundles());
  } else {
    std::cout
        << "third-party test data is absent: only bundles of the virtual Sigstore were judged\n";
  }
  Report();
  EXPECT_EQ(unexplained_, 0u);
  if (!shared) return;
  EXPECT_GT(judged_, 250u);
  for (const Explanation& e : Explanations()) {
    EXPECT_TRUE(used_.contains(&e)) << "no longer needed: " << e.text;
  }
}

}  // namespace
}  // namespace plimsoll::differential
