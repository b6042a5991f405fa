#include "crypto/certificate.h"

#include <algorithm>
#include <ctime>
#include <set>

#include <openssl/objects.h>

#include "base/encoding.h"
#include "base/printable.h"
#include "certificate_impl.h"
#include "crypto/limits.h"
#include "der.h"
#include "pem.h"
#include "public_key_impl.h"

namespace plimsoll::crypto {
namespace {

constexpr int kVersion3 = 2;

Result<Time> ReadTime(const ASN1_TIME* time, std::string_view what) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return Fail(kMalformed, "certificate: " + std::string(what) + " is not a time");
  }
  const auto day = std::chrono::year(parts.tm_year + 1900) /
                   std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)) /
                   std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return Time(std::chrono::sys_days(day)) + std::chrono::hours(parts.tm_hour) +
         std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

Status ReadExtensions(Certificate::Impl& impl) {
  const X509* x509 = impl.x509.get();
  const int count = X509_get_ext_count(x509);
  if (static_cast<std::size_t>(std::max(count, 0)) > kLimits.max_extensions) {
    return Fail(kLimitExceeded, "certificate: " + std::to_string(count) + " extensions");
  }
  if (count > 0 && X509_get_version(x509) != kVersion3) {
    return Fail(kMalformed, "certificate: extensions without version 3");
  }
  std::set<std::string_view> seen;
  impl.extensions.reserve(static_cast<std::size_t>(std::max(count, 0)));
  for (int i = 0; i < count; ++i) {
    X509_EXTENSION* extension = X509_get_ext(x509, i);
    std::string oid = ossl::DottedOid(X509_EXTENSION_get_object(extension));
    if (oid.empty()) return Fail(kMalformed, "certificate: an extension's OID does not decode");
    impl.extensions.push_back({std::move(oid), X509_EXTENSION_get_critical(extension) != 0,
                               ToBytes(ossl::View(X509_EXTENSION_get_data(extension)))});
    if (!seen.insert(impl.extensions.back().oid).second) {
      return Fail(kDuplicateExtension,
                  "certificate: extension " + impl.extensions.back().oid + " occurs twice");
    }
  }
  return {};
}

void ReadKey(Certificate::Impl& impl) {
  X509_PUBKEY* frame = X509_get_X509_PUBKEY(impl.x509.get());
  impl.spki = ossl::EncodeDer(frame, i2d_X509_PUBKEY);
  impl.key = KeyOfFrame(frame, impl.spki);
}

std::string NameText(const X509_NAME* name) {
  const ossl::Stream out(BIO_new(BIO_s_mem()));
  if (out == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

std::string NamePart(const X509* x509, int nid) {
  const X509_NAME* name = X509_get_subject_name(x509);
  const int index = X509_NAME_get_index_by_NID(name, nid, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(name, nid, index) >= 0) return {};
  unsigned char* raw = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&raw, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  const ossl::Ptr<unsigned char, ossl::FreeMemory> owner(raw);
  return length > 0 ? ToText({raw, static_cast<std::size_t>(length)}) : std::string();
}

constexpr std::uint8_t kExtensionsTag = 0xa3;
// 1.3.6.1.4.1.11129.2.4.2 and .3: the SCT list and the poison of a precertificate.
constexpr std::string_view kSctListOid = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02";
constexpr std::string_view kPoisonOid = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03";

// The field [3] of a TBSCertificate without the two extensions; empty when nothing else is in it.
std::optional<Bytes> CutExtensions(ByteView field) {
  DerReader outer(field);
  const auto list = outer.Next(kDerSequence);
  if (!list || !outer.empty()) return std::nullopt;
  Bytes kept;
  for (DerReader items(list->content); !items.empty();) {
    const auto item = items.Next(kDerSequence);
    if (!item) return std::nullopt;
    const auto oid = DerReader(item->content).Next(kDerObjectIdentifier);
    if (!oid) return std::nullopt;
    const std::string_view text = AsText(oid->content);
    if (text == kSctListOid || text == kPoisonOid) continue;
    kept.insert(kept.end(), item->whole.begin(), item->whole.end());
  }
  if (kept.empty()) return kept;
  return WrapDer(kExtensionsTag, WrapDer(kDerSequence, kept));
}

std::optional<Bytes> CutTbs(ByteView certificate) {
  const auto outer = DerReader(certificate).Next(kDerSequence);
  if (!outer) return std::nullopt;
  const auto tbs = DerReader(outer->content).Next(kDerSequence);
  if (!tbs) return std::nullopt;
  Bytes kept;
  for (DerReader fields(tbs->content); !fields.empty();) {
    const auto field = fields.Next();
    if (!field) return std::nullopt;
    if (field->tag != kExtensionsTag) {
      kept.insert(kept.end(), field->whole.begin(), field->whole.end());
      continue;
    }
    const auto cut = CutExtensions(field->content);
    if (!cut) return std::nullopt;
    kept.insert(kept.end(), cut->begin(), cut->end());
  }
  return WrapDer(kDerSequence, kept);
}

}  // namespace

Result<Certificate> Certificate::FromDer(ByteView der) {
  const ossl::CleanQueue queue;
  if (der.size() > kLimits.max_certificate_bytes) {
    return Fail(kLimitExceeded, "certificate of " + std::to_string(der.size()) +
                                    " bytes, at most " +
                                    std::to_string(kLimits.max_certificate_bytes) + " are read");
  }
  auto impl = std::make_shared<Impl>();
  impl->x509 = ossl::DecodeAll<ossl::Cert>(der, d2i_X509);
  if (impl->x509 == nullptr) {
    return Fail(kMalformed, "not an X.509 certificate in DER: " + ossl::TakeErrors());
  }
  impl->der = ToBytes(der);
  impl->sha256 = Sha256(der);
  PLIMSOLL_ASSIGN(impl->not_before, ReadTime(X509_get0_notBefore(impl->x509.get()), "notBefore"));
  PLIMSOLL_ASSIGN(impl->not_after, ReadTime(X509_get0_notAfter(impl->x509.get()), "notAfter"));
  PLIMSOLL_TRY(ReadExtensions(*impl));
  PLIMSOLL_TRY(ReadKnownExtensions(*impl));
  // Fills libcrypto's own view of the extensions now, so that no later use writes to the handle.
  X509_check_purpose(impl->x509.get(), -1, 0);
  ReadKey(*impl);
  return Certificate(std::move(impl));
}

Result<Certificate> Certificate::FromPem(std::string_view pem) {
  PLIMSOLL_ASSIGN(auto list, ListFromPem(pem, 1));
  return std::move(list.front());
}

Result<std::vector<Certificate>> Certificate::ListFromPem(std::string_view pem,
                                                          std::size_t max_count) {
  PLIMSOLL_ASSIGN(const auto blocks, ParsePem(pem, max_count));
  std::vector<Certificate> list;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE") {
      return Fail(kMalformed, "expected a PEM block CERTIFICATE, found " + Printable(block.label));
    }
    PLIMSOLL_ASSIGN(Certificate certificate, FromDer(block.der));
    list.push_back(std::move(certificate));
  }
  return list;
}

