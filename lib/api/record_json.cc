#include "api/record_json.h"

#include <algorithm>
#include <utility>

#include "api/meta.h"
#include "base/encoding.h"
#include "baseline/fingerprint.h"
#include "baseline/settings.h"

namespace plimsoll::api {
namespace {

using namespace plimsoll::baseline;

constexpr std::size_t kDigest = 135;
constexpr std::size_t kRepository = 511;
constexpr std::size_t kName = 253;
constexpr std::size_t kWord = 64;
constexpr std::size_t kSentence = 512;
constexpr std::size_t kId = 16;
constexpr std::size_t kFingerprint = 34;
constexpr std::size_t kPublicKey = 1'500;
constexpr std::size_t kOrigin = 256;
// Bounds of the schema count characters; a character has at most four bytes.
constexpr std::size_t kBytesOfCharacter = 4;

// Reads the members of one object into the fields it is given.
class In {
 public:
  explicit In(json::Value object) : object_(object) {}

  void Text(std::string_view name, std::string& text, std::size_t max) {
    text = TextOr(object_[name], kBytesOfCharacter * max);
  }
  void When(std::string_view name, std::optional<Time>& time) { time = TimeOr(object_[name]); }
  void Count(std::string_view name, std::uint32_t& count) {
    count = static_cast<std::uint32_t>(IntOr(object_[name], 0, 0, INT32_MAX));
  }
  void Big(std::string_view name, std::uint64_t& number) {
    number = static_cast<std::uint64_t>(IntOr(object_[name], 0, 0, INT64_MAX));
  }
  void Generation(std::string_view name, std::int64_t& number) {
    number = IntOr(object_[name], 0, 0, INT64_MAX);
  }
  void Position(std::string_view name, std::optional<std::uint32_t>& position) {
    const std::int64_t number = IntOr(object_[name], -1, 0, INT32_MAX);
    if (number >= 0) position = static_cast<std::uint32_t>(number);
  }
  void Flag(std::string_view name, bool& flag) { flag = FlagOr(object_[name], false); }
  // A flag that is always written, because its being false says something.
  void Statement(std::string_view name, bool& flag) { Flag(name, flag); }
  template <class E>
  void Word(std::string_view name, std::optional<E>& word) {
    word = FromText<E>(object_[name].StringOrEmpty());
  }
  template <class E>
  void Word(std::string_view name, E& word) {
    if (const auto read = FromText<E>(object_[name].StringOrEmpty())) word = *read;
  }
  void Texts(std::string_view name, std::vector<std::string>& list, std::size_t max_items,
             std::size_t max) {
    for (json::Value item = First(name); !item.missing() && list.size() < max_items;
         item = item.next()) {
      std::string text = TextOr(item, kBytesOfCharacter * max);
      if (!text.empty()) list.push_back(std::move(text));
    }
  }
  // `fit` says whether an item that was read can be used.
  template <class T, class Visit, class Fit>
  void List(std::string_view name, std::vector<T>& list, std::size_t max_items, Visit visit,
            Fit fit) {
    for (json::Value item = First(name); !item.missing() && list.size() < max_items;
         item = item.next()) {
      if (!item.IsObject()) continue;
      T read;
      In in(item);
      visit(in, read);
      if (fit(read)) list.push_back(std::move(read));
    }
  }
  template <class T, class Visit, class Fit>
  void Part(std::string_view name, std::optional<T>& part, Visit visit, Fit fit) {
    const json::Value value = object_[name];
    if (!value.IsObject()) return;
    T read;
    In in(value);
    visit(in, read);
    if (fit(read)) part = std::move(read);
  }

 private:
  json::Value First(std::string_view name) const {
    const json::Value list = object_[name];
    return list.IsArray() ? list.first() : json::Value();
  }
  json::Value object_;
};

// Writes the same members.
class Out {
 public:
  explicit Out(json::Writer& writer) : writer_(writer) {}

