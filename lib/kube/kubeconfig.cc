#include "kubeconfig.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/printable.h"
#include "pem.h"

namespace plimsoll::kube {
namespace {

using config::YamlNode;

constexpr std::size_t kMaxFiles = 64;
constexpr std::size_t kMaxData = 768u << 10;
constexpr std::size_t kMaxPemFile = 1u << 20;

// kubectl writes "" for what is not set.
bool Given(const YamlNode& node) { return node.present() && !node.IsEmptyText(); }

Result<std::string> TextOr(const YamlNode& node, std::string_view fallback) {
  if (!Given(node)) return std::string(fallback);
  return node.String();
}

// A named list as kubeconfig has three: [{name, <what>: {...}}].
Status MergeList(const YamlNode& list, std::string_view what, const std::string& folder,
                 std::map<std::string, KubeconfigEntry, std::less<>>& into) {
  if (!list.present()) return {};
  if (!list.IsSequence()) return list.Refuse("expected a list");
  std::map<std::string, bool, std::less<>> seen;
  for (YamlNode item = list.first(); !item.missing(); item = item.next()) {
    PLIMSOLL_TRY(item.AllowOnly({"name", what}));
    PLIMSOLL_ASSIGN(std::string name, item["name"].String());
    if (std::exchange(seen[name], true)) return item["name"].Refuse("expected each name once");
    into.try_emplace(std::move(name), KubeconfigEntry{item[what], folder});
  }
  return {};
}

std::string Names(const std::map<std::string, KubeconfigEntry, std::less<>>& entries) {
  std::string names;
  for (const auto& [name, entry] : entries) {
    if (names.size() > 512) return names + ", ...";
    names += (names.empty() ? "" : ", ") + Printable(name, 64);
  }
  return names.empty() ? "none" : names;
}

std::string Resolve(const std::string& folder, const std::string& path) {
  return std::filesystem::path(path).is_absolute() ? path : folder + "/" + path;
}

Result<std::string> DecodeData(const YamlNode& node) {
  PLIMSOLL_ASSIGN(std::string text, node.String(kMaxData));
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  const auto bytes = Base64Decode(text);
  if (!bytes) return node.Refuse("expected base64");
  return ToText(*bytes);
}

struct PemText {
  std::string pem;
  std::string file;  // where it came from; empty: from the kubeconfig itself
};

// `<key>-data`, else the file `<key>`; nothing when neither is there. Data wins, as in kubectl.
Result<PemText> ReadPem(const KubeconfigEntry& entry, const std::string& key) {
  PemText text;
  if (const YamlNode data = entry.node[key + "-data"]; Given(data)) {
    PLIMSOLL_ASSIGN(text.pem, DecodeData(data));
    return text;
  }
  const YamlNode named = entry.node[key];
  if (!Given(named)) return text;
  PLIMSOLL_ASSIGN(const std::string path, named.String());
  text.file = Resolve(entry.folder, path);
  auto read = ReadFile(text.file, kMaxPemFile);
  if (!read) return named.Refuse(read.error().message);
  text.pem = std::move(*read);
  return text;
}

// A key that cannot be served: refused, with the reason, when it asks for something.
Status Refused(const YamlNode& node, std::string_view why) {
  if (!Given(node)) return {};
  return node.Refuse(why);
}

Status ReadCluster(const KubeconfigEntry& entry, ClusterConfig& cluster) {
  const YamlNode& node = entry.node;
  PLIMSOLL_TRY(node.AllowOnly({"server", "certificate-authority", "certificate-authority-data",
                               "tls-server-name", "insecure-skip-tls-verify", "proxy-url",
                               "disable-compression", "extensions"}));
  PLIMSOLL_ASSIGN(cluster.server, node["server"].String());
  while (!cluster.server.empty() && cluster.server.back() == '/') cluster.server.pop_back();
  if (const Status ok = CheckServer(cluster.server); !ok)
    return node["server"].Refuse(ok.error().message);
  PLIMSOLL_TRY(Refused(node["tls-server-name"],
                       "is not supported; give the server under a name of its certificate"));
  PLIMSOLL_TRY(
      Refused(node["proxy-url"], "is not supported; the API server must be reached directly"));
  PLIMSOLL_ASSIGN(const bool insecure, node["insecure-skip-tls-verify"].BoolOr(false));
  if (insecure) {
    return node["insecure-skip-tls-verify"].Refuse(
        "is not supported: what is learned from an unknown server proves nothing; give "
        "certificate-authority-data");
  }
  PLIMSOLL_ASSIGN(const PemText ca, ReadPem(entry, "certificate-authority"));
  if (cluster.server.starts_with("http://")) return {};
  if (ca.pem.empty()) {
    return node.Refuse(
        "expected certificate-authority-data or certificate-authority; the system's CAs are not "
        "used for an "
        "API server");
  }
  if (const auto parsed = ReadCertificates(ca.pem); !parsed) {
    return node.Refuse("certificate-authority: " + parsed.error().message);
  }
  cluster.ca_pem = ca.pem;
  cluster.ca_file = ca.file;
  return {};
}

Result<ExecPlugin> ReadExec(const YamlNode& node, const std::string& folder,
                            const ClusterConfig& cluster) {
  PLIMSOLL_TRY(node.AllowOnly({"apiVersion", "command", "args", "env", "installHint",
                               "provideClusterInfo", "interactiveMode"}));
  ExecPlugin plugin;
  PLIMSOLL_ASSIGN(plugin.api_version, node["apiVersion"].String());
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return node["apiVersion"].Refuse(
        "expected client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1");
  }
  PLIMSOLL_ASSIGN(plugin.command, node["command"].String());
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = Resolve(folder, plugin.command);
  PLIMSOLL_ASSIGN(plugin.args, node["args"].Strings());
  const YamlNode env = node["env"];
  if (env.present() && !env.IsSequence()) return env.Refuse("expected a list of {name, value}");
  for (YamlNode item = env.first(); !item.missing(); item = item.next()) {
    PLIMSOLL_TRY(item.AllowOnly({"name", "value"}));
    PLIMSOLL_ASSIGN(const std::string name, item["name"].String());
    PLIMSOLL_ASSIGN(plugin.env[name], TextOr(item["value"], ""));
  }
  PLIMSOLL_ASSIGN(plugin.install_hint, TextOr(node["installHint"], ""));
  PLIMSOLL_ASSIGN(plugin.provide_cluster_info, node["provideClusterInfo"].BoolOr(false));
  PLIMSOLL_ASSIGN(const std::string mode, TextOr(node["interactiveMode"], "IfAvailable"));
  if (mode == "Always") {
    return node["interactiveMode"].Refuse(
        "is not supported: this program never asks at a terminal");
  }
  if (mode != "Never" && mode != "IfAvailable") {
    return node["interactiveMode"].Refuse("expected Never, IfAvailable or Always");
  }
  plugin.cluster_server = cluster.server;
  plugin.cluster_ca_pem = cluster.ca_pem;
  return plugin;
}

// One source that has the certificate of one and the token of another.
class JointSource final : public CredentialSource {
 public:
  JointSource(std::unique_ptr<CredentialSource> certificate,
              std::unique_ptr<CredentialSource> token)
      : certificate_(std::move(certificate)), token_(std::move(token)) {}
  Result<Credential> Get() override {
    PLIMSOLL_ASSIGN(Credential joint, certificate_->Get());
    PLIMSOLL_ASSIGN(Credential token, token_->Get());
    joint.bearer_token = std::move(token.bearer_token);
    return joint;
  }
  void Rejected() override {
    certificate_->Rejected();
    token_->Rejected();
  }

