// The registry client: what observation asks of a registry, and what it may be told.
//
// It follows the OCI distribution-spec 1.1 and docker's token authentication. It asks the host that
// the image names and no other (docker.io is served by registry-1.docker.io), over HTTPS unless
// that host is configured for plain HTTP. Credentials are tried in order: none, the operator's, the
// Pod's pull secrets; one is sent over TLS only, to the host that it is for and to a token realm
// that belongs to that host (the same host and port, a built-in pair, or `token_realm`); a token
// goes only to the host that asked for it. Failures, tokens and requests in flight are kept per
// credential.
//
// Every body that has a digest is checked against it. It deliberately does not judge: whether a
// signature is genuine is no question of this room.
//
// An absence is told apart from everything else: only a complete 404 (or, for the referrers API, a
// complete answer that it is not there) is one. A Failure is never an absence.
//
// Thread-safe; calls block. Public types carry no JSON and no HTTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "oci/credentials.h"
#include "oci/reference.h"

namespace plimsoll::http {
class Client;
class HostBudget;
struct HostSettings;
}  // namespace plimsoll::http

namespace plimsoll::oci {

// Why an answer is not known. The same words are the reasons of the condition `Observed`.
inline constexpr Reason kRegistryUnreachable{
    "RegistryUnreachable"};  // DNS, connect, TLS, timeout, 5xx, cut
inline constexpr Reason kRegistryThrottled{
    "RegistryThrottled"};  // 429, or our own budget for the host
inline constexpr Reason kAuthenticationFailed{"AuthenticationFailed"};  // 401, 403
inline constexpr Reason kAnswerRefused{"AnswerRefused"};  // other media type, wrong digest, address
inline constexpr Reason kRealmNotTrusted{
    "RealmNotTrusted"};  // a credential would help, its realm is foreign
inline constexpr Reason kDigestNotInRepository{
    "DigestNotInRepository"};  // deleted, or not readable with this credential

// Why there is no answer. `error.code` is one of the reasons above, or kMalformed or
// kLimitExceeded: a complete answer of the right media type that cannot be used is a fact about the
// image, because its author chose it.
struct Failure {
  Error error;
  std::optional<std::chrono::seconds> retry_after;  // what the host asked for
  int http_status = 0;                              // 0 when there was none
  // True for kMalformed and kLimitExceeded: asking again will not help, and it is no Unknown.
  bool IsFact() const { return error.code == kMalformed || error.code == kLimitExceeded; }
};
template <class T>
using Answer = tl::expected<T, Failure>;

// One entry of `registries[]` in the configuration.
struct RegistrySettings {
  std::string host;  // as in a repository key, with its port
  bool plain_http = false;
  std::string ca_file;  // PEM; in place of the system's authorities
  std::string client_certificate_file;
  std::string client_key_file;
  std::vector<std::string>
      allow_addresses;  // addresses or CIDRs that the address policy would refuse
  std::string
      token_realm;  // "auth.example.com" or with a port: whom this host's credentials may go to
  double requests_per_second = 0;  // 0: the default
};

struct ClientLimits {
  std::size_t max_manifest_bytes = 4u << 20;      // cosign's own
  std::size_t max_payload_bytes = 128u << 10;     // a simple-signing payload
  std::size_t max_bundle_bytes = 4u << 20;        // a bundle, a DSSE envelope
  std::size_t max_observation_bytes = 12u << 20;  // all material of one image together
  std::size_t max_signatures = 1'000;             // layers of one manifest; cosign's own
  std::size_t max_referrers = 1'000;              // descriptors over all pages
  std::size_t max_referrer_pages = 50;
  std::size_t max_children = 1'000;  // of one index
  std::size_t max_tag_pages = 100;
  std::size_t max_tags = 10'000;
  std::size_t max_token_bytes = 32u << 10;
  std::size_t max_error_body_bytes = 8u << 10;  // of an error answer, for its message
  std::chrono::milliseconds request_timeout{20'000};
};

enum class Priority {
  kTrusted,   // the repository has a trusted signer: may use all of a host's tokens
  kOrdinary,  // leaves half of them
};

// How to ask. Plain values; nothing is kept of it but what a cache holds under the credential's id.
struct Access {
  std::vector<PullSecret> pull_secrets;  // used for the image's own repository only
  Priority priority = Priority::kOrdinary;
  bool fresh = false;  // new connections and `Cache-Control: no-cache`: a confirmation
  std::chrono::milliseconds time_budget{60'000};
  bool anonymous_only = false;
};

struct Platform {
  std::string os, architecture, variant;
  friend bool operator==(const Platform&, const Platform&) = default;
};

struct ChildManifest {
  Digest digest;
  std::string media_type;
  bool is_index = false;             // a nested index
  std::optional<Platform> platform;  // absent where the index does not say
};

// A manifest, as far as anyone here looks into it.
struct ManifestInfo {
  Digest digest;
  std::string media_type;
  bool is_index = false;
  std::optional<Digest> config_digest;  // of an image
  std::vector<ChildManifest> children;  // of an index, in its order
};

struct TagTarget {
  Digest digest;
  std::string media_type;
};

struct TagList {
  std::vector<std::string> tags;  // only well-formed ones
  bool complete = true;           // false when a limit ended the list
};

// What `auth check` prints, one line for each credential that was tried.
struct AccessAttempt {
  CredentialKind kind = CredentialKind::kAnonymous;
  std::string origin;
  std::string realm;  // the token server that was asked, empty when none
  int http_status = 0;
  std::optional<Error> error;  // absent: it works
};
struct AccessReport {
  Reference reference;
  std::vector<AccessAttempt> attempts;
  std::vector<Error> problems;      // of the sources: unreadable file, failing helper
  std::optional<std::size_t> used;  // index into attempts of the one that works
  std::optional<Failure> failure;   // the one that decided, when none works
  std::optional<TagTarget> target;
};

struct DiscoveryRequest;  // discovery.h
struct DiscoveryResult;

class Registry {
 public:
  virtual ~Registry() = default;

