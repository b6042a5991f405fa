// The program from its words to its exit code, as far as no cluster is needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/command.h"

namespace plimsoll::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome Say(std::vector<std::string> words, const std::string& program = "plimsoll") {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Outcome outcome;
  outcome.code = RunProgram({.program = program,
                             .command = {},
                             .arguments = std::move(words),
                             .environment = {{"HOME", "/nonexistent"}},
                             .in = in,
                             .out = out,
                             .err = err});
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

constexpr char kFingerprint[] = "s-5c5d663e2d480544ae66aa8b1a77125c";

TEST(Program, HelpGoesToStdoutAndMisuseToStderr) {
  EXPECT_EQ(Say({"--help"}).code, kHolds);
  EXPECT_THAT(Say({"--help"}).out, HasSubstr("explain"));
  EXPECT_EQ(Say({"help", "auth", "check"}).code, kHolds);
  EXPECT_THAT(Say({"help", "auth", "check"}).out, HasSubstr("plimsoll auth check IMAGE"));
  EXPECT_EQ(Say({}).code, kUsage);
  EXPECT_THAT(Say({}).out, IsEmpty());
  EXPECT_EQ(Say({"nonsense"}).code, kUsage);
  EXPECT_THAT(Say({"nonsense"}).err, HasSubstr("nonsense is no command"));
}

TEST(Program, AsAPlugInItSpeaksOfItselfAsOne) {
  EXPECT_THAT(Say({"explain", "--help"}, "kubectl plimsoll").out,
              AllOf(HasSubstr("kubectl plimsoll explain REPOSITORY"),
                    Not(HasSubstr("  plimsoll explain"))));
  EXPECT_THAT(Say({"explain"}, "kubectl plimsoll").err,
              HasSubstr("`kubectl plimsoll explain --help`"));
}

TEST(Program, EveryCommandRefusesAnUnknownFlag) {
  for (const Command& command : Commands()) {
    std::vector<std::string> words;
    std::istringstream name(command.name);
    for (std::string word; name >> word;) words.push_back(word);
    words.push_back("--nonsense");
    EXPECT_EQ(Say(words).code, kUsage) << command.name;
    EXPECT_THAT(Say(words).err, HasSubstr("--nonsense")) << command.name;
  }
}

TEST(Program, WithoutAKubeconfigItIsAMatterOfConfiguration) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"explain", "ghcr.io/acme/web"},
           {"history", "ghcr.io/acme/web"},
           {"export"},
           {"preview"},
           {"accept", "ghcr.io/acme/web", "SignerChanged", kFingerprint, "--reason", "x"}}) {
    EXPECT_EQ(Say(words).code, kUsage) << words[0];
    EXPECT_THAT(Say(words).err, HasSubstr("kubeconfig")) << words[0];
  }
}

TEST(Accept, ForACommitNoClusterIsNeeded) {
  const Outcome printed = Say({"accept", "ghcr.io/acme/web", "SignerChanged", kFingerprint,
                               "--reason", "SEC-1", "--expires", "2099-12-15", "-o", "yaml"});
  EXPECT_EQ(printed.code, kHolds);
  EXPECT_EQ(printed.out,
            "apiVersion: plimsoll.dev/v1alpha1\n"
            "kind: SigningPolicy\n"
            "metadata:\n"
            "  name: accept-s-5c5d663e2d480544\n"
            "spec:\n"
            "  acceptedDrift:\n"
            "  - expirationTime: \"2099-12-15T00:00:00Z\"\n"
            "    fingerprint: s-5c5d663e2d480544ae66aa8b1a77125c\n"
            "    kind: SignerChanged\n"
            "    reason: SEC-1\n"
            "    repository: ghcr.io/acme/web\n"
            "  repositories:\n"
            "  - ghcr.io/acme/web\n");
  EXPECT_THAT(printed.err, HasSubstr("acceptedBy is left out"));
}

TEST(Accept, UsageIsToldFromRefusal) {
  const auto accept = [](const char* kind, const char* fingerprint, std::vector<std::string> more) {
    std::vector<std::string> words = {"accept", "ghcr.io/acme/web", kind, fingerprint};
    words.insert(words.end(), more.begin(), more.end());
    return Say(words).code;
  };
  EXPECT_EQ(Say({"accept", "ghcr.io/acme/web", "SignerChanged"}).code, kUsage);
  EXPECT_EQ(
      Say({"accept", "Not A Repository", "SignerChanged", kFingerprint, "--reason", "x"}).code,
      kUsage);
  EXPECT_EQ(accept("NoSuchKind", kFingerprint, {"--reason", "x"}), kUsage);
  EXPECT_EQ(accept("SignerChanged", "s-xyz", {"--reason", "x"}), kUsage);
  EXPECT_EQ(accept("SignerChanged", kFingerprint, {}), kUsage);
  EXPECT_EQ(accept("SignerChanged", kFingerprint, {"--reason", "x", "--expires", "soon"}), kUsage);
  // Well said, and not allowed.
  EXPECT_EQ(accept("SignatureMissing", kFingerprint, {"--reason", "x"}), kDoesNotHold);
  EXPECT_EQ(accept("SignerChanged", kFingerprint, {"--reason", "x", "--expires", "2020-01-01"}),
            kDoesNotHold);
}

TEST(Replay, AFileOrARepositoryButNotBoth) {
  EXPECT_EQ(Say({"replay"}).code, kUsage);
  EXPECT_EQ(Say({"replay", "ghcr.io/acme/web", "--from", "x"}).code, kUsage);
  EXPECT_EQ(Say({"replay", "--from", "/nonexistent"}).code, kUsage);
}

TEST(Preview, OneKindOfSubjectAtATime) {
  EXPECT_EQ(Say({"preview", "-n", "shop", "-A"}).code, kUsage);
  EXPECT_EQ(Say({"preview", "-n", "shop", "-f", "x.yaml"}).code, kUsage);
  EXPECT_EQ(Say({"preview", "shop"}).code, kUsage);
}

TEST(Completion, EachShellHasAScript) {
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(Say({"completion", shell}).out, HasSubstr("__complete")) << shell;
  EXPECT_EQ(Say({"completion", "tcsh"}).code, kUsage);
  EXPECT_EQ(Say({"__complete", "comp"}).out,
            "completion\tprint a completion script for bash, zsh or fish\n:4\n");
}

}  // namespace
}  // namespace plimsoll::cli
