// The pull secrets that a Pod's spec names, as far as its namespace grants them by name.
//
// Nothing lists or watches Secrets: one GET for each name, kept for five minutes; a refusal is kept for ten, so that a
// namespace without a grant costs one request in that time. Only the two docker types are parsed. Bounded, the oldest
// entry goes first. Thread-safe; blocks.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "controller/core/observe.h"
#include "kube/client.h"
#include "oci/credentials.h"

namespace plimsoll::controller {

class PullSecrets {
 public:
  PullSecrets(kube::Client& client, const Clock& clock, Logger& log)
      : client_(client), clock_(clock), log_(log) {}

  std::vector<oci::PullSecret> For(const PodCredential& pod);

 private:
  struct Entry {
    std::optional<oci::PullSecret> secret;
    std::chrono::steady_clock::time_point until;
  };
  std::optional<oci::PullSecret> Read(const std::string& name_space, const std::string& name,
                                      Duration* keep);

  static constexpr std::size_t kMaxEntries = 2'000;
  static constexpr std::size_t kMaxPerPod = 8;

  kube::Client& client_;
  const Clock& clock_;
  Logger& log_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
  std::list<std::string> order_;          // guarded by mutex_
};

}  // namespace plimsoll::controller
