#include "endpoint.h"

#include <utility>

#include "base/printable.h"
#include "host.h"
#include "http/address.h"
#include "http/client.h"

namespace plimsoll::oci {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubRegistry = "registry-1.docker.io";
constexpr std::string_view kHubRealm = "auth.docker.io:443";

std::string AuthorityOf(const std::string& host) {
  return host == kHub ? std::string(kHubRegistry) : host;
}

}  // namespace

std::string Endpoint::Url(const std::string& path_and_query) const {
  return (plain_http ? "http://" : "https://") + authority + path_and_query;
}

bool Endpoint::TrustsRealm(const http::Url& realm) const { return realm.https && OwnsRealm(realm); }

bool Endpoint::OwnsRealm(const http::Url& realm) const {
  const auto where = realm.HostPort();
  if (where == host_port) return true;
  if (host == kHub && where == kHubRealm) return true;
  return !token_realm.empty() && where == token_realm;
}

Endpoints::Endpoints(std::vector<RegistrySettings> settings) : settings_(std::move(settings)) {
  for (auto& entry : settings_) {
    if (auto host = NormalHost(entry.host)) entry.host = std::move(*host);
  }
}

Endpoint Endpoints::Of(const std::string& host) const {
  Endpoint endpoint;
  endpoint.host = host;
  endpoint.authority = AuthorityOf(host);
  endpoint.counts_manifest_gets = host == kHub;
  for (const auto& entry : settings_) {
    if (entry.host != host) continue;
    endpoint.plain_http = entry.plain_http;
    if (auto realm = http::NormalizeHostPort(entry.token_realm, 443)) endpoint.token_realm = *realm;
    break;
  }
  const auto normal = http::NormalizeHostPort(endpoint.authority, endpoint.plain_http ? 80 : 443);
  endpoint.host_port = normal ? *normal : endpoint.authority;
  return endpoint;
}

Result<std::vector<http::HostSettings>> HttpHosts(const std::vector<RegistrySettings>& registries) {
  std::vector<http::HostSettings> hosts;
  for (std::size_t i = 0; i < registries.size(); ++i) {
    const auto& entry = registries[i];
    const auto where = "registries[" + std::to_string(i) + "].";
    const auto normal = NormalHost(entry.host);
    if (!normal) {
      return Fail(kInvalidArgument,
                  where + "host: \"" + Printable(entry.host) +
                      "\" is no registry host; expected a host name with an optional port");
    }
    if (!entry.token_realm.empty() && !http::NormalizeHostPort(entry.token_realm, 443)) {
      return Fail(kInvalidArgument,
                  where + "tokenRealm: \"" + Printable(entry.token_realm) +
                      "\" is no host; expected the token server's host name, with its port "
                      "unless that is 443");
    }
    http::HostSettings host;
    host.host = AuthorityOf(*normal);
    host.plain_http = entry.plain_http;
    host.ca_file = entry.ca_file;
    host.client_certificate_file = entry.client_certificate_file;
    host.client_key_file = entry.client_key_file;
    for (const auto& text : entry.allow_addresses) {
      auto range = http::AddressRange::Parse(text);
      if (!range) return Fail(kInvalidArgument, where + "allowAddress: " + range.error().message);
      host.allow_address.push_back(*range);
    }
    hosts.push_back(std::move(host));
  }
  return hosts;
}

}  // namespace plimsoll::oci
