#include "setup/stack.h"

#include <algorithm>

#include "base/file.h"
#include "config/credential_provider.h"

namespace plimsoll::setup {
namespace {

constexpr std::size_t kMaxProviderConfigBytes = 1u << 20;

oci::RegistrySettings RegistrySettingsOf(const config::RegistryConfig& registry) {
  oci::RegistrySettings settings;
  settings.host = registry.host;
  settings.plain_http = registry.plain_http;
  settings.ca_file = registry.ca_file;
  settings.client_certificate_file = registry.client_certificate_file;
  settings.client_key_file = registry.client_key_file;
  settings.allow_addresses = registry.allow_address;
  settings.token_realm = registry.token_realm;
  if (registry.requests_per_second)
    settings.requests_per_second = static_cast<double>(*registry.requests_per_second);
  return settings;
}

Result<std::unique_ptr<http::Client>> MakeHttp(const std::vector<oci::RegistrySettings>& registries,
                                               const StackOptions& options) {
  http::ClientOptions http;
  PLIMSOLL_ASSIGN(http.hosts, oci::HttpHosts(registries));
  http.api_server = options.api_server;
  http.proxy = http::ProxyFromEnvironment();
  return http::NewClient(std::move(http));
}

std::unique_ptr<http::HostBudget> MakeBudget(const config::PlimsollConfig& config,
                                             const Clock& clock) {
  http::BudgetLimits limits;
  limits.requests_per_second = static_cast<double>(config.limits.requests_per_second);
  limits.burst = static_cast<double>(config.limits.request_burst);
  // The seed only spreads back-off of several replicas; it protects nothing.
  return std::make_unique<http::HostBudget>(
      limits, static_cast<std::uint64_t>(clock.Now().time_since_epoch().count()));
}

Result<std::vector<oci::CredentialProvider>> LoadProviders(const config::PlimsollConfig& config) {
  std::vector<oci::CredentialProvider> providers;
  if (!config.credential_providers) return providers;
  const std::string& file = config.credential_providers->config_file;
  PLIMSOLL_ASSIGN(const std::string text, ReadFile(file, kMaxProviderConfigBytes));
  PLIMSOLL_ASSIGN(auto parsed, config::ParseCredentialProviders(text, file));
  for (config::CredentialProvider& from : parsed) {
    oci::CredentialProvider provider;
    provider.name = from.name;
    provider.program = config.credential_providers->bin_dir + "/" + from.name;
    provider.arguments = std::move(from.args);
    for (auto& [name, value] : from.env) provider.environment[name] = std::move(value);
    provider.match_images = std::move(from.match_images);
    provider.default_cache_duration =
        std::chrono::duration_cast<std::chrono::seconds>(from.default_cache_duration);
    providers.push_back(std::move(provider));
  }
  return providers;
}

Result<std::unique_ptr<oci::CredentialSource>> MakeCredentials(const config::PlimsollConfig& config,
                                                               const StackOptions& options,
                                                               const Clock& clock, Logger& log) {
  oci::OperatorCredentialSettings settings;
  settings.docker_config_file = config.docker_config_file.empty() ? options.fallback_docker_config
                                                                  : config.docker_config_file;
  PLIMSOLL_ASSIGN(settings.providers, LoadProviders(config));
  return oci::MakeOperatorCredentials(std::move(settings), clock, log);
}

oci::RegistryOptions RegistryOptionsOf(const config::PlimsollConfig& config) {
  oci::RegistryOptions options;
  for (const config::RegistryConfig& registry : config.registries) {
    options.registries.push_back(RegistrySettingsOf(registry));
  }
  options.negative_cache_for =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.durations.negative_cache_for);
  return options;
}

// The operator named this log, so its host may be where it is: inside the network, and, where the URL names a literal
// address, at that address. No other.
Result<http::HostSettings> LogHost(const config::RekorConfig& rekor) {
  PLIMSOLL_ASSIGN(const http::Url url, http::Url::Parse(rekor.url));
  http::HostSettings settings;
  settings.host = url.HostPort();
  settings.plain_http = !url.https;
  settings.ca_file = rekor.ca_file;
  if (const auto address = http::AddressRange::Parse(url.host)) {
    settings.allow_address = {*address};
  }
  return settings;
}

Status MakeLane(const config::PlimsollConfig& config, const StackOptions& options,
                const oci::RepositoryRules& rules, const Clock& clock, Logger& log,
                Metrics& metrics, Stack& stack) {
  const config::RekorConfig& rekor = *config.rekor;
  http::ClientOptions http;
  auto host = LogHost(rekor);
  if (!host) return Fail(kInvalidArgument, "rekor.url: " + host.error().message);
  http.hosts = {std::move(*host)};
  http.api_server = options.api_server;
  http.proxy = http::ProxyFromEnvironment();
  auto client = http::NewClient(std::move(http));
  if (!client) return Fail(kInvalidArgument, "rekor: " + client.error().message);
  stack.log_http = std::move(*client);
  stack.log_budget = MakeBudget(config, clock);
  rekor::LogOptions log_options;
  log_options.url = rekor.url;
  log_options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(rekor.timeout);
  log_options.max_response_bytes = static_cast<std::size_t>(rekor.max_response_bytes);
  log_options.cache_ttl = rekor.cache_ttl;
  log_options.cache_entries = static_cast<std::size_t>(config.limits.log_cache_entries);
  stack.log = std::make_unique<rekor::Log>(*stack.log_http, *stack.log_budget, log_options, clock,
                                           log, metrics);
  stack.lane = std::make_unique<observation::LogLane>(*stack.log, rules);
  return {};
}

}  // namespace