  // Everything that is stored about one image (discovery.h).
  virtual DiscoveryResult Discover(const DiscoveryRequest& request) = 0;

  // What a tag names now, by HEAD. kDigestNotInRepository when there is no such tag.
  virtual Answer<TagTarget> ResolveTag(const Repository& repository, const std::string& tag,
                                       const Access& access) = 0;
  // A manifest by digest. Its bytes have been checked against it.
  virtual Answer<ManifestInfo> ReadManifest(const Repository& repository, const Digest& digest,
                                            const Access& access) = 0;
  // When the image says that it was built: `created` of its config, of an index that of the first child that names a
  // platform. Nothing when it does not say. Its author chose it: for putting a history in order, never for a verdict.
  virtual Answer<std::optional<Time>> BuiltTime(const Repository& repository, const Digest& digest,
                                                const Access& access) = 0;
  // All tags, up to the limits, for the history walk.
  virtual Answer<TagList> ListTags(const Repository& repository, const Access& access) = 0;

  // The manifest of `repository` that is judged when the spec names `tag`, the node reports
  // `running`, and `repository` does not have that digest: the node shows another name of the same
  // content. It is what the tag resolves to (or a child of that index) when its config digest is
  // that of the manifest `running` names, which is fetched by digest and anonymously.
  // kDigestNotInRepository otherwise.
  virtual Answer<ManifestInfo> ResolveRunning(const Repository& repository, const std::string& tag,
                                              const ImageId& running, const Access& access) = 0;

  // Which credential would be used, from where, and what the registry answers. Never the secret.
  virtual AccessReport CheckAccess(const Reference& reference, const Access& access) = 0;
};

struct RegistryOptions {
  std::vector<RegistrySettings> registries;
  ClientLimits limits;
  // A refused credential is not tried again at that repository for so long.
  std::chrono::milliseconds negative_cache_for{30'000};
  // A call waits at most so long for its host's budget each time; beyond it is kRegistryThrottled.
  std::chrono::milliseconds max_budget_wait{5'000};
};

// All references must outlive the client. The budget is shared with whoever else asks the same hosts; the rates
// of `registries` are set in it.
std::unique_ptr<Registry> MakeRegistry(RegistryOptions options, http::Client& http,
                                       http::HostBudget& budget, CredentialSource& credentials,
                                       const Clock& clock, Logger& log, Metrics& metrics);

// `registries[]` as the HTTP client wants it: whoever makes that client puts these into its options.
// kInvalidArgument names the entry and the field.
Result<std::vector<http::HostSettings>> HttpHosts(const std::vector<RegistrySettings>& registries);

}  // namespace plimsoll::oci
