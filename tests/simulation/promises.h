// What must hold in every world, whatever goes wrong in it. Each is checked where it could be broken.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulation/world.h"

namespace plimsoll::simulation {

class Promises {
 public:
  explicit Promises(World& world) : world_(world) {}

  // A status is about to be stored in the place of `before`.
  void OnStatus(std::size_t controller, const api::SigningBaseline& before,
                const api::SigningBaseline& after);
  // A controller sent a write; it may never arrive.
  void OnSent(std::size_t controller, const std::string& name, Time local, bool drift);
  void OnWriteAnswered(std::size_t controller, const std::string& name, bool done);
  void OnStarted(std::size_t controller);
  void OnEvent(std::size_t controller, const controller::EmitEvent& event);
  // Everything has been calm for days: what is stored must be the truth.
  void AtTheEnd();

 private:
  void Break(const std::string& sentence);
  void NoStrangerIsTrusted(const api::SigningBaseline& after);
  void NoCriticalDriftDisappears(const api::SigningBaseline& before,
                                 const api::SigningBaseline& after);
  void BoundsHold(const api::SigningBaseline& after);
  void EstablishedStays(const api::SigningBaseline& before, const api::SigningBaseline& after);

  World& world_;
  std::map<std::pair<std::size_t, std::string>, int> out_;  // writes without an answer
  // Sent, not for a drift: when by its own clock, and by the world's.
  std::map<std::pair<std::size_t, std::string>, std::pair<Time, Time>> last_ordinary_;
  std::map<std::size_t, std::vector<Time>> sent_;
  std::set<std::pair<std::size_t, std::string>> failed_;  // its last write did not succeed
  std::set<std::string> told_;                            // baseline and reason of Events
  std::map<std::string, int> late_writes_;                // on the last, calm day
};

}  // namespace plimsoll::simulation
