// A client of the test bed's API server, with everything that it needs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "kube/client.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "kube/informer.h"
#include "kube/object_writer.h"
#include "kube/waiter.h"

namespace plimsoll::kube {

// What happened, for a test to wait for. Thread-safe.
class Diary {
 public:
  void Note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(what);
    changed_.notify_all();
  }
  bool WaitFor(const std::string& what, std::chrono::seconds limit = std::chrono::seconds(60)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(
        lock, limit, [&] { return std::find(notes_.begin(), notes_.end(), what) != notes_.end(); });
  }
  std::size_t Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(notes_.begin(), notes_.end(), what));
  }
  std::string Text() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& note : notes_) text += note + "\n";
    return text;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

struct ClusterClient {
  explicit ClusterClient(const std::string& kubeconfig) {
    auto cluster = LoadKubeconfig(kubeconfig, "", ProcessEnvironment::FromProcess(), clock);
    if (!cluster) {
      ADD_FAILURE() << cluster.error().message;
      return;
    }
    TransportOptions options;
    options.allow_writes = true;
    auto made = MakeTransport(std::move(*cluster), options, clock, metrics, logger);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return;
    }
    transport = std::move(*made);
    client = std::make_unique<Client>(*transport, clock, waiter);
    writer = std::make_unique<ObjectWriter>(*client);
  }

  // ConfigMaps of a namespace; changes are noted as "added NAME=VALUE" and the like, snapshots as "synced".
  std::unique_ptr<Informer<std::string>> Follow(const std::string& namespace_name, Diary& diary,
                                                bool watch_list, const std::string& selector = "") {
    ListWatchOptions options;
    options.type = ConfigMaps();
    options.namespace_name = namespace_name;
    options.label_selector = selector;
    options.reflector.watch_list = watch_list;
    options.reflector.page_size = 2;
    InformerCallbacks<std::string> callbacks;
    callbacks.parse = [](std::string_view json, const ObjectMeta&) -> Result<std::string> {
      PLIMSOLL_ASSIGN(const auto document, json::Document::Parse(json, kObjectLimits));
      return std::string(document.root()["data"]["value"].StringOrEmpty());
    };
    callbacks.on_change = [&diary](const Change<std::string>& change) {
      using Kind = Change<std::string>::Kind;
      if (change.kind == Kind::kAdded)
        diary.Note("added " + change.meta.name + "=" + *change.after);
      if (change.kind == Kind::kModified)
        diary.Note("modified " + change.meta.name + "=" + *change.after);
      if (change.kind == Kind::kDeleted) {
        diary.Note((change.final_state_unknown ? "gone=" : "deleted=") + *change.before);
      }
    };
    callbacks.on_synced = [&diary] { diary.Note("synced"); };
    auto informer = std::make_unique<Informer<std::string>>(
        options, InformerKey::kUid, std::move(callbacks),
        ListWatchDependencies{*transport, clock, waiter, metrics, logger});
    informer->Start();
    return informer;
  }

  static std::string ConfigMap(const std::string& name, const std::string& value,
                               const std::string& label = "yes") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
           R"(","labels":{"follow":")" + label + R"("}},"data":{"value":")" + value + "\"}}";
  }

  SystemClock clock;
  SystemWaiter waiter;
  NullMetrics metrics;
  FdLogger logger{2, LogLevel::kInfo, LogFormat::kText, clock};
  std::unique_ptr<Transport> transport;
  std::unique_ptr<Client> client;
  std::unique_ptr<ObjectWriter> writer;
};

}  // namespace plimsoll::kube
