#include "cli/replay_lines.h"

#include <algorithm>

#include "api/signing_policy.h"
#include "base/printable.h"
#include "baseline/posture.h"
#include "json/json.h"

namespace plimsoll::cli {
namespace {

using baseline::Posture;

Status OnlyMembers(const json::Value& object, std::initializer_list<std::string_view> allowed) {
  for (json::Value member = object.first(); !member.missing(); member = member.next()) {
    if (std::find(allowed.begin(), allowed.end(), member.name()) == allowed.end()) {
      return Fail(kInvalidArgument, member.Path() + ": a line of this kind has no such member");
    }
  }
  return {};
}

Result<std::optional<Time>> OptionalTime(const json::Value& value) {
  if (!value.present()) return std::optional<Time>();
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  const auto time = ParseTime(text);
  if (!time) return Fail(kMalformed, value.Path() + ": " + time.error().message);
  return std::optional<Time>(*time);
}

Result<std::string> OptionalText(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.StringOr(""));
  return std::string(text);
}

template <class E>
Result<E> Word(const json::Value& value) {
  PLIMSOLL_ASSIGN(const std::string_view text, value.String());
  const auto word = baseline::FromText<E>(text);
  if (!word)
    return Fail(kInvalidArgument,
                value.Path() + ": " + Printable(text) + " is no word of this list");
  return *word;
}

template <class E>
Result<std::optional<E>> OptionalWord(const json::Value& value) {
  if (!value.present()) return std::optional<E>();
  PLIMSOLL_ASSIGN(const E word, Word<E>(value));
  return std::optional<E>(word);
}

Result<baseline::Signer> ReadSigner(const json::Value& value) {
  PLIMSOLL_ASSIGN(const baseline::SignerKind kind, Word<baseline::SignerKind>(value["kind"]));
  PLIMSOLL_ASSIGN(std::string spki, OptionalText(value["spkiSHA256"]));
  PLIMSOLL_ASSIGN(std::string identity, OptionalText(value["identity"]));
  PLIMSOLL_ASSIGN(std::string issuer, OptionalText(value["issuer"]));
  baseline::Signer signer = kind == baseline::SignerKind::kKey
                                ? baseline::MakeKey(std::move(spki))
                                : baseline::MakeKeyless(std::move(identity), std::move(issuer));
  if (kind == baseline::SignerKind::kKeyless) {
    PLIMSOLL_ASSIGN(signer.build_config_uri, OptionalText(value["buildConfigURI"]));
    PLIMSOLL_ASSIGN(signer.source_repository_uri, OptionalText(value["sourceRepositoryURI"]));
    PLIMSOLL_ASSIGN(signer.source_repository_id, OptionalText(value["sourceRepositoryID"]));
    PLIMSOLL_ASSIGN(signer.source_repository_owner_id,
                    OptionalText(value["sourceRepositoryOwnerID"]));
  }
  if (!baseline::IsWellFormed(signer)) {
    return Fail(kInvalidArgument,
                value.Path() +
                    ": expected a keyless signer with an identity, or a key with the hash "
                    "of its SubjectPublicKeyInfo, each within its bounds");
  }
  return signer;
}

Result<std::optional<baseline::LogEvidence>> ReadEvidence(const json::Value& value) {
  if (!value.present()) return std::optional<baseline::LogEvidence>();
  PLIMSOLL_TRY(value.Object());
  baseline::LogEvidence evidence;
  PLIMSOLL_ASSIGN(evidence.origin, OptionalText(value["origin"]));
  PLIMSOLL_ASSIGN(const std::int64_t index, value["logIndex"].Int64Or(0));
  if (index < 0)
    return Fail(kInvalidArgument,
                value["logIndex"].Path() + ": expected an index that is not negative");
  evidence.index = static_cast<std::uint64_t>(index);
  PLIMSOLL_ASSIGN(evidence.integrated_time, OptionalTime(value["integratedTime"]));
  return std::optional<baseline::LogEvidence>(std::move(evidence));
}

Result<baseline::ObservedSigner> ReadObservedSigner(const json::Value& value) {
  baseline::ObservedSigner observed;
  PLIMSOLL_ASSIGN(observed.signer, ReadSigner(value));
  PLIMSOLL_ASSIGN(observed.storage, OptionalWord<baseline::Storage>(value["storage"]));
  PLIMSOLL_ASSIGN(observed.level, OptionalWord<baseline::Level>(value["level"]));
  PLIMSOLL_ASSIGN(observed.verified_time, OptionalTime(value["verifiedTime"]));
  PLIMSOLL_ASSIGN(observed.docker_reference, OptionalText(value["dockerReference"]));
  PLIMSOLL_ASSIGN(observed.log, ReadEvidence(value["log"]));
  return observed;
}

Status ReadSigners(const json::Value& value, baseline::Observation& observation) {
  if (!value.present()) return {};
  PLIMSOLL_TRY(value.Array());
  for (json::Value element = value.first(); !element.missing(); element = element.next()) {
    PLIMSOLL_ASSIGN(baseline::ObservedSigner signer, ReadObservedSigner(element));
    observation.signers.push_back(std::move(signer));
  }
  return {};
}

// `inspect` prints one provenance and does not say whose it is: that of the keyless signers.
Status ReadProvenance(const json::Value& value, baseline::Observation& observation) {
  if (!value.present()) return {};
  PLIMSOLL_TRY(value.Object());
  baseline::Provenance provenance;
  PLIMSOLL_ASSIGN(provenance.source_repository_uri, OptionalText(value["sourceRepositoryURI"]));
  PLIMSOLL_ASSIGN(provenance.builder_id, OptionalText(value["builderID"]));
  if (value["signer"].present()) {
    PLIMSOLL_ASSIGN(provenance.signer, ReadSigner(value["signer"]));
    observation.provenance.push_back(std::move(provenance));
    return {};
  }
  for (const baseline::ObservedSigner& signer : observation.signers) {
    if (signer.signer.kind != baseline::SignerKind::kKeyless) continue;
    provenance.signer = signer.signer;
    observation.provenance.push_back(provenance);
  }
  return {};
}

Status ReadNotes(const json::Value& value, baseline::Observation& observation) {
  if (!value.present()) return {};
  PLIMSOLL_TRY(value.Array());
  for (json::Value element = value.first(); !element.missing(); element = element.next()) {
    baseline::Note note;
    PLIMSOLL_ASSIGN(note.kind, Word<baseline::NoteKind>(element["kind"]));
    PLIMSOLL_ASSIGN(note.message, OptionalText(element["message"]));
    observation.notes.push_back(std::move(note));
  }
  return {};
}

Status ReadLog(const json::Value& value, baseline::Observation& observation) {
  if (!value.present()) return {};
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_TRY(OnlyMembers(value, {"proven", "contradicted"}));
  observation.log.answer = baseline::LogLane::Answer::kAnswered;
  PLIMSOLL_ASSIGN(observation.log.contradicted, value["contradicted"].BoolOr(false));
  if (!value["proven"].present()) return {};
  PLIMSOLL_TRY(value["proven"].Array());
  for (json::Value element = value["proven"].first(); !element.missing();
       element = element.next()) {
    baseline::LogLane::Proven proven;
    PLIMSOLL_ASSIGN(proven.signer, ReadSigner(element["signer"]));
    PLIMSOLL_ASSIGN(proven.here, element["here"].BoolOr(false));
    observation.log.proven.push_back(std::move(proven));
  }
  return {};
}

Result<baseline::ReplayObservation> ReadObservation(const json::Value& line) {
  PLIMSOLL_TRY(OnlyMembers(
      line, {"time", "repository", "digest", "running", "podCreated", "posture", "reason",
             "message", "signers", "provenance", "notes", "trustRootStale", "log", "image"}));
  baseline::ReplayObservation out;
  PLIMSOLL_ASSIGN(const std::string_view repository, line["repository"].String());
  out.repository = repository;
  PLIMSOLL_ASSIGN(const std::string_view digest, line["digest"].String());
  out.observation.digest = digest;
  if (line["running"].present()) {
    PLIMSOLL_ASSIGN(out.running, line["running"].Bool());
  }
  PLIMSOLL_ASSIGN(out.pod_created, OptionalTime(line["podCreated"]));
  PLIMSOLL_ASSIGN(out.observation.posture, Word<Posture>(line["posture"]));
  PLIMSOLL_ASSIGN(out.observation.reason, OptionalText(line["reason"]));
  PLIMSOLL_TRY(ReadSigners(line["signers"], out.observation));
  PLIMSOLL_TRY(ReadProvenance(line["provenance"], out.observation));
  PLIMSOLL_TRY(ReadNotes(line["notes"], out.observation));
  PLIMSOLL_ASSIGN(out.observation.trust_root_stale, line["trustRootStale"].BoolOr(false));
  PLIMSOLL_TRY(ReadLog(line["log"], out.observation));
  return out;
}

// The same reader as for a SigningPolicy of the cluster.
Result<baseline::ReplayPolicy> ReadPolicy(const json::Value& line) {
  PLIMSOLL_TRY(OnlyMembers(line, {"time", "policy", "spec"}));
  PLIMSOLL_ASSIGN(const std::string_view name, line["policy"].String());
  PLIMSOLL_TRY(line["spec"].Object());
  json::Writer w;
  w.BeginObject();
  w.Key("metadata");
  w.BeginObject();
  w.Member("name", name);
  w.EndObject();
  w.Key("spec");
  w.Copy(line["spec"]);
  w.EndObject();
  PLIMSOLL_ASSIGN(api::SigningPolicyObject object, api::ReadSigningPolicy(std::move(w).Take()));
  return baseline::ReplayPolicy{std::move(object.policy)};
}

}  // namespace