  void Text(std::string_view name, const std::string& text, std::size_t) {
    writer_.MemberIfSet(name, text);
  }
  void When(std::string_view name, const std::optional<Time>& time) {
    TimeMember(writer_, name, time);
  }
  void Count(std::string_view name, std::uint32_t count) {
    if (count != 0) writer_.Member(name, count);
  }
  void Big(std::string_view name, std::uint64_t number) { writer_.Member(name, number); }
  void Generation(std::string_view name, std::int64_t number) {
    if (number != 0) writer_.Member(name, number);
  }
  void Position(std::string_view name, const std::optional<std::uint32_t>& position) {
    if (position) writer_.Member(name, *position);
  }
  void Flag(std::string_view name, bool flag) {
    if (flag) writer_.Member(name, true);
  }
  void Statement(std::string_view name, bool flag) { writer_.Member(name, flag); }
  template <class E>
  void Word(std::string_view name, const std::optional<E>& word) {
    if (word) writer_.Member(name, ToText(*word));
  }
  template <class E>
  void Word(std::string_view name, const E& word) {
    writer_.Member(name, ToText(word));
  }
  void Texts(std::string_view name, const std::vector<std::string>& list, std::size_t,
             std::size_t) {
    if (list.empty()) return;
    writer_.Key(name);
    writer_.BeginArray();
    for (const std::string& text : list) writer_.String(text);
    writer_.EndArray();
  }
  template <class T, class Visit, class Fit>
  void List(std::string_view name, const std::vector<T>& list, std::size_t, Visit visit, Fit) {
    if (list.empty()) return;
    writer_.Key(name);
    writer_.BeginArray();
    for (const T& item : list) Object(item, visit);
    writer_.EndArray();
  }
  template <class T, class Visit, class Fit>
  void Part(std::string_view name, const std::optional<T>& part, Visit visit, Fit) {
    if (!part) return;
    writer_.Key(name);
    Object(*part, visit);
  }

