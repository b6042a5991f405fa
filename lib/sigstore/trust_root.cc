#include "sigstore/trust_root.h"

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "crypto/certificate.h"
#include "json/json.h"
#include "proto_json.h"
#include "sigstore/reasons.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {
namespace {

constexpr std::array<std::string_view, 4> kMediaTypes = {
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
};

constexpr std::size_t kMaxKeyBytes = 16u << 10;

Result<Window> ReadWindow(const json::Value& valid_for) {
  Window window;
  if (!valid_for.present()) return window;
  PLIMSOLL_TRY(valid_for.Object());
  PLIMSOLL_ASSIGN(window.start, ProtoTime(valid_for["start"]));
  PLIMSOLL_ASSIGN(window.end, ProtoTime(valid_for["end"]));
  return window;
}

Result<TrustRootBuilder::LogFacts> ReadLog(const json::Value& value) {
  TrustRootBuilder::LogFacts facts;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(facts.base_url, ProtoString(value["baseUrl"]));
  PLIMSOLL_ASSIGN(const std::string hash, ProtoString(value["hashAlgorithm"]));
  if (!hash.empty() && hash != "SHA2_256") {
    return Fail(kUnsupportedAlgorithm,
                value["hashAlgorithm"].Path() + ": expected SHA2_256, found " + Printable(hash));
  }
  const json::Value key = value["publicKey"];
  PLIMSOLL_TRY(key.Object());
  PLIMSOLL_ASSIGN(facts.key, ProtoBytes(key["rawBytes"], kMaxKeyBytes));
  if (facts.key.empty()) return Fail(kMalformed, key.Path() + ".rawBytes: expected a public key");
  PLIMSOLL_ASSIGN(facts.key_details, ProtoString(key["keyDetails"]));
  if (facts.key_details.empty()) {
    return Fail(kMalformed, key.Path() + ".keyDetails: expected the kind of the key");
  }
  PLIMSOLL_ASSIGN(facts.window, ReadWindow(key["validFor"]));
  PLIMSOLL_ASSIGN(facts.key_id, ProtoBytes(value["logId"]["keyId"], kMaxKeyBytes));
  PLIMSOLL_ASSIGN(facts.checkpoint_key_id,
                  ProtoBytes(value["checkpointKeyId"]["keyId"], kMaxKeyBytes));
  return facts;
}

Result<std::vector<Bytes>> ReadChain(const json::Value& authority, const Limits& limits) {
  std::vector<Bytes> chain;
  const json::Value certificates = authority["certChain"]["certificates"];
  PLIMSOLL_TRY(certificates.Array());
  for (json::Value c = certificates.first(); !c.missing(); c = c.next()) {
    PLIMSOLL_ASSIGN(Bytes der, ProtoBytes(c["rawBytes"], limits.certificate_bytes));
    chain.push_back(std::move(der));
    if (chain.size() > limits.certificates) {
      return Fail(kLimitExceeded, certificates.Path() + ": more than " +
                                      std::to_string(limits.certificates) + " certificates");
    }
  }
  return chain;
}

template <class Read>
Status ForEach(const json::Value& array, const Read& read) {
  if (!array.present()) return {};
  PLIMSOLL_TRY(array.Array());
  for (json::Value element = array.first(); !element.missing(); element = element.next()) {
    PLIMSOLL_TRY(read(element));
  }
  return {};
}

struct AuthorityFacts {
  std::string uri;
  std::vector<Bytes> chain;
  Window window;
};

Result<AuthorityFacts> ReadAuthority(const json::Value& value, const Limits& limits) {
  AuthorityFacts facts;
  PLIMSOLL_TRY(value.Object());
  PLIMSOLL_ASSIGN(facts.uri, ProtoString(value["uri"]));
  PLIMSOLL_ASSIGN(facts.chain, ReadChain(value, limits));
  PLIMSOLL_ASSIGN(facts.window, ReadWindow(value["validFor"]));
  return facts;
}

Status ReadParts(const json::Value& root, const Limits& limits, TrustRootBuilder& builder) {
  PLIMSOLL_TRY(ForEach(root["tlogs"], [&](const json::Value& value) -> Status {
    PLIMSOLL_ASSIGN(const auto facts, ReadLog(value));
    return builder.AddLog(facts);
  }));
  PLIMSOLL_TRY(ForEach(root["ctlogs"], [&](const json::Value& value) -> Status {
    PLIMSOLL_ASSIGN(const auto facts, ReadLog(value));
    return builder.AddCtLog(facts);
  }));
  PLIMSOLL_TRY(ForEach(root["certificateAuthorities"], [&](const json::Value& value) -> Status {
    PLIMSOLL_ASSIGN(const AuthorityFacts facts, ReadAuthority(value, limits));
    return builder.AddAuthority(facts.uri, facts.chain, facts.window);
  }));
  return ForEach(root["timestampAuthorities"], [&](const json::Value& value) -> Status {
    PLIMSOLL_ASSIGN(const AuthorityFacts facts, ReadAuthority(value, limits));
    return builder.AddTimestampAuthority(facts.uri, facts.chain, facts.window);
  });
}

// The latest moment at which some part of this kind may be believed; nothing when one is open for ever.
// A kind without any part was never believed.
std::optional<Time> LatestEnd(const std::vector<TrustPart>& parts, TrustPartKind kind) {
  std::optional<Time> latest = Time{};
  for (const TrustPart& part : parts) {
    if (part.kind != kind) continue;
    if (!part.window.end) return std::nullopt;
    latest = std::max(*latest, *part.window.end);
  }
  return latest;
}

constexpr std::array kNeededKinds = {TrustPartKind::kCertificateAuthority, TrustPartKind::kLog,
                                     TrustPartKind::kCtLog};

}  // namespace

