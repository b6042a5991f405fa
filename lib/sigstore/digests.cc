#include "digests.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {

std::size_t SizeOf(Hash hash) {
  switch (hash) {
    case Hash::kSha256:
      return 32;
    case Hash::kSha384:
      return 48;
    case Hash::kSha512:
      return 64;
  }
  return 0;
}

Bytes DigestOf(Hash hash, ByteView bytes) {
  switch (hash) {
    case Hash::kSha256:
      return ToBytes(ByteView(Sha256(bytes)));
    case Hash::kSha384:
      return Sha384(bytes);
    case Hash::kSha512:
      return Sha512(bytes);
  }
  return {};
}

std::optional<Hash> HashOfName(std::string_view name) {
  if (name == "sha256") return Hash::kSha256;
  if (name == "sha384") return Hash::kSha384;
  if (name == "sha512") return Hash::kSha512;
  return std::nullopt;
}

std::optional<Hash> HashOfProtoName(std::string_view name) {
  if (name == "SHA2_256") return Hash::kSha256;
  if (name == "SHA2_384") return Hash::kSha384;
  if (name == "SHA2_512") return Hash::kSha512;
  return std::nullopt;
}

std::string_view NameOf(Hash hash) {
  switch (hash) {
    case Hash::kSha256:
      return "sha256";
    case Hash::kSha384:
      return "sha384";
    case Hash::kSha512:
      return "sha512";
  }
  return "";
}

std::optional<Hash> HashOf(crypto::SignatureAlgorithm algorithm) {
  using crypto::SignatureAlgorithm;
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha256:
    case SignatureAlgorithm::kRsaPkcs1Sha256:
    case SignatureAlgorithm::kRsaPssSha256:
      return Hash::kSha256;
    case SignatureAlgorithm::kEcdsaSha384:
    case SignatureAlgorithm::kRsaPkcs1Sha384:
    case SignatureAlgorithm::kRsaPssSha384:
      return Hash::kSha384;
    case SignatureAlgorithm::kEcdsaSha512:
    case SignatureAlgorithm::kRsaPkcs1Sha512:
    case SignatureAlgorithm::kRsaPssSha512:
      return Hash::kSha512;
    case SignatureAlgorithm::kEd25519:
    case SignatureAlgorithm::kEd25519ph:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string Digest::Text() const { return std::string(NameOf(hash)) + ":" + HexEncode(value); }

Result<Digest> ParseDigest(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Fail(kMalformed,
                "expected a digest such as sha256:<hex>, found \"" + Printable(text, 160) + "\"");
  }
  const auto hash = HashOfName(text.substr(0, colon));
  if (!hash) {
    return Fail(kUnsupportedAlgorithm, "expected a sha256, sha384 or sha512 digest, found \"" +
                                           Printable(text, 160) + "\"");
  }
  const std::string_view hex = text.substr(colon + 1);
  if (!IsLowerHex(hex, 2 * SizeOf(*hash))) {
    return Fail(kMalformed, "expected " + std::to_string(2 * SizeOf(*hash)) +
                                " lower-case hexadecimal digits, found \"" + Printable(text, 160) +
                                "\"");
  }
  PLIMSOLL_ASSIGN(Bytes value, HexDecode(hex));
  return Digest{*hash, std::move(value)};
}

}  // namespace plimsoll::sigstore
