// Asks the transparency log about a digest that would be denied: a proof that a trusted signer signed it turns the
// denial into a warning. Only where the lane is on.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "observation/log_lane.h"
#include "observation/observer.h"
#include "webhook/core/decide.h"

namespace plimsoll::webhook {

class LogConsult {
 public:
  using SnapshotSource = std::function<std::shared_ptr<const Snapshot>()>;

  // All must outlive it. `budget`: what one question may take.
  LogConsult(const observation::LogLane& lane, const observation::Observer& observer,
             SnapshotSource snapshot, std::chrono::milliseconds budget, const Clock& clock)
      : lane_(lane),
        observer_(observer),
        snapshot_(std::move(snapshot)),
        budget_(budget),
        clock_(clock) {}

  // Fills observation.log, and leaves it alone where nothing would be denied. An answer that did not come is
  // kUnanswered: it changes nothing.
  void Ask(const std::string& repository, baseline::Observation& observation) const;

 private:
  const observation::LogLane& lane_;
  const observation::Observer& observer_;
  const SnapshotSource snapshot_;
  const std::chrono::milliseconds budget_;
  const Clock& clock_;
};

}  // namespace plimsoll::webhook
