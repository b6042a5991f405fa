#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "client_core.h"
#include "discovery_run.h"
#include "json/json.h"
#include "manifest_reader.h"
#include "oci/discovery.h"
#include "oci/registry.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxComparedChildren = 32;
constexpr std::size_t kMaxConfigBytes = 4u << 20;

class RegistryClient final : public Registry {
 public:
  RegistryClient(RegistryOptions options, http::Client& http, http::HostBudget& budget,
                 CredentialSource& credentials, const Clock& clock, Logger& log, Metrics& metrics)
      : core_(std::move(options), http, budget, credentials, clock, log, metrics),
        manifest_limits_{.max_bytes = core_.options.limits.max_manifest_bytes,
                         .max_layers = core_.options.limits.max_signatures,
                         .max_children = core_.options.limits.max_children},
        requests_(metrics.Histograms("plimsoll_registry_requests_per_look",
                                     "Requests that a look at one manifest took, by what came of "
                                     "it: read, unchanged or unknown",
                                     {4, 5, 6, 8, 12, 25, 100})) {}

  DiscoveryResult Discover(const DiscoveryRequest& request) override {
    auto result = DiscoveryRun(core_, request).Run();
    const char* outcome = result.unknown ? "unknown" : result.unchanged ? "unchanged" : "read";
    requests_.With({{"outcome", outcome}}).Observe(result.requests.total);
    return result;
  }

  Answer<TagTarget> ResolveTag(const Repository& repository, const std::string& tag,
                               const Access& access) override {
    return With<TagTarget>(repository, access,
                           [&](Session& session) { return TargetOf(session, tag); });
  }

  Answer<ManifestInfo> ReadManifest(const Repository& repository, const Digest& digest,
                                    const Access& access) override {
    return With<ManifestInfo>(repository, access,
                              [&](Session& session) { return Info(session, digest.text()); });
  }

  Answer<std::optional<Time>> BuiltTime(const Repository& repository, const Digest& digest,
                                        const Access& access) override {
    return With<std::optional<Time>>(
        repository, access, [&](Session& session) { return BuiltTimeOf(session, digest); });
  }

  Answer<TagList> ListTags(const Repository& repository, const Access& access) override {
    return With<TagList>(repository, access,
                         [&](Session& session) { return GetTags(session, core_.options.limits); });
  }

  Answer<ManifestInfo> ResolveRunning(const Repository& repository, const std::string& tag,
                                      const ImageId& running, const Access& access) override;
  AccessReport CheckAccess(const Reference& reference, const Access& access) override;

 private:
  // Runs `ask` with one credential after the other until one gives an answer.
  template <class T, class Function>
  Answer<T> With(const Repository& repository, const Access& access, Function ask) {
    RequestCounts counts;
    const auto call = core_.Call(access, counts);
    std::optional<T> value;
    auto choice = core_.Choose(repository, access, true, call,
                               [&](Session& session) -> std::optional<Failure> {
                                 Answer<T> answer = ask(session);
                                 if (!answer) return answer.error();
                                 value = std::move(*answer);
                                 return std::nullopt;
                               });
    if (value) return std::move(*value);
    return tl::make_unexpected(std::move(*choice.failure));
  }

  Answer<ManifestInfo> Info(Session& session, const std::string& reference) const {
    auto fetched = GetManifest(session, reference, manifest_limits_);
    if (!fetched) return tl::make_unexpected(fetched.error());
    if (!fetched->manifest) {
      return tl::make_unexpected(
          MakeFailure(fetched->manifest.error().code, fetched->manifest.error().message));
    }
    return std::move(fetched->manifest->info);
  }

  Answer<std::optional<Time>> BuiltTimeOf(Session& session, const Digest& digest) const;

  // By HEAD; by GET where the registry's HEAD names no digest.
  Answer<TagTarget> TargetOf(Session& session, const std::string& reference) const {
    const auto head = HeadManifest(session, reference);
    if (head && head->digest) return TagTarget{*head->digest, head->media_type};
    if (!head && head.error().error.code != kAnswerRefused)
      return tl::make_unexpected(head.error());
    auto fetched = GetManifest(session, reference, manifest_limits_);
    if (!fetched) return tl::make_unexpected(fetched.error());
    const auto media_type = fetched->manifest ? fetched->manifest->info.media_type : std::string();
    return TagTarget{std::move(fetched->digest), media_type};
  }

  // The manifest below `found` (itself, or a child of the index) with that config.
  Answer<ManifestInfo> WithConfig(Session& session, ManifestInfo found, const Digest& config) const;

  ClientCore core_;
  ManifestLimits manifest_limits_;
  HistogramFamily& requests_;
};

