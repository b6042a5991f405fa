#include "baseline/record.h"

#include <algorithm>

#include "json_array.h"
#include "sizes.h"

namespace plimsoll::baseline {
namespace {

// Names, quotes, colons and commas of the members are counted generously, so that the estimate is above the
// real size.
constexpr std::size_t kTime = 20;
constexpr std::size_t kNumber = 20;

class Sizer {
 public:
  void Text(std::string_view name, std::string_view value) {
    if (!value.empty()) size_ += name.size() + 6 + JsonEscapedSize(value);
  }
  void At(std::string_view name, const std::optional<Time>& value) {
    if (value) size_ += name.size() + 6 + kTime;
  }
  void Number(std::string_view name) { size_ += name.size() + 4 + kNumber; }
  void Flag(std::string_view name, bool value) {
    if (value) size_ += name.size() + 4 + 5;
  }
  void List(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    Object(name);
    for (const std::string& value : values) size_ += 3 + JsonEscapedSize(value);
  }
  void Object(std::string_view name) { size_ += name.size() + 6; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

void Add(const Signer& signer, Sizer& size) {
  size.Text("kind", ToText(signer.kind));
  size.Text("identity", signer.identity);
  size.Text("canonicalIdentity", signer.canonical_identity);
  size.Text("issuer", signer.issuer);
  size.Text("buildConfigURI", signer.build_config_uri);
  size.Text("sourceRepositoryURI", signer.source_repository_uri);
  size.Text("sourceRepositoryID", signer.source_repository_id);
  size.Text("sourceRepositoryOwnerID", signer.source_repository_owner_id);
  size.Text("spkiSHA256", signer.spki_sha256);
}

void Add(const SignerRecord& record, Sizer& size) {
  size.Object("");
  size.Text("id", record.id);
  Add(record.signer, size);
  if (record.source) size.Text("source", ToText(*record.source));
  size.Text("policyName", record.policy_name);
  size.Flag("inForce", true);
  size.Text("publicKey", record.public_key);
  size.Text("pin", record.pin);
  size.Text("fingerprint", record.fingerprint);
  size.At("earliestVerifiedTime", record.earliest_verified_time);
  size.At("firstObservedTime", record.first_observed_time);
  size.At("lastObservedTime", record.last_observed_time);
  size.At("earliestLogTime", record.earliest_log_time);
  size.At("latestLogTime", record.latest_log_time);
  if (record.log_entries != 0) size.Number("logEntries");
}

void Add(const LogEvidence& entry, Sizer& size) {
  size.Text("origin", entry.origin);
  size.Text("id", entry.log_id);
  size.Number("index");
  size.At("integratedTime", entry.integrated_time);
  size.Text("entryHash", entry.entry_hash);
  size.Text("payloadHash", entry.payload_hash);
}

void Add(const ImageRecord& image, Sizer& size) {
  size.Object("");
  size.Text("digest", image.digest);
  size.Text("posture", ToText(image.posture));
  size.Text("reason", image.reason);
  size.At("unknownSinceTime", image.unknown_since_time);
  size.Text("unknownReason", image.unknown_reason);
  size.At("judgedTime", image.judged_time);
  size.Text("trustRoot", image.trust_root);
  if (image.origin) size.Text("origin", ToText(*image.origin));
  size.At("podCreatedTime", image.pod_created_time);
  size.At("lastRunningTime", image.last_running_time);
  size.Flag("continuous", image.continuous);
  size.At("continuousSinceTime", image.continuous_since_time);
  size.At("absentTime", image.absent_time);
  size.At("confirmedTime", image.confirmed_time);
  size.At("contradictedTime", image.contradicted_time);
  size.Text("drift", image.drift);
  size.Flag("startedByTag", image.started_by_tag);
  size.Text("indexDigest", image.index_digest);
  size.Text("child", image.child);
  size.Text("dockerReference", image.docker_reference);
  if (image.provenance) size.Number("provenance");
  size.Text("use", "Remembered");
  size.List("signers", image.signers);
  if (image.storage) size.Text("storage", ToText(*image.storage));
  if (image.level) size.Text("level", ToText(*image.level));
  size.List("notes", image.notes);
  size.At("firstObservedTime", image.first_observed_time);
  if (image.log) {
    size.Object("log");
    Add(image.log->entry, size);
    size.Text("signer", image.log->signer);
    size.Flag("served", image.log->served);
  }
  for (const StoredSignature& signature : image.signatures) {
    size.Object("signatures");
    size.Text("signer", signature.signer);
    size.Flag("provenanceOnly", signature.provenance_only);
    size.Flag("unlogged", signature.unlogged);
    size.At("verifiedTime", signature.verified_time);
    size.Flag("logged", signature.logged);
    size.At("logTime", signature.log_time);
    size.Text("dockerReference", signature.docker_reference);
  }
  for (const StoredProof& proof : image.proven) {
    size.Object("proven");
    size.Text("signer", proof.signer);
    size.Flag("here", proof.here);
  }
  size.Flag("provenanceChanged", image.provenance_changed);
}

void Add(const RememberedRecord& remembered, Sizer& size) {
  size.Object("");
  size.Text("digest", remembered.digest);
  size.Text("posture", ToText(remembered.posture));
  size.Text("origin", ToText(remembered.origin));
  size.List("signers", remembered.signers);
  size.Text("drift", remembered.drift);
  size.Flag("continuous", remembered.continuous);
  size.At("continuousSinceTime", remembered.continuous_since_time);
  size.At("firstObservedTime", remembered.first_observed_time);
  size.At("lastRunningTime", remembered.last_running_time);
  size.At("absentTime", remembered.absent_time);
  size.At("confirmedTime", remembered.confirmed_time);
  size.At("contradictedTime", remembered.contradicted_time);
}

void Add(const DriftRecord& drift, Sizer& size) {
  size.Object("");
  size.Text("fingerprint", drift.fingerprint);
  size.Text("kind", ToText(drift.kind));
  size.Text("severity", ToText(drift.severity));
  size.At("openedTime", drift.opened_time);
  // Written later, by whoever words them; room is kept for them.
  size.Text("expected", std::string_view());
  size.Object("expectedobserved");
  for (const DriftDigest& digest : drift.digests) {
    size.Object("digests");
    size.Text("digest", digest.digest);
    size.Text("fingerprint", digest.fingerprint);
    size.At("sinceTime", digest.since_time);
  }
  size.Text("expected", drift.expected);
  size.Text("observed", drift.observed);
  size.Number("digestsNotShown");
  size.At("lastOpenedTime", drift.last_opened_time);
  size.Number("podEvents");
  if (drift.proof) {
    size.Object("proof");
    Add(drift.proof->entry, size);
    size.Text("signer", drift.proof->signer);
  }
  size.At("endedTime", drift.ended_time);
  size.Flag("startedByTag", drift.started_by_tag);
  size.Number("images");
  if (drift.signer) {
    size.Object("signer");
    Add(*drift.signer, size);
  }
}

void Add(const AcceptedRecord& accepted, Sizer& size) {
  size.Object("");
  size.Text("fingerprint", accepted.fingerprint);
  size.Text("kind", ToText(accepted.kind));
  size.Text("policyName", accepted.policy_name);
  size.Text("reason", accepted.reason);
  size.At("openedTime", accepted.opened_time);
  size.At("acceptedTime", accepted.accepted_time);
  size.Text("signer", accepted.signer);
  size.List("digests", accepted.digests);
  if (accepted.severity) size.Text("severity", ToText(*accepted.severity));
  size.Text("acceptedBy", accepted.accepted_by);
  size.Flag("expiryAnnounced", accepted.expiry_announced);
  size.At("expirationTime", accepted.expiration_time);
}

void Add(const HistoryRecord& history, Sizer& size) {
  size.Object("");
  size.Text("fingerprint", history.fingerprint);
  size.Text("kind", ToText(history.kind));
  size.Text("outcome", ToText(history.outcome));
  if (history.severity) size.Text("severity", ToText(*history.severity));
  size.Text("acceptedBy", history.accepted_by);
  size.Text("reason", history.reason);
  size.At("openedTime", history.opened_time);
  size.At("closedTime", history.closed_time);
  size.Text("policyName", history.policy_name);
}

void AddRest(const Record& record, Sizer& size) {
  size.Text("repository", record.repository);
  size.Text("signer", record.signer);
  size.Text("issuer", record.issuer);
  size.Text("driftSummary", record.drift_summary);
  size.Text("policyName", record.policy_name);
  for (const TagRecord& tag : record.tags) {
    size.Object("");
    size.Text("tag", tag.tag);
    size.Text("digest", tag.digest);
    size.At("resolvedTime", tag.resolved_time);
  }
  size.List("dockerReferences", record.docker_references);
  if (record.log) {
    size.Object("log");
    size.Text("origin", record.log->origin);
    size.At("earliestTime", record.log->earliest_time);
    size.At("latestTime", record.log->latest_time);
  }
  for (const ProvenanceRecord& provenance : record.provenance) {
    size.Object("");
    size.Text("sourceRepositoryURI", provenance.source_repository_uri);
    size.Text("builderID", provenance.builder_id);
    size.Text("signer", provenance.signer);
    size.At("learnedTime", provenance.learned_time);
  }
  for (const Condition& condition : record.conditions) {
    size.Object("");
    size.Text("type", condition.type);
    size.Text("reason", condition.reason);
    size.Number("observedGeneration");
    size.At("lastTransitionTime", condition.last_transition_time);
    size.Text("message", condition.message);
    size.Object("statusFalse");
  }
}

// Metadata, the names of the lists, the scalar fields and their times.
constexpr std::size_t kFixedPart = 3072;
// What messages of conditions and texts of drifts may still grow to when they are worded.
constexpr std::size_t kConditionText = 1024;
constexpr std::size_t kDriftText = 512;

template <class T, class Predicate>
const T* FindIf(const std::vector<T>& list, Predicate predicate) {
  const auto found = std::find_if(list.begin(), list.end(), predicate);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::size_t EstimateBytes(const Record& record) {
  Sizer size;
  for (const SignerRecord& signer : record.signers) Add(signer, size);
  for (const ImageRecord& image : record.images) Add(image, size);
  for (const RememberedRecord& remembered : record.remembered) Add(remembered, size);
  for (const DriftRecord& drift : record.drift) Add(drift, size);
  for (const AcceptedRecord& accepted : record.accepted) Add(accepted, size);
  for (const HistoryRecord& history : record.history) Add(history, size);
  AddRest(record, size);
  std::size_t text = 0;
  for (const Condition& condition : record.conditions) {
    text += kConditionText - std::min(kConditionText, condition.message.size());
  }
  for (const DriftRecord& drift : record.drift) {
    text += kDriftText - std::min(kDriftText, drift.expected.size());
    text += kDriftText - std::min(kDriftText, drift.observed.size());
  }
  return kFixedPart + text + size.size();
}

namespace {

template <class T>
std::size_t SizeOfOne(const T& value) {
  Sizer size;
  Add(value, size);
  return size.size();
}

}  // namespace

std::size_t SizeOf(const SignerRecord& record) { return SizeOfOne(record); }
std::size_t SizeOf(const ImageRecord& record) { return SizeOfOne(record); }
std::size_t SizeOf(const RememberedRecord& record) { return SizeOfOne(record); }
std::size_t SizeOf(const HistoryRecord& record) { return SizeOfOne(record); }
std::size_t SizeOf(const DriftRecord& record) { return SizeOfOne(record); }

const SignerRecord* FindSigner(const Record& record, std::string_view id) {
  return FindIf(record.signers, [&](const SignerRecord& signer) { return signer.id == id; });
}

const ImageRecord* FindImage(const Record& record, std::string_view digest) {
  return FindIf(record.images, [&](const ImageRecord& image) { return image.digest == digest; });
}

const RememberedRecord* FindRemembered(const Record& record, std::string_view digest) {
  return FindIf(record.remembered,
                [&](const RememberedRecord& image) { return image.digest == digest; });
}

const TagRecord* FindTag(const Record& record, std::string_view tag) {
  return FindIf(record.tags, [&](const TagRecord& entry) { return entry.tag == tag; });
}

const DriftRecord* FindDrift(const Record& record, std::string_view fingerprint) {
  return FindIf(record.drift,
                [&](const DriftRecord& drift) { return drift.fingerprint == fingerprint; });
}

const Condition* FindCondition(const Record& record, std::string_view type) {
  return FindIf(record.conditions,
                [&](const Condition& condition) { return condition.type == type; });
}

ImageRecord FullRecord(const RememberedRecord& remembered) {
  ImageRecord image;
  image.digest = remembered.digest;
  image.posture = remembered.posture;
  image.origin = remembered.origin;
  image.signers = remembered.signers;
  image.drift = remembered.drift;
  image.continuous = remembered.continuous;
  image.continuous_since_time = remembered.continuous_since_time;
  image.first_observed_time = remembered.first_observed_time;
  image.last_running_time = remembered.last_running_time;
  image.running = !remembered.last_running_time;
  image.absent_time = remembered.absent_time;
  image.confirmed_time = remembered.confirmed_time;
  image.contradicted_time = remembered.contradicted_time;
  return image;
}

}  // namespace plimsoll::baseline
