#include "controller/core/scheduler.h"

#include <algorithm>

namespace plimsoll::controller {

Scheduler::Scheduler(std::size_t workers)
    : workers_(std::max<std::size_t>(1, workers)),
      per_host_(std::max<std::size_t>(1, workers / 4)) {}

void Scheduler::Schedule(Id id, Time due, Urgency urgency, const std::string& host,
                         const std::string& name_space) {
  Item item{due, urgency, host, name_space, false};
  if (out_.contains(id)) {
    again_.insert_or_assign(id, std::move(item));
    return;
  }
  if (const auto found = items_.find(id); found != items_.end()) Unqueue(id, found->second);
  timed_.emplace(due, id);
  items_.insert_or_assign(id, std::move(item));
}

void Scheduler::Remove(Id id) {
  again_.erase(id);
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  Unqueue(id, found->second);
  items_.erase(found);
}

void Scheduler::Unqueue(Id id, const Item& item) {
  const Order order{item.due, id};
  if (!item.ready) {
    timed_.erase(order);
    return;
  }
  auto& lane = ready_[static_cast<std::size_t>(item.urgency)];
  const auto hosts = lane.find(item.name_space);
  const auto queue = hosts->second.find(item.host);
  queue->second.erase(order);
  --ready_count_;
  if (!queue->second.empty()) return;
  hosts->second.erase(queue);
  if (hosts->second.empty()) lane.erase(hosts);
}

void Scheduler::Promote(Time now) {
  while (!timed_.empty() && timed_.begin()->first <= now) {
    const Order order = *timed_.begin();
    timed_.erase(timed_.begin());
    Item& item = items_.at(order.second);
    item.ready = true;
    ready_[static_cast<std::size_t>(item.urgency)][item.name_space][item.host].insert(order);
    ++ready_count_;
  }
}

bool Scheduler::HasWorker(const std::string& host) const {
  const auto found = per_host_out_.find(host);
  return found == per_host_out_.end() || found->second < per_host_;
}

std::optional<Scheduler::Id> Scheduler::Take(std::size_t urgency) {
  auto& lane = ready_[urgency];
  if (lane.empty()) return std::nullopt;
  auto at = lane.upper_bound(cursor_[urgency]);
  for (std::size_t turn = 0; turn < lane.size(); ++turn, ++at) {
    if (at == lane.end()) at = lane.begin();
    std::optional<Order> first;
    for (const auto& [host, queue] : at->second) {
      if (!HasWorker(host)) continue;
      if (!first || *queue.begin() < *first) first = *queue.begin();
    }
    if (!first) continue;
    cursor_[urgency] = at->first;
    return first->second;
  }
  return std::nullopt;
}

std::optional<Scheduler::Id> Scheduler::Next(Time now) {
  Promote(now);
  if (out_.size() >= workers_) return std::nullopt;
  for (std::size_t urgency = 0; urgency < kUrgencies; ++urgency) {
    const std::optional<Id> id = Take(urgency);
    if (!id) continue;
    const auto found = items_.find(*id);
    Unqueue(*id, found->second);
    ++per_host_out_[found->second.host];
    out_.emplace(*id, std::move(found->second.host));
    items_.erase(found);
    return id;
  }
  return std::nullopt;
}

void Scheduler::Done(Id id) {
  const auto found = out_.find(id);
  if (found == out_.end()) return;
  const auto host = per_host_out_.find(found->second);
  if (--host->second == 0) per_host_out_.erase(host);
  out_.erase(found);
  const auto again = again_.find(id);
  if (again == again_.end()) return;
  timed_.emplace(again->second.due, id);
  items_.insert_or_assign(id, std::move(again->second));
  again_.erase(again);
}

std::optional<Time> Scheduler::NextDue() const {
  if (timed_.empty()) return std::nullopt;
  return timed_.begin()->first;
}

bool Scheduler::IsOut(Id id) const { return out_.contains(id); }

std::optional<Time> Scheduler::OldestReady() const {
  std::optional<Time> oldest;
  for (const auto& lane : ready_) {
    for (const auto& [name_space, hosts] : lane) {
      for (const auto& [host, queue] : hosts) {
        if (!oldest || queue.begin()->first < *oldest) oldest = queue.begin()->first;
      }
    }
  }
  return oldest;
}

}  // namespace plimsoll::controller
