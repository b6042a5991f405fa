// One request and its answer over one connection: a single hop, by libcurl.
//
// A Session holds one easy handle and the multi handle that keeps its connections. It serves one call
// at a time; Wake may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/result.h"
#include "http/address.h"
#include "http/client.h"

namespace plimsoll::http {

struct Hop {
  const Request* request = nullptr;
  Url url;
  Headers headers;  // as they go out, Accept-Encoding and User-Agent included
  std::chrono::steady_clock::time_point deadline;
  const HostSettings* settings = nullptr;  // never null
  std::shared_ptr<X509_STORE> store;
  std::string proxy;                 // "": direct
  std::vector<IpAddress> addresses;  // of the host, or of the proxy; empty: a literal address
  std::string resolve_host;          // whose they are, "host:port"
  AddressPolicy policy;
  bool named = false;
  bool fresh = false;
  const ClientOptions* options = nullptr;       // never null
  const std::atomic<bool>* stopping = nullptr;  // never null
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> New(const ClientOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `refused_reused` is set when the error is kAddressRefused and came from a connection that was
  // there before: the same hop may succeed with `fresh`.
  Result<Response> Run(const Hop& hop, bool& refused_reused);
  void Wake();
  // True when it has talked to this "host:port" of late, so that a connection may be there.
  bool Knows(const std::string& host_port) const;

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::http
