// A SigningPolicy as it is stored, and the status that the controller writes to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/meta.h"
#include "base/result.h"
#include "baseline/policy.h"

namespace plimsoll::api {

struct PolicyStatus {
  std::int64_t observed_generation = 0;
  std::uint32_t matched_repositories = 0;
  std::uint32_t acceptances_in_force = 0;
  std::optional<Time> next_expiration_time;
  std::vector<Condition> conditions;
  friend bool operator==(const PolicyStatus&, const PolicyStatus&) = default;
};

struct SigningPolicyObject {
  ObjectMeta meta;
  baseline::SigningPolicy policy;
  PolicyStatus status;
};

// Bounds beyond the schema's are the schema's: what it would have refused (a hand-made object of a server
// without the schema) is left out. A signer that is neither keyless nor key, or both, becomes a pin that
// trusts nobody; it is never left out, because then a learned signer would be trusted in its place.
Result<SigningPolicyObject> ReadSigningPolicy(std::string_view json);

// The status that the policy should show. The condition's transition time is that of `before` while its status
// is the same.
PolicyStatus StatusOf(const SigningPolicyObject& object, const baseline::PolicySet::Ready& ready,
                      const std::vector<Condition>& before, Time now);

// The object as its status is written, fenced by meta.resource_version. It has no spec: the server keeps its own.
std::string SigningPolicyStatusJson(const ObjectMeta& meta, const PolicyStatus& status);
// The object as a person applies it: `accept`, `export`. `pretty` as a file for a commit.
std::string SigningPolicyJson(const baseline::SigningPolicy& policy, bool pretty = false);
void WritePolicySpec(json::Writer& writer, const baseline::SigningPolicy& policy);

// "accept-" and the first 18 characters of the fingerprint.
std::string AcceptancePolicyName(std::string_view fingerprint);

}  // namespace plimsoll::api
