// Image manifests and indexes (OCI image-spec 1.1, docker image manifest version 2 schema 2), parsed.
//
// Bounds: the caller's for bytes, depth 32, 250,000 JSON values. kMalformed and kLimitExceeded are facts about the
// image: whoever wrote the manifest chose them. A manifest that says two things at once (layers and manifests, another
// media type inside than outside) is kMalformed: two readers must not see two images.
// Not checked: digests of what it names; that is done when those are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oci/registry.h"

namespace plimsoll::oci {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
// Of OCI 1.1's release candidates; still listed as a referrer by some registries. Never looked into.
inline constexpr std::string_view kOciArtifact = "application/vnd.oci.artifact.manifest.v1+json";

// What we ask for wherever a manifest is read: everything a pusher can put there, so that nobody makes an answer
// unknown by choosing the other kind of manifest.
const std::vector<std::string>& ManifestTypes();
bool IsManifestType(std::string_view media_type);
bool IsIndexType(std::string_view media_type);

struct Layer {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string signature;       // dev.cosignproject.cosign/signature
  bool has_signature = false;  // the annotation is there, perhaps empty
  std::string certificate;     // dev.sigstore.cosign/certificate
  std::string chain;           // dev.sigstore.cosign/chain
  std::string bundle;          // dev.sigstore.cosign/bundle
  std::string timestamp;       // dev.sigstore.cosign/rfc3161timestamp
  std::string predicate_type;  // predicateType
};

struct Manifest {
  ManifestInfo info;
  std::string artifact_type;
  std::string predicate_type;  // annotation dev.sigstore.bundle.predicateType
  std::vector<Layer> layers;   // of an image, at most max_layers
  bool more_layers = false;    // there were more
  bool more_children = false;
};

struct ManifestLimits {
  std::size_t max_bytes = 4u << 20;
  std::size_t max_layers = 1'000;
  std::size_t max_children = 1'000;
};

// `media_type` is the answer's Content-Type: kMalformed when it is none of ManifestTypes. `digest` is that of `text`.
Result<Manifest> ParseManifest(std::string_view text, std::string_view media_type,
                               const Digest& digest, const ManifestLimits& limits);

}  // namespace plimsoll::oci
