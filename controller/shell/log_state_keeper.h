// Keeps the states of the transparency logs in the ConfigMap `plimsoll-state`: read at start and once in a while
// (another leader's, or a person's `plimsoll log trust`), written by the leader.
//
// A disagreement is written with the next turn, a mere advance at most once in kWriteEvery. A write carries the version
// that was read; a conflict means read again. Without the ConfigMap, or without the right to it, the log is compared
// with what was seen since the start, and a warning says so once. One thread uses it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/time.h"
#include "kube/client.h"
#include "observation/observer.h"
#include "rekor/log.h"

namespace plimsoll::controller {

class LogStateKeeper {
 public:
  static constexpr Duration kWriteEvery = std::chrono::minutes(1);

  // All references must outlive the keeper.
  LogStateKeeper(rekor::Log& states, observation::Observer& observer, kube::Client& client,
                 std::string name_space, const Clock& clock, Logger& log);

  void Read();
  void Write();

 private:
  bool IsDue() const;
  void Complain(const Error& error);

  rekor::Log& states_;
  observation::Observer& observer_;
  kube::Client& client_;
  const std::string name_space_;
  const Clock& clock_;
  Logger& log_;
  std::string resource_version_;  // of the ConfigMap; empty: not read
  std::uint64_t written_ = 0;     // the version of the states that is stored
  bool disagreed_ = false;        // and whether a log was inconsistent then
  std::optional<Time> last_write_;
  bool complained_ = false;
};

}  // namespace plimsoll::controller
