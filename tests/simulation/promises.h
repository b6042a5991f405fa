// What must hold in every world, whatever goes wrong in it. Each is checked where it could be broken.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
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
  // What a status is as text, and what is read from that.
  void OnText(const api::SigningBaseline& sent, const std::string& text,
              const api::SigningBaseline& read);
  // A controller sent a write; it may never arrive. What is promised is promised of an object, so a new one of the
  // same name has a uid, and a past, of its own; it is made (`uid` empty) while a write of the old one may be out.
  void OnSent(std::size_t controller, const std::string& name, const std::string& uid, Time local,
              bool drift);
  void OnWriteAnswered(std::size_t controller, const std::string& name, const std::string& uid,
                       bool done);
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
  using Object = std::tuple<std::size_t, std::string, std::string>;  // controller, name, uid
  std::map<Object, int> out_;                                        // writes without an answer
  // Sent, not for a drift: when by its own clock, and by the world's.
  std::map<Object, std::pair<Time, Time>> last_ordinary_;
  std::map<std::size_t, std::vector<Time>> sent_;
  std::set<Object> failed_;                 // its last write did not succeed
  std::set<std::string> told_;              // baseline and reason of Events
  std::map<std::string, int> late_writes_;  // on the last, calm day
};

}  // namespace plimsoll::simulation
