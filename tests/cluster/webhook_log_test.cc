// The webhook beside a real transparency log: a proof that a trusted signer signed turns a denial into a warning; a log
// that is silent, gone, lying or empty changes nothing, and costs no request its deadline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cluster/webhook_bed.h"
#include "support/fault_server/fault_server.h"

namespace plimsoll::testing {
namespace {

using ::testing::HasSubstr;

// The API server gives the webhook 5 s in a namespace that denies.
constexpr std::chrono::seconds kDeadline{5};

class WebhookLogTest : public WebhookTest {
 protected:
  void SetUp() override {
    WebhookTest::SetUp();
    if (HasFatalFailure()) return;
    const std::string rekor = bed().rekor();
    log_gate_.ForwardTo(
        {static_cast<std::uint16_t>(std::stoi(rekor.substr(rekor.rfind(':') + 1)))});
    std::ofstream(config_file(), std::ios::app) << "rekor: {url: \"" + rekor + "\"}\n";
    AskLog("http://" + log_gate_.address());
  }
  void AskLog(const std::string& url) const {
    std::ofstream(folder() + "/webhook.yaml", std::ios::app) << "rekor: {url: \"" + url + "\"}\n";
  }
  // Signed by the workflow that the repository is known for, and logged. Only the log knows.
  std::string PushStripped(const std::string& reference) const {
    const std::string image = Push(reference);
    Run({"sign", image, "repository=acme/web", "ref=refs/tags/v1"});
    const std::size_t at = image.find('@');
    Run({"delete", image.substr(0, at) + ":sha256-" + image.substr(at + 8) + ".sig"});
    return image;
  }
  TcpGate& log_gate() { return log_gate_; }

 private:
  TcpGate log_gate_;
};

TEST_F(WebhookLogTest, AProofByATrustedSignerIsAWarningAndATroubledLogChangesNothing) {
  const std::string web = Repository("web");
  Run({"sign", Push(web + ":v1"), "repository=acme/web", "ref=refs/tags/v1"});
  RunPod("web", web + ":v1");
  const auto controller = StartController({"--leader-elect=false"});
  WaitForStatus(web, "state", "Established");
  const Replica replica = StartWebhook();
  Configure(replica.port, identity().ca_pem);
  WaitUntilAsked(replica);

  const Outcome proven = RunImage(PushStripped(web + ":proven"), Denying());
  EXPECT_TRUE(proven.ok()) << proven.errors;
  EXPECT_THAT(proven.errors, HasSubstr("Warning: "));
  EXPECT_THAT(proven.errors, HasSubstr("SignatureStripped"));
  const Outcome unsigned_one = RunImage(Push(web + ":unsigned"), Denying());
  EXPECT_EQ(unsigned_one.exit_code, 1) << "the log knows nothing of it";
  EXPECT_THAT(unsigned_one.errors, HasSubstr("SignatureMissing"));

  // What the log would prove is not known while it does not answer: denied, in time.
  log_gate().Silence();
  log_gate().Cut();
  const Outcome silent = RunImage(PushStripped(web + ":silent"), Denying());
  EXPECT_EQ(silent.exit_code, 1);
  EXPECT_THAT(silent.errors, HasSubstr("SignatureMissing"));
  EXPECT_LT(silent.took, kDeadline);

  log_gate().ForwardTo({});
  log_gate().Cut();
  const Outcome gone = RunImage(PushStripped(web + ":gone"), Denying());
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.errors, HasSubstr("SignatureMissing"));
  EXPECT_LT(gone.took, kDeadline);

  // A log that lies, without end.
  FaultServer liar;
  liar.OnAny(
      [](const SeenRequest&) { return Reply::Endless(kEndless, false, "application/json"); });
  const std::string port = liar.host_port().substr(liar.host_port().rfind(':') + 1);
  log_gate().ForwardTo({static_cast<std::uint16_t>(std::stoi(port))});
  const Outcome lied = RunImage(PushStripped(web + ":lied"), Denying());
  EXPECT_EQ(lied.exit_code, 1);
  EXPECT_THAT(lied.errors, HasSubstr("SignatureMissing"));
  EXPECT_LT(lied.took, kDeadline);
  EXPECT_EQ(replica.program->Terminate(), 0);
  EXPECT_EQ(controller->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
