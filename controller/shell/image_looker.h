// Whoever looks at images for the controller: one request, one result. Blocks. Thread-safe.
#pragma once

#include "controller/core/observe.h"

namespace plimsoll::controller {

class ImageLooker {
 public:
  virtual ~ImageLooker() = default;
  virtual ObserveResult Look(const ObserveRequest& request) = 0;
};

}  // namespace plimsoll::controller
