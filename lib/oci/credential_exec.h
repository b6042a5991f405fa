// Programs that hand out credentials: docker's credential helpers and kubelet's credential provider plug-ins.
//
// What they answer is bounded (64 KiB, 100 entries) and never repeated in a message; what they write to stderr is
// shown to the operator, who chose them, cut and escaped. Both calls block for at most the timeout.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oci/credentials.h"
#include "oci/reference.h"

namespace plimsoll::oci {

// `docker-credential-<helper> get` with the server's name on stdin. Nothing when the helper has no credential for
// it. Source: docker-credential-helpers, README "Credential helper protocol".
Result<std::optional<Credential>> AskHelper(const std::string& helper, const std::string& server,
                                            std::chrono::milliseconds timeout);

// The answer of a plug-in (credentialprovider.kubelet.k8s.io/v1 CredentialProviderResponse).
struct ProviderAnswer {
  enum class CacheKey { kImage, kRegistry, kGlobal };
  struct Entry {
    std::string pattern;  // a matchImages pattern
    Credential credential;
  };
  CacheKey cache_key = CacheKey::kImage;
  std::optional<std::chrono::microseconds> cache_duration;  // absent: the configuration's default
  std::vector<Entry> entries;                               // the most specific first
};

std::string ProviderRequest(const Repository& repository);
Result<ProviderAnswer> ParseProviderAnswer(std::string_view text, const std::string& provider);
Result<ProviderAnswer> AskProvider(const CredentialProvider& provider,
                                   const Repository& repository);

}  // namespace plimsoll::oci
