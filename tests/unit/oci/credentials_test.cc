// Where credentials come from and which one fits.
#include "oci/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/log.h"
#include "docker_config.h"
#include "sealed.h"
#include "support/registry_client/registry_client.h"

namespace plimsoll::oci {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Repository Repo(const std::string& key) { return *Repository::FromKey(key); }

std::string User(const Credential& credential) {
  const auto* content = CredentialReader::Content(credential);
  return content == nullptr ? "" : std::string(content->username.Reveal());
}
std::vector<std::string> Users(const std::vector<Credential>& credentials) {
  std::vector<std::string> users;
  for (const auto& credential : credentials) users.push_back(User(credential));
  return users;
}

std::string Entry(const std::string& key, const std::string& user) {
  return "\"" + key + "\":{\"auth\":\"" + Base64Encode(AsBytes(user + ":pw-" + user)) + "\"}";
}

PullSecret Secret(const std::string& entries) {
  auto secret = PullSecret::Parse("kubernetes.io/dockerconfigjson", "{\"auths\":{" + entries + "}}",
                                  "pull secret");
  EXPECT_TRUE(secret) << secret.error().message;
  return *secret;
}

TEST(CredentialMatching, HostAndPortAreEqualAndPathSegmentsWhole) {
  const auto secret =
      Secret(Entry("host.example/team", "team") + "," + Entry("host.example", "host") + "," +
             Entry("host.example:5000", "port") + "," + Entry("host.example/team/app", "app"));
  EXPECT_EQ(Users(secret.For(Repo("host.example/team/app"))),
            (std::vector<std::string>{"app", "team", "host"}));
  EXPECT_EQ(Users(secret.For(Repo("host.example/team/other"))),
            (std::vector<std::string>{"team", "host"}));
  EXPECT_EQ(Users(secret.For(Repo("host.example/teams/app"))), (std::vector<std::string>{"host"}));
  EXPECT_EQ(Users(secret.For(Repo("host.example/team/apple"))),
            (std::vector<std::string>{"team", "host"}));
  EXPECT_EQ(Users(secret.For(Repo("host.example:5000/team/app"))),
            (std::vector<std::string>{"port"}));
  EXPECT_THAT(secret.For(Repo("evil.host.example/team/app")), IsEmpty());
  EXPECT_THAT(secret.For(Repo("host.example.evil/team/app")), IsEmpty());
  EXPECT_THAT(secret.For(Repo("host.example:5001/team/app")), IsEmpty());
}

TEST(CredentialMatching, DockersSpellingsOfAHostAreOne) {
  for (const char* key :
       {"https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io",
        "https://docker.io", "https://index.docker.io/v2/"}) {
    EXPECT_EQ(Users(Secret(Entry(key, "hub")).For(Repo("docker.io/library/nginx"))),
              (std::vector<std::string>{"hub"}))
        << key;
  }
  for (const char* key :
       {"https://Ghcr.io/", "ghcr.io:443", "http://ghcr.io", "https://ghcr.io/v2/"}) {
    EXPECT_THAT(Secret(Entry(key, "u")).For(Repo("ghcr.io/a/b")), SizeIs(1)) << key;
  }
}

TEST(CredentialMatching, AnEntryWithAStarMatchesNothing) {
  EXPECT_THAT(Secret(Entry("*.example", "u") + "," + Entry("*", "v")).For(Repo("a.example/b")),
              IsEmpty());
}

TEST(CredentialMatching, KubeletsMatchImagesRules) {
  EXPECT_TRUE(MatchesImagePattern("123456789.dkr.ecr.us-east-1.amazonaws.com",
                                  Repo("123456789.dkr.ecr.us-east-1.amazonaws.com/app")));
  EXPECT_TRUE(MatchesImagePattern("*.dkr.ecr.*.amazonaws.com",
                                  Repo("1.dkr.ecr.eu-west-1.amazonaws.com/a/b")));
  EXPECT_FALSE(MatchesImagePattern("*.dkr.ecr.*.amazonaws.com",
                                   Repo("1.2.dkr.ecr.eu-west-1.amazonaws.com/a")));
  EXPECT_FALSE(MatchesImagePattern("*.amazonaws.com", Repo("1.dkr.ecr.eu-west-1.amazonaws.com/a")));
  EXPECT_TRUE(MatchesImagePattern("*.azurecr.io", Repo("acme.azurecr.io/app")));
  EXPECT_TRUE(MatchesImagePattern("app*.k8s.io", Repo("app1.k8s.io/x")));
  EXPECT_TRUE(MatchesImagePattern("gcr.io/team", Repo("gcr.io/team/app")));
  EXPECT_FALSE(MatchesImagePattern("gcr.io/team", Repo("gcr.io/teams/app")));
  EXPECT_TRUE(MatchesImagePattern("registry.io:8080/path", Repo("registry.io:8080/path/x")));
  EXPECT_FALSE(MatchesImagePattern("registry.io", Repo("registry.io:8080/path/x")));
  EXPECT_FALSE(MatchesImagePattern("registry.io:8080", Repo("registry.io/path/x")));
  EXPECT_TRUE(MatchesImagePattern("docker.io", Repo("docker.io/library/nginx")));
  EXPECT_TRUE(MatchesImagePattern("index.docker.io", Repo("docker.io/library/nginx")));
}

TEST(PullSecrets, OnlyTheTwoDockerTypesAreParsed) {
  EXPECT_FALSE(PullSecret::Parse("Opaque", "{}", "s"));
  EXPECT_EQ(PullSecret::Parse("kubernetes.io/tls", "{}", "s").error().code, kInvalidArgument);
  const auto old =
      PullSecret::Parse("kubernetes.io/dockercfg", "{" + Entry("ghcr.io", "old") + "}", "s");
  ASSERT_TRUE(old);
  EXPECT_EQ(Users(old->For(Repo("ghcr.io/a/b"))), (std::vector<std::string>{"old"}));
}

TEST(PullSecrets, NeverStartAProgram) {
  const auto secret = PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{"ghcr.io":{}},"credsStore":"evil","credHelpers":{"ghcr.io":"evil"}})", "s");
  ASSERT_TRUE(secret);
  EXPECT_THAT(secret->For(Repo("ghcr.io/a/b")), IsEmpty());
}

