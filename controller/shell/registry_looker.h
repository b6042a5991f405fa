// Looks at images in registries, by the room `observation`; reads the pull secrets that a Pod names, where a namespace
// grants them.
#pragma once

#include <memory>

#include "controller/shell/image_looker.h"
#include "controller/shell/pull_secrets.h"
#include "observation/log_lane.h"
#include "observation/observer.h"

namespace plimsoll::controller {

class RegistryLooker final : public ImageLooker {
 public:
  // All must outlive the looker. `secrets` may be null: then none is read. `lane` is null while the lane is off.
  RegistryLooker(observation::Observer& observer, const observation::LogLane* lane,
                 PullSecrets* secrets, const Clock& clock)
      : observer_(observer), lane_(lane), secrets_(secrets), clock_(clock) {}
  ObserveResult Look(const ObserveRequest& request) override;

 private:
  observation::LogQuestion LogQuestionOf(const ObserveRequest& request) const;
  baseline::HistoryResult LookBack(const ObserveRequest& request,
                                   const observation::Question& question,
                                   const baseline::Observation& seen);

  observation::Observer& observer_;
  const observation::LogLane* const lane_;
  PullSecrets* const secrets_;
  const Clock& clock_;
};

}  // namespace plimsoll::controller
