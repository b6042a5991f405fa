#include "config/plimsoll_config.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/file.h"
#include "config/yaml.h"

namespace plimsoll::config {
namespace {

constexpr Duration kLeastDuration = std::chrono::seconds(1);
constexpr Duration kMostDuration = std::chrono::hours(24 * 3650);
constexpr std::size_t kMostEntries = 10'000;  // of repositories[], registries[]

// One key of a mapping: what the documentation says of it, and how it is read.
template <class T>
struct Option {
  std::string_view name;
  std::string_view type;
  std::string_view fallback;
  std::string_view help;
  Status (*read)(const YamlNode& node, T& target);
};

// Reads a mapping by its table; a key that the table does not have is refused.
template <class T>
Status ReadMapping(const YamlNode& node, std::span<const Option<T>> options, T& target) {
  std::vector<std::string_view> names;
  for (const auto& option : options) names.push_back(option.name);
  PLIMSOLL_TRY(node.AllowOnly(names));
  for (const auto& option : options) {
    const YamlNode value = node[option.name];
    if (value.present()) PLIMSOLL_TRY(option.read(value, target));
  }
  return {};
}

template <class T>
Status ReadList(const YamlNode& node, std::span<const Option<T>> options, std::vector<T>& target,
                Status (*check)(const YamlNode& node, const T& item,
                                const std::vector<T>& before)) {
  if (!node.IsSequence()) return node.Refuse("expected a list of mappings");
  if (node.size() > kMostEntries) {
    return node.Refuse("expected at most " + std::to_string(kMostEntries) + " entries");
  }
  for (YamlNode entry = node.first(); !entry.missing(); entry = entry.next()) {
    T item;
    PLIMSOLL_TRY(ReadMapping<T>(entry, options, item));
    PLIMSOLL_TRY(check(entry, item, target));
    target.push_back(std::move(item));
  }
  return {};
}

template <auto kMember, class T>
Status ReadString(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.String());
  return {};
}
template <auto kMember, class T>
Status ReadStrings(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.Strings());
  return {};
}
template <auto kMember, class T>
Status ReadBool(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.Bool());
  return {};
}
template <auto kMember, std::int64_t kLeast, std::int64_t kMost, class T>
Status ReadInt(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.Int(kLeast, kMost));
  return {};
}
template <auto kMember, std::int64_t kLeast, std::int64_t kMost, class T>
Status ReadSize(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.ByteSize(kLeast, kMost));
  return {};
}
template <auto kMember, class T>
Status ReadDuration(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.DurationBetween(kLeastDuration, kMostDuration));
  return {};
}

// host or host:port as it stands in an image reference.
bool IsHost(std::string_view host) {
  return !host.empty() && host.size() <= 259 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
           c == '[' || c == ']';
  });
}

template <auto kMember, class T>
Status ReadHost(const YamlNode& node, T& target) {
  PLIMSOLL_ASSIGN(target.*kMember, node.String());
  if (!IsHost(target.*kMember)) {
    return node.Refuse("expected host or host:port in lower case, without scheme or path");
  }
  return {};
}

// ---- durations

struct DurationKey {
  std::string_view name;
  Duration Durations::*member;
  std::string_view help;
};
constexpr std::array<DurationKey, 12> kDurationKeys{{
    {"reverifyAfter", &Durations::reverify_after,
     "How often a running image is looked at again (+- 20 %)."},
    {"establishAfter", &Durations::establish_after,
     "How long a signer must have been seen before its baseline is Established."},
    {"confirmAfter", &Durations::confirm_after,
     "Time between the two observations that an absence needs to become a drift."},
    {"driftRecheckAfter", &Durations::drift_recheck_after,
     "How often an image with an open drift is looked at again."},
    {"signingGrace", &Durations::signing_grace,
     "How long a new image may be unsigned before that is a drift; admission does not wait."},
    {"judgeWithin", &Durations::judge_within,
     "How long a running image may stay without a definite posture before it is Unjudged."},
    {"resolveAfter", &Durations::resolve_after,
     "How long an image must be continuous again before its drift is resolved."},
    {"endAfter", &Durations::end_after,
     "How long no Pod may run an image before its drift is ended."},
    {"contradictAfter", &Durations::contradict_after,
     "How long a log must contradict its own promise before LogEntryMissing."},
    {"negativeCacheFor", &Durations::negative_cache_for,
     "How long admission keeps a negative posture."},
    {"observedFalseAfter", &Durations::observed_false_after,
     "How long observations must fail before the condition Observed is False."},
    {"acceptanceExpiringBefore", &Durations::acceptance_expiring_before,
     "How long before its expiration an acceptance is announced as expiring."},
}};

