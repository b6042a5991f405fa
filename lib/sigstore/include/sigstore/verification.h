// The answer of a verification: who signed, when, what the log proves; or one exact reason.
//
// Text fields hold what certificates and payloads say, byte by byte, for comparison: they are
// written by strangers and must pass base/printable.h before they are shown. Only `message` is safe
// as it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sigstore/payload.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {

enum class Outcome { kVerified, kUnverifiable, kInvalid };
std::string_view Name(Outcome outcome);

// What was passed, in the order of the specification.
enum class Step {
  kParsed,            // well-formed, within every limit
  kLogPromise,        // signed entry timestamp under a known log key
  kLogInclusion,      // inclusion proof and checkpoint under a known log key
  kLogBinding,        // the entry is of this signature, key or certificate, and digest
  kTimestamp,         // RFC 3161 timestamp over this signature, by a known authority
  kCertificateChain,  // to a known authority, at every verified time
  kSct,               // a signed certificate timestamp under a known CT log key
  kSignature,         // over the payload, by the certificate's key or a public key
  kArtifact,          // the payload is about the expected digest
  kIdentity,          // verify-bundle: the identity that was asked for
};
std::string_view Name(Step step);

enum class SignerKind { kKeyless, kKey };
std::string_view Name(SignerKind kind);

enum class SanKind { kUri, kEmail, kOtherName };
std::string_view Name(SanKind kind);

// Who signed. `spki_sha256` and `public_key` only for kKey, all else only for kKeyless; absent is
// empty.
struct Signer {
  SignerKind kind = SignerKind::kKeyless;
  std::string identity;  // the certificate's one SAN
  SanKind san_kind = SanKind::kUri;
  std::string issuer;                      // .8, else .1
  std::string build_config_uri;            // .18
  std::string source_repository_uri;       // .12
  std::string source_repository_id;        // .15
  std::string source_repository_owner_id;  // .17
  std::string spki_sha256;                 // lower-case hex
  std::string public_key;                  // SubjectPublicKeyInfo, base64

  friend bool operator==(const Signer&, const Signer&) = default;
};

// The Fulcio extensions that are not part of the signer (fulcio docs/oid-info.md).
struct FulcioExtensions {
  std::string github_workflow_trigger;       // .2
  std::string github_workflow_sha;           // .3
  std::string github_workflow_name;          // .4
  std::string github_workflow_repository;    // .5
  std::string github_workflow_ref;           // .6
  std::string build_signer_uri;              // .9
  std::string build_signer_digest;           // .10
  std::string runner_environment;            // .11
  std::string source_repository_digest;      // .13
  std::string source_repository_ref;         // .14
  std::string source_repository_owner_uri;   // .16
  std::string build_config_digest;           // .19
  std::string build_trigger;                 // .20
  std::string run_invocation_uri;            // .21
  std::string source_repository_visibility;  // .22
  std::string deployment_environment;        // .23
  std::string token_subject;                 // .24
};

enum class TimeSource { kLog, kTimestampAuthority };
std::string_view Name(TimeSource source);

struct VerifiedTime {
  TimeSource source = TimeSource::kLog;
  Time time;
  std::string authority;  // the log's or the timestamp authority's name in the trust root
};

// A verified log entry that is bound to this signature.
struct LogEvidence {
  std::string origin;  // of the verified checkpoint; without one, the log's name in the trust root
  std::string log_id;  // lower-case hex of the trust root's key ID
  std::int64_t log_index = 0;           // the log's global index
  std::optional<Time> integrated_time;  // only under a verified SET
  std::string entry_hash;               // lower-case hex of the RFC 6962 leaf hash
  std::string payload_hash;             // lower-case hex of the digest that the entry is about
  std::string kind;                     // "hashedrekord/0.0.1"
  bool promise = false;                 // a SET was verified
  bool inclusion = false;               // an inclusion proof was verified
  std::int64_t proof_index = -1;        // index within the shard of the verified checkpoint
  std::uint64_t tree_size = 0;          // of that checkpoint
};

struct Provenance {
  std::string source_repository_uri;  // may be empty: SLSA asks only for the builder
  std::string builder_id;
};

// An in-toto statement in a verified DSSE envelope.
struct Statement {
  std::string predicate_type;
  std::vector<std::string> subjects;  // "sha256:<hex>", every digest of every subject
  std::optional<Provenance>
      provenance;  // SLSA provenance v0.2 or v1 whose predicate names a builder
};

enum class ContentKind {
  kNone,           // not parsed so far
  kSimpleSigning,  // cosign's classic payload
  kMessage,        // a signature over the artifact's own bytes
  kStatement,      // an in-toto statement
};

struct Verification {
  Outcome outcome = Outcome::kUnverifiable;
  Reason reason;        // empty when verified
  std::string message;  // for an operator: expected, seen; escaped. Empty when verified
  std::vector<Step> steps;

  ContentKind content = ContentKind::kNone;
  // Set when verified, and when `verifies_unlogged`.
  std::optional<Signer> signer;
  FulcioExtensions extensions;
  std::vector<VerifiedTime> times;
  std::optional<LogEvidence> log;  // the first entry that was verified and bound
  std::string docker_reference;    // simple signing: critical.identity.docker-reference
  std::map<std::string, std::string>
      annotations;  // simple signing: `optional`, where all are texts
  std::optional<Statement> statement;

  // The predicateType that the in-toto statement claims, whether anything of it verified or not; empty
  // when it could not be read. Tells a signature from a scan, and proves nothing.
  std::string claimed_predicate;

  // Only with kNoLogProof: all else holds. Keyless: chain (at the certificate's own time), SCT,
  // signature and digest; a key: one of `Expected::known_keys` made it. The signer is `signer`.
  bool verifies_unlogged = false;
  // What was present and did not count, beside what verified (an entry of an unknown log, ...).
  // Escaped.
  std::vector<std::string> ignored;

  bool verified() const { return outcome == Outcome::kVerified; }
};

bool IsSlsaProvenance(std::string_view predicate_type);  // v0.2 and v1 only

}  // namespace plimsoll::sigstore
