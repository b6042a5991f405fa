#include "webhook/shell/certificate_files.h"

#include "base/file.h"

namespace plimsoll::webhook {
namespace {
constexpr std::size_t kMaxPemBytes = 256u << 10;
}  // namespace

Result<CertificatePair> ReadCertificateFiles(const std::string& chain_file,
                                             const std::string& key_file) {
  const auto chain = ReadFile(chain_file, kMaxPemBytes);
  if (!chain) return Fail(chain.error().code, "--tls-cert-file: " + chain.error().message);
  const auto key = ReadFile(key_file, kMaxPemBytes);
  if (!key) return Fail(key.error().code, "--tls-private-key-file: " + key.error().message);
  return CertificatePair{*chain, *key};
}

}  // namespace plimsoll::webhook
