// What the webhook knows of the cluster: baselines, policies and the Nodes' platforms, by watch. It reads only.
//
// Thread-safe. `synced()` is true once all three have been read whole; until then the webhook is not ready.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "baseline/settings.h"
#include "kube/informer.h"
#include "oci/places.h"
#include "oci/registry.h"
#include "webhook/core/decide.h"

namespace plimsoll::webhook {

class WatchCache {
 public:
  // `dependencies` must outlive this object. `on_synced` is called once, on a thread of an informer.
  WatchCache(const kube::ListWatchDependencies& dependencies, baseline::Durations durations,
             oci::RepositoryRules rules, bool log_lane = false,
             std::function<void()> on_synced = {});
  ~WatchCache();
  WatchCache(const WatchCache&) = delete;
  WatchCache& operator=(const WatchCache&) = delete;

  void Start();
  void Stop();
  bool synced() const;

  // An unchanging picture of this moment.
  std::shared_ptr<const Snapshot> snapshot() const;
  // What the Nodes run; empty: not known, or no Node.
  std::vector<oci::Platform> platforms() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::webhook