 private:
  template <class T, class Visit>
  void Object(const T& item, Visit visit) {
    writer_.BeginObject();
    visit(*this, item);
    writer_.EndObject();
  }
  json::Writer& writer_;
};

// The parts, each described once. `R` is the record's type, const when it is written.

constexpr auto kAny = [](const auto&) { return true; };
constexpr auto kHasDigest = [](const auto& item) { return !item.digest.empty(); };
constexpr auto kHasFingerprint = [](const auto& item) {
  return FingerprintForm(item.fingerprint).has_value();
};

constexpr auto kVisitSigner = [](auto& io, auto& r) {
  io.Text("id", r.id, kId);
  io.Word("kind", r.signer.kind);
  io.Text("identity", r.signer.identity, SignerLimits::kIdentity);
  io.Text("canonicalIdentity", r.signer.canonical_identity, SignerLimits::kIdentity);
  io.Text("issuer", r.signer.issuer, SignerLimits::kIssuer);
  io.Text("sourceRepositoryURI", r.signer.source_repository_uri, SignerLimits::kSourceRepository);
  io.Text("sourceRepositoryID", r.signer.source_repository_id, SignerLimits::kNumericId);
  io.Text("sourceRepositoryOwnerID", r.signer.source_repository_owner_id, SignerLimits::kNumericId);
  io.Text("buildConfigURI", r.signer.build_config_uri, SignerLimits::kBuildConfig);
  io.Text("spkiSHA256", r.signer.spki_sha256, 64);
  io.Word("source", r.source);
  io.Text("policyName", r.policy_name, kName);
  io.Statement("inForce", r.in_force);
  io.Text("publicKey", r.public_key, kPublicKey);
  io.Text("pin", r.pin, 63);
  io.Text("fingerprint", r.fingerprint, kFingerprint);
  io.When("earliestVerifiedTime", r.earliest_verified_time);
  io.When("firstObservedTime", r.first_observed_time);
  io.When("lastObservedTime", r.last_observed_time);
  io.When("earliestLogTime", r.earliest_log_time);
  io.When("latestLogTime", r.latest_log_time);
  io.Count("logEntries", r.log_entries);
};
constexpr auto kSignerFits = [](const SignerRecord& r) {
  return IsWellFormed(r.signer) && r.id == SignerId(r.signer);
};

constexpr auto kVisitEvidence = [](auto& io, auto& r) {
  io.Text("origin", r.entry.origin, kOrigin);
  io.Text("id", r.entry.log_id, 64);
  io.Big("index", r.entry.index);
  io.When("integratedTime", r.entry.integrated_time);
  io.Text("entryHash", r.entry.entry_hash, 64);
  io.Text("payloadHash", r.entry.payload_hash, 64);
  io.Text("signer", r.signer, kId);
  io.Flag("served", r.served);
};

constexpr auto kVisitSignature = [](auto& io, auto& r) {
  io.Text("signer", r.signer, kId);
  io.Text("tag", r.tag, SignerLimits::kIdentity);
  io.Flag("provenanceOnly", r.provenance_only);
  io.Flag("unlogged", r.unlogged);
  io.When("verifiedTime", r.verified_time);
  io.Flag("logged", r.logged);
  io.When("logTime", r.log_time);
  io.Text("dockerReference", r.docker_reference, kRepository);
};

constexpr auto kVisitStoredProof = [](auto& io, auto& r) {
  io.Text("signer", r.signer, kId);
  io.Flag("here", r.here);
};

constexpr auto kHasSigner = [](const auto& item) { return IsLowerHex(item.signer, kId); };

constexpr auto kVisitImage = [](auto& io, auto& r) {
  io.Text("digest", r.digest, kDigest);
  io.Word("posture", r.posture);
  io.Text("reason", r.reason, kWord);
  io.When("unknownSinceTime", r.unknown_since_time);
  io.Text("unknownReason", r.unknown_reason, kWord);
  io.When("judgedTime", r.judged_time);
  io.Text("trustRoot", r.trust_root, 16);
  io.Word("origin", r.origin);
  io.When("podCreatedTime", r.pod_created_time);
  io.When("lastRunningTime", r.last_running_time);
  io.Flag("continuous", r.continuous);
  io.When("continuousSinceTime", r.continuous_since_time);
  io.When("absentTime", r.absent_time);
  io.When("confirmedTime", r.confirmed_time);
  io.When("contradictedTime", r.contradicted_time);
  io.Text("drift", r.drift, kFingerprint);
  io.Flag("startedByTag", r.started_by_tag);
  io.Text("indexDigest", r.index_digest, kDigest);
  io.Text("child", r.child, kDigest);
  io.Text("dockerReference", r.docker_reference, kRepository);
  io.Position("provenance", r.provenance);
  io.Texts("signers", r.signers, RecordLimits::kImageSigners, kId);
  io.Word("storage", r.storage);
  io.Word("level", r.level);
  io.Texts("notes", r.notes, RecordLimits::kNotes, kWord);
  io.When("firstObservedTime", r.first_observed_time);
  io.Part("log", r.log, kVisitEvidence, kAny);
  io.List("signatures", r.signatures, RecordLimits::kSigners, kVisitSignature, kHasSigner);
  io.List("proven", r.proven, RecordLimits::kProven, kVisitStoredProof, kHasSigner);
  io.Flag("provenanceChanged", r.provenance_changed);
};

constexpr auto kVisitRemembered = [](auto& io, auto& r) {
  io.Text("digest", r.digest, kDigest);
  io.Word("posture", r.posture);
  io.Word("origin", r.origin);
  io.Texts("signers", r.signers, RecordLimits::kRememberedSigners, kId);
  io.Text("drift", r.drift, kFingerprint);
  io.Flag("continuous", r.continuous);
  io.When("continuousSinceTime", r.continuous_since_time);
  io.When("firstObservedTime", r.first_observed_time);
  io.When("lastRunningTime", r.last_running_time);
  io.When("absentTime", r.absent_time);
  io.When("confirmedTime", r.confirmed_time);
  io.When("contradictedTime", r.contradicted_time);
};

constexpr auto kVisitDriftDigest = [](auto& io, auto& r) {
  io.Text("digest", r.digest, kDigest);
  io.Text("fingerprint", r.fingerprint, kFingerprint);
  io.When("sinceTime", r.since_time);
};

constexpr auto kVisitDriftProof = [](auto& io, auto& r) {
  io.Text("origin", r.entry.origin, kOrigin);
  io.Text("id", r.entry.log_id, 64);
  io.Big("index", r.entry.index);
  io.When("time", r.entry.integrated_time);
  io.Text("entryHash", r.entry.entry_hash, 64);
  io.Text("payloadHash", r.entry.payload_hash, 64);
  io.Text("signer", r.signer, kId);
};

constexpr auto kVisitDrift = [](auto& io, auto& r) {
  io.Text("fingerprint", r.fingerprint, kFingerprint);
  io.Word("kind", r.kind);
  io.Word("severity", r.severity);
  io.When("openedTime", r.opened_time);
  io.When("lastOpenedTime", r.last_opened_time);
  io.When("endedTime", r.ended_time);
  io.Text("expected", r.expected, kSentence);
  io.Text("observed", r.observed, kSentence);
  io.Count("images", r.images);
  io.Flag("startedByTag", r.started_by_tag);
  io.List("digests", r.digests, RecordLimits::kDriftDigests, kVisitDriftDigest, kHasDigest);
  io.Count("digestsNotShown", r.digests_not_shown);
  io.Count("podEvents", r.pod_events);
  io.Part("proof", r.proof, kVisitDriftProof, kAny);
  io.Part("signer", r.signer, kVisitSigner, kSignerFits);
};

constexpr auto kVisitAccepted = [](auto& io, auto& r) {
  io.Text("fingerprint", r.fingerprint, kFingerprint);
  io.Word("kind", r.kind);
  io.Text("policyName", r.policy_name, kName);
  io.Text("reason", r.reason, kSentence);
  io.When("openedTime", r.opened_time);
  io.When("acceptedTime", r.accepted_time);
  io.Text("signer", r.signer, kId);
  io.Texts("digests", r.digests, RecordLimits::kDriftDigests, kDigest);
  io.Word("severity", r.severity);
  io.Text("acceptedBy", r.accepted_by, kName);
  io.Flag("expiryAnnounced", r.expiry_announced);
  io.When("expirationTime", r.expiration_time);
};

constexpr auto kVisitHistory = [](auto& io, auto& r) {
  io.Text("fingerprint", r.fingerprint, kFingerprint);
  io.Word("kind", r.kind);
  io.Word("outcome", r.outcome);
  io.Word("severity", r.severity);
  io.Text("acceptedBy", r.accepted_by, kName);
  io.Text("reason", r.reason, kSentence);
  io.When("openedTime", r.opened_time);
  io.When("closedTime", r.closed_time);
  io.Text("policyName", r.policy_name, kName);
};

constexpr auto kVisitTag = [](auto& io, auto& r) {
  io.Text("tag", r.tag, 128);
  io.Text("digest", r.digest, kDigest);
  io.When("resolvedTime", r.resolved_time);
};

constexpr auto kVisitLog = [](auto& io, auto& r) {
  io.Text("origin", r.origin, kOrigin);
  io.When("earliestTime", r.earliest_time);
  io.When("latestTime", r.latest_time);
  io.Count("entries", r.entries);
  io.Word("walk", r.walk);
  io.When("walkTime", r.walk_time);
  io.When("lookupTime", r.lookup_time);
  io.Word("lookup", r.lookup);
};

constexpr auto kVisitProvenance = [](auto& io, auto& r) {
  io.Text("sourceRepositoryURI", r.source_repository_uri, 512);
  io.Text("builderID", r.builder_id, 512);
  io.Text("signer", r.signer, kId);
  io.When("learnedTime", r.learned_time);
};

constexpr auto kVisitStatus = [](auto& io, auto& r) {
  io.Generation("observedGeneration", r.observed_generation);
  io.Word("state", r.state);
  io.Word("severity", r.severity);
  io.Word("strength", r.strength);
  io.Word("posture", r.posture);
  io.Word("basis", r.basis);
  io.Text("signer", r.signer, 48);
  io.Text("issuer", r.issuer, 64);
  io.Text("driftSummary", r.drift_summary, 64);
  io.Text("policyName", r.policy_name, kName);
  io.Count("imagesNotShown", r.images_not_shown);
  io.Count("driftsNotShown", r.drifts_not_shown);
  io.When("firstObservedTime", r.first_observed_time);
  io.List("tags", r.tags, RecordLimits::kTags, kVisitTag,
          [](const TagRecord& tag) { return !tag.tag.empty() && !tag.digest.empty(); });
  io.Texts("dockerReferences", r.docker_references, RecordLimits::kDockerReferences, kRepository);
  io.When("firstSignatureTime", r.first_signature_time);
  io.When("corroboratedTime", r.corroborated_time);
  io.Word("rank", r.rank);
  io.When("observationFailingSince", r.observation_failing_since);
  io.Count("digestsForgotten", r.digests_forgotten);
  io.List("remembered", r.remembered, RecordLimits::kRemembered, kVisitRemembered, kHasDigest);
  io.When("learningTime", r.learning_time);
  io.When("establishedTime", r.established_time);
  io.When("lastObservedTime", r.last_observed_time);
  io.When("lastRunningTime", r.last_running_time);
  io.List("signers", r.signers, RecordLimits::kSigners, kVisitSigner, kSignerFits);
  io.Part("log", r.log, kVisitLog, kAny);
  io.List("provenance", r.provenance, RecordLimits::kProvenance, kVisitProvenance, kAny);
  io.List("drift", r.drift, RecordLimits::kDrifts, kVisitDrift, kHasFingerprint);
  io.List("accepted", r.accepted, RecordLimits::kAccepted, kVisitAccepted, kHasFingerprint);
  io.List("history", r.history, RecordLimits::kHistory, kVisitHistory, kHasFingerprint);
};

// `use` is a word in the resource and a flag in the record; the number of running images is shown also when
// it is 0. Neither has a shape of its own in In and Out.
constexpr auto kReadImage = [](In& in, ImageRecord& image) {
  kVisitImage(in, image);
  std::string use;
  in.Text("use", use, kWord);
  image.running = use == "Running";
};
constexpr auto kWriteImage = [](Out& out, const ImageRecord& image) {
  kVisitImage(out, image);
  out.Text("use", image.running ? "Running" : "Remembered", kWord);
};

}  // namespace

Record ReadRecord(std::string repository, const json::Value& status) {
  Record record;
  record.repository = std::move(repository);
  if (!status.IsObject()) return record;
  In in(status);
  kVisitStatus(in, record);
  in.Count("runningImages", record.running_images);
  in.List("images", record.images, RecordLimits::kImages, kReadImage, kHasDigest);
  record.conditions = ReadConditions(status["conditions"]);
  return record;
}

void WriteRecord(json::Writer& writer, const Record& record) {
  writer.BeginObject();
  Out out(writer);
  kVisitStatus(out, record);
  writer.Member("runningImages", record.running_images);
  out.List("images", record.images, RecordLimits::kImages, kWriteImage, kAny);
  if (!record.conditions.empty()) WriteConditions(writer, record.conditions);
  writer.EndObject();
}

}  // namespace plimsoll::api
