#include "config/credential_provider.h"

#include "config/yaml.h"

namespace plimsoll::config {
namespace {

constexpr Duration kMostCacheDuration = std::chrono::hours(24 * 7);

Result<CredentialProvider> ReadProvider(const YamlNode& node) {
  PLIMSOLL_TRY(node.AllowOnly({"name", "matchImages", "defaultCacheDuration", "apiVersion", "args",
                               "env", "tokenAttributes"}));
  CredentialProvider provider;
  PLIMSOLL_ASSIGN(provider.name, node["name"].String(253));
  if (provider.name.find('/') != std::string::npos || provider.name == "." ||
      provider.name == "..") {
    return node["name"].Refuse("expected a file name without a path");
  }
  PLIMSOLL_ASSIGN(provider.match_images, node["matchImages"].Strings());
  if (provider.match_images.empty()) {
    return node["matchImages"].Refuse(
        "expected at least one pattern, such as *.dkr.ecr.*.amazonaws.com");
  }
  if (node["defaultCacheDuration"].present()) {
    PLIMSOLL_ASSIGN(provider.default_cache_duration,
                    node["defaultCacheDuration"].DurationBetween(Duration{}, kMostCacheDuration));
  }
  PLIMSOLL_ASSIGN(provider.api_version, node["apiVersion"].String());
  if (!provider.api_version.starts_with("credentialprovider.kubelet.k8s.io/v1")) {
    return node["apiVersion"].Refuse("expected credentialprovider.kubelet.k8s.io/v1");
  }
  if (node["tokenAttributes"].present()) {
    return node["tokenAttributes"].Refuse(
        "service account tokens are not given to plug-ins here; leave tokenAttributes out");
  }
  PLIMSOLL_ASSIGN(provider.args, node["args"].Strings());
  const YamlNode env = node["env"];
  if (env.present() && !env.IsSequence()) return env.Refuse("expected a list of {name, value}");
  for (YamlNode item = env.first(); !item.missing(); item = item.next()) {
    PLIMSOLL_TRY(item.AllowOnly({"name", "value"}));
    PLIMSOLL_ASSIGN(std::string name, item["name"].String());
    PLIMSOLL_ASSIGN(std::string value, item["value"].String());
    provider.env.emplace_back(std::move(name), std::move(value));
  }
  return provider;
}

}  // namespace

Result<std::vector<CredentialProvider>> ParseCredentialProviders(std::string_view text,
                                                                 std::string_view name) {
  PLIMSOLL_ASSIGN(const auto file, YamlFile::Parse(text, name));
  const YamlNode root = file->root();
  PLIMSOLL_TRY(root.AllowOnly({"apiVersion", "kind", "providers"}));
  PLIMSOLL_ASSIGN(const std::string kind, root["kind"].String());
  if (kind != "CredentialProviderConfig") {
    return root["kind"].Refuse("expected CredentialProviderConfig");
  }
  PLIMSOLL_ASSIGN(const std::string version, root["apiVersion"].String());
  if (!version.starts_with("kubelet.config.k8s.io/v1")) {
    return root["apiVersion"].Refuse("expected kubelet.config.k8s.io/v1");
  }
  if (!root["providers"].IsSequence())
    return root["providers"].Refuse("expected a list of providers");
  std::vector<CredentialProvider> providers;
  for (YamlNode node = root["providers"].first(); !node.missing(); node = node.next()) {
    PLIMSOLL_ASSIGN(CredentialProvider provider, ReadProvider(node));
    for (const auto& other : providers) {
      if (other.name == provider.name) return node["name"].Refuse("expected each name once");
    }
    providers.push_back(std::move(provider));
  }
  return providers;
}

}  // namespace plimsoll::config
