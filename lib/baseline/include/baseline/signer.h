// Who made a signature.
//
// A `Signer` is the tuple of a verified signature. An absent field is the empty string. The text comes from
// certificates, so it is untrusted: it is compared byte by byte and escaped wherever it is shown. Whoever
// makes a Signer has checked the bounds of `SignerLimits` (a signature with a field over its bound is
// Unverifiable); nothing here cuts.
//
// `canonical_identity` is always Canonical(identity); `MakeKeyless` and `MakeKey` see to it. The canonical
// tuple is [kind, canonicalIdentity, issuer, canonical buildConfigURI, sourceRepositoryID,
// sourceRepositoryOwnerID, spkiSHA256]: what ids, fingerprints and the order of signers are made from.
// Two signers with one canonical tuple are one signer, whatever tag each was made for. Pure values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "baseline/words.h"

namespace plimsoll::baseline {

struct SignerLimits {
  static constexpr std::size_t kIdentity = 1024;
  static constexpr std::size_t kIssuer = 512;
  static constexpr std::size_t kBuildConfig = 1024;
  static constexpr std::size_t kSourceRepository = 512;
  static constexpr std::size_t kNumericId = 64;
};

struct Signer {
  SignerKind kind = SignerKind::kKeyless;
  std::string identity;            // the certificate's SAN
  std::string canonical_identity;  // Canonical(identity)
  std::string issuer;
  std::string build_config_uri;            // Fulcio .18, as it is in the certificate
  std::string source_repository_uri;       // Fulcio .12
  std::string source_repository_id;        // Fulcio .15
  std::string source_repository_owner_id;  // Fulcio .17
  std::string spki_sha256;                 // Key only: 64 lower-case hex characters

  friend bool operator==(const Signer&, const Signer&) = default;
};

// Replaces what follows the last "@refs/tags/" by "*"; any other text is returned as it is. For identities
// and for build configs.
std::string Canonical(std::string_view text);

// Fills canonical_identity.
Signer MakeKeyless(std::string identity, std::string issuer);
Signer MakeKey(std::string spki_sha256);

// False when a field exceeds SignerLimits, a Key carries anything but a key hash, a Keyless one a key hash
// or no identity, or canonical_identity is not Canonical(identity).
bool IsWellFormed(const Signer& signer);

// The same canonical tuple.
bool SameSigner(const Signer& a, const Signer& b);
// Order of the canonical tuples, field by field, as bytes.
bool SmallerSigner(const Signer& a, const Signer& b);

// The first 16 hex characters of the SHA-256 of the canonical tuple (fingerprint.h, encoding).
std::string SignerId(const Signer& signer);

// For people, at most 48 characters of printable ASCII: "acme/storefront/release.yml@refs/tags/*" for a
// workflow on github.com, other identities without their scheme, "key:<16 hex>".
std::string ShortSigner(const Signer& signer);
// For people, at most 64: the issuer without its scheme. Empty for a key.
std::string ShortIssuer(const Signer& signer);

}  // namespace plimsoll::baseline
