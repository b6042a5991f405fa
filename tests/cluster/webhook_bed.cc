#include "cluster/webhook_bed.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/names.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/subprocess.h"

namespace plimsoll::testing {
namespace {

constexpr int kTries = 60;

std::uint16_t PortOf(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

std::string FieldOf(const std::string& line, const std::string& name) {
  const auto document = json::Document::Parse(line);
  return document ? std::string(document->root()[name].StringOrEmpty()) : "";
}

void Replace(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

std::string Indented(const std::string& text, const std::string& indent) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += indent + line + "\n";
  return out;
}

}  // namespace

std::vector<std::string> WebhookTest::Registries() const {
  std::vector<std::string> hosts = ClusterTest::Registries();
  hosts.push_back(registry_gate_.address());
  return hosts;
}

void WebhookTest::SetUp() {
  ClusterTest::SetUp();
  if (HasFatalFailure()) return;
  registry_gate_.ForwardTo({PortOf(bed().registry())});
  Kubectl({"apply", "-f", std::string(PLIMSOLL_SOURCE_DIR) + "/tests/testbed/webhook.yaml"});
  // Another test's certificate is none of ours.
  Kubectl({"-n", "plimsoll-system", "patch", "secret", "plimsoll-webhook-certificate", "--type",
           "json", "-p", R"([{"op":"add","path":"/data","value":{}}])"});
  std::ofstream(folder() + "/webhook.kubeconfig")
      << Run({"kubeconfig", "system:serviceaccount:plimsoll-system:plimsoll-webhook",
              "system:serviceaccounts"});
  Mount(folder(), identity_.certificate_pem, identity_.key_pem);
  // The webhook keeps a negative answer as long as in a cluster: kubectl is not that fast.
  auto config = ReadFile(config_file(), 1 << 20);
  ASSERT_TRUE(config) << config.error().message;
  Replace(*config, "negativeCacheFor: 1s", "negativeCacheFor: 30s");
  std::ofstream(folder() + "/webhook.yaml") << *config;
}

void WebhookTest::TearDown() {
  if (!HasFatalFailure() || !folder().empty()) {
    Kubectl({"delete", "validatingwebhookconfigurations", "plimsoll-enforce", "plimsoll-audit",
             "--ignore-not-found"});
    if (!denying_.empty()) Kubectl({"delete", "namespace", denying_, "--wait=false"});
  }
  ClusterTest::TearDown();
}

const std::string& WebhookTest::Denying() {
  if (!denying_.empty()) return denying_;
  denying_ = Namespace() + "-deny";
  Kubectl({"create", "namespace", denying_});
  Kubectl({"label", "namespace", denying_, "plimsoll.dev/enforce=deny"});
  for (const std::string& name : {denying_, Namespace()})
    Kubectl({"wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=60s"});
  return denying_;
}

WebhookTest::Outcome WebhookTest::Try(const std::vector<std::string>& words,
                                      const std::string& input) const {
  SubprocessRequest request;
  request.argv = {bed().Get("PLIMSOLL_TB_KUBECTL"), "--kubeconfig", bed().kubeconfig()};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.environment["KUBECACHEDIR"] = bed().Get("KUBECACHEDIR");
  request.input = input;
  request.timeout = std::chrono::seconds(60);
  const auto began = std::chrono::steady_clock::now();
  const auto done = RunSubprocess(request);
  Outcome outcome;
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  if (!done) {
    ADD_FAILURE() << done.error().message;
    return outcome;
  }
  outcome.exit_code = done->exit_code;
  outcome.output = done->output;
  outcome.errors = done->error_output;
  return outcome;
}

WebhookTest::Outcome WebhookTest::RunImage(const std::string& image, const std::string& name_space,
                                           const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run",
                                    "pod-" + std::to_string(++pods_),
                                    "--restart=Never",
                                    "-n",
                                    name_space,
                                    "--image=" + image};
  words.insert(words.end(), more.begin(), more.end());
  return Try(words);
}

WebhookTest::Outcome WebhookTest::RunImageUntilAdmitted(const std::string& image,
                                                        const std::string& name_space) {
  Outcome outcome;
  for (int i = 0; i < kTries && !outcome.ok(); ++i) outcome = RunImage(image, name_space);
  return outcome;
}

WebhookTest::Outcome WebhookTest::RunImageUntilWarned(const std::string& image,
                                                      const std::string& name_space) {
  Outcome outcome;
  for (int i = 0; i < kTries && outcome.errors.find("Warning: ") == std::string::npos; ++i)
    outcome = RunImage(image, name_space);
  return outcome;
}

WebhookTest::Outcome WebhookTest::RunImageUntilRefused(const std::string& image,
                                                       const std::string& reason) {
  Outcome outcome;
  for (int i = 0; i < kTries && outcome.errors.find(reason) == std::string::npos; ++i)
    outcome = RunImage(image, Denying());
  return outcome;
}

std::string WebhookTest::ReviewOf(const std::string& name_space, const std::string& image) {
  return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5",)"
         R"("kind":{"group":"","version":"v1","kind":"Pod"},)"
         R"("resource":{"group":"","version":"v1","resource":"pods"},"name":"web","namespace":")" +
         name_space +
         R"(","operation":"CREATE","userInfo":{"username":"somebody"},"object":{"kind":"Pod",)"
         R"("apiVersion":"v1","metadata":{"name":"web","namespace":")" +
         name_space + R"("},"spec":{"containers":[{"name":"web","image":")" + image +
         R"("}]}},"oldObject":null,"dryRun":false}})";
}

