#include "kube/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "kube/api_error.h"
#include "support/fake_kube/fake_kube.h"
#include "support/fault_server/tls_identity.h"

namespace plimsoll::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string folder = ::testing::TempDir() + "plimsoll-credentials-XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text,
                    bool executable = false) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    if (executable) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(folder_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  testing::FakeClock clock_;
  std::string folder_;
};

using TokenFile = Files;
using CertificateFiles = Files;
using Exec = Files;

TEST_F(TokenFile, AReplacedTokenIsSeenWithinAMinute) {
  const auto path = Write("token", "one\n");
  const auto source = TokenFileCredential(path, clock_);
  EXPECT_EQ(source->Get()->bearer_token, "one");
  Write("token", "two");
  EXPECT_EQ(source->Get()->bearer_token, "one");
  clock_.Advance(std::chrono::seconds(50));
  EXPECT_EQ(source->Get()->bearer_token, "two");
}

TEST_F(TokenFile, ARefusedTokenIsReadAgainAtOnce) {
  const auto path = Write("token", "one");
  const auto source = TokenFileCredential(path, clock_);
  EXPECT_EQ(source->Get()->bearer_token, "one");
  Write("token", "two");
  source->Rejected();
  EXPECT_EQ(source->Get()->bearer_token, "two");
}

TEST_F(TokenFile, AVanishedFileLeavesTheLastTokenInUse) {
  const auto path = Write("token", "one");
  const auto source = TokenFileCredential(path, clock_);
  EXPECT_TRUE(source->Get().has_value());
  std::filesystem::remove(path);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(source->Get()->bearer_token, "one");
  Write("token", "");
  EXPECT_EQ(source->Get()->bearer_token, "one");
}

TEST_F(TokenFile, AMissingEmptyOrStrangeTokenIsAnErrorThatDoesNotShowIt) {
  EXPECT_EQ(TokenFileCredential(folder_ + "/nothing", clock_)->Get().error().code, kUnauthorized);
  EXPECT_FALSE(TokenFileCredential(Write("empty", " \n"), clock_)->Get().has_value());
  const auto answer =
      TokenFileCredential(Write("strange", "s3cret\r\nX-Injected: 1"), clock_)->Get();
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, Not(HasSubstr("s3cret")));
}

TEST_F(CertificateFiles, AHalfReplacedPairIsNotTaken) {
  const auto one = testing::MakeTlsIdentity();
  const auto two = testing::MakeTlsIdentity();
  const auto certificate = Write("tls.crt", one.certificate_pem);
  const auto key = Write("tls.key", one.key_pem);
  const auto source = CertificateFileCredential(certificate, key, clock_);
  EXPECT_EQ(source->Get()->client_key_pem, one.key_pem);
  Write("tls.crt", two.certificate_pem);
  clock_.Advance(std::chrono::minutes(6));
  EXPECT_EQ(source->Get()->client_certificate_pem, one.certificate_pem);
  Write("tls.key", two.key_pem);
  EXPECT_EQ(source->Get()->client_certificate_pem, two.certificate_pem);
}

class Plugin {
 public:
  explicit Plugin(std::string command) {
    plugin.command = std::move(command);
    plugin.api_version = "client.authentication.k8s.io/v1";
  }
  ExecPlugin plugin;
};

std::string Script(const std::string& status,
                   const std::string& version = "client.authentication.k8s.io/v1") {
  return "#!/bin/sh\necho run >> \"$(dirname \"$0\")/runs\"\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" "
         "> \"$(dirname "
         "\"$0\")/info\"\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" +
         version + "\",\"status\":" + status + "}'\n";
}

TEST_F(Exec, ATokenIsKeptUntilItExpires) {
  const auto command = Write("plugin",
                             Script("{\"token\":\"t1\",\"expirationTimestamp\":\"" +
                                    FormatTime(clock_.Now() + std::chrono::minutes(5)) + "\"}"),
                             true);
  const auto source = ExecCredential(Plugin(command).plugin, clock_);
  EXPECT_EQ(source->Get()->bearer_token, "t1");
  EXPECT_EQ(source->Get()->bearer_token, "t1");
  EXPECT_EQ(Read("runs"), "run\n");
  clock_.Advance(std::chrono::minutes(5) - std::chrono::seconds(9));
  EXPECT_TRUE(source->Get().has_value());
  EXPECT_EQ(Read("runs"), "run\nrun\n");
}

