// DSSE envelopes (secure-systems-lab/dsse, protocol 1.0) and the in-toto statements in them.
//
// Form only: which signature verifies is decided elsewhere. Both base64 alphabets are accepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "json/json.h"
#include "sigstore/limits.h"
#include "sigstore/verification.h"

namespace plimsoll::sigstore {

struct DsseSignature {
  Bytes signature;
  std::string key_id;  // a hint, compared with nothing
};

struct DsseEnvelope {
  std::string payload_type;
  std::string payload;
  std::vector<DsseSignature> signatures;
};

// Errors: kMalformed, kLimitExceeded.
Result<DsseEnvelope> ReadDsseEnvelope(const json::Value& value, const Limits& limits);

// in-toto Statement v0.1 and v1. A predicate of SLSA provenance v0.2 or v1 that names a builder gives
// `provenance`; other predicates are not looked into. Errors: kMalformed, kLimitExceeded,
// kUnsupportedFormat (another _type).
Result<Statement> ParseStatement(std::string_view payload, const Limits& limits);

}  // namespace plimsoll::sigstore
