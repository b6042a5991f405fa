// How we speak TLS to the API server: with our CA alone, TLS 1.2 or newer, the peer's name checked against the
// certificate's SANs, our client certificate where there is one; and a guard that counts what arrives.
//
// The guard exists because cpprestsdk buffers headers, chunk sizes and whole chunks without a limit: bytes are
// counted as TLS records come in, and again when they reach our own buffer. When more are on the way than the
// requests in flight may want, the connection reads as ended.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"

namespace plimsoll::kube {

// Thread-safe. One for each http_client.
class FlowGuard {
 public:
  explicit FlowGuard(std::size_t allowance) : allowance_(allowance) {}

  // A request that may receive `limit` bytes of body begins, ends.
  void Begin(std::size_t limit);
  void End(std::size_t limit);
  // False: too much has been received that was not delivered.
  bool OnReceived(std::size_t bytes);
  void OnDelivered(std::size_t bytes) { delivered_ += bytes; }
  bool tripped() const { return tripped_; }

 private:
  const std::size_t allowance_;
  std::mutex mutex_;
  std::size_t in_flight_ = 0;  // guarded by mutex_
  std::atomic<std::size_t> limit_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> delivered_ = 0;
  std::atomic<bool> tripped_ = false;
};

// What new connections use. Thread-safe.
class TlsMaterial {
 public:
  // kMalformed when the CA is none. `ca_file` (may be empty) is read again a minute after the last time.
  static Result<std::shared_ptr<TlsMaterial>> Create(std::string host, std::string ca_pem,
                                                     std::string ca_file);

  // True when this is another certificate than before: connections made with the old one should go.
  bool SetClientCertificate(const std::string& certificate_pem, const std::string& key_pem);
  Status Configure(SSL_CTX* context, const std::shared_ptr<FlowGuard>& guard);

 private:
  TlsMaterial(std::string host, std::string ca_pem, std::string ca_file);
  void RefreshCaLocked();

  const std::string host_;
  const std::string ca_file_;
  std::mutex mutex_;
  std::string ca_pem_;                                // guarded by mutex_
  std::string certificate_pem_;                       // guarded by mutex_
  std::string key_pem_;                               // guarded by mutex_
  std::chrono::steady_clock::time_point ca_read_at_;  // guarded by mutex_
};

}  // namespace plimsoll::kube
