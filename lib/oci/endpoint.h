// Where a registry is reached, and whom its credentials may go to.
#pragma once

#include <string>
#include <vector>

#include "http/url.h"
#include "oci/registry.h"

namespace plimsoll::oci {

struct Endpoint {
  std::string host;       // as in a repository key: "docker.io", "registry.example:5000"
  std::string authority;  // what is connected to: "registry-1.docker.io"
  std::string host_port;  // "registry-1.docker.io:443"
  bool plain_http = false;
  std::string token_realm;  // configured; "host:port" or empty
  // Docker Hub counts GETs of manifests, and no HEADs.
  bool counts_manifest_gets = false;

  std::string Url(const std::string& path_and_query) const;
  // True when a credential for this host may be sent to `realm`: over TLS, and the same host and port, a built-in
  // pair, or configured.
  bool TrustsRealm(const http::Url& realm) const;
  // True when `realm` may be connected to at a private address because of this host.
  bool OwnsRealm(const http::Url& realm) const;
};

class Endpoints {
 public:
  explicit Endpoints(std::vector<RegistrySettings> settings);
  Endpoint Of(const std::string& host) const;
  const std::vector<RegistrySettings>& settings() const { return settings_; }

 private:
  std::vector<RegistrySettings> settings_;  // hosts normalised; constant after construction
};

}  // namespace plimsoll::oci
