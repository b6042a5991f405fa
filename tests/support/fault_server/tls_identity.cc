#include "support/fault_server/tls_identity.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace plimsoll::testing {
namespace {

constexpr long kDay = 24L * 3600;

struct Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

void Require(bool condition) {
  if (!condition) {
    std::fputs("OpenSSL could not make a test certificate\n", stderr);
    std::abort();
  }
}

std::string Drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Pem(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Drain(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Require(bio &&
          PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Drain(bio.get());
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Owned<X509> NewCertificate(EVP_PKEY* key, X509* issuer, const std::string& name, long serial,
                           long not_before, long not_after) {
  Owned<X509> certificate(X509_new());
  Require(certificate != nullptr);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), not_before);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), not_after);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const std::string copy = name;
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(copy.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(),
                       issuer == nullptr ? subject : X509_get_subject_name(issuer));
  return certificate;
}

std::string AltNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool address = name.find(':') != std::string::npos ||
                         name.find_first_not_of("0123456789.") == std::string::npos;
    text += (text.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  return text;
}

struct Authority {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

Authority NewAuthority() {
  Authority authority{Owned<EVP_PKEY>(EVP_EC_gen("P-256")), nullptr};
  Require(authority.key != nullptr);
  authority.certificate =
      NewCertificate(authority.key.get(), nullptr, "Test Authority", 1, -kDay, 365 * kDay);
  X509* certificate = authority.certificate.get();
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  Require(X509_sign(certificate, authority.key.get(), EVP_sha256()) > 0);
  return authority;
}

}  // namespace

TlsIdentity MakeTlsIdentity(const TlsIdentityOptions& options) {
  const Authority authority = NewAuthority();
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  Require(key != nullptr);
  const Owned<X509> leaf =
      NewCertificate(key.get(), authority.certificate.get(), "test-server", 2,
                     options.expired ? -2 * kDay : -kDay, options.expired ? -kDay : 30 * kDay);
  X509* issuer = authority.certificate.get();
  AddExtension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(leaf.get(), issuer, NID_authority_key_identifier, "keyid");
  AddExtension(leaf.get(), issuer, NID_subject_alt_name, AltNames(options.names));
  Require(X509_sign(leaf.get(), authority.key.get(), EVP_sha256()) > 0);

  TlsIdentity identity;
  identity.certificate_pem = Pem(leaf.get()) + Pem(issuer);
  identity.key_pem = Pem(key.get());
  identity.ca_pem = options.other_authority ? Pem(NewAuthority().certificate.get()) : Pem(issuer);
  return identity;
}

namespace {

// What the test program leaves in the temporary folder goes with it.
class TemporaryFiles {
 public:
  ~TemporaryFiles() {
    std::error_code ignored;
    for (const std::string& path : paths_) std::filesystem::remove(path, ignored);
  }
  void Add(std::string path) {
    const std::lock_guard lock(mutex_);
    paths_.push_back(std::move(path));
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> paths_;  // guarded by mutex_
};

}  // namespace

std::string WriteTemporaryFile(const std::string& name_hint, const std::string& text) {
  static TemporaryFiles files;
  std::string path =
      (std::filesystem::temp_directory_path() / ("plimsoll-test-" + name_hint + "-XXXXXX"))
          .string();
  const int fd = mkstemp(path.data());
  Require(fd >= 0);
  close(fd);
  files.Add(path);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace plimsoll::testing
