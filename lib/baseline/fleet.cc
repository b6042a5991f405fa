#include "baseline/fleet.h"

#include <algorithm>
#include <set>

#include "baseline/settings.h"

namespace plimsoll::baseline {
namespace {

constexpr std::size_t kSpikeRepositories = 5;
constexpr std::size_t kSpikeFraction = 10;  // a tenth of all

}  // namespace

std::vector<Spike> FindSpikes(const std::vector<TurnedUnverifiable>& turned,
                              std::size_t repositories, Time now) {
  std::map<std::string, std::set<std::string>> by_cause;
  for (const TurnedUnverifiable& one : turned) {
    if (one.when > now || now - one.when > FixedDurations::kSpikeWindow) continue;
    by_cause[one.cause].insert(one.repository);
  }
  std::vector<Spike> spikes;
  for (const auto& [cause, names] : by_cause) {
    if (names.size() < kSpikeRepositories || names.size() * kSpikeFraction < repositories) continue;
    spikes.push_back({cause, {names.begin(), names.end()}});
  }
  return spikes;
}

void BaselineBudget::Created(std::string_view name_space, Time when) {
  auto found = created_.find(name_space);
  if (found == created_.end())
    found = created_.emplace(std::string(name_space), std::vector<Time>()).first;
  auto& times = found->second;
  std::erase_if(times, [&](Time time) { return when - time >= FixedDurations::kLimitWindow; });
  if (times.size() < kPerNamespaceADay) times.push_back(when);
}

bool BaselineBudget::Allows(std::string_view name_space, std::size_t existing, Time now) const {
  if (existing >= kTotal) return false;
  const auto found = created_.find(name_space);
  if (found == created_.end()) return true;
  const auto of_a_day = std::count_if(found->second.begin(), found->second.end(), [&](Time time) {
    return now - time < FixedDurations::kLimitWindow;
  });
  return static_cast<std::size_t>(of_a_day) < kPerNamespaceADay;
}

}  // namespace plimsoll::baseline
