#include "kube/cluster_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/encoding.h"
#include "support/fake_kube/fake_kube.h"
#include "support/fault_server/tls_identity.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Config : public ::testing::Test {
 protected:
  Config() : identity_(testing::MakeTlsIdentity()) {
    std::string folder = ::testing::TempDir() + "plimsoll-kubeconfig-XXXXXX";
    folder_ = mkdtemp(folder.data());
    environment_.service_account_dir = folder_ + "/serviceaccount";
  }
  ~Config() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  std::string Data(const std::string& text) const { return Base64Encode(AsBytes(text)); }
  // A whole kubeconfig with these keys of cluster and user.
  std::string File(const std::string& cluster, const std::string& user) const {
    return "apiVersion: v1\nkind: Config\ncurrent-context: dev\npreferences: {colors: true}\n"
           "clusters: [{name: c, cluster: {" +
           cluster + "}}]\nusers: [{name: u, user: {" + user +
           "}}]\n"
           "contexts: [{name: dev, context: {cluster: c, user: u, namespace: shop}}]\n";
  }
  std::string Cluster() const {
    return "server: 'https://api.example:6443/', certificate-authority-data: " +
           Data(identity_.ca_pem);
  }
  Result<ClusterConfig> Load(const std::string& text, const std::string& context = "") {
    return LoadKubeconfig(Write("config", text), context, environment_, clock_);
  }
  std::string Refusal(const std::string& text, const std::string& context = "") {
    const auto config = Load(text, context);
    EXPECT_FALSE(config.has_value()) << text;
    return config ? "" : config.error().message;
  }

  testing::FakeClock clock_;
  testing::TlsIdentity identity_;
  std::string folder_;
  ProcessEnvironment environment_;
};

using Kubeconfig = Config;
using InCluster = Config;

TEST_F(Kubeconfig, ServerCaTokenAndNamespaceAreRead) {
  const auto config = Load(File(Cluster(), "token: abc"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->server, "https://api.example:6443");
  EXPECT_EQ(config->ca_pem, identity_.ca_pem);
  EXPECT_EQ(config->namespace_name, "shop");
  EXPECT_EQ(config->credentials->Get()->bearer_token, "abc");
  EXPECT_THAT(config->origin, HasSubstr("context dev"));
}

TEST_F(Kubeconfig, DataGoesBeforeFiles) {
  const auto other = testing::MakeTlsIdentity();
  Write("ca.pem", other.ca_pem);
  const auto config = Load(File(Cluster() + ", certificate-authority: ca.pem", "token: abc"));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->ca_pem, identity_.ca_pem);
}

TEST_F(Kubeconfig, FilesAreRelativeToTheKubeconfig) {
  Write("pki/ca.pem", identity_.ca_pem);
  Write("pki/tls.crt", identity_.certificate_pem);
  Write("pki/tls.key", identity_.key_pem);
  const auto config = Load(File("server: 'https://api:6443', certificate-authority: pki/ca.pem",
                                "client-certificate: pki/tls.crt, client-key: pki/tls.key"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->ca_pem, identity_.ca_pem);
  EXPECT_EQ(config->ca_file, folder_ + "/pki/ca.pem");
  EXPECT_EQ(config->credentials->Get()->client_key_pem, identity_.key_pem);
}

TEST_F(Kubeconfig, ATokenFileGoesBeforeAToken) {
  Write("token", "from-file");
  const auto config = Load(File(Cluster(), "token: inline, tokenFile: token"));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->credentials->Get()->bearer_token, "from-file");
}

TEST_F(Kubeconfig, ACertificateAndATokenAreBothPresented) {
  const auto config = Load(
      File(Cluster(), "token: abc, client-certificate-data: " + Data(identity_.certificate_pem) +
                          ", client-key-data: " + Data(identity_.key_pem)));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto credential = config->credentials->Get();
  EXPECT_EQ(credential->bearer_token, "abc");
  EXPECT_EQ(credential->client_certificate_pem, identity_.certificate_pem);
}

