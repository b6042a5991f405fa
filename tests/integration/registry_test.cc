// The registry client against Debian's docker-registry: no referrers API, TLS with a private authority, Basic
// authentication. Each test starts a registry of its own on a free port; what it serves is pushed by plain HTTP calls.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/digest.h"
#include "oci/discovery.h"
#include "support/fault_server/tls_identity.h"
#include "support/registry_client/registry_client.h"
#include "support/testbed/program.h"

namespace plimsoll::oci {
namespace {

namespace kit = ::plimsoll::testing;
using ::testing::SizeIs;

constexpr char kProgram[] = "/usr/bin/docker-registry";
constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
// "user" and "secret", as htpasswd -B writes them.
constexpr char kHtpasswd[] = "user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

std::string Sha(const std::string& bytes) { return "sha256:" + Sha256Hex(AsBytes(bytes)); }

struct HttpAnswer {
  int status = 0;
  std::string location;
};

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
  HttpAnswer parsed;
  if (answer.size() > 12) parsed.status = std::stoi(answer.substr(9, 3));
  if (const auto at = answer.find("\r\nLocation: "); at != std::string::npos) {
    const auto start = at + 12;
    parsed.location = answer.substr(start, answer.find("\r\n", start) - start);
  }
  return parsed;
}

class RealRegistry : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access(kProgram, X_OK) != 0)
      GTEST_SKIP() << kProgram << " is not installed: apt-get install docker-registry";
    std::string pattern = ::testing::TempDir() + "plimsoll-registry-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    push_port_ = Start(plain_, "plain", "");
    Connect(kit::PlainHost("127.0.0.1:" + std::to_string(push_port_)));
  }
  void TearDown() override {
    if (plain_) plain_->Terminate();
    if (guarded_) guarded_->Terminate();
    std::filesystem::remove_all(folder_);
  }
  std::string Write(const std::string& name, const std::string& text) {
    const auto path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  // Both registries serve the same storage.
  std::uint16_t Start(std::unique_ptr<kit::Program>& program, const std::string& name,
                      const std::string& more) {
    const auto config =
        Write(name + ".yml",
              "version: 0.1\nlog: {level: info}\nstorage:\n  filesystem: {rootdirectory: " +
                  (folder_ / "storage").string() +
                  "}\n  delete: {enabled: true}\n  cache: {}\nhttp:\n  addr: 127.0.0.1:0\n" + more);
    program = std::make_unique<kit::Program>(kProgram, std::vector<std::string>{"serve", config});
    const auto line = program->WaitForLine("listening on ");
    const auto at = line.find("listening on 127.0.0.1:");
    return at == std::string::npos ? 0
                                   : static_cast<std::uint16_t>(std::stoi(line.substr(at + 23)));
  }
  // A second one with TLS under a private authority, and Basic authentication.
  std::string StartGuarded() {
    const auto identity = kit::MakeTlsIdentity();
    ca_file_ = Write("ca.pem", identity.ca_pem);
    const auto port = Start(
        guarded_, "guarded",
        "  tls:\n    certificate: " + Write("cert.pem", identity.certificate_pem) +
            "\n    key: " + Write("key.pem", identity.key_pem) +
            "\nauth:\n  htpasswd: {realm: test, path: " + Write("htpasswd", kHtpasswd) + "}\n");
    return "127.0.0.1:" + std::to_string(port);
  }
  void Connect(RegistrySettings settings) {
    kit::TestRegistryClient::Options options;
    host_ = settings.host;
    options.registries.push_back(std::move(settings));
    client_ = std::make_unique<kit::TestRegistryClient>(std::move(options));
  }

  std::string PutBlob(const std::string& bytes) {
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
  std::string PutManifest(const std::string& tag, const std::string& bytes,
                          const std::string& type = kManifestType) {
    EXPECT_EQ(Call(push_port_, "PUT", "/v2/team/app/manifests/" + tag, bytes, type).status, 201)
        << bytes;
    return Sha(bytes);
  }
  std::string Layer(const std::string& type, const std::string& bytes,
                    const std::string& annotations) {
    return R"({"mediaType":")" + type + R"(","digest":")" + PutBlob(bytes) + R"(","size":)" +
           std::to_string(bytes.size()) + R"(,"annotations":{)" + annotations + "}}";
  }
  std::string Image(const std::string& layers, const std::string& more = "") {
    const std::string config = "{}";
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) +
           R"(","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
           PutBlob(config) + R"(","size":2},"layers":[)" + layers + "]" + more + "}";
  }
  std::string PushImage() {
    return PutManifest("v1", Image(Layer("application/vnd.oci.image.layer.v1.tar", "layer", "")));
  }
  void PushSignature(const std::string& digest) {
    PutManifest("sha256-" + digest.substr(7) + ".sig",
                Image(Layer("application/vnd.dev.cosign.simplesigning.v1+json", "payload",
                            R"("dev.cosignproject.cosign/signature":"c2ln")")));
  }
  // As cosign 3 leaves it where there is no referrers API.
  void PushBundle(const std::string& digest) {
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

  Repository Own() const { return *Repository::FromKey(host_ + "/team/app"); }
  DiscoveryResult Discover(const std::string& digest, Validators previous = {},
                           Access access = {}) {
    return (*client_)->Discover({.repository = Own(),
                                 .digest = *Digest::Parse(digest),
                                 .places = {},
                                 .access = std::move(access),
                                 .previous = std::move(previous)});
  }

  std::filesystem::path folder_;
  std::string ca_file_;
  std::string host_;
  std::uint16_t push_port_ = 0;
  std::unique_ptr<kit::Program> plain_, guarded_;
  std::unique_ptr<kit::TestRegistryClient> client_;
};

