// What a TrustRoot holds, for the other files of this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/public_key.h"
#include "crypto/sct.h"
#include "crypto/timestamp.h"
#include "sigstore/trust_root.h"

namespace plimsoll::sigstore {

struct CertificateAuthority {
  std::string name;
  std::vector<crypto::Certificate> chain;  // issuing certificate first, anchor last
  Window window;
};

struct LogKey {
  std::string name;  // host and port of the base URL
  std::string id;    // lower-case hex of the key ID
  Bytes key_id;
  Bytes checkpoint_key_id;  // what checkpoints hint at; the key ID unless the root says otherwise
  // Absent when the trust root names a key or scheme that is not verified here; `unsupported` says which.
  std::optional<crypto::PublicKey> key;
  crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  std::string unsupported;
  Window window;
};

struct CtLogKey {
  std::string name;
  std::string id;
  std::string unsupported;  // why SCTs of this log are not verified here; empty when they are
};

struct TimestampAuthorityPart {
  std::string name;
  crypto::TimestampAuthority authority;
};

struct TrustRoot::Impl {
  std::vector<CertificateAuthority> authorities;
  std::vector<LogKey> logs;
  std::vector<CtLogKey> ct_logs;
  std::vector<crypto::CtLog>
      ct_log_keys;  // those that are supported, as the crypto room takes them
  std::vector<TimestampAuthorityPart> timestamp_authorities;
  std::vector<TrustPart> parts;
  std::string generation;

  // Every entry with this ID: one key may be listed with several windows.
  std::vector<const LogKey*> LogsById(std::string_view hex_id) const;
};

// Collects parts, validates each, and makes the root. The factories of TrustRoot all go through it.
class TrustRootBuilder {
 public:
  explicit TrustRootBuilder(const Limits& limits);

  struct LogFacts {
    std::string base_url;
    Bytes key;
    std::string key_details;
    Bytes key_id;             // empty: the SHA-256 of the key
    Bytes checkpoint_key_id;  // empty: the key ID
    Window window;
  };
  Status AddLog(const LogFacts& facts);
  Status AddCtLog(const LogFacts& facts);
  // Issuing certificate first, root last; a timestamp authority's leaf first.
  Status AddAuthority(std::string_view uri, const std::vector<Bytes>& chain, const Window& window);
  Status AddTimestampAuthority(std::string_view uri, const std::vector<Bytes>& chain,
                               const Window& window);
  // A root without any certificate authority and any log is refused: it verifies nothing.
  Result<std::shared_ptr<const TrustRoot::Impl>> Build() &&;

 private:
  Status CheckCount(std::size_t count, std::string_view what) const;
  Result<std::vector<crypto::Certificate>> ParseChain(const std::vector<Bytes>& chain,
                                                      std::string_view what) const;
  void AddPart(TrustPart part, const std::vector<std::string>& facts);

  Limits limits_;
  std::shared_ptr<TrustRoot::Impl> impl_;
  std::vector<std::string> facts_;  // one line a part, sorted and hashed into the generation
};

}  // namespace plimsoll::sigstore
