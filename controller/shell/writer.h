// Carries out what the core asks to be written, one after the other on a thread of its own, and tells it what became
// of each. In a dry run nothing leaves: what would have been written is logged, and taken as done.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>

#include "base/log.h"
#include "base/metric.h"
#include "controller/core/io.h"
#include "controller/shell/inbox.h"
#include "kube/client.h"
#include "kube/object_writer.h"

namespace plimsoll::controller {

const kube::ResourceType& SigningBaselines();
const kube::ResourceType& SigningPolicies();

class Writer {
 public:
  using Order =
      std::variant<CreateBaseline, WriteBaseline, DeleteBaseline, WritePolicy, ReadBaseline>;

  // References must outlive the writer.
  Writer(kube::Client& client, Inbox& inbox, bool dry_run, Metrics& metrics, Logger& log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Add(Order order);
  // What is under way is given up, and nothing more is written from here on. Used when the leadership is lost: a
  // deposed leader must not write one thing more than the API server's fence would stop anyway.
  void Stop();

 private:
  void Work();
  void Do(const Order& order);
  void Create(const CreateBaseline& order);
  void Write(const WriteBaseline& order);
  void Delete(const DeleteBaseline& order);
  void Write(const WritePolicy& order);
  void Read(const ReadBaseline& order);
  void Failed(std::uint64_t id, const char* what, const Error& error);
  void Told(WriteDone done, const char* what);

  kube::Client& client_;
  kube::ObjectWriter writer_;
  Inbox& inbox_;
  const bool dry_run_;
  CounterFamily& writes_;
  Logger& log_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::deque<Order> orders_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace plimsoll::controller
