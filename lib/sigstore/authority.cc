#include "authority.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/printable.h"
#include "crypto/chain.h"
#include "crypto/sct.h"
#include "sigstore/reasons.h"

namespace plimsoll::sigstore {
namespace {

Error PathError(const Error& error, const CertificateAuthority& authority) {
  Reason reason = kCertificateInvalid;
  if (error.code == crypto::kUnknownAuthority) {
    reason = kUnknownCertificateAuthority;
  } else if (error.code == crypto::kCertificateExpired ||
             error.code == crypto::kCertificateNotYetValid) {
    reason = kCertificateExpired;
  } else if (error.code == crypto::kUnsupportedAlgorithm) {
    reason = kUnsupportedAlgorithm;
  }
  return {reason, "the certificate under " + Printable(authority.name, 128) + ": " + error.message,
          false};
}

Result<crypto::Certificate> VerifyUnder(const crypto::Certificate& leaf, Time time,
                                        const CertificateAuthority& authority) {
  const std::span<const crypto::Certificate> chain(authority.chain);
  crypto::ChainRequest request;
  request.intermediates = chain.first(chain.size() - 1);
  request.anchors = chain.last(1);
  request.at = time;
  auto path = crypto::VerifyChain(leaf, request);
  if (!path) return Forward(PathError(path.error(), authority));
  if (!authority.window.Contains(time)) {
    return Fail(kOutsideTrustRootValidity,
                "the certificate authority " + Printable(authority.name, 128) +
                    " is not to be believed at " + FormatTime(time) + ", says the trust root");
  }
  return (*path)[1];
}

// A reason that is nearer to a good path tells more.
int Nearness(Reason reason) {
  if (reason == kOutsideTrustRootValidity) return 3;
  if (reason == kCertificateExpired) return 2;
  if (reason == kUnknownCertificateAuthority) return 0;
  return 1;
}

Result<crypto::Certificate> VerifyAt(const crypto::Certificate& leaf, Time time,
                                     const TrustRoot::Impl& root) {
  Error best{kUnknownCertificateAuthority,
             "the certificate's issuer \"" + Printable(leaf.Issuer(), 160) +
                 "\" is not an authority of the trust root",
             false};
  for (const CertificateAuthority& authority : root.authorities) {
    const bool named =
        std::any_of(authority.chain.begin(), authority.chain.end(),
                    [&](const crypto::Certificate& issuer) { return leaf.NamesAsIssuer(issuer); });
    if (!named) continue;
    auto issuer = VerifyUnder(leaf, time, authority);
    if (issuer) return issuer;
    if (Nearness(issuer.error().code) > Nearness(best.code)) best = issuer.error();
  }
  return Forward(std::move(best));
}

Error SctError(const Error& error) {
  Reason reason = kSctInvalid;
  if (error.code == crypto::kSctMissing) {
    reason = kNoSct;
  } else if (error.code == crypto::kUnknownCtLog) {
    reason = kUnknownCtLog;
  } else if (error.code == crypto::kSctOutsideLogWindow) {
    reason = kOutsideTrustRootValidity;
  } else if (error.code == crypto::kUnsupportedAlgorithm) {
    reason = kUnsupportedAlgorithm;
  } else if (error.code == kMalformed || error.code == kLimitExceeded) {
    reason = error.code;
  }
  return {reason, "the certificate's SCT: " + error.message, false};
}

}  // namespace

Result<crypto::Certificate> VerifyPath(const crypto::Certificate& leaf, std::span<const Time> times,
                                       const TrustRoot::Impl& root) {
  std::optional<crypto::Certificate> issuer;
  for (const Time time : times) {
    PLIMSOLL_ASSIGN(crypto::Certificate found, VerifyAt(leaf, time, root));
    if (!issuer) issuer = std::move(found);
  }
  if (!issuer) return Fail(kNoVerifiedTime, "nothing proves when the certificate was used");
  return *issuer;
}

Status VerifyScts(const crypto::Certificate& leaf, const crypto::Certificate& issuer,
                  const TrustRoot::Impl& root) {
  const auto verified = crypto::VerifyEmbeddedScts(leaf, issuer, root.ct_log_keys);
  if (verified) return {};
  const Error error = SctError(verified.error());
  if (!(error.code == kUnknownCtLog)) return Forward(error);
  const auto scts = crypto::EmbeddedScts(leaf);
  for (const CtLogKey& log : root.ct_logs) {
    const bool named = scts && std::any_of(scts->begin(), scts->end(), [&](const crypto::Sct& sct) {
                         return HexEncode(sct.log_id) == log.id;
                       });
    if (named && !log.unsupported.empty()) {
      return Fail(kUnsupportedAlgorithm,
                  "the CT log " + Printable(log.name, 128) + ": " + log.unsupported);
    }
  }
  return Forward(error);
}

}  // namespace plimsoll::sigstore
