#include "controller/shell/pull_secrets.h"

#include "base/encoding.h"
#include "kube/object.h"

namespace plimsoll::controller {
namespace {

constexpr Duration kKeep = std::chrono::minutes(5);
constexpr Duration kKeepRefusal = std::chrono::minutes(10);

// The key of the data that each of the two docker types has.
std::string_view DataKeyOf(std::string_view type) {
  if (type == "kubernetes.io/dockerconfigjson") return ".dockerconfigjson";
  if (type == "kubernetes.io/dockercfg") return ".dockercfg";
  return "";
}

}  // namespace

std::optional<oci::PullSecret> PullSecrets::Read(const std::string& name_space,
                                                 const std::string& name, Duration* keep) {
  *keep = kKeepRefusal;
  const auto document = client_.GetDocument(kube::Secrets(), name_space, name);
  if (!document) {
    log_.Debug("a pull secret cannot be read",
               {{"namespace", name_space}, {"reason", document.error().code}});
    return std::nullopt;
  }
  const std::string_view type = document->root()["type"].StringOrEmpty();
  const std::string_view key = DataKeyOf(type);
  if (key.empty()) return std::nullopt;
  const auto data = Base64Decode(document->root()["data"][key].StringOrEmpty());
  if (!data) return std::nullopt;
  auto secret =
      oci::PullSecret::Parse(type, AsText(*data), "a pull secret of namespace " + name_space);
  if (!secret) return std::nullopt;
  *keep = kKeep;
  return std::move(*secret);
}

std::vector<oci::PullSecret> PullSecrets::For(const PodCredential& pod) {
  std::vector<oci::PullSecret> secrets;
  for (std::size_t i = 0; i < pod.pull_secrets.size() && i < kMaxPerPod; ++i) {
    const std::string key = pod.name_space + "/" + pod.pull_secrets[i];
    const auto now = clock_.Steady();
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(key);
      if (found != entries_.end() && found->second.until > now) {
        if (found->second.secret) secrets.push_back(*found->second.secret);
        continue;
      }
    }
    Duration keep{};
    std::optional<oci::PullSecret> secret = Read(pod.name_space, pod.pull_secrets[i], &keep);
    if (secret) secrets.push_back(*secret);
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      order_.push_back(key);
      entries_.emplace(key, Entry{std::move(secret), now + keep});
    } else {
      found->second = Entry{std::move(secret), now + keep};
    }
    if (entries_.size() > kMaxEntries) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
  }
  return secrets;
}

}  // namespace plimsoll::controller