TEST_F(RealRegistry, AnUnsignedImageIsAnAuthoritativeAbsence) {
  const auto digest = PushImage();
  const auto result = Discover(digest);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_TRUE(result.ProvesAbsence());
}

TEST_F(RealRegistry, SignaturesAreFoundInEveryFormThatItCanHold) {
  const auto digest = PushImage();
  PushSignature(digest);
  PushBundle(digest);
  const auto result = Discover(digest);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  ASSERT_THAT(result.materials, SizeIs(2));
  EXPECT_EQ(result.materials[0].storage, StorageForm::kSignatureTag);
  EXPECT_EQ(result.materials[1].storage, StorageForm::kReferrerTag);
  EXPECT_TRUE(result.facts.empty());
}

TEST_F(RealRegistry, AnUnchangedImageCostsNoManifestGet) {
  const auto digest = PushImage();
  PushSignature(digest);
  const auto first = Discover(digest);
  const auto second = Discover(digest, first.validators);
  EXPECT_TRUE(second.unchanged);
  EXPECT_EQ(second.requests.manifest_gets, 0u);
  PushBundle(digest);
  EXPECT_FALSE(Discover(digest, second.validators).unchanged);
}

TEST_F(RealRegistry, ADeletedImageProvesNothing) {
  const auto digest = PushImage();
  ASSERT_EQ(Call(push_port_, "DELETE", "/v2/team/app/manifests/" + digest, "", "").status, 202);
  const auto result = Discover(digest);
  EXPECT_EQ(result.control, Control::kMissing);
  EXPECT_FALSE(result.ProvesAbsence());
}

TEST_F(RealRegistry, TagsAreListedAndResolved) {
  const auto digest = PushImage();
  PushSignature(digest);
  EXPECT_EQ((*client_)->ResolveTag(Own(), "v1", {})->digest.text(), digest);
  EXPECT_EQ((*client_)->ResolveTag(Own(), "v2", {}).error().error.code, kDigestNotInRepository);
  EXPECT_THAT((*client_)->ListTags(Own(), {})->tags, SizeIs(2));
}

TEST_F(RealRegistry, BasicAuthenticationOverTlsWithAPrivateAuthority) {
  const auto digest = PushImage();
  PushSignature(digest);
  const auto host = StartGuarded();
  Connect(kit::TlsHost(host, ca_file_));

  const auto anonymous = Discover(digest);
  ASSERT_FALSE(anonymous.Complete());
  EXPECT_EQ(anonymous.unknown->error.code, kAuthenticationFailed);

  Access access;
  access.pull_secrets = {*PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{")" + host + R"(":{"username":"user","password":"secret"}}})", "pull secret")};
  const auto result = Discover(digest, {}, access);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.credential, CredentialKind::kPullSecret);

  const auto report = (*client_)->CheckAccess(*Reference::Parse(host + "/team/app:v1"), access);
  ASSERT_EQ(report.used, 1u);
  EXPECT_EQ(report.attempts[0].http_status, 401);
}

TEST_F(RealRegistry, ACertificateOfAnUnknownAuthorityIsUnknown) {
  const auto digest = PushImage();
  const auto host = StartGuarded();
  auto settings = kit::TlsHost(host, "");
  Connect(settings);
  const auto result = Discover(digest);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRegistryUnreachable);
}

TEST_F(RealRegistry, ARegistryThatIsStoppedIsUnknown) {
  const auto digest = PushImage();
  const auto first = Discover(digest);
  plain_->Terminate();
  plain_.reset();
  const auto second = Discover(digest, first.validators);
  ASSERT_FALSE(second.Complete());
  EXPECT_EQ(second.unknown->error.code, kRegistryUnreachable);
}

}  // namespace
}  // namespace plimsoll::oci
