#include "entry_body.h"

#include "base/encoding.h"
#include "base/printable.h"
#include "proto_json.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::string_view kWhat = "log entry";
constexpr std::size_t kMaxDigestBytes = 64;
constexpr std::size_t kMaxKeyBytes = 16u << 10;

Error OurError(const Error& error, std::string_view what) {
  const bool kept = error.code == kLimitExceeded || error.code == crypto::kUnsupportedAlgorithm;
  return {error.code == crypto::kUnsupportedAlgorithm ? kUnsupportedAlgorithm
          : kept                                      ? error.code
                                                      : kMalformed,
          std::string(kWhat) + ": " + std::string(what) + ": " + error.message, false};
}

Result<LogVerifier> CertificateOf(Result<crypto::Certificate> certificate) {
  if (!certificate) return Forward(OurError(certificate.error(), "its certificate"));
  return LogVerifier(std::move(*certificate));
}

Result<LogVerifier> KeyOf(Result<crypto::PublicKey> key) {
  if (!key) return Forward(OurError(key.error(), "its public key"));
  return LogVerifier(std::move(*key));
}

// Base64 of a PEM certificate or public key: Rekor v1.
Result<LogVerifier> ReadPemVerifier(const json::Value& value, const Limits& limits) {
  PLIMSOLL_ASSIGN(const Bytes pem, ProtoBytes(value, 2 * limits.certificate_bytes));
  const std::string_view text = AsText(pem);
  if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    return CertificateOf(crypto::Certificate::FromPem(text));
  }
  return KeyOf(crypto::PublicKey::FromPem(text));
}

// {keyDetails, x509Certificate | publicKey}: Rekor v2.
Result<LoggedSignature> ReadV2Signature(const json::Value& value, const Limits& limits) {
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(Bytes signature, ProtoBytes(value["content"], limits.signature_bytes));
  const json::Value verifier = value["verifier"];
  PLIMSOLL_TRY(verifier.Object());
  PLIMSOLL_ASSIGN(const std::string details, ProtoString(verifier["keyDetails"]));
  auto algorithm = crypto::AlgorithmOfKeyDetails(details);
  if (!algorithm) {
    return Fail(kUnsupportedAlgorithm, std::string(kWhat) + ": key details \"" +
                                           Printable(details, 64) + "\" are not supported");
  }
  const json::Value certificate = verifier["x509Certificate"];
  const json::Value key = verifier["publicKey"];
  if (certificate.present() == key.present()) {
    return Fail(kMalformed, verifier.Path() + ": expected a certificate or a public key");
  }
  if (certificate.present()) {
    PLIMSOLL_ASSIGN(const Bytes der, ProtoBytes(certificate["rawBytes"], limits.certificate_bytes));
    PLIMSOLL_ASSIGN(LogVerifier parsed, CertificateOf(crypto::Certificate::FromDer(der)));
    return LoggedSignature{std::move(signature), std::move(parsed), *algorithm};
  }
  PLIMSOLL_ASSIGN(const Bytes der, ProtoBytes(key["rawBytes"], kMaxKeyBytes));
  PLIMSOLL_ASSIGN(LogVerifier parsed, KeyOf(crypto::KeyOfDetails(der, details)));
  return LoggedSignature{std::move(signature), std::move(parsed), *algorithm};
}

// {"algorithm":"sha256","value":"<hex>"}
Result<Digest> ReadHexDigest(const json::Value& value) {
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(const std::string name, ProtoString(value["algorithm"]));
  const auto hash = HashOfName(name);
  if (!hash) {
    return Fail(kUnsupportedAlgorithm, value.Path() +
                                           ".algorithm: expected sha256, sha384 or sha512, "
                                           "found \"" +
                                           Printable(name, 32) + "\"");
  }
  PLIMSOLL_ASSIGN(Bytes digest, HexField(value["value"], kMaxDigestBytes));
  if (digest.size() != SizeOf(*hash)) {
    return Fail(kMalformed, value.Path() + ".value: expected a digest of " +
                                std::to_string(SizeOf(*hash)) + " bytes");
  }
  return Digest{*hash, std::move(digest)};
}

// {"algorithm":"SHA2_256","digest":"<base64>"}
Result<Digest> ReadProtoDigest(const json::Value& value) {
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(const std::string name, ProtoString(value["algorithm"]));
  const auto hash = HashOfProtoName(name);
  if (!hash) {
    return Fail(kUnsupportedAlgorithm, value.Path() +
                                           ".algorithm: expected SHA2_256, SHA2_384 or "
                                           "SHA2_512, found \"" +
                                           Printable(name, 32) + "\"");
  }
  PLIMSOLL_ASSIGN(Bytes digest, ProtoBytes(value["digest"], kMaxDigestBytes));
  if (digest.size() != SizeOf(*hash)) {
    return Fail(kMalformed, value.Path() + ".digest: expected a digest of " +
                                std::to_string(SizeOf(*hash)) + " bytes");
  }
  return Digest{*hash, std::move(digest)};
}

template <class Read>
Status ReadSignatures(const json::Value& array, const Limits& limits, EntryBody& body,
                      const Read& read) {
  PLIMSOLL_TRY(array.Array());
  if (array.size() == 0) return Fail(kMalformed, array.Path() + ": expected a signature");
  if (array.size() > limits.dsse_signatures) {
    return Fail(kLimitExceeded, array.Path() + ": more than " +
                                    std::to_string(limits.dsse_signatures) + " signatures");
  }
  for (json::Value s = array.first(); !s.missing(); s = s.next()) {
    PLIMSOLL_ASSIGN(LoggedSignature signature, read(s));
    body.signatures.push_back(std::move(signature));
  }
  return {};
}