TEST(PullSecrets, MessagesRepeatNoContent) {
  for (const char* text :
       {"{\"auths\":{\"ghcr.io\":{\"auth\":\"SEKRET\"}}", "SEKRET", "[\"SEKRET\"]",
        "{\"auths\":\"SEKRET\"}", "{\"SEKRET\":1,\"SEKRET\":2}"}) {
    const auto secret = PullSecret::Parse("kubernetes.io/dockerconfigjson", text, "team-a/regcred");
    ASSERT_FALSE(secret) << text;
    EXPECT_THAT(secret.error().message, Not(HasSubstr("SEKRET")));
    EXPECT_THAT(secret.error().message, HasSubstr("team-a/regcred"));
  }
}

TEST(PullSecrets, ForeignEntriesAreLeftOut) {
  const auto secret =
      Secret(Entry("ghcr.io", "good") +
             R"(,"":{"auth":"YTpi"},"/":{"auth":"YTpi"},"a b":{"auth":"YTpi"})" +
             R"(,"quay.io":{"auth":"no base64!"},"gcr.io":{"auth":"bm9jb2xvbg=="},"x.io":7)");
  EXPECT_THAT(secret.For(Repo("ghcr.io/a/b")), SizeIs(1));
  EXPECT_THAT(secret.For(Repo("quay.io/a/b")), IsEmpty());
  EXPECT_THAT(secret.For(Repo("gcr.io/a/b")), IsEmpty());
}

