// Bearer tokens: got from token servers, kept per credential, host, realm, service and scope.
//
// distribution "Token Authentication Specification" (GET) and "OAuth2 Token Authentication" (POST). A credential goes to
// a realm only when the registry's endpoint trusts it; otherwise the realm is asked without it, which gives
// kRealmNotTrusted when that does not suffice. Token requests follow no redirect. One request at a time for one key;
// whoever else needs that token waits for it. Refusals are remembered for a while, per key. Bounded; thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "challenge.h"
#include "endpoint.h"
#include "oci/credentials.h"
#include "sealed.h"
#include "transport.h"

namespace plimsoll::oci {

using Token = std::shared_ptr<const SecretText>;

struct Grant {
  Token token;
  bool fetched = false;  // by this call
};

struct TokenQuery {
  const Endpoint& endpoint;
  const Credential& credential;
  const Challenge& challenge;  // a bearer one
  std::string scope;
  bool renew = false;  // what is kept was refused
};

class TokenSource {
 public:
  TokenSource(Transport& transport, std::size_t max_token_bytes,
              std::chrono::milliseconds negative_cache_for);

  Answer<Grant> Get(const TokenQuery& query, const CallContext& call);

 private:
  struct Entry;
  std::shared_ptr<Entry> At(const std::string& key);
  Answer<Grant> Fetch(const TokenQuery& query, const http::Url& realm, const CallContext& call,
                      Entry& entry);
  Answer<http::Response> Ask(const TokenQuery& query, const http::Url& realm,
                             const CallContext& call);

  // Constant after construction.
  Transport& transport_;
  std::size_t max_token_bytes_;
  std::chrono::milliseconds negative_cache_for_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // guarded by mutex_
};

}  // namespace plimsoll::oci
