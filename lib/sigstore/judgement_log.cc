// Steps 2 and 3: what the logs and the timestamp authorities prove about this signature.
#include <algorithm>

#include "base/encoding.h"
#include "base/printable.h"
#include "crypto/timestamp.h"
#include "judgement.h"
#include "sigstore/merkle.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {

Status Judgement::VerifyLogEntries() {
  for (const LogEntry& entry : entity_.entries) {
    auto bound = VerifyLogEntry(entry);
    if (bound) {
      bound_.push_back(std::move(*bound));
      continue;
    }
    if (ClassOf(bound.error().code) == ReasonClass::kInvalid) return Forward(bound.error());
    if (!log_gap_) log_gap_ = bound.error();
    Ignore("log entry: " + bound.error().message);
  }
  if (!bound_.empty()) {
    log_gap_.reset();
    Passed(Step::kLogBinding);
    out_.log = EvidenceOf(bound_.front());
    return {};
  }
  if (!log_gap_) log_gap_ = Error{kNoLogProof, "it carries no proof that it was logged", false};
  return {};
}

Result<Judgement::BoundEntry> Judgement::VerifyLogEntry(const LogEntry& entry) {
  BoundEntry bound;
  bound.entry = &entry;
  bound.keys = context_.root->LogsById(entry.log_id);
  if (bound.keys.empty()) {
    return Fail(kUnknownLog, "the log with the ID " + entry.log_id + " is not in the trust root");
  }
  if (entry.log_index < 0) return Fail(kMalformed, "log entry: a negative index");
  PLIMSOLL_TRY(VerifyLogProofs(entry, bound));
  KnownVerifiers known;
  known.certificate = entity_.certificate ? &*entity_.certificate : nullptr;
  known.keys = context_.configured_keys;
  PLIMSOLL_ASSIGN(bound.body, ParseEntryBody(entry.body, *context_.limits, known));
  PLIMSOLL_TRY(BindEntry(entry, bound));
  if (bound.promised) {
    Passed(Step::kLogPromise);
    out_.times.push_back({TimeSource::kLog, *bound.promised, bound.key->name});
  }
  if (bound.inclusion) Passed(Step::kLogInclusion);
  return bound;
}

// Every proof that is there has to hold; one is needed.
Status Judgement::VerifyLogProofs(const LogEntry& entry, BoundEntry& bound) {
  if (!entry.promise.empty()) {
    PLIMSOLL_ASSIGN(bound.key, VerifyPromise(entry, bound.keys));
    bound.promised = FromUnixSeconds(entry.integrated_time);
  }
  if (entry.proof) {
    PLIMSOLL_ASSIGN(bound.inclusion, VerifyInclusionOf(entry, bound.keys, *context_.limits));
    if (bound.key == nullptr) bound.key = bound.inclusion->log;
  }
  if (bound.key == nullptr) {
    return Fail(kNoLogProof, "the log entry carries neither a promise nor an inclusion proof");
  }
  return {};
}

Status Judgement::BindEntry(const LogEntry& entry, BoundEntry& bound) const {
  const EntryBody& body = bound.body;
  if (!entry.kind.empty() && (entry.kind != body.kind || entry.version != body.version)) {
    return Fail(kLogEntryMismatch, "the log entry is said to be " +
                                       Printable(entry.kind + "/" + entry.version, 64) +
                                       ", and is " + body.KindVersion());
  }
  if (!material_->IsAbout(body)) {
    return Fail(kLogEntryMismatch, "the log entry is about the digest " +
                                       Printable(body.digest.Text(), 160) +
                                       ", which is not what was signed");
  }
  if (body.signatures.size() != 1) {
    return Fail(kLogEntryMismatch, "the log entry has " + std::to_string(body.signatures.size()) +
                                       " signatures, expected this one alone");
  }
  const LoggedSignature& logged = body.signatures.front();
  if (logged.signature.empty()) {
    const auto& known = entity_.envelope_digests;
    if (!body.envelope_digest ||
        std::find(known.begin(), known.end(), *body.envelope_digest) == known.end()) {
      return Fail(kLogEntryMismatch, "the log entry is of another envelope");
    }
  } else if (logged.signature != entity_.signature) {
    return Fail(kLogEntryMismatch, "the log entry is of another signature");
  }
  return BindVerifier(logged);
}

