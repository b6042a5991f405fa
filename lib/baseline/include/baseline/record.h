// What is stored about one repository: exactly the status of a SigningBaseline, field for field, as a value.
//
// The rules (life.h) read a Record and give a Record; nothing that they need is kept anywhere else, so a
// program that stops and reads its records back goes on as if it had never stopped. Times are whole seconds.
// Lists obey RecordLimits after every step. `std::optional` is a field that may be absent; an empty string
// or list is absent too, and `false` and 0 need not be written, unless a comment says otherwise.
//
// Fields marked [+] are not shown to people in tables; the rules need them after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/observation.h"
#include "baseline/signer.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

struct SignerRecord {
  std::string id;
  Signer signer;
  std::optional<SignerSource> source;  // why it is trusted; kFirstUse also marks what was learned
  std::string policy_name;
  bool in_force = false;
  std::string public_key;
  std::string pin;          // the pin under which its IDs were learned (with policy_name)
  std::string fingerprint;  // s-: the acceptance through which it is trusted
  std::optional<Time> earliest_verified_time;
  std::optional<Time> first_observed_time;
  std::optional<Time> last_observed_time;
  std::optional<Time> earliest_log_time;
  std::optional<Time> latest_log_time;
  std::uint32_t log_entries = 0;

  friend bool operator==(const SignerRecord&, const SignerRecord&) = default;
};

// images[].log
struct StoredEvidence {
  LogEvidence entry;
  std::string signer;   // id in signers[]
  bool served = false;  // this repository itself served the signature

  friend bool operator==(const StoredEvidence&, const StoredEvidence&) = default;
};

// images[].signatures [+]: what verified when the image was last judged, one for each signer.
struct StoredSignature {
  std::string signer;  // id in signers[]
  std::string tag;     // [+] what follows "@refs/tags/" in this signature's own SAN, if anything
  bool provenance_only = false;  // [+]
  bool unlogged = false;         // [+] lacks only a log proof (Observation::unlogged)
  std::optional<Time> verified_time;
  bool logged = false;           // [+] a verified log proof is bound to it
  std::optional<Time> log_time;  // its verified time
  std::string docker_reference;  // normalised; only when it is not this repository

  friend bool operator==(const StoredSignature&, const StoredSignature&) = default;
};

// images[].proven [+]: what the log lane proved in the last judgement.
struct StoredProof {
  std::string signer;  // id in signers[]
  bool here = false;

  friend bool operator==(const StoredProof&, const StoredProof&) = default;
};

struct ImageRecord {
  std::string digest;
  Posture posture =
      Posture::kUnknown;  // the last definite one; Unknown only when there never was one
  std::string reason;
  std::optional<Time> unknown_since_time;
  std::string unknown_reason;
  std::optional<Time> judged_time;
  std::string trust_root;
  std::optional<Origin> origin;
  std::optional<Time> pod_created_time;
  std::optional<Time> last_running_time;  // absent while one runs
  bool continuous = false;                // it was judged continuous once
  std::optional<Time> continuous_since_time;
  std::optional<Time> absent_time;
  std::optional<Time> confirmed_time;
  std::optional<Time> contradicted_time;
  std::string drift;  // fingerprint of the entry of drift[] that it belongs to
  bool started_by_tag = false;
  std::string index_digest;
  std::string child;
  std::string docker_reference;  // of a continuous signer, only when it is not this repository
  std::optional<std::uint32_t> provenance;  // position in provenance[]
  bool running = false;                     // `use`: Running or Remembered
  std::vector<std::string> signers;  // ids: those that verify now, then those that did before
  std::optional<Storage> storage;
  std::optional<Level> level;
  std::vector<std::string>
      notes;  // "FormatChanged", "CoSigned SignerChanged s-...": at most 64 bytes each
  std::optional<Time> first_observed_time;
  std::optional<StoredEvidence> log;
  std::vector<StoredSignature> signatures;  // [+]
  std::vector<StoredProof> proven;          // [+]
  bool provenance_changed = false;          // [+] its provenance is from elsewhere than learned

  friend bool operator==(const ImageRecord&, const ImageRecord&) = default;
};

struct RememberedRecord {
  std::string digest;
  Posture posture = Posture::kUnknown;
  Origin origin = Origin::kLater;
  std::vector<std::string> signers;  // at most 2 ids
  std::string drift;
  bool continuous = false;
  std::optional<Time> continuous_since_time;
  std::optional<Time> first_observed_time;
  std::optional<Time> last_running_time;  // absent while one runs
  std::optional<Time> absent_time;        // [+] as in images[]
  std::optional<Time> confirmed_time;     // [+]
  std::optional<Time> contradicted_time;  // [+]

  friend bool operator==(const RememberedRecord&, const RememberedRecord&) = default;
};

struct DriftDigest {
  std::string digest;
  std::string fingerprint;  // d-; empty where the kind names a signer
  std::optional<Time> since_time;

  friend bool operator==(const DriftDigest&, const DriftDigest&) = default;
};

struct DriftProof {
  LogEvidence entry;
  std::string signer;  // id in signers[]

  friend bool operator==(const DriftProof&, const DriftProof&) = default;
};

