// An HTTP/1.1 server, plain or TLS, for peers that we do not trust: whoever can reach the port.
//
// Everything that a peer can make us hold or wait for has a number in ServerLimits. What exceeds it is
// answered (408, 413, 431, 503), read for a moment so that the answer is not lost in a reset, and
// closed. Refused as malformed: Content-Length together with Transfer-Encoding, other transfer codings
// than chunked, content codings, bad chunk sizes, bare line feeds in field values, several or no Host.
//
// Deliberately not here: routing, client certificates, HTTP/2 (the API server's webhook client speaks
// HTTP/1.1 only), WebSockets, `Expect: 100-continue` beyond answering it, compression, static files.
//
// The handler runs on a thread of the server and must not block: it answers at once, or hands the
// Responder to somebody who does. Threads belong to the server object and are joined by its
// destructor. All methods are thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "http/headers.h"

namespace plimsoll::http {

struct ServerLimits {
  // Beyond: the connection idle for the longest time makes room, of the address that holds the most;
  // when none is idle the new one is closed at once.
  std::size_t max_connections = 256;
  std::chrono::milliseconds handshake_time{5'000};
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_header_count = 100;
  std::chrono::milliseconds header_time{5'000};  // from the first byte of a request
  std::size_t max_body_bytes = 1024 * 1024;      // for paths that no BodyLimit names
  std::chrono::milliseconds body_time{10'000};
  std::chrono::milliseconds request_time{30'000};  // first byte to the end of the answer
  std::chrono::milliseconds idle_time{90'000};     // between requests
  // Memory of bodies. Every connection may hold a small one; what is beyond shares one pool, and what is
  // larger than `large_body_bytes` another, so that neither starves the other. Where there is no room: 503
  // with Retry-After: 1. A large body says its length; one that comes in chunks ends at large_body_bytes.
  std::size_t small_body_bytes = 32 * 1024;
  std::size_t body_pool_bytes = 8 * 1024 * 1024;
  std::size_t large_body_bytes = 1024 * 1024;
  std::size_t large_pool_bytes = 20 * 1024 * 1024;  // no BodyLimit is larger
  std::size_t max_response_bytes = 64 * 1024 * 1024;
  // What is read and thrown away after a refusal, so that the peer gets to see the answer.
  std::size_t linger_bytes = 256 * 1024;
  std::chrono::milliseconds linger_time{1'000};
};

struct BodyLimit {
  std::string path_prefix;
  std::size_t max_body_bytes = 0;
};

struct ServerRequest {
  std::string method;
  std::string path;   // as sent, begins with a slash; not decoded
  std::string query;  // without the question mark
  Headers headers;
  // The body's room in the server's memory for bodies; given back with the last copy, after the body. Empty for a
  // small one.
  std::shared_ptr<const void> body_room;
  std::string body;
  std::string remote_address;
  // When the answer is worth nothing any more: the server closes the connection then.
  std::chrono::steady_clock::time_point deadline;
};

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length, Connection and Date are the server's
  std::string body;
};

// Answers one request, once, from any thread; later calls do nothing. Copies share the one answer.
// When the last copy goes without an answer, 500 is sent. May outlive the server.
class Responder {
 public:
  class Sink;
  explicit Responder(std::shared_ptr<Sink> sink);
  void Send(ServerResponse response) const;
  // True when the peer is gone or its time is up: nobody will read the answer.
  bool Abandoned() const;

 private:
  std::shared_ptr<Sink> sink_;
};

using Handler = std::function<void(ServerRequest, Responder)>;

struct ServerOptions {
  // "127.0.0.1:0", "[::1]:8080", ":8080" (all addresses of both families). Port 0: any free port.
  std::string address;
  std::string name = "http";  // the label `server` of its metrics
  bool tls = false;
  std::string certificate_chain_pem;  // with tls: leaf first
  std::string private_key_pem;
  int threads = 1;
  ServerLimits limits;
  std::vector<BodyLimit> body_limits;  // the longest prefix that fits counts
};

class Server {
 public:
  // Listens and serves when it returns. kInvalidArgument: the address, the certificate or a limit;
  // kUnavailable: the address cannot be bound.
  // Metrics (label server): plimsoll_http_server_connections, plimsoll_http_server_requests_total
  // {code}, plimsoll_http_server_refused_total{reason}, plimsoll_http_server_request_seconds.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, Handler handler,
                                               Metrics& metrics, Logger& logger);
  virtual ~Server() = default;  // Stop(0) if it was not stopped

  virtual std::uint16_t port() const = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:34567"

  // From now on new connections are served with this pair; those that are open go on. When the pair
  // does not parse or does not match: kInvalidArgument, and the last good one stays.
  virtual Status ReplaceCertificate(const std::string& certificate_chain_pem,
                                    const std::string& private_key_pem) = 0;

  // From now on every answer closes its connection, so that peers move to another replica without losing a request;
  // new connections are served as before. What Stop should be preceded by where others learn late that this one ends.
  virtual void Retire() = 0;

  // Accepts nothing more, closes idle connections, lets requests in flight end until `drain` has
  // passed, then closes all. Blocks. Not to be called from a handler.
  virtual void Stop(std::chrono::milliseconds drain) = 0;
};

}  // namespace plimsoll::http