Status Judgement::BindVerifier(const LoggedSignature& logged) const {
  const auto* certificate = std::get_if<crypto::Certificate>(&logged.verifier);
  if (entity_.certificate) {
    if (certificate != nullptr && *certificate == *entity_.certificate) return {};
    return Fail(kLogEntryMismatch,
                certificate != nullptr
                    ? "the log entry is of another certificate"
                    : "the log entry is of a public key, not of the certificate");
  }
  if (certificate == nullptr) return {};
  return Fail(kLogEntryMismatch,
              "the log entry is of a certificate, and the signature comes without one");
}

// Where no SET tells when the log recorded it, the proven times do.
Status Judgement::CheckLogWindows() const {
  for (const BoundEntry& bound : bound_) {
    if (bound.promised || out_.times.empty()) continue;
    const bool inside = std::any_of(bound.keys.begin(), bound.keys.end(), [&](const LogKey* key) {
      return std::any_of(out_.times.begin(), out_.times.end(), [&](const VerifiedTime& verified) {
        return key->window.Contains(verified.time);
      });
    });
    if (!inside) {
      return Fail(kOutsideTrustRootValidity,
                  "the log " + Printable(bound.key->name) + " is not to be believed at " +
                      FormatTime(out_.times.front().time) + ", says the trust root");
    }
  }
  return {};
}

LogEvidence Judgement::EvidenceOf(const BoundEntry& bound) const {
  LogEvidence evidence;
  evidence.origin = bound.inclusion ? bound.inclusion->origin : bound.key->name;
  evidence.log_id = bound.entry->log_id;
  evidence.log_index = bound.entry->log_index;
  evidence.integrated_time = bound.promised;
  evidence.entry_hash = HexEncode(LeafHash(bound.entry->body));
  evidence.payload_hash = HexEncode(bound.body.digest.value);
  evidence.kind = bound.body.KindVersion();
  evidence.promise = bound.promised.has_value();
  if (bound.inclusion) {
    evidence.inclusion = true;
    evidence.proof_index = bound.inclusion->index;
    evidence.tree_size = bound.inclusion->tree_size;
  }
  return evidence;
}

// --- Timestamps -------------------------------------------------------------------------------------

Status Judgement::VerifyTimestamps() {
  std::size_t verified = 0;
  for (const Bytes& der : entity_.timestamps) {
    auto time = VerifyTimestamp(der);
    if (time) {
      ++verified;
      out_.times.push_back(std::move(*time));
      continue;
    }
    const bool worse = time_gap_ && ClassOf(time_gap_->code) == ReasonClass::kUnverifiable &&
                       ClassOf(time.error().code) == ReasonClass::kInvalid;
    if (!time_gap_ || worse) time_gap_ = time.error();
    Ignore("timestamp: " + time.error().message);
  }
  if (verified > 0) {
    Passed(Step::kTimestamp);
    return {};
  }
  // One of an unknown authority proves nothing and harms nothing; any other failure is one.
  if (time_gap_ && !(time_gap_->code == kUnknownTimestampAuthority)) return Forward(*time_gap_);
  return {};
}

Result<VerifiedTime> Judgement::VerifyTimestamp(ByteView der) const {
  const auto response = crypto::TimestampResponse::FromDer(der);
  if (!response) {
    const Reason code = response.error().code;
    const bool ours = code == kMalformed || code == kLimitExceeded;
    return Fail(ours                                    ? code
                : code == crypto::kUnsupportedAlgorithm ? kUnsupportedAlgorithm
                                                        : kTimestampInvalid,
                "the timestamp: " + response.error().message);
  }
  Error best{kUnknownTimestampAuthority,
             "the timestamp is of an authority that is not in the trust root", false};
  for (const TimestampAuthorityPart& part : context_.root->timestamp_authorities) {
    const auto time = response->Verify(entity_.timestamped, part.authority);
    if (time) return VerifiedTime{TimeSource::kTimestampAuthority, *time, part.name};
    const Reason code = time.error().code;
    if (code == crypto::kUnknownTimestampAuthority) continue;
    Reason reason = kTimestampInvalid;
    if (code == crypto::kTimestampOutsideWindow) reason = kOutsideTrustRootValidity;
    if (code == crypto::kUnsupportedAlgorithm) reason = kUnsupportedAlgorithm;
    best = {reason,
            "the timestamp under " + Printable(part.name, 128) + ": " + time.error().message,
            false};
  }
  return Forward(std::move(best));
}

}  // namespace plimsoll::sigstore
