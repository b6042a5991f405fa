#include "config/plimsoll_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "config/credential_provider.h"

namespace plimsoll::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PlimsollConfig Read(std::string_view text) {
  const auto config = PlimsollConfig::Parse(text, "plimsoll.yaml");
  EXPECT_TRUE(config.has_value()) << (config ? "" : config.error().message);
  return config.value_or(PlimsollConfig{});
}

std::string Refusal(std::string_view text) {
  const auto config = PlimsollConfig::Parse(text, "plimsoll.yaml");
  EXPECT_FALSE(config.has_value()) << text;
  return config ? "" : config.error().message;
}

TEST(PlimsollConfig, WithoutAFileTheDefaultsOfTheContractHold) {
  const auto config = PlimsollConfig::Load("");
  ASSERT_TRUE(config.has_value());
  const Durations& d = config->durations;
  EXPECT_EQ(d.reverify_after, std::chrono::hours(6));
  EXPECT_EQ(d.establish_after, std::chrono::hours(24));
  EXPECT_EQ(d.confirm_after, std::chrono::minutes(5));
  EXPECT_EQ(d.drift_recheck_after, std::chrono::hours(1));
  EXPECT_EQ(d.signing_grace, std::chrono::minutes(15));
  EXPECT_EQ(d.judge_within, std::chrono::hours(2));
  EXPECT_EQ(d.resolve_after, std::chrono::hours(1));
  EXPECT_EQ(d.end_after, std::chrono::hours(48));
  EXPECT_EQ(d.contradict_after, std::chrono::hours(24));
  EXPECT_EQ(d.negative_cache_for, std::chrono::seconds(30));
  EXPECT_EQ(d.observed_false_after, std::chrono::minutes(15));
  EXPECT_EQ(d.acceptance_expiring_before, std::chrono::hours(72));
  EXPECT_TRUE(d.BelowDefaults().empty());
  EXPECT_FALSE(config->rekor.has_value()) << "no log is asked unless one is configured";
}

