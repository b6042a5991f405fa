// The configuration file: one strict YAML file, the same for the three programs, one reader, one table of what
// may stand in it (`ConfigOptions`), from which the documentation is made and against which unknown keys are
// found. Every error says file, line, column and what was expected; the programs then exit 2.
//
// Files that the configuration names (trust root, keys, CA files) are not opened here: whoever uses them does,
// and says which key named them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::config {

struct Durations {
  Duration reverify_after = std::chrono::hours(6);
  Duration establish_after = std::chrono::hours(24);
  Duration confirm_after = std::chrono::minutes(5);
  Duration drift_recheck_after = std::chrono::hours(1);
  Duration signing_grace = std::chrono::minutes(15);
  Duration judge_within = std::chrono::hours(2);
  Duration resolve_after = std::chrono::hours(1);
  Duration end_after = std::chrono::hours(48);
  Duration contradict_after = std::chrono::hours(24);
  Duration negative_cache_for = std::chrono::seconds(30);
  Duration observed_false_after = std::chrono::minutes(15);
  Duration acceptance_expiring_before = std::chrono::hours(72);

  // The keys that are below their default, in the order of the table. Not empty: the programs log a warning
  // and set plimsoll_test_durations to 1, because what is learned then proves little.
  std::vector<std::string> BelowDefaults() const;
};

struct RepositoryConfig {
  std::string match;  // glob over repository keys: * within a segment, ** over any number
  std::vector<std::string> aliases;  // other names of the same repository in signed payloads
  std::string mirror_of;             // the upstream whose signatures count
  std::string signature_repository;  // where cosign put the signatures (COSIGN_REPOSITORY)
};

struct RegistryConfig {
  std::string host;  // host[:port], lower case
  bool plain_http = false;
  std::string ca_file;
  std::string
      client_certificate_file;  // PEM: certificate chain, with its key or with client_key_file
  std::string client_key_file;
  std::vector<std::string> allow_address;  // addresses or CIDR blocks that this host may resolve to
  std::string token_realm;  // host[:port] of the token server that may get its credential
  std::optional<std::int64_t> requests_per_second;
};

struct PublicKeyConfig {
  std::string name;  // for messages
  std::string file;  // exactly one of file and pem
  std::string pem;
};

struct CredentialProvidersConfig {
  std::string config_file;  // a kubelet.config.k8s.io CredentialProviderConfig
  std::string bin_dir;
};

struct RekorConfig {
  std::string url;
  std::string ca_file;
  Duration timeout = std::chrono::seconds(5);
  std::int64_t max_response_bytes = 1 << 20;
  Duration cache_ttl = std::chrono::hours(1);
};

struct LimitsConfig {
  std::int64_t workers = 8;                     // observations at the same time
  std::int64_t posture_cache_entries = 20'000;  // images whose posture is kept in memory
  std::int64_t posture_cache_bytes = 64 << 20;  // what they may take, in the controller
  std::int64_t log_cache_entries = 10'000;      // log answers kept in memory
  std::int64_t requests_per_second = 10;        // to one registry host, where it has no own number
  std::int64_t request_burst = 20;              // at once, to one registry host
};

struct PlimsollConfig {
  Durations durations;
  std::vector<RepositoryConfig> repositories;
  std::vector<RegistryConfig> registries;
  std::string trusted_root_file;  // empty: the built-in public-good root
  std::vector<PublicKeyConfig> public_keys;
  std::string docker_config_file;
  std::optional<CredentialProvidersConfig> credential_providers;
  std::optional<RekorConfig> rekor;  // absent: the log lane is off, no client is built
  LimitsConfig limits;

  // Reads a text; `name` is the file's name in messages. An empty text is the defaults.
  static Result<PlimsollConfig> Parse(std::string_view text, std::string_view name);
  // Reads the file; an empty path is the defaults.
  static Result<PlimsollConfig> Load(const std::string& path);
};

// One row of the table: what may stand in the file.
struct ConfigOption {
  std::string path;      // "durations.reverifyAfter", "registries[].host"
  std::string type;      // "duration", "string", "list of strings", "boolean", "integer", "size"
  std::string fallback;  // the default as written in the file; empty: none
  std::string help;      // one sentence
};
const std::vector<ConfigOption>& ConfigOptions();

}  // namespace plimsoll::config
