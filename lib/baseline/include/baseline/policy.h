// What people decide: SigningPolicies as values, and what they say about one repository at one time.
//
// `PolicySet::Make` compiles expressions (RE2, bounded memory, never backtracking) and key pins once; the
// set is immutable, cheap to copy, and safe to use from several threads.
//
// Globs: `*` any characters within one path segment, `**` any characters; "a/**/b" also matches "a/b".
// Specificity: an exact name, then the longer literal prefix, then the longer pattern. Each field is taken
// from the most specific matching policy that sets it; acceptances of all matching policies add up. In a
// tie a signer is trusted only if every tied policy names it, Deny wins, and policies that say different
// things carry Conflict.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "baseline/signer.h"
#include "baseline/words.h"

namespace plimsoll::baseline {

struct KeylessPin {
  std::string issuer;
  std::string identity;  // exactly one of identity and identity_reg_exp is set
  std::string identity_reg_exp;
  std::string source_repository_id;
  std::string source_repository_owner_id;
  std::string build_config_uri;  // canonical form

  friend bool operator==(const KeylessPin&, const KeylessPin&) = default;
};

struct Pin {
  std::string name;
  std::optional<KeylessPin> keyless;  // exactly one of the two
  std::string public_key;             // PEM

  friend bool operator==(const Pin&, const Pin&) = default;
};

struct Acceptance {
  std::string fingerprint;
  DriftKind kind = DriftKind::kUnjudged;
  std::string repository;
  std::string reason;
  std::string accepted_by;
  std::optional<Time> expiration_time;

  friend bool operator==(const Acceptance&, const Acceptance&) = default;
};

// A SigningPolicy's spec, with its name.
struct SigningPolicy {
  std::string name;
  std::vector<std::string> repositories;
  std::vector<Pin> signers;
  std::optional<Enforcement> enforcement;
  std::optional<OnUnknown> on_unknown;
  std::vector<Acceptance> accepted_drift;

  friend bool operator==(const SigningPolicy&, const SigningPolicy&) = default;
};

bool MatchesGlob(std::string_view pattern, std::string_view repository);

struct Specificity {
  bool exact = false;
  std::size_t literal_prefix = 0;
  std::size_t length = 0;

  friend auto operator<=>(const Specificity&, const Specificity&) = default;
};
// Of the most specific pattern of the policy that matches; nothing when none does.
std::optional<Specificity> MatchOf(const SigningPolicy& policy, std::string_view repository);

// Reasons of a SigningPolicy's condition Ready.
inline constexpr Reason kInForce{"InForce"};
inline constexpr Reason kConflict{"Conflict"};
inline constexpr Reason kExpirationTooFar{"ExpirationTooFar"};
inline constexpr Reason kRepositoryNotMatched{"RepositoryNotMatched"};
inline constexpr Reason kInvalidExpression{"InvalidExpression"};

struct CompiledPin;  // policy.cc

// A pin that applies to a repository, with the policy that names it.
struct PinInForce {
  std::string policy_name;
  const Pin* pin = nullptr;  // owned by the PolicySet
  const CompiledPin* compiled = nullptr;
};

// An acceptance that is in force for a repository.
struct AcceptanceInForce {
  std::string policy_name;
  const Acceptance* acceptance = nullptr;  // owned by the PolicySet
};

// What all policies together say about one repository at one time. Valid as long as its PolicySet.
struct EffectivePolicy {
  bool pinned = false;
  // One group for each tied policy: a signer must be named in every group. One group when nothing ties.
  std::vector<std::vector<PinInForce>> pins;
  Enforcement enforcement = Enforcement::kDeny;
  OnUnknown on_unknown = OnUnknown::kDeny;
  std::vector<AcceptanceInForce> acceptances;  // ordered by policy name, then fingerprint
  std::string policy_name;               // the most specific that matches; empty when none does
  std::vector<std::string> conflicting;  // names of tied policies that say different things
  // When the answer changes by the passing of time alone: an expiry, or the day an r- comes within 90 days.
  std::optional<Time> next_change;
};

// Whether `pin` names `signer`: issuer equal; SAN or canonical form equal, or the expression matches the
// whole SAN; set fields equal; for a key, the SHA-256 of the SubjectPublicKeyInfo.
bool PinMatches(const PinInForce& pin, const Signer& signer);

class PolicySet {
 public:
  PolicySet() = default;
  // Never fails: what cannot be compiled trusts nobody and is reported by Readiness.
  static PolicySet Make(std::vector<SigningPolicy> policies);

  const std::vector<SigningPolicy>& policies() const;
  EffectivePolicy For(std::string_view repository, Time now) const;

  // Of the policy with this name: kInForce, or why it, or a part of it, is not. `repositories` are the
  // repositories that have a baseline. kRepositoryNotMatched: an acceptance names a repository that
  // spec.repositories does not match.
  struct Ready {
    Reason reason = kInForce;
    std::string detail;  // the entry, pin or other policy that it is about
    std::uint32_t matched_repositories = 0;
    std::uint32_t acceptances_in_force = 0;
    std::optional<Time> next_expiration_time;
  };
  Ready Readiness(std::string_view name, const std::vector<std::string>& repositories,
                  Time now) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace plimsoll::baseline