// hashedrekord 0.0.1 and rekord 0.0.1 share their shape; rekord also names the key's format.
Status ReadHashedRekordV1(const json::Value& spec, const Limits& limits, EntryBody& body) {
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(spec["data"]["hash"]));
  const json::Value signature = spec["signature"];
  if (body.kind == "rekord" && signature["format"].StringOrEmpty() != "x509") {
    return Fail(kUnsupportedFormat, std::string(kWhat) + ": a rekord entry of format \"" +
                                        Printable(signature["format"].StringOrEmpty(), 32) + "\"");
  }
  PLIMSOLL_ASSIGN(Bytes content, ProtoBytes(signature["content"], limits.signature_bytes));
  PLIMSOLL_ASSIGN(LogVerifier verifier, ReadPemVerifier(signature["publicKey"]["content"], limits));
  body.signatures.push_back({std::move(content), std::move(verifier), std::nullopt});
  return {};
}

Status ReadHashedRekordV2(const json::Value& spec, const Limits& limits, EntryBody& body) {
  const json::Value record = spec["hashedRekordV002"];
  PLIMSOLL_ASSIGN(body.digest, ReadProtoDigest(record["data"]));
  PLIMSOLL_ASSIGN(LoggedSignature signature, ReadV2Signature(record["signature"], limits));
  body.signatures.push_back(std::move(signature));
  return {};
}

Status ReadDsseV1(const json::Value& spec, const Limits& limits, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(spec["payloadHash"]));
  return ReadSignatures(
      spec["signatures"], limits, body, [&](const json::Value& s) -> Result<LoggedSignature> {
        PLIMSOLL_ASSIGN(Bytes content, ProtoBytes(s["signature"], limits.signature_bytes));
        PLIMSOLL_ASSIGN(LogVerifier verifier, ReadPemVerifier(s["verifier"], limits));
        return LoggedSignature{std::move(content), std::move(verifier), {}};
      });
}

Status ReadDsseV2(const json::Value& spec, const Limits& limits, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value record = spec["dsseV002"];
  PLIMSOLL_ASSIGN(body.digest, ReadProtoDigest(record["payloadHash"]));
  return ReadSignatures(record["signatures"], limits, body,
                        [&](const json::Value& s) { return ReadV2Signature(s, limits); });
}

Status ReadIntotoV1(const json::Value& spec, const Limits& limits, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value content = spec["content"];
  PLIMSOLL_ASSIGN(body.envelope_digest, ReadHexDigest(content["hash"]));
  // Entries of 2021 record the envelope's hash only.
  if (content["payloadHash"].present()) {
    PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(content["payloadHash"]));
  } else {
    body.digest = *body.envelope_digest;
  }
  PLIMSOLL_ASSIGN(LogVerifier verifier, ReadPemVerifier(spec["publicKey"], limits));
  body.signatures.push_back({{}, std::move(verifier), std::nullopt});
  return {};
}

Status ReadIntotoV2(const json::Value& spec, const Limits& limits, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value content = spec["content"];
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(content["payloadHash"]));
  return ReadSignatures(
      content["envelope"]["signatures"], limits, body,
      [&](const json::Value& s) -> Result<LoggedSignature> {
        // The kind encodes the envelope's own base64 text once more. What is no base64 inside is
        // kept as it stands: genuinely logged, and no signature of ours.
        PLIMSOLL_ASSIGN(const Bytes text, ProtoBytes(s["sig"], 2 * limits.signature_bytes));
        auto inner = DecodeBase64Text(AsText(text), limits.signature_bytes, s.Path());
        Bytes signature = inner ? std::move(*inner) : text;
        PLIMSOLL_ASSIGN(LogVerifier verifier, ReadPemVerifier(s["publicKey"], limits));
        return LoggedSignature{std::move(signature), std::move(verifier), {}};
      });
}

Status ReadSpec(const json::Value& spec, const Limits& limits, EntryBody& body) {
  const std::string kind = body.KindVersion();
  if (kind == "hashedrekord/0.0.1" || kind == "rekord/0.0.1") {
    return ReadHashedRekordV1(spec, limits, body);
  }
  if (kind == "hashedrekord/0.0.2") return ReadHashedRekordV2(spec, limits, body);
  if (kind == "dsse/0.0.1") return ReadDsseV1(spec, limits, body);
  if (kind == "dsse/0.0.2") return ReadDsseV2(spec, limits, body);
  if (kind == "intoto/0.0.1") return ReadIntotoV1(spec, limits, body);
  if (kind == "intoto/0.0.2") return ReadIntotoV2(spec, limits, body);
  return Fail(kUnsupportedFormat, std::string(kWhat) + ": kind \"" + Printable(kind, 64) +
                                      "\" is not one that records container signatures");
}

}  // namespace

Result<EntryBody> ParseEntryBody(ByteView bytes, const Limits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(AsText(bytes), limits.entry_body_bytes, limits, kWhat));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  EntryBody body;
  PLIMSOLL_ASSIGN(body.kind, ProtoString(root["kind"]));
  PLIMSOLL_ASSIGN(body.version, ProtoString(root["apiVersion"]));
  PLIMSOLL_TRY(ReadSpec(root["spec"], limits, body));
  return body;
}

}  // namespace plimsoll::sigstore
