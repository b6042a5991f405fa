// The webhook behind the real API server: what kubectl shows to people, where denying is on and elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "api/names.h"
#include "cluster/webhook_bed.h"

namespace plimsoll::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// What the webhook said, of what kubectl shows.
std::string DenialOf(const std::string& errors) {
  const std::string before = "denied the request: ";
  const std::size_t at = errors.find(before);
  if (at == std::string::npos) return "";
  const std::size_t from = at + before.size();
  return errors.substr(from, errors.find('\n', from) - from);
}

std::string WarningOf(const std::string& errors) {
  const std::string before = "Warning: ";
  const std::size_t at = errors.find(before);
  if (at == std::string::npos) return "";
  const std::size_t from = at + before.size();
  return errors.substr(from, errors.find('\n', from) - from);
}

std::string FingerprintOf(const std::string& text) {
  std::smatch found;
  return std::regex_search(text, found, std::regex("d-[0-9a-f]{32}")) ? found.str() : "";
}

class WebhookOnTest : public WebhookTest {
 protected:
  void SetUp() override {
    WebhookTest::SetUp();
    if (HasFatalFailure()) return;
    replica_ = StartWebhook();
    Configure(replica_.port, identity().ca_pem);
    WaitUntilAsked(replica_);
  }
  Replica replica_;
};

