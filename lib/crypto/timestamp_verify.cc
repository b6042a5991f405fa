#include <optional>

#include <openssl/ess.h>

#include "base/printable.h"
#include "certificate_impl.h"
#include "crypto/chain.h"
#include "timestamp_impl.h"

namespace plimsoll::crypto {
namespace {

using Impl = TimestampResponse::Impl;

Status CheckImprint(const Impl& impl, ByteView data) {
  PLIMSOLL_ASSIGN(const Bytes digest, HashByNid(impl.imprint_hash, data));
  if (digest != impl.imprint) {
    return Fail(kTimestampImprintMismatch, "time-stamp: it was made over other bytes");
  }
  return {};
}

bool SignedBy(const Impl& impl, const Certificate& certificate) {
  const PKCS7_ISSUER_AND_SERIAL* wanted = impl.signer->issuer_and_serial;
  const X509* x509 = CertificateAccess::Handle(certificate);
  return wanted != nullptr && X509_NAME_cmp(wanted->issuer, X509_get_issuer_name(x509)) == 0 &&
         ASN1_INTEGER_cmp(wanted->serial, X509_get0_serialNumber(x509)) == 0;
}

Result<Certificate> FindSigner(const Impl& impl, const TimestampAuthority& authority) {
  if (authority.signer) {
    if (SignedBy(impl, *authority.signer)) return *authority.signer;
    return Fail(kUnknownTimestampAuthority, "time-stamp: its signer is not this authority's \"" +
                                                Printable(authority.signer->Subject()) + "\"");
  }
  for (const Certificate& certificate : impl.certificates) {
    if (SignedBy(impl, certificate)) return certificate;
  }
  return Fail(kUnknownTimestampAuthority,
              "time-stamp: the signer's certificate is neither embedded nor known");
}

// The value of a signed attribute that occurs once and has one value.
Result<const ASN1_TYPE*> Attribute(const Impl& impl, int nid) {
  const ASN1_TYPE* value = nullptr;
  for (int i = 0; i < sk_X509_ATTRIBUTE_num(impl.signer->auth_attr); ++i) {
    X509_ATTRIBUTE* attribute = sk_X509_ATTRIBUTE_value(impl.signer->auth_attr, i);
    if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) != nid) continue;
    if (value != nullptr || X509_ATTRIBUTE_count(attribute) != 1) {
      return Fail(kTimestampAttributeMismatch, "time-stamp: signed attribute " +
                                                   std::string(OBJ_nid2sn(nid)) +
                                                   " has more than one value");
    }
    value = X509_ATTRIBUTE_get0_type(attribute, 0);
  }
  return value;
}

Status CheckAttributes(const Impl& impl) {
  PLIMSOLL_ASSIGN(const ASN1_TYPE* type, Attribute(impl, NID_pkcs9_contentType));
  if (type == nullptr || type->type != V_ASN1_OBJECT ||
      OBJ_obj2nid(type->value.object) != NID_id_smime_ct_TSTInfo) {
    return Fail(kTimestampAttributeMismatch,
                "time-stamp: no signed attribute says that the content is a TSTInfo");
  }
  PLIMSOLL_ASSIGN(const ASN1_TYPE* digest, Attribute(impl, NID_pkcs9_messageDigest));
  PLIMSOLL_ASSIGN(const Bytes computed, HashByNid(NidOf(impl.signer->digest_alg), impl.content));
  if (digest == nullptr || digest->type != V_ASN1_OCTET_STRING ||
      !EqualConstantTime(ossl::View(digest->value.octet_string), computed)) {
    return Fail(kTimestampAttributeMismatch,
                "time-stamp: the signed message digest is not the content's");
  }
  return {};
}

// The hash of a signature scheme that names one; the scheme of a key's own name hashes the attributes as the
// content was hashed (RFC 5652 section 5.4). Empty for a scheme that is not of this kind of key.
std::optional<int> HashOfScheme(int scheme, KeyKind kind, int content_hash) {
  const bool rsa = kind == KeyKind::kRsa;
  const bool edwards = kind == KeyKind::kEd25519;
  switch (scheme) {
    case NID_ecdsa_with_SHA256:
      return !rsa && !edwards ? std::optional(NID_sha256) : std::nullopt;
    case NID_ecdsa_with_SHA384:
      return !rsa && !edwards ? std::optional(NID_sha384) : std::nullopt;
    case NID_ecdsa_with_SHA512:
      return !rsa && !edwards ? std::optional(NID_sha512) : std::nullopt;
    case NID_sha256WithRSAEncryption:
      return rsa ? std::optional(NID_sha256) : std::nullopt;
    case NID_sha384WithRSAEncryption:
      return rsa ? std::optional(NID_sha384) : std::nullopt;
    case NID_sha512WithRSAEncryption:
      return rsa ? std::optional(NID_sha512) : std::nullopt;
    case NID_rsaEncryption:
    case NID_rsassaPss:
      return rsa ? std::optional(content_hash) : std::nullopt;
    case NID_X9_62_id_ecPublicKey:
      return !rsa && !edwards ? std::optional(content_hash) : std::nullopt;
    case NID_ED25519:
      return edwards ? std::optional(content_hash) : std::nullopt;
    default:
      return std::nullopt;
  }
}

