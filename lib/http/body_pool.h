// The memory that the bodies of all requests share, so that no crowd of peers can make us hold more.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>

#include "http/server.h"

namespace plimsoll::http {

// Thread-safe; a Share is not.
class BodyPool {
 public:
  explicit BodyPool(const ServerLimits& limits) : limits_(limits) {}

  // What one request holds of it; gives it back when it goes.
  class Share {
   public:
    Share() = default;
    explicit Share(BodyPool* pool) : pool_(pool) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    Share(Share&& other) noexcept
        : pool_(other.pool_),
          held_(std::exchange(other.held_, 0)),
          large_(std::exchange(other.large_, false)) {}
    ~Share() { Release(); }
    void Attach(BodyPool* pool) { pool_ = pool; }
    // Room for a body of `total` bytes, which is at least what is asked for; 0 when there is none.
    std::size_t Grow(std::size_t total);
    void Release();
    bool holds() const { return held_ != 0; }

   private:
    BodyPool* pool_ = nullptr;
    std::size_t held_ = 0;
    bool large_ = false;  // which pool `held_` is from
  };

 private:
  const ServerLimits limits_;
  std::mutex mutex_;
  std::size_t pooled_ = 0;  // guarded by mutex_
  std::size_t large_ = 0;   // guarded by mutex_
};

}  // namespace plimsoll::http
