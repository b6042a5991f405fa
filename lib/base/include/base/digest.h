// SHA-256, SHA-384 and SHA-512 (FIPS 180-4), by libcrypto's EVP.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace plimsoll {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest Sha256(ByteView bytes);
Bytes Sha384(ByteView bytes);
Bytes Sha512(ByteView bytes);
// Lower-case hex of the SHA-256.
std::string Sha256Hex(ByteView bytes);

// A digest fed in pieces. Not copyable; one thread at a time.
class Hasher {
 public:
  enum class Algorithm { kSha256, kSha384, kSha512 };
  explicit Hasher(Algorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void Update(ByteView bytes);
  // The digest. The hasher is spent afterwards: only destruction is allowed.
  Bytes Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll
