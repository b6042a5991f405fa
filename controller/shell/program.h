// plimsoll-controller as a process: everything around the core, started and ended in order.
#pragma once

#include "base/time.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "setup/process.h"

namespace plimsoll::controller {

inline constexpr int kExitConfiguration = 2;
inline constexpr int kExitLostLeadership = 1;

// Runs until `stop`, or until the leadership is lost (then kExitLostLeadership: a successor may be at work). Errors of
// the configuration are said on stderr and give kExitConfiguration.
int RunController(const config::ControllerFlags& flags, const config::PlimsollConfig& config,
                  const setup::StopSignal& stop);

}  // namespace plimsoll::controller