struct DriftRecord {
  std::string fingerprint;  // s- or r-
  DriftKind kind = DriftKind::kUnjudged;
  Severity severity = Severity::kWarning;
  std::optional<Time> opened_time;
  std::string expected;  // for people: written by the room `api`, kept by the rules
  std::string observed;
  std::vector<DriftDigest> digests;
  std::uint32_t digests_not_shown = 0;
  std::optional<Time> last_opened_time;
  std::uint32_t pod_events = 0;  // kept by the controller, carried by the rules
  std::optional<DriftProof> proof;
  std::optional<Time> ended_time;
  bool started_by_tag = false;
  std::uint32_t images = 0;            // distinct running digests that show it
  std::optional<SignerRecord> signer;  // the kinds that name one: the whole tuple

  friend bool operator==(const DriftRecord&, const DriftRecord&) = default;
};

struct AcceptedRecord {
  std::string fingerprint;  // s-, d- or r-
  DriftKind kind = DriftKind::kUnjudged;
  std::string policy_name;
  std::string reason;
  std::optional<Time> opened_time;
  std::optional<Time> accepted_time;
  std::string signer;  // id in signers[]
  std::vector<std::string> digests;
  std::optional<Severity> severity;
  std::string accepted_by;
  bool expiry_announced = false;
  std::optional<Time> expiration_time;

  friend bool operator==(const AcceptedRecord&, const AcceptedRecord&) = default;
};

struct HistoryRecord {
  std::string fingerprint;
  DriftKind kind = DriftKind::kUnjudged;
  Outcome outcome = Outcome::kResolved;
  std::optional<Severity> severity;
  std::string accepted_by;
  std::string reason;
  std::optional<Time> opened_time;
  std::optional<Time> closed_time;
  std::string policy_name;

  friend bool operator==(const HistoryRecord&, const HistoryRecord&) = default;
};

struct TagRecord {
  std::string tag;
  std::string digest;
  std::optional<Time> resolved_time;

  friend bool operator==(const TagRecord&, const TagRecord&) = default;
};

struct LogSummary {
  std::string origin;
  std::optional<Time> earliest_time;
  std::optional<Time> latest_time;
  std::uint32_t entries = 0;
  std::optional<Walk> walk;
  std::optional<Time> walk_time;
  std::optional<Time> lookup_time;
  std::optional<Lookup> lookup;

  friend bool operator==(const LogSummary&, const LogSummary&) = default;
};

struct ProvenanceRecord {
  std::string source_repository_uri;
  std::string builder_id;
  std::string signer;  // id in signers[]
  std::optional<Time> learned_time;

  friend bool operator==(const ProvenanceRecord&, const ProvenanceRecord&) = default;
};

// `status` and `reason` are derived by the rules (derive.h), `message` is the room `api`'s.
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::int64_t observed_generation = 0;
  std::optional<Time> last_transition_time;
  std::string reason;
  std::string message;

  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Record {
  std::string repository;  // spec.repository

  std::int64_t observed_generation = 0;
  std::optional<State> state;
  std::optional<Severity> severity;
  std::optional<Strength> strength;
  std::optional<Posture>
      posture;  // the strongest that is trusted; nothing trusted: Unverifiable, Unsigned
  std::optional<Basis> basis;
  std::string signer;
  std::string issuer;
  std::string drift_summary;
  std::string policy_name;
  std::uint32_t images_not_shown = 0;
  std::uint32_t drifts_not_shown = 0;
  std::uint32_t running_images = 0;
  std::optional<Time> first_observed_time;
  std::vector<TagRecord> tags;
  std::vector<std::string> docker_references;
  std::optional<Time> first_signature_time;
  std::optional<Time> corroborated_time;
  std::optional<Posture> rank;
  std::optional<Time> observation_failing_since;
  std::uint32_t digests_forgotten = 0;
  std::vector<RememberedRecord> remembered;
  std::optional<Time> learning_time;
  std::optional<Time> established_time;
  std::optional<Time> last_observed_time;
  std::optional<Time> last_running_time;
  std::vector<SignerRecord> signers;
  std::optional<LogSummary> log;
  std::vector<ProvenanceRecord> provenance;
  std::vector<DriftRecord> drift;
  std::vector<AcceptedRecord> accepted;
  std::vector<HistoryRecord> history;
  std::vector<ImageRecord> images;
  std::vector<Condition> conditions;

  friend bool operator==(const Record&, const Record&) = default;
};

// An upper estimate of the bytes of the object's JSON, with escaping. RecordLimits::kBytes holds after
// every step.
std::size_t EstimateBytes(const Record& record);

// What is known of a remembered digest, as an image.
ImageRecord FullRecord(const RememberedRecord& remembered);

const SignerRecord* FindSigner(const Record& record, std::string_view id);
const ImageRecord* FindImage(const Record& record, std::string_view digest);
const RememberedRecord* FindRemembered(const Record& record, std::string_view digest);
const TagRecord* FindTag(const Record& record, std::string_view tag);
const DriftRecord* FindDrift(const Record& record, std::string_view fingerprint);
const Condition* FindCondition(const Record& record, std::string_view type);

}  // namespace plimsoll::baseline
