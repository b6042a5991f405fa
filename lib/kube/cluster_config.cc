#include "kube/cluster_config.h"

#include <cstdlib>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "kubeconfig.h"
#include "pem.h"

namespace plimsoll::kube {
namespace {

constexpr std::size_t kMaxPemFile = 1u << 20;
constexpr std::size_t kMaxNamespace = 256;

std::string ServiceAccountNamespace(const ProcessEnvironment& environment) {
  const auto text = ReadFile(environment.service_account_dir + "/namespace", kMaxNamespace);
  if (!text) return {};
  const std::string name = text->substr(0, text->find_last_not_of(" \t\r\n") + 1);
  return IsObjectName(name) ? name : std::string();
}

}  // namespace

ProcessEnvironment ProcessEnvironment::FromProcess() {
  ProcessEnvironment environment;
  for (const char* name :
       {"KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}) {
    if (const char* value = std::getenv(name); value != nullptr)
      environment.variables[name] = value;
  }
  return environment;
}

std::string ProcessEnvironment::Get(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

Result<ClusterConfig> LoadKubeconfig(const std::string& file, const std::string& context,
                                     const ProcessEnvironment& environment, const Clock& clock) {
  PLIMSOLL_ASSIGN(Kubeconfig merged, ReadKubeconfigFiles(file, environment));
  return ChooseContext(merged, context, clock);
}

Result<ClusterConfig> LoadInCluster(const ProcessEnvironment& environment, const Clock& clock) {
  std::string host = environment.Get("KUBERNETES_SERVICE_HOST");
  const std::string port = environment.Get("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return Fail(
        kNotFound,
        "expected KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as every Pod has them; "
        "outside a cluster give --kubeconfig FILE");
  }
  // cpprestsdk cannot connect to an IPv6 literal; the API server's certificate carries this name as well.
  if (host.find(':') != std::string::npos) host = "kubernetes.default.svc";
  const std::string& folder = environment.service_account_dir;
  ClusterConfig cluster;
  cluster.origin = "in-cluster";
  cluster.server = "https://" + host + ":" + port;
  PLIMSOLL_TRY(CheckServer(cluster.server));
  cluster.ca_file = folder + "/ca.crt";
  const auto ca = ReadFile(cluster.ca_file, kMaxPemFile);
  if (!ca) return Fail(ca.error().code, "in-cluster: " + ca.error().message);
  PLIMSOLL_TRY(ReadCertificates(*ca));
  cluster.ca_pem = *ca;
  cluster.namespace_name = ServiceAccountNamespace(environment);
  cluster.credentials = TokenFileCredential(folder + "/token", clock);
  const auto first = cluster.credentials->Get();
  if (!first) return Forward(first.error());
  return cluster;
}

Result<ClusterConfig> LoadForPerson(const std::string& file, const std::string& context,
                                    const ProcessEnvironment& environment, const Clock& clock) {
  auto config = LoadKubeconfig(file, context, environment, clock);
  const bool nothing_there = !config && config.error().code == kNotFound && file.empty();
  if (!nothing_there || !context.empty() || environment.Get("KUBERNETES_SERVICE_HOST").empty()) {
    return config;
  }
  return LoadInCluster(environment, clock);
}

Result<ClusterConfig> LoadForProgram(const std::string& file, const std::string& context,
                                     const ProcessEnvironment& environment, const Clock& clock) {
  if (!file.empty()) return LoadKubeconfig(file, context, environment, clock);
  if (!context.empty()) {
    return Fail(kInvalidArgument, "--context: expected --kubeconfig FILE with it");
  }
  return LoadInCluster(environment, clock);
}

std::string OwnNamespace(const std::string& flag, const ProcessEnvironment& environment) {
  if (!flag.empty()) return flag;
  const std::string own = ServiceAccountNamespace(environment);
  return own.empty() ? "plimsoll-system" : own;
}

}  // namespace plimsoll::kube
