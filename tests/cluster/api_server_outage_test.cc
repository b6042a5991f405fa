// The API server goes away and comes back. It is this test's own, on a bed of its own: all others go on meanwhile.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>

#include "base/subprocess.h"
#include "cluster/webhook_bed.h"
#include "support/http_load/http_load.h"
#include "support/raw_client/raw_client.h"

namespace plimsoll::testing {
namespace {

void RunBedScript(const std::vector<std::string>& words) {
  SubprocessRequest request;
  request.argv = {std::string(PLIMSOLL_SOURCE_DIR) + "/scripts/testbed"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.environment["PLIMSOLL_TESTBED_STATE"] = std::getenv("PLIMSOLL_TESTBED_STATE");
  request.timeout = std::chrono::minutes(2);
  const auto done = RunSubprocess(request);
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(done->exit_code, 0) << done->error_output;
}

// Returns when it serves again; kubectl does not wait for that.
void StartApiServer(const Testbed& bed) {
  RunBedScript({"start", "kube-apiserver"});
  SubprocessRequest request;
  request.argv = {"curl",
                  "-fsk",
                  "-o",
                  "/dev/null",
                  "--retry",
                  "100",
                  "--retry-all-errors",
                  "--retry-delay",
                  "1",
                  "--retry-max-time",
                  "100",
                  bed.api_server() + "/readyz"};
  request.timeout = std::chrono::minutes(2);
  const auto done = RunSubprocess(request);
  ASSERT_TRUE(done && done->exit_code == 0) << "the API server did not come back";
}

template <class Base>
class OnItsOwnBed : public Base {
 protected:
  void SetUp() override {
    const std::string state =
        std::string(PLIMSOLL_BEDS) + "/testbed-outage-" + std::to_string(getpid());
    ::setenv("PLIMSOLL_TESTBED_STATE", state.c_str(), 1);
    RunBedScript({"up", "--fresh"});
    if (!this->HasFatalFailure()) Base::SetUp();
  }
  void TearDown() override {
    Base::TearDown();
    RunBedScript({"down"});
  }
};

using ApiServerOutageTest = OnItsOwnBed<ClusterTest>;
using WebhookOutageTest = OnItsOwnBed<WebhookTest>;

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
  StartApiServer(bed());

  Push(web + ":v2");
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignatureMissing");
  EXPECT_EQ(Status(web, "learningTime"), learned);
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(WebhookOutageTest, TheWebhookAnswersFromMemoryMeanwhileAndAsBeforeAfterwards) {
  const std::string web = Repository("web");
  const std::string good = Push(web + ":v1");
  Sign({"--key"}, good);
  const std::string bad = Push(web + ":v2");
  Pin(web, bed().public_key());
  const Replica replica = StartWebhook();
  Configure(replica.port, identity().ca_pem);
  WaitUntilAsked(replica);
  EXPECT_TRUE(RunImageUntilAdmitted(good, Denying()).ok());
  EXPECT_EQ(RunImage(bad, Denying()).exit_code, 1);

  Run({"stop", "kube-apiserver"});
  http::RawClient other_api_server(replica.port, true);
  for (const auto& [image, answer] :
       {std::pair{good, "\"allowed\":true"}, {bad, "\"allowed\":false"}}) {
    other_api_server.Send(
        PostRequest("/enforce/pods", "application/json", ReviewOf(Denying(), image)));
    EXPECT_NE(other_api_server.Answer().find(answer), std::string::npos) << image;
  }
  StartApiServer(bed());

  const Outcome admitted = RunImage(good, Denying());
  EXPECT_TRUE(admitted.ok()) << admitted.errors;
  EXPECT_EQ(RunImage(bad, Denying()).exit_code, 1);
  EXPECT_EQ(replica.program->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
