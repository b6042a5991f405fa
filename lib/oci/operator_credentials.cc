#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "credential_exec.h"
#include "docker_config.h"
#include "oci/credentials.h"
#include "sealed.h"

namespace plimsoll::oci {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::minutes kHelperCache{5};
constexpr std::chrono::seconds kFailureCache{30};
constexpr std::chrono::seconds kHelperTimeout{10};
constexpr std::chrono::hours kLongestProviderCache{12};
constexpr std::size_t kMaxCached = 512;

bool IsFolder(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Tells one state of a file from the next: a mounted Secret is replaced by a new file.
struct FileState {
  ino_t inode = 0;
  off_t size = -1;
  timespec changed{};
  bool operator==(const FileState& other) const {
    return inode == other.inode && size == other.size && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};
FileState StateOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim};
}

// The docker config file, read again when it changes. A file that has become unreadable offers nothing: an old
// login is not kept beyond its removal.
class ConfigFile {
 public:
  explicit ConfigFile(std::string path) : path_(std::move(path)) {
    if (IsFolder(path_)) path_ += "/config.json";
  }

  Result<std::shared_ptr<const DockerConfig>> Current() {
    const std::lock_guard lock(mutex_);
    const auto state = StateOf(path_);
    if (read_ && state == state_) return current_;
    read_ = true;
    state_ = state;
    current_ = Read();
    return current_;
  }
  const std::string& path() const { return path_; }

 private:
  Result<std::shared_ptr<const DockerConfig>> Read() const {
    auto text = ReadFile(path_, kMaxDockerConfigBytes);
    if (!text) return Forward(text.error());
    auto parsed = DockerConfig::Parse(*text, DockerConfig::Form::kConfigJson);
    if (!parsed) return Fail(parsed.error().code, path_ + ": " + parsed.error().message);
    return std::make_shared<const DockerConfig>(std::move(*parsed));
  }

  std::string path_;  // constant after construction
  std::mutex mutex_;
  // Guarded by mutex_.
  bool read_ = false;
  FileState state_;
  Result<std::shared_ptr<const DockerConfig>> current_ = std::shared_ptr<const DockerConfig>();
};

// Answers of programs, one program run at a time for a key; others wait for it and share its answer.
template <class T>
class AnswerCache {
 public:
  struct Entry {
    std::mutex mutex;
    // Guarded by mutex.
    std::optional<Result<T>> answer;
    SteadyTime expires;
  };

  std::shared_ptr<Entry> At(const std::string& key, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMaxCached && !entries_.contains(key)) Shrink(now);
    auto& entry = entries_[key];
    if (!entry) entry = std::make_shared<Entry>();
    return entry;
  }

 private:
  // Drops what has expired and is not in use; when that is not enough, everything that is not in use.
  void Shrink(SteadyTime now) {
    const auto droppable = [&](const auto& item, bool fresh_too) {
      if (item.second.use_count() != 1) return false;
      const std::lock_guard lock(item.second->mutex);
      return fresh_too || item.second->expires <= now;
    };
    std::erase_if(entries_, [&](const auto& item) { return droppable(item, false); });
    if (entries_.size() < kMaxCached) return;
    std::erase_if(entries_, [&](const auto& item) { return droppable(item, true); });
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // guarded by mutex_
};

class OperatorCredentials final : public CredentialSource {
 public:
  OperatorCredentials(OperatorCredentialSettings settings, const Clock& clock, Logger& log)
      : providers_(std::move(settings.providers)), clock_(clock), log_(log) {
    if (!settings.docker_config_file.empty()) file_.emplace(settings.docker_config_file);
  }

  CredentialOffer For(const Repository& repository) override {
    CredentialOffer offer;
    FromDockerConfig(repository, offer);
    for (const auto& provider : providers_) FromProvider(provider, repository, offer);
    if (offer.credentials.size() > kMaxCredentialsOffered)
      offer.credentials.resize(kMaxCredentialsOffered);
    return offer;
  }

 private:
  void FromDockerConfig(const Repository& repository, CredentialOffer& offer) {
    if (!file_) return;
    const auto config = file_->Current();
    if (!config) {
      offer.problems.push_back(config.error());
      return;
    }
    if (!*config) return;
    const auto& docker = **config;
    if (docker.HasHelperOfItsOwn(repository.host)) FromHelper(docker, repository, offer);
    for (const auto* entry : docker.For(repository)) {
      offer.credentials.emplace_back(CredentialKind::kDockerConfig,
                                     "docker config " + file_->path() + ", entry " + entry->name,
                                     entry->content);
    }
    if (!docker.HasHelperOfItsOwn(repository.host)) FromHelper(docker, repository, offer);
  }

  void FromHelper(const DockerConfig& docker, const Repository& repository,
                  CredentialOffer& offer) {
    const auto helper = docker.HelperFor(repository.host);
    if (helper.empty()) return;
    const auto server = DockerServerName(repository.host);
    const auto entry = helpers_.At(helper + "\n" + server, clock_.Steady());
    const std::lock_guard lock(entry->mutex);
    if (!entry->answer || entry->expires <= clock_.Steady()) {
      entry->answer = AskHelper(helper, server, kHelperTimeout);
      entry->expires = clock_.Steady() + (entry->answer->has_value()
                                              ? std::chrono::steady_clock::duration(kHelperCache)
                                              : std::chrono::steady_clock::duration(kFailureCache));
      if (!*entry->answer)
        log_.Warn("credential helper failed", {{"error", entry->answer->error().message}});
    }
    if (!*entry->answer) {
      offer.problems.push_back(entry->answer->error());
    } else if (**entry->answer) {
      offer.credentials.push_back(***entry->answer);
    }
  }

