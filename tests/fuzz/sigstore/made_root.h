// The verifier of the virtual Sigstore that made the corpora, so that an input gets as deep as it can, and what
// every answer must hold whatever the input was.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/digest.h"
#include "sigstore/verifier.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::fuzz {

inline const sigstore::Verifier& MadeVerifier() {
  static const sigstore::Verifier verifier = [] {
    const test::VirtualSigstore sigstore;
    auto root = sigstore::TrustRoot::FromJson(sigstore.Trust().Json());
    if (!root) std::abort();
    auto made = sigstore::Verifier::Create(std::move(*root));
    if (!made) std::abort();
    return std::move(*made);
  }();
  return verifier;
}

inline sigstore::Expected MadeImage() {
  sigstore::Expected expected;
  expected.digests = {"sha256:" + Sha256Hex(AsBytes("an image manifest"))};
  return expected;
}

inline void CheckAnswer(const sigstore::Verification& v) {
  if (v.verified()) {
    if (!v.signer || !v.reason.empty() || !v.message.empty()) std::abort();
    if (v.signer->kind == sigstore::SignerKind::kKeyless && (!v.log || v.times.empty()))
      std::abort();
    return;
  }
  const auto reasons = sigstore::AllReasons();
  if (std::find(reasons.begin(), reasons.end(), v.reason) == reasons.end()) std::abort();
  if (v.message.empty() || (v.signer && !v.verifies_unlogged)) std::abort();
  const bool invalid = sigstore::ClassOf(v.reason) == sigstore::ReasonClass::kInvalid;
  if (invalid != (v.outcome == sigstore::Outcome::kInvalid)) std::abort();
}

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace plimsoll::fuzz
