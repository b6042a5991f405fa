// Where the API server is and who we are: from a kubeconfig by kubectl's rules, or from inside a Pod.
//
// Read strictly (config/yaml.h): an unknown or duplicate key, an alias or an oversize file is refused with file,
// line and column. `extensions` and `preferences` may hold anything. What cannot be served is refused with a
// message that names the key and the way out, never ignored: tls-server-name, proxy-url,
// insecure-skip-tls-verify, a server at an IPv6 literal, auth-provider, username and password, impersonation.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kube/credentials.h"

namespace plimsoll::kube {

struct ClusterConfig {
  std::string server;  // "https://host:port", no trailing slash; may carry a path prefix
  std::string ca_pem;  // the CAs that this server must have; empty only for http on loopback
  std::string namespace_name;  // of the context or the service account; empty: none given
  std::string origin;  // for messages: "kubeconfig /home/a/.kube/config, context dev", "in-cluster"
  std::unique_ptr<CredentialSource> credentials;
  // Set where ca_pem came from a file, so that new connections see a rotated CA.
  std::string ca_file;
};

// What the rules read from the process; tests pass their own.
struct ProcessEnvironment {
  std::map<std::string, std::string> variables;  // KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST, _PORT
  std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";

  static ProcessEnvironment FromProcess();
  std::string Get(const std::string& name) const;
};

// kubectl's rules: `file` if given (it must exist), else the list of $KUBECONFIG merged (first to set a value
// wins; files that do not exist are skipped), else ~/.kube/config. `context` overrides current-context.
// Relative paths in a file are relative to that file. kNotFound when there is no configuration at all.
Result<ClusterConfig> LoadKubeconfig(const std::string& file, const std::string& context,
                                     const ProcessEnvironment& environment, const Clock& clock);

// The service account of this Pod. An IPv6 KUBERNETES_SERVICE_HOST is reached as kubernetes.default.svc.
Result<ClusterConfig> LoadInCluster(const ProcessEnvironment& environment, const Clock& clock);

// As kubectl: LoadKubeconfig, and where there is no kubeconfig at all, the service account of this Pod.
Result<ClusterConfig> LoadForPerson(const std::string& file, const std::string& context,
                                    const ProcessEnvironment& environment, const Clock& clock);

// --kubeconfig and --context of controller and webhook: absent, in-cluster.
Result<ClusterConfig> LoadForProgram(const std::string& file, const std::string& context,
                                     const ProcessEnvironment& environment, const Clock& clock);

// The own namespace: the flag, else the service account's, else "plimsoll-system".
std::string OwnNamespace(const std::string& flag, const ProcessEnvironment& environment);

}  // namespace plimsoll::kube
