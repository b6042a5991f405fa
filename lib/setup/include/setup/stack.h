// From the configuration to a running observer: the same assembly for controller, webhook and command line.
//
// Opens the files that the configuration names (trust root, keys, CA files through the HTTP client). An error is a
// configuration error: it names the key, the file and what was expected, and the programs exit 2 with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "baseline/settings.h"
#include "config/plimsoll_config.h"
#include "http/budget.h"
#include "http/client.h"
#include "observation/log_lane.h"
#include "observation/observer.h"
#include "oci/registry.h"
#include "rekor/log.h"

namespace plimsoll::setup {

struct StackOptions {
  // Names and addresses of the API server: never asked as a registry.
  std::vector<std::string> api_server;
  // Used when the configuration names no docker config: the command line's own login. Empty: none.
  std::string fallback_docker_config;
  // The observer remembers what it saw, so that an image that is unchanged need not be read again. False for whoever
  // keeps the answers itself.
  bool remember = true;
};

// Everything that an observation needs, in the order in which it is torn down.
struct Stack {
  std::unique_ptr<http::Client> http;
  std::unique_ptr<http::HostBudget> budget;
  std::unique_ptr<oci::CredentialSource> credentials;
  std::unique_ptr<oci::Registry> registry;
  std::unique_ptr<observation::Observer> observer;

  // The log lane: null, all of it, without `rekor.url`. It shares nothing with the registries.
  std::unique_ptr<http::Client> log_http;
  std::unique_ptr<http::HostBudget> log_budget;
  std::unique_ptr<rekor::Log> log;
  std::unique_ptr<observation::LogLane> lane;

  // Ends every request, now and from now on.
  void Shutdown();
};

// `clock`, `log` and `metrics` must outlive the stack.
Result<Stack> MakeStack(const config::PlimsollConfig& config, const StackOptions& options,
                        const Clock& clock, Logger& log, Metrics& metrics);

// The trust root and keys of the configuration; read again when the files change.
Result<std::shared_ptr<const sigstore::Verifier>> LoadVerifier(
    const config::PlimsollConfig& config);

// The rules about where signatures lie, from `repositories[]`.
Result<oci::RepositoryRules> LoadRepositoryRules(const config::PlimsollConfig& config);

// For commands: the person who types an image's host has chosen it, so its address is not held against it, and one
// person's look need not be paced.
void OpenHost(config::PlimsollConfig& config, const std::string& host, bool plain_http);

// The host of a server URL, with the names under which every cluster knows its API server.
std::vector<std::string> ApiServerHosts(const std::string& server_url);

// The durations of the rules, field by field.
baseline::Durations DurationsOf(const config::PlimsollConfig& config);

}  // namespace plimsoll::setup
