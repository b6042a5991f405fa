// The kubelet's credential provider configuration (kubelet.config.k8s.io/v1, v1beta1, v1alpha1
// CredentialProviderConfig), so that a file that a node has works here unchanged.
//
// Read strictly (yaml.h). The plug-ins are run by whoever uses them; here only the file is read.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::config {

struct CredentialProvider {
  std::string name;                       // the program's file name below the binary folder
  std::vector<std::string> match_images;  // host globs with optional port and path
  Duration default_cache_duration{};      // when the plug-in's answer names none
  std::string api_version;                // credentialprovider.kubelet.k8s.io/v1 and older
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
};

Result<std::vector<CredentialProvider>> ParseCredentialProviders(std::string_view text,
                                                                 std::string_view name);

}  // namespace plimsoll::config