Result<SignatureAlgorithm> AlgorithmOf(const Impl& impl, const PublicKey& key) {
  const int scheme = NidOf(impl.signer->digest_enc_alg);
  const auto hash = HashOfScheme(scheme, key.kind(), NidOf(impl.signer->digest_alg));
  if (!hash) {
    return Fail(kUnsupportedAlgorithm,
                "time-stamp: its signature algorithm is none of a " + key.Description() + " key's");
  }
  if (key.kind() == KeyKind::kEd25519) return SignatureAlgorithm::kEd25519;
  const bool rsa = key.kind() == KeyKind::kRsa;
  const bool pss = scheme == NID_rsassaPss;
  using A = SignatureAlgorithm;
  if (*hash == NID_sha384)
    return !rsa ? A::kEcdsaSha384 : pss ? A::kRsaPssSha384 : A::kRsaPkcs1Sha384;
  if (*hash == NID_sha512)
    return !rsa ? A::kEcdsaSha512 : pss ? A::kRsaPssSha512 : A::kRsaPkcs1Sha512;
  return !rsa ? A::kEcdsaSha256 : pss ? A::kRsaPssSha256 : A::kRsaPkcs1Sha256;
}

Status CheckSignature(const Impl& impl, const Certificate& signer) {
  if (!signer.key()) return Forward(signer.key().error());
  PLIMSOLL_ASSIGN(const SignatureAlgorithm algorithm, AlgorithmOf(impl, *signer.key()));
  unsigned char* raw = nullptr;
  const int length = ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(impl.signer->auth_attr),
                                   &raw, ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
  const ossl::Ptr<unsigned char, ossl::FreeMemory> owner(raw);
  if (length <= 0) return Fail(kInternal, "cannot encode the attributes of a time-stamp");
  if (!signer.key()->Verify(algorithm, {raw, static_cast<std::size_t>(length)},
                            ossl::View(impl.signer->enc_digest))) {
    return Fail(kTimestampSignatureMismatch, "time-stamp: its signature does not verify with \"" +
                                                 Printable(signer.Subject()) + "\"");
  }
  return {};
}

Status CheckPurpose(const Certificate& signer) {
  const auto& usage = signer.extended_key_usage();
  if (!usage || !usage->critical || usage->oids.size() != 1 || !usage->Has(kOidTimeStamping)) {
    return Fail(kTimestampKeyUsageMismatch, "time-stamp: the extended key usage of \"" +
                                                Printable(signer.Subject()) +
                                                "\" is not critical, or not timeStamping alone");
  }
  return {};
}

Result<CertificatePath> FindPath(const Impl& impl, const TimestampAuthority& authority,
                                 const Certificate& signer) {
  std::vector<Certificate> intermediates = authority.intermediates;
  for (const Certificate& certificate : impl.certificates) {
    if (certificate.IsAuthority()) intermediates.push_back(certificate);
  }
  auto path = VerifyChain(signer, {intermediates, authority.roots, impl.time, kOidTimeStamping});
  if (path || path.error().code != kUnknownAuthority) return path;
  return Fail(kUnknownTimestampAuthority,
              "time-stamp: no path to a root of the authority: " + path.error().message);
}

Status CheckSigningCertificate(const Impl& impl, const CertificatePath& path) {
  const auto decode = [&](int nid, auto d2i, auto& handle) -> Status {
    PLIMSOLL_ASSIGN(const ASN1_TYPE* value, Attribute(impl, nid));
    if (value == nullptr) return {};
    if (value->type == V_ASN1_SEQUENCE) {
      handle = ossl::DecodeAll<std::remove_reference_t<decltype(handle)>>(
          ossl::View(value->value.sequence), d2i);
    }
    if (handle == nullptr) {
      return Fail(kMalformed, "time-stamp: its ESSCertID attribute does not decode");
    }
    return {};
  };
  ossl::EssV1 v1;
  ossl::EssV2 v2;
  PLIMSOLL_TRY(decode(NID_id_smime_aa_signingCertificate, d2i_ESS_SIGNING_CERT, v1));
  PLIMSOLL_TRY(decode(NID_id_smime_aa_signingCertificateV2, d2i_ESS_SIGNING_CERT_V2, v2));
  const ossl::BorrowedCerts known(sk_X509_new_null());
  if (known == nullptr) return Fail(kInternal, "out of memory");
  for (const Certificate& certificate : path) {
    sk_X509_push(known.get(), CertificateAccess::Handle(certificate));
  }
  for (const Certificate& certificate : impl.certificates) {
    sk_X509_push(known.get(), CertificateAccess::Handle(certificate));
  }
  if (OSSL_ESS_check_signing_certs(v1.get(), v2.get(), known.get(), 1) != 1) {
    return Fail(kTimestampCertificateMismatch,
                "time-stamp: its signed attributes do not name the signer's certificate");
  }
  return {};
}

Status CheckWindow(const Impl& impl, const Window& window) {
  if (window.Contains(impl.time)) return {};
  return Fail(kTimestampOutsideWindow, "time-stamp of " + FormatMicroTime(impl.time) +
                                           ": outside the authority's validity, " +
                                           (window.start ? FormatTime(*window.start) : "always") +
                                           " to " +
                                           (window.end ? FormatTime(*window.end) : "open"));
}

}  // namespace

Result<Time> TimestampResponse::Verify(ByteView data, const TimestampAuthority& authority) const {
  const ossl::CleanQueue queue;
  PLIMSOLL_TRY(CheckImprint(*impl_, data));
  PLIMSOLL_ASSIGN(const Certificate signer, FindSigner(*impl_, authority));
  PLIMSOLL_TRY(CheckAttributes(*impl_));
  PLIMSOLL_TRY(CheckSignature(*impl_, signer));
  PLIMSOLL_TRY(CheckPurpose(signer));
  PLIMSOLL_ASSIGN(const CertificatePath path, FindPath(*impl_, authority, signer));
  PLIMSOLL_TRY(CheckSigningCertificate(*impl_, path));
  PLIMSOLL_TRY(CheckWindow(*impl_, authority.window));
  return impl_->time;
}

}  // namespace plimsoll::crypto
