#include "sigstore/logged_entry.h"

#include "base/encoding.h"
#include "log_entry.h"
#include "signed_entity.h"
#include "sigstore/merkle.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {

Result<LoggedEntry> VerifyLoggedEntry(std::string_view rest_entry, const TrustRoot& root,
                                      const Limits& limits) {
  PLIMSOLL_ASSIGN(const LogEntry entry, ReadRestEntry(rest_entry, limits));
  const auto logs = root.impl().LogsById(entry.log_id);
  if (logs.empty()) {
    return Fail(kUnknownLog, "the log with the ID " + entry.log_id + " is not in the trust root");
  }
  if (entry.promise.empty() || !entry.proof) {
    return Fail(kMalformed, "log entry: expected a signed entry timestamp and an inclusion proof");
  }
  PLIMSOLL_TRY(VerifyPromise(entry, logs));
  PLIMSOLL_ASSIGN(const VerifiedInclusion inclusion, VerifyInclusionOf(entry, logs, limits));
  LoggedEntry out;
  // The inclusion was verified up to this very note.
  PLIMSOLL_ASSIGN(const Note note, ParseNote(entry.proof->checkpoint, limits));
  PLIMSOLL_ASSIGN(out.checkpoint.checkpoint, ParseCheckpoint(note.text, limits));
  out.checkpoint.log_id = inclusion.log->id;
  out.checkpoint.log_name = inclusion.log->name;
  out.signed_checkpoint = entry.proof->checkpoint;
  out.log_id = entry.log_id;
  out.log_index = entry.log_index;
  out.integrated_time = FromUnixSeconds(entry.integrated_time);
  out.entry_hash = HexEncode(LeafHash(entry.body));
  out.proof_index = inclusion.index;
  return out;
}

}  // namespace plimsoll::sigstore
