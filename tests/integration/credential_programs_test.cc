// Credentials that programs give: the kubelet's credential provider plug-ins and docker's credential helpers, each a
// script that behaves as the published ones do, in front of a real registry with accounts and TLS.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/subprocess.h"
#include "real_registry.h"

namespace plimsoll::oci {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What a published plug-in does with a request: arguments, environment, what it answers, what it says on stderr.
struct Plugin {
  std::string name;
  std::string arguments;    // YAML
  std::string environment;  // YAML
  std::string check;        // shell: fails when it was called otherwise
  std::string cache;        // "cacheKeyType" and, where it has one, "cacheDuration"
  bool answers_by_glob;     // the key of `auth` is a pattern, not the host that was asked about
};

std::vector<Plugin> Plugins() {
  return {
      {"ecr-credential-provider", "[]", "[{name: AWS_PROFILE, value: nodes}]",
       R"([ $# = 0 ] && [ "$AWS_PROFILE" = nodes ])",
       R"("cacheKeyType":"Registry","cacheDuration":"6h0m0s")", false},
      {"auth-provider-gcp", "[get-credentials]", "[]", R"([ "$1" = get-credentials ])",
       R"("cacheKeyType":"Image","cacheDuration":"0s")", true},
      {"acr-credential-provider", "[/etc/kubernetes/azure.json]", "[]",
       R"([ "$1" = /etc/kubernetes/azure.json ])",
       R"("cacheKeyType":"Registry","cacheDuration":"3h13m20s")", true},
  };
}

class CredentialPrograms : public RealRegistry {
 protected:
  void SetUp() override {
    RealRegistry::SetUp();
    if (HasFatalFailure()) return;
    image_ = PushImage();
    guarded_host_ = StartGuarded(BasicAuth());
    std::filesystem::create_directory(folder_ / "bin");
  }
  void Script(const std::string& name, const std::string& body) {
    const auto path = folder_ / "bin" / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // The program's configuration, with `more` at its end.
  std::string Config(const std::string& more) {
    return Write("plimsoll.yaml", "registries:\n- {host: \"" + guarded_host_ + "\", caFile: " +
                                      ca_file_ + ", allowAddress: [127.0.0.0/8]}\n" + more);
  }
  // A pattern that the kubelet would match with the registry's host and port.
  std::string Glob() const { return "127.*.0.*" + guarded_host_.substr(guarded_host_.find(':')); }

  SubprocessResult Plimsoll(std::vector<std::string> words) const {
    words.insert(words.begin(), PLIMSOLL_PROGRAMS "/plimsoll");
    words.push_back(guarded_host_ + "/team/app:v1");
    SubprocessRequest request;
    request.argv = std::move(words);
    request.environment = {{"PATH", (folder_ / "bin").string() + ":/usr/bin:/bin"},
                           {"DOCKER_CONFIG", (folder_ / "docker").string()}};
    request.timeout = std::chrono::seconds(60);
    const auto done = RunSubprocess(request);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : SubprocessResult{};
  }

  std::string image_;
  std::string guarded_host_;
};

class CredentialPlugin : public CredentialPrograms, public ::testing::WithParamInterface<Plugin> {
 protected:
  std::string ConfigWithPlugin(const std::string& body) {
    const auto& plugin = GetParam();
    Script(plugin.name, body);
    const auto providers = Write("providers.yaml",
                                 "apiVersion: kubelet.config.k8s.io/v1\nkind: "
                                 "CredentialProviderConfig\nproviders:\n- name: " +
                                     plugin.name + "\n  matchImages: [\"" + Glob() +
                                     "\"]\n  defaultCacheDuration: \"12h\"\n  apiVersion: "
                                     "credentialprovider.kubelet.k8s.io/v1\n"
                                     "  args: " +
                                     plugin.arguments + "\n  env: " + plugin.environment + "\n");
    return Config("credentialProviders: {configFile: " + providers +
                  ", binDir: " + (folder_ / "bin").string() + "}\n");
  }
  std::string Answering() const {
    const auto& plugin = GetParam();
    const std::string key = plugin.answers_by_glob ? Glob() : guarded_host_;
    return plugin.check + " || { echo 'called otherwise' >&2; exit 1; }\n" + "cat >" +
           (folder_ / "request").string() +
           "\necho 'I1127 12:00:00.000000 1 main.go:1] asked for a token' >&2\n" +
           R"(echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",)" +
           plugin.cache + R"(,"auth":{")" + key + R"(":{"username":"user","password":"secret"}}}')";
  }
};

TEST_P(CredentialPlugin, ItsLoginReadsThePrivateRegistry) {
  const auto config = ConfigWithPlugin(Answering());
  const auto check = Plimsoll({"auth", "check", "--config", config});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.error_output;
  EXPECT_THAT(check.output, HasSubstr("CredentialProvider"));
  EXPECT_THAT(check.output, HasSubstr(GetParam().name));
  EXPECT_THAT(check.output + check.error_output, Not(HasSubstr("secret")));
  EXPECT_THAT(Read("request"), HasSubstr(R"("kind":"CredentialProviderRequest")"));
  EXPECT_THAT(Read("request"), HasSubstr(R"("image":")" + guarded_host_ + "/team/app"));

  const auto inspect = Plimsoll({"inspect", "-o", "json", "--config", config});
  EXPECT_THAT(inspect.output, HasSubstr("\"Unsigned\"")) << inspect.error_output;
}

TEST_P(CredentialPlugin, OneThatFailsIsSaidAndNothingIsCalledUnsigned) {
  const auto config = ConfigWithPlugin("echo 'no identity on this node' >&2; exit 1");
  const auto check = Plimsoll({"auth", "check", "--config", config});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.output, HasSubstr("no identity on this node"));
  const auto inspect = Plimsoll({"inspect", "-o", "json", "--config", config});
  EXPECT_EQ(inspect.exit_code, 3);
  EXPECT_THAT(inspect.output, HasSubstr("AuthenticationFailed"));
}

INSTANTIATE_TEST_SUITE_P(Published, CredentialPlugin, ::testing::ValuesIn(Plugins()),
                         [](const auto& plugin) {
                           std::string name = plugin.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// As docker-credential-pass and its like: the host on standard input, JSON on standard output.
TEST_F(CredentialPrograms, ACredentialHelperOfDockersConfigReadsThePrivateRegistry) {
  Script("docker-credential-vault",
         "[ \"$1\" = get ] || exit 2\nread server\n[ \"$server\" = '" + guarded_host_ +
             "' ] || { echo 'credentials not found in native keychain'; exit 1; }\n"
             R"(echo "{\"ServerURL\":\"$server\",\"Username\":\"user\",\"Secret\":\"secret\"}")");
  for (const std::string& docker : {R"({"credHelpers":{")" + guarded_host_ + R"(":"vault"}})",
                                    std::string(R"({"credsStore":"vault"})")}) {
    const auto config = Config("dockerConfigFile: " + Write("config.json", docker) + "\n");
    const auto check = Plimsoll({"auth", "check", "--config", config});
    EXPECT_EQ(check.exit_code, 0) << check.output << check.error_output;
    EXPECT_THAT(check.output, HasSubstr("CredentialHelper"));
    EXPECT_THAT(check.output + check.error_output, Not(HasSubstr("secret")));
  }
}

// Without any configuration the command line uses the login that docker has.
TEST_F(CredentialPrograms, TheCommandLineUsesDockersOwnLogin) {
  std::filesystem::create_directory(folder_ / "docker");
  Write("docker/config.json",
        R"({"auths":{")" + guarded_host_ + R"(":{"auth":"dXNlcjpzZWNyZXQ="}}})");
  const auto check = Plimsoll({"auth", "check", "--config", Config("")});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.error_output;
  EXPECT_THAT(check.output, HasSubstr("DockerConfig"));
}

}  // namespace
}  // namespace plimsoll::oci
