// The command line beside a real controller on a real control plane: what people see, and what they can do about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "api/names.h"
#include "cluster/cluster_test.h"

namespace plimsoll::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

struct Said {
  int code = -1;
  std::string text;  // stdout and stderr
};

class CliTest : public ClusterTest {
 protected:
  // Runs the command line as a person would, with the bed's own kubeconfig.
  Said Plimsoll(const std::vector<std::string>& words) const {
    Program program("plimsoll", words, {{"KUBECONFIG", bed().kubeconfig()}});
    Said said;
    said.code = program.WaitForExit(std::chrono::seconds(60));
    said.text = program.output();
    return said;
  }
  // As `kubectl plimsoll ...`: kubectl finds the plug-in on the PATH.
  Said AsPlugIn(std::vector<std::string> words) const {
    words.insert(words.begin(), "plimsoll");
    const std::string path = std::string(PLIMSOLL_PROGRAMS) + ":" + ::getenv("PATH");
    Program program(bed().Get("PLIMSOLL_TB_KUBECTL"), words,
                    {{"KUBECONFIG", bed().kubeconfig()}, {"PATH", path}});
    Said said;
    said.code = program.WaitForExit(std::chrono::seconds(60));
    said.text = program.output();
    return said;
  }

  // A repository that the controller has established, with one signed image that runs.
  std::string EstablishedRepository(const std::string& name) {
    const std::string repository = Repository(name);
    Sign({"--key"}, Push(repository + ":v1"));
    RunPod(name, repository + ":v1");
    return repository;
  }

  std::string FingerprintOf(const std::string& repository) const {
    const json::Document object = Baseline(repository);
    return std::string(object.root()["status"]["drift"][0]["fingerprint"].StringOrEmpty());
  }
  std::string PolicyField(const std::string& name, const std::string& path) const {
    return Kubectl({"get", "signingpolicy", name, "-o", "jsonpath={" + path + "}"});
  }
};

