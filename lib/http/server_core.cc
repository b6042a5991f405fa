#include "server_core.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "server_connection.h"

namespace plimsoll::http {

namespace net = boost::asio;

ServerCore::ServerCore(ServerOptions given, Handler answer, Metrics& metrics, Logger& log)
    : options(std::move(given)),
      handler(std::move(answer)),
      logger(log),
      request_seconds(metrics
                          .Histograms("plimsoll_http_server_request_seconds",
                                      "Time from a request's first byte to its answer",
                                      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                       0.5, 1, 2.5, 5})
                          .With({{"server", options.name}})),
      bodies(options.limits),
      refused_(
          metrics.Counters("plimsoll_http_server_refused_total",
                           "Connections and requests that were refused, by the limit they met")),
      requests_(metrics.Counters("plimsoll_http_server_requests_total",
                                 "Requests that were answered, by status code")),
      connections_gauge_(
          metrics.Gauges("plimsoll_http_server_connections", "Connections that are open")
              .With({{"server", options.name}})) {
  for (int i = 0; i < std::max(options.threads, 1); ++i)
    threads.push_back(std::make_unique<ServingThread>());
  if (options.tls) handshakes = std::make_unique<net::io_context>(1);
}

ServingThread& ServerCore::NextThread() { return *threads[next_++ % threads.size()]; }

Counter& ServerCore::Refused(const char* reason) {
  return refused_.With({{"server", options.name}, {"reason", reason}});
}

// Asking the family costs a search and several strings: once for each status.
Counter& ServerCore::Requests(int status) {
  std::atomic<Counter*>& slot = by_status_.at(static_cast<std::size_t>(status));
  Counter* counter = slot.load();
  if (counter == nullptr) {
    counter = &requests_.With({{"server", options.name}, {"code", std::to_string(status)}});
    slot.store(counter);
  }
  return *counter;
}

std::shared_ptr<SSL_CTX> ServerCore::Tls() {
  const std::lock_guard lock(mutex_);
  return tls_;
}

void ServerCore::SetTls(std::shared_ptr<SSL_CTX> tls) {
  const std::lock_guard lock(mutex_);
  tls_ = std::move(tls);
}

// Of the address that holds the most connections, the one that has waited the longest for its peer.
std::shared_ptr<Connection> ServerCore::Victim() {
  std::unordered_map<std::string_view, std::size_t> held;
  for (const auto& [pointer, weak] : connections_) ++held[pointer->remote_ip()];
  Connection* victim = nullptr;
  for (const auto& [pointer, weak] : connections_) {
    if (!pointer->waiting()) continue;
    const std::size_t count = held[pointer->remote_ip()];
    const bool better = victim == nullptr || count > held[victim->remote_ip()] ||
                        (count == held[victim->remote_ip()] && pointer->since() < victim->since());
    if (better) victim = pointer;
  }
  return victim == nullptr ? nullptr : connections_[victim].lock();
}

bool ServerCore::Register(const std::shared_ptr<Connection>& connection) {
  std::shared_ptr<Connection> victim;
  {
    const std::lock_guard lock(mutex_);
    if (connections_.size() >= options.limits.max_connections) {
      victim = Victim();
      if (!victim) return false;
      // Its place is free from now on: it is gone as soon as its thread gets to it.
      connections_.erase(victim.get());
    }
    connections_[connection.get()] = connection;
    connections_gauge_.Set(static_cast<double>(connections_.size()));
  }
  if (victim) {
    Refused("idle_evicted").Add();
    victim->Kill();
  }
  return true;
}

void ServerCore::Unregister(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.erase(connection);
    connections_gauge_.Set(static_cast<double>(connections_.size()));
  }
  changed_.notify_all();
}

std::vector<std::shared_ptr<Connection>> ServerCore::All() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [pointer, weak] : connections_) {
    if (std::shared_ptr<Connection> connection = weak.lock()) all.push_back(std::move(connection));
  }
  return all;
}

void ServerCore::Sweep() {
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  ForEach([&](Connection& connection) {
    if (connection.deadline() != 0 && connection.deadline() <= now) connection.CheckTime();
  });
}

std::size_t ServerCore::connections() {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

bool ServerCore::WaitForNone(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return connections_.empty(); });
}

}  // namespace plimsoll::http
