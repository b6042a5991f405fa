#include "api/signing_policy.h"

#include <utility>

#include "api/names.h"
#include "api/short_text.h"
#include "api/signing_baseline.h"
#include "base/printable.h"
#include "baseline/fingerprint.h"
#include "baseline/signer.h"

namespace plimsoll::api {
namespace {

using baseline::Acceptance;
using baseline::Pin;
using baseline::SignerLimits;
using baseline::SigningPolicy;

constexpr std::size_t kMaxRepositories = 64;
constexpr std::size_t kMaxPins = 32;
constexpr std::size_t kMaxAcceptances = 64;
constexpr std::size_t kMaxPattern = 511;
constexpr std::size_t kMaxPem = 4'096;
constexpr std::size_t kBytesOfCharacter = 4;

// Calls `read` for each item of a list, for as long as it takes more.
template <class Read>
void ForEach(const json::Value& list, Read read) {
  if (!list.IsArray()) return;
  for (json::Value item = list.first(); !item.missing(); item = item.next()) {
    if (!read(item)) return;
  }
}

Pin ReadPin(const json::Value& item) {
  Pin pin;
  pin.name = TextOr(item["name"], 63);
  const json::Value keyless = item["keyless"];
  const json::Value key = item["key"];
  if (keyless.IsObject() && !key.present()) {
    baseline::KeylessPin read;
    read.issuer = TextOr(keyless["issuer"], kBytesOfCharacter * SignerLimits::kIssuer);
    read.identity = TextOr(keyless["identity"], kBytesOfCharacter * SignerLimits::kIdentity);
    read.identity_reg_exp = TextOr(keyless["identityRegExp"], kBytesOfCharacter * 512);
    read.source_repository_id =
        TextOr(keyless["sourceRepositoryID"], kBytesOfCharacter * SignerLimits::kNumericId);
    read.source_repository_owner_id =
        TextOr(keyless["sourceRepositoryOwnerID"], kBytesOfCharacter * SignerLimits::kNumericId);
    read.build_config_uri =
        TextOr(keyless["buildConfigURI"], kBytesOfCharacter * SignerLimits::kBuildConfig);
    pin.keyless = std::move(read);
  } else if (key.IsObject() && !keyless.present()) {
    pin.public_key = TextOr(key["publicKey"], kMaxPem);
  }
  return pin;
}

// Nothing when the entry could not be told from another one.
std::optional<Acceptance> ReadAcceptance(const json::Value& item) {
  Acceptance entry;
  entry.fingerprint = TextOr(item["fingerprint"], 34);
  const auto kind = baseline::FromText<baseline::DriftKind>(item["kind"].StringOrEmpty());
  entry.repository = TextOr(item["repository"], kMaxPattern);
  entry.reason = TextOr(item["reason"], kBytesOfCharacter * 512);
  if (!baseline::FingerprintForm(entry.fingerprint) || !kind || entry.repository.empty() ||
      entry.reason.empty()) {
    return std::nullopt;
  }
  entry.kind = *kind;
  entry.accepted_by = TextOr(item["acceptedBy"], kBytesOfCharacter * 253);
  entry.expiration_time = TimeOr(item["expirationTime"]);
  // An expiry that cannot be read must not become an acceptance for ever.
  if (item["expirationTime"].present() && !entry.expiration_time) return std::nullopt;
  return entry;
}

SigningPolicy ReadSpec(const std::string& name, const json::Value& spec) {
  SigningPolicy policy;
  policy.name = name;
  ForEach(spec["repositories"], [&](const json::Value& item) {
    std::string pattern = TextOr(item, kMaxPattern);
    if (!pattern.empty()) policy.repositories.push_back(std::move(pattern));
    return policy.repositories.size() < kMaxRepositories;
  });
  ForEach(spec["signers"], [&](const json::Value& item) {
    policy.signers.push_back(ReadPin(item));
    return policy.signers.size() < kMaxPins;
  });
  policy.enforcement =
      baseline::FromText<baseline::Enforcement>(spec["enforcement"].StringOrEmpty());
  policy.on_unknown = baseline::FromText<baseline::OnUnknown>(spec["onUnknown"].StringOrEmpty());
  ForEach(spec["acceptedDrift"], [&](const json::Value& item) {
    if (auto entry = ReadAcceptance(item)) policy.accepted_drift.push_back(std::move(*entry));
    return policy.accepted_drift.size() < kMaxAcceptances;
  });
  return policy;
}

void WritePin(json::Writer& writer, const Pin& pin) {
  writer.BeginObject();
  writer.Member("name", pin.name);
  if (pin.keyless) {
    writer.Key("keyless");
    writer.BeginObject();
    writer.Member("issuer", pin.keyless->issuer);
    writer.MemberIfSet("identity", pin.keyless->identity);
    writer.MemberIfSet("identityRegExp", pin.keyless->identity_reg_exp);
    writer.MemberIfSet("sourceRepositoryID", pin.keyless->source_repository_id);
    writer.MemberIfSet("sourceRepositoryOwnerID", pin.keyless->source_repository_owner_id);
    writer.MemberIfSet("buildConfigURI", pin.keyless->build_config_uri);
    writer.EndObject();
  } else {
    writer.Key("key");
    writer.BeginObject();
    writer.Member("publicKey", pin.public_key);
    writer.EndObject();
  }
  writer.EndObject();
}

void WriteAcceptance(json::Writer& writer, const Acceptance& entry) {
  writer.BeginObject();
  writer.MemberIfSet("acceptedBy", entry.accepted_by);
  TimeMember(writer, "expirationTime", entry.expiration_time);
  writer.Member("fingerprint", entry.fingerprint);
  writer.Member("kind", baseline::ToText(entry.kind));
  writer.Member("reason", entry.reason);
  writer.Member("repository", entry.repository);
  writer.EndObject();
}

// "2 signers are pinned for 3 repositories", and the same of acceptances.
std::string InForceText(const SigningPolicy& policy, const baseline::PolicySet::Ready& ready) {
  const std::string repositories = Counted(ready.matched_repositories, "repository");
  std::string text;
  if (!policy.signers.empty()) {
    text = Counted(policy.signers.size(), "signer") +
           (policy.signers.size() == 1 ? " is" : " are") + " pinned for " + repositories;
  }
  if (ready.acceptances_in_force > 0 || policy.signers.empty()) {
    if (!text.empty()) text += "; ";
    text += Counted(ready.acceptances_in_force, "acceptance") +
            (ready.acceptances_in_force == 1 ? " is" : " are") + " in force";
    if (policy.signers.empty()) text += " for " + repositories;
  }
  if (ready.next_expiration_time) {
    text += "; the next one ends on " + DateOf(*ready.next_expiration_time);
  }
  return text + ".";
}

std::string ReadyText(const SigningPolicy& policy, const baseline::PolicySet::Ready& ready) {
  const std::string detail = Printable(ready.detail, 512);
  if (ready.reason == baseline::kConflict) {
    return "SigningPolicy " + detail +
           " matches the same repositories as exactly and says something else: a signer is trusted "
           "only "
           "where both name it, and Deny wins. Make one of them more specific.";
  }
  if (ready.reason == baseline::kExpirationTooFar) {
    return "The acceptance " + detail +
           " is for a whole repository and ends more than 90 days from now, so it is not in force. "
           "Set an "
           "earlier expirationTime.";
  }
  if (ready.reason == baseline::kRepositoryNotMatched) {
    return "The acceptance for " + detail +
           " is not in force, because spec.repositories does not match that repository. Add it "
           "there.";
  }
  if (ready.reason == baseline::kInvalidExpression) {
    return "The signer " + detail +
           " cannot be used and trusts nobody: its expression or key is not valid here. Correct "
           "it.";
  }
  return InForceText(policy, ready);
}

}  // namespace

Result<SigningPolicyObject> ReadSigningPolicy(std::string_view json) {
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(json, kResourceLimits));
  const json::Value root = document.root();
  SigningPolicyObject object;
  PLIMSOLL_ASSIGN(object.meta, ReadMeta(root["metadata"]));
  object.policy = ReadSpec(object.meta.name, root["spec"]);
  const json::Value status = root["status"];
  object.status.observed_generation = IntOr(status["observedGeneration"], 0, 0, INT64_MAX);
  object.status.matched_repositories =
      static_cast<std::uint32_t>(IntOr(status["matchedRepositories"], 0, 0, INT32_MAX));
  object.status.acceptances_in_force =
      static_cast<std::uint32_t>(IntOr(status["acceptancesInForce"], 0, 0, INT32_MAX));
  object.status.next_expiration_time = TimeOr(status["nextExpirationTime"]);
  object.status.conditions = ReadConditions(status["conditions"]);
  return object;
}

