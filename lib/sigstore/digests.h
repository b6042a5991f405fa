// Digests with the name of their hash, as payloads, statements and log entries write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/public_key.h"

namespace plimsoll::sigstore {

enum class Hash { kSha256, kSha384, kSha512 };

std::size_t SizeOf(Hash hash);
Bytes DigestOf(Hash hash, ByteView bytes);
// "sha256"; nothing for other names.
std::optional<Hash> HashOfName(std::string_view name);
// "SHA2_256": the enum of protobuf-specs; also with the prefix-free spelling.
std::optional<Hash> HashOfProtoName(std::string_view name);
std::string_view NameOf(Hash hash);
// The hash that a signature algorithm applies; nothing for Ed25519, which takes the message.
std::optional<Hash> HashOf(crypto::SignatureAlgorithm algorithm);

struct Digest {
  Hash hash = Hash::kSha256;
  Bytes value;

  std::string Text() const;  // "sha256:<hex>"
  friend bool operator==(const Digest&, const Digest&) = default;
};

// "<name>:<lower-case hex>" of the hash's own length. Errors: kMalformed, kUnsupportedAlgorithm.
Result<Digest> ParseDigest(std::string_view text);

}  // namespace plimsoll::sigstore
