// The controller on a real control plane, with real registries and real signatures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/names.h"
#include "cluster/cluster_test.h"

namespace plimsoll::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

using ControllerTest = ClusterTest;

TEST_F(ControllerTest, EachImageIsShownAsItIs) {
  const std::string keyed = Repository("keyed"), keyless = Repository("keyless"),
                    plain = Repository("plain"),
                    bundled = Repository("bundled", bed().referrers_registry()),
                    gone = "127.0.0.1:1/nobody/home";
  Sign({"--key"}, Push(keyed + ":v1"));
  const std::string image = Push(keyless + ":v1");
  Run({"sign", image, "repository=acme/web", "ref=refs/tags/v1"});
  Sign({"--bundle"}, Push(bundled + ":v1"));
  const std::string unsigned_image = Push(plain + ":v1");
  for (const auto& [name, repository] :
       {std::pair{"keyed", keyed}, {"keyless", keyless}, {"plain", plain}, {"bundled", bundled}}) {
    RunPod(name, repository + ":v1");
  }
  RunPod("gone", gone + ":v1", gone + unsigned_image.substr(unsigned_image.find('@')));

  const auto controller = StartController();
  WaitForStatus(keyed, "state", "Learning");
  WaitForStatus(keyless, "state", "Learning");
  WaitForStatus(bundled, "state", "Learning");
  WaitForStatus(plain, "state", "Unsigned");
  Kubectl({"wait", "--for=condition=Observed=False", "signingbaseline/" + api::BaselineName(gone),
           "--timeout=110s"});

  EXPECT_THAT(Status(keyed, "signer"), ContainsRegex("^key:[0-9a-f]{16}$"));
  EXPECT_EQ(Status(keyless, "signer"), "acme/web/release.yml@refs/tags/*");
  EXPECT_EQ(Status(keyless, "posture"), "SignedKeyless");
  EXPECT_EQ(Status(gone, "state"), "");
  EXPECT_THAT(Kubectl({"get", "sb"}),
              ContainsRegex("NAME +REPOSITORY +STATE +SIGNER +STRENGTH +DRIFT +IMAGES +AGE\n"));
  EXPECT_THAT(Kubectl({"get", "sb", "-o", "wide"}),
              ContainsRegex(
                  "NAME +REPOSITORY +STATE +SIGNER +STRENGTH +DRIFT +IMAGES +AGE +SEVERITY +ISSUER "
                  "+FIRST-SEEN +LOG-SINCE +LAST-VERIFIED"));
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(ControllerTest, ADriftIsSaidOnceOnTheBaselineAndOnThePod) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");

  Sign({"--key", "--other"}, Push(web + ":v2"));
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignerChanged");
  WaitForStatus(web, "severity", "Critical");
  controller->WaitForLine("\"event\":\"SignerChanged\"");
  // The image of the changed signer keeps running and is looked at again and again: it is never learned.
  for (int look = 0; look < 3; ++look)
    controller->WaitForLine("\"msg\":\"observed\",\"repository\":\"" + web);
  EXPECT_EQ(Status(web, "state"), "Drifted");
  const json::Document object = Baseline(web);
  EXPECT_EQ(object.root()["status"]["drift"].size(), 1u);
  int trusted = 0;
  const json::Value signers = object.root()["status"]["signers"];
  for (json::Value s = signers.first(); !s.missing(); s = s.next())
    trusted += s["inForce"].BoolOr(false).value() ? 1 : 0;
  EXPECT_EQ(trusted, 1);

  EXPECT_EQ(controller->Terminate(), 0);
  const std::string events =
      Kubectl({"get", "events.events.k8s.io", "-n", Namespace(), "-o",
               "jsonpath={range .items[*]}{.reason} {.regarding.kind}/{.regarding.name} "
               "{.regarding.fieldPath}{\"\\n\"}{end}"});
  EXPECT_THAT(events, HasSubstr("SignerChanged Pod/next spec.containers{"));
  EXPECT_EQ(events.find("SignerChanged"), events.rfind("SignerChanged"));
}

TEST_F(ControllerTest, WhenTheLeaderIsKilledTheOtherGoesOnAndNothingIsLearnedTwice) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  auto first = StartController();
  first->WaitForLine("\"msg\":\"leader\"");
  WaitForStatus(web, "state", "Established");
  const std::string learned = Status(web, "learningTime"),
                    established = Status(web, "establishedTime");

  const auto second = StartController();
  first->Signal(SIGKILL);
  EXPECT_EQ(first->WaitForExit(), 128 + SIGKILL);
  const std::string fresh = Repository("fresh");
  Push(fresh + ":v1");
  RunPod("fresh", fresh + ":v1");
  WaitForStatus(fresh, "state", "Unsigned");
  Sign({"--key", "--other"}, Push(web + ":v2"));
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignerChanged");

  EXPECT_EQ(Status(web, "learningTime"), learned);
  EXPECT_EQ(Status(web, "establishedTime"), established);
  EXPECT_EQ(second->Terminate(), 0);
  // A clean end gives the lease up, so that a successor need not wait for it.
  EXPECT_EQ(Kubectl({"get", "lease", "plimsoll-controller", "-n", "plimsoll-system", "-o",
                     "jsonpath={.spec.holderIdentity}"}),
            "");
}

TEST_F(ControllerTest, ARestartReadsEverythingBack) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  EXPECT_EQ(controller->Terminate(), 0);
  const std::string before = Status(web, "learningTime");

  // While nobody looked, an unsigned image came.
  Push(web + ":v2");
  RunPod("next", web + ":v2");
  controller = StartController();
  WaitForStatus(web, "driftSummary", "SignatureMissing");
  EXPECT_EQ(Status(web, "learningTime"), before);
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(ControllerTest, ADryRunWritesNothing) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  const auto controller = StartController({"--dry-run"});
  controller->WaitForLine("dry run: a status would be written");
  EXPECT_EQ(controller->Terminate(), 0);
  EXPECT_THAT(Kubectl({"get", "signingbaselines", "-o", "name"}),
              Not(HasSubstr("signingbaseline")));
}

}  // namespace
}  // namespace plimsoll::testing
