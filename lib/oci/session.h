// Requests to one repository with one credential: authentication as the registry asks for it, at most three sends.
//
// The first request of a host goes without authentication; what the host challenged with is remembered for an hour, so
// that later ones bring a token along. A token goes only to the host whose challenge it answers: a challenge of a host
// that a redirect led to is not answered. A credential never goes over plain HTTP.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "challenge.h"
#include "endpoint.h"
#include "oci/credentials.h"
#include "token_source.h"
#include "transport.h"

namespace plimsoll::oci {

// What each host last challenged with. Bounded; thread-safe.
class ChallengeMemory {
 public:
  explicit ChallengeMemory(const Clock& clock) : clock_(clock) {}
  std::optional<Challenge> Of(const std::string& host_port) const;
  void Remember(const std::string& host_port, const Challenge& challenge);
  void Forget(const std::string& host_port);

 private:
  struct Entry {
    Challenge challenge;
    std::chrono::steady_clock::time_point until;
  };
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

// In which a registry names the digest of what it serves.
inline constexpr char kContentDigest[] = "Docker-Content-Digest";

// One request below a repository.
struct Ask {
  std::string method = "GET";
  std::string target;               // "/v2/<path>/manifests/latest", with its query
  std::vector<std::string> accept;  // media types asked for
  bool only_accepted = true;        // another media type is kAnswerRefused
  // Something stored under a digest: an answer that names the digest may be of any media type, because then
  // it is what somebody stored there and no page of something else.
  bool stored = false;
  std::size_t max_body = 4u << 20;
  std::string if_none_match;
  bool fresh = false;  // past every cache, even when the call is no confirmation
};

class Session {
 public:
  Session(Transport& transport, TokenSource& tokens, ChallengeMemory& challenges, Endpoint endpoint,
          Repository repository, Credential credential, CallContext call);

  // A response is 2xx, 304, 404 or another status below 500 that is no refusal of access.
  Answer<http::Response> Send(const Ask& ask);

  const Endpoint& endpoint() const { return endpoint_; }
  const Repository& repository() const { return repository_; }
  const Credential& credential() const { return credential_; }
  RequestCounts& counts() { return *call_.counts; }
  // The token server that was last asked; empty when none was.
  const std::string& realm() const { return realm_; }

 private:
  http::Request Build(const Ask& ask) const;
  std::optional<std::string> Preemptive(std::optional<Failure>& failure);
  Answer<std::string> Answering(const http::Response& response, bool had_token);
  Answer<std::string> BearerFor(const Challenge& challenge, const std::string& scope, bool renew);

  Transport& transport_;
  TokenSource& tokens_;
  ChallengeMemory& challenges_;
  Endpoint endpoint_;
  Repository repository_;
  Credential credential_;
  CallContext call_;
  std::string scope_;          // of the token that is in use
  bool token_is_new_ = false;  // it was got for this request, not remembered
  std::string realm_;
};

}  // namespace plimsoll::oci
