// Checkpoints of transparency logs: C2SP signed-note and tlog-checkpoint, and Rekor v1's variant of
// it.
//
// A note's text is everything up to and including the newline before the last blank line; each line
// after that is "— <name> <base64(key hint || signature)>". Unknown signatures (witnesses, rotated
// keys) are ignored: one valid line of the log's own key is needed, in any place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "sigstore/limits.h"
#include "sigstore/trust_root.h"

namespace plimsoll::sigstore {

struct NoteSignature {
  std::string name;
  std::uint32_t hint = 0;  // the first four bytes, big-endian
  Bytes signature;         // what follows them
};

struct Note {
  std::string text;  // what is signed, with its last newline
  std::vector<NoteSignature> signatures;
};

// Errors: kMalformed, kLimitExceeded. A note without any signature line is kMalformed.
Result<Note> ParseNote(std::string_view text, const Limits& limits = {});

struct Checkpoint {
  std::string origin;
  std::uint64_t tree_size = 0;
  Sha256Digest root{};
  std::vector<std::string> extensions;  // further lines, as they stand
};

// The text of a note as a checkpoint. Errors: kMalformed, kLimitExceeded.
Result<Checkpoint> ParseCheckpoint(std::string_view note_text, const Limits& limits = {});

struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  std::string log_id;    // lower-case hex: the key in the trust root that signed it
  std::string log_name;  // its name there
};

// A signed checkpoint under a log key of the trust root. `log_id` (lower-case hex), when given, is
// the only key that counts. The signature line's name must be the log's own; so must the origin
// (for Rekor v1 followed by " - <tree ID>"). Errors: kMalformed, kLimitExceeded, kUnknownLog,
// kCheckpointInvalid, kUnsupportedAlgorithm.
Result<VerifiedCheckpoint> VerifyCheckpoint(std::string_view signed_note, const TrustRoot& root,
                                            std::optional<std::string_view> log_id = std::nullopt,
                                            const Limits& limits = {});

// A witness whose cosignatures (C2SP tlog-cosignature, Ed25519) are to count.
struct Witness {
  std::string name;
  std::string public_key;  // SubjectPublicKeyInfo DER of an Ed25519 key, base64
};

struct Cosignature {
  std::string witness;
  Time time;
};

// The valid cosignatures of known witnesses; unknown ones are ignored, a known one that does not
// verify is kCheckpointInvalid.
Result<std::vector<Cosignature>> VerifyCosignatures(const Note& note,
                                                    const std::vector<Witness>& witnesses);

}  // namespace plimsoll::sigstore