// One story, so that a baseline is learned once: that takes the product's own pace.
TEST_F(WebhookOnTest, WhatWasLearnedIsEnforced) {
  const std::string web = Gated("web");
  const std::string good = Push(web + ":v1");
  Sign({"--key"}, good);
  RunPod("web", web + ":v1");
  // A lease that a busy machine cannot renew would end the process; leadership is not what this is about.
  auto controller = StartController({"--leader-elect=false"});
  WaitForStatus(web, "state", "Established");
  const std::string bad = Push(web + ":v2");

  // The image that is known goes in without a word.
  for (const std::string& image : {good, web + ":v1"}) {
    const Outcome admitted = RunImage(image, Denying());
    EXPECT_TRUE(admitted.ok()) << admitted.errors;
    EXPECT_EQ(WarningOf(admitted.errors), "");
  }

  // An unsigned one is refused, with all that is needed to judge the refusal.
  const Outcome denied = RunImage(bad, Denying());
  EXPECT_EQ(denied.exit_code, 1);
  EXPECT_THAT(denied.errors,
              HasSubstr("Error from server (Forbidden): admission webhook \"enforce.plimsoll.dev\" "
                        "denied the request: container \""));
  const std::string message = DenialOf(denied.errors);
  RecordProperty("denial", message);
  EXPECT_LE(message.size(), 800u);
  EXPECT_THAT(message, HasSubstr(bad.substr(0, bad.find('@') + 20)));
  EXPECT_THAT(message,
              HasSubstr("is not signed (SignatureMissing, critical). Expected: a signature "
                        "by key:"));
  EXPECT_THAT(
      message,
      ContainsRegex(
          "as on every image since 20[0-9-]{8}\\. Seen: none in any form, 127\\.0\\.0\\.1:[0-9]+ "
          "answered at [0-9]{2}:[0-9]{2}:[0-9]{2}Z\\. To accept: "));
  EXPECT_THAT(message,
              HasSubstr("To accept: kubectl plimsoll accept " + web + " SignatureMissing " +
                        FingerprintOf(message) + " --expires 14d --reason TEXT"));
  EXPECT_THAT(message, HasSubstr("Help: kubectl plimsoll explain " + web));
  EXPECT_EQ(RunImage(web + ":v2", Denying()).exit_code, 1);
  EXPECT_EQ(RunImage(bad, Denying(), {"--dry-run=server"}).exit_code, 1);

  // Elsewhere it is a warning, and the Pod is there.
  const Outcome warned = RunImageUntilWarned(bad, Namespace());
  EXPECT_TRUE(warned.ok()) << warned.errors;
  RecordProperty("warning", WarningOf(warned.errors));
  EXPECT_THAT(WarningOf(warned.errors), HasSubstr("is not signed (SignatureMissing)"));
  EXPECT_LE(WarningOf(warned.errors).size(), 200u);
  EXPECT_GE(MetricOf(replica_, "plimsoll_admission_would_deny_total",
                     "configuration=\"audit\",kind=\"SignatureMissing\""),
            1);

  // Whoever owns Pods is warned and never refused; its Pods are refused where denying is on.
  const Outcome deployment =
      Try({"create", "deployment", "web", "--image=" + bad, "-n", Denying()});
  EXPECT_TRUE(deployment.ok()) << deployment.errors;
  EXPECT_THAT(WarningOf(deployment.errors), HasSubstr("SignatureMissing"));
  Kubectl({"wait", "--for=condition=ReplicaFailure", "deployment/web", "-n", Denying(),
           "--timeout=60s"});
  const Outcome job = Try({"create", "job", "once", "--image=" + bad, "-n", Denying()});
  EXPECT_TRUE(job.ok()) << job.errors;
  EXPECT_THAT(WarningOf(job.errors), HasSubstr("SignatureMissing"));

  // What cannot bring an image is not asked about.
  const Outcome scaled = Try({"scale", "deployment/web", "--replicas=2", "-n", Denying()});
  EXPECT_TRUE(scaled.ok()) << scaled.errors;
  EXPECT_EQ(WarningOf(scaled.errors), "");
  const double before =
      MetricOf(replica_, "plimsoll_admission_decisions_total", "enforce\",verdict=\"Admit");
  const Outcome labelled = Try({"label", "pod", "pod-1", "-n", Denying(), "a=b", "--overwrite"});
  const Outcome reported = Try({"patch", "pod", "web", "-n", Namespace(), "--subresource=status",
                                "--type=merge", "-p", R"({"status":{"message":"m"}})"});
  EXPECT_TRUE(reported.ok()) << reported.errors;
  EXPECT_EQ(WarningOf(labelled.errors + reported.errors), "");
  EXPECT_EQ(MetricOf(replica_, "plimsoll_admission_decisions_total", "enforce\",verdict=\"Admit"),
            before);

  // A container for debugging is a container.
  ASSERT_TRUE(RunImage(good, Denying()).ok());
  const std::string pod = "pod/" + Kubectl({"get", "pods", "-n", Denying(), "-o",
                                            "jsonpath={.items[0].metadata.name}"});
  const Outcome debug = Try({"debug", pod, "-n", Denying(), "--image=" + bad});
  EXPECT_NE(debug.exit_code, 0);
  EXPECT_THAT(debug.errors, HasSubstr("SignatureMissing")) << debug.output;
  const Outcome debugged = Try({"debug", pod, "-n", Denying(), "--image=" + good});
  EXPECT_TRUE(debugged.ok()) << debugged.errors;

  // The registry is gone: what was judged goes in, by digest and by tag; what never was does not.
  const std::string late = Push(web + ":v3");
  Sign({"--key"}, late);
  registry_gate().ForwardTo({});
  registry_gate().Cut();
  for (const std::string& image : {good, web + ":v1"}) {
    const Outcome admitted = RunImage(image, Denying());
    EXPECT_TRUE(admitted.ok()) << admitted.errors;
  }
  const Outcome unknown = RunImage(late, Denying());
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(DenialOf(unknown.errors), HasSubstr("was never judged here (NotJudgedYet)"));
  registry_gate().ForwardTo({static_cast<std::uint16_t>(
      std::stoi(bed().registry().substr(bed().registry().rfind(':') + 1)))});
  const Outcome judged = RunImageUntilAdmitted(late, Denying());
  EXPECT_TRUE(judged.ok()) << judged.errors;

  // A person accepts: this image, and no other.
  Kubectl({"apply", "-f", "-"},
          "apiVersion: plimsoll.dev/v1alpha1\nkind: SigningPolicy\nmetadata: {name: accept}\n"
          "spec:\n  repositories: [\"" +
              web + "\"]\n  acceptedDrift:\n  - {repository: \"" + web +
              "\", kind: SignatureMissing, fingerprint: " + FingerprintOf(message) +
              ", reason: tried by hand}\n");
  const Outcome accepted = RunImageUntilAdmitted(bad, Denying());
  EXPECT_TRUE(accepted.ok()) << accepted.errors;
  const std::string another = Push(web + ":v4");
  EXPECT_EQ(RunImage(another, Denying()).exit_code, 1);

  // Its signature is lost, and the controller has seen that; a drained node's Pod comes back all the same.
  const std::string digest = good.substr(good.find('@') + 1);
  Run({"delete", web + ":sha256-" + digest.substr(7) + ".sig"});
  Kubectl({"wait", "--for=jsonpath={.status.images[?(@.digest==\"" + digest + "\")].drift}",
           "signingbaseline/" + api::BaselineName(web), "--timeout=110s"});
  for (const std::string& image : {good, web + ":v1"}) {
    const Outcome again = RunImage(image, Denying());
    EXPECT_TRUE(again.ok()) << again.errors;
  }

  // Without its baseline a repository is one that nobody knows.
  EXPECT_EQ(controller->Terminate(), 0);
  Kubectl({"delete", "signingbaseline", api::BaselineName(web)});
  const Outcome forgotten = RunImageUntilAdmitted(another, Denying());
  EXPECT_TRUE(forgotten.ok()) << forgotten.errors;
  EXPECT_EQ(replica_.program->Terminate(), 0);
}

