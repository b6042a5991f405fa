// What the connections of one server share. Private to the server; pulls in Asio.
#pragma once

#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <openssl/ssl.h>

#include "body_pool.h"
#include "http/server.h"

namespace plimsoll::http {

class Connection;

// What one thread of the server serves. Used on that thread only, but for the context.
struct ServingThread {
  using Clock = std::chrono::steady_clock;

  // Megabytes are read a turn at a time, whoever sends them, so that small requests never wait for long: this much,
  // no more often than that.
  static constexpr std::size_t kTurnBytes = 64 * 1024;
  static constexpr std::chrono::milliseconds kTurnEvery{1};

  // When the next turn may begin; it is the caller's.
  Clock::time_point NextTurn(Clock::time_point now) {
    const Clock::time_point turn = std::max(now, free_at);
    free_at = turn + kTurnEvery;
    return turn;
  }

  // For one thread: then an operation of its own wakes no other.
  boost::asio::io_context context{1};
  Clock::time_point free_at{};
};

struct ServerCore {
  ServerCore(ServerOptions given, Handler answer, Metrics& metrics, Logger& log);

  // Constant after construction.
  const ServerOptions options;
  const Handler handler;
  Logger& logger;

  Counter& Refused(const char* reason);
  Counter& Requests(int status);
  Histogram& request_seconds;

  std::shared_ptr<SSL_CTX> Tls();
  void SetTls(std::shared_ptr<SSL_CTX> context);

  // Whose thread serves the next connection, from its first to its last byte. For the accepting thread alone.
  ServingThread& NextThread();
  // False: there is no place, and the caller closes the connection.
  bool Register(const std::shared_ptr<Connection>& connection);
  void Unregister(Connection* connection);
  // Ends what has exceeded its time.
  void Sweep();
  std::size_t connections();
  // Calls `what` for each connection, outside of the lock.
  template <class What>
  void ForEach(const What& what) {
    for (const std::shared_ptr<Connection>& connection : All()) what(*connection);
  }
  // Until there is no connection; false after `limit`.
  bool WaitForNone(std::chrono::milliseconds limit);

  BodyPool bodies;
  std::atomic<std::size_t> alive{0};  // connections, those that are ending too
  std::atomic<bool> draining{false};
  std::atomic<bool> retiring{false};

 private:
  std::vector<std::shared_ptr<Connection>> All();
  std::shared_ptr<Connection> Victim();  // with mutex_ held

  CounterFamily& refused_;
  CounterFamily& requests_;
  Gauge& connections_gauge_;
  std::array<std::atomic<Counter*>, 600> by_status_{};

  std::size_t next_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections_;
  std::shared_ptr<SSL_CTX> tls_;

 public:
  // Last, so that they go first: the handlers in them own connections, which use what is above.
  std::vector<std::unique_ptr<ServingThread>> threads;
  // The steps of handshakes, with a thread of their own; null without TLS. Before the others, whose sockets they use.
  std::unique_ptr<boost::asio::io_context> handshakes;
};

}  // namespace plimsoll::http
