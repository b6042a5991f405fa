// An HTTP/1.1 server on raw sockets that can show every fault, for tests of clients.
//
// It listens on a free port of 127.0.0.1 (or ::1) from construction to destruction, one thread for
// each connection. It records every request in the order of arrival, so that a test can assert
// exactly what was asked and sent. Scripts are by path (without the query): a list of replies, of
// which the last one repeats; what has no script is answered by the fallback, 404 at first.
// Thread-safe. The destructor ends every connection, whatever it is doing, and joins.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fault_server/reply.h"
#include "support/fault_server/tls_identity.h"

namespace plimsoll::testing {

struct SeenRequest {
  std::string method;
  std::string target;  // as sent
  std::string path;    // without the query
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::uint64_t connection = 0;  // 1, 2, ... in the order in which they were accepted
  std::string peer;

  // The first field of that name, without regard to case; "" when there is none.
  std::string Header(std::string_view name) const;
  bool Has(std::string_view name) const;
  // The decoded value of a query parameter; "" when there is none.
  std::string Parameter(std::string_view name) const;
};

// What happens to a connection before anything is read.
enum class ConnectionFault {
  kNone,
  kClose,       // closed at once
  kReset,       // RST at once
  kSilent,      // accepted and held: with TLS, a handshake that never starts
  kTlsGarbage,  // bytes that are no TLS record, then held
};

// The most that the kernel holds between the two ends of a connection: handed over by the one, not yet read by the
// other. Both buffers grow by themselves, up to what this machine allows.
std::uint64_t KernelBufferBytes();

class FaultServer {
 public:
  struct Options {
    bool tls = false;
    bool ipv6 = false;
    std::optional<TlsIdentity> identity;  // absent: MakeTlsIdentity()
    bool only_tls_1_1 = false;            // offers nothing newer
    std::string client_ca_pem;            // asks for a client certificate under it, and requires it
  };
  using Answer = std::function<Reply(const SeenRequest&)>;

  FaultServer();
  explicit FaultServer(Options options);
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  std::uint16_t port() const;
  std::string host_port() const;  // "127.0.0.1:34567", "[::1]:34567"
  // "http://127.0.0.1:34567/path"; with another host name where one is given ("localhost").
  std::string Url(std::string_view path, std::string_view host = "") const;
  const std::string& ca_pem() const;

  void On(const std::string& path, Reply reply);
  void On(const std::string& path, std::vector<Reply> replies);
  void OnAny(Answer answer);      // asked first, for every request; may return Pass()
  void Otherwise(Answer answer);  // the fallback
  static Reply Pass();            // "not for me": the scripts and the fallback go on
  void FaultConnections(ConnectionFault fault);  // from the next connection on

  std::vector<SeenRequest> Requests() const;
  std::size_t Count(std::string_view path) const;
  std::size_t RequestCount() const;
  std::uint64_t Connections() const;  // accepted so far
  std::uint64_t OpenConnections() const;
  std::uint64_t BytesSent() const;
  void ForgetRequests();
  // Until that many requests have arrived. False after `limit`.
  bool WaitForRequests(std::size_t count,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  bool WaitForConnections(std::uint64_t count,
                          std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  bool WaitForNoOpenConnections(std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::testing