const Bytes& Certificate::der() const { return impl_->der; }
const Sha256Digest& Certificate::sha256() const { return impl_->sha256; }
std::string Certificate::Pem() const { return WritePem("CERTIFICATE", impl_->der); }
Time Certificate::not_before() const { return impl_->not_before; }
Time Certificate::not_after() const { return impl_->not_after; }

std::string Certificate::SerialHex() const {
  const std::string hex = HexEncode(ossl::View(X509_get0_serialNumber(impl_->x509.get())));
  const std::size_t first = hex.find_first_not_of('0');
  return first == std::string::npos ? "0" : hex.substr(first);
}

std::string Certificate::Subject() const {
  return NameText(X509_get_subject_name(impl_->x509.get()));
}
std::string Certificate::Issuer() const {
  return NameText(X509_get_issuer_name(impl_->x509.get()));
}
std::string Certificate::SubjectCommonName() const {
  return NamePart(impl_->x509.get(), NID_commonName);
}
std::string Certificate::SubjectOrganization() const {
  return NamePart(impl_->x509.get(), NID_organizationName);
}
bool Certificate::SubjectIsEmpty() const {
  return X509_NAME_entry_count(X509_get_subject_name(impl_->x509.get())) == 0;
}
bool Certificate::SelfIssued() const {
  return X509_NAME_cmp(X509_get_subject_name(impl_->x509.get()),
                       X509_get_issuer_name(impl_->x509.get())) == 0;
}
bool Certificate::NamesAsIssuer(const Certificate& other) const {
  if (X509_NAME_cmp(X509_get_issuer_name(impl_->x509.get()),
                    X509_get_subject_name(other.impl_->x509.get())) != 0) {
    return false;
  }
  return !impl_->authority_key_id || !other.impl_->subject_key_id ||
         *impl_->authority_key_id == *other.impl_->subject_key_id;
}

const std::vector<AlternativeName>& Certificate::alternative_names() const {
  return impl_->alternative_names;
}
const std::optional<ExtendedKeyUsage>& Certificate::extended_key_usage() const {
  return impl_->extended_key_usage;
}
const std::optional<KeyUsage>& Certificate::key_usage() const { return impl_->key_usage; }
const std::optional<BasicConstraints>& Certificate::basic_constraints() const {
  return impl_->basic_constraints;
}
bool Certificate::IsAuthority() const {
  return impl_->basic_constraints && impl_->basic_constraints->is_ca;
}
const std::optional<Bytes>& Certificate::subject_key_id() const { return impl_->subject_key_id; }
const std::optional<Bytes>& Certificate::authority_key_id() const {
  return impl_->authority_key_id;
}
const std::vector<Extension>& Certificate::extensions() const { return impl_->extensions; }

const Extension* Certificate::FindExtension(std::string_view oid) const {
  const auto found = std::find_if(impl_->extensions.begin(), impl_->extensions.end(),
                                  [&](const Extension& e) { return e.oid == oid; });
  return found == impl_->extensions.end() ? nullptr : &*found;
}

const Result<PublicKey>& Certificate::key() const { return impl_->key; }
const Bytes& Certificate::spki_der() const { return impl_->spki; }
Sha256Digest Certificate::SpkiSha256() const { return Sha256(impl_->spki); }

Result<Bytes> Certificate::TbsWithoutScts() const {
  auto tbs = CutTbs(impl_->der);
  if (!tbs) return Fail(kMalformed, "certificate: its outline is not DER");
  return *std::move(tbs);
}

}  // namespace plimsoll::crypto
