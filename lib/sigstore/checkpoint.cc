#include "sigstore/checkpoint.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/printable.h"
#include "checkpoint_internal.h"
#include "crypto/public_key.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // em dash, space
constexpr std::size_t kHintBytes = 4;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::uint8_t kEd25519NoteType = 0x01;
constexpr std::uint8_t kCosignatureType = 0x04;
constexpr std::size_t kEd25519KeyBytes = 32;
constexpr std::size_t kCosignatureBytes = 8 + 64;

// C2SP signed-note: a name has no white space and no plus.
bool IsNoteName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && IsUtf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '+' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' ||
                  c == '\f';
         });
}

Result<NoteSignature> ParseSignatureLine(std::string_view line, const Limits& limits) {
  if (!line.starts_with(kSignaturePrefix)) {
    return Fail(kMalformed,
                "checkpoint: expected a signature line, found \"" + Printable(line, 64) + "\"");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const auto space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  if (space == std::string_view::npos || !IsNoteName(name)) {
    return Fail(kMalformed, "checkpoint: a signature line without a name and a signature");
  }
  auto decoded = Base64Decode(line.substr(space + 1));
  if (!decoded || decoded->size() <= kHintBytes ||
      decoded->size() > kHintBytes + limits.signature_bytes) {
    return Fail(kMalformed, "checkpoint: the signature of \"" + Printable(name, 64) +
                                "\" is not the base64 of a key hint and a signature");
  }
  NoteSignature signature;
  signature.name = std::string(name);
  for (std::size_t i = 0; i < kHintBytes; ++i) signature.hint = signature.hint << 8 | (*decoded)[i];
  signature.signature.assign(decoded->begin() + kHintBytes, decoded->end());
  return signature;
}

// Decimal without sign or leading zeros.
Result<std::uint64_t> ParseTreeSize(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || leading_zero) {
    return Fail(kMalformed, "checkpoint: expected a tree size in the second line, found \"" +
                                Printable(text, 32) + "\"");
  }
  return size;
}

std::string_view NextLine(std::string_view& text) {
  const auto newline = text.find('\n');
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  return line;
}

std::uint32_t HintOf(ByteView key_id) {
  std::uint32_t hint = 0;
  for (std::size_t i = 0; i < kHintBytes; ++i) hint = hint << 8 | key_id[i];
  return hint;
}

// The raw 32 bytes at the end of an Ed25519 SubjectPublicKeyInfo.
ByteView RawEd25519(const crypto::PublicKey& key) {
  return ByteView(key.spki_der()).last(kEd25519KeyBytes);
}

Sha256Digest NoteKeyId(std::string_view name, std::uint8_t type, ByteView key) {
  Bytes input = ToBytes(name);
  input.push_back('\n');
  input.push_back(type);
  input.insert(input.end(), key.begin(), key.end());
  return Sha256(input);
}

