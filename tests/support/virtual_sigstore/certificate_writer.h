// X.509 certificates of the tests, field by field. Nothing is checked: a spec may ask for anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "support/virtual_sigstore/test_key.h"

namespace plimsoll::test {

struct GeneralName {
  enum class Kind { kUri, kEmail, kDns, kIp, kOtherName };
  Kind kind = Kind::kUri;
  std::string value = {};                         // of kIp: the raw bytes
  std::string type_id = "1.3.6.1.4.1.57264.1.7";  // of kOtherName
};

struct RawExtension {
  std::string oid = {};
  bool critical = false;
  Bytes value = {};
};

// An SCT to embed. Its signature is over the certificate without the list, as RFC 6962 says.
struct SctSpec {
  const TestKey* log = nullptr;  // required
  Time time = {};
  Bytes extensions = {};
  std::uint8_t version = 0;
  std::uint8_t hash_algorithm = 4;                       // SHA-256
  std::optional<std::uint8_t> signature_algorithm = {};  // by the key's type
  std::optional<Sha256Digest> log_id = {};               // another log's
  std::optional<Bytes> issuer_spki = {};                 // another issuer's
  bool damage_signature = false;
};

struct DistinguishedName {
  std::string organization = {};
  std::string common_name = {};
  Bytes Der() const;  // both empty: an empty name
};

// Bits of KeyUsage, first bit is the highest.
inline constexpr std::uint8_t kUsageDigitalSignature = 0x80;
inline constexpr std::uint8_t kUsageContentCommitment = 0x40;
inline constexpr std::uint8_t kUsageKeyCertSign = 0x04;
inline constexpr std::uint8_t kUsageCrlSign = 0x02;

struct CertificateSpec {
  int version = 2;  // 2 is v3
  DistinguishedName subject = {};
  std::optional<Bytes> subject_der = {};  // anything instead
  Bytes serial = {0x11};
  Time not_before = {};
  Time not_after = {};
  bool basic_constraints = true;
  bool is_ca = false;
  std::optional<int> path_length = {};
  std::uint8_t key_usage = kUsageDigitalSignature;   // 0: no extension
  std::vector<std::string> extended_key_usage = {};  // empty: no extension
  bool extended_key_usage_critical = false;
  std::vector<GeneralName> names = {};
  bool names_critical = true;
  bool subject_key_id = true;
  bool authority_key_id = true;
  std::vector<RawExtension> extensions = {};
  std::vector<SctSpec> scts = {};
  std::optional<Bytes> sct_list = {};  // the TLS list itself, instead of `scts`
  std::optional<crypto::SignatureAlgorithm> algorithm = {};  // default: the issuer key's own
  std::optional<Bytes> spki = {};  // another key's, in the certificate only
  bool damage_signature = false;
};

// Who signs: a name and a key. Self-signed: the same as the subject.
struct Signer {
  Bytes name = {};
  const TestKey* key = nullptr;
};

Bytes WriteCertificate(const CertificateSpec& spec, const Bytes& subject_spki,
                       const Signer& issuer);

// SHA-1 of the key bits, as authorities commonly make identifiers.
Bytes KeyIdentifier(const Bytes& spki);

// The names, in the form of a GeneralSubtree list (RFC 5280 section 4.2.1.10), critical.
RawExtension NameConstraints(const std::vector<GeneralName>& permitted,
                             const std::vector<GeneralName>& excluded);

std::string PemOf(std::string_view label, ByteView der);

// The issuer's name and serial of a certificate made by WriteCertificate: IssuerAndSerialNumber, DER.
Bytes IssuerAndSerial(const CertificateSpec& spec, const Bytes& issuer_name);

}  // namespace plimsoll::test
