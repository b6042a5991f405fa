#include "crypto/issue.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "ossl.h"

namespace plimsoll::crypto {
namespace {

using AsnTime = ossl::Ptr<ASN1_TIME, ASN1_TIME_free>;
using NewExtension = ossl::Ptr<X509_EXTENSION, X509_EXTENSION_free>;

constexpr long kVersion3 = 2;
constexpr int kSerialBits = 127;
constexpr std::size_t kMaxCommonName = 64;

tl::unexpected<Error> Refused(const std::string& what) {
  const std::string why = ossl::TakeErrors();
  return Fail(kInvalidArgument, what + (why.empty() ? "" : ": " + why));
}

std::string TextOf(BIO* stream) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(stream, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string PemOf(X509* certificate) {
  const ossl::Stream stream(BIO_new(BIO_s_mem()));
  if (stream == nullptr || PEM_write_bio_X509(stream.get(), certificate) != 1) return {};
  return TextOf(stream.get());
}

std::string PemOf(EVP_PKEY* key) {
  const ossl::Stream stream(BIO_new(BIO_s_secmem()));
  if (stream == nullptr || PEM_write_bio_PKCS8PrivateKey(stream.get(), key, nullptr, nullptr, 0,
                                                         nullptr, nullptr) != 1) {
    return {};
  }
  return TextOf(stream.get());
}

// An encrypted key is refused instead of asked about on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

ossl::Key KeyOf(const std::string& pem) {
  const ossl::Stream stream(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return ossl::Key(stream == nullptr
                       ? nullptr
                       : PEM_read_bio_PrivateKey(stream.get(), nullptr, NoPassphrase, nullptr));
}

ossl::Cert CertOf(const Certificate& certificate) {
  return ossl::DecodeAll<ossl::Cert>(certificate.der(), d2i_X509);
}

bool SetTimes(X509* certificate, Time not_before, Time not_after) {
  const AsnTime from(ASN1_TIME_set(nullptr, UnixSeconds(not_before)));
  const AsnTime until(ASN1_TIME_set(nullptr, UnixSeconds(not_after)));
  return from != nullptr && until != nullptr && X509_set1_notBefore(certificate, from.get()) == 1 &&
         X509_set1_notAfter(certificate, until.get()) == 1;
}

bool SetSerial(X509* certificate) {
  const ossl::Number number(BN_new());
  return number != nullptr && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, 0) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509_NAME* name, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text,
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool Add(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const NewExtension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A name that would be read as more than one in OpenSSL's notation, or as something else than a DNS name.
bool IsDnsName(const std::string& name) {
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos;
}

// Without extensions and signature.
ossl::Cert NewCertificate(EVP_PKEY* key, const std::string& common_name, Time not_before,
                          Time not_after) {
  ossl::Cert certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), kVersion3) != 1 ||
      !SetSerial(certificate.get()) || !SetTimes(certificate.get(), not_before, not_after) ||
      X509_set_pubkey(certificate.get(), key) != 1 ||
      !SetName(X509_get_subject_name(certificate.get()), common_name)) {
    return nullptr;
  }
  return certificate;
}

Result<CertifiedKey> Signed(const ossl::Cert& certificate, const ossl::Key& key,
                            EVP_PKEY* signing_key) {
  if (X509_sign(certificate.get(), signing_key, EVP_sha256()) <= 0)
    return Refused("the certificate could not be signed");
  return CertifiedKey{PemOf(certificate.get()), PemOf(key.get())};
}

}  // namespace

Result<CertifiedKey> IssueAuthority(const std::string& common_name, Time not_before,
                                    Time not_after) {
  const ossl::CleanQueue clean;
  if (not_after <= not_before || common_name.empty() || common_name.size() > kMaxCommonName)
    return Fail(kInvalidArgument, "an authority needs a name of at most 64 bytes and a validity");
  const ossl::Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Refused("no key could be made");
  const ossl::Cert certificate = NewCertificate(key.get(), common_name, not_before, not_after);
  if (certificate == nullptr) return Refused("no certificate could be made");
  X509* const own = certificate.get();
  if (X509_set_issuer_name(own, X509_get_subject_name(own)) != 1 ||
      !Add(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !Add(own, own, NID_key_usage, "critical,keyCertSign") ||
      !Add(own, own, NID_subject_key_identifier, "hash")) {
    return Refused("no certificate could be made");
  }
  return Signed(certificate, key, key.get());
}

Result<CertifiedKey> IssueServingCertificate(const CertifiedKey& authority,
                                             const std::vector<std::string>& dns_names,
                                             Time not_before, Time not_after) {
  const ossl::CleanQueue clean;
  if (not_after <= not_before || dns_names.empty())
    return Fail(kInvalidArgument, "a serving certificate needs DNS names and a validity");
  std::string names;
  for (const std::string& name : dns_names) {
    if (!IsDnsName(name))
      return Fail(kInvalidArgument, "expected a DNS name, found " + Printable(name, 64));
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  }
  PLIMSOLL_ASSIGN(const Certificate parsed, Certificate::FromPem(authority.certificate_pem));
  const ossl::Cert issuer = CertOf(parsed);
  const ossl::Key signing_key = KeyOf(authority.key_pem);
  if (issuer == nullptr || signing_key == nullptr ||
      X509_check_private_key(issuer.get(), signing_key.get()) != 1) {
    return Refused("the authority's certificate and key do not fit");
  }
  const ossl::Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Refused("no key could be made");
  // The names are what counts; a common name has room for 64 bytes only.
  const ossl::Cert certificate =
      NewCertificate(key.get(), dns_names.front().substr(0, kMaxCommonName), not_before, not_after);
  X509* const own = certificate.get();
  if (own == nullptr || X509_set_issuer_name(own, X509_get_subject_name(issuer.get())) != 1 ||
      !Add(own, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !Add(own, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !Add(own, issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !Add(own, issuer.get(), NID_authority_key_identifier, "keyid:always") ||
      !Add(own, issuer.get(), NID_subject_alt_name, names)) {
    return Refused("no certificate could be made");
  }
  return Signed(certificate, key, signing_key.get());
}

bool KeyFits(const Certificate& certificate, const std::string& key_pem) {
  const ossl::CleanQueue clean;
  const ossl::Cert own = CertOf(certificate);
  const ossl::Key key = KeyOf(key_pem);
  return own != nullptr && key != nullptr && X509_check_private_key(own.get(), key.get()) == 1;
}

bool IsIssuedBy(const Certificate& certificate, const Certificate& authority) {
  const ossl::CleanQueue clean;
  if (!authority.IsAuthority() || !certificate.NamesAsIssuer(authority)) return false;
  const ossl::Cert own = CertOf(certificate);
  const ossl::Cert issuer = CertOf(authority);
  return own != nullptr && issuer != nullptr &&
         X509_verify(own.get(), X509_get0_pubkey(issuer.get())) == 1;
}

}  // namespace plimsoll::crypto