Result<baseline::ReplayEvent> ReadReplayLine(std::string_view text, std::uint64_t line) {
  json::Limits limits;
  limits.max_bytes = kMaxReplayLineBytes;
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(text, limits));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  baseline::ReplayEvent event;
  event.line = line;
  PLIMSOLL_ASSIGN(const std::optional<Time> time, OptionalTime(root["time"]));
  if (!time) return Fail(kMalformed, "$.time: expected the time of the line, found nothing");
  event.time = *time;
  if (root["repository"].present()) {
    PLIMSOLL_ASSIGN(event.what, ReadObservation(root));
  } else if (root["policy"].present()) {
    PLIMSOLL_ASSIGN(event.what, ReadPolicy(root));
  } else if (root["policyRemoved"].present()) {
    PLIMSOLL_TRY(OnlyMembers(root, {"time", "policyRemoved"}));
    PLIMSOLL_ASSIGN(const std::string_view name, root["policyRemoved"].String());
    event.what = baseline::ReplayPolicyRemoved{std::string(name)};
  } else if (root["deleted"].present()) {
    PLIMSOLL_TRY(OnlyMembers(root, {"time", "deleted"}));
    PLIMSOLL_ASSIGN(const std::string_view repository, root["deleted"].String());
    event.what = baseline::ReplayDeleted{std::string(repository)};
  } else {
    PLIMSOLL_TRY(OnlyMembers(root, {"time"}));
  }
  return event;
}

