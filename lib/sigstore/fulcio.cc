#include "fulcio.h"

#include <array>

#include "base/printable.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

using crypto::AlternativeName;

constexpr std::string_view kArc = "1.3.6.1.4.1.57264.1.";
constexpr int kLastRawExtension = 6;

Status ReadIdentity(const crypto::Certificate& certificate, const Limits& limits, Signer& signer) {
  const auto& names = certificate.alternative_names();
  if (names.size() != 1) {
    return Fail(kUnsupportedFormat, "the certificate names " + std::to_string(names.size()) +
                                        " identities, expected exactly one");
  }
  const AlternativeName& name = names.front();
  switch (name.kind) {
    case AlternativeName::Kind::kUri:
      signer.san_kind = SanKind::kUri;
      break;
    case AlternativeName::Kind::kEmail:
      signer.san_kind = SanKind::kEmail;
      break;
    case AlternativeName::Kind::kOtherName:
      if (name.type_id != crypto::kOidFulcioOtherName) {
        return Fail(kUnsupportedFormat, "the certificate's identity is an other name of type " +
                                            Printable(name.type_id, 64) + ", not of Fulcio's");
      }
      signer.san_kind = SanKind::kOtherName;
      break;
    case AlternativeName::Kind::kDns:
    case AlternativeName::Kind::kIp:
    case AlternativeName::Kind::kUnsupported:
      return Fail(
          kUnsupportedFormat,
          "the certificate's identity is neither a URI, nor an e-mail address, nor a Fulcio "
          "other name");
  }
  if (name.value.empty()) return Fail(kMalformed, "the certificate's identity is empty");
  if (name.value.size() > limits.identity_bytes) {
    return Fail(kLimitExceeded, "the certificate's identity has " +
                                    std::to_string(name.value.size()) + " bytes, more than " +
                                    std::to_string(limits.identity_bytes));
  }
  signer.identity = name.value;
  return {};
}

// The text of extension `number`; empty when absent.
Result<std::string> ExtensionText(const crypto::Certificate& certificate, int number,
                                  std::size_t max_bytes) {
  const std::string oid = std::string(kArc) + std::to_string(number);
  const crypto::Extension* extension = certificate.FindExtension(oid);
  if (extension == nullptr) return std::string();
  std::string text;
  if (number <= kLastRawExtension) {
    text = ToText(extension->value);
    if (!IsUtf8(text))
      return Fail(kMalformed, "the certificate's extension " + oid + " is not UTF-8");
  } else {
    auto decoded = crypto::DecodeUtf8String(extension->value);
    if (!decoded) {
      return Fail(kMalformed,
                  "the certificate's extension " + oid + ": " + decoded.error().message);
    }
    text = std::move(*decoded);
  }
  if (text.size() > max_bytes) {
    return Fail(kLimitExceeded, "the certificate's extension " + oid + " has " +
                                    std::to_string(text.size()) + " bytes, more than " +
                                    std::to_string(max_bytes));
  }
  return text;
}

struct Field {
  int number;
  std::size_t max_bytes;
  std::string* target;
};

}  // namespace

Result<FulcioClaims> ReadFulcioClaims(const crypto::Certificate& certificate,
                                      const Limits& limits) {
  FulcioClaims claims;
  Signer& signer = claims.signer;
  FulcioExtensions& other = claims.extensions;
  signer.kind = SignerKind::kKeyless;
  PLIMSOLL_TRY(ReadIdentity(certificate, limits, signer));
  std::string old_issuer;
  const std::size_t text = limits.extension_bytes;
  const std::array<Field, 23> fields = {{
      {1, limits.issuer_bytes, &old_issuer},
      {2, text, &other.github_workflow_trigger},
      {3, text, &other.github_workflow_sha},
      {4, text, &other.github_workflow_name},
      {5, text, &other.github_workflow_repository},
      {6, text, &other.github_workflow_ref},
      {8, limits.issuer_bytes, &signer.issuer},
      {9, text, &other.build_signer_uri},
      {10, text, &other.build_signer_digest},
      {11, text, &other.runner_environment},
      {12, limits.source_repository_uri_bytes, &signer.source_repository_uri},
      {13, text, &other.source_repository_digest},
      {14, text, &other.source_repository_ref},
      {15, limits.repository_id_bytes, &signer.source_repository_id},
      {16, text, &other.source_repository_owner_uri},
      {17, limits.repository_id_bytes, &signer.source_repository_owner_id},
      {18, limits.build_config_uri_bytes, &signer.build_config_uri},
      {19, text, &other.build_config_digest},
      {20, text, &other.build_trigger},
      {21, text, &other.run_invocation_uri},
      {22, text, &other.source_repository_visibility},
      {23, text, &other.deployment_environment},
      {24, text, &other.token_subject},
  }};
  for (const Field& field : fields) {
    PLIMSOLL_ASSIGN(*field.target, ExtensionText(certificate, field.number, field.max_bytes));
  }
  if (signer.issuer.empty()) signer.issuer = old_issuer;
  if (signer.issuer.empty()) {
    return Fail(kUnsupportedFormat, "the certificate names no OIDC issuer (extension .8 or .1)");
  }
  return claims;
}

}  // namespace plimsoll::sigstore
