#include "real_registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "base/digest.h"
#include "support/testbed/testbed.h"

namespace plimsoll::oci {
namespace {

namespace kit = ::plimsoll::testing;

constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
// "user" and "secret", as htpasswd -B writes them.
constexpr char kHtpasswd[] = "user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

std::string Sha(const std::string& bytes) { return "sha256:" + Sha256Hex(AsBytes(bytes)); }

struct HttpAnswer {
  int status = 0;
  std::string location;
};

HttpAnswer Parse(const std::string& answer) {
  HttpAnswer parsed;
  if (answer.size() > 12) parsed.status = std::stoi(answer.substr(9, 3));
  if (const auto at = answer.find("\r\nLocation: "); at != std::string::npos) {
    const auto start = at + 12;
    parsed.location = answer.substr(start, answer.find("\r\n", start) - start);
  }
  return parsed;
}

// One request on a connection of its own.
HttpAnswer Call(std::uint16_t port, const std::string& method, const std::string& target,
                const std::string& body, const std::string& content_type) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(socket_fd);
    return {};
  }
  const std::string request =
      method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
      "\r\nConnection: close\r\nContent-Type: " + content_type +
      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::size_t sent = 0;
  while (sent < request.size()) {
    const auto n = send(socket_fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(socket_fd, buffer, sizeof(buffer), 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(n));
  close(socket_fd);
  return Parse(answer);
}

}  // namespace

void RealRegistry::SetUp() {
  const auto bed = kit::Testbed::Open();
  ASSERT_TRUE(bed) << bed.error().message;
  program_ = bed->Get("PLIMSOLL_TB_REGISTRY_PROGRAM");
  std::string pattern = ::testing::TempDir() + "plimsoll-registry-XXXXXX";
  folder_ = mkdtemp(pattern.data());
  ca_file_ = Write("ca.pem", identity_.ca_pem);
  push_port_ = Start(plain_, "plain", "");
  Connect({kit::PlainHost("127.0.0.1:" + std::to_string(push_port_))});
}

void RealRegistry::TearDown() {
  if (plain_) plain_->Terminate();
  if (guarded_) guarded_->Terminate();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

std::string RealRegistry::Write(const std::string& name, const std::string& text) {
  const auto path = (folder_ / name).string();
  std::ofstream(path) << text;
  return path;
}

std::uint16_t RealRegistry::Start(std::unique_ptr<kit::Program>& program, const std::string& name,
                                  const std::string& more) {
  const auto config =
      Write(name + ".yml",
            "version: 0.1\nlog: {level: info}\nstorage:\n  filesystem: {rootdirectory: " +
                (folder_ / "storage").string() +
                "}\n  delete: {enabled: true}\n  cache: {}\nhttp:\n  addr: 127.0.0.1:0\n" + more);
  program = std::make_unique<kit::Program>(
      program_, std::vector<std::string>{"serve", config},
      std::map<std::string, std::string>{{"OTEL_TRACES_EXPORTER", "none"}});
  const auto line = program->WaitForLine("listening on ");
  const auto at = line.find("listening on 127.0.0.1:");
  return at == std::string::npos ? 0 : static_cast<std::uint16_t>(std::stoi(line.substr(at + 23)));
}

std::string RealRegistry::StartGuarded(const std::string& auth) {
  const auto port =
      Start(guarded_, "guarded",
            "  tls:\n    certificate: " + Write("cert.pem", identity_.certificate_pem) +
                "\n    key: " + Write("key.pem", identity_.key_pem) + "\n" + auth);
  return "127.0.0.1:" + std::to_string(port);
}

std::string RealRegistry::BasicAuth() {
  return "auth:\n  htpasswd: {realm: test, path: " + Write("htpasswd", kHtpasswd) + "}\n";
}

PullSecret RealRegistry::Secret(const std::string& host) {
  return *PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{")" + host + R"(":{"username":"user","password":"secret"}}})", "pull secret");
}

void RealRegistry::Connect(std::vector<RegistrySettings> settings) {
  kit::TestRegistryClient::Options options;
  host_ = settings.front().host;
  options.registries = std::move(settings);
  client_ = std::make_unique<kit::TestRegistryClient>(std::move(options));
}

std::string RealRegistry::PutBlob(const std::string& bytes) {
  const auto start =
      Call(push_port_, "POST", "/v2/team/app/blobs/uploads/", "", "application/octet-stream");
  EXPECT_EQ(start.status, 202);
  auto target = start.location;
  if (const auto scheme = target.find("://"); scheme != std::string::npos) {
    target = target.substr(target.find('/', scheme + 3));
  }
  target +=
      (target.find('?') == std::string::npos ? "?" : "&") + std::string("digest=") + Sha(bytes);
  EXPECT_EQ(Call(push_port_, "PUT", target, bytes, "application/octet-stream").status, 201);
  return Sha(bytes);
}

std::string RealRegistry::PutManifest(const std::string& tag, const std::string& bytes,
                                      const std::string& type) {
  EXPECT_EQ(Call(push_port_, "PUT", "/v2/team/app/manifests/" + tag, bytes, type).status, 201)
      << bytes;
  return Sha(bytes);
}

std::string RealRegistry::Layer(const std::string& type, const std::string& bytes,
                                const std::string& annotations) {
  return R"({"mediaType":")" + type + R"(","digest":")" + PutBlob(bytes) + R"(","size":)" +
         std::to_string(bytes.size()) + R"(,"annotations":{)" + annotations + "}}";
}

std::string RealRegistry::Image(const std::string& layers, const std::string& more) {
  const std::string config = "{}";
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) +
         R"(","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
         PutBlob(config) + R"(","size":2},"layers":[)" + layers + "]" + more + "}";
}

std::string RealRegistry::PushImage() {
  return PutManifest("v1", Image(Layer("application/vnd.oci.image.layer.v1.tar", "layer", "")));
}

void RealRegistry::PushSignature(const std::string& digest) {
  PutManifest("sha256-" + digest.substr(7) + ".sig",
              Image(Layer("application/vnd.dev.cosign.simplesigning.v1+json", "payload",
                          R"("dev.cosignproject.cosign/signature":"c2ln")")));
}

void RealRegistry::PushBundle(const std::string& digest) {
  const auto bundle =
      Image(Layer("application/vnd.dev.sigstore.bundle.v0.3+json", "{\"bundle\":1}", ""),
            R"(,"subject":{"mediaType":")" + std::string(kManifestType) + R"(","digest":")" +
                digest + R"(","size":1})");
  const auto name = PutManifest(Sha(bundle), bundle);
  PutManifest("sha256-" + digest.substr(7),
              R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) +
                  R"(","manifests":[{"mediaType":")" + kManifestType + R"(","digest":")" + name +
                  R"(","size":)" + std::to_string(bundle.size()) + "}]}",
              kIndexType);
}

int RealRegistry::Delete(const std::string& digest) {
  return Call(push_port_, "DELETE", "/v2/team/app/manifests/" + digest, "", "").status;
}

DiscoveryResult RealRegistry::Discover(const std::string& digest, Validators previous,
                                       Access access) {
  return (*client_)->Discover({.repository = Own(),
                               .digest = *Digest::Parse(digest),
                               .places = {},
                               .access = std::move(access),
                               .previous = std::move(previous)});
}

}  // namespace plimsoll::oci
