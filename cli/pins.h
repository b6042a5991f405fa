// SigningPolicies that pin what a cluster has learned: what `plimsoll export` writes. Pure.
//
// A repository that learned its signers gets a policy of its own, with one pin for each: canonical identity, issuer,
// IDs and canonical build config, or the public key. What people pinned already is written as it is. An acceptance is
// for a while and stays one; its signer is not pinned.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "baseline/policy.h"
#include "baseline/record.h"

namespace plimsoll::cli {

struct Pins {
  std::vector<baseline::SigningPolicy> policies;  // ordered by name
  std::vector<std::string> incomplete;            // what could not be pinned, a sentence each
  std::vector<std::string> notes;                 // what was left out on purpose
};

// Of those records that are Established or pinned now; `policies` are the cluster's.
Pins PinsOf(const std::vector<baseline::Record>& records,
            const std::vector<baseline::SigningPolicy>& policies, Time now);

}  // namespace plimsoll::cli