TEST_F(WebhookOnTest, ASilentRegistryCostsTheBudgetWhereDenyingIsOnAndNothingElsewhere) {
  const std::string web = Gated("web");
  const std::string image = Push(web + ":v1");
  Sign({"--key"}, image);
  Pin(web, bed().public_key());
  registry_gate().Silence();
  registry_gate().Cut();
  const Outcome audited = RunImage(image, Namespace());
  EXPECT_TRUE(audited.ok()) << audited.errors;
  EXPECT_EQ(WarningOf(audited.errors), "");
  const Outcome denied = RunImage(image, Denying());
  EXPECT_THAT(DenialOf(denied.errors), HasSubstr("NotJudgedYet"));
  EXPECT_LT(denied.took, std::chrono::milliseconds(5'000));
  EXPECT_LT(MetricOf(replica_, "plimsoll_admission_seconds_sum", "audit"), 0.5);
}

// The same images behind an account: what a kubelet reads with a pull secret, and Plimsoll only with a credential that it
// was given.
TEST_F(WebhookOnTest, AReleaseThatOnlyAPullSecretCanReadNeedsACredentialOfPlimsolls) {
  const TlsIdentity tls = MakeTlsIdentity();
  const auto put = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder() + "/" + name) << text;
    return folder() + "/" + name;
  };
  // "user" and "secret", as htpasswd -B writes them.
  const std::string accounts =
      put("htpasswd", "user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n");
  Program guarded(
      bed().Get("PLIMSOLL_TB_REGISTRY_PROGRAM"),
      {"serve", put("guarded.yml",
                    "version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: " +
                        bed().Get("PLIMSOLL_TB_REGISTRY_CONTENT") +
                        "}}\nhttp: {addr: 127.0.0.1:0, tls: {certificate: " +
                        put("guarded.pem", tls.certificate_pem) +
                        ", key: " + put("guarded.key", tls.key_pem) +
                        "}}\nauth: {htpasswd: {realm: test, path: " + accounts + "}}\n")},
      {{"OTEL_TRACES_EXPORTER", "none"}});
  const std::string line = guarded.WaitForLine("listening on 127.0.0.1:");
  std::smatch address;
  ASSERT_TRUE(std::regex_search(line, address, std::regex("127\\.0\\.0\\.1:[0-9]+"))) << line;
  const std::string host = address.str();
  const std::string open = Repository("web");
  const std::string image = Push(open + ":v1");
  Sign({"--key"}, image);
  const std::string web = host + open.substr(open.find('/'));
  const std::string release = web + image.substr(image.find('@'));
  Pin(web, bed().public_key());

  const std::string known_host = "- {host: \"" + host + "\", caFile: " + put("ca.pem", tls.ca_pem) +
                                 ", allowAddress: [127.0.0.0/8]}\n";
  std::ofstream(folder() + "/webhook.yaml", std::ios::app) << known_host;
  EXPECT_EQ(replica_.program->Terminate(), 0);
  replica_ = StartWebhook();
  Configure(replica_.port, identity().ca_pem);
  const Outcome refused = RunImageUntilRefused(release, "CredentialNeeded");
  RecordProperty("credential_needed", DenialOf(refused.errors));
  EXPECT_THAT(DenialOf(refused.errors), HasSubstr("CredentialNeeded"));
  EXPECT_TRUE(RunImage(release, Namespace()).ok());

  std::ofstream(folder() + "/webhook.yaml", std::ios::app)
      << "dockerConfigFile: "
      << put("config.json",
             R"({"auths":{")" + host + R"(":{"username":"user","password":"secret"}}})")
      << "\n";
  EXPECT_EQ(replica_.program->Terminate(), 0);
  replica_ = StartWebhook();
  Configure(replica_.port, identity().ca_pem);
  const Outcome admitted = RunImageUntilAdmitted(release, Denying());
  EXPECT_TRUE(admitted.ok()) << admitted.errors;
  EXPECT_THAT(admitted.errors, Not(HasSubstr("CredentialNeeded")));
}