TEST_F(Kubeconfig, TheContextMayBeChosen) {
  std::string text = File(Cluster(), "token: abc");
  text += "---\n";
  text =
      "apiVersion: v1\nkind: Config\ncurrent-context: one\n"
      "clusters: [{name: c, cluster: {" +
      Cluster() +
      "}}]\n"
      "users: [{name: a, user: {token: ta}}, {name: b, user: {token: tb}}]\n"
      "contexts: [{name: one, context: {cluster: c, user: a}}, {name: two, context: {cluster: c, "
      "user: b}}]\n";
  EXPECT_EQ(Load(text)->credentials->Get()->bearer_token, "ta");
  EXPECT_EQ(Load(text, "two")->credentials->Get()->bearer_token, "tb");
  EXPECT_THAT(Refusal(text, "three"),
              HasSubstr("expected a context named three; contexts: one, two"));
}

TEST_F(Kubeconfig, FilesOfTheListAreMergedAndTheFirstWins) {
  const auto one = Write("one",
                         "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {token: "
                         "first}}]\ncurrent-context: dev\n");
  const auto two = Write("two", File(Cluster(), "token: second") + "");
  environment_.variables["KUBECONFIG"] = folder_ + "/missing:" + one + "::" + two;
  const auto config = LoadKubeconfig("", "", environment_, clock_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->credentials->Get()->bearer_token, "first");
  EXPECT_EQ(config->server, "https://api.example:6443");
}

TEST_F(Kubeconfig, TheFlagGoesBeforeTheVariableAndTheVariableBeforeTheHome) {
  const auto flag = Write("flag", File(Cluster(), "token: flag"));
  const auto variable = Write("variable", File(Cluster(), "token: variable"));
  Write("home/.kube/config", File(Cluster(), "token: home"));
  environment_.variables["HOME"] = folder_ + "/home";
  EXPECT_EQ(LoadKubeconfig("", "", environment_, clock_)->credentials->Get()->bearer_token, "home");
  environment_.variables["KUBECONFIG"] = variable;
  EXPECT_EQ(LoadKubeconfig("", "", environment_, clock_)->credentials->Get()->bearer_token,
            "variable");
  EXPECT_EQ(LoadKubeconfig(flag, "", environment_, clock_)->credentials->Get()->bearer_token,
            "flag");
}

TEST_F(Kubeconfig, AMissingFileIsAnErrorOnlyWhenItWasNamed) {
  const auto named = LoadKubeconfig(folder_ + "/missing", "", environment_, clock_);
  ASSERT_FALSE(named.has_value());
  EXPECT_THAT(named.error().message, HasSubstr("/missing"));
  environment_.variables["KUBECONFIG"] = folder_ + "/missing";
  const auto listed = LoadKubeconfig("", "", environment_, clock_);
  ASSERT_FALSE(listed.has_value());
  EXPECT_THAT(listed.error().message, HasSubstr("expected a kubeconfig: give --kubeconfig FILE"));
}

