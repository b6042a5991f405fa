#include "crypto/chain.h"

#include <algorithm>

#include "base/printable.h"
#include "certificate_impl.h"
#include "crypto/limits.h"

namespace plimsoll::crypto {
namespace {

constexpr std::string_view kOidAnyPurpose = "2.5.29.37.0";
constexpr std::string_view kOidNameConstraints = "2.5.29.30";
constexpr int k112Bits =
    2;  // libcrypto's security level of RSA-2048 and SHA-256; SHA-1 is below it

// Times are checked afterwards, for libcrypto takes whole seconds and the end as already too late. They
// still steer which of several equal-named issuers it prefers.
int PassOverTimes(int ok, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  return ok;
}

Reason ReasonOf(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED:
      return kUnknownAuthority;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
      return kCertificateSignatureMismatch;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
      return kNotACertificateAuthority;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return kPathTooLong;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return kNameConstraintViolated;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return kUnknownCriticalExtension;
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return kWeakCertificate;
    case X509_V_ERR_OUT_OF_MEM:
    case X509_V_ERR_UNSPECIFIED:
      return kInternal;
    default:
      return kCertificateNotConforming;
  }
}

std::string Describe(const Certificate& certificate) {
  std::string name = certificate.Subject();
  if (name.empty() && !certificate.alternative_names().empty()) {
    name = certificate.alternative_names().front().value;
  }
  return "\"" + Printable(name) + "\" (issuer \"" + Printable(certificate.Issuer()) + "\")";
}

Status CheckLeaf(const Certificate& leaf, std::string_view purpose) {
  if (!leaf.key()) return Forward(leaf.key().error());
  if (leaf.IsAuthority()) {
    return Fail(kLeafIsAuthority,
                "certificate " + Describe(leaf) + " is an authority's, expected a leaf");
  }
  if (leaf.FindExtension(kOidNameConstraints) != nullptr) {
    return Fail(kCertificateNotConforming,
                "certificate " + Describe(leaf) + " is a leaf, and has name constraints");
  }
  // RFC 3161 lets an authority sign with either bit.
  const auto& key_usage = leaf.key_usage();
  if (key_usage && !key_usage->digital_signature &&
      !(key_usage->content_commitment && purpose == kOidTimeStamping)) {
    return Fail(kKeyUsageMismatch,
                "certificate " + Describe(leaf) + ": its key usage lacks digitalSignature");
  }
  if (key_usage && key_usage->key_cert_sign) {
    return Fail(kKeyUsageMismatch, "certificate " + Describe(leaf) +
                                       ": its key usage has keyCertSign, which a leaf must not");
  }
  const auto& usage = leaf.extended_key_usage();
  if (!usage || !usage->Has(purpose)) {
    return Fail(
        kExtendedKeyUsageMismatch,
        "certificate " + Describe(leaf) + ": its extended key usage lacks " + std::string(purpose));
  }
  return {};
}

ossl::Store MakeStore(std::span<const Certificate> anchors) {
  ossl::Store store(X509_STORE_new());
  if (store == nullptr) return store;
  for (const Certificate& anchor : anchors) {
    if (anchor.key() && X509_STORE_add_cert(store.get(), CertificateAccess::Handle(anchor)) != 1) {
      return nullptr;
    }
  }
  return store;
}

// Borrows the handles.
ossl::BorrowedCerts MakeStack(std::span<const Certificate> intermediates) {
  ossl::BorrowedCerts stack(sk_X509_new_null());
  if (stack == nullptr) return stack;
  for (const Certificate& certificate : intermediates) {
    if (certificate.key()) sk_X509_push(stack.get(), CertificateAccess::Handle(certificate));
  }
  return stack;
}

void SetParameters(X509_VERIFY_PARAM* parameters, Time at) {
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(UnixSeconds(at)));
  // Libcrypto counts neither leaf nor anchor.
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kLimits.max_path) - 2);
  X509_VERIFY_PARAM_set_auth_level(parameters, k112Bits);
}

