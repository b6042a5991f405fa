// What was found at one manifest, verified: pure.
#pragma once

#include <string>
#include <vector>

#include "baseline/observation.h"
#include "observation/observer.h"
#include "oci/discovery.h"
#include "sigstore/verifier.h"

namespace plimsoll::observation {

struct Judged {
  baseline::Posture posture = baseline::Posture::kUnknown;
  std::string reason;
  std::string message;
  std::vector<baseline::ObservedSigner> signers;
  std::vector<baseline::Signer> unlogged;
  std::vector<baseline::Provenance> provenance;
  std::vector<baseline::Note> notes;
  std::vector<Finding> findings;
  bool credential_needed = false;
};

// `found` is about `digest`; signatures get the level. `found.unchanged` must be false.
Judged Judge(const oci::DiscoveryResult& found, const std::string& digest, baseline::Level level,
             const std::vector<std::string>& known_keys, const sigstore::Verifier& verifier);

// The signer of something verified, as observations tell it; where it is stored is not known.
baseline::ObservedSigner ObservedSignerOf(const sigstore::Verification& verification);

// The two views of one running manifest, its own and that of the index that lists it, as one: the better posture,
// the signers of both. An Unknown half makes the whole Unknown, but for an index that is gone beside a manifest that
// is signed itself.
Judged Merge(Judged own, Judged index);

}  // namespace plimsoll::observation
