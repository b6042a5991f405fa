// What is judged over many repositories: spikes, and how many baselines there may be. Pure values; the
// controller's core owns them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace plimsoll::baseline {

// Repositories that turned Unverifiable, by the CA or log that is unknown.
struct TurnedUnverifiable {
  std::string repository;
  Time when{};
  std::string cause;  // names the CA or log
};

struct Spike {
  std::string cause;
  std::vector<std::string> repositories;  // sorted

  friend bool operator==(const Spike&, const Spike&) = default;
};

// In one hour, at least 5 repositories and a tenth of all, for the same cause. It changes no verdict and no
// severity. Sorted by cause.
std::vector<Spike> FindSpikes(const std::vector<TurnedUnverifiable>& turned,
                              std::size_t repositories, Time now);

// At most 20,000 baselines, and at most 1,000 new ones a day from one namespace; nothing is evicted.
class BaselineBudget {
 public:
  static constexpr std::size_t kTotal = 20'000;
  static constexpr std::size_t kPerNamespaceADay = 1'000;

  // A baseline came to be at `when` for a Pod of this namespace (also at start, for those of the last day).
  void Created(std::string_view name_space, Time when);
  // Whether a new repository of this namespace gets a baseline, `existing` of them being there.
  bool Allows(std::string_view name_space, std::size_t existing, Time now) const;

 private:
  std::map<std::string, std::vector<Time>, std::less<>> created_;
};

}  // namespace plimsoll::baseline