TEST(SealedCredentials, IdsAreEqualForEqualContentAndZeroForNone) {
  const auto a = Secret(Entry("ghcr.io", "u")).For(Repo("ghcr.io/a/b"));
  const auto b = Secret(Entry("ghcr.io", "u")).For(Repo("ghcr.io/a/b"));
  const auto c = Secret(Entry("ghcr.io", "v")).For(Repo("ghcr.io/a/b"));
  EXPECT_EQ(a[0].id(), b[0].id());
  EXPECT_NE(a[0].id(), c[0].id());
  EXPECT_NE(a[0].id(), 0u);
  EXPECT_EQ(Credential().id(), 0u);
  EXPECT_EQ(CredentialKindName(a[0].kind()), "PullSecret");
  EXPECT_EQ(CredentialKindName(Credential().kind()), "Anonymous");
}

TEST(SealedCredentials, TheWordTokenAsUserMeansAnIdentityToken) {
  const auto sealed = Seal("<token>", "refresh", "", "");
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->identity_token.Reveal(), "refresh");
  EXPECT_TRUE(sealed->username.empty());
  EXPECT_FALSE(Seal("user", "", "", ""));
  EXPECT_FALSE(Seal("", "", "", ""));
}

TEST(SealedCredentials, TheTextIsWipedWhenItIsMovedFrom) {
  SecretText a("a long enough text that is not kept in place");
  const SecretText b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(b.empty());
}

