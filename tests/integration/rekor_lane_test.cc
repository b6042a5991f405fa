// The log lane of the controller on a real Rekor v1, with real signatures and a real control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "api/names.h"
#include "cluster/cluster_test.h"

namespace plimsoll::testing {
namespace {

using ::testing::HasSubstr;

class RekorLaneTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    UseConfig(bed().rekor());
  }

  // One second is what the shortest history can be.
  void UseConfig(const std::string& log) {
    std::string text =
        "durations: {reverifyAfter: 3s, establishAfter: 1s, confirmAfter: 1s, driftRecheckAfter: "
        "2s, signingGrace: 1s,\n"
        "  observedFalseAfter: 2s, negativeCacheFor: 1s, contradictAfter: 1s}\n"
        "limits: {requestsPerSecond: 200, requestBurst: 200}\n"
        "trustedRootFile: " +
        bed().trusted_root() + "\n";
    if (!log.empty()) text += "rekor: {url: \"" + log + "\"}\n";
    text += "registries:\n";
    for (const std::string& host : {bed().registry(), bed().referrers_registry()}) {
      text += "- {host: \"" + host +
              "\", plainHTTP: true, allowAddress: [127.0.0.0/8], requestsPerSecond: 200}\n";
    }
    std::ofstream(config_file()) << text;
  }

  static std::string DigestOf(const std::string& image) {
    return image.substr(image.find('@') + 1);
  }
  static std::string SignatureTag(const std::string& image) {
    return image.substr(0, image.find('@')) + ":sha256-" + DigestOf(image).substr(7) + ".sig";
  }
  // `flags` are cosign's own.
  void SignByWorkflow(const std::string& image, const std::vector<std::string>& how = {},
                      const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words{"sign"};
    words.insert(words.end(), how.begin(), how.end());
    words.insert(words.end(), {image, "repository=acme/web", "ref=refs/tags/v1", "--"});
    words.insert(words.end(), flags.begin(), flags.end());
    Run(words);
  }
  // Three releases, each logged; of all but the last, :current, only the log knows. Returns how many there are.
  int PushHistory(const std::string& repository, const std::vector<std::string>& flags = {}) {
    for (const char* tag : {":r1", ":r2"}) {
      const std::string image = Push(repository + tag);
      SignByWorkflow(image, {}, flags);
      Run({"delete", SignatureTag(image)});
      LetLogTimePass(repository + "-elsewhere");
    }
    SignByWorkflow(Push(repository + ":current"), {}, flags);
    return 3;
  }
  // The log counts in whole seconds, and a history has to be longer than the shortest that counts, which is one.
  void LetLogTimePass(const std::string& elsewhere) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; std::chrono::steady_clock::now() - began < std::chrono::seconds(2); ++i)
      SignByWorkflow(Push(elsewhere + ":v" + std::to_string(i)));
  }
  void WaitForCondition(const std::string& repository, const std::string& type,
                        const std::string& reason) const {
    WaitForBaseline(repository);
    Kubectl({"wait",
             "--for=jsonpath={.status.conditions[?(@.type==\"" + type + "\")].reason}=" + reason,
             "signingbaseline/" + api::BaselineName(repository), "--timeout=110s"});
  }
  std::string Jsonpath(const std::string& repository, const std::string& path) const {
    return Kubectl(
        {"get", "signingbaseline", api::BaselineName(repository), "-o", "jsonpath={" + path + "}"});
  }
};