TEST_F(WebhookOnTest, ALargePodIsJudgedAndOneOfTooManyImagesIsRefused) {
  const std::string padded =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"large"},"spec":)"
      R"({"containers":[{"name":"a","image":"probe.invalid/a","args":[")" +
      std::string(1'400'000, 'x') + R"("]}]}})";
  const Outcome large = Try({"create", "-n", Denying(), "--validate=false", "-f", "-"}, padded);
  EXPECT_TRUE(large.ok()) << large.errors.substr(0, 400);
  std::string containers;
  for (int i = 0; i < 1'000; ++i) {
    containers += std::string(i == 0 ? "" : ",") + R"({"name":"c)" + std::to_string(i) +
                  R"(","image":"probe.invalid/a"})";
  }
  const std::string many = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"many"},"spec":)"
                           R"({"containers":[)" +
                           containers + "]}}";
  const Outcome refused = Try({"create", "-n", Denying(), "-f", "-"}, many);
  EXPECT_THAT(DenialOf(refused.errors), HasSubstr("found 1000 (TooManyImages)"));
  const Outcome elsewhere = Try({"create", "-n", Namespace(), "-f", "-"}, many);
  EXPECT_TRUE(elsewhere.ok()) << elsewhere.errors;
  EXPECT_THAT(WarningOf(elsewhere.errors), HasSubstr("TooManyImages"));
}

TEST_F(WebhookOnTest, WhenNobodyAnswersLabelledNamespacesRefuseAndAllOthersGoOn) {
  EXPECT_EQ(replica_.program->Terminate(), 0);
  const Outcome refused = RunImage("probe.invalid/a", Denying());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("failed calling webhook \"enforce.plimsoll.dev\""));
  const Outcome elsewhere = RunImage("probe.invalid/a", Namespace());
  EXPECT_TRUE(elsewhere.ok()) << elsewhere.errors;
  EXPECT_TRUE(Try({"create", "deployment", "a", "--image=probe.invalid/a", "-n", Denying()}).ok());
  // The one line that turns refusing off.
  Kubectl({"delete", "validatingwebhookconfiguration", "plimsoll-enforce"});
  const Outcome off = RunImageUntilAdmitted("probe.invalid/a", Denying());
  EXPECT_TRUE(off.ok()) << off.errors;
}

}  // namespace
}  // namespace plimsoll::testing
