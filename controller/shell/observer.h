// Who looks at images for the controller: one call, a request to a result.
#pragma once

#include "controller/core/observe.h"

namespace plimsoll::controller {

class Observer {
 public:
  virtual ~Observer() = default;
  // Blocks until there is an answer, at most a few minutes; every failure is a result (posture Unknown, with
  // reason and message). result.id is request.id. Called by several workers at once.
  virtual ObserveResult Look(const ObserveRequest& request) = 0;
};

}  // namespace plimsoll::controller