PolicyStatus StatusOf(const SigningPolicyObject& object, const baseline::PolicySet::Ready& ready,
                      const std::vector<Condition>& before, Time now) {
  PolicyStatus status;
  status.observed_generation = object.meta.generation;
  status.matched_repositories = ready.matched_repositories;
  status.acceptances_in_force = ready.acceptances_in_force;
  status.next_expiration_time = ready.next_expiration_time;
  status.conditions = before;
  Condition condition;
  condition.type = "Ready";
  condition.status =
      ready.reason == baseline::kInForce ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  condition.reason = ready.reason.str();
  condition.message = ReadyText(object.policy, ready);
  condition.observed_generation = object.meta.generation;
  SetCondition(status.conditions, std::move(condition), now);
  return status;
}

std::string SigningPolicyStatusJson(const ObjectMeta& meta, const PolicyStatus& status) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("apiVersion", kApiVersion);
  writer.Member("kind", kPolicyKind);
  writer.Key("metadata");
  writer.BeginObject();
  writer.Member("name", meta.name);
  writer.MemberIfSet("uid", meta.uid);
  writer.MemberIfSet("resourceVersion", meta.resource_version);
  writer.EndObject();
  writer.Key("status");
  writer.BeginObject();
  writer.Member("observedGeneration", status.observed_generation);
  writer.Member("matchedRepositories", status.matched_repositories);
  writer.Member("acceptancesInForce", status.acceptances_in_force);
  TimeMember(writer, "nextExpirationTime", status.next_expiration_time);
  WriteConditions(writer, status.conditions);
  writer.EndObject();
  writer.EndObject();
  return std::move(writer).Take();
}

