// The four collections that the controller follows, as inputs of the core.
#pragma once

#include <memory>

#include "controller/shell/inbox.h"
#include "kube/list_watch.h"

namespace plimsoll::controller {

class Watches {
 public:
  // All must outlive the watches.
  Watches(const kube::ListWatchDependencies& dependencies, Inbox& inbox);
  ~Watches();
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  void Start();
  void Stop();
  bool synced() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::controller
