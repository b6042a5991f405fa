#include "crypto/sct.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/limits.h"
#include "der.h"

namespace plimsoll::crypto {
namespace {

constexpr std::uint8_t kVersion1 = 0;
constexpr std::uint8_t kTlsSha256 = 4;
constexpr std::uint8_t kTlsRsa = 1;
constexpr std::uint8_t kTlsEcdsa = 3;

// Big-endian fields and length-prefixed strings (RFC 8446 section 3).
class TlsReader {
 public:
  explicit TlsReader(ByteView bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  bool failed() const { return failed_; }

  std::uint64_t Integer(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : Take(bytes)) value = value << 8 | byte;
    return value;
  }
  ByteView Take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }
  ByteView Vector16() { return Take(Integer(2)); }
  ByteView Rest() { return Take(rest_.size()); }

 private:
  ByteView rest_;
  bool failed_ = false;
};

void Append(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void Append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Result<Sct> ParseSct(ByteView bytes) {
  TlsReader reader(bytes);
  Sct sct;
  sct.version = static_cast<std::uint8_t>(reader.Integer(1));
  if (reader.failed()) return Fail(kMalformed, "SCT: empty");
  if (sct.version != kVersion1) {
    sct.signature = ToBytes(reader.Rest());
    return sct;
  }
  const ByteView id = reader.Take(sct.log_id.size());
  std::copy(id.begin(), id.end(), sct.log_id.begin());
  sct.timestamp_ms = reader.Integer(8);
  sct.extensions = ToBytes(reader.Vector16());
  sct.hash_algorithm = static_cast<std::uint8_t>(reader.Integer(1));
  sct.signature_algorithm = static_cast<std::uint8_t>(reader.Integer(1));
  sct.signature = ToBytes(reader.Vector16());
  if (reader.failed() || !reader.empty()) {
    return Fail(kMalformed, "SCT: its fields do not fill its length");
  }
  return sct;
}

// What the log signed: RFC 6962 section 3.2, digitally-signed struct of a precert entry.
Bytes SignedData(const Sct& sct, ByteView tbs, const Certificate& issuer) {
  constexpr std::uint64_t kCertificateTimestamp = 0;
  constexpr std::uint64_t kPrecertEntry = 1;
  Bytes data;
  data.reserve(tbs.size() + sct.extensions.size() + 64);
  Append(data, sct.version, 1);
  Append(data, kCertificateTimestamp, 1);
  Append(data, sct.timestamp_ms, 8);
  Append(data, kPrecertEntry, 2);
  Append(data, issuer.SpkiSha256());
  Append(data, tbs.size(), 3);
  Append(data, tbs);
  Append(data, sct.extensions.size(), 2);
  Append(data, sct.extensions);
  return data;
}

Result<SignatureAlgorithm> AlgorithmOf(const Sct& sct, const CtLog& log) {
  const std::uint8_t expected = log.key.kind() == KeyKind::kRsa ? kTlsRsa : kTlsEcdsa;
  if (sct.hash_algorithm != kTlsSha256 ||
      (sct.signature_algorithm != kTlsRsa && sct.signature_algorithm != kTlsEcdsa) ||
      log.key.kind() == KeyKind::kEd25519) {
    return Fail(kUnsupportedAlgorithm, "SCT: hash " + std::to_string(sct.hash_algorithm) +
                                           ", signature " +
                                           std::to_string(sct.signature_algorithm) +
                                           "; expected SHA-256 (4) with RSA (1) or ECDSA (3)");
  }
  if (sct.signature_algorithm != expected) {
    return Fail(kAlgorithmMismatch, "SCT: its signature is not of the type of the log's " +
                                        log.key.Description() + " key");
  }
  return expected == kTlsRsa ? SignatureAlgorithm::kRsaPkcs1Sha256
                             : SignatureAlgorithm::kEcdsaSha256;
}

Status VerifyAgainst(const Sct& sct, ByteView tbs, const Certificate& issuer, const CtLog& log) {
  if (sct.version != kVersion1) {
    return Fail(kUnsupportedAlgorithm, "SCT: version " + std::to_string(sct.version) +
                                           ", expected 0, which is version 1 of the protocol");
  }
  if (sct.log_id != log.key.spki_sha256()) {
    return Fail(kUnknownCtLog, "SCT of log " + HexEncode(sct.log_id) + ", expected " +
                                   HexEncode(log.key.spki_sha256()));
  }
  PLIMSOLL_ASSIGN(const SignatureAlgorithm algorithm, AlgorithmOf(sct, log));
  if (!log.key.Verify(algorithm, SignedData(sct, tbs, issuer), sct.signature)) {
    return Fail(kSctSignatureMismatch,
                "SCT of log " + HexEncode(sct.log_id) +
                    ": its signature does not fit this certificate and issuer");
  }
  if (!log.window.Contains(sct.time())) {
    return Fail(kSctOutsideLogWindow,
                "SCT of log " + HexEncode(sct.log_id) + " at " + FormatMicroTime(sct.time()) +
                    ": outside the log key's validity, " +
                    (log.window.start ? FormatTime(*log.window.start) : "always") + " to " +
                    (log.window.end ? FormatTime(*log.window.end) : "open"));
  }
  return {};
}

}  // namespace

Time Sct::time() const {
  constexpr std::uint64_t kEndOf9999 = 253'402'300'799'999;
  return Time(
      std::chrono::milliseconds(static_cast<std::int64_t>(std::min(timestamp_ms, kEndOf9999))));
}

Result<std::vector<Sct>> ParseSctList(ByteView list) {
  if (list.size() > kLimits.max_sct_list_bytes) {
    return Fail(kLimitExceeded, "SCT list of " + std::to_string(list.size()) + " bytes");
  }
  TlsReader outer(list);
  TlsReader items(outer.Vector16());
  if (outer.failed() || !outer.empty() || items.empty()) {
    return Fail(kMalformed, "SCT list: its length does not fit, or it is empty");
  }
  std::vector<Sct> scts;
  while (!items.empty()) {
    const ByteView item = items.Vector16();
    if (items.failed()) return Fail(kMalformed, "SCT list: an entry is cut short");
    if (scts.size() == kLimits.max_scts) {
      return Fail(kLimitExceeded,
                  "SCT list: more than " + std::to_string(kLimits.max_scts) + " entries");
    }
    PLIMSOLL_ASSIGN(Sct sct, ParseSct(item));
    scts.push_back(std::move(sct));
  }
  return scts;
}

Result<std::vector<Sct>> EmbeddedScts(const Certificate& certificate) {
  const Extension* extension = certificate.FindExtension(kOidSctList);
  if (extension == nullptr) {
    return Fail(kSctMissing, "the certificate has no signed certificate timestamps");
  }
  DerReader reader(extension->value);
  const auto list = reader.Next(kDerOctetString);
  if (!list || !reader.empty()) {
    return Fail(kMalformed, "SCT list: the extension is not one OCTET STRING");
  }
  return ParseSctList(list->content);
}

Status VerifySct(const Sct& sct, const Certificate& leaf, const Certificate& issuer,
                 const CtLog& log) {
  PLIMSOLL_ASSIGN(const Bytes tbs, leaf.TbsWithoutScts());
  return VerifyAgainst(sct, tbs, issuer, log);
}

Result<std::vector<Sct>> VerifyEmbeddedScts(const Certificate& leaf, const Certificate& issuer,
                                            std::span<const CtLog> logs) {
  PLIMSOLL_ASSIGN(const std::vector<Sct> scts, EmbeddedScts(leaf));
  PLIMSOLL_ASSIGN(const Bytes tbs, leaf.TbsWithoutScts());
  std::vector<Sct> verified;
  std::optional<Error> failure;
  for (const Sct& sct : scts) {
    std::optional<Error> sct_failure;
    for (const CtLog& log : logs) {
      if (sct.version == kVersion1 && sct.log_id != log.key.spki_sha256()) continue;
      const Status status = VerifyAgainst(sct, tbs, issuer, log);
      if (status) {
        verified.push_back(sct);
        sct_failure.reset();
        break;
      }
      if (!sct_failure) sct_failure = status.error();
    }
    if (!failure) failure = std::move(sct_failure);
  }
  if (!verified.empty()) return verified;
  if (failure) return Forward(*std::move(failure));
  return Fail(kUnknownCtLog, "no signed certificate timestamp is of a known log; the first is of " +
                                 HexEncode(scts.front().log_id));
}

}  // namespace plimsoll::crypto
