// The webhook as a process, under what whoever can reach its port may try: it stays small, and other clients get their
// answers meanwhile. Prints each attack's numbers. Attackers come from other machines and take none of this one's time:
// here they have a processor of their own, where there are two. The clients, who do little, share the webhook's, and
// need not wait for it.
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "cluster/webhook_bed.h"
#include "support/http_load/http_load.h"
#include "support/raw_client/http_attacks.h"
#include "support/raw_client/raw_client.h"

namespace plimsoll::testing {
namespace {

constexpr double kMostMiB = 64;
constexpr rlim_t kOpenFiles = 20'000;
constexpr char kPath[] = "/audit/pods";

class WebhookAttackTest : public WebhookTest {
 protected:
  void SetUp() override {
    WebhookTest::SetUp();
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = std::min(kOpenFiles, files.rlim_max);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  }

  // The API server beside an attack: a few connections, a review now and then.
  static LoadPlan Healthy(std::uint16_t port) {
    LoadPlan plan;
    plan.port = port;
    plan.connections = 4;
    plan.pause = std::chrono::milliseconds(5);
    plan.requests = {
        PostRequest(kPath, "application/json", ReviewOf("shop", "probe.invalid/web:v1"))};
    return plan;
  }
};

// Those that this process may use.
std::vector<int> Processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  EXPECT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  std::vector<int> processors;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &allowed)) processors.push_back(i);
  }
  return processors;
}

// This thread, and the threads and programs that it starts.
void StayOn(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}

// The same, where there is but one processor, too.
void TakeOnlyIdleTime() {
  const sched_param none{};
  ASSERT_EQ(sched_setscheduler(0, SCHED_IDLE, &none), 0);
}

// Of this thread, and of those that it starts and that do not take idle time only.
void NeedNotWaitForAProcessor() {
  constexpr int kFirst = -15;
  if (setpriority(PRIO_PROCESS, 0, kFirst) != 0)
    std::printf("without the right to a higher priority: times of clients contain waiting\n");
}

// No attack, but work for the attackers' processor: what times of clients are like where others compute.
void Compute(std::uint16_t /*port*/, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
  }
}

TEST_F(WebhookAttackTest, NoAttackMakesItLargeOrKeepsOthersFromTheirAnswers) {
  const std::vector<int> processors = Processors();
  ASSERT_FALSE(processors.empty());
  StayOn(processors.front());
  const Replica webhook = StartWebhook();
  NeedNotWaitForAProcessor();
  std::printf("%-24s %9s %8s %8s %8s %8s\n", "attack", "peak MiB", "answers", "p50 us", "p99 us",
              "before");
  std::vector<HttpAttack> attacks = HttpAttacks(kPath);
  attacks.insert(attacks.begin(), {"none, a busy processor", Compute});
  for (const HttpAttack& attack : attacks) {
    SCOPED_TRACE(attack.name);
    // What is normal changes with the machine: measured each time.
    const LoadResult before = RunLoad(Healthy(webhook.port));
    EXPECT_GT(before.requests, 0U);
    webhook.program->ForgetPeak();
    LoadResult meanwhile;
    {
      const std::jthread attacker([&](const std::stop_token& stop) {
        StayOn(processors.back());
        TakeOnlyIdleTime();
        attack.run(webhook.port, stop);
      });
      meanwhile = RunLoad(Healthy(webhook.port));
    }
    const double peak = webhook.program->PeakMiB();
    std::printf("%-24s %9.1f %8lu %8.0f %8.0f %8.0f\n", attack.name.c_str(), peak,
                meanwhile.requests, meanwhile.p50_us, meanwhile.p99_us, before.p99_us);
    std::fflush(stdout);
    EXPECT_LE(peak, kMostMiB);
    EXPECT_GT(peak, 0) << "it has ended";
    EXPECT_GT(meanwhile.requests, 0U);
    EXPECT_EQ(meanwhile.failures, 0U);
  }
  EXPECT_EQ(webhook.program->Terminate(), 0);
}

// Whoever reaches the port can ask about any image: of repositories that nobody knows, and of one that is trusted.
TEST_F(WebhookAttackTest, TenThousandForgedReviewsKeepNobodyFromAnAnswer) {
  constexpr int kForgers = 8, kForgeriesEach = 1'250;
  const std::string web = Repository("web");
  const std::string victim = Repository("victim");
  Pin(web, bed().public_key());
  Pin(victim, bed().public_key());
  const Replica webhook = StartWebhook();
  Configure(webhook.port, identity().ca_pem);
  WaitUntilAsked(webhook);
  std::vector<std::string> releases;
  for (const char* tag : {":v1", ":v2", ":v3"}) {
    releases.push_back(Push(web + tag));
    Sign({"--key"}, releases.back());
  }
  const std::string& denying = Denying();
  std::atomic<int> answered{0};
  std::atomic<int> running{kForgers};
  std::vector<std::jthread> forgers;
  for (int forger = 0; forger < kForgers; ++forger) {
    forgers.emplace_back([&, forger] {
      http::RawClient client(webhook.port, true, "127.0.0.2");
      for (int i = 0; i < kForgeriesEach; ++i) {
        std::string digest = std::to_string(forger * kForgeriesEach + i);
        digest.insert(0, 64 - digest.size(), '0');
        const std::string repository =
            forger % 2 == 0 ? victim : bed().registry() + "/forged-" + std::to_string(i) + "/web";
        client.Send(PostRequest("/enforce/pods", "application/json",
                                ReviewOf(denying, repository + "@sha256:" + digest)));
        if (client.Status() == 200) ++answered;
      }
      --running;
    });
  }
  for (const std::string& release : releases) {
    const Outcome admitted = RunImage(release, denying);
    EXPECT_TRUE(admitted.ok()) << admitted.errors;
    std::printf("beside %d forged reviews: admitted after %ld ms\n", answered.load(),
                static_cast<long>(admitted.took.count()));
  }
  EXPECT_GT(running, 0) << "nothing was forged meanwhile";
  forgers.clear();
  EXPECT_EQ(answered, kForgers * kForgeriesEach);
  EXPECT_LE(webhook.program->PeakMiB(), kMostMiB);
  EXPECT_EQ(webhook.program->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