 private:
  const std::unique_ptr<CredentialSource> certificate_;
  const std::unique_ptr<CredentialSource> token_;
};

Result<std::unique_ptr<CredentialSource>> ReadCertificateSource(const KubeconfigEntry& entry,
                                                                const Clock& clock) {
  PLIMSOLL_ASSIGN(PemText certificate, ReadPem(entry, "client-certificate"));
  PLIMSOLL_ASSIGN(PemText key, ReadPem(entry, "client-key"));
  if (certificate.pem.empty() && key.pem.empty()) return std::unique_ptr<CredentialSource>();
  if (certificate.pem.empty() || key.pem.empty()) {
    return entry.node.Refuse("expected client-certificate and client-key together");
  }
  if (const Status fits = CheckPair(certificate.pem, key.pem); !fits) {
    return entry.node.Refuse("client-certificate and client-key: " + fits.error().message);
  }
  if (!certificate.file.empty() && !key.file.empty()) {
    return CertificateFileCredential(certificate.file, key.file, clock);
  }
  return StaticCredential({{}, std::move(certificate.pem), std::move(key.pem)});
}

Result<std::unique_ptr<CredentialSource>> ReadTokenSource(const KubeconfigEntry& entry,
                                                          const Clock& clock) {
  const YamlNode& node = entry.node;
  if (Given(node["tokenFile"])) {
    PLIMSOLL_ASSIGN(const std::string path, node["tokenFile"].String());
    return TokenFileCredential(Resolve(entry.folder, path), clock);
  }
  if (!Given(node["token"])) return std::unique_ptr<CredentialSource>();
  PLIMSOLL_ASSIGN(std::string token, node["token"].String());
  const bool strange =
      std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (strange) return node.Refuse("token: expected printable characters without spaces");
  return StaticCredential({std::move(token), {}, {}});
}

Result<std::unique_ptr<CredentialSource>> ReadUser(const KubeconfigEntry& entry,
                                                   const ClusterConfig& cluster,
                                                   const Clock& clock) {
  const YamlNode& node = entry.node;
  PLIMSOLL_TRY(
      node.AllowOnly({"client-certificate", "client-certificate-data", "client-key",
                      "client-key-data", "token", "tokenFile", "exec", "as", "as-uid", "as-groups",
                      "as-user-extra", "username", "password", "auth-provider", "extensions"}));
  for (const char* key : {"as", "as-uid", "as-groups", "as-user-extra"}) {
    PLIMSOLL_TRY(Refused(node[key], "impersonation is not supported; use a context of that user"));
  }
  for (const char* key : {"username", "password"}) {
    PLIMSOLL_TRY(
        Refused(node[key], "basic authentication is not supported by API servers since 1.19"));
  }
  PLIMSOLL_TRY(Refused(node["auth-provider"], "was replaced by exec plug-ins; use exec"));
  PLIMSOLL_ASSIGN(auto certificate, ReadCertificateSource(entry, clock));
  PLIMSOLL_ASSIGN(auto token, ReadTokenSource(entry, clock));
  if (node["exec"].present()) {
    if (certificate || token)
      return node["exec"].Refuse("expected no certificate and no token beside it");
    PLIMSOLL_ASSIGN(ExecPlugin plugin, ReadExec(node["exec"], entry.folder, cluster));
    return ExecCredential(std::move(plugin), clock);
  }
  if (certificate && token) {
    return std::make_unique<JointSource>(std::move(certificate), std::move(token));
  }
  if (certificate) return certificate;
  if (token) return token;
  return StaticCredential({});
}

bool IsLoopback(std::string_view host) { return host == "localhost" || host.starts_with("127."); }

}  // namespace