TEST_F(Kubeconfig, WhatCannotBeServedIsRefusedWithItsPlace) {
  EXPECT_THAT(Refusal(File(Cluster() + ", tls-server-name: x", "token: a")),
              HasSubstr("tls-server-name: is not supported"));
  EXPECT_THAT(Refusal(File(Cluster() + ", proxy-url: 'http://p'", "token: a")),
              HasSubstr("proxy-url: is not supported"));
  EXPECT_THAT(Refusal(File(Cluster() + ", insecure-skip-tls-verify: true", "token: a")),
              HasSubstr("insecure-skip-tls-verify: is not supported"));
  EXPECT_TRUE(Load(File(Cluster() + ", insecure-skip-tls-verify: false", "token: a")).has_value());
  EXPECT_THAT(Refusal(File("server: 'https://[::1]:6443'", "token: a")),
              HasSubstr("an IPv6 address is not supported"));
  EXPECT_THAT(Refusal(File("server: 'http://api:8080'", "")),
              HasSubstr("http is for loopback only"));
  EXPECT_THAT(Refusal(File("server: 'https://api:6443'", "token: a")),
              HasSubstr("certificate-authority-data"));
  EXPECT_THAT(Refusal(File(Cluster(), "username: a, password: b")),
              HasSubstr("username: basic authentication"));
  EXPECT_THAT(Refusal(File(Cluster(), "auth-provider: {name: gcp}")), HasSubstr("use exec"));
  EXPECT_THAT(Refusal(File(Cluster(), "as: admin, token: a")), HasSubstr("impersonation"));
  EXPECT_THAT(
      Refusal(
          File(Cluster(), "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: a}")),
      HasSubstr("client.authentication.k8s.io/v1beta1"));
  EXPECT_THAT(Refusal(File(Cluster(),
                           "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, "
                           "interactiveMode: Always}")),
              HasSubstr("never asks at a terminal"));
}

TEST_F(Kubeconfig, WhatIsWrongIsRefusedWithFileLineAndColumn) {
  EXPECT_THAT(Refusal("clusters: {}\n"), HasSubstr("/config:1:11: clusters: expected a list"));
  EXPECT_THAT(Refusal("kind: Config\nclusterz: []\n"),
              HasSubstr("/config:2:1: clusterz: unknown key"));
  EXPECT_THAT(Refusal(File(Cluster() + ", sever: x", "token: a")), HasSubstr("unknown key"));
  EXPECT_THAT(Refusal(File("server: 'https://api', certificate-authority-data: '%%%'", "token: a")),
              HasSubstr("expected base64"));
  EXPECT_THAT(Refusal(File("server: 'https://api', certificate-authority-data: " + Data("no pem"),
                           "token: a")),
              HasSubstr("expected certificates in PEM"));
  EXPECT_THAT(
      Refusal(File("server: 'https://api', certificate-authority: missing.pem", "token: a")),
      HasSubstr("missing.pem"));
  EXPECT_THAT(Refusal(File(Cluster(), "client-key-data: " + Data(identity_.key_pem))),
              HasSubstr("together"));
  EXPECT_THAT(Refusal(File(Cluster(), "token: 'a b'")),
              HasSubstr("token: expected printable characters"));
  EXPECT_THAT(Refusal("contexts: [{name: a, context: {}}, {name: a, context: {}}]\n"),
              HasSubstr("each name once"));
  EXPECT_THAT(Refusal("current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\n"),
              HasSubstr("expected one of the clusters none"));
  EXPECT_THAT(Refusal("contexts: [{name: x, context: {cluster: y}}]\n"),
              HasSubstr("expected current-context or --context; contexts: x"));
  EXPECT_THAT(Refusal("a: &x 1\n"), HasSubstr("anchor"));
  EXPECT_THAT(Refusal("kind: Pod\n"), HasSubstr("expected Config"));
}

TEST_F(Kubeconfig, AKeyOfAnotherCertificateIsRefused) {
  const auto other = testing::MakeTlsIdentity();
  EXPECT_THAT(
      Refusal(File(Cluster(), "client-certificate-data: " + Data(identity_.certificate_pem) +
                                  ", client-key-data: " + Data(other.key_pem))),
      HasSubstr("expected the private key of the client certificate"));
}

