#include "material_reader.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"

namespace plimsoll::oci {
namespace {

constexpr std::string_view kSimpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view kDsseType = "application/vnd.dsse.envelope.v1+json";
constexpr std::string_view kBundlePrefix = "application/vnd.dev.sigstore.bundle";
constexpr std::size_t kMaxFacts = 64;

// What a statement of this predicate could be to us. Only used for attestations that are too large to be read: a large
// SBOM must not make an unsigned image unverifiable.
bool MayCount(std::string_view predicate_type) {
  return predicate_type.empty() || predicate_type.starts_with("https://slsa.dev/provenance/") ||
         predicate_type.starts_with("https://sigstore.dev/cosign/sign/");
}

}  // namespace

void MaterialReader::AddFact(Reason code, std::string message, std::optional<StorageForm> storage,
                             std::size_t place, std::string digest) {
  if (result_.facts.size() >= kMaxFacts) return;
  result_.facts.push_back({code, std::move(message), storage, place, std::move(digest)});
}

bool MaterialReader::Note(const Failure& failure, const MaterialSource& source,
                          const std::string& digest) {
  if (failure.IsFact()) {
    AddFact(failure.error.code, failure.error.message, source.storage, source.place, digest);
    return true;
  }
  if (!result_.unknown) result_.unknown = failure;
  return failure.error.code != kRegistryUnreachable && failure.error.code != kRegistryThrottled;
}

bool MaterialReader::Spend(std::size_t bytes, const MaterialSource& source) {
  if (!full_ && bytes_ + bytes <= limits_.max_observation_bytes) {
    bytes_ += bytes;
    return true;
  }
  if (!full_) {
    full_ = true;
    AddFact(kLimitExceeded,
            "the image's signatures and attestations have more than " +
                std::to_string(limits_.max_observation_bytes >> 20) +
                " MiB; what came first counts",
            source.storage, source.place, "");
  }
  return false;
}

MaterialReader::Kind MaterialReader::KindOf(const Layer& layer, StorageForm storage) {
  if (layer.media_type == kSimpleSigningType) return Kind::kSimpleSigning;
  if (layer.media_type == kDsseType) return Kind::kDsse;
  if (layer.media_type.starts_with(kBundlePrefix)) return Kind::kBundle;
  if (storage == StorageForm::kSignatureTag && layer.has_signature) return Kind::kSimpleSigning;
  return Kind::kOther;
}

bool MaterialReader::IsForeign(const Manifest& manifest, StorageForm storage) {
  return !manifest.more_layers &&
         std::all_of(manifest.layers.begin(), manifest.layers.end(),
                     [&](const Layer& layer) { return KindOf(layer, storage) == Kind::kOther; });
}

bool MaterialReader::ReadLayers(Session& session, const Manifest& manifest,
                                const MaterialSource& source) {
  blobs_.clear();
  for (std::size_t i = 0; i < manifest.layers.size() && !full_; ++i) {
    if (!ReadLayer(session, manifest, i, source)) return false;
  }
  blobs_.clear();
  if (manifest.more_layers) {
    AddFact(kLimitExceeded,
            "the manifest has more than " + std::to_string(limits_.max_signatures) +
                " layers; the first ones count",
            source.storage, source.place, manifest.info.digest.text());
  }
  return true;
}

const std::string* MaterialReader::Blob(Session& session, const Layer& layer, std::size_t max_bytes,
                                        const MaterialSource& source, bool& go_on) {
  const auto& name = layer.digest.text();
  // Each layer keeps a copy, so each is counted: one blob listed a thousand times must not become a thousand.
  if (const auto known = blobs_.find(name); known != blobs_.end()) {
    return Spend(known->second.size(), source) ? &known->second : nullptr;
  }
  if (layer.size > max_bytes) {
    AddFact(kLimitExceeded,
            "a layer has " + std::to_string(layer.size) + " bytes; at most " +
                std::to_string(max_bytes) + " are read",
            source.storage, source.place, name);
    return nullptr;
  }
  auto blob = GetBlob(session, layer.digest, max_bytes);
  if (!blob) {
    go_on = Note(blob.error(), source, name);
    return nullptr;
  }
  if (!Spend(blob->size(), source)) return nullptr;
  return &blobs_.emplace(name, std::move(*blob)).first->second;
}

bool MaterialReader::ReadLayer(Session& session, const Manifest& manifest, std::size_t index,
                               const MaterialSource& source) {
  const auto& layer = manifest.layers[index];
  const auto kind = KindOf(layer, source.storage);
  if (kind == Kind::kOther) {
    if (source.storage == StorageForm::kSignatureTag) {
      AddFact(kMalformed,
              "a layer of type " + Printable(layer.media_type) +
                  " stands where a signature is expected",
              source.storage, source.place, manifest.info.digest.text());
    }
    return true;
  }
  const auto max_bytes =
      kind == Kind::kSimpleSigning ? limits_.max_payload_bytes : limits_.max_bundle_bytes;
  const auto& predicate =
      layer.predicate_type.empty() ? manifest.predicate_type : layer.predicate_type;
  if (layer.size > max_bytes && kind != Kind::kSimpleSigning && !MayCount(predicate)) return true;

  bool go_on = true;
  const auto* bytes = Blob(session, layer, max_bytes, source, go_on);
  if (bytes == nullptr) return go_on;
  Material material{.storage = source.storage,
                    .place = source.place,
                    .manifest = manifest.info.digest,
                    .layer = index,
                    .blob = layer.digest,
                    .content = {}};
  switch (kind) {
    case Kind::kSimpleSigning:
      material.content = SimpleSigning{.payload = *bytes,
                                       .signature = layer.signature,
                                       .certificate = layer.certificate,
                                       .chain = layer.chain,
                                       .bundle = layer.bundle,
                                       .timestamp = layer.timestamp};
      break;
    case Kind::kBundle:
      material.content = Bundle{.bytes = *bytes, .media_type = layer.media_type};
      break;
    default:
      material.content = Dsse{.bytes = *bytes,
                              .certificate = layer.certificate,
                              .chain = layer.chain,
                              .bundle = layer.bundle,
                              .timestamp = layer.timestamp};
  }
  result_.materials.push_back(std::move(material));
  return true;
}

}  // namespace plimsoll::oci
