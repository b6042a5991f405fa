// Credentials for registries: where they come from, which one fits, and how they stay sealed.
//
// A `Credential` names its kind and its origin; its content can be read only by the registry client
// of this room, which sends it over TLS only. It cannot be printed, compared by content, or
// serialised. Its content is wiped when the last copy goes.
//
// Matching: an entry fits a repository when host and port are equal and the entry's path is a
// prefix of whole path segments ("host/team" fits "host/team/app", not "host/teams/app"). More
// specific entries come first. Wildcards exist only in the match rules and answers of credential
// provider plug-ins (kubelet's matchImages:
// `*` within one dot-separated part of the host, as many parts, equal port).
//
// Sources: docker's config.json (`auths`, `credHelpers`, `credsStore`;
// https://docs.docker.com/reference/cli), docker-credential-helpers' protocol,
// kubelet.config.k8s.io CredentialProvider v1. Thread-safe throughout.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "oci/reference.h"

namespace plimsoll::oci {

enum class CredentialKind {
  kAnonymous,
  kDockerConfig,        // an entry of the operator's docker config
  kCredentialHelper,    // a docker credential helper that it names
  kCredentialProvider,  // a kubelet credential provider plug-in
  kPullSecret,          // a Secret that the Pod's spec names
};
// "Anonymous", "DockerConfig", "CredentialHelper", "CredentialProvider", "PullSecret": what status
// may show.
std::string_view CredentialKindName(CredentialKind kind);

struct SealedCredential;  // its content; defined beside the registry client

class Credential {
 public:
  Credential() = default;  // anonymous
  Credential(CredentialKind kind, std::string origin,
             std::shared_ptr<const SealedCredential> content);

  CredentialKind kind() const { return kind_; }
  bool anonymous() const { return kind_ == CredentialKind::kAnonymous; }
  // For the command line and debug logs, never for status: "docker config /etc/x/config.json, entry
  // ghcr.io".
  const std::string& origin() const { return origin_; }
  // Equal for equal content within one process, 0 for anonymous; tells nothing about the content.
  // Caches and failures are kept under it.
  std::uint64_t id() const;

 private:
  friend class CredentialReader;
  CredentialKind kind_ = CredentialKind::kAnonymous;
  std::string origin_ = "no credential";
  std::shared_ptr<const SealedCredential> content_;
};

// A pull secret, parsed. Credential helpers that it names are ignored: a Secret never starts a
// program here.
class PullSecret {
 public:
  // `type` is kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg (`data` is the decoded
  // value of the key of that type); kInvalidArgument for any other type, kMalformed or
  // kLimitExceeded (1 MiB, 1,000 entries) for the content. No message repeats any of it. `origin`
  // is for people: "pull secret team-a/regcred".
  static Result<PullSecret> Parse(std::string_view type, std::string_view data, std::string origin);
  std::vector<Credential> For(const Repository& repository) const;

 private:
  struct Impl;
  explicit PullSecret(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// One entry of kubelet's CredentialProviderConfig.
struct CredentialProvider {
  std::string name;     // for people
  std::string program;  // absolute path of the plug-in
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::vector<std::string> match_images;  // kubelet's matchImages
  std::chrono::seconds default_cache_duration{0};
  std::chrono::milliseconds timeout{10'000};
};

struct OperatorCredentialSettings {
  // A file, or a folder with a config.json in it. Read again when it changes. Empty: none.
  std::string docker_config_file;
  std::vector<CredentialProvider> providers;
};

struct CredentialOffer {
  std::vector<Credential> credentials;  // best first; without the anonymous one; at most 8
  std::vector<Error> problems;  // a file that cannot be read, a helper that failed: for people
};

// What the operator's own configuration offers.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // May run a helper or plug-in and so block for its timeout; what they answer is cached (helpers 5
  // min, plug-ins as they say, failures 30 s).
  virtual CredentialOffer For(const Repository& repository) = 0;
};

// `clock` and `log` must outlive the source.
std::unique_ptr<CredentialSource> MakeOperatorCredentials(OperatorCredentialSettings settings,
                                                          const Clock& clock, Logger& log);
// Offers nothing.
std::unique_ptr<CredentialSource> MakeNoCredentials();

// Where docker and podman keep their logins, for the command line: $DOCKER_CONFIG/config.json,
// ~/.docker/config.json, $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json: the first that
// exists.
std::optional<std::string> FindDockerConfig(const std::map<std::string, std::string>& environment);

// Kubelet's matchImages rule, for tests and for the configuration's checks.
bool MatchesImagePattern(std::string_view pattern, const Repository& repository);

}  // namespace plimsoll::oci
