// The API server goes away and comes back.
#include <gtest/gtest.h>

#include "cluster/cluster_test.h"

namespace plimsoll::testing {
namespace {

using ApiServerOutageTest = ClusterTest;

TEST_F(ApiServerOutageTest, TheControllerGoesOnWithWhatItKnewAndLosesNothing) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  // A lease that cannot be renewed ends the process by design; without one the outage itself is seen.
  const auto controller = StartController({"--leader-elect=false"});
  WaitForStatus(web, "state", "Established");
  const std::string learned = Status(web, "learningTime");

  Run({"stop", "kube-apiserver"});
  controller->WaitForLine("ConnectionFailed");
  Run({"start", "kube-apiserver"});

  Push(web + ":v2");
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignatureMissing");
  EXPECT_EQ(Status(web, "learningTime"), learned);
  EXPECT_EQ(controller->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
