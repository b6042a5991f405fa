// A kubeconfig as anyone may write it. Inputs that name files are left out: they would read this machine's.
#include <cstdint>
#include <string>
#include <string_view>

#include "kubeconfig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kube::Kubeconfig merged;
  if (!kube::MergeKubeconfig(text, "dir/config", merged)) return 0;
  for (const auto* list : {&merged.clusters, &merged.users}) {
    for (const auto& [name, entry] : *list) {
      for (const char* key :
           {"certificate-authority", "client-certificate", "client-key", "tokenFile"}) {
        if (entry.node[key].present()) return 0;
      }
    }
  }
  const SystemClock clock;
  for (const auto& [name, entry] : merged.contexts)
    static_cast<void>(kube::ChooseContext(merged, name, clock));
  return 0;
}
