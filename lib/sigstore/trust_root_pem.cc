#include <algorithm>

#include "base/printable.h"
#include "crypto/certificate.h"
#include "crypto/public_key.h"
#include "pem.h"
#include "sigstore/reasons.h"
#include "sigstore/trust_root.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {
namespace {

using crypto::Certificate;

Result<std::vector<Certificate>> ReadCertificates(std::string_view pem, const Limits& limits) {
  if (pem.empty()) return std::vector<Certificate>{};
  auto list = crypto::Certificate::ListFromPem(pem, limits.trusted_root_parts);
  if (!list) return Fail(list.error().code, "trust root: " + list.error().message);
  return list;
}

// From `start` upwards by name, as far as the set goes.
std::vector<Bytes> ChainUpwards(const Certificate& start, const std::vector<Certificate>& all,
                                std::size_t max_length) {
  std::vector<Bytes> chain = {start.der()};
  Certificate last = start;
  while (!last.SelfIssued() && chain.size() < max_length) {
    const auto issuer = std::find_if(all.begin(), all.end(), [&](const Certificate& candidate) {
      return last.NamesAsIssuer(candidate) && !(candidate == last);
    });
    if (issuer == all.end()) break;
    chain.push_back(issuer->der());
    last = *issuer;
  }
  return chain;
}

Status AddKeys(std::string_view pem, const Limits& limits, bool ct_log, TrustRootBuilder& builder) {
  PLIMSOLL_ASSIGN(const auto blocks, SplitPem(pem, limits.trusted_root_parts));
  for (const std::string_view block : blocks) {
    auto key = crypto::PublicKey::FromPem(block);
    if (!key) return Fail(key.error().code, "trust root: " + key.error().message);
    TrustRootBuilder::LogFacts facts;
    facts.key = key->spki_der();
    if (!ct_log) facts.window.start = Time{};
    PLIMSOLL_TRY(ct_log ? builder.AddCtLog(facts) : builder.AddLog(facts));
  }
  return {};
}

}  // namespace

Result<TrustRoot> TrustRoot::FromPem(const ClassicPemSet& set, const Limits& limits) {
  TrustRootBuilder builder(limits);
  PLIMSOLL_ASSIGN(const auto certificates, ReadCertificates(set.fulcio_certificates, limits));
  for (const Certificate& certificate : certificates) {
    PLIMSOLL_TRY(
        builder.AddAuthority("", ChainUpwards(certificate, certificates, limits.certificates), {}));
  }
  PLIMSOLL_TRY(AddKeys(set.rekor_public_keys, limits, false, builder));
  PLIMSOLL_TRY(AddKeys(set.ct_log_public_keys, limits, true, builder));
  PLIMSOLL_ASSIGN(const auto timestamps, ReadCertificates(set.timestamp_certificates, limits));
  if (!timestamps.empty()) {
    std::vector<Bytes> chain;
    for (const Certificate& certificate : timestamps) chain.push_back(certificate.der());
    PLIMSOLL_TRY(builder.AddTimestampAuthority("", chain, {}));
  }
  PLIMSOLL_ASSIGN(auto impl, std::move(builder).Build());
  return TrustRoot(std::move(impl));
}

}  // namespace plimsoll::sigstore
