// One replica of the controller in a simulated world. Private to tests/simulation.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "controller/core/core.h"
#include "simulation/world.h"

namespace plimsoll::simulation {

struct World::Controller {
  std::unique_ptr<controller::Core> core;
  std::uint64_t life = 0;  // counts starts: what was meant for an earlier one never arrives
  bool told_leading = false;
  Time paused_until{};
  Duration skew{};  // of its clock
  std::deque<controller::Input> inbox;
  bool delivery_planned = false;
  Time watch_front{};  // watches deliver in order
  std::optional<Time> wake;

  bool alive() const { return core != nullptr; }
};

}  // namespace plimsoll::simulation
