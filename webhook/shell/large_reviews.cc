#include "webhook/shell/large_reviews.h"

#include <sched.h>

#include <exception>
#include <optional>

namespace plimsoll::webhook {

LargeReviews::LargeReviews(Answer answer)
    : answer_(std::move(answer)), thread_([this] { Run(); }) {}

LargeReviews::~LargeReviews() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void LargeReviews::Add(http::ServerRequest request, http::Responder responder) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.emplace_back(std::move(request), std::move(responder));
  }
  changed_.notify_all();
}

void LargeReviews::Run() {
  // Whoever waits for a small review does not wait for a large one.
  const sched_param none{};
  static_cast<void>(sched_setscheduler(0, SCHED_IDLE, &none));
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto next = std::make_optional(std::move(waiting_.front()));
    waiting_.pop_front();
    lock.unlock();
    try {
      if (!next->second.Abandoned()) answer_(next->first, next->second);
    } catch (const std::exception&) {
      // Only memory can run out here; without an answer the responder's end is one.
    }
    next.reset();  // megabytes, which nobody waits for
    lock.lock();
  }
}

}  // namespace plimsoll::webhook