// The certificates of the verified path, as the caller gave them.
Result<CertificatePath> ReadPath(X509_STORE_CTX* context, const Certificate& leaf,
                                 const ChainRequest& request) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context);
  CertificatePath path;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const X509* handle = sk_X509_value(chain, i);
    const auto is_it = [&](const Certificate& c) { return CertificateAccess::Handle(c) == handle; };
    if (is_it(leaf)) {
      path.push_back(leaf);
      continue;
    }
    for (const auto group : {request.anchors, request.intermediates}) {
      const auto found = std::find_if(group.begin(), group.end(), is_it);
      if (found == group.end()) continue;
      path.push_back(*found);
      break;
    }
  }
  if (path.size() != static_cast<std::size_t>(sk_X509_num(chain))) {
    return Fail(kInternal, "a verified path holds a certificate that nobody gave");
  }
  return path;
}

Status CheckTimes(const CertificatePath& path, Time at) {
  for (const Certificate& certificate : path) {
    if (at < certificate.not_before()) {
      return Fail(kCertificateNotYetValid,
                  "certificate " + Describe(certificate) + " is valid from " +
                      FormatTime(certificate.not_before()) + ", judged at " + FormatMicroTime(at));
    }
    if (at > certificate.not_after()) {
      return Fail(kCertificateExpired,
                  "certificate " + Describe(certificate) + " was valid until " +
                      FormatTime(certificate.not_after()) + ", judged at " + FormatMicroTime(at));
    }
  }
  return {};
}

Status CheckIssuerPurposes(const CertificatePath& path, std::string_view purpose) {
  for (auto issuer = path.begin() + 1; issuer != path.end(); ++issuer) {
    const auto& usage = issuer->extended_key_usage();
    if (usage && !usage->Has(purpose) && !usage->Has(kOidAnyPurpose)) {
      return Fail(kExtendedKeyUsageMismatch, "authority " + Describe(*issuer) +
                                                 ": its extended key usage lacks " +
                                                 std::string(purpose));
    }
  }
  return {};
}

Result<CertificatePath> BuildPath(const Certificate& leaf, const ChainRequest& request) {
  const ossl::Store store = MakeStore(request.anchors);
  const ossl::BorrowedCerts untrusted = MakeStack(request.intermediates);
  const ossl::StoreContext context(X509_STORE_CTX_new());
  if (store == nullptr || untrusted == nullptr || context == nullptr ||
      X509_STORE_CTX_init(context.get(), store.get(), CertificateAccess::Handle(leaf),
                          untrusted.get()) != 1) {
    return Fail(kInternal, "cannot set up a path: " + ossl::TakeErrors());
  }
  SetParameters(X509_STORE_CTX_get0_param(context.get()), request.at);
  X509_STORE_CTX_set_verify_cb(context.get(), PassOverTimes);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    return Fail(ReasonOf(error), "certificate " + Describe(leaf) + ": " +
                                     X509_verify_cert_error_string(error) + " (certificate " +
                                     std::to_string(X509_STORE_CTX_get_error_depth(context.get())) +
                                     " of the path)");
  }
  return ReadPath(context.get(), leaf, request);
}

}  // namespace

Result<CertificatePath> VerifyChain(const Certificate& leaf, const ChainRequest& request) {
  const ossl::CleanQueue queue;
  if (request.intermediates.size() > kLimits.max_certificates) {
    return Fail(kLimitExceeded,
                std::to_string(request.intermediates.size()) + " intermediate certificates");
  }
  auto built = BuildPath(leaf, request);
  if (!built) {
    // An authority in place of a leaf breaks further rules, of which it is the cause.
    const Reason code = built.error().code;
    if (code == kCertificateNotConforming || code == kPathTooLong) {
      PLIMSOLL_TRY(CheckLeaf(leaf, request.purpose));
    }
    return Forward(std::move(built).error());
  }
  CertificatePath path = *std::move(built);
  if (path.size() < 2) {
    return Fail(kUnknownAuthority,
                "certificate " + Describe(leaf) + " is itself a root; expected one issued by it");
  }
  PLIMSOLL_TRY(CheckTimes(path, request.at));
  PLIMSOLL_TRY(CheckLeaf(leaf, request.purpose));
  PLIMSOLL_TRY(CheckIssuerPurposes(path, request.purpose));
  return path;
}

}  // namespace plimsoll::crypto
