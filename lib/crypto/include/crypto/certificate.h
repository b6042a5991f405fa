// X.509 certificates (RFC 5280), read once and never changed.
//
// Parsing checks form, not trust: DER within the size limit, consumed to its last byte; version,
// validity, serial and the extensions that have accessors decode completely; no extension occurs
// twice (kDuplicateExtension); alternative names are ASCII (UTF-8 for OtherName) without NUL bytes.
// Whether a path leads to an authority is chain.h. Cheap to copy; safe to use from several threads.
//
// All text in a certificate was written by its subject: escape it with Printable before it is
// shown.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/public_key.h"
#include "crypto/reason.h"

namespace plimsoll::crypto {

inline constexpr std::string_view kOidFulcioOtherName = "1.3.6.1.4.1.57264.1.7";
inline constexpr std::string_view kOidSctList = "1.3.6.1.4.1.11129.2.4.2";
inline constexpr std::string_view kOidCodeSigning = "1.3.6.1.5.5.7.3.3";
inline constexpr std::string_view kOidTimeStamping = "1.3.6.1.5.5.7.3.8";

struct AlternativeName {
  enum class Kind { kUri, kEmail, kDns, kIp, kOtherName, kUnsupported };
  Kind kind = Kind::kUnsupported;
  // The text; for kIp its usual notation; for kOtherName the UTF8String (empty when it is of
  // another type); empty for kUnsupported.
  std::string value;
  std::string type_id;  // of kOtherName: its OID
};

struct BasicConstraints {
  bool is_ca = false;
  std::optional<long> path_length;
};

// Bits of RFC 5280 section 4.2.1.3.
struct KeyUsage {
  bool digital_signature = false;
  bool content_commitment = false;
  bool key_cert_sign = false;
  bool crl_sign = false;
};

struct ExtendedKeyUsage {
  bool critical = false;
  std::vector<std::string> oids;
  bool Has(std::string_view oid) const;
};

struct Extension {
  std::string oid;
  bool critical = false;
  Bytes value;  // what the OCTET STRING holds
};

class Certificate {
 public:
  static Result<Certificate> FromDer(ByteView der);
  // Exactly one block "CERTIFICATE".
  static Result<Certificate> FromPem(std::string_view pem);
  // One to max_count blocks "CERTIFICATE", in their order; blocks of other kinds and text that is
  // not white space between them are kMalformed.
  static Result<std::vector<Certificate>> ListFromPem(std::string_view pem,
                                                      std::size_t max_count = 16);

  const Bytes& der() const;
  const Sha256Digest& sha256() const;  // of the DER
  std::string Pem() const;

  Time not_before() const;
  Time not_after() const;  // inclusive: the certificate is valid at this very moment, and not a
                           // microsecond later
  bool ValidAt(Time time) const { return not_before() <= time && time <= not_after(); }

  std::string SerialHex() const;  // lower case, no sign or leading zeros
  std::string Subject() const;    // RFC 2253, ASCII, escaped
  std::string Issuer() const;
  std::string SubjectCommonName() const;    // empty when there is none, or not exactly one
  std::string SubjectOrganization() const;  // the same
  bool SubjectIsEmpty() const;
  bool SelfIssued() const;  // subject equals issuer
  // Issuer name equals the other's subject, and the key identifiers do not contradict it. No
  // signature is checked.
  bool NamesAsIssuer(const Certificate& other) const;

  const std::vector<AlternativeName>& alternative_names() const;
  const std::optional<ExtendedKeyUsage>& extended_key_usage() const;
  const std::optional<KeyUsage>& key_usage() const;
  const std::optional<BasicConstraints>& basic_constraints() const;
  bool IsAuthority() const;  // CA:TRUE
  const std::optional<Bytes>& subject_key_id() const;
  const std::optional<Bytes>& authority_key_id() const;

  const std::vector<Extension>& extensions() const;
  // By dotted OID; null when absent. Valid as long as this certificate.
  const Extension* FindExtension(std::string_view oid) const;

  // The subject's key, or why it is refused (kUnsupportedAlgorithm, kKeySizeRefused, kKeyInvalid):
  // the certificate itself can be read all the same.
  const Result<PublicKey>& key() const;
  const Bytes& spki_der() const;
  Sha256Digest SpkiSha256() const;

  // The TBSCertificate without the SCT list and the poison extension, all else as it is: what a CT
  // log signed (RFC 6962 section 3.2).
  Result<Bytes> TbsWithoutScts() const;

  friend bool operator==(const Certificate& a, const Certificate& b) { return a.der() == b.der(); }

  struct Impl;  // for the other files of this room

 private:
  friend struct CertificateAccess;
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// The text of a DER UTF8String that fills all of `der`: Fulcio's extensions .8 and above.
// kMalformed for another type, bytes after it, a length not in its shortest form, or text that is
// not UTF-8.
Result<std::string> DecodeUtf8String(ByteView der);

}  // namespace plimsoll::crypto