Status ReadDurations(const YamlNode& node, PlimsollConfig& config) {
  std::vector<std::string_view> names;
  for (const auto& key : kDurationKeys) names.push_back(key.name);
  PLIMSOLL_TRY(node.AllowOnly(names));
  for (const auto& key : kDurationKeys) {
    const YamlNode value = node[key.name];
    if (!value.present()) continue;
    PLIMSOLL_ASSIGN(config.durations.*key.member,
                    value.DurationBetween(kLeastDuration, kMostDuration));
  }
  return {};
}

// ---- repositories

using Repository = RepositoryConfig;
constexpr std::array<Option<Repository>, 4> kRepositoryOptions{{
    {"match", "string", "",
     "Repositories that this entry is about: a key such as ghcr.io/acme/web, * within one segment, "
     "** over "
     "any number.",
     ReadString<&Repository::match, Repository>},
    {"aliases", "list of strings", "",
     "Other names of the same repository that signed payloads may carry.",
     ReadStrings<&Repository::aliases, Repository>},
    {"mirrorOf", "string", "", "The upstream repository whose signatures count for this mirror.",
     ReadString<&Repository::mirror_of, Repository>},
    {"signatureRepository", "string", "",
     "The repository that holds the signatures, where it is another (COSIGN_REPOSITORY).",
     ReadString<&Repository::signature_repository, Repository>},
}};

Status CheckRepository(const YamlNode& node, const Repository& item,
                       const std::vector<Repository>& before) {
  if (item.match.empty()) return node["match"].Refuse("expected a repository or a pattern");
  for (const auto& other : before) {
    if (other.match == item.match) return node["match"].Refuse("expected each match once");
  }
  return {};
}

// ---- registries

using Registry = RegistryConfig;

Status ReadClientCertificate(const YamlNode& node, Registry& registry) {
  PLIMSOLL_TRY(node.AllowOnly({"certFile", "keyFile"}));
  PLIMSOLL_ASSIGN(registry.client_certificate_file, node["certFile"].String());
  PLIMSOLL_ASSIGN(registry.client_key_file, node["keyFile"].String());
  return {};
}

Status ReadAllowAddress(const YamlNode& node, Registry& registry) {
  if (node.IsScalar()) {
    PLIMSOLL_ASSIGN(std::string one, node.String(64));
    registry.allow_address.push_back(std::move(one));
  } else {
    PLIMSOLL_ASSIGN(registry.allow_address, node.Strings(256));
  }
  for (const auto& address : registry.allow_address) {
    if (address.find_first_not_of("0123456789abcdefABCDEF.:/") != std::string::npos) {
      return node.Refuse("expected addresses or blocks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8");
    }
  }
  return {};
}

