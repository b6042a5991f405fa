// The verifier: bytes, expected digests and trust root in; signer, times and log evidence, or one
// reason, out.
//
// It opens no socket, reads no clock, starts no thread. Built fully validated by `Create`, const
// afterwards; one Verifier may be used by several threads at once.
//
// Contract, for each of the three forms:
//  1. The whole input is within `Limits` and strictly parsed (duplicate names, two spellings:
//  refused).
//  2. Every log entry of a known log must hold in all that it carries (SET, inclusion proof,
//  checkpoint), and
//     must be the entry of exactly this signature, key or certificate, and digest. Entries of
//     unknown logs do not count. The logged body is never re-serialised.
//  3. Times: the integrated time under a verified SET; RFC 3161 timestamps by known authorities.
//  4. Keyless: the chain leads to a known authority at every verified time; an SCT verifies; one
//  log entry
//     and one time are needed. The chain in the input is never trusted.
//     Key-based: under a configured key; or under the key of the bound, verified log entry, which
//     then is the signer.
//  5. The signature verifies over the bytes, and these are about one of the expected digests.
// Deliberately not checked: who may sign (identities are reported exactly; judging them is policy),
// and whether docker-reference names the repository (it is reported).
//
// Follows cosign's specs/SIGNATURE_SPEC.md, the client specification of sigstore/architecture-docs,
// RFC 6962, RFC 9162 2.1.3, RFC 3161, C2SP tlog-checkpoint and signed-note, and DSSE 1.0.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sigstore/limits.h"
#include "sigstore/trust_root.h"
#include "sigstore/verification.h"

namespace plimsoll::sigstore {

struct VerifierOptions {
  // PEM public keys (SubjectPublicKeyInfo; one text may hold several) that verify signatures
  // without a log.
  std::vector<std::string> public_keys_pem;
  // Only configured keys may sign (verify-bundle --key): certificates and logged keys do not count.
  bool only_configured_keys = false;
  Limits limits;
};

// What the signature has to be about.
struct Expected {
  // "sha256:<hex>" (or sha384, sha512) of the image manifest or artifact; any one of them is
  // enough.
  std::vector<std::string> digests;
  // The artifact's own bytes, where the caller has them: needed only for message signatures by keys
  // whose hash is not among `digests` (P-384, Ed25519). The caller keeps them alive.
  std::optional<std::string_view> content;
  // SubjectPublicKeyInfo, base64, of keys that are trusted for this repository when they are logged
  // (Verification::verifies_unlogged).
  std::vector<std::string> known_keys;
};

// One layer of a `.sig` manifest: the blob and its annotations, each as it stands there; empty is
// absent.
struct ClassicSignature {
  std::string_view payload;            // the layer's bytes: simple signing JSON
  std::string_view signature;          // dev.cosignproject.cosign/signature: base64
  std::string_view certificate;        // dev.sigstore.cosign/certificate: PEM
  std::string_view chain;              // dev.sigstore.cosign/chain: PEM
  std::string_view bundle;             // dev.sigstore.cosign/bundle: JSON with the SET
  std::string_view rfc3161_timestamp;  // dev.sigstore.cosign/rfc3161timestamp: JSON
};

// One layer of a `.att` manifest: a DSSE envelope and its annotations.
struct AttestationLayer {
  std::string_view envelope;
  std::string_view certificate;
  std::string_view chain;
  std::string_view bundle;
  std::string_view rfc3161_timestamp;
};

class Verifier {
 public:
  // Errors: kMalformed, kUnsupportedAlgorithm, kLimitExceeded (a configured key).
  static Result<Verifier> Create(TrustRoot root, VerifierOptions options = {});
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  Verification VerifyClassic(const ClassicSignature& signature, const Expected& expected) const;
  Verification VerifyAttestation(const AttestationLayer& layer, const Expected& expected) const;
  // A Sigstore bundle (JSON), v0.1 to v0.3.
  Verification VerifyBundle(std::string_view bundle, const Expected& expected) const;

  // A Rekor v1 REST LogEntry ({"<uuid>": {body, integratedTime, logID, logIndex, verification}}),
  // against payloads that may have been signed: a simple signing payload, or an in-toto statement
  // (the payload of a DSSE envelope). Verifies all of it: SET, inclusion, body, signature over one
  // of the payloads, and for keyless chain and SCT at the integrated time. `expected.digests` binds
  // the payload to the image.
  Verification VerifyLogEntry(std::string_view rest_entry, std::span<const std::string> payloads,
                              const Expected& expected) const;

  const TrustRoot& trust_root() const;

 private:
  struct Impl;
  explicit Verifier(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace plimsoll::sigstore