  void FromProvider(const CredentialProvider& provider, const Repository& repository,
                    CredentialOffer& offer) {
    const bool asked =
        std::any_of(provider.match_images.begin(), provider.match_images.end(),
                    [&](const auto& pattern) { return MatchesImagePattern(pattern, repository); });
    if (!asked) return;
    // Which of the three keys an answer is kept under is known only from the answer: look under each.
    const std::string prefix = provider.name + "\n" + provider.program + "\n";
    for (const auto& key : {prefix, prefix + repository.host, prefix + repository.Key()}) {
      if (auto cached = Cached(key)) return Take(*cached, repository, offer);
    }
    const auto in_flight = plugins_.At(prefix + repository.Key(), clock_.Steady());
    Result<ProviderAnswer> answer = ProviderAnswer{};
    {
      const std::lock_guard lock(in_flight->mutex);
      if (in_flight->answer && in_flight->expires > clock_.Steady()) {
        answer = *in_flight->answer;
      } else {
        answer = AskProvider(provider, repository);
        in_flight->answer = answer;
        in_flight->expires = clock_.Steady() + KeepFor(provider, answer);
        if (!answer) log_.Warn("credential provider failed", {{"error", answer.error().message}});
      }
    }
    if (answer && answer->cache_key != ProviderAnswer::CacheKey::kImage) {
      const bool global = answer->cache_key == ProviderAnswer::CacheKey::kGlobal;
      Store(global ? prefix : prefix + repository.host, answer, KeepFor(provider, answer));
    }
    Take(answer, repository, offer);
  }

  static std::chrono::steady_clock::duration KeepFor(const CredentialProvider& provider,
                                                     const Result<ProviderAnswer>& answer) {
    if (!answer) return kFailureCache;
    const auto asked = answer->cache_duration.value_or(provider.default_cache_duration);
    return std::min<std::chrono::steady_clock::duration>(asked, kLongestProviderCache);
  }

  std::optional<Result<ProviderAnswer>> Cached(const std::string& key) {
    const auto entry = plugins_.At(key, clock_.Steady());
    const std::lock_guard lock(entry->mutex);
    if (!entry->answer || entry->expires <= clock_.Steady()) return std::nullopt;
    return entry->answer;
  }

  void Store(const std::string& key, const Result<ProviderAnswer>& answer,
             std::chrono::steady_clock::duration keep) {
    const auto entry = plugins_.At(key, clock_.Steady());
    const std::lock_guard lock(entry->mutex);
    entry->answer = answer;
    entry->expires = clock_.Steady() + keep;
  }

  static void Take(const Result<ProviderAnswer>& answer, const Repository& repository,
                   CredentialOffer& offer) {
    if (!answer) {
      offer.problems.push_back(answer.error());
      return;
    }
    for (const auto& entry : answer->entries) {
      if (MatchesImagePattern(entry.pattern, repository))
        offer.credentials.push_back(entry.credential);
    }
  }

  // Constant after construction.
  std::vector<CredentialProvider> providers_;
  const Clock& clock_;
  Logger& log_;
  std::optional<ConfigFile> file_;  // guards itself

  // Guard themselves.
  AnswerCache<std::optional<Credential>> helpers_;
  AnswerCache<ProviderAnswer> plugins_;
};

class NoCredentials final : public CredentialSource {
 public:
  CredentialOffer For(const Repository&) override { return {}; }
};

}  // namespace

struct PullSecret::Impl {
  DockerConfig config;
  std::string origin;
};

Result<PullSecret> PullSecret::Parse(std::string_view type, std::string_view data,
                                     std::string origin) {
  DockerConfig::Form form = DockerConfig::Form::kConfigJson;
  if (type == "kubernetes.io/dockercfg") {
    form = DockerConfig::Form::kDockercfg;
  } else if (type != "kubernetes.io/dockerconfigjson") {
    return Fail(kInvalidArgument,
                Printable(origin) + " is of type " + Printable(type) +
                    "; expected kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg");
  }
  auto config = DockerConfig::Parse(data, form);
  if (!config) return Fail(config.error().code, Printable(origin) + ": " + config.error().message);
  return PullSecret(std::make_shared<const Impl>(Impl{std::move(*config), std::move(origin)}));
}

std::vector<Credential> PullSecret::For(const Repository& repository) const {
  std::vector<Credential> credentials;
  for (const auto* entry : impl_->config.For(repository)) {
    credentials.emplace_back(CredentialKind::kPullSecret, impl_->origin + ", entry " + entry->name,
                             entry->content);
  }
  return credentials;
}

std::unique_ptr<CredentialSource> MakeOperatorCredentials(OperatorCredentialSettings settings,
                                                          const Clock& clock, Logger& log) {
  return std::make_unique<OperatorCredentials>(std::move(settings), clock, log);
}

std::unique_ptr<CredentialSource> MakeNoCredentials() { return std::make_unique<NoCredentials>(); }

std::optional<std::string> FindDockerConfig(const std::map<std::string, std::string>& environment) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  std::vector<std::string> candidates;
  if (const auto folder = value("DOCKER_CONFIG"); !folder.empty()) {
    candidates.push_back(folder + "/config.json");
  } else if (const auto home = value("HOME"); !home.empty()) {
    candidates.push_back(home + "/.docker/config.json");
  }
  if (const auto file = value("REGISTRY_AUTH_FILE"); !file.empty()) candidates.push_back(file);
  if (const auto run = value("XDG_RUNTIME_DIR"); !run.empty()) {
    candidates.push_back(run + "/containers/auth.json");
  }
  for (auto& path : candidates) {
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) return std::move(path);
  }
  return std::nullopt;
}

}  // namespace plimsoll::oci
