// The canonical bodies of log entries: what a log recorded. Read from the bytes as logged, never written
// again.
//
// hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and 0.0.2, intoto 0.0.1 and 0.0.2, rekord 0.0.1. dsse 0.0.2 was
// written by Rekor v2 from October 2025 to June 2026: images signed then stay in registries, and its body
// binds payload, signature and key as completely as dsse 0.0.1 does.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/public_key.h"
#include "digests.h"
#include "sigstore/limits.h"

namespace plimsoll::sigstore {

// Who verifies an entry's signature: a certificate or a public key.
using LogVerifier = std::variant<crypto::Certificate, crypto::PublicKey>;

struct LoggedSignature {
  Bytes signature;  // empty where the kind records none (intoto 0.0.1)
  LogVerifier verifier;
  std::optional<crypto::SignatureAlgorithm> algorithm;  // where the entry names it (Rekor v2)
};

struct EntryBody {
  std::string kind;
  std::string version;
  // What the digest is of.
  enum class Subject {
    kSignedBytes,  // hashedrekord, rekord: the bytes that were signed (for DSSE its encoding)
    kDssePayload,  // dsse, intoto: the payload of the envelope
  };
  Subject subject = Subject::kSignedBytes;
  Digest digest;
  std::optional<Digest>
      envelope_digest;  // intoto 0.0.1: binds the signature, which it does not record
  std::vector<LoggedSignature> signatures;  // at least one

  std::string KindVersion() const { return kind + "/" + version; }
};

// What the carrier of the entry brought with it. A verifier in the body of exactly the same DER is taken from
// here and not decoded again, which costs as much as a signature; the outcome is the same without.
struct KnownVerifiers {
  const crypto::Certificate* certificate = nullptr;
  const std::vector<crypto::PublicKey>* keys = nullptr;
};

// Errors: kMalformed, kLimitExceeded, kUnsupportedFormat (another kind or version),
// kUnsupportedAlgorithm.
Result<EntryBody> ParseEntryBody(ByteView body, const Limits& limits,
                                 const KnownVerifiers& known = {});

}  // namespace plimsoll::sigstore
