#include "cluster/cluster_test.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "api/names.h"

namespace plimsoll::testing {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string ConfigFor(const Testbed& bed, const std::vector<std::string>& registries) {
  std::string text =
      "durations: {reverifyAfter: 3s, establishAfter: 5s, confirmAfter: 1s, driftRecheckAfter: 2s, "
      "signingGrace: 1s,\n"
      "  observedFalseAfter: 2s, negativeCacheFor: 1s}\n"
      "trustedRootFile: " +
      bed.trusted_root() + "\nregistries:\n";
  for (const std::string& host : registries) {
    text += "- {host: \"" + host +
            "\", plainHTTP: true, allowAddress: [127.0.0.0/8], requestsPerSecond: 200}\n";
  }
  return text;
}

}  // namespace

void ClusterTest::SetUp() {
  TestbedTest::SetUp();
  if (HasFatalFailure()) return;
  std::string pattern =
      (std::filesystem::temp_directory_path() / "plimsoll-cluster-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  config_file_ = folder_ + "/plimsoll.yaml";
  kubeconfig_ = folder_ + "/controller.kubeconfig";
  const std::string source = PLIMSOLL_SOURCE_DIR;
  Kubectl({"apply", "-f", source + "/crds", "-f", source + "/tests/testbed/controller.yaml"});
  Kubectl({"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"});
  Write(config_file_, ConfigFor(bed(), Registries()));
  Write(kubeconfig_, Run({"kubeconfig", "system:serviceaccount:plimsoll-system:plimsoll-controller",
                          "system:serviceaccounts"}));
}

void ClusterTest::TearDown() {
  if (!folder_.empty()) {
    Kubectl({"delete", "signingpolicies,signingbaselines", "--all", "--wait=false"});
    std::filesystem::remove_all(folder_);
  }
  TestbedTest::TearDown();
}

std::unique_ptr<Program> ClusterTest::StartController(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"--config",          config_file_,  "--kubeconfig",
                                        kubeconfig_,         "--namespace", "plimsoll-system",
                                        "--metrics-address", "127.0.0.1:0", "--health-address",
                                        "127.0.0.1:0",       "--log-level", "debug"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto program = std::make_unique<Program>("plimsoll-controller", arguments);
  program->WaitForLine("\"msg\":\"started\"");
  return program;
}

std::vector<std::string> ClusterTest::Registries() const {
  return {bed().registry(), bed().referrers_registry(), "127.0.0.1:1"};
}

std::string ClusterTest::Kubectl(std::vector<std::string> words, const std::string& input) const {
  words.insert(words.begin(), "kubectl");
  return Run(words, input);
}

void ClusterTest::WaitForBaseline(const std::string& repository) const {
  Kubectl({"wait", "--for=create", "signingbaseline/" + api::BaselineName(repository),
           "--timeout=60s"});
}

void ClusterTest::WaitForStatus(const std::string& repository, const std::string& field,
                                const std::string& value) const {
  WaitForBaseline(repository);
  Kubectl({"wait", "--for=jsonpath={.status." + field + "}=" + value,
           "signingbaseline/" + api::BaselineName(repository), "--timeout=110s"});
}

json::Document ClusterTest::Baseline(const std::string& repository) const {
  const std::string text =
      Kubectl({"get", "signingbaseline", api::BaselineName(repository), "-o", "json"});
  auto document = json::Document::Parse(text);
  EXPECT_TRUE(document) << text;
  return document ? std::move(*document) : *json::Document::Parse("{}");
}

std::string ClusterTest::Status(const std::string& repository, const std::string& field) const {
  const json::Document document = Baseline(repository);
  return std::string(document.root()["status"][field].StringOrEmpty());
}

}  // namespace plimsoll::testing
