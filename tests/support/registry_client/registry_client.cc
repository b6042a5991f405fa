#include "support/registry_client/registry_client.h"

#include <cstdio>
#include <cstdlib>

namespace plimsoll::testing {
namespace {

std::unique_ptr<http::Client> MakeClient(const std::vector<oci::RegistrySettings>& registries) {
  http::ClientOptions options;
  auto hosts = oci::HttpHosts(registries);
  if (!hosts) {
    std::fprintf(stderr, "%s\n", hosts.error().message.c_str());
    std::abort();
  }
  options.hosts = std::move(*hosts);
  auto client = http::NewClient(std::move(options));
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    std::abort();
  }
  return std::move(*client);
}

}  // namespace

http::BudgetLimits TestRegistryClient::FastBudget() {
  http::BudgetLimits limits;
  limits.requests_per_second = 100'000;
  limits.burst = 100'000;
  limits.max_in_flight = 64;
  limits.back_off_first = std::chrono::microseconds(1);
  limits.back_off_max = std::chrono::microseconds(1);
  limits.breaker_failures = 1'000'000;
  return limits;
}

TestRegistryClient::TestRegistryClient(Options options)
    : http_(MakeClient(options.registries)),
      budget_(options.budget, 1),
      credentials_(options.credentials ? std::move(options.credentials)
                                       : oci::MakeNoCredentials()) {
  oci::RegistryOptions registry;
  registry.registries = std::move(options.registries);
  registry.limits = options.limits;
  registry.max_budget_wait = options.max_budget_wait;
  registry_ = oci::MakeRegistry(std::move(registry), *http_, budget_, *credentials_, clock_, log_,
                                metrics_);
}

TestRegistryClient::~TestRegistryClient() = default;

oci::RegistrySettings PlainHost(const std::string& host) {
  oci::RegistrySettings settings;
  settings.host = host;
  settings.plain_http = true;
  settings.allow_addresses = {"127.0.0.0/8", "::1"};
  return settings;
}

oci::RegistrySettings TlsHost(const std::string& host, const std::string& ca_file) {
  oci::RegistrySettings settings;
  settings.host = host;
  settings.ca_file = ca_file;
  settings.allow_addresses = {"127.0.0.0/8", "::1"};
  return settings;
}

}  // namespace plimsoll::testing
