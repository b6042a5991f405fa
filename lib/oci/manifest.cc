#include "manifest.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "json/json.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxValues = 250'000;

tl::unexpected<Error> Bad(std::string why) {
  return Fail(kMalformed, "the manifest " + std::move(why));
}

Result<Digest> DescriptorDigest(const json::Value& descriptor, std::string_view where) {
  auto digest = Digest::Parse(descriptor["digest"].StringOrEmpty());
  if (!digest) return Bad("has a descriptor without a usable digest in " + std::string(where));
  return digest;
}

Result<Layer> ReadLayer(const json::Value& value) {
  PLIMSOLL_ASSIGN(auto digest, DescriptorDigest(value, "layers"));
  Layer layer{.media_type = std::string(value["mediaType"].StringOrEmpty()),
              .digest = std::move(digest),
              .signature = {},
              .certificate = {},
              .chain = {},
              .bundle = {},
              .timestamp = {},
              .predicate_type = {}};
  const auto size = value["size"].Uint64();
  if (!size) return Bad("has a layer without a size");
  layer.size = *size;
  const auto annotations = value["annotations"];
  const auto signature = annotations["dev.cosignproject.cosign/signature"];
  layer.has_signature = signature.IsString();
  layer.signature = signature.StringOrEmpty();
  layer.certificate = annotations["dev.sigstore.cosign/certificate"].StringOrEmpty();
  layer.chain = annotations["dev.sigstore.cosign/chain"].StringOrEmpty();
  layer.bundle = annotations["dev.sigstore.cosign/bundle"].StringOrEmpty();
  layer.timestamp = annotations["dev.sigstore.cosign/rfc3161timestamp"].StringOrEmpty();
  layer.predicate_type = annotations["predicateType"].StringOrEmpty();
  return layer;
}

Result<ChildManifest> ReadChild(const json::Value& value) {
  PLIMSOLL_ASSIGN(auto digest, DescriptorDigest(value, "manifests"));
  ChildManifest child{
      .digest = std::move(digest), .media_type = {}, .is_index = false, .platform = {}};
  child.media_type = value["mediaType"].StringOrEmpty();
  child.is_index = IsIndexType(child.media_type);
  if (const auto platform = value["platform"]; platform.IsObject()) {
    child.platform = Platform{std::string(platform["os"].StringOrEmpty()),
                              std::string(platform["architecture"].StringOrEmpty()),
                              std::string(platform["variant"].StringOrEmpty())};
  }
  return child;
}

Status ReadIndex(const json::Value& root, const ManifestLimits& limits, Manifest& manifest) {
  const auto children = root["manifests"];
  if (!children.IsArray()) return Bad("is an index without a list of manifests");
  for (auto value = children.first(); !value.missing(); value = value.next()) {
    if (manifest.info.children.size() >= limits.max_children) {
      manifest.more_children = true;
      return {};
    }
    PLIMSOLL_ASSIGN(auto child, ReadChild(value));
    manifest.info.children.push_back(std::move(child));
  }
  return {};
}

Status ReadImage(const json::Value& root, const ManifestLimits& limits, Manifest& manifest) {
  const auto config = root["config"];
  if (!config.IsObject()) return Bad("has no config");
  PLIMSOLL_ASSIGN(manifest.info.config_digest, DescriptorDigest(config, "config"));
  if (manifest.artifact_type.empty()) manifest.artifact_type = config["mediaType"].StringOrEmpty();
  const auto layers = root["layers"];
  if (layers.present() && !layers.IsArray()) return Bad("has layers that are no list");
  for (auto value = layers.first(); !value.missing(); value = value.next()) {
    if (manifest.layers.size() >= limits.max_layers) {
      manifest.more_layers = true;
      return {};
    }
    PLIMSOLL_ASSIGN(auto layer, ReadLayer(value));
    manifest.layers.push_back(std::move(layer));
  }
  return {};
}

}  // namespace

const std::vector<std::string>& ManifestTypes() {
  static const std::vector<std::string> types{std::string(kOciManifest), std::string(kOciIndex),
                                              std::string(kDockerManifest),
                                              std::string(kDockerList), std::string(kOciArtifact)};
  return types;
}

bool IsManifestType(std::string_view media_type) {
  const auto& types = ManifestTypes();
  return std::find(types.begin(), types.end(), media_type) != types.end();
}

bool IsIndexType(std::string_view media_type) {
  return media_type == kOciIndex || media_type == kDockerList;
}

Result<Manifest> ParseManifest(std::string_view text, std::string_view media_type,
                               const Digest& digest, const ManifestLimits& limits) {
  if (!IsManifestType(media_type)) {
    return Fail(kMalformed, digest.text() + " is stored as \"" + Printable(media_type) +
                                "\", no type of manifest");
  }
  json::Limits json_limits;
  json_limits.max_bytes = limits.max_bytes;
  json_limits.max_depth = 32;
  json_limits.max_values = kMaxValues;
  auto document = json::Document::Parse(text, json_limits);
  if (!document) {
    return Fail(document.error().code,
                "the manifest " + digest.text() + ": " + document.error().message);
  }
  const auto root = document->root();
  if (!root.IsObject()) return Bad("is no JSON object");
  Manifest manifest{.info = ManifestInfo{.digest = digest,
                                         .media_type = std::string(media_type),
                                         .is_index = IsIndexType(media_type),
                                         .config_digest = {},
                                         .children = {}},
                    .artifact_type = std::string(root["artifactType"].StringOrEmpty()),
                    .predicate_type = {},
                    .layers = {}};
  if (media_type == kOciArtifact) return manifest;

  const auto version = root["schemaVersion"].Int64();
  if (!version || *version != 2) return Bad("is not of schema version 2");
  const auto inside = root["mediaType"].StringOrEmpty();
  if (!inside.empty() && inside != media_type) {
    return Bad("says that it is " + Printable(inside) + ", the registry says " +
               Printable(media_type));
  }
  if (root["manifests"].present() && (root["layers"].present() || root["config"].present())) {
    return Bad("is an index and an image at once");
  }
  manifest.predicate_type =
      root["annotations"]["dev.sigstore.bundle.predicateType"].StringOrEmpty();
  PLIMSOLL_TRY(manifest.info.is_index ? ReadIndex(root, limits, manifest)
                                      : ReadImage(root, limits, manifest));
  return manifest;
}

}  // namespace plimsoll::oci