Status ReadRequestsPerSecond(const YamlNode& node, Registry& registry) {
  PLIMSOLL_ASSIGN(registry.requests_per_second, node.Int(1, 1'000));
  return {};
}

constexpr std::array<Option<Registry>, 7> kRegistryOptions{{
    {"host", "string", "", "host or host:port, as in image references.",
     ReadHost<&Registry::host, Registry>},
    {"plainHTTP", "boolean", "false",
     "Speak HTTP without TLS to this host. No credential is ever sent to it.",
     ReadBool<&Registry::plain_http, Registry>},
    {"caFile", "string", "", "PEM file of the CAs of this host, in place of the system's.",
     ReadString<&Registry::ca_file, Registry>},
    {"clientCertificate", "mapping of certFile, keyFile", "",
     "PEM files of the certificate to present to this host.", ReadClientCertificate},
    {"allowAddress", "list of strings", "",
     "Addresses or CIDR blocks that this host may have although they are loopback, link-local, the "
     "API "
     "server's or private.",
     ReadAllowAddress},
    {"tokenRealm", "string", "",
     "host or host:port of the token server that may get this host's credential, where it is "
     "another host.",
     ReadHost<&Registry::token_realm, Registry>},
    {"requestsPerSecond", "integer", "",
     "Requests to this host, in place of limits.requestsPerSecond.", ReadRequestsPerSecond},
}};

Status CheckRegistry(const YamlNode& node, const Registry& item,
                     const std::vector<Registry>& before) {
  if (item.host.empty()) return node["host"].Refuse("expected host or host:port");
  for (const auto& other : before) {
    if (other.host == item.host) return node["host"].Refuse("expected each host once");
  }
  if (item.plain_http && (!item.ca_file.empty() || !item.client_certificate_file.empty())) {
    return node["plainHTTP"].Refuse("expected no caFile and no clientCertificate with plainHTTP");
  }
  return {};
}

// ---- keys, credentials, log, limits

using Key = PublicKeyConfig;
constexpr std::array<Option<Key>, 3> kKeyOptions{{
    {"name", "string", "", "A name for messages.", ReadString<&Key::name, Key>},
    {"file", "string", "", "PEM file of the key.", ReadString<&Key::file, Key>},
    {"pem", "string", "", "The key itself, PEM.", ReadString<&Key::pem, Key>},
}};

Status CheckKey(const YamlNode& node, const Key& item, const std::vector<Key>&) {
  if (item.file.empty() == item.pem.empty())
    return node.Refuse("expected exactly one of file and pem");
  return {};
}

using Providers = CredentialProvidersConfig;
constexpr std::array<Option<Providers>, 2> kProviderOptions{{
    {"configFile", "string", "", "A CredentialProviderConfig as the kubelet reads it.",
     ReadString<&Providers::config_file, Providers>},
    {"binDir", "string", "", "The folder of the plug-ins that it names.",
     ReadString<&Providers::bin_dir, Providers>},
}};

using Rekor = RekorConfig;
constexpr std::array<Option<Rekor>, 5> kRekorOptions{{
    {"url", "string", "", "The log, or its mirror. Only image identifiers leave for it.",
     ReadString<&Rekor::url, Rekor>},
    {"caFile", "string", "", "PEM file of the CAs of the log, in place of the system's.",
     ReadString<&Rekor::ca_file, Rekor>},
    {"timeout", "duration", "5s", "Of one request, connecting included.",
     ReadDuration<&Rekor::timeout, Rekor>},
    {"maxResponseBytes", "size", "1Mi", "Longest answer that is read.",
     ReadSize<&Rekor::max_response_bytes, 1 << 10, 64 << 20, Rekor>},
    {"cacheTTL", "duration", "1h", "How long an answer is kept; a positive proof is kept for ever.",
     ReadDuration<&Rekor::cache_ttl, Rekor>},
}};

using Limits = LimitsConfig;
constexpr std::array<Option<Limits>, 6> kLimitOptions{{
    {"workers", "integer", "8",
     "Observations at the same time; one registry host holds at most a quarter.",
     ReadInt<&Limits::workers, 1, 256, Limits>},
    {"postureCacheEntries", "integer", "20000", "Images whose posture is kept in memory.",
     ReadInt<&Limits::posture_cache_entries, 100, 1'000'000, Limits>},
    {"postureCacheBytes", "size", "64Mi", "What they may take, in the controller.",
     ReadSize<&Limits::posture_cache_bytes, 1 << 20, 1LL << 32, Limits>},
    {"logCacheEntries", "integer", "10000", "Answers of the log kept in memory.",
     ReadInt<&Limits::log_cache_entries, 100, 1'000'000, Limits>},
    {"requestsPerSecond", "integer", "10", "Requests to one registry host.",
     ReadInt<&Limits::requests_per_second, 1, 1'000, Limits>},
    {"requestBurst", "integer", "20", "Requests to one registry host at once.",
     ReadInt<&Limits::request_burst, 1, 10'000, Limits>},
}};

Status ReadRekor(const YamlNode& node, PlimsollConfig& config) {
  Rekor rekor;
  PLIMSOLL_TRY(ReadMapping<Rekor>(node, kRekorOptions, rekor));
  const bool web = rekor.url.starts_with("https://") || rekor.url.starts_with("http://");
  if (!web) return node["url"].Refuse("expected https://host or http://host");
  config.rekor = std::move(rekor);
  return {};
}

Status ReadProviders(const YamlNode& node, PlimsollConfig& config) {
  Providers providers;
  PLIMSOLL_TRY(ReadMapping<Providers>(node, kProviderOptions, providers));
  if (providers.config_file.empty()) return node["configFile"].Refuse("expected a file name");
  if (providers.bin_dir.empty()) return node["binDir"].Refuse("expected a folder");
  config.credential_providers = std::move(providers);
  return {};
}

// ---- the file

using Config = PlimsollConfig;
constexpr std::array<Option<Config>, 9> kFileOptions{{
    {"durations", "mapping", "",
     "How long things take. Below a default: for demonstrations and tests only.", ReadDurations},
    {"repositories", "list of mappings", "",
     "What is special about repositories; the first match counts.",
     [](const YamlNode& node, Config& config) {
       return ReadList<Repository>(node, kRepositoryOptions, config.repositories, CheckRepository);
     }},
    {"registries", "list of mappings", "", "What is special about registry hosts.",
     [](const YamlNode& node, Config& config) {
       return ReadList<Registry>(node, kRegistryOptions, config.registries, CheckRegistry);
     }},
    {"trustedRootFile", "string", "",
     "A trusted_root.json in place of the built-in one of the public-good instance.",
     ReadString<&Config::trusted_root_file, Config>},
    {"publicKeys", "list of mappings", "",
     "Keys that verify signatures which no log entry carries.",
     [](const YamlNode& node, Config& config) {
       return ReadList<Key>(node, kKeyOptions, config.public_keys, CheckKey);
     }},
    {"dockerConfigFile", "string", "",
     "Registry credentials as docker and cosign keep them (config.json).",
     ReadString<&Config::docker_config_file, Config>},
    {"credentialProviders", "mapping", "", "The kubelet's credential provider plug-ins.",
     ReadProviders},
    {"rekor", "mapping", "", "The transparency log to ask. Absent: none is asked.", ReadRekor},
    {"limits", "mapping", "", "Workers, memory and requests.",
     [](const YamlNode& node, Config& config) {
       return ReadMapping<Limits>(node, kLimitOptions, config.limits);
     }},
}};

template <class T, std::size_t N>
void Describe(std::string_view prefix, const std::array<Option<T>, N>& options,
              std::vector<ConfigOption>& rows) {
  for (const auto& option : options) {
    rows.push_back({std::string(prefix) + std::string(option.name), std::string(option.type),
                    std::string(option.fallback), std::string(option.help)});
  }
}

std::vector<ConfigOption> BuildTable() {
  std::vector<ConfigOption> rows;
  for (const auto& option : kFileOptions) {
    Describe<Config, 1>("", {option}, rows);
    if (option.name == "durations") {
      const Durations defaults;
      for (const auto& key : kDurationKeys) {
        rows.push_back({"durations." + std::string(key.name), "duration",
                        FormatDuration(defaults.*key.member), std::string(key.help)});
      }
    }
    if (option.name == "repositories") Describe("repositories[].", kRepositoryOptions, rows);
    if (option.name == "registries") Describe("registries[].", kRegistryOptions, rows);
    if (option.name == "publicKeys") Describe("publicKeys[].", kKeyOptions, rows);
    if (option.name == "credentialProviders")
      Describe("credentialProviders.", kProviderOptions, rows);
    if (option.name == "rekor") Describe("rekor.", kRekorOptions, rows);
    if (option.name == "limits") Describe("limits.", kLimitOptions, rows);
  }
  return rows;
}

}  // namespace

std::vector<std::string> Durations::BelowDefaults() const {
  const Durations defaults;
  std::vector<std::string> below;
  for (const auto& key : kDurationKeys) {
    if (this->*key.member < defaults.*key.member) below.emplace_back(key.name);
  }
  return below;
}

Result<PlimsollConfig> PlimsollConfig::Parse(std::string_view text, std::string_view name) {
  PLIMSOLL_ASSIGN(const auto file, YamlFile::Parse(text, name));
  PlimsollConfig config;
  PLIMSOLL_TRY(ReadMapping<Config>(file->root(), kFileOptions, config));
  return config;
}

Result<PlimsollConfig> PlimsollConfig::Load(const std::string& path) {
  if (path.empty()) return PlimsollConfig{};
  PLIMSOLL_ASSIGN(const std::string text, ReadFile(path, YamlLimits{}.max_bytes));
  return Parse(text, path);
}

const std::vector<ConfigOption>& ConfigOptions() {
  static const std::vector<ConfigOption> table = BuildTable();
  return table;
}

}  // namespace plimsoll::config
