// An observer, a registry in memory, a whole Sigstore in memory, and the real client between.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "http/budget.h"
#include "http/client.h"
#include "observation/observer.h"
#include "support/fake_registry/fake_registry.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::observation {

inline constexpr char kWeb[] = "acme/web";

class SigningDay final : public Clock {
 public:
  Time Now() const override { return test::kSigningTime + std::chrono::hours(1); }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

inline oci::RegistrySettings Settings(const std::string& host) {
  oci::RegistrySettings settings;
  settings.host = host;
  settings.plain_http = true;
  settings.allow_addresses = {"127.0.0.0/8"};
  settings.requests_per_second = 10'000;
  return settings;
}

class ObserverTest : public ::testing::Test {
 protected:
  ObserverTest() { Configure({}); }

  void Configure(std::vector<oci::RepositoryRule> rules, sigstore::VerifierOptions options = {}) {
    oci::RegistryOptions registry_options;
    registry_options.registries = {Settings(registry_.host())};
    http::ClientOptions http;
    http.hosts = oci::HttpHosts(registry_options.registries).value();
    oci_.reset();
    // Each configuration begins without a memory of failures.
    budget_ = std::make_unique<http::HostBudget>(
        http::BudgetLimits{.requests_per_second = 10'000, .burst = 10'000, .max_in_flight = 64}, 1);
    client_ = http::NewClient(std::move(http)).value();
    oci_ = oci::MakeRegistry(registry_options, *client_, *budget_, *no_credentials_, clock_, log_,
                             metrics_);
    auto root = sigstore::TrustRoot::FromJson(sigstore_.Trust().Json());
    auto verifier = sigstore::Verifier::Create(std::move(root).value(), std::move(options));
    observer_ = std::make_unique<Observer>(
        *oci_, oci::RepositoryRules::Make(std::move(rules)).value(),
        std::make_shared<const sigstore::Verifier>(std::move(verifier).value()), clock_);
  }

  std::string Key(const std::string& repository = kWeb) const {
    return registry_.host() + "/" + repository;
  }

  Question Ask(const testing::Descriptor& image, const std::string& repository = kWeb) const {
    Question question;
    question.repository = Key(repository);
    question.digest = image.digest;
    return question;
  }
  Answer Observe(const testing::Descriptor& image) { return observer_->Observe(Ask(image)); }

  testing::SimpleSignature Classic(const std::string& digest, const test::ClassicSpec& spec = {}) {
    const test::ClassicSignature signature = sigstore_.SignImage(Key(), digest, spec);
    auto annotations = signature.Annotations();
    const std::string bytes = annotations["dev.cosignproject.cosign/signature"];
    annotations.erase("dev.cosignproject.cosign/signature");
    return {signature.payload, bytes, annotations};
  }
  void SignClassic(const std::string& digest, const test::ClassicSpec& spec = {}) {
    registry_.PushSignatures(kWeb, digest, {Classic(digest, spec)});
  }
  static std::string Hex(const std::string& digest) { return digest.substr(7); }
  void Refer(const testing::Descriptor& image, const std::string& statement, bool fallback = false,
             const test::BundleSpec& spec = {}) {
    registry_.PushReferrer(kWeb, image, testing::kSigstoreBundle, testing::kSigstoreBundle,
                           sigstore_.SignStatement(statement, spec).Json(), {}, fallback);
  }

  const SigningDay clock_;
  NullLogger log_;
  NullMetrics metrics_;
  testing::FakeRegistry registry_;
  test::VirtualSigstore sigstore_;
  std::unique_ptr<http::HostBudget> budget_;
  std::unique_ptr<oci::CredentialSource> no_credentials_ = oci::MakeNoCredentials();
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<oci::Registry> oci_;
  std::unique_ptr<Observer> observer_;
};

}  // namespace plimsoll::observation