WebhookTest::Replica WebhookTest::StartWebhook(const std::string& files) {
  const std::string from = files.empty() ? folder() : files;
  Replica replica;
  replica.program = std::make_unique<Program>(
      "plimsoll-webhook",
      std::vector<std::string>{"--config", folder() + "/webhook.yaml", "--kubeconfig",
                               folder() + "/webhook.kubeconfig", "--namespace", "plimsoll-system",
                               "--metrics-address", "127.0.0.1:0", "--health-address",
                               "127.0.0.1:0", "--listen-address", "127.0.0.1:0", "--tls-cert-file",
                               from + "/tls.crt", "--tls-private-key-file", from + "/tls.key"});
  replica.metrics_port =
      PortOf(FieldOf(replica.program->WaitForLine("\"server\":\"metrics\""), "address"));
  replica.port = PortOf(FieldOf(replica.program->WaitForLine("\"server\":\"webhook\""), "address"));
  replica.program->WaitForLine("ready: the watch caches have synced");
  return replica;
}

void WebhookTest::Configure(std::uint16_t port, const std::string& authority_pem) {
  const auto text = ReadFile(
      std::string(PLIMSOLL_SOURCE_DIR) + "/tests/testbed/webhook-configurations.yaml", 1 << 20);
  ASSERT_TRUE(text) << text.error().message;
  std::string yaml = *text;
  Replace(
      yaml, "port: 10250}}",
      "port: " + std::to_string(port) +
          (authority_pem.empty() ? "}}"
                                 : "}, caBundle: " + Base64Encode(AsBytes(authority_pem)) + "}"));
  Kubectl({"apply", "-f", "-"}, yaml);
}

void WebhookTest::WaitUntilAsked(const Replica& replica) {
  // The API server reads configurations by watch, and nothing tells when it has.
  for (const auto& [name_space, configuration] :
       {std::pair{Denying(), "enforce"}, {Namespace(), "audit"}}) {
    const std::string line = std::string("\"configuration\":\"") + configuration;
    for (int i = 0; i < kTries && replica.program->output().find(line) == std::string::npos; ++i)
      RunImage("probe.invalid/probe", name_space, {"--dry-run=server"});
    EXPECT_NE(replica.program->output().find(line), std::string::npos) << configuration;
  }
}

double WebhookTest::MetricOf(const Replica& replica, const std::string& name,
                             const std::string& labels) const {
  SubprocessRequest request;
  request.argv = {"curl", "-fsS",
                  "http://127.0.0.1:" + std::to_string(replica.metrics_port) + "/metrics"};
  const auto done = RunSubprocess(request);
  EXPECT_TRUE(done && done->exit_code == 0);
  if (!done) return -1;
  std::istringstream lines(done->output);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const char after = line.size() > name.size() ? line[name.size()] : '\0';
    if (line.rfind(name, 0) != 0 || (after != '{' && after != ' ')) continue;
    if (line.find(labels) != std::string::npos) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

void WebhookTest::Mount(const std::string& folder, const std::string& chain_pem,
                        const std::string& key_pem) {
  for (const auto& [name, text] : {std::pair{"tls.crt", chain_pem}, {"tls.key", key_pem}}) {
    const std::string path = folder + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }
}

std::string WebhookTest::MakeFolder(const std::string& name) const {
  std::filesystem::create_directory(folder() + "/" + name);
  return folder() + "/" + name;
}

void WebhookTest::Pin(const std::string& repository, const std::string& public_key_file) {
  const auto key = ReadFile(public_key_file, 64 << 10);
  ASSERT_TRUE(key) << key.error().message;
  Kubectl({"apply", "-f", "-"},
          "apiVersion: plimsoll.dev/v1alpha1\nkind: SigningPolicy\nmetadata: {name: " +
              api::BaselineName(repository) + "}\nspec:\n  repositories: [\"" + repository +
              "\"]\n  signers:\n  - name: key\n    key:\n      publicKey: |\n" +
              Indented(*key, "        "));
}

}  // namespace plimsoll::testing
