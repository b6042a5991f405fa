// What a Node can run, from its metadata alone (labels kubernetes.io/os and kubernetes.io/arch).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::api {

struct NodePlatform {
  std::string os;  // "linux"; both empty when the Node does not say
  std::string architecture;
  std::string Text() const { return os.empty() ? "" : os + "/" + architecture; }
  friend bool operator==(const NodePlatform&, const NodePlatform&) = default;
};

// kMalformed when the text is not a JSON object. Labels of another type, or longer than 63 bytes, count as absent.
Result<NodePlatform> ReadNodePlatform(std::string_view json);

}  // namespace plimsoll::api