TEST_F(CliTest, ADriftIsExplainedAcceptedExtendedAndLoudAgainWhenTheAcceptanceEnds) {
  const std::string web = EstablishedRepository("web");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  const Said calm = Plimsoll({"explain", web});
  EXPECT_EQ(calm.code, 0) << calm.text;
  EXPECT_THAT(calm.text, AllOf(HasSubstr("Established"), ContainsRegex("key:[0-9a-f]{16}"),
                               HasSubstr("trusted on first use")));

  Sign({"--key", "--other"}, Push(web + ":v2"));
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignerChanged");
  const std::string fingerprint = FingerprintOf(web);
  const Said open = AsPlugIn({"explain", web});
  EXPECT_EQ(open.code, 1) << open.text;
  EXPECT_THAT(open.text,
              AllOf(HasSubstr("SignerChanged, critical"), HasSubstr("what to do"),
                    HasSubstr("kubectl plimsoll accept " + web + " SignerChanged " + fingerprint)));
  const Said refused = Plimsoll({"preview", "-n", Namespace(), "--config", config_file()});
  EXPECT_EQ(refused.code, 1) << refused.text;
  EXPECT_THAT(
      refused.text,
      HasSubstr("2 images; in a namespace that denies 1 refused, 0 with a warning, 1 admitted"));

  // By the first characters, checked and not written, then written.
  const std::string beginning = fingerprint.substr(0, 10),
                    policy = "accept-" + fingerprint.substr(0, 18);
  const std::vector<std::string> accept = {
      "accept", web, "SignerChanged", beginning, "--reason", "moved, SEC-1", "--expires", "30d"};
  std::vector<std::string> dry = accept;
  dry.push_back("--dry-run");
  const Said tried = Plimsoll(dry);
  EXPECT_EQ(tried.code, 0) << tried.text;
  EXPECT_THAT(Kubectl({"get", "signingpolicies", "-o", "name"}), Not(HasSubstr(policy)));
  const Said written = Plimsoll(accept);
  EXPECT_EQ(written.code, 0) << written.text;
  EXPECT_EQ(PolicyField(policy, ".spec.acceptedDrift[0].fingerprint"), fingerprint);
  EXPECT_EQ(PolicyField(policy, ".metadata.managedFields[?(@.operation==\"Apply\")].manager"),
            "kubectl-plimsoll");
  EXPECT_NE(PolicyField(policy, ".spec.acceptedDrift[0].acceptedBy"), "");
  WaitForStatus(web, "state", "Established");
  EXPECT_EQ(Status(web, "driftSummary"), "Accepted: SignerChanged");
  const Said accepted = Plimsoll({"explain", web});
  EXPECT_EQ(accepted.code, 0) << accepted.text;
  EXPECT_THAT(accepted.text, HasSubstr("moved, SEC-1"));
  EXPECT_EQ(Plimsoll({"preview", "-n", Namespace(), "--config", config_file()}).code, 0);
  const Said past = Plimsoll({"history", web});
  EXPECT_EQ(past.code, 0);
  EXPECT_THAT(
      past.text,
      ContainsRegex(
          "DriftOpened +SignerChanged(.|\n)*DriftAccepted +SignerChanged +[^ ]+ +moved, SEC-1"));

  // Somebody keeps another entry in the same policy; accepting again changes ours alone.
  Kubectl(
      {"patch", "signingpolicy", policy, "--type=json", "-p",
       "[{\"op\":\"add\",\"path\":\"/spec/acceptedDrift/-\",\"value\":{\"fingerprint\":"
       "\"d-00000000000000000000000000000000\",\"kind\":\"SignatureMissing\",\"repository\":\"" +
           web + "\",\"reason\":\"kept by hand\"}}]"});
  const Said again = Plimsoll(
      {"accept", web, "SignerChanged", fingerprint, "--reason", "for a moment", "--expires", "8s"});
  EXPECT_EQ(again.code, 0) << again.text;
  EXPECT_THAT(PolicyField(policy, ".spec.acceptedDrift[*].reason"),
              AllOf(HasSubstr("for a moment"), HasSubstr("kept by hand"), Not(HasSubstr("SEC-1"))));
  WaitForStatus(web, "state", "Drifted");
  EXPECT_EQ(Plimsoll({"explain", web}).code, 1);
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(CliTest, WhatIsRefusedIsToldFromWhatIsNotKnown) {
  EXPECT_EQ(Plimsoll({"explain", Repository("nobody")}).code, 3);
  EXPECT_EQ(Plimsoll({"history", Repository("nobody")}).code, 1);
  EXPECT_EQ(Plimsoll({"export", Repository("nobody")}).code, 3);
  EXPECT_EQ(
      Plimsoll({"accept", Repository("nobody"), "SignerChanged", "s-0123", "--reason", "x"}).code,
      3);

  // An account that may read Pods and nothing of ours.
  const std::string kubeconfig = folder() + "/stranger.kubeconfig";
  std::ofstream(kubeconfig) << Run({"kubeconfig", "stranger"});
  std::filesystem::permissions(
      kubeconfig, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto as_stranger = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--kubeconfig", kubeconfig});
    return Plimsoll(words);
  };
  EXPECT_EQ(as_stranger({"explain", Repository("web")}).code, 3);
  const Said forbidden = as_stranger({"accept", Repository("web"), "SignerChanged",
                                      "s-00000000000000000000000000000000", "--reason", "x"});
  EXPECT_EQ(forbidden.code, 1) << forbidden.text;
  EXPECT_THAT(forbidden.text, HasSubstr("stranger"));
}

TEST_F(CliTest, WhatIsExportedMakesAnEmptyClusterTrustTheSameSigners) {
  const std::string web = Repository("web"), keyed = Repository("keyed");
  const std::string image = Push(web + ":v1");
  Run({"sign", image, "repository=acme/web", "ref=refs/tags/v1"});
  RunPod("web", web + ":v1");
  Sign({"--key"}, Push(keyed + ":v1"));
  RunPod("keyed", keyed + ":v1");
  auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  WaitForStatus(keyed, "state", "Established");
  const Said exported = Plimsoll({"export", web, keyed});
  EXPECT_EQ(exported.code, 0) << exported.text;
  EXPECT_THAT(exported.text, AllOf(HasSubstr("sourceRepositoryID"), HasSubstr("buildConfigURI"),
                                   HasSubstr("@refs/tags/*"), HasSubstr("BEGIN PUBLIC KEY")));
  EXPECT_EQ(controller->Terminate(), 0);

  // The cluster forgets everything, and is told.
  Kubectl({"delete", "signingbaselines", "--all", "--wait=true"});
  Kubectl({"apply", "-f", "-"}, exported.text);
  const std::string next = Push(web + ":v2");
  Run({"sign", next, "repository=acme/web", "ref=refs/tags/v2"});
  RunPod("next", web + ":v2");
  controller = StartController();
  WaitForStatus(web, "strength", "Pinned");
  WaitForStatus(web, "state", "Established");
  WaitForStatus(keyed, "strength", "Pinned");
  WaitForStatus(keyed, "state", "Established");
  EXPECT_EQ(Plimsoll({"explain", web}).code, 0);
  EXPECT_EQ(Plimsoll({"explain", keyed}).code, 0);
  // What the new cluster exports is what it was given.
  EXPECT_EQ(Plimsoll({"export", web, keyed}).text, exported.text);

  Sign({"--key", "--other"}, Push(keyed + ":v2"));
  RunPod("stranger", keyed + ":v2");
  WaitForStatus(keyed, "severity", "Critical");
  EXPECT_EQ(Plimsoll({"explain", keyed}).code, 1);
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(CliTest, ManifestsArePreviewedBeforeTheyAreApplied) {
  const std::string web = EstablishedRepository("web");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  const std::string unsigned_image = Push(web + ":v2");
  const std::string file = folder() + "/deploy.yaml";
  std::ofstream(file)
      << "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
         "    spec:\n      containers:\n      - {name: good, image: \""
      << web
      << ":v1\"}\n"
         "      - {name: bad, image: \""
      << unsigned_image
      << "\"}\n"
         "      - {name: new, image: \""
      << Repository("new") << ":v1\"}\n";
  const Said said = Plimsoll({"preview", "-f", file, "--config", config_file()});
  EXPECT_EQ(said.code, 1) << said.text;
  EXPECT_THAT(said.text,
              AllOf(HasSubstr("3 images; in a namespace that denies 1 refused"),
                    HasSubstr("SignatureMissing (critical)"), HasSubstr("container \"bad\""),
                    HasSubstr("Never judged in this cluster so far"),
                    HasSubstr("repository not seen yet")));
  // Nothing was learned or written by looking.
  EXPECT_THAT(Kubectl({"get", "sb", "-o", "name"}), Not(HasSubstr("new")));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(CliTest, ARegistrysOwnTagsAreReplayed) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":1.0.0"));
  Sign({"--key"}, Push(web + ":1.1.0"));
  const std::string stranger = Push(web + ":1.2.0");
  Sign({"--key", "--other"}, stranger);
  const Said said = Plimsoll({"replay", web, "--config", config_file()});
  // The stranger's image comes within seconds of the first one: a lead on a young baseline, nothing critical.
  EXPECT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text, ContainsRegex(":1\\.0\\.0@(.|\n)*:1\\.1\\.0@(.|\n)*:1\\.2\\.0@"));
  EXPECT_THAT(said.text, AllOf(HasSubstr("SignerChanged"), HasSubstr("1 repositories")));
  EXPECT_EQ(Plimsoll({"replay", "127.0.0.1:1/nobody/home", "--config", config_file()}).code, 3);
}

}  // namespace
}  // namespace plimsoll::testing
