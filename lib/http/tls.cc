#include "tls.h"

#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/printable.h"

namespace plimsoll::http {
namespace {

constexpr int kMaxChain = 10;

std::string OpenSslError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "error " + std::to_string(code) : reason;
}

SslPtr<BIO> Memory(const std::string& text) {
  return SslPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key that asks for a passphrase is refused, not asked about on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

Result<std::shared_ptr<X509_STORE>> ParseStore(const std::string& name, const std::string& pem) {
  ERR_clear_error();
  SslPtr<X509_STORE> store(X509_STORE_new());
  const SslPtr<BIO> bio = Memory(pem);
  if (!store || !bio) return Fail(kInternal, "out of memory while reading " + name);
  int count = 0;
  while (SslPtr<X509> certificate{PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)}) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return Fail(kInvalidArgument,
                  "a certificate of " + name + " was not taken: " + OpenSslError());
    }
    ++count;
  }
  const unsigned long last = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (count == 0 || !at_end) {
    return Fail(kInvalidArgument, "expected PEM certificates in " + name + ", found " +
                                      std::to_string(count) + ": " + OpenSslError());
  }
  ERR_clear_error();
  return std::shared_ptr<X509_STORE>(std::move(store));
}

Result<std::shared_ptr<X509_STORE>> SystemStore() {
  SslPtr<X509_STORE> store(X509_STORE_new());
  if (!store || X509_STORE_set_default_paths(store.get()) != 1) {
    return Fail(kInvalidArgument, "the system's authorities cannot be used: " + OpenSslError());
  }
  ERR_clear_error();
  return std::shared_ptr<X509_STORE>(std::move(store));
}

Status UsePair(SSL_CTX* context, const std::string& chain_pem, const std::string& key_pem) {
  ERR_clear_error();
  const SslPtr<BIO> chain = Memory(chain_pem);
  const SslPtr<BIO> key_bio = Memory(key_pem);
  if (!chain || !key_bio) return Fail(kInternal, "out of memory while reading a certificate");
  const SslPtr<X509> leaf(PEM_read_bio_X509(chain.get(), nullptr, NoPassphrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return Fail(kInvalidArgument, "expected a PEM certificate: " + OpenSslError());
  }
  for (int i = 0; i < kMaxChain; ++i) {
    SslPtr<X509> next(PEM_read_bio_X509(chain.get(), nullptr, NoPassphrase, nullptr));
    if (!next) break;
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return Fail(kInvalidArgument, "the certificate's chain was not taken: " + OpenSslError());
    }
  }
  ERR_clear_error();
  const SslPtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassphrase, nullptr));
  if (!key) return Fail(kInvalidArgument, "expected a PEM private key without a passphrase");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Fail(kInvalidArgument,
                "the private key does not belong to the certificate: " + OpenSslError());
  }
  return {};
}

int SelectHttp11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                 const unsigned char* in, unsigned int in_length, void* /*argument*/) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), in, in_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Status TrustStores::Load(const std::string& ca_file) {
  Entry entry;
  entry.checked = std::chrono::steady_clock::now();
  if (ca_file.empty()) {
    PLIMSOLL_ASSIGN(entry.store, SystemStore());
  } else {
    Result<std::string> text = ReadFile(ca_file, kMaxPemBytes);
    if (!text) return Fail(kInvalidArgument, "caFile: " + text.error().message);
    PLIMSOLL_ASSIGN(entry.store, ParseStore(Printable(ca_file), *text));
    entry.text = std::move(*text);
  }
  const std::lock_guard lock(mutex_);
  entries_[ca_file] = std::move(entry);
  return {};
}

std::shared_ptr<X509_STORE> TrustStores::Get(const std::string& ca_file) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ca_file);
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  const auto now = std::chrono::steady_clock::now();
  if (!ca_file.empty() && now - entry.checked >= kCheckEvery) {
    entry.checked = now;
    Result<std::string> text = ReadFile(ca_file, kMaxPemBytes);
    if (text && *text != entry.text) {
      Result<std::shared_ptr<X509_STORE>> store = ParseStore(Printable(ca_file), *text);
      if (store) {
        entry.store = std::move(*store);
        entry.text = std::move(*text);
      }
    }
  }
  return entry.store;
}

Status CheckClientCertificate(const std::string& certificate_file, const std::string& key_file) {
  Result<std::string> chain = ReadFile(certificate_file, kMaxPemBytes);
  if (!chain) return Fail(kInvalidArgument, "clientCertificate: " + chain.error().message);
  Result<std::string> key = ReadFile(key_file.empty() ? certificate_file : key_file, kMaxPemBytes);
  if (!key) return Fail(kInvalidArgument, "clientCertificate: " + key.error().message);
  const SslPtr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Fail(kInternal, "no TLS context: " + OpenSslError());
  Status used = UsePair(context.get(), *chain, *key);
  if (!used) {
    return Fail(kInvalidArgument,
                "clientCertificate " + Printable(certificate_file) + ": " + used.error().message);
  }
  return {};
}

Result<std::shared_ptr<SSL_CTX>> NewServerContext(const std::string& certificate_chain_pem,
                                                  const std::string& private_key_pem) {
  if (certificate_chain_pem.size() > kMaxPemBytes || private_key_pem.size() > kMaxPemBytes) {
    return Fail(kInvalidArgument, "the serving certificate is larger than 4 MiB");
  }
  SslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Fail(kInternal, "no TLS context: " + OpenSslError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A record in one read, not its head and then the rest.
  SSL_CTX_set_read_ahead(context.get(), 1);
  // Full handshakes only: a session cache would let a peer keep state in our memory. Without it, tickets are nothing but
  // bytes, two for every handshake: SSL_OP_NO_TICKET does not end those of TLS 1.3.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectHttp11, nullptr);
  PLIMSOLL_TRY(UsePair(context.get(), certificate_chain_pem, private_key_pem));
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

}  // namespace plimsoll::http
