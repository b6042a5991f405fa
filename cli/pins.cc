#include "cli/pins.h"

#include <algorithm>
#include <set>

#include "api/names.h"
#include "baseline/classify.h"
#include "baseline/signer.h"

namespace plimsoll::cli {
namespace {

using namespace plimsoll::baseline;

constexpr std::size_t kPemColumns = 64;

std::string Pem(const std::string& base64) {
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kPemColumns)
    pem += base64.substr(at, kPemColumns) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

Pin PinOf(const Signer& signer, const std::string& public_key) {
  Pin pin;
  if (signer.kind == SignerKind::kKey) {
    pin.name = "key-" + SignerId(signer);
    pin.public_key = Pem(public_key);
    return pin;
  }
  pin.name = "keyless-" + SignerId(signer);
  KeylessPin keyless;
  keyless.issuer = signer.issuer;
  keyless.identity = signer.canonical_identity;
  keyless.source_repository_id = signer.source_repository_id;
  keyless.source_repository_owner_id = signer.source_repository_owner_id;
  keyless.build_config_uri = Canonical(signer.build_config_uri);
  pin.keyless = std::move(keyless);
  return pin;
}

bool HasIds(const Signer& signer) {
  return !signer.source_repository_id.empty() || !signer.source_repository_owner_id.empty();
}

// A pin without IDs takes every ID for the name that it pins; it would undo what the other one asks for.
bool IsCoveredWithIds(const Signer& signer, const std::vector<TrustedSigner>& trusted) {
  if (signer.kind != SignerKind::kKeyless || HasIds(signer)) return false;
  return std::any_of(trusted.begin(), trusted.end(), [&](const TrustedSigner& other) {
    return HasIds(other.signer()) &&
           other.signer().canonical_identity == signer.canonical_identity &&
           other.signer().issuer == signer.issuer;
  });
}

SigningPolicy PolicyOf(const Record& record, const EffectivePolicy& effective, Pins& pins) {
  SigningPolicy policy;
  policy.name = "pin-" + api::BaselineName(record.repository);
  policy.repositories = {record.repository};
  const std::vector<TrustedSigner> trusted = TrustedSigners(record, effective);
  for (const TrustedSigner& signer : trusted) {
    const std::string who = ShortSigner(signer.signer()) + " of " + record.repository;
    const std::string& public_key = signer.record->public_key;
    if (signer.source == SignerSource::kAccepted) {
      pins.notes.push_back(who +
                           " is trusted by an acceptance, which is for a while: it is not pinned");
    } else if (IsCoveredWithIds(signer.signer(), trusted)) {
      pins.notes.push_back(who +
                           " was also seen without numeric IDs: only the form with IDs is pinned");
    } else if (signer.signer().kind == SignerKind::kKey && public_key.empty()) {
      pins.incomplete.push_back(who +
                                " cannot be pinned: the key itself is not kept; pin it by hand");
    } else {
      policy.signers.push_back(PinOf(signer.signer(), public_key));
    }
  }
  return policy;
}

}  // namespace

Pins PinsOf(const std::vector<Record>& records, const std::vector<SigningPolicy>& policies,
            Time now) {
  Pins pins;
  const PolicySet set = PolicySet::Make(policies);
  std::set<std::string> kept;
  for (const Record& record : records) {
    const EffectivePolicy effective = set.For(record.repository, now);
    if (!IsEstablished(record, effective)) continue;
    if (effective.pinned) {
      for (const auto& group : effective.pins)
        if (!group.empty()) kept.insert(group.front().policy_name);
      continue;
    }
    SigningPolicy policy = PolicyOf(record, effective, pins);
    if (!policy.signers.empty()) {
      pins.policies.push_back(std::move(policy));
    } else {
      pins.incomplete.push_back(record.repository +
                                " is Established, and nothing of it can be pinned");
    }
  }
  for (const SigningPolicy& policy : policies) {
    if (kept.count(policy.name) == 0) continue;
    SigningPolicy pinning = policy;
    pinning.accepted_drift.clear();
    pins.policies.push_back(std::move(pinning));
  }
  std::sort(pins.policies.begin(), pins.policies.end(),
            [](const SigningPolicy& a, const SigningPolicy& b) { return a.name < b.name; });
  return pins;
}

}  // namespace plimsoll::cli