TEST(PlimsollConfig, EveryKeyIsRead) {
  const PlimsollConfig config = Read(R"(
durations: {reverifyAfter: 12h, establishAfter: 48h}
repositories:
- match: registry.internal/mirror/**
  aliases: [ghcr.io/acme/web]
  mirrorOf: ghcr.io/acme/web
  signatureRepository: registry.internal/signatures
registries:
- host: registry.internal:5000
  caFile: /etc/ca.pem
  clientCertificate: {certFile: /etc/c.pem, keyFile: /etc/k.pem}
  allowAddress: [10.0.0.0/8]
  tokenRealm: auth.internal
  requestsPerSecond: 5
- host: localhost:5000
  plainHTTP: true
  allowAddress: 127.0.0.1
trustedRootFile: /etc/root.json
publicKeys:
- {name: build, file: /etc/key.pem}
dockerConfigFile: /etc/docker/config.json
credentialProviders: {configFile: /etc/providers.yaml, binDir: /usr/libexec/providers}
rekor: {url: "https://rekor.internal", caFile: /etc/ca.pem, timeout: 3s, maxResponseBytes: 2Mi, cacheTTL: 30m}
limits: {workers: 4, postureCacheEntries: 1000, postureCacheBytes: 8Mi, logCacheEntries: 500, requestsPerSecond: 3, requestBurst: 6}
)");
  EXPECT_EQ(config.durations.reverify_after, std::chrono::hours(12));
  ASSERT_EQ(config.repositories.size(), 1U);
  EXPECT_EQ(config.repositories[0].mirror_of, "ghcr.io/acme/web");
  EXPECT_THAT(config.repositories[0].aliases, ElementsAre("ghcr.io/acme/web"));
  ASSERT_EQ(config.registries.size(), 2U);
  EXPECT_EQ(config.registries[0].client_key_file, "/etc/k.pem");
  EXPECT_EQ(config.registries[0].requests_per_second, 5);
  EXPECT_THAT(config.registries[1].allow_address, ElementsAre("127.0.0.1"));
  EXPECT_TRUE(config.registries[1].plain_http);
  EXPECT_EQ(config.public_keys.at(0).file, "/etc/key.pem");
  EXPECT_EQ(config.credential_providers->bin_dir, "/usr/libexec/providers");
  EXPECT_EQ(config.rekor->timeout, std::chrono::seconds(3));
  EXPECT_EQ(config.rekor->max_response_bytes, 2 << 20);
  EXPECT_EQ(config.limits.workers, 4);
  EXPECT_EQ(config.limits.posture_cache_bytes, 8 << 20);
}

TEST(PlimsollConfig, UnknownKeysAreRefusedAtEveryLevel) {
  EXPECT_THAT(Refusal("duration: {}\n"), HasSubstr("plimsoll.yaml:1:1: duration: unknown key"));
  EXPECT_THAT(
      Refusal("durations:\n  verifyAfter: 1h\n"),
      HasSubstr(
          "plimsoll.yaml:2:3: durations.verifyAfter: unknown key; expected one of reverifyAfter"));
  EXPECT_THAT(Refusal("registries:\n- host: a\n  plainHttp: true\n"),
              HasSubstr("plimsoll.yaml:3:3: registries[0].plainHttp: unknown key"));
  EXPECT_THAT(Refusal("rekor: {url: 'https://a', URL: b}\n"), HasSubstr("rekor.URL: unknown key"));
}

TEST(PlimsollConfig, DurationsBelowASecondAreRefused) {
  EXPECT_THAT(Refusal("durations: {confirmAfter: 500ms}\n"),
              HasSubstr("expected a duration from 1s"));
  EXPECT_THAT(Refusal("durations: {confirmAfter: -5m}\n"), HasSubstr("expected a duration"));
  EXPECT_THAT(Refusal("durations: {confirmAfter: 5}\n"), HasSubstr("expected a duration"));
}

TEST(PlimsollConfig, DurationsBelowTheirDefaultAreNamed) {
  const PlimsollConfig config =
      Read("durations: {confirmAfter: 1s, endAfter: 72h, establishAfter: 2s}\n");
  EXPECT_THAT(config.durations.BelowDefaults(), ElementsAre("establishAfter", "confirmAfter"));
}

TEST(PlimsollConfig, WhatContradictsItselfIsRefused) {
  EXPECT_THAT(Refusal("registries: [{host: a}, {host: a}]\n"),
              HasSubstr("expected each host once"));
  EXPECT_THAT(Refusal("registries: [{plainHTTP: true}]\n"),
              HasSubstr("host: expected host or host:port"));
  EXPECT_THAT(Refusal("registries: [{host: a, plainHTTP: true, caFile: x}]\n"),
              HasSubstr("plainHTTP"));
  EXPECT_THAT(Refusal("registries: [{host: 'https://a'}]\n"), HasSubstr("without scheme"));
  EXPECT_THAT(Refusal("registries: [{host: Registry.Example}]\n"), HasSubstr("lower case"));
  EXPECT_THAT(Refusal("repositories: [{aliases: [a]}]\n"), HasSubstr("match: expected"));
  EXPECT_THAT(Refusal("publicKeys: [{name: a}]\n"), HasSubstr("exactly one of file and pem"));
  EXPECT_THAT(Refusal("publicKeys: [{file: a, pem: b}]\n"),
              HasSubstr("exactly one of file and pem"));
  EXPECT_THAT(Refusal("rekor: {timeout: 5s}\n"), HasSubstr("rekor.url: expected https://host"));
  EXPECT_THAT(Refusal("registries: [{host: a, clientCertificate: {certFile: x}}]\n"),
              HasSubstr("keyFile"));
  EXPECT_THAT(Refusal("credentialProviders: {binDir: x}\n"), HasSubstr("configFile"));
  EXPECT_THAT(Refusal("registries: [{host: a, allowAddress: everything}]\n"),
              HasSubstr("10.0.0.0/8"));
}

TEST(PlimsollConfig, LimitsHaveBounds) {
  EXPECT_THAT(Refusal("limits: {workers: 0}\n"),
              HasSubstr("expected an integer from 1 to 256, found 0"));
  EXPECT_THAT(Refusal("limits: {workers: 1e3}\n"), HasSubstr("expected an integer"));
  EXPECT_THAT(Refusal("rekor: {url: 'https://a', maxResponseBytes: 1Gi}\n"),
              HasSubstr("number of bytes"));
}

TEST(PlimsollConfig, AFileThatCannotBeReadIsNamed) {
  const auto config = PlimsollConfig::Load("/does/not/exist.yaml");
  ASSERT_FALSE(config.has_value());
  EXPECT_THAT(config.error().message, HasSubstr("/does/not/exist.yaml"));
}

TEST(ConfigOptions, TheTableNamesEveryKeyOnceWithHelp) {
  std::vector<std::string> paths;
  for (const ConfigOption& option : ConfigOptions()) {
    paths.push_back(option.path);
    EXPECT_FALSE(option.type.empty()) << option.path;
    EXPECT_TRUE(option.help.ends_with('.')) << option.path;
  }
  std::vector<std::string> sorted = paths;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
  for (const char* path :
       {"durations.reverifyAfter", "registries[].plainHTTP", "rekor.cacheTTL",
        "repositories[].signatureRepository", "limits.workers", "publicKeys[].pem"}) {
    EXPECT_THAT(paths, ::testing::Contains(path));
  }
}

// The documentation is made from the table, so the defaults that it names must be the real ones.
TEST(ConfigOptions, TheDefaultsOfTheTableAreThoseOfTheProgram) {
  std::string durations = "durations:\n";
  std::string limits = "limits:\n";
  std::string rekor = "rekor:\n  url: https://log.example\n";
  for (const ConfigOption& option : ConfigOptions()) {
    if (option.fallback.empty()) continue;
    const std::size_t dot = option.path.find('.');
    const std::string row = "  " + option.path.substr(dot + 1) + ": " + option.fallback + "\n";
    if (option.path.starts_with("durations.")) durations += row;
    if (option.path.starts_with("limits.")) limits += row;
    if (option.path.starts_with("rekor.")) rekor += row;
  }
  const PlimsollConfig config = Read(durations + limits + rekor);
  const PlimsollConfig defaults;
  EXPECT_TRUE(config.durations.BelowDefaults().empty());
  EXPECT_EQ(config.durations.acceptance_expiring_before,
            defaults.durations.acceptance_expiring_before);
  EXPECT_EQ(config.durations.reverify_after, defaults.durations.reverify_after);
  EXPECT_EQ(config.limits.workers, defaults.limits.workers);
  EXPECT_EQ(config.limits.posture_cache_entries, defaults.limits.posture_cache_entries);
  EXPECT_EQ(config.limits.posture_cache_bytes, defaults.limits.posture_cache_bytes);
  EXPECT_EQ(config.limits.log_cache_entries, defaults.limits.log_cache_entries);
  EXPECT_EQ(config.limits.requests_per_second, defaults.limits.requests_per_second);
  EXPECT_EQ(config.limits.request_burst, defaults.limits.request_burst);
  const RekorConfig log;
  EXPECT_EQ(config.rekor->timeout, log.timeout);
  EXPECT_EQ(config.rekor->max_response_bytes, log.max_response_bytes);
  EXPECT_EQ(config.rekor->cache_ttl, log.cache_ttl);
}

TEST(CredentialProviders, TheKubeletsFileIsReadUnchanged) {
  const auto providers = ParseCredentialProviders(R"(
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: ecr-credential-provider
  matchImages: ["*.dkr.ecr.*.amazonaws.com"]
  defaultCacheDuration: "12h"
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  args: [get-credentials]
  env: [{name: AWS_PROFILE, value: plimsoll}]
)",
                                                  "providers.yaml");
  ASSERT_TRUE(providers.has_value()) << providers.error().message;
  ASSERT_EQ(providers->size(), 1U);
  EXPECT_EQ(providers->front().name, "ecr-credential-provider");
  EXPECT_EQ(providers->front().default_cache_duration, std::chrono::hours(12));
  EXPECT_EQ(providers->front().env.front().second, "plimsoll");
}

TEST(CredentialProviders, APlugInOutsideItsFolderIsRefused) {
  const auto providers = ParseCredentialProviders(
      "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"
      "- {name: ../../bin/sh, matchImages: [a], apiVersion: "
      "credentialprovider.kubelet.k8s.io/v1}\n",
      "providers.yaml");
  ASSERT_FALSE(providers.has_value());
  EXPECT_THAT(providers.error().message, HasSubstr("without a path"));
}

}  // namespace
}  // namespace plimsoll::config
