#include "baseline/signer.h"

#include <tuple>
#include <utility>

#include "base/encoding.h"
#include "base/printable.h"

namespace plimsoll::baseline {
namespace {

constexpr std::string_view kTagRef = "@refs/tags/";
constexpr std::size_t kShortSigner = 48;
constexpr std::size_t kShortIssuer = 64;

// A view of the canonical tuple. The build config is canonical text of its own, made on the spot.
struct CanonicalTuple {
  explicit CanonicalTuple(const Signer& signer)
      : signer_(signer), build_config_(Canonical(signer.build_config_uri)) {}

  auto Tied() const {
    return std::tuple(ToText(signer_.kind), std::string_view(signer_.canonical_identity),
                      std::string_view(signer_.issuer), std::string_view(build_config_),
                      std::string_view(signer_.source_repository_id),
                      std::string_view(signer_.source_repository_owner_id),
                      std::string_view(signer_.spki_sha256));
  }

 private:
  const Signer& signer_;
  std::string build_config_;
};

std::string_view WithoutScheme(std::string_view text) {
  const auto scheme = text.find("://");
  return scheme == std::string_view::npos ? text : text.substr(scheme + 3);
}

// Keeps the beginning and the end: the owner and the ref both tell signers apart.
std::string Shorten(std::string_view text, std::size_t max) {
  std::string shown = PrintableAscii(text, 4096);
  if (shown.size() <= max) return shown;
  const std::size_t kept = max - 3;
  const std::size_t head = kept / 2;
  return shown.substr(0, head) + "..." + shown.substr(shown.size() - (kept - head));
}

}  // namespace

std::string Canonical(std::string_view text) {
  const auto at = text.rfind(kTagRef);
  if (at == std::string_view::npos) return std::string(text);
  std::string canonical(text.substr(0, at + kTagRef.size()));
  canonical += '*';
  return canonical;
}

Signer MakeKeyless(std::string identity, std::string issuer) {
  Signer signer;
  signer.canonical_identity = Canonical(identity);
  signer.identity = std::move(identity);
  signer.issuer = std::move(issuer);
  return signer;
}

Signer MakeKey(std::string spki_sha256) {
  Signer signer;
  signer.kind = SignerKind::kKey;
  signer.spki_sha256 = std::move(spki_sha256);
  return signer;
}

bool IsWellFormed(const Signer& signer) {
  if (signer.kind == SignerKind::kKey) {
    return IsLowerHex(signer.spki_sha256, 64) && signer.identity.empty() &&
           signer.canonical_identity.empty() && signer.issuer.empty() &&
           signer.build_config_uri.empty() && signer.source_repository_uri.empty() &&
           signer.source_repository_id.empty() && signer.source_repository_owner_id.empty();
  }
  return signer.spki_sha256.empty() && !signer.identity.empty() &&
         signer.identity.size() <= SignerLimits::kIdentity &&
         signer.canonical_identity.size() <= SignerLimits::kIdentity &&
         signer.issuer.size() <= SignerLimits::kIssuer &&
         signer.build_config_uri.size() <= SignerLimits::kBuildConfig &&
         signer.source_repository_uri.size() <= SignerLimits::kSourceRepository &&
         signer.source_repository_id.size() <= SignerLimits::kNumericId &&
         signer.source_repository_owner_id.size() <= SignerLimits::kNumericId &&
         signer.canonical_identity == Canonical(signer.identity);
}

bool SameSigner(const Signer& a, const Signer& b) {
  return a.kind == b.kind && a.canonical_identity == b.canonical_identity && a.issuer == b.issuer &&
         a.spki_sha256 == b.spki_sha256 && a.source_repository_id == b.source_repository_id &&
         a.source_repository_owner_id == b.source_repository_owner_id &&
         (a.build_config_uri == b.build_config_uri ||
          Canonical(a.build_config_uri) == Canonical(b.build_config_uri));
}

bool SmallerSigner(const Signer& a, const Signer& b) {
  return CanonicalTuple(a).Tied() < CanonicalTuple(b).Tied();
}

std::string ShortSigner(const Signer& signer) {
  if (signer.kind == SignerKind::kKey) return "key:" + signer.spki_sha256.substr(0, 16);
  constexpr std::string_view kGitHub = "https://github.com/";
  constexpr std::string_view kWorkflows = "/.github/workflows/";
  std::string_view text = signer.canonical_identity;
  if (text.starts_with(kGitHub)) {
    text.remove_prefix(kGitHub.size());
    const auto folder = text.find(kWorkflows);
    if (folder != std::string_view::npos) {
      std::string name(text.substr(0, folder + 1));
      name += text.substr(folder + kWorkflows.size());
      return Shorten(name, kShortSigner);
    }
    text = signer.canonical_identity;
  }
  return Shorten(WithoutScheme(text), kShortSigner);
}

std::string ShortIssuer(const Signer& signer) {
  return Shorten(WithoutScheme(signer.issuer), kShortIssuer);
}

}  // namespace plimsoll::baseline
