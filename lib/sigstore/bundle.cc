#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/printable.h"
#include "proto_json.h"
#include "signed_entity.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

enum class BundleVersion { kV01, kV02, kV03 };

constexpr std::size_t kKeyIdBytes = 32;
constexpr std::size_t kMaxHintBytes = 1024;

Result<BundleVersion> VersionOf(std::string_view media_type) {
  constexpr std::string_view kOldPrefix = "application/vnd.dev.sigstore.bundle+json;version=";
  constexpr std::string_view kNewPrefix = "application/vnd.dev.sigstore.bundle.v";
  constexpr std::string_view kNewSuffix = "+json";
  std::string_view version;
  if (media_type.starts_with(kOldPrefix)) {
    version = media_type.substr(kOldPrefix.size());
    if (version == "0.1") return BundleVersion::kV01;
    if (version == "0.2") return BundleVersion::kV02;
    if (version == "0.3") return BundleVersion::kV03;
  } else if (media_type.starts_with(kNewPrefix) && media_type.ends_with(kNewSuffix)) {
    version = media_type.substr(kNewPrefix.size());
    version.remove_suffix(kNewSuffix.size());
    if (version == "0.3") return BundleVersion::kV03;
    constexpr std::string_view kPatch = "0.3.";
    if (version.starts_with(kPatch) && version.size() > kPatch.size() && version.size() <= 8 &&
        std::all_of(version.begin() + kPatch.size(), version.end(),
                    [](char c) { return c >= '0' && c <= '9'; })) {
      return BundleVersion::kV03;
    }
  }
  return Fail(kUnsupportedFormat,
              "expected a Sigstore bundle of version 0.1, 0.2 or 0.3, found the "
              "media type \"" +
                  Printable(media_type, 128) + "\"");
}

Result<crypto::Certificate> ReadCertificate(const json::Value& raw_bytes, const Limits& limits) {
  PLIMSOLL_ASSIGN(const Bytes der, ProtoBytes(raw_bytes, limits.certificate_bytes));
  auto certificate = crypto::Certificate::FromDer(der);
  if (!certificate) {
    return Fail(certificate.error().code == kLimitExceeded ? kLimitExceeded : kMalformed,
                "bundle: its certificate: " + certificate.error().message);
  }
  return certificate;
}

// The leaf of the chain; the rest is read for its form only: issuers come from the trust root.
Result<crypto::Certificate> ReadChain(const json::Value& certificates, const Limits& limits) {
  PLIMSOLL_TRY(certificates.Array());
  if (certificates.size() == 0) {
    return Fail(kMalformed, certificates.Path() + ": expected at least one certificate");
  }
  if (certificates.size() > limits.certificates) {
    return Fail(kLimitExceeded, certificates.Path() + ": more than " +
                                    std::to_string(limits.certificates) + " certificates");
  }
  std::optional<crypto::Certificate> leaf;
  for (json::Value c = certificates.first(); !c.missing(); c = c.next()) {
    PLIMSOLL_ASSIGN(crypto::Certificate certificate, ReadCertificate(c["rawBytes"], limits));
    if (leaf && certificate.SelfIssued()) {
      return Fail(kMalformed, c.Path() + ": a bundle's chain must not hold a root certificate");
    }
    if (!leaf) leaf = std::move(certificate);
  }
  return *leaf;
}

Status ReadKeyMaterial(const json::Value& material, BundleVersion version, const Limits& limits,
                       SignedEntity& entity) {
  const json::Value single = material["certificate"];
  const json::Value chain = material["x509CertificateChain"];
  const json::Value key = material["publicKey"];
  if (int{single.present()} + int{chain.present()} + int{key.present()} != 1) {
    return Fail(kMalformed, material.Path() +
                                ": expected exactly one of certificate, x509CertificateChain and "
                                "publicKey");
  }
  if (key.present()) {
    PLIMSOLL_TRY(key.Object());
    PLIMSOLL_ASSIGN(entity.key_hint, ProtoString(key["hint"]));
    if (entity.key_hint.size() > kMaxHintBytes) {
      return Fail(kLimitExceeded, key.Path() + ".hint: too long");
    }
    return {};
  }
  if (single.present()) {
    PLIMSOLL_ASSIGN(entity.certificate, ReadCertificate(single["rawBytes"], limits));
    return {};
  }
  if (version == BundleVersion::kV03) {
    return Fail(kMalformed,
                chain.Path() + ": a bundle of version 0.3 holds one certificate, no chain");
  }
  PLIMSOLL_ASSIGN(entity.certificate, ReadChain(chain["certificates"], limits));
  return {};
}