// Rekor v1 writes "<host> - <tree ID>" as origin; its key ID does not bind the name, the origin must.
bool IsRekorV1Origin(std::string_view origin, std::string_view name) {
  constexpr std::string_view kSeparator = " - ";
  if (!origin.starts_with(name)) return false;
  origin.remove_prefix(name.size());
  if (!origin.starts_with(kSeparator)) return false;
  origin.remove_prefix(kSeparator.size());
  return !origin.empty() &&
         std::all_of(origin.begin(), origin.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The name of a signature line must be the log's own: its host in the trust root, or the name that its
// key ID was made of.
bool IsNameOfLog(const NoteSignature& line, const LogKey& log) {
  if (line.name == log.name || line.name == log.name.substr(0, log.name.find(':'))) return true;
  if (!log.key || log.key->kind() != crypto::KeyKind::kEd25519) return false;
  const Sha256Digest id = NoteKeyId(line.name, kEd25519NoteType, RawEd25519(*log.key));
  return std::equal(id.begin(), id.end(), log.key_id.begin(), log.key_id.end());
}

bool MaySign(const NoteSignature& line, const Checkpoint& checkpoint, const LogKey& log) {
  if (line.hint != HintOf(log.checkpoint_key_id)) return false;
  if (IsRekorV1Origin(checkpoint.origin, line.name)) return true;
  return checkpoint.origin == line.name && IsNameOfLog(line, log);
}

}  // namespace

Result<Note> ParseNote(std::string_view text, const Limits& limits) {
  if (text.size() > limits.note_bytes) {
    return Fail(kLimitExceeded,
                "checkpoint: more than " + std::to_string(limits.note_bytes) + " bytes");
  }
  if (!IsUtf8(text)) return Fail(kMalformed, "checkpoint: not UTF-8");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; })) {
    return Fail(kMalformed, "checkpoint: a control character");
  }
  const auto blank = text.rfind("\n\n");
  if (blank == std::string_view::npos || !text.ends_with('\n')) {
    return Fail(kMalformed, "checkpoint: expected a text, a blank line and signatures");
  }
  Note note;
  note.text = std::string(text.substr(0, blank + 1));
  std::string_view rest = text.substr(blank + 2);
  if (rest.empty()) return Fail(kMalformed, "checkpoint: no signature");
  while (!rest.empty()) {
    if (note.signatures.size() == limits.note_signatures) {
      return Fail(kLimitExceeded, "checkpoint: more than " +
                                      std::to_string(limits.note_signatures) + " signatures");
    }
    PLIMSOLL_ASSIGN(NoteSignature signature, ParseSignatureLine(NextLine(rest), limits));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

Result<Checkpoint> ParseCheckpoint(std::string_view note_text, const Limits& limits) {
  if (note_text.size() > limits.note_bytes) {
    return Fail(kLimitExceeded,
                "checkpoint: more than " + std::to_string(limits.note_bytes) + " bytes");
  }
  if (!note_text.ends_with('\n')) {
    return Fail(kMalformed, "checkpoint: its text does not end with a line end");
  }
  Checkpoint checkpoint;
  checkpoint.origin = std::string(NextLine(note_text));
  if (checkpoint.origin.empty() || checkpoint.origin.size() > kMaxNameBytes) {
    return Fail(kMalformed, "checkpoint: expected the log's origin in the first line");
  }
  PLIMSOLL_ASSIGN(checkpoint.tree_size, ParseTreeSize(NextLine(note_text)));
  const std::string_view root = NextLine(note_text);
  const auto decoded = Base64Decode(root);
  if (!decoded || decoded->size() != checkpoint.root.size()) {
    return Fail(kMalformed, "checkpoint: expected a root hash in the third line, found \"" +
                                Printable(root, 64) + "\"");
  }
  std::copy(decoded->begin(), decoded->end(), checkpoint.root.begin());
  while (!note_text.empty()) {
    const std::string_view line = NextLine(note_text);
    if (line.empty()) return Fail(kMalformed, "checkpoint: an empty line in its text");
    checkpoint.extensions.emplace_back(line);
  }
  return checkpoint;
}

Result<VerifiedCheckpoint> VerifyCheckpointBy(std::string_view signed_note,
                                              const std::vector<const LogKey*>& logs,
                                              const Limits& limits) {
  PLIMSOLL_ASSIGN(const Note note, ParseNote(signed_note, limits));
  PLIMSOLL_ASSIGN(Checkpoint checkpoint, ParseCheckpoint(note.text, limits));
  bool known = false;
  for (const LogKey* log : logs) {
    for (const NoteSignature& line : note.signatures) {
      if (!MaySign(line, checkpoint, *log)) continue;
      known = true;
      if (!log->key) {
        return Fail(kUnsupportedAlgorithm,
                    "checkpoint of " + Printable(log->name) + ": " + log->unsupported);
      }
      if (log->key->Verify(log->algorithm, AsBytes(note.text), line.signature)) {
        return VerifiedCheckpoint{std::move(checkpoint), log->id, log->name};
      }
    }
  }
  if (known) {
    return Fail(kCheckpointInvalid,
                "the checkpoint of \"" + Printable(checkpoint.origin, 128) +
                    "\" has a signature line of the log's key that does not verify");
  }
  return Fail(kCheckpointInvalid, "the checkpoint of \"" + Printable(checkpoint.origin, 128) +
                                      "\" has no signature line of the log's name and key");
}

Result<VerifiedCheckpoint> VerifyCheckpoint(std::string_view signed_note, const TrustRoot& root,
                                            std::optional<std::string_view> log_id,
                                            const Limits& limits) {
  std::vector<const LogKey*> logs;
  PLIMSOLL_ASSIGN(const Note note, ParseNote(signed_note, limits));
  for (const LogKey& log : root.impl().logs) {
    const bool hinted = std::any_of(
        note.signatures.begin(), note.signatures.end(),
        [&](const NoteSignature& line) { return line.hint == HintOf(log.checkpoint_key_id); });
    if (log_id ? log.id == *log_id : hinted) logs.push_back(&log);
  }
  if (logs.empty()) {
    return Fail(kUnknownLog, "the checkpoint is of a log whose key is not in the trust root");
  }
  return VerifyCheckpointBy(signed_note, logs, limits);
}

Result<std::vector<Cosignature>> VerifyCosignatures(const Note& note,
                                                    const std::vector<Witness>& witnesses) {
  std::vector<Cosignature> valid;
  for (const Witness& witness : witnesses) {
    PLIMSOLL_ASSIGN(const Bytes der, Base64Decode(witness.public_key));
    PLIMSOLL_ASSIGN(const crypto::PublicKey key, crypto::PublicKey::FromDer(der));
    if (key.kind() != crypto::KeyKind::kEd25519) {
      return Fail(kInvalidArgument, "witness " + Printable(witness.name) + ": expected Ed25519");
    }
    const Sha256Digest id = NoteKeyId(witness.name, kCosignatureType, RawEd25519(key));
    for (const NoteSignature& line : note.signatures) {
      if (line.name != witness.name || line.hint != HintOf(id)) continue;
      if (line.signature.size() != kCosignatureBytes) {
        return Fail(kMalformed, "the cosignature of " + Printable(witness.name) + " has " +
                                    std::to_string(line.signature.size()) + " bytes, not 72");
      }
      std::uint64_t seconds = 0;
      for (std::size_t i = 0; i < 8; ++i) seconds = seconds << 8 | line.signature[i];
      const std::string message =
          "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + note.text;
      const ByteView signature = ByteView(line.signature).subspan(8);
      if (seconds > static_cast<std::uint64_t>(kLatestSecond) ||
          !key.Verify(crypto::SignatureAlgorithm::kEd25519, AsBytes(message), signature)) {
        return Fail(kCheckpointInvalid,
                    "the cosignature of " + Printable(witness.name) + " does not verify");
      }
      valid.push_back({witness.name, FromUnixSeconds(static_cast<std::int64_t>(seconds))});
    }
  }
  return valid;
}

}  // namespace plimsoll::sigstore
