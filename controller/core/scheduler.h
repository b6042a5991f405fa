// Which image is looked at next: a queue that is a value, with time as an argument.
//
// Numbered contracts:
//  1. An item that is due in a more urgent class goes before every item of a less urgent one, as far as its
//     registry host has a worker free: new before pending before re-check.
//  2. Within a class, namespaces take turns: a namespace that starts a thousand images delays another one by
//     one observation, not by a thousand. Within a namespace, first due is first.
//  3. At most `workers` items are out at once, and at most a quarter of them (one at least) for one host.
//  4. An item is out at most once. Asked for again while it is out, it is due again when it comes back.
//
// It knows nothing of what an item means; ids are the caller's. Not thread-safe. No clock, no randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/time.h"
#include "controller/core/observe.h"

namespace plimsoll::controller {

inline constexpr std::size_t kUrgencies = 3;

class Scheduler {
 public:
  using Id = std::uint64_t;

  explicit Scheduler(std::size_t workers);

  // Makes the item due at `due`. An item that is waiting already is moved, to later or earlier; host and
  // namespace are those of the last call.
  void Schedule(Id id, Time due, Urgency urgency, const std::string& host,
                const std::string& name_space);
  // Forgets it. One that is out still counts for its host until Done.
  void Remove(Id id);

  // The next item to look at now, which is out from then on. None when nothing is due or no worker is free.
  std::optional<Id> Next(Time now);
  // It came back. It is not scheduled again by itself, unless Schedule was called while it was out.
  void Done(Id id);

  // When Next may have something, as far as time alone decides. None when nothing waits for time.
  std::optional<Time> NextDue() const;

  bool IsOut(Id id) const;
  bool Holds(Id id) const { return items_.contains(id) || out_.contains(id); }
  std::size_t out() const { return out_.size(); }
  std::size_t waiting() const { return items_.size(); }  // due or not, without those that are out
  std::size_t ready() const { return ready_count_; }     // due, as of the last Next
  // Lets the due item with the earliest due time be known, for the age of the queue.
  std::optional<Time> OldestReady() const;

 private:
  struct Item {
    Time due{};
    Urgency urgency = Urgency::kRecheck;
    std::string host;
    std::string name_space;
    bool ready = false;
  };
  using Order = std::pair<Time, Id>;

  void Unqueue(Id id, const Item& item);
  void Promote(Time now);
  bool HasWorker(const std::string& host) const;
  std::optional<Id> Take(std::size_t urgency);

  const std::size_t workers_;
  const std::size_t per_host_;
  std::unordered_map<Id, Item> items_;
  std::set<Order> timed_;  // not due yet
  // Per urgency: namespace -> host -> due items.
  std::map<std::string, std::map<std::string, std::set<Order>>> ready_[kUrgencies];
  std::string cursor_[kUrgencies];  // the namespace that was served last
  std::size_t ready_count_ = 0;
  std::unordered_map<Id, std::string> out_;  // id -> host
  std::unordered_map<std::string, std::size_t> per_host_out_;
  std::unordered_map<Id, Item> again_;  // scheduled while out
};

}  // namespace plimsoll::controller
