#include "base/encoding.h"
#include "base/printable.h"
#include "pem.h"
#include "proto_json.h"
#include "signed_entity.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

struct Annotations {
  std::string_view certificate;
  std::string_view chain;
  std::string_view bundle;
  std::string_view rfc3161_timestamp;
};

Status CheckSizes(const Annotations& annotations, const Limits& limits) {
  for (const std::string_view text : {annotations.certificate, annotations.chain,
                                      annotations.bundle, annotations.rfc3161_timestamp}) {
    if (text.size() > limits.annotation_bytes) {
      return Fail(kLimitExceeded, "an annotation has more than " +
                                      std::to_string(limits.annotation_bytes) + " bytes");
    }
  }
  return {};
}

// The first block is the leaf: some signers put the whole chain into this annotation. Issuers come from
// the trust root, so what follows is read for its form only.
Status ReadCertificate(std::string_view pem, const Limits& limits, SignedEntity& entity) {
  if (pem.empty()) return {};
  auto certificates = crypto::Certificate::ListFromPem(pem, limits.certificates);
  if (!certificates) {
    return Fail(certificates.error().code == kLimitExceeded ? kLimitExceeded : kMalformed,
                "the certificate annotation: " + certificates.error().message);
  }
  entity.certificate = certificates->front();
  return {};
}

Status CheckChain(std::string_view pem, const Limits& limits) {
  auto blocks = SplitPem(pem, limits.certificates);
  if (blocks) return {};
  return Fail(blocks.error().code, "the chain annotation: " + blocks.error().message);
}

// {"SignedEntryTimestamp":"<base64>","Payload":{"body":"<base64>","integratedTime":N,"logIndex":N,
// "logID":"<hex>"}}
Status ReadRekorBundle(std::string_view text, const Limits& limits, SignedEntity& entity) {
  if (text.empty()) return {};
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(text, limits.annotation_bytes, limits, "the bundle annotation"));
  const json::Value root = document.root();
  const json::Value payload = root["Payload"];
  PLIMSOLL_TRY(payload.Object());
  LogEntry entry;
  PLIMSOLL_ASSIGN(entry.promise, ProtoBytes(root["SignedEntryTimestamp"], limits.signature_bytes));
  PLIMSOLL_ASSIGN(const std::string_view body, payload["body"].String());
  auto decoded = Base64Decode(body);
  if (!decoded) return Fail(kMalformed, payload.Path() + ".body: expected base64");
  entry.body = std::move(*decoded);
  PLIMSOLL_ASSIGN(entry.integrated_time, payload["integratedTime"].Int64());
  PLIMSOLL_ASSIGN(entry.log_index, payload["logIndex"].Int64());
  PLIMSOLL_ASSIGN(const std::string_view log_id, payload["logID"].String());
  if (!IsLowerHex(log_id, 64)) {
    return Fail(kMalformed, payload.Path() + ".logID: expected 64 lower-case hexadecimal digits");
  }
  entry.log_id = std::string(log_id);
  if (entry.promise.empty()) {
    return Fail(kMalformed, "the bundle annotation has no SignedEntryTimestamp");
  }
  entity.entries.push_back(std::move(entry));
  return {};
}

// {"SignedRFC3161Timestamp":"<base64 DER>"}
Status ReadTimestamp(std::string_view text, const Limits& limits, SignedEntity& entity) {
  if (text.empty()) return {};
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(text, limits.annotation_bytes, limits, "the timestamp annotation"));
  const json::Value value = document.root()["SignedRFC3161Timestamp"];
  PLIMSOLL_ASSIGN(Bytes der, ProtoBytes(value, limits.timestamp_bytes));
  if (der.empty()) return Fail(kMalformed, value.Path() + ": expected a signed timestamp");
  entity.timestamps.push_back(std::move(der));
  return {};
}

Status ReadAnnotations(const Annotations& annotations, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_TRY(CheckSizes(annotations, limits));
  PLIMSOLL_TRY(ReadCertificate(annotations.certificate, limits, entity));
  PLIMSOLL_TRY(CheckChain(annotations.chain, limits));
  PLIMSOLL_TRY(ReadRekorBundle(annotations.bundle, limits, entity));
  return ReadTimestamp(annotations.rfc3161_timestamp, limits, entity);
}

}  // namespace

Status ReadClassic(const ClassicSignature& signature, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_ASSIGN(entity.simple, ParseSimpleSigning(signature.payload, limits));
  entity.content = ContentKind::kSimpleSigning;
  entity.signed_bytes = ToBytes(signature.payload);
  if (signature.signature.empty()) {
    return Fail(kMalformed, "the layer has no annotation dev.cosignproject.cosign/signature");
  }
  PLIMSOLL_ASSIGN(entity.signature, DecodeBase64Text(signature.signature, limits.signature_bytes,
                                                     "the signature annotation"));
  PLIMSOLL_TRY(ReadAnnotations(
      {signature.certificate, signature.chain, signature.bundle, signature.rfc3161_timestamp},
      limits, entity));
  entity.timestamped = entity.signature;
  return {};
}

Status ReadAttestation(const AttestationLayer& layer, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(layer.envelope, limits.payload_bytes, limits, "DSSE envelope"));
  PLIMSOLL_TRY(TakeEnvelope(document.root(), limits, entity));
  entity.envelope_digests.push_back(
      {Hash::kSha256, DigestOf(Hash::kSha256, AsBytes(layer.envelope))});
  PLIMSOLL_TRY(ReadAnnotations(
      {layer.certificate, layer.chain, layer.bundle, layer.rfc3161_timestamp}, limits, entity));
  entity.timestamped = ToBytes(layer.envelope);
  return {};
}

}  // namespace plimsoll::sigstore
