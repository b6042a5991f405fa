#include "pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

namespace plimsoll::kube {
namespace {

constexpr std::size_t kMaxPem = 4u << 20;
constexpr std::size_t kMaxCertificates = 1'000;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioDeleter>;

BioPtr OpenText(std::string_view text) {
  if (text.size() > kMaxPem) return nullptr;
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks a terminal for the password of an encrypted key.
int NoPassword(char*, int, int, void*) { return 0; }

}  // namespace

Result<std::vector<X509Ptr>> ReadCertificates(std::string_view pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio = OpenText(pem);
  ERR_clear_error();
  while (bio != nullptr && certificates.size() < kMaxCertificates) {
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back(std::move(certificate));
  }
  const auto last = ERR_peek_last_error();
  ERR_clear_error();
  const bool at_end = ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return Fail(kMalformed, "expected certificates in PEM (-----BEGIN CERTIFICATE-----)");
  }
  return certificates;
}

Result<PkeyPtr> ReadKey(std::string_view pem) {
  const BioPtr bio = OpenText(pem);
  ERR_clear_error();
  PkeyPtr key(bio == nullptr ? nullptr
                             : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return Fail(kMalformed, "expected an unencrypted private key in PEM");
  return key;
}

Status CheckPair(std::string_view certificate_pem, std::string_view key_pem) {
  PLIMSOLL_ASSIGN(const auto certificates, ReadCertificates(certificate_pem));
  PLIMSOLL_ASSIGN(const auto key, ReadKey(key_pem));
  const bool fits = X509_check_private_key(certificates.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits)
    return Fail(kMalformed, "expected the private key of the client certificate, found another");
  return {};
}

}  // namespace plimsoll::kube