Status CheckServer(std::string_view server) {
  const bool tls = server.starts_with("https://");
  if (!tls && !server.starts_with("http://")) {
    return Fail(kInvalidArgument, "expected https://host:port, found " + Printable(server, 128));
  }
  const std::string_view rest = server.substr(tls ? 8 : 7);
  if (rest.starts_with("[")) {
    return Fail(
        kInvalidArgument,
        "an IPv6 address is not supported; give the server under a name of its certificate");
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::string_view host = authority.substr(0, authority.find(':'));
  const std::string_view path = rest.substr(authority.size());
  const bool plain = !host.empty() &&
                     authority.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789.-_:") == std::string_view::npos &&
                     path.find_first_of(" ?#%\"\\\r\n\t") == std::string_view::npos;
  const std::string_view port =
      authority.size() > host.size() ? authority.substr(host.size() + 1) : std::string_view("443");
  const bool port_ok = !port.empty() && port.size() <= 5 &&
                       port.find_first_not_of("0123456789") == std::string_view::npos &&
                       std::stoi(std::string(port)) <= 65535;
  if (!plain || !port_ok) {
    return Fail(kInvalidArgument, "expected https://host:port, found " + Printable(server, 128));
  }
  if (!tls && !IsLoopback(host)) {
    return Fail(kInvalidArgument, "expected https; http is for loopback only");
  }
  return {};
}

Status MergeKubeconfig(std::string_view text, const std::string& path, Kubeconfig& merged) {
  PLIMSOLL_ASSIGN(auto file, config::YamlFile::Parse(text, path));
  const YamlNode root = file->root();
  PLIMSOLL_TRY(root.AllowOnly({"apiVersion", "kind", "preferences", "clusters", "users", "contexts",
                               "current-context", "extensions"}));
  PLIMSOLL_ASSIGN(const std::string kind, TextOr(root["kind"], "Config"));
  if (kind != "Config") return root["kind"].Refuse("expected Config");
  PLIMSOLL_ASSIGN(const std::string version, TextOr(root["apiVersion"], "v1"));
  if (version != "v1") return root["apiVersion"].Refuse("expected v1");
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  PLIMSOLL_TRY(MergeList(root["clusters"], "cluster", folder, merged.clusters));
  PLIMSOLL_TRY(MergeList(root["users"], "user", folder, merged.users));
  PLIMSOLL_TRY(MergeList(root["contexts"], "context", folder, merged.contexts));
  const YamlNode current = root["current-context"];
  if (merged.current_context.empty() && current.IsScalar() && current.String()) {
    merged.current_context = *current.String();
  }
  merged.origin += (merged.origin.empty() ? "" : ":") + path;
  merged.files.push_back(std::move(file));
  return {};
}

Result<Kubeconfig> ReadKubeconfigFiles(const std::string& file,
                                       const ProcessEnvironment& environment) {
  std::vector<std::string> paths;
  const bool explicit_file = !file.empty();
  const std::string list = environment.Get("KUBECONFIG");
  if (explicit_file) {
    paths.push_back(file);
  } else if (!list.empty()) {
    for (std::size_t start = 0; start <= list.size() && paths.size() < kMaxFiles;) {
      const std::size_t end = std::min(list.find(':', start), list.size());
      if (end > start) paths.push_back(list.substr(start, end - start));
      start = end + 1;
    }
  } else if (!environment.Get("HOME").empty()) {
    paths.push_back(environment.Get("HOME") + "/.kube/config");
  }
  Kubeconfig merged;
  for (const auto& path : paths) {
    const auto text = ReadFile(path, config::YamlLimits{}.max_bytes);
    if (!text && text.error().code == kNotFound && !explicit_file) continue;
    if (!text) return Fail(text.error().code, "kubeconfig " + path + ": " + text.error().message);
    PLIMSOLL_TRY(MergeKubeconfig(*text, path, merged));
  }
  if (merged.files.empty()) {
    return Fail(
        kNotFound,
        "expected a kubeconfig: give --kubeconfig FILE or KUBECONFIG, or have ~/.kube/config");
  }
  return merged;
}

Result<ClusterConfig> ChooseContext(const Kubeconfig& merged, const std::string& context,
                                    const Clock& clock) {
  const std::string where = "kubeconfig " + merged.origin;
  const std::string name = context.empty() ? merged.current_context : context;
  if (name.empty()) {
    return Fail(kInvalidArgument, where + ": expected current-context or --context; contexts: " +
                                      Names(merged.contexts));
  }
  const auto chosen = merged.contexts.find(name);
  if (chosen == merged.contexts.end()) {
    return Fail(kInvalidArgument, where + ": expected a context named " + Printable(name, 128) +
                                      "; contexts: " + Names(merged.contexts));
  }
  const YamlNode& node = chosen->second.node;
  PLIMSOLL_TRY(node.AllowOnly({"cluster", "user", "namespace", "extensions"}));
  PLIMSOLL_ASSIGN(const std::string cluster_name, node["cluster"].String());
  const auto cluster_entry = merged.clusters.find(cluster_name);
  if (cluster_entry == merged.clusters.end()) {
    return node["cluster"].Refuse("expected one of the clusters " + Names(merged.clusters));
  }
  ClusterConfig cluster;
  cluster.origin = where + ", context " + Printable(name, 128);
  PLIMSOLL_ASSIGN(cluster.namespace_name, TextOr(node["namespace"], ""));
  PLIMSOLL_TRY(ReadCluster(cluster_entry->second, cluster));
  PLIMSOLL_ASSIGN(const std::string user_name, TextOr(node["user"], ""));
  if (user_name.empty()) {
    cluster.credentials = StaticCredential({});
    return cluster;
  }
  const auto user_entry = merged.users.find(user_name);
  if (user_entry == merged.users.end()) {
    return node["user"].Refuse("expected one of the users " + Names(merged.users));
  }
  PLIMSOLL_ASSIGN(cluster.credentials, ReadUser(user_entry->second, cluster, clock));
  return cluster;
}

}  // namespace plimsoll::kube
