// The way into the core: a bounded queue from many threads to the one that steps it.
//
// `Push` waits while the queue is full, so that a burst of watch events slows its informer down and costs no memory.
// After `Close` nothing is taken in any more and nobody waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "controller/core/io.h"

namespace plimsoll::controller {

class Inbox {
 public:
  explicit Inbox(std::size_t capacity = 4'096) : capacity_(capacity) {}

  void Push(Input input) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || inputs_.size() < capacity_; });
    if (closed_) return;
    inputs_.push_back(std::move(input));
    arrived_.notify_one();
  }

  // Everything that has arrived, in order; waits for the first until `until`.
  std::vector<Input> Take(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, until, [&] { return closed_ || !inputs_.empty(); });
    std::vector<Input> taken(std::make_move_iterator(inputs_.begin()),
                             std::make_move_iterator(inputs_.end()));
    inputs_.clear();
    room_.notify_all();
    return taken;
  }

  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    arrived_.notify_all();
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable arrived_;
  std::deque<Input> inputs_;  // guarded by mutex_
  bool closed_ = false;       // guarded by mutex_
};

}  // namespace plimsoll::controller
