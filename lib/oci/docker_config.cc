#include "docker_config.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/printable.h"
#include "host.h"
#include "json/json.h"
#include "sealed.h"

namespace plimsoll::oci {
namespace {

std::string_view TrimSlashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

// "user:password" in base64, as docker writes it; some tools pad the password with NUL.
struct Login {
  std::string username, password;
};
std::optional<Login> DecodeAuth(std::string_view auth) {
  const auto decoded = Base64DecodeEither(auth);
  if (!decoded) return std::nullopt;
  const auto text = AsText(*decoded);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto password = text.substr(colon + 1);
  while (password.ends_with('\0')) password.remove_suffix(1);
  return Login{std::string(text.substr(0, colon)), std::string(password)};
}

std::shared_ptr<const SealedCredential> SealEntry(const json::Value& entry) {
  std::string username(entry["username"].StringOrEmpty());
  std::string password(entry["password"].StringOrEmpty());
  if (const auto auth = entry["auth"].StringOrEmpty(); !auth.empty()) {
    if (auto login = DecodeAuth(auth)) {
      username = std::move(login->username);
      password = std::move(login->password);
    }
  }
  auto sealed = Seal(username, password, entry["identitytoken"].StringOrEmpty(),
                     entry["registrytoken"].StringOrEmpty());
  explicit_bzero(password.data(), password.size());
  return sealed;
}

}  // namespace

Result<EntryKey> EntryKey::Parse(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  }
  const auto slash = text.find('/');
  auto path =
      slash == std::string_view::npos ? std::string_view{} : TrimSlashes(text.substr(slash));
  for (const std::string_view version : {"v1", "v2"}) {
    if (path == version) path = {};
    if (path.starts_with(version) && path.size() > 2 && path[2] == '/') path.remove_prefix(3);
  }
  auto host = NormalHost(text.substr(0, slash));
  if (!host) return Fail(kMalformed, "the entry's key names no registry host");
  return EntryKey{std::move(*host), std::string(path)};
}

bool EntryKey::Fits(const Repository& repository) const {
  if (host != repository.host) return false;
  if (path.empty()) return true;
  return repository.path.starts_with(path) &&
         (repository.path.size() == path.size() || repository.path[path.size()] == '/');
}

std::string DockerServerName(const std::string& host) {
  return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

bool IsHelperName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<DockerConfig> DockerConfig::Parse(std::string_view text, Form form) {
  json::Limits limits;
  limits.max_bytes = kMaxDockerConfigBytes;
  limits.max_depth = 16;
  auto document = json::Document::Parse(text, limits);
  if (!document) {
    // The parser's message may quote what it stumbled over.
    return Fail(document.error().code == kLimitExceeded ? kLimitExceeded : kMalformed,
                "the docker configuration is not usable JSON: expected one object of at most 1 MiB "
                "without duplicate members");
  }
  const auto root = document->root();
  if (!root.IsObject()) return Fail(kMalformed, "the docker configuration is no JSON object");
  const auto auths = form == Form::kConfigJson ? root["auths"] : root;
  const auto helpers = form == Form::kConfigJson ? root["credHelpers"] : json::Value();
  if (auths.present() && !auths.IsObject()) {
    return Fail(kMalformed, "the docker configuration's auths is no object");
  }
  if (auths.size() + helpers.size() > kMaxDockerConfigEntries) {
    return Fail(kLimitExceeded, "the docker configuration has more than 1,000 entries");
  }

  DockerConfig config;
  for (auto entry = auths.first(); !entry.missing(); entry = entry.next()) {
    auto key = EntryKey::Parse(entry.name());
    auto content = entry.IsObject() ? SealEntry(entry) : nullptr;
    if (!key || !content) {
      ++config.skipped_;
      continue;
    }
    config.entries_.push_back({Printable(entry.name()), std::move(*key), std::move(content)});
  }
  for (auto entry = helpers.first(); !entry.missing(); entry = entry.next()) {
    auto key = EntryKey::Parse(entry.name());
    const auto name = entry.StringOrEmpty();
    if (!key || !IsHelperName(name)) {
      ++config.skipped_;
      continue;
    }
    config.helpers_.push_back({std::move(key->host), std::string(name)});
  }
  if (form == Form::kConfigJson) {
    const auto store = root["credsStore"].StringOrEmpty();
    if (IsHelperName(store)) config.store_ = store;
  }
  return config;
}

std::vector<const DockerConfigEntry*> DockerConfig::For(const Repository& repository) const {
  std::vector<const DockerConfigEntry*> fitting;
  for (const auto& entry : entries_) {
    if (entry.key.Fits(repository)) fitting.push_back(&entry);
  }
  std::stable_sort(fitting.begin(), fitting.end(), [](const auto* a, const auto* b) {
    return a->key.path.size() > b->key.path.size();
  });
  if (fitting.size() > kMaxCredentialsOffered) fitting.resize(kMaxCredentialsOffered);
  return fitting;
}

std::string DockerConfig::HelperFor(const std::string& host) const {
  for (const auto& entry : helpers_) {
    if (entry.host == host) return entry.helper;
  }
  return store_;
}

bool DockerConfig::HasHelperOfItsOwn(const std::string& host) const {
  return std::any_of(helpers_.begin(), helpers_.end(),
                     [&](const HelperEntry& entry) { return entry.host == host; });
}

}  // namespace plimsoll::oci