// The operator's own configuration.
class OperatorCredentials : public ::testing::Test {
 protected:
  OperatorCredentials() {
    std::string pattern = ::testing::TempDir() + "plimsoll-creds-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const char* path = getenv("PATH");
    old_path_ = path == nullptr ? "" : path;
    setenv("PATH", (folder_.string() + ":" + old_path_).c_str(), 1);
  }
  ~OperatorCredentials() override {
    setenv("PATH", old_path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  std::string Write(const std::string& name, const std::string& text, bool executable = false) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    const auto fresh = path.string() + ".new";
    std::ofstream(fresh) << text;
    if (executable) chmod(fresh.c_str(), 0755);
    std::filesystem::rename(fresh, path);
    return path.string();
  }
  std::unique_ptr<CredentialSource> Source(const std::string& file,
                                           std::vector<CredentialProvider> providers = {}) {
    return MakeOperatorCredentials({.docker_config_file = file, .providers = std::move(providers)},
                                   clock_, log_);
  }
  // How often a script ran.
  std::size_t Runs(const std::string& name) const {
    std::ifstream in(folder_ / (name + ".runs"));
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
  }
  std::string Script(const std::string& name, const std::string& body) {
    return Write(
        name,
        "#!/bin/sh\necho run >> " + (folder_ / (name + ".runs")).string() + "\n" + body + "\n",
        true);
  }

  std::filesystem::path folder_;
  std::string old_path_;
  ::plimsoll::testing::ShiftedClock clock_;
  NullLogger log_;
};

TEST_F(OperatorCredentials, ADockerConfigFileIsReadAgainWhenItChanges) {
  const auto file = Write("config.json", "{\"auths\":{" + Entry("ghcr.io", "one") + "}}");
  const auto source = Source(file);
  auto offer = source->For(Repo("ghcr.io/a/b"));
  EXPECT_EQ(Users(offer.credentials), (std::vector<std::string>{"one"}));
  EXPECT_EQ(offer.credentials[0].kind(), CredentialKind::kDockerConfig);
  EXPECT_THAT(offer.credentials[0].origin(), HasSubstr("config.json, entry ghcr.io"));
  Write("config.json", "{\"auths\":{" + Entry("ghcr.io", "second") + "}}");
  EXPECT_EQ(Users(source->For(Repo("ghcr.io/a/b")).credentials),
            (std::vector<std::string>{"second"}));
  std::filesystem::remove(file);
  offer = source->For(Repo("ghcr.io/a/b"));
  EXPECT_THAT(offer.credentials, IsEmpty());
  EXPECT_THAT(offer.problems, SizeIs(1));
}

TEST_F(OperatorCredentials, AFolderMeansTheConfigInIt) {
  Write("docker/config.json", "{\"auths\":{" + Entry("ghcr.io", "u") + "}}");
  EXPECT_THAT(Source((folder_ / "docker").string())->For(Repo("ghcr.io/a/b")).credentials,
              SizeIs(1));
}

TEST_F(OperatorCredentials, PodmansAuthFileIsTheSameForm) {
  const auto file = Write("auth.json", "{\"auths\":{" + Entry("quay.io/team", "podman") + "}}");
  EXPECT_EQ(Users(Source(file)->For(Repo("quay.io/team/app")).credentials),
            (std::vector<std::string>{"podman"}));
}

TEST_F(OperatorCredentials, TheUsualPlacesAreSearchedInOrder) {
  const auto home = Write("home/.docker/config.json", "{}");
  const auto docker = Write("dc/config.json", "{}");
  const auto podman = Write("run/containers/auth.json", "{}");
  const auto f = folder_.string();
  EXPECT_EQ(FindDockerConfig({{"HOME", f + "/home"}, {"DOCKER_CONFIG", f + "/dc"}}), docker);
  EXPECT_EQ(FindDockerConfig({{"HOME", f + "/home"}}), home);
  EXPECT_EQ(FindDockerConfig({{"HOME", f + "/none"}, {"XDG_RUNTIME_DIR", f + "/run"}}), podman);
  EXPECT_EQ(FindDockerConfig({{"HOME", f + "/none"}, {"REGISTRY_AUTH_FILE", podman}}), podman);
  EXPECT_EQ(FindDockerConfig({}), std::nullopt);
}

TEST_F(OperatorCredentials, ACredentialHelperIsAskedOnceInFiveMinutes) {
  Script(
      "docker-credential-test",
      R"(read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"from-$server\",\"Secret\":\"s\"}")");
  const auto file = Write("config.json", R"({"credHelpers":{"ghcr.io":"test"}})");
  const auto source = Source(file);
  const auto offer = source->For(Repo("ghcr.io/a/b"));
  ASSERT_THAT(offer.credentials, SizeIs(1))
      << (offer.problems.empty() ? "" : offer.problems[0].message);
  EXPECT_EQ(User(offer.credentials[0]), "from-ghcr.io");
  EXPECT_EQ(offer.credentials[0].kind(), CredentialKind::kCredentialHelper);
  source->For(Repo("ghcr.io/c/d"));
  EXPECT_EQ(Runs("docker-credential-test"), 1u);
  clock_.Advance(std::chrono::minutes(6));
  source->For(Repo("ghcr.io/a/b"));
  EXPECT_EQ(Runs("docker-credential-test"), 2u);
  EXPECT_THAT(source->For(Repo("quay.io/a/b")).credentials, IsEmpty());
}

TEST_F(OperatorCredentials, AStoreServesEveryHostAndKnowsDockerHubByItsOldName) {
  Script("docker-credential-store",
         R"(read server; echo "{\"Username\":\"$server\",\"Secret\":\"s\"}")");
  const auto source = Source(Write("config.json", R"({"credsStore":"store"})"));
  EXPECT_EQ(Users(source->For(Repo("docker.io/library/nginx")).credentials),
            (std::vector<std::string>{"https://index.docker.io/v1/"}));
  EXPECT_EQ(Users(source->For(Repo("quay.io/a/b")).credentials),
            (std::vector<std::string>{"quay.io"}));
}

TEST_F(OperatorCredentials, AHelperWithoutACredentialIsNoProblem) {
  Script("docker-credential-none", "echo 'credentials not found in native keychain'; exit 1");
  const auto offer =
      Source(Write("config.json", R"({"credsStore":"none"})"))->For(Repo("quay.io/a/b"));
  EXPECT_THAT(offer.credentials, IsEmpty());
  EXPECT_THAT(offer.problems, IsEmpty());
}

TEST_F(OperatorCredentials, AFailingHelperIsAProblemThatIsToldAndKeptForAWhile) {
  Script("docker-credential-bad", "echo 'cannot reach the vault' >&2; exit 3");
  const auto source = Source(Write("config.json", R"({"credsStore":"bad"})"));
  const auto offer = source->For(Repo("quay.io/a/b"));
  EXPECT_THAT(offer.credentials, IsEmpty());
  ASSERT_THAT(offer.problems, SizeIs(1));
  EXPECT_THAT(offer.problems[0].message, HasSubstr("cannot reach the vault"));
  source->For(Repo("quay.io/a/b"));
  EXPECT_EQ(Runs("docker-credential-bad"), 1u);
  clock_.Advance(std::chrono::seconds(31));
  source->For(Repo("quay.io/a/b"));
  EXPECT_EQ(Runs("docker-credential-bad"), 2u);
}

TEST_F(OperatorCredentials, AHelperWithAPathInItsNameIsNotRun) {
  const auto offer =
      Source(
          Write("config.json", R"({"credsStore":"../../bin/evil","credHelpers":{"a.io":"x;y"}})"))
          ->For(Repo("a.io/a/b"));
  EXPECT_THAT(offer.credentials, IsEmpty());
}

TEST_F(OperatorCredentials, AProviderPluginSpeaksKubeletsProtocol) {
  const auto program = Script("plugin", R"(cat > )" + (folder_ / "request").string() + R"(
[ "$1" = "--flag" ] || exit 1
[ "$REGION" = "eu" ] || exit 1
echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","cacheDuration":"1h","auth":{"*.dkr.ecr.*.amazonaws.com":{"username":"AWS","password":"p"},"other.example":{"username":"no","password":"p"}}}')");
  CredentialProvider provider;
  provider.name = "ecr";
  provider.program = program;
  provider.arguments = {"--flag"};
  provider.environment = {{"REGION", "eu"}};
  provider.match_images = {"*.dkr.ecr.*.amazonaws.com"};
  const auto source = Source("", {provider});
  const auto offer = source->For(Repo("1.dkr.ecr.eu-west-1.amazonaws.com/app"));
  ASSERT_THAT(offer.credentials, SizeIs(1))
      << (offer.problems.empty() ? "" : offer.problems[0].message);
  EXPECT_EQ(User(offer.credentials[0]), "AWS");
  EXPECT_EQ(offer.credentials[0].kind(), CredentialKind::kCredentialProvider);
  std::ifstream in(folder_ / "request");
  const std::string request{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(
      request,
      R"({"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"1.dkr.ecr.eu-west-1.amazonaws.com/app"})");
  // The answer holds for the registry and an hour.
  source->For(Repo("1.dkr.ecr.eu-west-1.amazonaws.com/other"));
  EXPECT_EQ(Runs("plugin"), 1u);
  clock_.Advance(std::chrono::minutes(61));
  source->For(Repo("1.dkr.ecr.eu-west-1.amazonaws.com/other"));
  EXPECT_EQ(Runs("plugin"), 2u);
  // What it is not for is not asked.
  EXPECT_THAT(source->For(Repo("ghcr.io/a/b")).credentials, IsEmpty());
  EXPECT_EQ(Runs("plugin"), 2u);
}

TEST_F(OperatorCredentials, AProviderThatAnswersJunkIsAProblem) {
  for (
      const char* body :
      {"echo nonsense", "echo '{}'", "exit 1",
       R"(echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","cacheKeyType":"Image","auth":{}}')",
       R"(echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Moon","auth":{}}')"}) {
    CredentialProvider provider;
    provider.name = "junk";
    provider.program = Script("junk", body);
    provider.match_images = {"ghcr.io"};
    const auto offer = Source("", {provider})->For(Repo("ghcr.io/a/b"));
    EXPECT_THAT(offer.credentials, IsEmpty()) << body;
    EXPECT_THAT(offer.problems, SizeIs(1)) << body;
  }
}

TEST_F(OperatorCredentials, AProviderAnswerThatIsNotToBeKeptIsNotKept) {
  CredentialProvider provider;
  provider.name = "p";
  provider.program = Script(
      "once",
      R"(echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image","cacheDuration":"0s","auth":{"ghcr.io":{"username":"u","password":"p"}}}')");
  provider.match_images = {"ghcr.io"};
  provider.default_cache_duration = std::chrono::hours(1);
  const auto source = Source("", {provider});
  source->For(Repo("ghcr.io/a/b"));
  source->For(Repo("ghcr.io/a/b"));
  EXPECT_EQ(Runs("once"), 2u);
}

}  // namespace
}  // namespace plimsoll::oci