TEST_F(RekorLaneTest, ABaselineInheritsItsHistoryFromTheLogAndIsEstablishedAtOnce) {
  const std::string web = Repository("web");
  const int releases = PushHistory(web);
  RunPod("web", web + ":current");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  EXPECT_EQ(Status(web, "basis"), "LogHistory");
  EXPECT_EQ(Status(web, "strength"), "LogCorroborated");
  EXPECT_EQ(Jsonpath(web, ".status.log.lookup"), "Complete");
  EXPECT_EQ(Jsonpath(web, ".status.log.entries"), std::to_string(releases));
  EXPECT_NE(Jsonpath(web, ".status.log.earliestTime"), Jsonpath(web, ".status.log.latestTime"));
  EXPECT_THAT(Jsonpath(web, ".status.log.origin"), HasSubstr("rekor.plimsoll.test"));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, AHistoryOfAnnotatedSignaturesIsFoundByTheOneThatIsServed) {
  const std::string web = Repository("web");
  const int releases = PushHistory(web, {"-a", "team=harbour", "-a", "creator=<us>"});
  RunPod("web", web + ":current");
  const auto controller = StartController();
  WaitForStatus(web, "basis", "LogHistory");
  EXPECT_EQ(Jsonpath(web, ".status.log.entries"), std::to_string(releases));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, TheSameRepositoryWithTheLaneOffHasOnlyWhatItsRegistryServes) {
  UseConfig("");
  const std::string web = Repository("web");
  PushHistory(web);
  RunPod("web", web + ":current");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  EXPECT_EQ(Status(web, "basis"), "Observation");
  EXPECT_EQ(Jsonpath(web, ".status.log.lookup"), "Disabled");
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, ADeletedSignatureIsAProvenDivergenceWithTheCoordinatesOfItsEntry) {
  const std::string web = Repository("web");
  const std::string image = Push(web + ":v1");
  SignByWorkflow(image);
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  const std::string index = Jsonpath(web, ".status.images[0].log.index");
  EXPECT_NE(index, "");

  Run({"delete", SignatureTag(image)});
  WaitForStatus(web, "driftSummary", "SignatureStripped");
  WaitForStatus(web, "severity", "Critical");
  EXPECT_EQ(Jsonpath(web, ".status.drift[0].proof.index"), index);
  EXPECT_THAT(controller->WaitForLine("\"event\":\"SignatureStripped\""),
              HasSubstr("index " + index));
  EXPECT_THAT(Jsonpath(web, ".status.drift[0].observed"), HasSubstr("index " + index));

  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, AnotherSignerPushedOverItIsASubstitution) {
  const std::string web = Repository("web");
  const std::string image = Push(web + ":v1");
  SignByWorkflow(image);
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  Run({"delete", SignatureTag(image)});
  Sign({"--key", "--other"}, image);
  WaitForStatus(web, "driftSummary", "SignerSubstituted");
  EXPECT_NE(Jsonpath(web, ".status.drift[0].proof.index"), "");
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, AnImageSignedWithoutTheLogInACorroboratedRepositoryIsToldSo) {
  const std::string web = Repository("web");
  PushHistory(web);
  RunPod("web", web + ":current");
  const auto controller = StartController();
  WaitForStatus(web, "strength", "LogCorroborated");
  const std::string image = Push(web + ":v4");
  SignByWorkflow(image, {"--log", "none"});
  RunPod("next", web + ":v4");
  WaitForStatus(web, "driftSummary", "SignatureNotLogged");
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, APromiseThatTheLogDoesNotKeepIsSaidWithItsIndex) {
  const std::string web = Repository("web");
  SignByWorkflow(Push(web + ":v1"));
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  const std::string image = Push(web + ":v2");
  SignByWorkflow(image);
  // Somebody else's entry: the log's first one.
  Run({"promise", image, "0"});
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "LogEntryMissing");
  WaitForStatus(web, "severity", "Critical");
  EXPECT_EQ(Jsonpath(web, ".status.drift[0].proof.index"), "0");
  EXPECT_THAT(controller->WaitForLine("\"event\":\"LogEntryMissing\""), HasSubstr("index 0"));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, AForeignStatementAboutOurDigestIsIgnored) {
  const std::string web = Repository("web");
  const std::string image = Push(web + ":v1");
  SignByWorkflow(image);
  const std::string plain = Push(web + ":v2");
  // Logged, and not stored: anybody may do that about any image.
  Run({"sign", "--email", "mallory@example.test", plain, "--", "--upload=false"});
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  RunPod("plain", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignatureMissing");
  EXPECT_EQ(Jsonpath(web, ".status.drift[0].proof"), "");
  EXPECT_THAT(Jsonpath(web, ".status.signers[*].identity"), ::testing::Not(HasSubstr("mallory")));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(RekorLaneTest, ADeletedBundleIsProvenAgainFromTheTilesOfRekor2) {
  UseConfig(bed().Get("PLIMSOLL_TB_REKOR2_TILES"));
  const std::string web = Repository("web", bed().referrers_registry());
  const std::string image = Push(web + ":v1");
  SignByWorkflow(image, {"--bundle", "--log", "rekor2"});
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  EXPECT_EQ(Jsonpath(web, ".status.log.origin"), "rekor2.plimsoll.test");
  Run({"delete", web + "@" + Run({"referrers", image})});
  WaitForStatus(web, "driftSummary", "SignatureStripped");
  EXPECT_EQ(Jsonpath(web, ".status.drift[0].proof.origin"), "rekor2.plimsoll.test");
  EXPECT_EQ(controller->Terminate(), 0);
}

// What an earlier leader found and kept counts for this one, until a person has looked.
TEST_F(RekorLaneTest, AnInconsistentLogIsBelievedInNothingUntilAPersonTrustsItAgain) {
  const std::string web = Repository("web");
  SignByWorkflow(Push(web + ":v1"));
  RunPod("web", web + ":v1");
  Kubectl(
      {"patch", "configmap", "plimsoll-state", "-n", "plimsoll-system", "--type=merge", "-p",
       R"({"data":{"logs.json":"{\"logs\":[{\"origin\":\"rekor.plimsoll.test - 1\",)"
       R"(\"disagreeing\":[\"one\",\"other\"],\"disagreedTime\":\"2026-01-01T00:00:00Z\"}]}"}})"});
  const auto controller = StartController();
  WaitForCondition(web, "LogCorroborated", "LogInconsistent");

  Program wrong("plimsoll", {"log", "trust", "rekor.example - 2", "--reason", "a guess",
                             "--kubeconfig", bed().kubeconfig()});
  EXPECT_EQ(wrong.WaitForExit(), 1);
  EXPECT_THAT(wrong.output(), HasSubstr("rekor.plimsoll.test - 1"));
  Program trust("plimsoll", {"log", "trust", "rekor.plimsoll.test - 1", "--reason",
                             "restored from a backup", "--kubeconfig", bed().kubeconfig()});
  EXPECT_EQ(trust.WaitForExit(), 0);
  EXPECT_THAT(trust.output(), HasSubstr("trusted again"));
  // The controller reads it once a minute.
  controller->WaitForLine("the transparency log is trusted again", std::chrono::minutes(2));
  WaitForCondition(web, "LogCorroborated", "HistoryTooShort");
  EXPECT_THAT(Kubectl({"get", "configmap", "plimsoll-state", "-n", "plimsoll-system", "-o",
                       "jsonpath={.data.logs\\.json}"}),
              HasSubstr("restored from a backup"));
  EXPECT_EQ(controller->Terminate(), 0);
  Kubectl({"patch", "configmap", "plimsoll-state", "-n", "plimsoll-system", "--type=merge", "-p",
           R"({"data":null})"});
}

// The log is everybody's: all that use it hold one lock.
using RekorOutageTest = RekorLaneTest;

TEST_F(RekorOutageTest, ALogThatIsDownIsToldAndRecoversAndNothingIsTakenForClean) {
  const std::string web = Repository("web");
  const std::string image = Push(web + ":v1");
  SignByWorkflow(image);
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  Run({"delete", SignatureTag(image)});
  WaitForStatus(web, "driftSummary", "SignatureStripped");
  Run({"stop", "rekor"});
  WaitForCondition(web, "LogCorroborated", "LogUnreachable");
  EXPECT_EQ(Status(web, "driftSummary"), "SignatureStripped") << "an outage takes no drift away";
  Run({"start", "rekor"});
  controller->WaitForLine("the transparency log answers again", std::chrono::minutes(4));
  Kubectl(
      {"wait",
       "--for=jsonpath={.status.conditions[?(@.type==\"LogCorroborated\")].reason}=HistoryTooShort",
       "signingbaseline/" + api::BaselineName(web), "--timeout=110s"});
  EXPECT_EQ(Status(web, "driftSummary"), "SignatureStripped");
  EXPECT_EQ(controller->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
