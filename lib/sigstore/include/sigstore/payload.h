// What cosign signs, byte by byte: to rebuild what a log entry may be about from repository and
// digest alone. All strings are compared and hashed as they are; nothing is normalised here but
// where it says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "sigstore/limits.h"

namespace plimsoll::sigstore {

// cosign's classic payload (specs/SIGNATURE_SPEC.md).
struct SimpleSigning {
  std::string docker_reference;
  std::string manifest_digest;  // "sha256:<hex>"
  std::string type;
  // `optional` when it is an object of strings only; other shapes leave it empty.
  std::map<std::string, std::string> optional;
};

// Errors: kMalformed, kLimitExceeded, kUnsupportedFormat (a type that is not cosign's).
Result<SimpleSigning> ParseSimpleSigning(std::string_view payload, const Limits& limits = {});

// The bytes that cosign writes: no white space, fixed order, `optional` null or its keys sorted,
// Go's escapes.
std::string SimpleSigningPayload(std::string_view docker_reference,
                                 std::string_view manifest_digest,
                                 const std::map<std::string, std::string>& optional = {});

// The repository name as cosign writes it for a repository key: docker.io becomes index.docker.io.
std::string CosignReference(std::string_view repository_key);

// The six statements that cosign's bundle signatures of this digest may have (three shapes, tight
// and spaced). The statement names no repository.
std::vector<std::string> BundleStatementCandidates(std::string_view manifest_digest);

// predicateType of cosign's own signatures in bundles.
inline constexpr std::string_view kCosignSignPredicate = "https://sigstore.dev/cosign/sign/v1";
inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

// DSSE's pre-authentication encoding.
Bytes PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload);

}  // namespace plimsoll::sigstore
