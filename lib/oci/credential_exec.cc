#include "credential_exec.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/printable.h"
#include "base/subprocess.h"
#include "base/time.h"
#include "docker_config.h"
#include "host.h"
#include "json/json.h"
#include "json/writer.h"
#include "sealed.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxAnswer = 64u << 10;
constexpr std::size_t kMaxAnswerEntries = 100;
constexpr std::string_view kProviderApi = "credentialprovider.kubelet.k8s.io/v1";

// A pattern of matchImages, split: "*.dkr.ecr.*.amazonaws.com:443/team".
struct Pattern {
  std::vector<std::string_view> labels;
  std::string_view port;
  std::string_view path;
};

std::vector<std::string_view> SplitLabels(std::string_view host) {
  std::vector<std::string_view> labels;
  while (true) {
    const auto dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    host.remove_prefix(dot + 1);
  }
}

Pattern SplitPattern(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  Pattern pattern;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    pattern.path = text.substr(slash + 1);
    while (pattern.path.ends_with('/')) pattern.path.remove_suffix(1);
    text = text.substr(0, slash);
  }
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    pattern.port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (pattern.port == "443") pattern.port = {};
  pattern.labels = SplitLabels(text);
  return pattern;
}

// `*` is any text within one label.
bool LabelMatches(std::string_view pattern, std::string_view label) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < label.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == label[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// Under which names a host may stand in a pattern: docker.io has more than one.
std::vector<std::string_view> NamesOf(const std::string& host) {
  if (host == "docker.io") return {"docker.io", "index.docker.io", "registry-1.docker.io"};
  return {host};
}

bool PatternFits(const Pattern& pattern, std::string_view host, const std::string& path) {
  std::string_view port;
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']')) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (pattern.port != port) return false;
  const auto labels = SplitLabels(host);
  if (labels.size() != pattern.labels.size()) return false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!LabelMatches(pattern.labels[i], labels[i])) return false;
  }
  return pattern.path.empty() ||
         (path.starts_with(pattern.path) &&
          (path.size() == pattern.path.size() || path[pattern.path.size()] == '/'));
}

std::string Stderr(const SubprocessResult& result) {
  return result.error_output.empty() ? "" : ": " + Printable(result.error_output, 200);
}

}  // namespace

bool MatchesImagePattern(std::string_view text, const Repository& repository) {
  const auto pattern = SplitPattern(text);
  const auto names = NamesOf(repository.host);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return PatternFits(pattern, name, repository.path);
  });
}

Result<std::optional<Credential>> AskHelper(const std::string& helper, const std::string& server,
                                            std::chrono::milliseconds timeout) {
  const std::string program = "docker-credential-" + helper;
  SubprocessRequest request;
  request.argv = {program, "get"};
  request.input = server;
  request.timeout = timeout;
  request.max_output = kMaxAnswer;
  auto result = RunSubprocess(request);
  if (!result) {
    return Fail(result.error().code,
                "credential helper " + program + ": " + result.error().message);
  }
  if (result->exit_code != 0) {
    // The protocol's one agreed text, on stdout or stderr.
    const auto absent = [](std::string_view text) {
      return text.find("credentials not found") != std::string_view::npos;
    };
    if (absent(result->output) || absent(result->error_output)) return std::optional<Credential>();
    return Fail(kUnavailable, "credential helper " + program + " for " + server +
                                  " ended with code " + std::to_string(result->exit_code) +
                                  Stderr(*result));
  }
  json::Limits limits;
  limits.max_bytes = kMaxAnswer;
  const auto document = json::Document::Parse(result->output, limits);
  explicit_bzero(result->output.data(), result->output.size());
  if (!document || !document->root().IsObject()) {
    return Fail(kMalformed, "credential helper " + program + " for " + server +
                                " did not answer with a JSON object of Username and Secret");
  }
  auto content = Seal(document->root()["Username"].StringOrEmpty(),
                      document->root()["Secret"].StringOrEmpty(), {}, {});
  if (!content) return std::optional<Credential>();
  return std::optional<Credential>(Credential(CredentialKind::kCredentialHelper,
                                              "credential helper " + program + " for " + server,
                                              std::move(content)));
}