TEST_F(Exec, ARefusedCredentialIsAskedForAgain) {
  const auto command = Write("plugin", Script(R"({"token":"t1"})"), true);
  const auto source = ExecCredential(Plugin(command).plugin, clock_);
  EXPECT_TRUE(source->Get().has_value());
  source->Rejected();
  EXPECT_TRUE(source->Get().has_value());
  EXPECT_EQ(Read("runs"), "run\nrun\n");
}

TEST_F(Exec, ThePlugInIsToldWhatItMayKnow) {
  Plugin plugin(Write("plugin", Script(R"({"token":"t1"})"), true));
  EXPECT_TRUE(ExecCredential(plugin.plugin, clock_)->Get().has_value());
  EXPECT_EQ(
      Read("info"),
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}})");
  plugin.plugin.provide_cluster_info = true;
  plugin.plugin.cluster_server = "https://api:6443";
  plugin.plugin.cluster_ca_pem = "pem";
  EXPECT_TRUE(ExecCredential(plugin.plugin, clock_)->Get().has_value());
  EXPECT_THAT(
      Read("info"),
      HasSubstr(R"("cluster":{"server":"https://api:6443","certificate-authority-data":"cGVt"})"));
}

TEST_F(Exec, ACertificateIsTakenWithItsKeyOnly) {
  const auto identity = testing::MakeTlsIdentity();
  const auto quote = [](std::string pem) {
    for (std::size_t at = 0; (at = pem.find('\n', at)) != std::string::npos; at += 2)
      pem.replace(at, 1, "\\n");
    return "\"" + pem + "\"";
  };
  const auto good = Write("good",
                          Script("{\"clientCertificateData\":" + quote(identity.certificate_pem) +
                                 ",\"clientKeyData\":" + quote(identity.key_pem) + "}"),
                          true);
  // echo of some shells would turn \n into line ends, which JSON refuses: printf-free scripts keep them.
  Write("good", "#!/bin/sh\ncat \"$(dirname \"$0\")/answer\"\n", true);
  Write(
      "answer",
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":)" +
          quote(identity.certificate_pem) + ",\"clientKeyData\":" + quote(identity.key_pem) + "}}");
  const auto credential = ExecCredential(Plugin(good).plugin, clock_)->Get();
  ASSERT_TRUE(credential.has_value()) << credential.error().message;
  EXPECT_EQ(credential->client_key_pem, identity.key_pem);
  Write(
      "answer",
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":)" +
          quote(identity.key_pem) + "}}");
  EXPECT_FALSE(ExecCredential(Plugin(good).plugin, clock_)->Get().has_value());
}

TEST_F(Exec, WhatGoesWrongIsSaidWithoutTheAnswer) {
  const auto wrong = [&](const std::string& text) {
    const auto answer = ExecCredential(Plugin(Write("plugin", text, true)).plugin, clock_)->Get();
    EXPECT_FALSE(answer.has_value()) << text;
    if (answer) return std::string();
    EXPECT_EQ(answer.error().code, kUnauthorized);
    EXPECT_THAT(answer.error().message, Not(HasSubstr("s3cret")));
    return answer.error().message;
  };
  EXPECT_THAT(wrong(Script(R"({"token":"s3cret"})", "client.authentication.k8s.io/v1beta1")),
              HasSubstr("expected apiVersion"));
  EXPECT_THAT(wrong("#!/bin/sh\necho 'log in first' >&2\nexit 3\n"),
              HasSubstr("found 3: log in first"));
  EXPECT_THAT(wrong("#!/bin/sh\necho s3cret\n"), HasSubstr("expected an ExecCredential"));
  EXPECT_THAT(wrong(Script("{}")), HasSubstr("found neither"));
  EXPECT_THAT(wrong(Script(R"({"token":"s3cret","expirationTimestamp":"soon"})")),
              HasSubstr("plug-in"));
}

TEST_F(Exec, AMissingPlugInIsExplainedByItsHint) {
  Plugin plugin("plimsoll-no-such-plugin");
  plugin.plugin.install_hint = "install it from example.com";
  const auto answer = ExecCredential(plugin.plugin, clock_)->Get();
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, HasSubstr("install it from example.com"));
}

TEST_F(Exec, ASlowPlugInIsEnded) {
  Plugin plugin(Write("plugin", "#!/bin/sh\nexec sleep 600\n", true));
  plugin.plugin.timeout = std::chrono::milliseconds(100);
  EXPECT_FALSE(ExecCredential(plugin.plugin, clock_)->Get().has_value());
}

}  // namespace
}  // namespace plimsoll::kube
