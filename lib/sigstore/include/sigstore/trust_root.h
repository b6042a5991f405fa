// Trust material: certificate authorities, transparency logs, certificate-transparency logs and
// timestamp authorities, each with the window in which it may be believed.
//
// A TrustRoot is built fully validated by a factory and is const afterwards; copies share it. It
// reads no file, no network and no clock: programs hand in text and, where "now" matters, the time.
//
// Deliberately not checked: where the text came from (mounting it, or TUF, is the programs'
// concern).
//
// Windows (`validFor`): both ends inclusive, a missing or null end is open. A transparency log
// without a start is refused (kMalformed). Follows sigstore_trustroot.proto of
// sigstore/protobuf-specs. Thread safety: immutable.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sigstore/limits.h"

namespace plimsoll::sigstore {

struct Window {
  std::optional<Time> start;
  std::optional<Time> end;

  bool Contains(Time time) const { return (!start || *start <= time) && (!end || time <= *end); }
};

enum class TrustPartKind { kCertificateAuthority, kLog, kCtLog, kTimestampAuthority };
std::string_view Name(TrustPartKind kind);

// One part as people see it.
struct TrustPart {
  TrustPartKind kind = TrustPartKind::kCertificateAuthority;
  std::string name;               // host of a log's URL, or an authority's common name
  std::string id;                 // hex: log ID, or SHA-256 of the authority's issuing certificate
  Window window;                  // as the trust root says
  std::optional<Time> not_after;  // authorities: when the first of their certificates expires
  // The earlier of the window's end and not_after; nothing when it has neither.
  std::optional<Time> Expires() const;
};

// The PEM files of older Sigstore deployments. Each text may hold several blocks.
struct ClassicPemSet {
  std::string_view fulcio_certificates;  // any order; chains are formed by name and key
  std::string_view rekor_public_keys;
  std::string_view ct_log_public_keys;      // may be empty
  std::string_view timestamp_certificates;  // may be empty; leaf first, root last
};

class TrustRoot {
 public:
  // TrustedRoot JSON, mediaType version 0.1 or 0.2. Errors: kMalformed, kLimitExceeded,
  // kUnsupportedFormat. A part with a key type that is not supported is kept by name and ID, so
  // that it is "unsupported" and not "unknown" when it is met.
  static Result<TrustRoot> FromJson(std::string_view json, const Limits& limits = {});
  // Parts without a window are trusted at any time (logs: from 1970).
  static Result<TrustRoot> FromPem(const ClassicPemSet& set, const Limits& limits = {});
  // Sigstore's public-good instance, as of PublicGoodDate().
  static TrustRoot PublicGood();
  static Time PublicGoodDate();

  // 16 hex characters over the content: equal content, equal generation, whatever the spelling of
  // the file.
  const std::string& generation() const;
  std::span<const TrustPart> parts() const;

  // Stale by its own dates: it has no certificate authority, or no transparency log, or no CT log
  // whose window contains `now`.
  bool StaleAt(Time now) const;
  // The moment at which it will be stale, when its dates say one.
  std::optional<Time> StaleFrom() const;
  // The latest start of any window: the youngest fact in it, a lower bound of its date.
  std::optional<Time> YoungestStart() const;
  // "12 certificate authorities ..., dated 2025-09-23": a sentence for messages.
  std::string Describe() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TrustRoot(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace plimsoll::sigstore
