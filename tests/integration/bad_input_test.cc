// Bad input from people: refused at the start, exit 2, with what was expected and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/testbed/program.h"

namespace plimsoll::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class BadInputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "plimsoll-bad-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // What the program says; it must end with 2.
  static std::string Refusal(const std::string& program,
                             const std::vector<std::string>& arguments) {
    Program running(program, arguments);
    EXPECT_EQ(running.WaitForExit(), 2);
    return running.output();
  }

  std::string folder_;
};

TEST_F(BadInputTest, AnUnknownConfigurationKeyIsNamedWithFileLineAndColumn) {
  const std::string config =
      File("plimsoll.yaml", "durations:\n  reverifyAfter: 6h\n  establishafter: 24h\n");
  for (const char* program : {"plimsoll-controller", "plimsoll-webhook"}) {
    std::vector<std::string> arguments = {"--config", config};
    if (std::string(program) == "plimsoll-webhook") {
      arguments.insert(arguments.end(), {"--tls-cert-file", "a", "--tls-private-key-file", "b"});
    }
    EXPECT_THAT(Refusal(program, arguments),
                AllOf(HasSubstr(config + ":3:3"), HasSubstr("establishafter")))
        << program;
  }
  EXPECT_THAT(Refusal("plimsoll", {"inspect", "--config", config, "docker.io/library/debian:12"}),
              HasSubstr(config + ":3:3"));
}

TEST_F(BadInputTest, AWrongFlagIsNamed) {
  for (const char* program : {"plimsoll-controller", "plimsoll-webhook"}) {
    EXPECT_THAT(Refusal(program, {"--leader-elekt"}), HasSubstr("--leader-elekt")) << program;
  }
  EXPECT_THAT(Refusal("plimsoll", {"inspect", "--trusted-rot", "x", "debian"}),
              HasSubstr("--trusted-rot"));
  EXPECT_THAT(Refusal("plimsoll", {"inspekt"}), HasSubstr("inspekt"));
}

TEST_F(BadInputTest, AnUnreadableKubeconfigIsNamed) {
  const std::string missing = folder_ + "/none";
  EXPECT_THAT(Refusal("plimsoll-controller", {"--kubeconfig", missing}), HasSubstr(missing));
  const std::string broken = File("kubeconfig", "apiVersion: v1\nkind: Config\nclusters: [\n");
  EXPECT_THAT(Refusal("plimsoll-controller", {"--kubeconfig", broken}), HasSubstr(broken + ":"));
}

TEST_F(BadInputTest, ATrustRootThatIsNoneIsNamedWithItsKey) {
  const std::string root = File("root.json", "{\"mediaType\": \"something else\"}");
  const std::string config = File("plimsoll.yaml", "trustedRootFile: " + root + "\n");
  EXPECT_THAT(Refusal("plimsoll", {"inspect", "--config", config, "debian"}),
              AllOf(HasSubstr("trustedRootFile"), HasSubstr(root)));
}

TEST_F(BadInputTest, AnImageThatDoesNotParseIsNamed) {
  EXPECT_THAT(Refusal("plimsoll", {"inspect", "ghcr.io/Acme/Web:v1"}), HasSubstr("Acme"));
  EXPECT_THAT(Refusal("plimsoll", {"inspect"}), HasSubstr("expected at least one image"));
}

TEST_F(BadInputTest, EveryProgramSaysItsVersionAndItsFlags) {
  for (const char* name : {"plimsoll-controller", "plimsoll-webhook", "plimsoll"}) {
    Program version(name, {"--version"});
    EXPECT_EQ(version.WaitForExit(), 0);
    EXPECT_THAT(version.output(), HasSubstr(std::string(name) + " 0."));
    Program help(name, {"--help"});
    EXPECT_EQ(help.WaitForExit(), 0);
    EXPECT_THAT(help.output(), HasSubstr("Usage"));
  }
}

}  // namespace
}  // namespace plimsoll::testing
