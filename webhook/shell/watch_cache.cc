#include "webhook/shell/watch_cache.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "api/names.h"
#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "json/json.h"
#include "webhook/shell/record_cache.h"

namespace plimsoll::webhook {
namespace {

using KeptPtr = std::shared_ptr<const KeptRecord>;
using PolicyPtr = std::shared_ptr<const api::SigningPolicyObject>;

// As values: some 3 KiB each.
constexpr std::size_t kRecordsAtHand = 1'024;

kube::ListWatchOptions Collection(std::string_view plural, std::string_view kind) {
  kube::ListWatchOptions options;
  options.type = {std::string(api::kGroup), "v1alpha1", std::string(plural), std::string(kind),
                  false};
  return options;
}

kube::ListWatchOptions NodeCollection() {
  kube::ListWatchOptions options;
  options.type = kube::Nodes();
  options.metadata_only = true;
  return options;
}

Result<oci::Platform> ReadPlatform(std::string_view text) {
  json::Limits limits = api::kResourceLimits;
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(text, limits));
  const json::Value labels = document.root()["metadata"]["labels"];
  return oci::Platform{std::string(labels["kubernetes.io/os"].StringOrEmpty()),
                       std::string(labels["kubernetes.io/arch"].StringOrEmpty()), ""};
}

}  // namespace

struct WatchCache::Impl {
  Impl(const kube::ListWatchDependencies& dependencies, baseline::Durations durations_in,
       oci::RepositoryRules rules_in, bool log_lane_in, std::function<void()> on_synced_in)
      : durations(durations_in),
        rules(std::move(rules_in)),
        log_lane(log_lane_in),
        on_synced(std::move(on_synced_in)),
        policy_set(std::make_shared<const baseline::PolicySet>()),
        baselines(Collection(api::kBaselinePlural, api::kBaselineKind),
                  kube::InformerKey::kNamespacedName,
                  {.parse = ParseRecord, .on_change = {}, .on_synced = [this] { OneSynced(); }},
                  dependencies),
        policies(Collection(api::kPolicyPlural, api::kPolicyKind),
                 kube::InformerKey::kNamespacedName,
                 {.parse = ParsePolicy,
                  .on_change = [this](const kube::Change<PolicyPtr>&) { RebuildPolicies(); },
                  .on_synced =
                      [this] {
                        RebuildPolicies();
                        OneSynced();
                      }},
                 dependencies),
        nodes(NodeCollection(), kube::InformerKey::kNamespacedName,
              {.parse = [](std::string_view text,
                           const kube::ObjectMeta&) { return ReadPlatform(text); },
               .on_change = {},
               .on_synced = [this] { OneSynced(); }},
              dependencies) {}

  bool Synced() const { return baselines.synced() && policies.synced() && nodes.synced(); }
  // An informer that lists anew says so again.
  void OneSynced() {
    if (Synced() && !told_synced.exchange(true) && on_synced) on_synced();
  }

  static Result<KeptPtr> ParseRecord(std::string_view text, const kube::ObjectMeta&) {
    auto object = api::ReadSigningBaseline(text);
    // An object that cannot be read or used is no baseline; the rest of the picture stays whole.
    if (!object || !api::IsUsable(*object)) return KeptPtr();
    return std::make_shared<const KeptRecord>(Keep(std::move(object->record)));
  }
  static Result<PolicyPtr> ParsePolicy(std::string_view text, const kube::ObjectMeta&) {
    auto object = api::ReadSigningPolicy(text);
    if (!object) return PolicyPtr();
    return std::make_shared<const api::SigningPolicyObject>(std::move(*object));
  }

  void RebuildPolicies() {
    std::vector<baseline::SigningPolicy> list;
    policies.ForEach([&](const std::string&, const PolicyPtr& policy) {
      if (policy) list.push_back(policy->policy);
    });
    auto built =
        std::make_shared<const baseline::PolicySet>(baseline::PolicySet::Make(std::move(list)));
    const std::lock_guard lock(mutex);
    policy_set = std::move(built);
  }

  // Constant after construction.
  const baseline::Durations durations;
  const oci::RepositoryRules rules;
  const bool log_lane;
  const std::function<void()> on_synced;

  std::atomic<bool> told_synced{false};
  mutable std::mutex mutex;
  std::shared_ptr<const baseline::PolicySet> policy_set;  // guarded by mutex

  mutable RecordCache records{kRecordsAtHand};
  kube::Informer<KeptPtr> baselines;
  kube::Informer<PolicyPtr> policies;
  kube::Informer<oci::Platform> nodes;
};

namespace {

// Each record is a snapshot; which records there are is read when asked.
template <class Cache>
class LiveSnapshot final : public Snapshot {
 public:
  LiveSnapshot(const Cache& cache, std::shared_ptr<const baseline::PolicySet> policies)
      : cache_(cache), policies_(std::move(policies)) {}

  bool log_lane() const override { return cache_.log_lane; }

  std::shared_ptr<const baseline::Record> Find(const std::string& repository) const override {
    const auto found = cache_.baselines.Get(api::BaselineName(repository));
    if (!found || !*found || (*found)->repository != repository) return nullptr;
    return cache_.records.Get(*found);
  }
  const baseline::PolicySet& policies() const override { return *policies_; }
  baseline::Settings SettingsFor(const std::string& repository) const override {
    baseline::Settings settings;
    settings.durations = cache_.durations;
    if (cache_.rules.empty()) return settings;
    if (const auto parsed = oci::Repository::FromKey(repository))
      settings.aliases = cache_.rules.AliasesOf(*parsed);
    return settings;
  }

 private:
  const Cache& cache_;
  const std::shared_ptr<const baseline::PolicySet> policies_;
};

}  // namespace

WatchCache::WatchCache(const kube::ListWatchDependencies& dependencies,
                       baseline::Durations durations, oci::RepositoryRules rules, bool log_lane,
                       std::function<void()> on_synced)
    : impl_(std::make_unique<Impl>(dependencies, durations, std::move(rules), log_lane,
                                   std::move(on_synced))) {}
WatchCache::~WatchCache() { Stop(); }

void WatchCache::Start() {
  impl_->baselines.Start();
  impl_->policies.Start();
  impl_->nodes.Start();
}

void WatchCache::Stop() {
  impl_->baselines.Stop();
  impl_->policies.Stop();
  impl_->nodes.Stop();
}

bool WatchCache::synced() const { return impl_->Synced(); }

std::shared_ptr<const Snapshot> WatchCache::snapshot() const {
  const std::lock_guard lock(impl_->mutex);
  return std::make_shared<const LiveSnapshot<Impl>>(*impl_, impl_->policy_set);
}

std::vector<oci::Platform> WatchCache::platforms() const {
  std::vector<oci::Platform> platforms;
  impl_->nodes.ForEach([&](const std::string&, const oci::Platform& platform) {
    const bool known = std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
    if (!platform.os.empty() && !known) platforms.push_back(platform);
  });
  return platforms;
}

}  // namespace plimsoll::webhook