Answer<std::optional<Time>> RegistryClient::BuiltTimeOf(Session& session,
                                                        const Digest& digest) const {
  auto info = Info(session, digest.text());
  if (!info) return tl::make_unexpected(info.error());
  if (info->is_index) {
    const auto image =
        std::find_if(info->children.begin(), info->children.end(), [](const ChildManifest& child) {
          return !child.is_index && !(child.platform && child.platform->os == "unknown");
        });
    if (image == info->children.end()) return std::optional<Time>();
    info = Info(session, image->digest.text());
    if (!info) return tl::make_unexpected(info.error());
  }
  if (!info->config_digest) return std::optional<Time>();
  const auto config = GetBlob(session, *info->config_digest, kMaxConfigBytes);
  if (!config) return tl::make_unexpected(config.error());
  json::Limits limits;
  limits.max_bytes = kMaxConfigBytes;
  limits.refuse_duplicates = false;
  const auto document = json::Document::Parse(*config, limits);
  if (!document) return std::optional<Time>();
  const auto created = ParseTime(document->root()["created"].StringOrEmpty());
  return created ? std::optional<Time>(*created) : std::nullopt;
}

Answer<ManifestInfo> RegistryClient::WithConfig(Session& session, ManifestInfo found,
                                                const Digest& config) const {
  if (!found.is_index) {
    if (found.config_digest == config) return found;
  } else {
    std::size_t compared = 0;
    for (const auto& child : found.children) {
      const bool no_image = child.is_index || (child.platform && child.platform->os == "unknown");
      if (no_image) continue;
      if (++compared > kMaxComparedChildren) break;
      auto info = Info(session, child.digest.text());
      if (!info) return info;
      if (info->config_digest == config) return info;
    }
  }
  return tl::make_unexpected(MakeFailure(
      kDigestNotInRepository,
      session.repository().Key() +
          " has neither the digest that runs nor, under the tag of the spec, an image with the "
          "same configuration",
      true));
}

Answer<ManifestInfo> RegistryClient::ResolveRunning(const Repository& repository,
                                                    const std::string& tag, const ImageId& running,
                                                    const Access& access) {
  auto named = Reference::Parse(running.name + "@" + running.digest.text());
  if (!named) {
    return tl::make_unexpected(MakeFailure(
        kDigestNotInRepository,
        repository.Key() +
            " does not have the digest that runs, and the node names no other repository of it",
        true));
  }
  Access anonymous = access;
  anonymous.anonymous_only = true;
  anonymous.pull_secrets.clear();
  const auto node = ReadManifest(named->repository, running.digest, anonymous);
  if (!node) return node;
  if (!node->config_digest) {
    return tl::make_unexpected(
        MakeFailure(kDigestNotInRepository,
                    repository.Key() + " does not have the digest that runs, which names an index "
                                       "elsewhere: nothing to compare",
                    true));
  }
  return With<ManifestInfo>(repository, access, [&](Session& session) -> Answer<ManifestInfo> {
    auto found = Info(session, tag);
    if (!found) return found;
    return WithConfig(session, std::move(*found), *node->config_digest);
  });
}

AccessReport RegistryClient::CheckAccess(const Reference& reference, const Access& access) {
  RequestCounts counts;
  const auto call = core_.Call(access, counts);
  AccessReport report{.reference = reference,
                      .attempts = {},
                      .problems = {},
                      .used = {},
                      .failure = {},
                      .target = {}};
  auto candidates = core_.CandidatesFor(reference.repository, access, true);
  report.problems = std::move(candidates.problems);
  const auto what = reference.digest ? reference.digest->text() : reference.tag;
  for (const auto& credential : candidates.credentials) {
    auto session = core_.Open(reference.repository, credential, call);
    auto target = TargetOf(session, what);
    AccessAttempt attempt;
    attempt.kind = credential.kind();
    attempt.origin = credential.origin();
    if (const auto realm = http::Url::Parse(session.realm())) attempt.realm = realm->ForPeople();
    attempt.http_status = target ? 200 : target.error().http_status;
    if (!target) attempt.error = target.error().error;
    report.attempts.push_back(std::move(attempt));
    if (target) {
      report.used = report.attempts.size() - 1;
      report.target = std::move(*target);
      report.failure = std::nullopt;
      return report;
    }
    if (!report.failure || target.error().error.code == kRealmNotTrusted)
      report.failure = target.error();
  }
  return report;
}

}  // namespace

std::unique_ptr<Registry> MakeRegistry(RegistryOptions options, http::Client& http,
                                       http::HostBudget& budget, CredentialSource& credentials,
                                       const Clock& clock, Logger& log, Metrics& metrics) {
  return std::make_unique<RegistryClient>(std::move(options), http, budget, credentials, clock, log,
                                          metrics);
}

}  // namespace plimsoll::oci