Result<InclusionProof> ReadProof(const json::Value& value, const Limits& limits) {
  InclusionProof proof;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(proof.index, ProtoInt64(value["logIndex"]));
  PLIMSOLL_ASSIGN(proof.tree_size, ProtoInt64(value["treeSize"]));
  PLIMSOLL_ASSIGN(proof.root, ProtoBytes(value["rootHash"], limits.signature_bytes));
  const json::Value hashes = value["hashes"];
  if (hashes.present()) PLIMSOLL_TRY(hashes.Array());
  if (hashes.size() > limits.proof_hashes) {
    return Fail(kLimitExceeded,
                hashes.Path() + ": more than " + std::to_string(limits.proof_hashes) + " hashes");
  }
  for (json::Value h = hashes.first(); !h.missing(); h = h.next()) {
    PLIMSOLL_ASSIGN(const Bytes hash, ProtoBytes(h, limits.signature_bytes));
    if (hash.size() != Sha256Digest{}.size()) {
      return Fail(kMalformed, h.Path() + ": expected a hash of 32 bytes");
    }
    std::copy(hash.begin(), hash.end(), proof.hashes.emplace_back().begin());
  }
  PLIMSOLL_ASSIGN(proof.checkpoint, ProtoString(value["checkpoint"]["envelope"]));
  if (proof.checkpoint.empty()) {
    return Fail(kMalformed, value.Path() + ": an inclusion proof without a checkpoint");
  }
  return proof;
}

Result<LogEntry> ReadEntry(const json::Value& value, BundleVersion version, const Limits& limits) {
  LogEntry entry;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(entry.log_index, ProtoInt64(value["logIndex"]));
  PLIMSOLL_ASSIGN(entry.integrated_time, ProtoInt64(value["integratedTime"]));
  if (entry.log_index < 0) {
    return Fail(kMalformed, value.Path() + ".logIndex: expected an index, found a negative number");
  }
  PLIMSOLL_ASSIGN(const Bytes log_id, ProtoBytes(value["logId"]["keyId"], kKeyIdBytes));
  if (log_id.size() != kKeyIdBytes) {
    return Fail(kMalformed, value.Path() + ".logId.keyId: expected 32 bytes");
  }
  entry.log_id = HexEncode(log_id);
  PLIMSOLL_ASSIGN(entry.kind, ProtoString(value["kindVersion"]["kind"]));
  PLIMSOLL_ASSIGN(entry.version, ProtoString(value["kindVersion"]["version"]));
  PLIMSOLL_ASSIGN(entry.body, ProtoBytes(value["canonicalizedBody"], limits.entry_body_bytes));
  if (entry.body.empty()) {
    return Fail(kMalformed, value.Path() + ".canonicalizedBody: expected the body of the entry");
  }
  PLIMSOLL_ASSIGN(entry.promise, ProtoBytes(value["inclusionPromise"]["signedEntryTimestamp"],
                                            limits.signature_bytes));
  if (value["inclusionProof"].present()) {
    PLIMSOLL_ASSIGN(entry.proof, ReadProof(value["inclusionProof"], limits));
  }
  if (version == BundleVersion::kV01 && entry.promise.empty()) {
    return Fail(kMalformed, value.Path() + ": a bundle of version 0.1 needs an inclusion promise");
  }
  if (version != BundleVersion::kV01 && !entry.proof) {
    return Fail(kMalformed,
                value.Path() + ": a bundle of version 0.2 or 0.3 needs an inclusion proof");
  }
  return entry;
}

bool SameEntry(const LogEntry& a, const LogEntry& b) {
  return a.log_id == b.log_id && a.body == b.body;
}