void WritePolicySpec(json::Writer& writer, const SigningPolicy& policy) {
  writer.BeginObject();
  if (!policy.accepted_drift.empty()) {
    writer.Key("acceptedDrift");
    writer.BeginArray();
    for (const Acceptance& entry : policy.accepted_drift) WriteAcceptance(writer, entry);
    writer.EndArray();
  }
  if (policy.enforcement) writer.Member("enforcement", baseline::ToText(*policy.enforcement));
  if (policy.on_unknown) writer.Member("onUnknown", baseline::ToText(*policy.on_unknown));
  writer.Key("repositories");
  writer.BeginArray();
  for (const std::string& repository : policy.repositories) writer.String(repository);
  writer.EndArray();
  if (!policy.signers.empty()) {
    writer.Key("signers");
    writer.BeginArray();
    for (const Pin& pin : policy.signers) WritePin(writer, pin);
    writer.EndArray();
  }
  writer.EndObject();
}

std::string SigningPolicyJson(const SigningPolicy& policy, bool pretty) {
  json::Writer writer(pretty);
  writer.BeginObject();
  writer.Member("apiVersion", kApiVersion);
  writer.Member("kind", kPolicyKind);
  writer.Key("metadata");
  writer.BeginObject();
  writer.Member("name", policy.name);
  writer.EndObject();
  writer.Key("spec");
  WritePolicySpec(writer, policy);
  writer.EndObject();
  return std::move(writer).Take();
}

std::string AcceptancePolicyName(std::string_view fingerprint) {
  return "accept-" + std::string(fingerprint.substr(0, 18));
}

}  // namespace plimsoll::api
