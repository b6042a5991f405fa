// Nobody notices: certificates that rotate and replicas that restart, under a stream of requests to the API server of
// which each would fail if the webhook were not there for a moment (failurePolicy Fail).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/encoding.h"
#include "base/log.h"
#include "base/metric.h"
#include "cluster/webhook_bed.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"

namespace plimsoll::testing {
namespace {

// Creates Pods by server-side dry run, one after the other on each of two threads, until it is stopped.
class PodStream {
 public:
  PodStream(const std::string& kubeconfig, const std::string& name_space,
            const std::string& image) {
    auto config = kube::LoadForProgram(kubeconfig, "", {}, clock_);
    EXPECT_TRUE(config) << config.error().message;
    kube::TransportOptions options;
    options.allow_writes = true;
    auto transport = kube::MakeTransport(std::move(*config), options, clock_, metrics_, log_);
    EXPECT_TRUE(transport);
    transport_ = std::move(*transport);
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this, i, name_space, image] { Run(i, name_space, image); });
    }
  }
  ~PodStream() { Stop(); }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  int answered() const { return answered_; }
  std::vector<std::string> failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  // Returns when `count` more requests have been answered.
  void WaitForMore(int count) const {
    for (const int until = answered_ + count; answered_ < until && !stopping_;) {
      int seen = answered_;
      answered_.wait(seen);
    }
  }

 private:
  void Run(int thread, const std::string& name_space, const std::string& image) {
    for (int i = 0; !stopping_; ++i) {
      kube::Request request;
      request.method = kube::Method::kPost;
      request.target = "/api/v1/namespaces/" + name_space + "/pods?dryRun=All";
      request.body = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"s)" +
                     std::to_string(thread) + "-" + std::to_string(i) +
                     R"("},"spec":{"containers":[{"name":"c","image":")" + image + R"("}]}})";
      request.timeout = std::chrono::seconds(30);
      const auto answer = transport_->Call(request, {});
      if (!answer || answer->status != 201) {
        const std::lock_guard lock(mutex_);
        failures_.push_back(answer ? answer->body : answer.error().message);
      }
      ++answered_;
      answered_.notify_all();
    }
  }

  SystemClock clock_;
  NullMetrics metrics_;
  NullLogger log_;
  std::unique_ptr<kube::Transport> transport_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> answered_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> failures_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

class WebhookRotationTest : public WebhookTest {
 protected:
  // What the kubelet does with the Secret that the leader keeps.
  bool MountSecret(const std::string& to) {
    const auto field = [this](const std::string& name) {
      const std::string text =
          Kubectl({"-n", "plimsoll-system", "get", "secret", "plimsoll-webhook-certificate", "-o",
                   "jsonpath={.data." + name + "}"});
      const auto bytes = Base64Decode(text);
      return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
    };
    const std::string chain = field("tls\\.crt"), key = field("tls\\.key");
    if (!chain.empty()) Mount(to, chain, key);
    return !chain.empty();
  }
};

TEST_F(WebhookRotationTest, NoRequestFailsWhileCertificatesRotateAndReplicasRestart) {
  const std::string image = Push(Gated("web") + ":v1");
  Sign({"--key"}, image);
  Pin(Gated("web"), bed().public_key());
  const std::string mounted = MakeFolder("mounted");

  // Nobody made a certificate: the leader does, and tells the API server whom to believe.
  TcpGate service;
  Configure(service.port(), "");
  auto controller =
      StartController({"--serving-certificate-secret", "plimsoll-webhook-certificate"});
  controller->WaitForLine("wrote the webhook's serving certificate", std::chrono::seconds(60));
  controller->WaitForLine("\"configuration\":\"plimsoll-audit\"", std::chrono::seconds(60));
  ASSERT_TRUE(MountSecret(mounted));
  Replica first = StartWebhook(mounted), second = StartWebhook(mounted);
  service.ForwardTo({first.port});
  WaitUntilAsked(first);
  service.ForwardTo({first.port, second.port});
  const Outcome admitted = RunImageUntilAdmitted(image, Denying());
  ASSERT_TRUE(admitted.ok()) << admitted.errors;

  PodStream stream(bed().kubeconfig(), Denying(), image);
  stream.WaitForMore(20);

  // Another certificate of the same authority: the one that is there counts as lost.
  Kubectl({"-n", "plimsoll-system", "patch", "secret", "plimsoll-webhook-certificate", "--type",
           "json", "-p", R"([{"op":"remove","path":"/data/tls.crt"}])"});
  controller->WaitForLine("there is no usable certificate", std::chrono::seconds(60));
  ASSERT_TRUE(MountSecret(mounted));
  first.program->WaitForLine("serving with a new certificate");
  second.program->WaitForLine("serving with a new certificate");
  // New connections meet the new certificate.
  service.ForwardTo({first.port});
  stream.WaitForMore(20);

  // One replica after the other, as a rolling update does it: a new one is ready before an old one is told to end, and
  // the Service learns of it while the old one still answers.
  for (Replica* old : {&second, &first}) {
    Replica fresh = StartWebhook(mounted);
    old->program->Signal(SIGTERM);
    old->program->WaitForLine("stopping: not ready any more");
    service.ForwardTo({fresh.port});
    EXPECT_EQ(old->program->WaitForExit(), 0);
    *old = std::move(fresh);
    stream.WaitForMore(20);
  }
  stream.Stop();
  EXPECT_THAT(stream.failures(), ::testing::IsEmpty());
  EXPECT_GT(stream.answered(), 80);
  RecordProperty("requests", stream.answered());
  EXPECT_GT(MetricOf(first, "plimsoll_serving_certificate_expiration_timestamp_seconds", ""),
            1.7e9);
  EXPECT_EQ(controller->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
