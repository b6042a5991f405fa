// One signature with all that it came with, whatever form it had: what the verifier judges.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "digests.h"
#include "json/json.h"
#include "log_entry.h"
#include "sigstore/limits.h"
#include "sigstore/payload.h"
#include "sigstore/verification.h"
#include "sigstore/verifier.h"

namespace plimsoll::sigstore {

struct SignedEntity {
  ContentKind content = ContentKind::kNone;

  // What was signed. kSimpleSigning: the payload. kStatement: the encoding of the envelope. kMessage: the
  // artifact itself, which only the caller has.
  Bytes signed_bytes;
  SimpleSigning simple;           // kSimpleSigning
  std::string statement_payload;  // kStatement: the payload inside the envelope
  Statement statement;            // kStatement
  std::vector<Digest>
      envelope_digests;  // kStatement: of the envelope's JSON, as its signers write it
  std::optional<Digest> message_digest;  // kMessage: what the bundle says

  Bytes signature;
  std::optional<crypto::Certificate> certificate;
  std::string key_hint;

  std::vector<LogEntry> entries;
  std::vector<Bytes> timestamps;  // TimeStampResp, DER
  Bytes timestamped;              // what they are over
};

// Errors of all three: kMalformed, kLimitExceeded, kUnsupportedFormat, kUnsupportedAlgorithm. After one,
// `entity` holds what had been read: enough to say what it claims to be, never to be judged.

// Bundle JSON. Deliberate: a root certificate in the chain, two of a kind where one is allowed, a v0.1
// proof without checkpoint, and repeated entries or timestamps are kMalformed.
Status ReadBundle(std::string_view json, const Limits& limits, SignedEntity& entity);
Status ReadClassic(const ClassicSignature& signature, const Limits& limits, SignedEntity& entity);
Status ReadAttestation(const AttestationLayer& layer, const Limits& limits, SignedEntity& entity);

// A DSSE envelope of exactly one signature, into the entity.
Status TakeEnvelope(const json::Value& value, const Limits& limits, SignedEntity& entity);

// An in-toto statement that was signed as the payload of a DSSE envelope, into the entity.
Status TakeStatement(std::string_view payload, const Limits& limits, SignedEntity& entity);

// {"<uuid>": {...}} of Rekor's REST API, with its uuid checked against the body. Errors: kMalformed,
// kLimitExceeded, kLogEntryMismatch (the uuid is another leaf's).
Result<LogEntry> ReadRestEntry(std::string_view json, const Limits& limits);

}  // namespace plimsoll::sigstore
