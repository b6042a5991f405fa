#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "certificate_impl.h"
#include "crypto/limits.h"

namespace plimsoll::crypto {
namespace {

constexpr std::string_view kOidSubjectKeyId = "2.5.29.14";
constexpr std::string_view kOidKeyUsage = "2.5.29.15";
constexpr std::string_view kOidAlternativeName = "2.5.29.17";
constexpr std::string_view kOidBasicConstraints = "2.5.29.19";
constexpr std::string_view kOidAuthorityKeyId = "2.5.29.35";
constexpr std::string_view kOidExtendedKeyUsage = "2.5.29.37";

tl::unexpected<Error> BadExtension(std::string_view what) {
  return Fail(kMalformed, "certificate: the " + std::string(what) + " extension does not decode");
}

// The text of an IA5String: ASCII, and no NUL, which C code would take for its end.
Result<std::string> ReadIa5(const ASN1_IA5STRING* text) {
  const ByteView bytes = ossl::View(text);
  if (bytes.size() > kLimits.max_name_bytes) {
    return Fail(kLimitExceeded,
                "certificate: an alternative name has " + std::to_string(bytes.size()) + " bytes");
  }
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0 || b > 0x7f; })) {
    return Fail(kMalformed,
                "certificate: an alternative name is not ASCII text: " + Printable(AsText(bytes)));
  }
  return ToText(bytes);
}

Result<std::string> ReadIp(const ASN1_OCTET_STRING* address) {
  const ByteView bytes = ossl::View(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if ((bytes.size() != 4 && bytes.size() != 16) ||
      inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) {
    return Fail(kMalformed, "certificate: an IP address has " + std::to_string(bytes.size()) +
                                " bytes, expected 4 or 16");
  }
  return std::string(text.data());
}

Result<AlternativeName> ReadOtherName(const OTHERNAME* name) {
  AlternativeName result;
  result.kind = AlternativeName::Kind::kOtherName;
  result.type_id = ossl::DottedOid(name->type_id);
  if (name->value == nullptr || name->value->type != V_ASN1_UTF8STRING) return result;
  const ByteView bytes = ossl::View(name->value->value.utf8string);
  if (bytes.size() > kLimits.max_name_bytes) {
    return Fail(kLimitExceeded,
                "certificate: an alternative name has " + std::to_string(bytes.size()) + " bytes");
  }
  result.value = ToText(bytes);
  if (!IsUtf8(result.value) || result.value.find('\0') != std::string::npos) {
    return Fail(kMalformed, "certificate: an OtherName is not UTF-8 text");
  }
  return result;
}

Result<AlternativeName> ReadName(const GENERAL_NAME* name) {
  AlternativeName result;
  switch (name->type) {
    case GEN_URI:
      result.kind = AlternativeName::Kind::kUri;
      break;
    case GEN_EMAIL:
      result.kind = AlternativeName::Kind::kEmail;
      break;
    case GEN_DNS:
      result.kind = AlternativeName::Kind::kDns;
      break;
    case GEN_IPADD: {
      result.kind = AlternativeName::Kind::kIp;
      PLIMSOLL_ASSIGN(result.value, ReadIp(name->d.iPAddress));
      return result;
    }
    case GEN_OTHERNAME:
      return ReadOtherName(name->d.otherName);
    default:
      return result;
  }
  PLIMSOLL_ASSIGN(result.value, ReadIa5(name->d.ia5));
  return result;
}

Status ReadAlternativeNames(Certificate::Impl& impl, ByteView value) {
  const auto names = ossl::DecodeAll<ossl::Names>(value, d2i_GENERAL_NAMES);
  if (names == nullptr) return BadExtension("subject alternative name");
  const int count = sk_GENERAL_NAME_num(names.get());
  if (count < 1) return BadExtension("subject alternative name");
  if (static_cast<std::size_t>(count) > kLimits.max_alternative_names) {
    return Fail(kLimitExceeded, "certificate: " + std::to_string(count) + " alternative names");
  }
  for (int i = 0; i < count; ++i) {
    PLIMSOLL_ASSIGN(AlternativeName name, ReadName(sk_GENERAL_NAME_value(names.get(), i)));
    impl.alternative_names.push_back(std::move(name));
  }
  return {};
}

Status ReadExtendedKeyUsage(Certificate::Impl& impl, const Extension& extension) {
  const auto purposes = ossl::DecodeAll<ossl::Purposes>(extension.value, d2i_EXTENDED_KEY_USAGE);
  if (purposes == nullptr || sk_ASN1_OBJECT_num(purposes.get()) < 1) {
    return BadExtension("extended key usage");
  }
  ExtendedKeyUsage usage;
  usage.critical = extension.critical;
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i) {
    usage.oids.push_back(ossl::DottedOid(sk_ASN1_OBJECT_value(purposes.get(), i)));
  }
  impl.extended_key_usage = std::move(usage);
  return {};
}

