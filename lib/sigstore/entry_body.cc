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

// Reads verifiers, and what the carrier has already decoded only once.
class VerifierReader {
 public:
  VerifierReader(const Limits& limits, const KnownVerifiers& known)
      : limits_(limits), known_(known) {}

  const Limits& limits() const { return limits_; }

  // Base64 of a PEM certificate or public key: Rekor v1.
  Result<LogVerifier> ReadPem(const json::Value& value) const {
    PLIMSOLL_ASSIGN(const Bytes pem, ProtoBytes(value, 2 * limits_.certificate_bytes));
    const std::string_view text = AsText(pem);
    if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
      if (const auto der = PemBody(text, "CERTIFICATE"); der && IsKnownCertificate(*der)) {
        return LogVerifier(*known_.certificate);
      }
      return CertificateOf(crypto::Certificate::FromPem(text));
    }
    if (const auto der = PemBody(text, "PUBLIC KEY")) {
      if (const crypto::PublicKey* key = KnownKey(*der)) return LogVerifier(*key);
    }
    return KeyOf(crypto::PublicKey::FromPem(text));
  }

  Result<LogVerifier> ReadCertificate(const json::Value& raw) const {
    PLIMSOLL_ASSIGN(const Bytes der, ProtoBytes(raw, limits_.certificate_bytes));
    if (IsKnownCertificate(der)) return LogVerifier(*known_.certificate);
    return CertificateOf(crypto::Certificate::FromDer(der));
  }

  Result<LogVerifier> ReadKey(const json::Value& raw, std::string_view details) const {
    PLIMSOLL_ASSIGN(const Bytes der, ProtoBytes(raw, kMaxKeyBytes));
    return KeyOf(crypto::KeyOfDetails(der, details));
  }

 private:
  static Result<LogVerifier> CertificateOf(Result<crypto::Certificate> certificate) {
    if (!certificate) return Forward(OurError(certificate.error(), "its certificate"));
    return LogVerifier(std::move(*certificate));
  }
  static Result<LogVerifier> KeyOf(Result<crypto::PublicKey> key) {
    if (!key) return Forward(OurError(key.error(), "its public key"));
    return LogVerifier(std::move(*key));
  }

  // The DER in a PEM text of the plainest spelling. Any other spelling is left to the real reader.
  static std::optional<Bytes> PemBody(std::string_view text, std::string_view label) {
    const std::string begin = "-----BEGIN " + std::string(label) + "-----\n";
    const std::string end = "-----END " + std::string(label) + "-----";
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
    text.remove_prefix(begin.size());
    if (text.size() < end.size()) return std::nullopt;
    text.remove_suffix(end.size());
    std::string body;
    body.reserve(text.size());
    for (const char c : text) {
      if (c != '\n') body += c;
    }
    auto der = Base64Decode(body);
    if (!der) return std::nullopt;
    return std::move(*der);
  }

  bool IsKnownCertificate(const Bytes& der) const {
    return known_.certificate != nullptr && known_.certificate->der() == der;
  }
  const crypto::PublicKey* KnownKey(const Bytes& der) const {
    if (known_.keys == nullptr) return nullptr;
    for (const crypto::PublicKey& key : *known_.keys) {
      if (key.spki_der() == der) return &key;
    }
    return nullptr;
  }

  const Limits& limits_;
  const KnownVerifiers& known_;
};

// {keyDetails, x509Certificate | publicKey}: Rekor v2.
Result<LoggedSignature> ReadV2Signature(const json::Value& value, const VerifierReader& reader) {
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(Bytes signature, ProtoBytes(value["content"], reader.limits().signature_bytes));
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
  PLIMSOLL_ASSIGN(LogVerifier parsed, certificate.present()
                                          ? reader.ReadCertificate(certificate["rawBytes"])
                                          : reader.ReadKey(key["rawBytes"], details));
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
Status ReadHashedRekordV1(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(spec["data"]["hash"]));
  const json::Value signature = spec["signature"];
  if (body.kind == "rekord" && signature["format"].StringOrEmpty() != "x509") {
    return Fail(kUnsupportedFormat, std::string(kWhat) + ": a rekord entry of format \"" +
                                        Printable(signature["format"].StringOrEmpty(), 32) + "\"");
  }
  PLIMSOLL_ASSIGN(Bytes content, ProtoBytes(signature["content"], reader.limits().signature_bytes));
  PLIMSOLL_ASSIGN(LogVerifier verifier, reader.ReadPem(signature["publicKey"]["content"]));
  body.signatures.push_back({std::move(content), std::move(verifier), std::nullopt});
  return {};
}