Status ReadEntries(const json::Value& entries, BundleVersion version, const Limits& limits,
                   SignedEntity& entity) {
  if (!entries.present()) return {};
  PLIMSOLL_TRY(entries.Array());
  if (entries.size() > limits.log_entries) {
    return Fail(kLimitExceeded, entries.Path() + ": more than " +
                                    std::to_string(limits.log_entries) + " log entries");
  }
  for (json::Value e = entries.first(); !e.missing(); e = e.next()) {
    PLIMSOLL_ASSIGN(LogEntry entry, ReadEntry(e, version, limits));
    if (std::any_of(entity.entries.begin(), entity.entries.end(),
                    [&](const LogEntry& other) { return SameEntry(entry, other); })) {
      return Fail(kMalformed, e.Path() + ": the same log entry twice");
    }
    entity.entries.push_back(std::move(entry));
  }
  return {};
}

Status ReadTimestamps(const json::Value& timestamps, const Limits& limits, SignedEntity& entity) {
  if (!timestamps.present()) return {};
  PLIMSOLL_TRY(timestamps.Array());
  if (timestamps.size() > limits.timestamps) {
    return Fail(kLimitExceeded, timestamps.Path() + ": more than " +
                                    std::to_string(limits.timestamps) + " timestamps");
  }
  for (json::Value t = timestamps.first(); !t.missing(); t = t.next()) {
    PLIMSOLL_ASSIGN(Bytes der, ProtoBytes(t["signedTimestamp"], limits.timestamp_bytes));
    if (der.empty()) return Fail(kMalformed, t.Path() + ": expected a signed timestamp");
    if (std::find(entity.timestamps.begin(), entity.timestamps.end(), der) !=
        entity.timestamps.end()) {
      return Fail(kMalformed, t.Path() + ": the same timestamp twice");
    }
    entity.timestamps.push_back(std::move(der));
  }
  return {};
}

Status ReadMessage(const json::Value& message, const Limits& limits, SignedEntity& entity) {
  entity.content = ContentKind::kMessage;
  PLIMSOLL_ASSIGN(entity.signature, ProtoBytes(message["signature"], limits.signature_bytes));
  if (entity.signature.empty()) {
    return Fail(kMalformed, message.Path() + ".signature: expected a signature");
  }
  const json::Value digest = message["messageDigest"];
  if (!digest.present()) return {};
  PLIMSOLL_ASSIGN(const std::string name, ProtoString(digest["algorithm"]));
  const auto hash = HashOfProtoName(name);
  if (!hash) {
    return Fail(kUnsupportedAlgorithm, digest.Path() +
                                           ".algorithm: expected SHA2_256, SHA2_384 or "
                                           "SHA2_512, found \"" +
                                           Printable(name, 32) + "\"");
  }
  PLIMSOLL_ASSIGN(Bytes value, ProtoBytes(digest["digest"], limits.signature_bytes));
  entity.message_digest = Digest{*hash, std::move(value)};
  return {};
}

Status ReadContent(const json::Value& root, const Limits& limits, SignedEntity& entity) {
  const json::Value message = root["messageSignature"];
  const json::Value envelope = root["dsseEnvelope"];
  if (message.present() == envelope.present()) {
    return Fail(kMalformed, "bundle: expected exactly one of messageSignature and dsseEnvelope");
  }
  if (message.present()) {
    PLIMSOLL_TRY(message.Object());
    return ReadMessage(message, limits, entity);
  }
  return TakeEnvelope(envelope, limits, entity);
}

}  // namespace

Status ReadBundle(std::string_view json, const Limits& limits, SignedEntity& entity) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(json, limits.bundle_bytes, limits, "bundle"));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  // Read first, judged in its place: what it claims to be is of interest even when the rest fails.
  const Status content = ReadContent(root, limits, entity);
  PLIMSOLL_ASSIGN(const std::string_view media_type, root["mediaType"].String());
  PLIMSOLL_ASSIGN(const BundleVersion version, VersionOf(media_type));
  const json::Value material = root["verificationMaterial"];
  PLIMSOLL_TRY(material.Object());
  PLIMSOLL_TRY(ReadKeyMaterial(material, version, limits, entity));
  PLIMSOLL_TRY(ReadEntries(material["tlogEntries"], version, limits, entity));
  PLIMSOLL_TRY(
      ReadTimestamps(material["timestampVerificationData"]["rfc3161Timestamps"], limits, entity));
  PLIMSOLL_TRY(content);
  entity.timestamped = entity.signature;
  return {};
}

}  // namespace plimsoll::sigstore
