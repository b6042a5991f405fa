// A kubeconfig as it is written, merged from its files, and the choice of one context of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/yaml.h"
#include "kube/cluster_config.h"
#include "kube/object.h"

namespace plimsoll::kube {

// An entry of a list, still unread: only what a context uses is judged beyond its keys.
struct KubeconfigEntry {
  config::YamlNode node;  // the mapping under cluster, user or context
  std::string folder;     // of the file, for relative paths
};

struct Kubeconfig {
  std::vector<std::unique_ptr<config::YamlFile>> files;  // owns what the nodes show
  std::map<std::string, KubeconfigEntry, std::less<>> clusters;
  std::map<std::string, KubeconfigEntry, std::less<>> users;
  std::map<std::string, KubeconfigEntry, std::less<>> contexts;
  std::string current_context;
  std::string origin;
};

Result<Kubeconfig> ReadKubeconfigFiles(const std::string& file,
                                       const ProcessEnvironment& environment);
// One text, merged into `merged`: what is there already stays.
Status MergeKubeconfig(std::string_view text, const std::string& path, Kubeconfig& merged);
Result<ClusterConfig> ChooseContext(const Kubeconfig& merged, const std::string& context,
                                    const Clock& clock);

// https with a name or an IPv4 address, or http on loopback; kInvalidArgument otherwise.
Status CheckServer(std::string_view server);

}  // namespace plimsoll::kube
