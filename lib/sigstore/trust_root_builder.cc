#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "sigstore/reasons.h"
#include "trust_root_impl.h"

namespace plimsoll::sigstore {
namespace {

// Separates the fields of one fact; no field can hold it.
constexpr char kUnitSeparator = '\x1f';

std::string HostOf(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

std::string WithoutScheme(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

std::string WindowFact(const Window& window) {
  return (window.start ? FormatMicroTime(*window.start) : "-") + kUnitSeparator +
         (window.end ? FormatMicroTime(*window.end) : "-");
}

Status CheckWindow(const Window& window, std::string_view what) {
  if (window.start && window.end && *window.end < *window.start) {
    return Fail(kMalformed,
                "trust root: the validity of " + Printable(what) + " ends before it starts");
  }
  return {};
}

crypto::Window ToCrypto(const Window& window) { return {window.start, window.end}; }

Time FirstExpiry(const std::vector<crypto::Certificate>& chain) {
  Time first = chain.front().not_after();
  for (const auto& certificate : chain) first = std::min(first, certificate.not_after());
  return first;
}

std::string AuthorityName(std::string_view uri, const std::vector<crypto::Certificate>& chain) {
  if (!uri.empty()) return WithoutScheme(uri);
  const std::string name = chain.back().SubjectCommonName();
  return name.empty() ? chain.back().Subject() : name;
}

std::vector<std::string> ChainFacts(const std::vector<crypto::Certificate>& chain) {
  std::vector<std::string> facts;
  for (const auto& certificate : chain) facts.push_back(HexEncode(certificate.sha256()));
  return facts;
}

struct ParsedKey {
  std::optional<crypto::PublicKey> key;
  crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  std::string unsupported;
};

Result<ParsedKey> ParseKey(const TrustRootBuilder::LogFacts& facts) {
  ParsedKey parsed;
  auto algorithm = facts.key_details.empty()
                       ? Result<crypto::SignatureAlgorithm>(crypto::SignatureAlgorithm::kEd25519)
                       : crypto::AlgorithmOfKeyDetails(facts.key_details);
  auto key = facts.key_details.empty() ? crypto::PublicKey::FromDer(facts.key)
                                       : crypto::KeyOfDetails(facts.key, facts.key_details);
  const Error* error = !algorithm ? &algorithm.error() : !key ? &key.error() : nullptr;
  if (error != nullptr) {
    if (!(error->code == crypto::kUnsupportedAlgorithm)) {
      return Fail(error->code == kLimitExceeded ? kLimitExceeded : kMalformed,
                  "trust root: the key of " + Printable(facts.base_url) + ": " + error->message);
    }
    parsed.unsupported = error->message;
    return parsed;
  }
  parsed.algorithm = facts.key_details.empty() ? crypto::DefaultAlgorithm(*key) : *algorithm;
  if (parsed.algorithm == crypto::SignatureAlgorithm::kEd25519ph) {
    parsed.unsupported = "Ed25519ph is not supported";
    return parsed;
  }
  parsed.key = *key;
  return parsed;
}

}  // namespace

std::vector<const LogKey*> TrustRoot::Impl::LogsById(std::string_view hex_id) const {
  std::vector<const LogKey*> found;
  for (const LogKey& log : logs) {
    if (log.id == hex_id) found.push_back(&log);
  }
  return found;
}

TrustRootBuilder::TrustRootBuilder(const Limits& limits)
    : limits_(limits), impl_(std::make_shared<TrustRoot::Impl>()) {}

Status TrustRootBuilder::CheckCount(std::size_t count, std::string_view what) const {
  if (count < limits_.trusted_root_parts) return {};
  return Fail(kLimitExceeded, "trust root: more than " +
                                  std::to_string(limits_.trusted_root_parts) + " " +
                                  std::string(what));
}

void TrustRootBuilder::AddPart(TrustPart part, const std::vector<std::string>& facts) {
  std::string line(Name(part.kind));
  for (const std::string& field : {part.name, part.id, WindowFact(part.window)}) {
    line += kUnitSeparator + field;
  }
  for (const std::string& fact : facts) line += kUnitSeparator + fact;
  facts_.push_back(std::move(line));
  impl_->parts.push_back(std::move(part));
}

Status TrustRootBuilder::AddLog(const LogFacts& facts) {
  PLIMSOLL_TRY(CheckCount(impl_->logs.size(), "transparency logs"));
  PLIMSOLL_TRY(CheckWindow(facts.window, facts.base_url));
  if (!facts.window.start) {
    return Fail(kMalformed, "trust root: the transparency log " + Printable(facts.base_url) +
                                " has no validFor.start");
  }
  PLIMSOLL_ASSIGN(ParsedKey parsed, ParseKey(facts));
  LogKey log;
  log.name = HostOf(facts.base_url);
  log.key_id = facts.key_id.empty() ? ToBytes(ByteView(Sha256(facts.key))) : facts.key_id;
  if (log.key_id.size() != 32) {
    return Fail(kMalformed, "trust root: the log ID of " + Printable(facts.base_url) + " has " +
                                std::to_string(log.key_id.size()) + " bytes, not 32");
  }
  log.id = HexEncode(log.key_id);
  if (log.name.empty()) log.name = "log-" + log.id.substr(0, 16);
  log.checkpoint_key_id = facts.checkpoint_key_id.empty() ? log.key_id : facts.checkpoint_key_id;
  if (log.checkpoint_key_id.size() < 4) {
    return Fail(kMalformed, "trust root: the checkpoint key ID of " + Printable(facts.base_url) +
                                " has fewer than 4 bytes");
  }
  log.key = parsed.key;
  log.algorithm = parsed.algorithm;
  log.unsupported = parsed.unsupported;
  log.window = facts.window;
  AddPart({TrustPartKind::kLog, log.name, log.id, log.window, std::nullopt},
          {HexEncode(facts.key), facts.key_details, HexEncode(log.checkpoint_key_id)});
  impl_->logs.push_back(std::move(log));
  return {};
}

Status TrustRootBuilder::AddCtLog(const LogFacts& facts) {
  PLIMSOLL_TRY(CheckCount(impl_->ct_logs.size(), "CT logs"));
  PLIMSOLL_TRY(CheckWindow(facts.window, facts.base_url));
  PLIMSOLL_ASSIGN(const ParsedKey parsed, ParseKey(facts));
  CtLogKey log;
  log.id = HexEncode(facts.key_id.empty() ? ToBytes(ByteView(Sha256(facts.key))) : facts.key_id);
  log.name =
      facts.base_url.empty() ? "ctlog-" + log.id.substr(0, 16) : WithoutScheme(facts.base_url);
  log.unsupported = parsed.unsupported;
  if (parsed.key) impl_->ct_log_keys.push_back({*parsed.key, ToCrypto(facts.window)});
  AddPart({TrustPartKind::kCtLog, log.name, log.id, facts.window, std::nullopt},
          {HexEncode(facts.key), facts.key_details});
  impl_->ct_logs.push_back(std::move(log));
  return {};
}

Result<std::vector<crypto::Certificate>> TrustRootBuilder::ParseChain(
    const std::vector<Bytes>& chain, std::string_view what) const {
  if (chain.empty())
    return Fail(kMalformed, "trust root: " + Printable(what) + " has no certificate");
  if (chain.size() > limits_.certificates) {
    return Fail(kLimitExceeded, "trust root: " + Printable(what) + " has more than " +
                                    std::to_string(limits_.certificates) + " certificates");
  }
  std::vector<crypto::Certificate> certificates;
  for (const Bytes& der : chain) {
    auto certificate = crypto::Certificate::FromDer(der);
    if (!certificate) {
      return Fail(
          certificate.error().code == kLimitExceeded ? kLimitExceeded : kMalformed,
          "trust root: a certificate of " + Printable(what) + ": " + certificate.error().message);
    }
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

Status TrustRootBuilder::AddAuthority(std::string_view uri, const std::vector<Bytes>& chain,
                                      const Window& window) {
  PLIMSOLL_TRY(CheckCount(impl_->authorities.size(), "certificate authorities"));
  PLIMSOLL_TRY(CheckWindow(window, uri));
  PLIMSOLL_ASSIGN(auto certificates, ParseChain(chain, uri));
  CertificateAuthority authority{AuthorityName(uri, certificates), certificates, window};
  AddPart({TrustPartKind::kCertificateAuthority, authority.name,
           HexEncode(certificates.front().sha256()), window, FirstExpiry(certificates)},
          ChainFacts(certificates));
  impl_->authorities.push_back(std::move(authority));
  return {};
}

Status TrustRootBuilder::AddTimestampAuthority(std::string_view uri,
                                               const std::vector<Bytes>& chain,
                                               const Window& window) {
  PLIMSOLL_TRY(CheckCount(impl_->timestamp_authorities.size(), "timestamp authorities"));
  PLIMSOLL_TRY(CheckWindow(window, uri));
  PLIMSOLL_ASSIGN(auto certificates, ParseChain(chain, uri));
  const std::string name = AuthorityName(uri, certificates);
  auto authority = crypto::TimestampAuthority::FromChain(certificates, ToCrypto(window));
  if (!authority) {
    return Fail(kMalformed, "trust root: the timestamp authority " + Printable(uri) + ": " +
                                authority.error().message);
  }
  AddPart({TrustPartKind::kTimestampAuthority, name, HexEncode(certificates.front().sha256()),
           window, FirstExpiry(certificates)},
          ChainFacts(certificates));
  impl_->timestamp_authorities.push_back({name, std::move(*authority)});
  return {};
}

Result<std::shared_ptr<const TrustRoot::Impl>> TrustRootBuilder::Build() && {
  if (impl_->authorities.empty() && impl_->logs.empty()) {
    return Fail(
        kMalformed,
        "trust root: expected certificate authorities and transparency logs, found neither");
  }
  std::sort(facts_.begin(), facts_.end());
  std::string content;
  for (const std::string& fact : facts_) content += fact + '\n';
  impl_->generation = Sha256Hex(AsBytes(content)).substr(0, 16);
  return std::shared_ptr<const TrustRoot::Impl>(std::move(impl_));
}

}  // namespace plimsoll::sigstore