Status ReadKeyUsage(Certificate::Impl& impl, ByteView value) {
  const auto bits = ossl::DecodeAll<ossl::BitString>(value, d2i_ASN1_BIT_STRING);
  if (bits == nullptr) return BadExtension("key usage");
  KeyUsage usage;
  usage.digital_signature = ASN1_BIT_STRING_get_bit(bits.get(), 0) == 1;
  usage.content_commitment = ASN1_BIT_STRING_get_bit(bits.get(), 1) == 1;
  usage.key_cert_sign = ASN1_BIT_STRING_get_bit(bits.get(), 5) == 1;
  usage.crl_sign = ASN1_BIT_STRING_get_bit(bits.get(), 6) == 1;
  impl.key_usage = usage;
  return {};
}

Status ReadBasicConstraints(Certificate::Impl& impl, ByteView value) {
  const auto decoded = ossl::DecodeAll<ossl::Constraints>(value, d2i_BASIC_CONSTRAINTS);
  if (decoded == nullptr) return BadExtension("basic constraints");
  BasicConstraints constraints;
  constraints.is_ca = decoded->ca != 0;
  if (decoded->pathlen != nullptr) {
    const long length = ASN1_INTEGER_get(decoded->pathlen);
    if (length < 0) return BadExtension("basic constraints");
    constraints.path_length = length;
  }
  impl.basic_constraints = constraints;
  return {};
}

Status ReadSubjectKeyId(Certificate::Impl& impl, ByteView value) {
  const auto id = ossl::DecodeAll<ossl::Octets>(value, d2i_ASN1_OCTET_STRING);
  if (id == nullptr) return BadExtension("subject key identifier");
  impl.subject_key_id = ToBytes(ossl::View(id.get()));
  return {};
}

Status ReadAuthorityKeyId(Certificate::Impl& impl, ByteView value) {
  const auto id = ossl::DecodeAll<ossl::KeyIdentifier>(value, d2i_AUTHORITY_KEYID);
  if (id == nullptr) return BadExtension("authority key identifier");
  if (id->keyid != nullptr) impl.authority_key_id = ToBytes(ossl::View(id->keyid));
  return {};
}

}  // namespace

Status ReadKnownExtensions(Certificate::Impl& impl) {
  for (const Extension& extension : impl.extensions) {
    if (extension.oid == kOidAlternativeName) {
      PLIMSOLL_TRY(ReadAlternativeNames(impl, extension.value));
    } else if (extension.oid == kOidExtendedKeyUsage) {
      PLIMSOLL_TRY(ReadExtendedKeyUsage(impl, extension));
    } else if (extension.oid == kOidKeyUsage) {
      PLIMSOLL_TRY(ReadKeyUsage(impl, extension.value));
    } else if (extension.oid == kOidBasicConstraints) {
      PLIMSOLL_TRY(ReadBasicConstraints(impl, extension.value));
    } else if (extension.oid == kOidSubjectKeyId) {
      PLIMSOLL_TRY(ReadSubjectKeyId(impl, extension.value));
    } else if (extension.oid == kOidAuthorityKeyId) {
      PLIMSOLL_TRY(ReadAuthorityKeyId(impl, extension.value));
    }
  }
  return {};
}

bool ExtendedKeyUsage::Has(std::string_view oid) const {
  return std::find(oids.begin(), oids.end(), oid) != oids.end();
}

Result<std::string> DecodeUtf8String(ByteView der) {
  const ossl::CleanQueue queue;
  const auto text = ossl::DecodeAll<ossl::Utf8>(der, d2i_ASN1_UTF8STRING);
  if (text == nullptr) return Fail(kMalformed, "expected a DER UTF8String and nothing after it");
  // Re-encoding tells a length that is not in its shortest form.
  const Bytes again = ossl::EncodeDer(text.get(), i2d_ASN1_UTF8STRING);
  std::string value = ToText(ossl::View(text.get()));
  if (!std::equal(again.begin(), again.end(), der.begin(), der.end()) || !IsUtf8(value)) {
    return Fail(kMalformed, "expected a DER UTF8String that holds UTF-8");
  }
  return value;
}

}  // namespace plimsoll::crypto
