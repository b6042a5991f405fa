#include "controller/shell/watches.h"

#include <set>

#include "api/node.h"
#include "api/pod.h"
#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "controller/shell/writer.h"
#include "kube/informer.h"

namespace plimsoll::controller {
namespace {

// The core holds the objects; the informer needs to know only that they are there.
struct Passed {};
using PodPtr = std::shared_ptr<const api::Pod>;

kube::ListWatchOptions Of(const kube::ResourceType& type, bool metadata_only = false) {
  kube::ListWatchOptions options;
  options.type = type;
  options.metadata_only = metadata_only;
  return options;
}

}  // namespace

struct Watches::Impl {
  Impl(const kube::ListWatchDependencies& dependencies, Inbox& inbox_in)
      : inbox(inbox_in),
        log(dependencies.logger),
        pods(Of(kube::Pods()), kube::InformerKey::kUid,
             {.parse = [this](std::string_view text,
                              const kube::ObjectMeta&) { return ReadPod(text); },
              .on_change = [this](const kube::Change<Passed>& change) { PodGoneIf(change); },
              .on_synced = [this] { inbox.Push(Synced{Collection::kPods}); }},
             dependencies),
        nodes(Of(kube::Nodes(), true), kube::InformerKey::kNamespacedName,
              {.parse = [](std::string_view text,
                           const kube::ObjectMeta&) { return api::ReadNodePlatform(text); },
               .on_change =
                   [this](const kube::Change<api::NodePlatform>& change) { NodesChanged(change); },
               .on_synced =
                   [this] {
                     TellPlatforms(true);
                     inbox.Push(Synced{Collection::kNodes});
                   }},
              dependencies),
        baselines(
            Of(SigningBaselines()), kube::InformerKey::kNamespacedName,
            {.parse = [this](std::string_view text,
                             const kube::ObjectMeta& meta) { return ReadBaseline(text, meta); },
             .on_change = [this](const kube::Change<Passed>& change) { BaselineGoneIf(change); },
             .on_synced = [this] { inbox.Push(Synced{Collection::kBaselines}); }},
            dependencies),
        policies(Of(SigningPolicies()), kube::InformerKey::kNamespacedName,
                 {.parse = [this](std::string_view text,
                                  const kube::ObjectMeta& meta) { return ReadPolicy(text, meta); },
                  .on_change = [this](const kube::Change<Passed>& change) { PolicyGoneIf(change); },
                  .on_synced = [this] { inbox.Push(Synced{Collection::kPolicies}); }},
                 dependencies) {}

  Result<Passed> ReadPod(std::string_view text) {
    PLIMSOLL_ASSIGN(api::Pod pod, api::ReadPod(text, strings));
    inbox.Push(PodChanged{std::make_shared<const api::Pod>(std::move(pod))});
    return Passed{};
  }
  void PodGoneIf(const kube::Change<Passed>& change) {
    if (change.kind == kube::Change<Passed>::Kind::kDeleted) inbox.Push(PodGone{change.meta.uid});
  }

  // An object of ours that cannot be read is left out and said: one bad object must not hide all others.
  Result<Passed> ReadBaseline(std::string_view text, const kube::ObjectMeta& meta) {
    auto object = api::ReadSigningBaseline(text);
    if (object) {
      inbox.Push(BaselineChanged{std::move(*object)});
    } else {
      log.Warn("a SigningBaseline cannot be read and is left out",
               {{"name", meta.name}, {"message", object.error().message}});
    }
    return Passed{};
  }
  void BaselineGoneIf(const kube::Change<Passed>& change) {
    if (change.kind == kube::Change<Passed>::Kind::kDeleted)
      inbox.Push(BaselineGone{change.meta.name, change.meta.uid});
  }

  Result<Passed> ReadPolicy(std::string_view text, const kube::ObjectMeta& meta) {
    auto object = api::ReadSigningPolicy(text);
    if (object) {
      inbox.Push(PolicyChanged{std::move(*object)});
    } else {
      log.Warn("a SigningPolicy cannot be read and is left out",
               {{"name", meta.name}, {"message", object.error().message}});
    }
    return Passed{};
  }
  void PolicyGoneIf(const kube::Change<Passed>& change) {
    if (change.kind == kube::Change<Passed>::Kind::kDeleted)
      inbox.Push(PolicyGone{change.meta.name});
  }

  void NodesChanged(const kube::Change<api::NodePlatform>& change) {
    const bool same =
        change.before != nullptr && change.after != nullptr && *change.before == *change.after;
    if (!same && nodes.synced()) TellPlatforms(false);
  }
  // Runs on the Nodes informer's thread only. Told when the set is another, not whenever a Node changes.
  void TellPlatforms(bool always) {
    std::set<std::string> distinct;
    nodes.ForEach([&](const std::string&, const api::NodePlatform& platform) {
      if (!platform.os.empty()) distinct.insert(platform.Text());
    });
    if (!always && distinct == told_platforms) return;
    told_platforms = distinct;
    inbox.Push(PlatformsChanged{{distinct.begin(), distinct.end()}});
  }

  Inbox& inbox;
  Logger& log;
  api::StringPool strings;
  std::set<std::string> told_platforms;
  kube::Informer<Passed> pods;
  kube::Informer<api::NodePlatform> nodes;
  kube::Informer<Passed> baselines;
  kube::Informer<Passed> policies;
};

Watches::Watches(const kube::ListWatchDependencies& dependencies, Inbox& inbox)
    : impl_(std::make_unique<Impl>(dependencies, inbox)) {}
Watches::~Watches() { Stop(); }

void Watches::Start() {
  impl_->baselines.Start();
  impl_->policies.Start();
  impl_->nodes.Start();
  impl_->pods.Start();
}

void Watches::Stop() {
  impl_->pods.Stop();
  impl_->nodes.Stop();
  impl_->policies.Stop();
  impl_->baselines.Stop();
}

bool Watches::synced() const {
  return impl_->pods.synced() && impl_->nodes.synced() && impl_->baselines.synced() &&
         impl_->policies.synced();
}

}  // namespace plimsoll::controller
