#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/file.h"
#include "pem.h"

namespace plimsoll::kube {
namespace {

constexpr std::chrono::seconds kCaPeriod{60};
constexpr std::size_t kMaxPemFile = 1u << 20;
// TLS records, chunk sizes and the like are never delivered: a part of everything that arrives.
constexpr std::uint64_t kOverheadDivisor = 4;

void FreeGuard(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<FlowGuard>*>(held);  // NOLINT(cppcoreguidelines-owning-memory)
}

// OpenSSL shows each record's header here before it decrypts the record.
void OnRecord(int writing, int, int content_type, const void* data, std::size_t size, SSL* ssl,
              void* guard) {
  if (writing != 0 || content_type != SSL3_RT_HEADER || size < 5 || guard == nullptr) return;
  const auto* header = static_cast<const unsigned char*>(data);
  if (header[0] != SSL3_RT_APPLICATION_DATA) return;
  const std::size_t length = (static_cast<std::size_t>(header[3]) << 8) | header[4];
  if (static_cast<FlowGuard*>(guard)->OnReceived(length)) return;
  // From here on every read of this connection is at its end.
  SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

struct StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

bool IsIpv4(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

Status SetStore(SSL_CTX* context, const std::string& ca_pem) {
  PLIMSOLL_ASSIGN(const auto certificates, ReadCertificates(ca_pem));
  std::unique_ptr<X509_STORE, StoreDeleter> store(X509_STORE_new());
  if (store == nullptr) return Fail(kInternal, "no memory for a certificate store");
  for (const auto& certificate : certificates) X509_STORE_add_cert(store.get(), certificate.get());
  // As Go does: every certificate of the bundle is an anchor, an intermediate one too.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_store(context, store.release());
  return {};
}

Status SetHost(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* const parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int ok = IsIpv4(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                              : X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  if (ok != 1) return Fail(kInvalidArgument, "the server's name cannot be checked");
  return {};
}

Status SetClientPair(SSL_CTX* context, const std::string& certificate_pem,
                     const std::string& key_pem) {
  PLIMSOLL_ASSIGN(const auto chain, ReadCertificates(certificate_pem));
  PLIMSOLL_ASSIGN(const auto key, ReadKey(key_pem));
  bool ok = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
            SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
            SSL_CTX_check_private_key(context) == 1;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    ok = ok && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (!ok) return Fail(kMalformed, "the client certificate cannot be used");
  return {};
}

}  // namespace

void FlowGuard::Begin(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (in_flight_++ == 0) {
    received_ = 0;
    delivered_ = 0;
    tripped_ = false;
  }
  limit_ += limit;
}

void FlowGuard::End(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  limit_ -= limit;
  // What of this answer was not body. A client that is never idle would add these up for ever.
  delivered_ += 64u << 10;
}

bool FlowGuard::OnReceived(std::size_t bytes) {
  const std::uint64_t received = received_ += bytes;
  const std::uint64_t delivered = delivered_;
  const std::uint64_t expected = delivered + delivered / kOverheadDivisor + limit_ + allowance_;
  if (received <= expected) return true;
  tripped_ = true;
  return false;
}

TlsMaterial::TlsMaterial(std::string host, std::string ca_pem, std::string ca_file)
    : host_(std::move(host)),
      ca_file_(std::move(ca_file)),
      ca_pem_(std::move(ca_pem)),
      ca_read_at_(std::chrono::steady_clock::now()) {}

Result<std::shared_ptr<TlsMaterial>> TlsMaterial::Create(std::string host, std::string ca_pem,
                                                         std::string ca_file) {
  PLIMSOLL_TRY(ReadCertificates(ca_pem));
  return std::shared_ptr<TlsMaterial>(
      new TlsMaterial(std::move(host), std::move(ca_pem), std::move(ca_file)));
}

bool TlsMaterial::SetClientCertificate(const std::string& certificate_pem,
                                       const std::string& key_pem) {
  const std::lock_guard lock(mutex_);
  if (certificate_pem == certificate_pem_ && key_pem == key_pem_) return false;
  certificate_pem_ = certificate_pem;
  key_pem_ = key_pem;
  return true;
}

void TlsMaterial::RefreshCaLocked() {
  const auto now = std::chrono::steady_clock::now();
  if (ca_file_.empty() || now - ca_read_at_ < kCaPeriod) return;
  ca_read_at_ = now;
  auto text = ReadFile(ca_file_, kMaxPemFile);
  if (text && ReadCertificates(*text)) ca_pem_ = std::move(*text);
}

Status TlsMaterial::Configure(SSL_CTX* context, const std::shared_ptr<FlowGuard>& guard) {
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
  {
    const std::lock_guard lock(mutex_);
    RefreshCaLocked();
    ca_pem = ca_pem_;
    certificate_pem = certificate_pem_;
    key_pem = key_pem_;
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  PLIMSOLL_TRY(SetStore(context, ca_pem));
  PLIMSOLL_TRY(SetHost(context, host_));
  if (!key_pem.empty()) PLIMSOLL_TRY(SetClientPair(context, certificate_pem, key_pem));

  // The guard lives as long as the context, and with it every connection made from it.
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeGuard);
  auto held = std::make_unique<std::shared_ptr<FlowGuard>>(guard);
  if (SSL_CTX_set_ex_data(context, index, held.get()) != 1) return Fail(kInternal, "TLS context");
  SSL_CTX_set_msg_callback_arg(context, held.release()->get());
  SSL_CTX_set_msg_callback(context, OnRecord);
  ERR_clear_error();
  return {};
}

}  // namespace plimsoll::kube
