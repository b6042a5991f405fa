// The JSON texts of bundles, trust roots, payloads and manifests.
#include <algorithm>

#include "base/encoding.h"
#include "json/writer.h"
#include "support/virtual_sigstore/virtual_sigstore.h"

namespace plimsoll::test {
namespace {

void RawBytes(json::Writer& w, const Bytes& der) {
  w.BeginObject();
  w.Member("rawBytes", Base64Encode(der));
  w.EndObject();
}

void WriteCertificates(json::Writer& w, const SignedBundle& bundle) {
  switch (bundle.form) {
    case SignedBundle::Certificates::kSingle:
      w.Key("certificate");
      RawBytes(w, bundle.certificates.at(0));
      return;
    case SignedBundle::Certificates::kChain:
      w.Key("x509CertificateChain");
      w.BeginObject();
      w.Key("certificates");
      w.BeginArray();
      for (const Bytes& der : bundle.certificates) RawBytes(w, der);
      w.EndArray();
      w.EndObject();
      return;
    case SignedBundle::Certificates::kKeyHint:
      w.Key("publicKey");
      w.BeginObject();
      w.Member("hint", bundle.key_hint);
      w.EndObject();
      return;
  }
}

void WriteTimestamps(json::Writer& w, const std::vector<Bytes>& timestamps) {
  if (timestamps.empty()) return;
  w.Key("timestampVerificationData");
  w.BeginObject();
  w.Key("rfc3161Timestamps");
  w.BeginArray();
  for (const Bytes& timestamp : timestamps) {
    w.BeginObject();
    w.Member("signedTimestamp", Base64Encode(timestamp));
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
}

void WriteContent(json::Writer& w, const SignedBundle& bundle) {
  if (bundle.payload_type.empty()) {
    w.Key("messageSignature");
    w.BeginObject();
    w.Key("messageDigest");
    w.BeginObject();
    w.Member("algorithm", bundle.digest_algorithm);
    w.Member("digest", Base64Encode(bundle.digest));
    w.EndObject();
    if (!bundle.signatures.empty()) w.Member("signature", Base64Encode(bundle.signatures[0]));
    w.EndObject();
    return;
  }
  w.Key("dsseEnvelope");
  w.BeginObject();
  w.Member("payload", Base64Encode(AsBytes(bundle.payload)));
  w.Member("payloadType", bundle.payload_type);
  w.Key("signatures");
  w.BeginArray();
  for (const Bytes& signature : bundle.signatures) {
    w.BeginObject();
    w.Member("sig", Base64Encode(signature));
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
}

void WriteWindow(json::Writer& w, const TrustWindow& window) {
  w.Key("validFor");
  w.BeginObject();
  w.MemberIfSet("start", window.start);
  if (window.end == "null") {
    w.Key("end");
    w.Null();
  } else {
    w.MemberIfSet("end", window.end);
  }
  w.EndObject();
}

void WriteKeys(json::Writer& w, std::string_view name, const std::vector<TrustedKey>& keys) {
  w.Key(name);
  w.BeginArray();
  for (const TrustedKey& key : keys) {
    w.BeginObject();
    w.Member("baseUrl", key.url);
    w.Member("hashAlgorithm", "SHA2_256");
    w.Key("publicKey");
    w.BeginObject();
    w.Member("rawBytes", Base64Encode(key.key));
    w.Member("keyDetails", key.key_details);
    WriteWindow(w, key.window);
    w.EndObject();
    w.Key("logId");
    w.BeginObject();
    w.Member("keyId", Base64Encode(key.log_id));
    w.EndObject();
    w.EndObject();
  }
  w.EndArray();
}

void WriteChains(json::Writer& w, std::string_view name, const std::vector<TrustedChain>& chains) {
  w.Key(name);
  w.BeginArray();
  for (const TrustedChain& chain : chains) {
    w.BeginObject();
    w.Key("subject");
    w.BeginObject();
    w.Member("organization", chain.organization);
    w.Member("commonName", chain.common_name);
    w.EndObject();
    w.Member("uri", chain.url);
    w.Key("certChain");
    w.BeginObject();
    w.Key("certificates");
    w.BeginArray();
    for (const Bytes& der : chain.certificates) RawBytes(w, der);
    w.EndArray();
    w.EndObject();
    WriteWindow(w, chain.window);
    w.EndObject();
  }
  w.EndArray();
}

std::string DigestOf(std::string_view bytes) { return "sha256:" + Sha256Hex(AsBytes(bytes)); }

void WriteDescriptor(json::Writer& w, std::string_view media_type, std::string_view bytes) {
  w.Member("mediaType", media_type);
  w.Member("size", bytes.size());
  w.Member("digest", DigestOf(bytes));
}

constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

}  // namespace

std::string SignedBundle::Json() const {
  // Entries are rendered already, so the text is put together from parts.
  json::Writer certificate;
  certificate.BeginObject();
  WriteCertificates(certificate, *this);
  WriteTimestamps(certificate, timestamps);
  certificate.EndObject();
  std::string material = std::move(certificate).Take();
  if (!entries.empty()) {
    std::string list;
    for (const LoggedEntry& entry : entries) {
      if (!list.empty()) list += ",";
      list += entry.BundleJson();
    }
    material.insert(material.size() - 1, ",\"tlogEntries\":[" + list + "]");
  }
  json::Writer content;
  content.BeginObject();
  WriteContent(content, *this);
  content.EndObject();
  const std::string tail = std::move(content).Take();
  return "{\"mediaType\":" + json::Quote(media_type) + ",\"verificationMaterial\":" + material +
         "," + tail.substr(1, tail.size() - 2) + extra_members + "}";
}

std::map<std::string, std::string> ClassicSignature::Annotations() const {
  std::map<std::string, std::string> annotations{
      {"dev.cosignproject.cosign/signature", Base64Encode(signature)}};
  if (!certificate_pem.empty()) annotations["dev.sigstore.cosign/certificate"] = certificate_pem;
  if (!chain_pem.empty()) annotations["dev.sigstore.cosign/chain"] = chain_pem;
  if (entry) annotations["dev.sigstore.cosign/bundle"] = entry->AnnotationJson();
  if (timestamp) {
    annotations["dev.sigstore.cosign/rfc3161timestamp"] =
        "{\"SignedRFC3161Timestamp\":\"" + Base64Encode(*timestamp) + "\"}";
  }
  return annotations;
}

std::string TrustDocument::Json() const {
  json::Writer w;
  w.BeginObject();
  w.Member("mediaType", media_type);
  WriteKeys(w, "tlogs", logs);
  WriteChains(w, "certificateAuthorities", authorities);
  WriteKeys(w, "ctlogs", ct_logs);
  WriteChains(w, "timestampAuthorities", timestamp_authorities);
  w.EndObject();
  return std::move(w).Take();
}

std::string SimpleSigningText(std::string_view docker_reference, std::string_view manifest_digest,
                              const std::map<std::string, std::string>& optional) {
  std::string text =
      "{\"critical\":{\"identity\":{\"docker-reference\":" + json::Quote(docker_reference) +
      "},\"image\":{\"docker-manifest-digest\":" + json::Quote(manifest_digest) +
      "},\"type\":\"cosign container image signature\"},\"optional\":";
  if (optional.empty()) return text + "null}";
  char separator = '{';
  for (const auto& [name, value] : optional) {
    text += separator + json::Quote(name) + ":" + json::Quote(value);
    separator = ',';
  }
  return text + "}}";
}

std::string CosignStatement(std::string_view sha256_hex, StatementShape shape, bool spaced) {
  const std::string comma = spaced ? ", " : ",";
  std::string text = "{\"_type\":\"https://in-toto.io/Statement/v1\"" + comma +
                     "\"subject\":[{\"digest\":{\"sha256\":\"" + std::string(sha256_hex) + "\"}";
  if (shape != StatementShape::kBare) text += comma + "\"annotations\":{}";
  text += "}]" + comma + "\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\"";
  if (shape == StatementShape::kAnnotationsAndPredicate) text += comma + "\"predicate\":{}";
  return text + "}";
}

std::string PredicateStatement(std::string_view sha256_hex, std::string_view predicate_type,
                               std::string_view predicate_json) {
  return "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"crane\","
         "\"digest\":{\"sha256\":\"" +
         std::string(sha256_hex) + "\"}}],\"predicateType\":" + json::Quote(predicate_type) +
         ",\"predicate\":" + std::string(predicate_json) + "}";
}

std::string ProvenanceStatement(std::string_view sha256_hex, std::string_view version,
                                std::string_view builder, std::string_view name) {
  const bool v02 = version == "v0.2";
  const std::string by = builder.empty() ? "" : "\"builder\":{\"id\":" + json::Quote(builder) + "}";
  const std::string predicate =
      v02 ? "{" + by + (by.empty() ? "" : ",") +
                "\"buildType\":\"https://harbour.example/build/v1\",\"invocation\":{}}"
          : "{\"buildDefinition\":{\"buildType\":\"https://harbour.example/build/v1\","
            "\"externalParameters\":{}},\"runDetails\":{" +
                by + "}}";
  return std::string("{\"_type\":\"https://in-toto.io/Statement/") + (v02 ? "v0.1" : "v1") +
         "\",\"subject\":[{\"name\":" + json::Quote(name) + ",\"digest\":{\"sha256\":\"" +
         std::string(sha256_hex) + "\"}}],\"predicateType\":\"https://slsa.dev/provenance/" +
         std::string(version) + "\",\"predicate\":" + predicate + "}";
}

std::string PreAuthentication(std::string_view payload_type, std::string_view payload) {
  return "DSSEv1 " + std::to_string(payload_type.size()) + " " + std::string(payload_type) + " " +
         std::to_string(payload.size()) + " " + std::string(payload);
}

std::string EnvelopeJson(std::string_view payload, std::string_view payload_type,
                         ByteView signature) {
  json::Writer w;
  w.BeginObject();
  w.Member("payloadType", payload_type);
  w.Member("payload", Base64Encode(AsBytes(payload)));
  w.Key("signatures");
  w.BeginArray();
  w.BeginObject();
  w.Member("keyid", "");
  w.Member("sig", Base64Encode(signature));
  w.EndObject();
  w.EndArray();
  w.EndObject();
  return std::move(w).Take();
}

SignatureImage ClassicImage(const std::vector<ClassicSignature>& signatures, bool attestations) {
  constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
  const std::string_view layer_type = attestations
                                          ? "application/vnd.dsse.envelope.v1+json"
                                          : "application/vnd.dev.cosign.simplesigning.v1+json";
  SignatureImage image;
  image.blobs.push_back({std::string(kConfigType),
                         "{\"architecture\":\"\",\"os\":\"\",\"config\":{},\"rootfs\":"
                         "{\"type\":\"layers\",\"diff_ids\":[]}}"});
  json::Writer w;
  w.BeginObject();
  w.Member("schemaVersion", 2);
  w.Member("mediaType", kManifestType);
  w.Key("config");
  w.BeginObject();
  WriteDescriptor(w, kConfigType, image.blobs[0].bytes);
  w.EndObject();
  w.Key("layers");
  w.BeginArray();
  for (const ClassicSignature& signature : signatures) {
    w.BeginObject();
    WriteDescriptor(w, layer_type, signature.payload);
    w.Key("annotations");
    w.BeginObject();
    for (const auto& [name, value] : signature.Annotations()) w.Member(name, value);
    w.EndObject();
    w.EndObject();
    image.blobs.push_back({std::string(layer_type), signature.payload});
  }
  w.EndArray();
  w.EndObject();
  image.manifest = std::move(w).Take();
  return image;
}

SignatureImage BundleImage(const SignedBundle& bundle, std::string_view subject_digest,
                           std::size_t subject_size, std::string_view predicate_type) {
  SignatureImage image;
  image.blobs = {{"application/vnd.oci.empty.v1+json", "{}"},
                 {std::string(kBundleType), bundle.Json()}};
  json::Writer w;
  w.BeginObject();
  w.Member("schemaVersion", 2);
  w.Member("mediaType", kManifestType);
  w.Member("artifactType", kBundleType);
  w.Key("config");
  w.BeginObject();
  WriteDescriptor(w, "application/vnd.oci.empty.v1+json", "{}");
  w.EndObject();
  w.Key("layers");
  w.BeginArray();
  w.BeginObject();
  WriteDescriptor(w, kBundleType, image.blobs[1].bytes);
  w.EndObject();
  w.EndArray();
  w.Key("subject");
  w.BeginObject();
  w.Member("mediaType", kManifestType);
  w.Member("size", subject_size);
  w.Member("digest", subject_digest);
  w.EndObject();
  w.Key("annotations");
  w.BeginObject();
  w.Member("org.opencontainers.image.created", "2026-03-01T12:00:00Z");
  w.Member("dev.sigstore.bundle.content",
           bundle.payload_type.empty() ? "message-signature" : "dsse-envelope");
  if (!bundle.payload_type.empty()) w.Member("dev.sigstore.bundle.predicateType", predicate_type);
  w.EndObject();
  w.EndObject();
  image.manifest = std::move(w).Take();
  return image;
}

}  // namespace plimsoll::test
