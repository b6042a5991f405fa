// The Observer that asks registries: a request of the core as a question for the room `observation`.
//
// Pull secrets are read only when the registry has refused the image without them, and only those that the
// request's Pod names, in that Pod's namespace; a Secret that we may not read, or that is of another type, is as
// if it were not there. What was read is forgotten after the look.
#pragma once

#include "base/log.h"
#include "controller/shell/observer.h"
#include "kube/client.h"
#include "observation/observer.h"

namespace plimsoll::controller {

class RegistryObserver final : public Observer {
 public:
  // Arguments outlive it. `client` may be null: no pull secret is read then.
  RegistryObserver(observation::Observer& observer, kube::Client* client, Logger& logger)
      : observer_(observer), client_(client), logger_(logger) {}

  ObserveResult Look(const ObserveRequest& request) override;

 private:
  std::vector<oci::PullSecret> PullSecretsOf(const PodCredential& credential);

  observation::Observer& observer_;
  kube::Client* client_;
  Logger& logger_;
};

}  // namespace plimsoll::controller
