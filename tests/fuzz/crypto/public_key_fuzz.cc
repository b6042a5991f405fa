// Public keys, DER and PEM, and signatures under them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "crypto/public_key.h"

using plimsoll::AsText;
using plimsoll::ByteView;
using plimsoll::crypto::PublicKey;
using plimsoll::crypto::SignatureAlgorithm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  (void)PublicKey::FromPem(AsText(bytes));
  (void)PublicKey::FromPkcs1Der(bytes);
  const auto key = PublicKey::FromDer(bytes);
  if (!key) return 0;
  const auto again = PublicKey::FromPem(key->Pem());
  if (!again || !(*again == *key) || key->spki_der() != plimsoll::ToBytes(bytes)) std::abort();
  // The key as its own signature over nothing.
  if (key->Verify(DefaultAlgorithm(*key), {}, bytes)) std::abort();
  (void)key->Verify(SignatureAlgorithm::kRsaPssSha256, bytes, bytes);
  return 0;
}
