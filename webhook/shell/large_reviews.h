// A thread for the bodies that take milliseconds to read, so that the server's own threads answer everybody else meanwhile.
// One body at a time, in the order in which they came; how many may wait is bounded by the server's memory
// for bodies, whose room each keeps until it has been read.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "http/server.h"

namespace plimsoll::webhook {

class LargeReviews {
 public:
  // What is this size or larger belongs here. A usual review is 5 to 50 KiB.
  static constexpr std::size_t kLeastBytes = 256 * 1024;

  using Answer = std::function<void(const http::ServerRequest&, const http::Responder&)>;
  // `answer` is called on the thread of this object. When it throws, the request is answered with 500.
  explicit LargeReviews(Answer answer);
  // Ends after the one that is being read; those that still wait are answered by nobody, so with 500.
  ~LargeReviews();
  LargeReviews(const LargeReviews&) = delete;
  LargeReviews& operator=(const LargeReviews&) = delete;

  // Thread-safe. One whose peer is gone when its turn comes is not read.
  void Add(http::ServerRequest request, http::Responder responder);

 private:
  void Run();

  const Answer answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<http::ServerRequest, http::Responder>> waiting_;  // guarded by mutex_
  bool stopping_ = false;                                                // guarded by mutex_
  std::thread thread_;
};

}  // namespace plimsoll::webhook
