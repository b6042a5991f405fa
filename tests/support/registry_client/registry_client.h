// A registry client for tests: real HTTP towards servers on loopback.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/time.h"
#include "http/budget.h"
#include "http/client.h"
#include "oci/credentials.h"
#include "oci/discovery.h"
#include "oci/registry.h"

namespace plimsoll::testing {

// A clock that a test moves: the steady time is the real one plus what was added.
class ShiftedClock final : public Clock {
 public:
  Time Now() const override { return system_.Now() + shift_; }
  std::chrono::steady_clock::time_point Steady() const override {
    return system_.Steady() + shift_;
  }
  void Advance(Duration by) { shift_ += by; }

 private:
  SystemClock system_;
  Duration shift_{0};
};

// Offers what the test puts in, to every repository of the host.
class FixedCredentials final : public oci::CredentialSource {
 public:
  // In the form of a docker config's "auths": its entries are offered as DockerConfig.
  void Add(oci::Credential credential) { credentials_.push_back(std::move(credential)); }
  oci::CredentialOffer For(const oci::Repository&) override { return {credentials_, {}}; }

 private:
  std::vector<oci::Credential> credentials_;
};

class TestRegistryClient {
 public:
  struct Options {
    std::vector<oci::RegistrySettings> registries;
    oci::ClientLimits limits;
    http::BudgetLimits budget = FastBudget();
    std::unique_ptr<oci::CredentialSource> credentials;
    std::chrono::milliseconds max_budget_wait{5'000};
  };
  explicit TestRegistryClient(Options options);
  ~TestRegistryClient();

  oci::Registry& operator*() { return *registry_; }
  oci::Registry* operator->() { return registry_.get(); }
  ShiftedClock& clock() { return clock_; }

  // No waiting, no circuit breaker: tests of other things.
  static http::BudgetLimits FastBudget();

 private:
  ShiftedClock clock_;
  NullLogger log_;
  NullMetrics metrics_;
  std::unique_ptr<http::Client> http_;
  http::HostBudget budget_;
  std::unique_ptr<oci::CredentialSource> credentials_;
  std::unique_ptr<oci::Registry> registry_;
};

// Settings for a test server: plain HTTP, or TLS under that CA (a file); loopback is allowed.
oci::RegistrySettings PlainHost(const std::string& host);
oci::RegistrySettings TlsHost(const std::string& host, const std::string& ca_file);

}  // namespace plimsoll::testing