Status ReadHashedRekordV2(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  const json::Value record = spec["hashedRekordV002"];
  PLIMSOLL_ASSIGN(body.digest, ReadProtoDigest(record["data"]));
  PLIMSOLL_ASSIGN(LoggedSignature signature, ReadV2Signature(record["signature"], reader));
  body.signatures.push_back(std::move(signature));
  return {};
}

Status ReadDsseV1(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(spec["payloadHash"]));
  return ReadSignatures(
      spec["signatures"], reader.limits(), body,
      [&](const json::Value& s) -> Result<LoggedSignature> {
        PLIMSOLL_ASSIGN(Bytes content, ProtoBytes(s["signature"], reader.limits().signature_bytes));
        PLIMSOLL_ASSIGN(LogVerifier verifier, reader.ReadPem(s["verifier"]));
        return LoggedSignature{std::move(content), std::move(verifier), {}};
      });
}

Status ReadDsseV2(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value record = spec["dsseV002"];
  PLIMSOLL_ASSIGN(body.digest, ReadProtoDigest(record["payloadHash"]));
  return ReadSignatures(record["signatures"], reader.limits(), body,
                        [&](const json::Value& s) { return ReadV2Signature(s, reader); });
}

Status ReadIntotoV1(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value content = spec["content"];
  PLIMSOLL_ASSIGN(body.envelope_digest, ReadHexDigest(content["hash"]));
  // Entries of 2021 record the envelope's hash only.
  if (content["payloadHash"].present()) {
    PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(content["payloadHash"]));
  } else {
    body.digest = *body.envelope_digest;
  }
  PLIMSOLL_ASSIGN(LogVerifier verifier, reader.ReadPem(spec["publicKey"]));
  body.signatures.push_back({{}, std::move(verifier), std::nullopt});
  return {};
}

Status ReadIntotoV2(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  body.subject = EntryBody::Subject::kDssePayload;
  const json::Value content = spec["content"];
  PLIMSOLL_ASSIGN(body.digest, ReadHexDigest(content["payloadHash"]));
  return ReadSignatures(
      content["envelope"]["signatures"], reader.limits(), body,
      [&](const json::Value& s) -> Result<LoggedSignature> {
        // The kind encodes the envelope's own base64 text once more. What is no base64 inside is
        // kept as it stands: genuinely logged, and no signature of ours.
        PLIMSOLL_ASSIGN(const Bytes text,
                        ProtoBytes(s["sig"], 2 * reader.limits().signature_bytes));
        auto inner = DecodeBase64Text(AsText(text), reader.limits().signature_bytes, s.Path());
        Bytes signature = inner ? *inner : text;
        PLIMSOLL_ASSIGN(LogVerifier verifier, reader.ReadPem(s["publicKey"]));
        return LoggedSignature{std::move(signature), std::move(verifier), {}};
      });
}

Status ReadSpec(const json::Value& spec, const VerifierReader& reader, EntryBody& body) {
  const std::string kind = body.KindVersion();
  if (kind == "hashedrekord/0.0.1" || kind == "rekord/0.0.1") {
    return ReadHashedRekordV1(spec, reader, body);
  }
  if (kind == "hashedrekord/0.0.2") return ReadHashedRekordV2(spec, reader, body);
  if (kind == "dsse/0.0.1") return ReadDsseV1(spec, reader, body);
  if (kind == "dsse/0.0.2") return ReadDsseV2(spec, reader, body);
  if (kind == "intoto/0.0.1") return ReadIntotoV1(spec, reader, body);
  if (kind == "intoto/0.0.2") return ReadIntotoV2(spec, reader, body);
  return Fail(kUnsupportedFormat, std::string(kWhat) + ": kind \"" + Printable(kind, 64) +
                                      "\" is not one that records container signatures");
}

}  // namespace

Result<EntryBody> ParseEntryBody(ByteView bytes, const Limits& limits,
                                 const KnownVerifiers& known) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(AsText(bytes), limits.entry_body_bytes, limits, kWhat));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  EntryBody body;
  PLIMSOLL_ASSIGN(body.kind, ProtoString(root["kind"]));
  PLIMSOLL_ASSIGN(body.version, ProtoString(root["apiVersion"]));
  PLIMSOLL_TRY(ReadSpec(root["spec"], VerifierReader(limits, known), body));
  return body;
}

}  // namespace plimsoll::sigstore
