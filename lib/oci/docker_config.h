// docker's config.json and the older .dockercfg, parsed.
//
// Not checked: whether a credential works. Entries that cannot be used (no colon in `auth`, a key that is no host)
// are left out and counted. Messages repeat no content. At most 1 MiB and 1,000 entries.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oci/credentials.h"
#include "oci/reference.h"

namespace plimsoll::oci {

inline constexpr std::size_t kMaxDockerConfigBytes = 1u << 20;
inline constexpr std::size_t kMaxDockerConfigEntries = 1'000;
inline constexpr std::size_t kMaxCredentialsOffered = 8;

// The key of an entry: "https://index.docker.io/v1/", "ghcr.io", "host:5000/team".
struct EntryKey {
  std::string host;  // normalised as in a repository key
  std::string path;  // without slashes at its ends; empty for the whole host

  static Result<EntryKey> Parse(std::string_view text);
  // Equal host and port, and whole path segments.
  bool Fits(const Repository& repository) const;
};

// What docker's tools call the registry of this host.
std::string DockerServerName(const std::string& host);

struct DockerConfigEntry {
  std::string name;  // the key as it was written: for people
  EntryKey key;
  std::shared_ptr<const SealedCredential> content;
};

struct HelperEntry {
  std::string host;
  std::string helper;  // docker-credential-<helper>
};

class DockerConfig {
 public:
  enum class Form {
    kConfigJson,  // {"auths": {...}, "credHelpers": {...}, "credsStore": "..."}
    kDockercfg,   // the content of "auths" alone
  };
  static Result<DockerConfig> Parse(std::string_view text, Form form);

  // Entries that fit, the most specific first, at most kMaxCredentialsOffered.
  std::vector<const DockerConfigEntry*> For(const Repository& repository) const;
  // The helper of that host, or the store of all hosts; empty when there is none.
  std::string HelperFor(const std::string& host) const;
  bool HasHelperOfItsOwn(const std::string& host) const;
  std::size_t skipped() const { return skipped_; }

 private:
  std::vector<DockerConfigEntry> entries_;
  std::vector<HelperEntry> helpers_;
  std::string store_;
  std::size_t skipped_ = 0;
};

// True for a name that can stand behind "docker-credential-": no path, nothing a shell would care about.
bool IsHelperName(std::string_view name);

}  // namespace plimsoll::oci
