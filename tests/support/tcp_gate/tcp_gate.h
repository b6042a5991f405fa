// A door of TCP on 127.0.0.1 in front of other ports, which a test opens, shuts and turns: what a Service is to
// replicas, and what an outage is to a registry.
//
// Bytes pass unchanged in both directions. What happens to a new connection is what was said last; connections that are
// open keep their target until `Cut`. One thread, joined by the destructor. All methods are thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace plimsoll::testing {

class TcpGate {
 public:
  TcpGate();
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  std::uint16_t port() const;
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  // New connections go to these ports in turn. None: they are closed at once.
  void ForwardTo(std::vector<std::uint16_t> ports);
  // New connections are accepted, and nothing ever answers.
  void Silence();
  // Ends all that is open.
  void Cut();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::testing
