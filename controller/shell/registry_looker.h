// Looks at images in registries, by the room `observation`; reads the pull secrets that a Pod names, where a namespace
// grants them.
#pragma once

#include <memory>

#include "controller/shell/image_looker.h"
#include "controller/shell/pull_secrets.h"
#include "observation/observer.h"

namespace plimsoll::controller {

class RegistryLooker final : public ImageLooker {
 public:
  // Both must outlive the looker. `secrets` may be null: then none is read.
  RegistryLooker(observation::Observer& observer, PullSecrets* secrets)
      : observer_(observer), secrets_(secrets) {}
  ObserveResult Look(const ObserveRequest& request) override;

 private:
  observation::Observer& observer_;
  PullSecrets* const secrets_;
};

}  // namespace plimsoll::controller