void Stack::Shutdown() {
  http->Shutdown();
  if (log) log->Stop();
  if (log_http) log_http->Shutdown();
}

Result<oci::RepositoryRules> LoadRepositoryRules(const config::PlimsollConfig& config) {
  std::vector<oci::RepositoryRule> rules;
  for (const config::RepositoryConfig& repository : config.repositories) {
    rules.push_back({repository.match, repository.aliases, repository.mirror_of,
                     repository.signature_repository});
  }
  return oci::RepositoryRules::Make(std::move(rules));
}

std::vector<std::string> ApiServerHosts(const std::string& server_url) {
  std::vector<std::string> hosts = {"kubernetes", "kubernetes.default", "kubernetes.default.svc"};
  if (const auto url = http::Url::Parse(server_url)) hosts.push_back(url->host);
  return hosts;
}

void OpenHost(config::PlimsollConfig& config, const std::string& host, bool plain_http) {
  auto found =
      std::find_if(config.registries.begin(), config.registries.end(),
                   [&](const config::RegistryConfig& registry) { return registry.host == host; });
  if (found == config.registries.end()) {
    config.registries.emplace_back();
    found = std::prev(config.registries.end());
    found->host = host;
    // A person's look is one burst; what paces the controller would only make them wait.
    found->requests_per_second = 100;
  }
  found->plain_http = found->plain_http || plain_http;
  if (found->allow_address.empty()) found->allow_address = {"0.0.0.0/0", "::/0"};
}

Result<Stack> MakeStack(const config::PlimsollConfig& config, const StackOptions& options,
                        const Clock& clock, Logger& log, Metrics& metrics) {
  Stack stack;
  oci::RegistryOptions registry_options = RegistryOptionsOf(config);
  PLIMSOLL_ASSIGN(stack.http, MakeHttp(registry_options.registries, options));
  stack.budget = MakeBudget(config, clock);
  PLIMSOLL_ASSIGN(stack.credentials, MakeCredentials(config, options, clock, log));
  stack.registry = oci::MakeRegistry(std::move(registry_options), *stack.http, *stack.budget,
                                     *stack.credentials, clock, log, metrics);
  PLIMSOLL_ASSIGN(oci::RepositoryRules rules, LoadRepositoryRules(config));
  PLIMSOLL_ASSIGN(auto verifier, LoadVerifier(config));
  if (config.rekor) PLIMSOLL_TRY(MakeLane(config, options, rules, clock, log, metrics, stack));
  observation::ObserverLimits limits;
  limits.remembered =
      options.remember ? static_cast<std::size_t>(config.limits.posture_cache_entries) : 0;
  limits.remembered_bytes = static_cast<std::size_t>(config.limits.posture_cache_bytes);
  stack.observer = std::make_unique<observation::Observer>(*stack.registry, std::move(rules),
                                                           std::move(verifier), clock, limits);
  return stack;
}

}  // namespace plimsoll::setup
