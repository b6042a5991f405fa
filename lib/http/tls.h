// OpenSSL's objects for TLS connections, as both the client and the server need them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"

namespace plimsoll::http {

struct SslDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
template <class T>
using SslPtr = std::unique_ptr<T, SslDeleter>;

inline constexpr std::size_t kMaxPemBytes = 4 * 1024 * 1024;

// The authorities that a connection's peer is verified against: a PEM file, or for "" the system's.
// Read again when the file has changed, at most once in `kCheckEvery`; when what is read then is of no
// use, the last good one stays. Thread-safe.
class TrustStores {
 public:
  static constexpr std::chrono::seconds kCheckEvery{30};

  // kInvalidArgument: the file cannot be read, or holds no certificate.
  Status Load(const std::string& ca_file);
  // Of a file that was loaded. Shares ownership: the store lives as long as somebody holds it.
  std::shared_ptr<X509_STORE> Get(const std::string& ca_file);

 private:
  struct Entry {
    std::shared_ptr<X509_STORE> store;
    std::string text;
    std::chrono::steady_clock::time_point checked;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

// kInvalidArgument when the PEM files hold no certificate and key that fit each other.
Status CheckClientCertificate(const std::string& certificate_file, const std::string& key_file);

// A server's context: TLS 1.2 or later, no renegotiation, no tickets kept across contexts, ALPN
// http/1.1. kInvalidArgument when chain and key do not parse or do not fit.
Result<std::shared_ptr<SSL_CTX>> NewServerContext(const std::string& certificate_chain_pem,
                                                  const std::string& private_key_pem);

}  // namespace plimsoll::http
