// Fingerprints, by which a person accepts a drift.
//
// Encoding: SHA-256 over the compact JSON array of strings (UTF-8; `"`, `\` and control characters escaped
// as RFC 8785 does, all else as it is; absent = ""):
//   s-  ["s", kind, repository, signer's kind, canonicalIdentity, issuer, canonical buildConfigURI,
//        sourceRepositoryID, sourceRepositoryOwnerID, spkiSHA256]
//   d-  ["d", kind, repository, digest]
//   r-  ["r", kind, repository]
// A fingerprint is the form, "-" and the first 32 hex characters. A signer's id is the first 16 hex
// characters over the array from the signer's kind on. Stable across tags, replicas, restarts and releases.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "baseline/signer.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

std::string SignerFingerprint(DriftKind kind, std::string_view repository, const Signer& signer);
std::string DigestFingerprint(DriftKind kind, std::string_view repository, std::string_view digest);
std::string RepositoryFingerprint(DriftKind kind, std::string_view repository);

// 's', 'd' or 'r' when text is a well-formed fingerprint, else nothing.
std::optional<char> FingerprintForm(std::string_view text);

}  // namespace plimsoll::baseline
