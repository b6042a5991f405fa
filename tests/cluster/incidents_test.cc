// What happened to other people's projects and nobody's tool reported, played with real signatures: each gives exactly
// the Events, the condition and the columns that it should, once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "api/names.h"
#include "cluster/cluster_test.h"

namespace plimsoll::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::Pair;

class IncidentsTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    std::ofstream(config_file(), std::ios::app) << "repositories:\n- {match: \"" << Replica()
                                                << "\", mirrorOf: \"" << Upstream() << "\"}\n";
  }

  std::string Upstream() const { return Repository("upstream"); }
  std::string Replica() const { return Repository("replica", bed().referrers_registry()); }

  void Release(const std::string& repository, const std::string& tag, std::vector<std::string> how,
               const std::vector<std::string>& claims) {
    how.insert(how.begin(), "sign");
    how.push_back(Push(repository + ":" + tag));
    how.push_back("ref=refs/tags/" + tag);
    how.insert(how.end(), claims.begin(), claims.end());
    Run(how);
  }
  void Deploy(const std::string& name, const std::string& repository, const std::string& tag) {
    RunPod(name + "-" + tag, repository + ":" + tag);
  }
  // How many Events of each reason the baseline and the Pods of one repository have; "Pod/" stands before those of Pods.
  std::map<std::string, int> EventsOf(const std::string& name, const std::string& repository) {
    std::map<std::string, int> counts;
    const auto count = [&](const std::string& name_space, const std::string& regarding,
                           const std::string& prefix) {
      std::istringstream reasons(Kubectl({"get", "events.events.k8s.io", "-n", name_space, "-o",
                                          "jsonpath={range .items[?(@.regarding.name==\"" +
                                              regarding + "\")]}{.reason}{\"\\n\"}{end}"}));
      for (std::string reason; std::getline(reasons, reason);) ++counts[prefix + reason];
    };
    count("default", api::BaselineName(repository), "");
    for (const char* tag : {"-v1", "-v2"}) count(Namespace(), name + tag, "Pod/");
    return counts;
  }
  std::string Row(const std::string& repository) const {
    return Kubectl({"get", "sb", api::BaselineName(repository), "--no-headers", "-o", "wide"});
  }
  std::string DriftedReason(const std::string& repository) const {
    return Kubectl({"get", "sb", api::BaselineName(repository), "-o",
                    "jsonpath={.status.conditions[?(@.type==\"Drifted\")].reason}"});
  }
};

TEST_F(IncidentsTest, EachIsToldAsWhatItIsAndOnce) {
  const std::string silent = Repository("silent"), wrong = Repository("wrong"),
                    format = Repository("format", bed().referrers_registry()),
                    renamed = Repository("renamed");
  const std::map<std::string, std::string> all{{"silent", silent},
                                               {"wrong", wrong},
                                               {"format", format},
                                               {"renamed", renamed},
                                               {"replica", Replica()}};
  for (const auto& [name, repository] : all) {
    if (name == "replica") continue;
    Release(repository, "v1", {}, {"repository=acme/" + name});
    Deploy(name, repository, "v1");
  }
  Release(Upstream(), "v1", {}, {"repository=acme/upstream"});
  Run({"copy", Upstream() + ":v1", Replica() + ":v1"});
  Deploy("replica", Replica(), "v1");
  const auto controller = StartController();
  for (const auto& [name, repository] : all) WaitForStatus(repository, "state", "Established");

  // A release that nobody signed; one that was signed by whoever ran the pipeline by hand; one by a newer cosign; one
  // from a repository that has another name now.
  Push(silent + ":v2");
  Run({"sign", "--email", "someone@example.test", Push(wrong + ":v2")});
  Release(format, "v2", {"--bundle"}, {"repository=acme/format"});
  Release(renamed, "v2", {}, {"repository=acme/better-name"});
  for (const char* name : {"silent", "wrong", "format", "renamed"})
    Deploy(name, all.at(name), "v2");
  WaitForStatus(silent, "driftSummary", "SignatureMissing");
  WaitForStatus(wrong, "driftSummary", "SignerChanged");
  WaitForStatus(renamed, "driftSummary", "SignerRenamed");
  WaitForStatus(format, "runningImages", "2");
  EXPECT_EQ(controller->Terminate(), 0);

  EXPECT_THAT(Row(silent), ContainsRegex(" Drifted .* SignatureMissing +2 .* Critical "));
  EXPECT_THAT(Row(wrong), ContainsRegex(" Drifted .* SignerChanged +2 .* Critical "));
  EXPECT_THAT(Row(renamed), ContainsRegex(" Drifted .* SignerRenamed +2 .* Warning "));
  EXPECT_THAT(Row(format), ContainsRegex(" Established +acme/format/release.yml@refs/tags/\\* "));
  EXPECT_THAT(Row(Replica()),
              ContainsRegex(" Established +acme/upstream/release.yml@refs/tags/\\* "));
  for (const auto& [name, drift] : {std::pair{"silent", "SignatureMissing"},
                                    {"wrong", "SignerChanged"},
                                    {"renamed", "SignerRenamed"}}) {
    EXPECT_EQ(DriftedReason(all.at(name)), drift);
    EXPECT_THAT(EventsOf(name, all.at(name)),
                ElementsAre(Pair("BaselineEstablished", 1), Pair(std::string("Pod/") + drift, 1),
                            Pair(drift, 1)));
  }
  for (const char* name : {"format", "replica"}) {
    EXPECT_EQ(DriftedReason(all.at(name)), "NoDrift");
    EXPECT_THAT(EventsOf(name, all.at(name)), ElementsAre(Pair("BaselineEstablished", 1)));
    EXPECT_EQ(Status(all.at(name), "driftSummary"), "");
  }
  const auto notes = [&](const std::string& repository) {
    return Kubectl({"get", "sb", api::BaselineName(repository), "-o",
                    "jsonpath={.status.images[*].notes[*]}"});
  };
  EXPECT_EQ(notes(format), "FormatChanged");
  EXPECT_EQ(notes(Replica()), "SignatureNotMirrored");
  EXPECT_EQ(notes(silent), "");
}

}  // namespace
}  // namespace plimsoll::testing
