// What the connections of one server share. Private to the server; pulls in Asio.
#pragma once

#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "body_pool.h"
#include "http/server.h"

namespace plimsoll::http {

class Connection;

struct ServerCore {
  ServerCore(ServerOptions given, Handler answer, Metrics& metrics, Logger& log);

  // Constant after construction.
  const ServerOptions options;
  const Handler handler;
  Logger& logger;

  Counter& Refused(const char* reason);
  Counter& Requests(int status);
  Histogram& request_seconds;

  std::shared_ptr<boost::asio::ssl::context> Tls();
  void SetTls(std::shared_ptr<boost::asio::ssl::context> context);

  // Whose thread serves the next connection, from its first to its last byte. For the accepting thread alone.
  boost::asio::io_context& NextContext();
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
  std::shared_ptr<boost::asio::ssl::context> tls_;

 public:
  // One a thread. Last, so that they go first: the handlers in them own connections, which use what is above.
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
};

}  // namespace plimsoll::http
