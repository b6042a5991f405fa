#include "base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"

namespace plimsoll {
namespace {

// Fetched once for the life of the process: to look an algorithm up costs more than to hash a fingerprint's bytes.
const EVP_MD* MethodOf(Hasher::Algorithm algorithm) {
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const kSha384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  static const EVP_MD* const kSha512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  switch (algorithm) {
    case Hasher::Algorithm::kSha256:
      break;
    case Hasher::Algorithm::kSha384:
      return kSha384;
    case Hasher::Algorithm::kSha512:
      return kSha512;
  }
  return kSha256;
}

Bytes DigestOf(Hasher::Algorithm algorithm, ByteView bytes) {
  Hasher hasher(algorithm);
  hasher.Update(bytes);
  return hasher.Finish();
}

}  // namespace

struct Hasher::Impl {
  struct Deleter {
    void operator()(EVP_MD_CTX* owned) const { EVP_MD_CTX_free(owned); }
  };
  std::unique_ptr<EVP_MD_CTX, Deleter> context{EVP_MD_CTX_new()};
};

// A digest of libcrypto's default provider fails only when memory is gone; there is nothing to
// report it to.
Hasher::Hasher(Algorithm algorithm) : impl_(std::make_unique<Impl>()) {
  if (impl_->context == nullptr ||
      EVP_DigestInit_ex(impl_->context.get(), MethodOf(algorithm), nullptr) != 1) {
    std::abort();
  }
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Update(ByteView bytes) {
  if (EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) != 1) std::abort();
}

Bytes Hasher::Finish() {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  if (EVP_DigestFinal_ex(impl_->context.get(), digest.data(), &length) != 1) std::abort();
  digest.resize(length);
  return digest;
}

Sha256Digest Sha256(ByteView bytes) {
  Sha256Digest out{};
  const EVP_MD* const method = MethodOf(Hasher::Algorithm::kSha256);
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, method, nullptr) != 1) {
    std::abort();
  }
  return out;
}
Bytes Sha384(ByteView bytes) { return DigestOf(Hasher::Algorithm::kSha384, bytes); }
Bytes Sha512(ByteView bytes) { return DigestOf(Hasher::Algorithm::kSha512, bytes); }
std::string Sha256Hex(ByteView bytes) { return HexEncode(Sha256(bytes)); }

}  // namespace plimsoll
