// Signed certificate timestamps that are embedded in a certificate (RFC 6962 sections 3.2 and 3.3).
//
// The signed bytes are built here, from the leaf without its SCT list, the SHA-256 of its direct
// issuer's key, and the SCT's own time and extensions. Version 1, SHA-256 with ECDSA or RSA;
// everything else is kUnsupportedAlgorithm. A log is looked up by the SHA-256 of its key.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace plimsoll::crypto {

// A moment is inside when start <= it <= end; an end that is absent is open.
struct Window {
  std::optional<Time> start;
  std::optional<Time> end;
  bool Contains(Time time) const { return (!start || *start <= time) && (!end || time <= *end); }
};

struct CtLog {
  PublicKey key;
  Window window;
};

struct Sct {
  std::uint8_t version = 0;  // 0 is v1
  Sha256Digest log_id{};
  std::uint64_t timestamp_ms = 0;
  Bytes extensions;
  std::uint8_t hash_algorithm = 0;
  std::uint8_t signature_algorithm = 0;
  Bytes signature;

  Time time() const;  // cut to the year 9999
};

// A SignedCertificateTimestampList as TLS encodes it. kMalformed, kLimitExceeded; an empty list is
// kMalformed. An SCT of an unknown version has only its version and its bytes in `signature`.
Result<std::vector<Sct>> ParseSctList(ByteView list);
// Those in the certificate; kSctMissing when it has none.
Result<std::vector<Sct>> EmbeddedScts(const Certificate& certificate);

// One SCT against the log whose id it names. `issuer` is the leaf's direct issuer in the verified
// path. kUnknownCtLog when the log's key has another hash.
Status VerifySct(const Sct& sct, const Certificate& leaf, const Certificate& issuer,
                 const CtLog& log);

// Every embedded SCT against all logs. Several logs with one key and different windows are one log.
// At least one verifies, else the error of the first that names a known log, else kUnknownCtLog.
// An SCT that fails beside a good one is no error: thresholds are the caller's.
Result<std::vector<Sct>> VerifyEmbeddedScts(const Certificate& leaf, const Certificate& issuer,
                                            std::span<const CtLog> logs);

}  // namespace plimsoll::crypto