std::string ReplayLineJson(const baseline::ReplayLine& line, std::string_view image) {
  json::Writer w;
  w.BeginObject();
  w.Member("line", line.line);
  w.Member("time", FormatTime(line.time));
  w.MemberIfSet("repository", line.repository);
  w.MemberIfSet("digest", line.digest);
  w.MemberIfSet("image", image);
  if (line.verdict) w.Member("verdict", baseline::ToText(*line.verdict));
  if (line.kind) w.Member("kind", baseline::ToText(*line.kind));
  if (line.severity) w.Member("severity", baseline::ToText(*line.severity));
  w.MemberIfSet("fingerprint", line.fingerprint);
  if (line.state) w.Member("state", baseline::ToText(*line.state));
  if (line.strength) w.Member("strength", baseline::ToText(*line.strength));
  w.Key("events");
  w.BeginArray();
  for (const baseline::ReplayOutputEvent& event : line.events) {
    w.BeginObject();
    w.Member("reason", event.reason);
    w.Member("repository", event.repository);
    if (event.severity) w.Member("severity", baseline::ToText(*event.severity));
    w.MemberIfSet("fingerprint", event.fingerprint);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
  return std::move(w).Take();
}

std::string ReplaySummaryJson(const baseline::ReplaySummary& summary) {
  json::Writer w;
  w.BeginObject();
  w.Key("summary");
  w.BeginObject();
  w.Member("repositories", summary.repositories);
  w.Member("established", summary.established);
  w.Member("openCritical", summary.open_critical);
  w.Member("openWarning", summary.open_warning);
  w.Member("denied", summary.denied);
  w.EndObject();
  w.EndObject();
  return std::move(w).Take();
}

}  // namespace plimsoll::cli
