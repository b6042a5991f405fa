// One image (repository and digest) -> everything that is stored about its signatures, in every
// storage form.
//
// Read are, in each place: the `.sig` tag, the `.att` tag, the referrers API and the referrers
// fallback tag (always both: a registry that gained the API may not list what was stored under the
// tag before). In referrers: sigstore bundles, cosign's experimental OCI 1.1 simple signing, DSSE
// envelopes. A listed artifactType is a hint and may be wrong: each listed manifest is looked at.
// What a statement says is not looked at: kinds of attestation are told apart by whoever verifies
// them.
//
// The answer is complete when `unknown` is empty: each form was answered authoritatively. An
// absence may be concluded only from a complete answer whose control held (`control == kPresent`:
// the image's own manifest was answered 200 in one of the places searched, in this observation,
// with the same credential as the rest of that place). `ProvesAbsence()` says so.
//
// Limits are at least cosign's own (1,000 signatures, 4 MiB a manifest). A limit ends the search
// there and is a fact about the image; what was found before it counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "oci/registry.h"

namespace plimsoll::oci {

enum class StorageForm {
  kSignatureTag,    // <alg>-<hex>.sig
  kAttestationTag,  // <alg>-<hex>.att
  kReferrer,        // listed by the referrers API
  kReferrerTag,     // listed under the fallback tag
};
// "SignatureTag", "AttestationTag", "Referrer", "ReferrerTag".
std::string_view StorageFormName(StorageForm form);

// Where it was searched.
enum class PlaceRole {
  kImage,                // the image's own repository
  kSignatureRepository,  // the configured one (as COSIGN_REPOSITORY)
  kUpstream,             // what the image's repository mirrors
  kUpstreamSignatureRepository,
};

struct Place {
  Repository repository;
  PlaceRole role = PlaceRole::kImage;
};

// One layer of a cosign signature manifest. The text is as the registry served it, unverified.
struct SimpleSigning {
  std::string payload;      // has the digest that its layer states
  std::string signature;    // dev.cosignproject.cosign/signature: base64
  std::string certificate;  // dev.sigstore.cosign/certificate: PEM
  std::string chain;        // dev.sigstore.cosign/chain: PEM
  std::string bundle;       // dev.sigstore.cosign/bundle: JSON with the SET
  std::string timestamp;    // dev.sigstore.cosign/rfc3161timestamp: JSON
};

struct Bundle {
  std::string bytes;       // JSON of dev.sigstore.bundle
  std::string media_type;  // of the layer
};

// A DSSE envelope outside a bundle, with the annotations of its layer.
struct Dsse {
  std::string bytes;
  std::string certificate, chain, bundle, timestamp;
};

struct Material {
  StorageForm storage = StorageForm::kSignatureTag;
  std::size_t place = 0;  // index into DiscoveryResult::places
  Digest manifest;        // of the manifest that carries it
  std::size_t layer = 0;  // its place in that manifest
  Digest blob;            // of the payload, bundle or envelope
  std::variant<SimpleSigning, Bundle, Dsse> content;
};

// Something complete that cannot be used: its author chose it.
struct Fact {
  Reason code;  // kMalformed or kLimitExceeded
  std::string message;
  std::optional<StorageForm> storage;  // absent: the image's own manifest
  std::size_t place = 0;
  std::string digest;  // of the manifest or blob, where there is one
};

enum class Control {
  kUnknown,  // could not be asked
  kPresent,  // 200 in one of the places
  kMissing,  // each place answered authoritatively that it is not there
};

// What was seen at one form of one place, so that it can be asked whether it changed.
struct Validator {
  bool present = false;
  std::string etag;
  std::string digest;  // of the manifest, or of all pages of the referrers API
  friend bool operator==(const Validator&, const Validator&) = default;
};

// Opaque to callers: handed back with the next request for the same image and places.
struct Validators {
  std::map<std::string, Validator> entries;  // by "<place>/<form>"
  bool empty() const { return entries.empty(); }
};

struct RequestCounts {
  std::uint32_t total = 0;
  std::uint32_t manifest_gets = 0;  // what Docker Hub counts
  std::uint32_t heads = 0;
  std::uint32_t blob_gets = 0;
  std::uint32_t token_requests = 0;
};

struct DiscoveryRequest {
  Repository repository;
  Digest digest;
  // Where to look; empty: the repository alone. The first must be the image's own (places.h makes
  // the list).
  std::vector<Place> places;
  Access access;  // access.fresh makes it a confirmation
  // Of the last complete answer for this image: then an unchanged image costs no manifest GET.
  Validators previous;
};

struct DiscoveryResult {
  std::vector<Place> places;
  // True when everything is as `previous` said: nothing was read, `materials` is empty and means
  // nothing.
  bool unchanged = false;
  std::vector<Material> materials;
  std::vector<Fact> facts;
  // The first answer that is missing. Absent: complete.
  std::optional<Failure> unknown;

  Control control = Control::kUnknown;
  std::optional<std::size_t> control_place;
  std::optional<ManifestInfo>
      manifest;  // of the image, from the place where it was read; absent when unchanged
  CredentialKind credential =
      CredentialKind::kAnonymous;  // the one that answered in the image's own place

  Validators validators;  // complete answers only
  RequestCounts requests;

  bool Complete() const { return !unknown.has_value(); }
  // Nothing is stored in any form, and that is certain.
  bool ProvesAbsence() const {
    return Complete() && !unchanged && control == Control::kPresent && materials.empty() &&
           facts.empty();
  }
};

}  // namespace plimsoll::oci
