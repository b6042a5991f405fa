// The thread that carries out what the reflector decides, for any kind of object. Use it through Informer<T>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "kube/object.h"
#include "kube/reflector.h"
#include "kube/transport.h"
#include "kube/waiter.h"

namespace plimsoll::kube {

struct ListWatchOptions {
  ResourceType type;
  std::string namespace_name;  // empty: all
  std::string label_selector;  // empty: all
  bool metadata_only = false;  // ask the server for PartialObjectMetadata
  ReflectorOptions reflector;
  Duration page_timeout = std::chrono::seconds(60);
  std::size_t max_page_bytes = 64u << 20;
  std::size_t max_whole_list_bytes = 512u
                                     << 20;  // a list without a limit, after a page has expired
};

struct ListWatchDependencies {
  Transport& transport;
  const Clock& clock;
  Waiter& waiter;
  Metrics& metrics;  // plimsoll_informer_lists_total, _watches_total, _errors_total {resource}
  Logger& logger;
};

// Where objects go. Called on the list-watch's thread only.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual void BeginSnapshot() = 0;
  virtual Status Put(const ObjectMeta& meta, std::string_view json) = 0;
  virtual void Remove(const ObjectMeta& meta) = 0;
  virtual void EndSnapshot() = 0;
};

class ListWatch {
 public:
  ListWatch(const ListWatchOptions& options, const ListWatchDependencies& dependencies,
            ObjectStore& store);
  ~ListWatch();
  ListWatch(const ListWatch&) = delete;
  ListWatch& operator=(const ListWatch&) = delete;

  void Start();
  void Stop();

  // One step of the reflector, carried out on the calling thread: what the thread does in a loop. For tests.
  void RunOnce(std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::kube