std::optional<Time> TrustPart::Expires() const {
  if (window.end && not_after) return std::min(*window.end, *not_after);
  return window.end ? window.end : not_after;
}

Result<TrustRoot> TrustRoot::FromJson(std::string_view json, const Limits& limits) {
  PLIMSOLL_ASSIGN(const json::Document document,
                  ParseJson(json, limits.trusted_root_bytes, limits, "trust root"));
  const json::Value root = document.root();
  PLIMSOLL_TRY(root.Object());
  PLIMSOLL_ASSIGN(const std::string_view media_type, root["mediaType"].String());
  if (std::find(kMediaTypes.begin(), kMediaTypes.end(), media_type) == kMediaTypes.end()) {
    return Fail(
        kUnsupportedFormat,
        "trust root: expected a Sigstore trusted root of version 0.1 or 0.2, found the media "
        "type \"" +
            Printable(media_type) + "\"");
  }
  TrustRootBuilder builder(limits);
  PLIMSOLL_TRY(ReadParts(root, limits, builder));
  PLIMSOLL_ASSIGN(auto impl, std::move(builder).Build());
  return TrustRoot(std::move(impl));
}

const std::string& TrustRoot::generation() const { return impl_->generation; }
std::span<const TrustPart> TrustRoot::parts() const { return impl_->parts; }

bool TrustRoot::StaleAt(Time now) const {
  return std::any_of(kNeededKinds.begin(), kNeededKinds.end(), [&](TrustPartKind kind) {
    return std::none_of(impl_->parts.begin(), impl_->parts.end(), [&](const TrustPart& part) {
      return part.kind == kind && part.window.Contains(now);
    });
  });
}

std::optional<Time> TrustRoot::StaleFrom() const {
  std::optional<Time> earliest;
  for (const TrustPartKind kind : kNeededKinds) {
    const auto end = LatestEnd(impl_->parts, kind);
    if (end && (!earliest || *end < *earliest)) earliest = end;
  }
  return earliest;
}

std::optional<Time> TrustRoot::YoungestStart() const {
  std::optional<Time> youngest;
  for (const TrustPart& part : impl_->parts) {
    if (part.window.start && (!youngest || *youngest < *part.window.start)) {
      youngest = part.window.start;
    }
  }
  return youngest;
}

std::string TrustRoot::Describe() const {
  const auto count = [this](TrustPartKind kind) {
    return std::to_string(std::count_if(impl_->parts.begin(), impl_->parts.end(),
                                        [kind](const TrustPart& p) { return p.kind == kind; }));
  };
  std::string text = "trust root " + impl_->generation + ": certificate authorities " +
                     count(TrustPartKind::kCertificateAuthority) + ", transparency logs " +
                     count(TrustPartKind::kLog) + ", CT logs " + count(TrustPartKind::kCtLog) +
                     ", timestamp authorities " + count(TrustPartKind::kTimestampAuthority);
  if (const auto youngest = YoungestStart()) {
    text += "; its youngest part is of " + FormatTime(*youngest).substr(0, 10);
  }
  return text;
}

}  // namespace plimsoll::sigstore
