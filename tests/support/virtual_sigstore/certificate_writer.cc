#include "support/virtual_sigstore/certificate_writer.h"

#include <openssl/evp.h>

#include "base/encoding.h"
#include "support/virtual_sigstore/der_writer.h"

namespace plimsoll::test {
namespace {

std::uint8_t TagOf(GeneralName::Kind kind) {
  switch (kind) {
    case GeneralName::Kind::kEmail:
      return 1;
    case GeneralName::Kind::kDns:
      return 2;
    case GeneralName::Kind::kUri:
      return 6;
    case GeneralName::Kind::kIp:
      return 7;
    case GeneralName::Kind::kOtherName:
      break;
  }
  return 0;
}

Bytes NameDer(const GeneralName& name) {
  if (name.kind == GeneralName::Kind::kOtherName) {
    return der::Explicit(
        0, der::Concat({der::Oid(name.type_id), der::Explicit(0, der::Utf8String(name.value))}));
  }
  return der::Implicit(TagOf(name.kind), AsBytes(name.value));
}

Bytes NameList(const std::vector<GeneralName>& names) {
  std::vector<Bytes> parts;
  for (const GeneralName& name : names) parts.push_back(NameDer(name));
  return der::Sequence(parts);
}

Bytes ExtensionDer(const RawExtension& extension) {
  std::vector<Bytes> parts{der::Oid(extension.oid)};
  if (extension.critical) parts.push_back(der::Boolean(true));
  parts.push_back(der::OctetString(extension.value));
  return der::Sequence(parts);
}

Bytes KeyUsageDer(std::uint8_t usage) {
  int unused = 0;
  while (unused < 7 && (usage >> unused & 1) == 0) ++unused;
  return der::BitString(Bytes{usage}, unused);
}

Bytes ConstraintsDer(const CertificateSpec& spec) {
  std::vector<Bytes> parts;
  if (spec.is_ca) parts.push_back(der::Boolean(true));
  if (spec.path_length) parts.push_back(der::Integer(*spec.path_length));
  return der::Sequence(parts);
}

std::vector<RawExtension> ListExtensions(const CertificateSpec& spec, const Bytes& spki,
                                         const Signer& issuer) {
  std::vector<RawExtension> list;
  if (spec.key_usage != 0) list.push_back({"2.5.29.15", true, KeyUsageDer(spec.key_usage)});
  if (!spec.extended_key_usage.empty()) {
    std::vector<Bytes> oids;
    for (const std::string& oid : spec.extended_key_usage) oids.push_back(der::Oid(oid));
    list.push_back({"2.5.29.37", spec.extended_key_usage_critical, der::Sequence(oids)});
  }
  if (spec.basic_constraints) list.push_back({"2.5.29.19", true, ConstraintsDer(spec)});
  if (spec.subject_key_id) {
    list.push_back({"2.5.29.14", false, der::OctetString(KeyIdentifier(spki))});
  }
  if (spec.authority_key_id) {
    list.push_back(
        {"2.5.29.35", false, der::Sequence({der::Implicit(0, KeyIdentifier(issuer.key->spki()))})});
  }
  if (!spec.names.empty()) list.push_back({"2.5.29.17", spec.names_critical, NameList(spec.names)});
  list.insert(list.end(), spec.extensions.begin(), spec.extensions.end());
  return list;
}

Bytes TbsDer(const CertificateSpec& spec, const Bytes& spki, const Signer& issuer,
             const Bytes& algorithm, const std::vector<RawExtension>& extensions) {
  std::vector<Bytes> fields;
  if (spec.version != 0) fields.push_back(der::Explicit(0, der::Integer(spec.version)));
  fields.push_back(der::Integer(ByteView(spec.serial)));
  fields.push_back(algorithm);
  fields.push_back(issuer.name);
  fields.push_back(
      der::Sequence({der::CertificateTime(spec.not_before), der::CertificateTime(spec.not_after)}));
  fields.push_back(spec.subject_der ? *spec.subject_der : spec.subject.Der());
  fields.push_back(spki);
  if (!extensions.empty()) {
    std::vector<Bytes> list;
    for (const RawExtension& extension : extensions) list.push_back(ExtensionDer(extension));
    fields.push_back(der::Explicit(3, der::Sequence(list)));
  }
  return der::Sequence(fields);
}

Bytes BigEndian(std::uint64_t value, int bytes) {
  Bytes out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

Bytes Vector16(const Bytes& content) {
  return der::Concat({BigEndian(content.size(), 2), content});
}

Bytes SctDer(const SctSpec& spec, const Bytes& tbs, const Signer& issuer) {
  const auto time = static_cast<std::uint64_t>(spec.time.time_since_epoch().count() / 1000);
  const Bytes issuer_spki = spec.issuer_spki ? *spec.issuer_spki : issuer.key->spki();
  const Bytes head = BigEndian(spec.version, 1);
  const Bytes signed_data =
      der::Concat({head, Bytes{0}, BigEndian(time, 8), Bytes{0, 1}, ToBytes(Sha256(issuer_spki)),
                   BigEndian(tbs.size(), 3), tbs, Vector16(spec.extensions)});
  const bool rsa = spec.log->DefaultAlgorithm() == crypto::SignatureAlgorithm::kRsaPkcs1Sha256;
  Bytes signature = spec.log->Sign(
      rsa ? crypto::SignatureAlgorithm::kRsaPkcs1Sha256 : crypto::SignatureAlgorithm::kEcdsaSha256,
      signed_data);
  if (spec.damage_signature) signature.back() ^= 1;
  const std::uint8_t kind = rsa ? 1 : 3;
  const Sha256Digest log_id = spec.log_id ? *spec.log_id : spec.log->spki_sha256();
  return der::Concat({head, ToBytes(log_id), BigEndian(time, 8), Vector16(spec.extensions),
                      Bytes{spec.hash_algorithm, spec.signature_algorithm.value_or(kind)},
                      Vector16(signature)});
}

Bytes SctListDer(const CertificateSpec& spec, const Bytes& tbs, const Signer& issuer) {
  if (spec.sct_list) return *spec.sct_list;
  Bytes list;
  for (const SctSpec& sct : spec.scts)
    list = der::Concat({list, Vector16(SctDer(sct, tbs, issuer))});
  return Vector16(list);
}

}  // namespace

Bytes DistinguishedName::Der() const {
  std::vector<Bytes> parts;
  const auto add = [&](std::string_view oid, const std::string& text) {
    if (text.empty()) return;
    parts.push_back(der::SetOf({der::Sequence({der::Oid(oid), der::Utf8String(text)})}));
  };
  add("2.5.4.10", organization);
  add("2.5.4.3", common_name);
  return der::Sequence(parts);
}

Bytes KeyIdentifier(const Bytes& spki) {
  Bytes digest(20);
  std::size_t size = digest.size();
  EVP_Q_digest(nullptr, "SHA1", nullptr, spki.data(), spki.size(), digest.data(), &size);
  return digest;
}

RawExtension NameConstraints(const std::vector<GeneralName>& permitted,
                             const std::vector<GeneralName>& excluded) {
  const auto subtrees = [](const std::vector<GeneralName>& names) {
    std::vector<Bytes> parts;
    for (const GeneralName& name : names) parts.push_back(der::Sequence({NameDer(name)}));
    return der::Concat(parts);
  };
  std::vector<Bytes> parts;
  if (!permitted.empty()) parts.push_back(der::Explicit(0, subtrees(permitted)));
  if (!excluded.empty()) parts.push_back(der::Explicit(1, subtrees(excluded)));
  return {"2.5.29.30", true, der::Sequence(parts)};
}

Bytes WriteCertificate(const CertificateSpec& spec, const Bytes& subject_spki,
                       const Signer& issuer) {
  const Bytes& spki = spec.spki ? *spec.spki : subject_spki;
  const auto algorithm = spec.algorithm.value_or(issuer.key->DefaultAlgorithm());
  const Bytes identifier = TestKey::AlgorithmIdentifier(algorithm);
  std::vector<RawExtension> extensions = ListExtensions(spec, spki, issuer);
  Bytes tbs = TbsDer(spec, spki, issuer, identifier, extensions);
  if (!spec.scts.empty() || spec.sct_list) {
    extensions.push_back(
        {"1.3.6.1.4.1.11129.2.4.2", false, der::OctetString(SctListDer(spec, tbs, issuer))});
    tbs = TbsDer(spec, spki, issuer, identifier, extensions);
  }
  Bytes signature = issuer.key->Sign(algorithm, tbs);
  if (spec.damage_signature) signature.back() ^= 1;
  return der::Sequence({tbs, identifier, der::BitString(signature)});
}

std::string PemOf(std::string_view label, ByteView der) {
  const std::string base64 = Base64Encode(der);
  std::string pem = "-----BEGIN " + std::string(label) + "-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) pem += base64.substr(i, 64) + "\n";
  return pem + "-----END " + std::string(label) + "-----\n";
}

Bytes IssuerAndSerial(const CertificateSpec& spec, const Bytes& issuer_name) {
  return der::Sequence({issuer_name, der::Integer(ByteView(spec.serial))});
}

}  // namespace plimsoll::test