std::string ProviderRequest(const Repository& repository) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("kind", "CredentialProviderRequest");
  writer.Member("apiVersion", kProviderApi);
  writer.Member("image", repository.Key());
  writer.EndObject();
  return std::move(writer).Take();
}

Result<ProviderAnswer> ParseProviderAnswer(std::string_view text, const std::string& provider) {
  const auto bad = [&](std::string_view what) {
    return Fail(kMalformed,
                "credential provider " + Printable(provider) + ": " + std::string(what));
  };
  json::Limits limits;
  limits.max_bytes = kMaxAnswer;
  const auto document = json::Document::Parse(text, limits);
  if (!document) return bad("its answer is no usable JSON");
  const auto root = document->root();
  if (root["kind"].StringOrEmpty() != "CredentialProviderResponse" ||
      root["apiVersion"].StringOrEmpty() != kProviderApi) {
    return bad("its answer is no CredentialProviderResponse of " + std::string(kProviderApi));
  }
  ProviderAnswer answer;
  const auto key_type = root["cacheKeyType"].StringOrEmpty();
  if (key_type == "Registry") {
    answer.cache_key = ProviderAnswer::CacheKey::kRegistry;
  } else if (key_type == "Global") {
    answer.cache_key = ProviderAnswer::CacheKey::kGlobal;
  } else if (key_type != "Image") {
    return bad("cacheKeyType is none of Image, Registry, Global");
  }
  if (root["cacheDuration"].present()) {
    const auto duration = ParseDuration(root["cacheDuration"].StringOrEmpty());
    if (!duration) return bad("cacheDuration is no duration");
    answer.cache_duration = *duration;
  }
  const auto auth = root["auth"];
  if (auth.present() && !auth.IsObject()) return bad("auth is no object");
  if (auth.size() > kMaxAnswerEntries) return bad("auth has more than 100 entries");
  for (auto entry = auth.first(); !entry.missing(); entry = entry.next()) {
    auto content =
        Seal(entry["username"].StringOrEmpty(), entry["password"].StringOrEmpty(), {}, {});
    if (!content) continue;
    answer.entries.push_back(
        {std::string(entry.name()), Credential(CredentialKind::kCredentialProvider,
                                               "credential provider " + Printable(provider) +
                                                   ", entry " + Printable(entry.name()),
                                               std::move(content))});
  }
  // Kubelet's order: reverse alphabetical, so that longer paths and exact hosts go before shorter and `*`.
  std::stable_sort(answer.entries.begin(), answer.entries.end(),
                   [](const auto& a, const auto& b) { return a.pattern > b.pattern; });
  return answer;
}

Result<ProviderAnswer> AskProvider(const CredentialProvider& provider,
                                   const Repository& repository) {
  SubprocessRequest request;
  request.argv = {provider.program};
  request.argv.insert(request.argv.end(), provider.arguments.begin(), provider.arguments.end());
  request.environment = provider.environment;
  request.input = ProviderRequest(repository);
  request.timeout = provider.timeout;
  request.max_output = kMaxAnswer;
  auto result = RunSubprocess(request);
  const std::string name = "credential provider " + Printable(provider.name);
  if (!result) return Fail(result.error().code, name + ": " + result.error().message);
  if (result->exit_code != 0) {
    return Fail(kUnavailable,
                name + " ended with code " + std::to_string(result->exit_code) + Stderr(*result));
  }
  auto answer = ParseProviderAnswer(result->output, provider.name);
  explicit_bzero(result->output.data(), result->output.size());
  return answer;
}

}  // namespace plimsoll::oci
