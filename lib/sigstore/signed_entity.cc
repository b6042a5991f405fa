#include "signed_entity.h"

#include "base/encoding.h"
#include "base/printable.h"
#include "dsse.h"
#include "json/writer.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

// intoto 0.0.1 records only the hash of the envelope as it was submitted: these are the spellings of
// sigstore-go and of cosign.
std::vector<Digest> EnvelopeDigests(const DsseEnvelope& envelope) {
  const std::string payload = Base64Encode(AsBytes(envelope.payload));
  const std::string type = json::Quote(envelope.payload_type);
  const std::string signature = Base64Encode(envelope.signatures.front().signature);
  const std::string key_id = json::Quote(envelope.signatures.front().key_id);
  const std::string go = "{\"payload\":\"" + payload + "\",\"payloadType\":" + type +
                         ",\"signatures\":[{\"sig\":\"" + signature + "\"}]}";
  const std::string cosign = "{\"payloadType\":" + type + ",\"payload\":\"" + payload +
                             "\",\"signatures\":[{\"keyid\":" + key_id + ",\"sig\":\"" + signature +
                             "\"}]}";
  std::vector<Digest> digests;
  for (const std::string& text : {go, cosign}) {
    digests.push_back({Hash::kSha256, DigestOf(Hash::kSha256, AsBytes(text))});
  }
  return digests;
}

}  // namespace

Status TakeEnvelope(const json::Value& value, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_ASSIGN(DsseEnvelope envelope, ReadDsseEnvelope(value, limits));
  if (envelope.signatures.size() != 1) {
    return Fail(envelope.signatures.empty() ? kMalformed : kUnsupportedFormat,
                "DSSE envelope: expected exactly one signature, found " +
                    std::to_string(envelope.signatures.size()));
  }
  if (envelope.payload_type != kInTotoPayloadType) {
    return Fail(kUnsupportedFormat, "DSSE envelope: expected the payload type " +
                                        std::string(kInTotoPayloadType) + ", found \"" +
                                        Printable(envelope.payload_type, 96) + "\"");
  }
  PLIMSOLL_TRY(TakeStatement(envelope.payload, limits, entity));
  entity.signature = envelope.signatures.front().signature;
  entity.envelope_digests = EnvelopeDigests(envelope);
  return {};
}

Status TakeStatement(std::string_view payload, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_ASSIGN(entity.statement, ParseStatement(payload, limits));
  entity.content = ContentKind::kStatement;
  entity.signed_bytes = PreAuthenticationEncoding(kInTotoPayloadType, payload);
  entity.statement_payload = std::string(payload);
  return {};
}

}  // namespace plimsoll::sigstore
