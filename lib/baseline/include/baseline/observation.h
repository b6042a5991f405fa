// The complete result of looking at one image once.
//
// Made by the room `observation` (or read from a file by `plimsoll replay`), judged by `Classify`. What is
// in it has been verified; nothing in it is a verdict.
//
// * `posture` is the posture of section "Posture" of the concepts: kUnknown when no complete answer was had.
//   An Unknown observation carries a reason and nothing else that counts: nothing is learned from it.
// * `signers` are the signers that verified completely, each once for each signature that matters (several
//   entries with one canonical tuple are allowed). For postures below Attested it is empty.
// * `unlogged` are signers of keyless signatures that lack only a log proof: certificate chain and signature
//   verify at the certificate's own time. The posture is then usually Unverifiable.
// * `children` is filled for an unsigned index: one observation for each child that a Node of the cluster can
//   run (no grandchildren). When it is not empty, the image is judged by the children alone, and `posture` is
//   ignored in favour of the worst of theirs.
// * All times are cut to whole seconds by whoever judges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/signer.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

// A verified transparency-log entry that is bound to one signature.
struct LogEvidence {
  std::string origin;  // as the checkpoint names it; empty when only a SET was there
  std::string log_id;  // hex SHA-256 of the log's key, or the tile log's key id
  std::uint64_t index = 0;
  // Verified: the SET's integrated time, or for Rekor v2 the RFC 3161 time of the same signature.
  std::optional<Time> integrated_time;
  std::string entry_hash;    // hex, RFC 6962 leaf hash
  std::string payload_hash;  // hex SHA-256 of the signed payload

  friend bool operator==(const LogEvidence&, const LogEvidence&) = default;
};

struct ObservedSigner {
  Signer signer;
  // It vouches by SLSA provenance (rank Attested), not by a signature. With posture Attested every signer
  // does, and with posture SignedKeyBased every keyless one, whatever this says.
  bool provenance_only = false;
  std::optional<Storage> storage;
  std::optional<Level> level;
  std::optional<Time> verified_time;  // the signed time at which the certificate was judged
  std::optional<LogEvidence> log;     // absent: no verified log proof
  std::string
      docker_reference;    // what a simple-signing payload names, as it stands there; else empty
  std::string public_key;  // Key: SubjectPublicKeyInfo, base64
  // Of a simple-signing payload: what the payloads of other images may carry, too. Nothing is judged by it.
  std::map<std::string, std::string> annotations;
};

struct Provenance {
  std::string source_repository_uri;
  std::string builder_id;
  Signer signer;  // who attested it; one of `signers`

  friend bool operator==(const Provenance&, const Provenance&) = default;
};

struct Note {
  NoteKind kind = NoteKind::kFormatChanged;
  std::string message;  // for people; untrusted parts escaped by whoever wrote it

  friend bool operator==(const Note&, const Note&) = default;
};

// What the log lane proved or contradicted for this digest, fetched and verified in this judgement.
struct LogLane {
  enum class Answer : std::uint8_t {
    kOff,         // no log was asked: there is no divergence that rests on the lane
    kUnanswered,  // asked, and no complete answer: nothing becomes clean, nothing becomes a divergence
    kAnswered,
  };
  struct Proven {
    Signer signer;
    // For this repository: served here before, or the logged payload names it or an alias.
    bool here = false;
    LogEvidence evidence;
  };
  Answer answer = Answer::kOff;
  std::vector<Proven> proven;
  bool contradicted =
      false;  // a signed, larger checkpoint holds another leaf, or none, at the SET's index
};

struct Observation {
  std::string digest;
  Posture posture = Posture::kUnknown;
  std::string reason;  // closed list; empty when signed
  std::vector<ObservedSigner> signers;
  std::vector<Signer> unlogged;
  std::vector<Provenance> provenance;
  std::vector<Note> notes;
  std::vector<Observation> children;  // `digest` of each is the child's
  LogLane log;
  std::string trust_root;  // generation of the trust root that judged it, at most 16 characters
  bool trust_root_stale = false;  // by its own dates
  std::string index_digest;  // the index that the spec named, when its own bytes list this manifest
  // Posture Unknown: the only obstacle is a missing credential (401 or 403).
  bool credential_needed = false;
};

// The posture that is shown: the worst of the children, or its own.
Posture ShownPosture(const Observation& observation);

// Normalises what a payload's docker-reference names to a repository key: host lower case, `:443` dropped,
// Docker Hub's names are docker.io, implicit library/ added, tag and digest dropped.
std::string NormaliseRepository(std::string_view reference);

}  // namespace plimsoll::baseline
