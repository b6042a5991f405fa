#include "api/node.h"

#include "api/meta.h"
#include "api/signing_baseline.h"
#include "json/json.h"

namespace plimsoll::api {

Result<NodePlatform> ReadNodePlatform(std::string_view text) {
  constexpr std::size_t kMaxLabelValue = 63;
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(text, kResourceLimits));
  PLIMSOLL_TRY(document.root().Object());
  const json::Value labels = document.root()["metadata"]["labels"];
  NodePlatform platform{TextOr(labels["kubernetes.io/os"], kMaxLabelValue),
                        TextOr(labels["kubernetes.io/arch"], kMaxLabelValue)};
  if (platform.os.empty() || platform.architecture.empty()) return NodePlatform{};
  return platform;
}

}  // namespace plimsoll::api