TEST_F(Kubeconfig, AnEmptyTextCountsAsAbsent) {
  const auto config = Load(File(Cluster() + ", proxy-url: '', tls-server-name: \"\"",
                                "token: abc, tokenFile: '', username: ''"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->credentials->Get()->bearer_token, "abc");
}

TEST_F(Kubeconfig, OnlyTheChosenContextIsJudged) {
  const auto config =
      Load("current-context: good\nclusters: [{name: c, cluster: {" + Cluster() +
           "}}, {name: odd, cluster: {server: 'https://x', proxy-url: 'http://p'}}]\n"
           "users: [{name: u, user: {token: a}}]\n"
           "contexts: [{name: good, context: {cluster: c, user: u}}, {name: bad, context: "
           "{cluster: odd}}]\n");
  EXPECT_TRUE(config.has_value()) << config.error().message;
}

TEST_F(Kubeconfig, AWrongServerIsNamed) {
  for (const char* server :
       {"'https://'", "'ftp://a'", "'https://a:99999'", "'https://a:b'", "'https://a b'",
        "'https://u@a'", "'https://a/?x'", "'https://a:'", "api:6443"}) {
    EXPECT_THAT(Refusal(File(std::string("server: ") + server, "token: a")),
                HasSubstr("clusters[0].cluster.server: expected https"))
        << server;
  }
}

TEST_F(Kubeconfig, AnExecPlugInWithAPathIsRelativeToTheKubeconfig) {
  const auto script =
      Write("bin/plugin",
            "#!/bin/sh\necho "
            "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
            "\"status\":{\"token\":\"'$1$WHO'\"}}'\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const auto config =
      Load(File(Cluster(),
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./bin/plugin, "
                "args: [hello-], env: [{name: WHO, value: me}]}"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->credentials->Get()->bearer_token, "hello-me");
}

TEST_F(InCluster, TheServiceAccountIsUsed) {
  Write("serviceaccount/ca.crt", identity_.ca_pem);
  Write("serviceaccount/token", "sa-token");
  Write("serviceaccount/namespace", "plimsoll\n");
  environment_.variables = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                            {"KUBERNETES_SERVICE_PORT", "443"}};
  const auto config = LoadForProgram("", "", environment_, clock_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->server, "https://10.96.0.1:443");
  EXPECT_EQ(config->namespace_name, "plimsoll");
  EXPECT_EQ(config->credentials->Get()->bearer_token, "sa-token");
  EXPECT_EQ(OwnNamespace("", environment_), "plimsoll");
  EXPECT_EQ(OwnNamespace("other", environment_), "other");
}

TEST_F(InCluster, APersonInAPodUsesItsServiceAccount) {
  Write("serviceaccount/ca.crt", identity_.ca_pem);
  Write("serviceaccount/token", "sa-token");
  EXPECT_EQ(LoadForPerson("", "", environment_, clock_).error().code, kNotFound);
  environment_.variables = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                            {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_EQ(LoadForPerson("", "", environment_, clock_)->origin, "in-cluster");
  EXPECT_FALSE(LoadForPerson(folder_ + "/missing", "", environment_, clock_).has_value());
  environment_.variables["KUBECONFIG"] = Write("config", File(Cluster(), "token: mine"));
  EXPECT_EQ(LoadForPerson("", "", environment_, clock_)->credentials->Get()->bearer_token, "mine");
}

TEST_F(InCluster, AnIpv6AddressIsReachedByName) {
  Write("serviceaccount/ca.crt", identity_.ca_pem);
  Write("serviceaccount/token", "sa-token");
  environment_.variables = {{"KUBERNETES_SERVICE_HOST", "fd00:10:96::1"},
                            {"KUBERNETES_SERVICE_PORT", "443"}};
  const auto config = LoadInCluster(environment_, clock_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->server, "https://kubernetes.default.svc:443");
}

TEST_F(InCluster, OutsideAClusterTheMessageSaysWhatToGive) {
  const auto config = LoadForProgram("", "", environment_, clock_);
  ASSERT_FALSE(config.has_value());
  EXPECT_THAT(config.error().message, HasSubstr("outside a cluster give --kubeconfig FILE"));
  EXPECT_EQ(OwnNamespace("", environment_), "plimsoll-system");
  EXPECT_FALSE(LoadForProgram("", "dev", environment_, clock_).has_value())
      << "a context needs its file";
}

}  // namespace
}  // namespace plimsoll::kube
