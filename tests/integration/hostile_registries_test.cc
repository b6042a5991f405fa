// A running controller beside registries that misbehave, each in its own way, and a healthy one: the healthy one is
// observed as if it were alone, nothing is learned from the others, nothing that was learned is lost, and the process
// stays small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>

#include "api/names.h"
#include "base/subprocess.h"
#include "cluster/cluster_test.h"
#include "support/fake_registry/fake_registry.h"

namespace plimsoll::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::SizeIs;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr double kMostMiB = 64;
// The controller's first wait after a failure, and its jitter.
constexpr double kFirstBackOff = 15, kJitter = 0.2;
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

std::string FakeDigest() { return "sha256:" + std::string(64, 'a'); }

// A server on which every request fails in one way, and when each was asked.
class Hostile {
 public:
  Hostile(std::string name, std::function<Reply()> reply) : name_(std::move(name)) {
    server_.OnAny([this, reply = std::move(reply)](const SeenRequest&) {
      const std::lock_guard lock(mutex_);
      times_.push_back(std::chrono::steady_clock::now());
      return reply();
    });
  }
  const std::string& name() const { return name_; }
  std::string host() const { return server_.host_port(); }
  std::string repository() const { return host() + "/acme/app"; }
  std::vector<SteadyTime> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  bool WaitForRequests(std::size_t count) const {
    return server_.WaitForRequests(count, seconds(60));
  }

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  std::vector<SteadyTime> times_;  // guarded by mutex_
  FaultServer server_;
};

std::vector<std::pair<std::string, std::function<Reply()>>> Misbehaviours() {
  return {
      {"slow-header", [] { return Reply::SlowHeader(milliseconds(100)); }},
      {"slow-body",
       [] {
         return Reply::Ok(std::string(1'000'000, ' '), kOciManifest).DripEvery(milliseconds(100));
       }},
      {"no-answer", [] { return Reply::NoAnswer(); }},
      {"throttled", [] { return Reply::Status(429); }},
      {"throttled-for-a-day", [] { return Reply::Status(429).With("Retry-After", "86400"); }},
      {"error-500", [] { return Reply::Status(500); }},
      {"error-503", [] { return Reply::Status(503); }},
      {"refused-401", [] { return Reply::Status(401); }},
      {"refused-403", [] { return Reply::Status(403); }},
      {"login-page", [] { return Reply::Html(200); }},
      {"gigabyte", [] { return Reply::Endless(std::uint64_t{1} << 30, true, kOciManifest); }},
      {"endless-body", [] { return Reply::Endless(kEndless, false, kOciManifest); }},
      {"endless-header", [] { return Reply::EndlessHeader(); }},
      {"endless-header-line", [] { return Reply::EndlessHeaderLine(); }},
      {"wrong-digest", [] { return Reply::Ok("{\"schemaVersion\":2}", kOciManifest); }},
      {"gzip-bomb", [] { return Reply::GzipBomb(std::uint64_t{1} << 30); }},
      {"redirect-loop", [] { return Reply::Redirect(307, "/v2/loop"); }},
      {"redirect-to-metadata",
       [] { return Reply::Redirect(307, "http://169.254.169.254/latest"); }},
      {"negative-chunk", [] { return Reply::ChunkSizeLine("-1"); }},
      {"endless-chunks", [] { return Reply::EndlessChunks(kOciManifest); }},
      {"endless-trailer", [] { return Reply::EndlessTrailer(); }},
      {"cut-body",
       [] { return Reply::Ok(std::string(1'000, ' '), kOciManifest).ClosedAfter(400); }},
      {"reset", [] { return Reply::ResetAtOnce(); }},
      {"megabyte-challenge",
       [] {
         return Reply::Status(401).With("WWW-Authenticate",
                                        "Bearer realm=\"" + std::string(1 << 20, 'a') + "\"");
       }},
  };
}

class HostileRegistriesTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    for (auto& [name, reply] : Misbehaviours())
      hostile_.push_back(std::make_unique<Hostile>(name, std::move(reply)));
    std::ofstream config(config_file(), std::ios::app);
    const auto add = [&](const std::string& host) {
      config << "- {host: \"" << host
             << "\", plainHTTP: true, allowAddress: [127.0.0.0/8], requestsPerSecond: 200}\n";
    };
    for (const auto& registry : hostile_) add(registry->host());
    add(turning_.host());
  }

  // A registry that behaves at first: it serves the image and its signature as the bed's does.
  std::string Turning() const { return turning_.host() + "/acme/turning"; }
  std::string CopyToTurning(const std::string& image) {
    const std::string name = image.substr(0, image.find('@'));
    const std::string digest = image.substr(image.find('@') + 1);
    const std::string tag = "sha256-" + digest.substr(7) + ".sig";
    turning_.PutManifest("acme/turning", Run({"manifest", image}), kOciManifest, "v1");
    const std::string signatures = Run({"manifest", name + ":" + tag});
    turning_.PutManifest("acme/turning", signatures, kOciManifest, tag);
    const auto manifest = json::Document::Parse(signatures);
    EXPECT_TRUE(manifest);
    const std::string payload(manifest->root()["layers"][0]["digest"].StringOrEmpty());
    turning_.PutBlob("acme/turning", Run({"blob", name + "@" + payload}));
    return digest;
  }
  void WaitForObserved(const std::string& repository, bool value) const {
    WaitForBaseline(repository);
    Kubectl({"wait", std::string("--for=condition=Observed=") + (value ? "True" : "False"),
             "signingbaseline/" + api::BaselineName(repository), "--timeout=110s"});
  }
  // A value of the controller's exposition, as the series is written there; -1 when there is none.
  static double Metric(const Program& controller, const std::string& series) {
    const std::string log = controller.output();
    const std::size_t line = log.find("\"server\":\"metrics\"");
    const std::size_t address = log.find("127.0.0.1:", line);
    SubprocessRequest request;
    request.argv = {"curl", "-fsS",
                    "http://" + log.substr(address, log.find('"', address) - address) + "/metrics"};
    const auto done = RunSubprocess(request);
    EXPECT_TRUE(done && done->exit_code == 0);
    const std::size_t at = done ? done->output.find("\n" + series + " ") : std::string::npos;
    return at == std::string::npos ? -1 : std::stod(done->output.substr(at + series.size() + 2));
  }
  // From the first failure to the next try. Each server answers the first request of a look with its fault, and that
  // ends the look, but for faults that are told from others by another request.
  static double FirstWait(const Hostile& registry) {
    const auto times = registry.times();
    for (std::size_t i = 1; i < times.size(); ++i) {
      const double gap = std::chrono::duration<double>(times[i] - times[i - 1]).count();
      if (gap > kFirstBackOff / 2) return gap;
    }
    return 0;
  }

  std::vector<std::unique_ptr<Hostile>> hostile_;
  FakeRegistry turning_;
};

TEST_F(HostileRegistriesTest, TheHealthyOneIsObservedNothingIsLearnedAndNothingIsLost) {
  const std::string web = Repository("web");
  const std::string image = Push(web + ":v1");
  Sign({"--key"}, image);
  RunPod("web", web + ":v1");
  const std::string digest = CopyToTurning(image);
  RunPod("turning", Turning() + ":v1", Turning() + "@" + digest);
  const auto controller = StartController();
  WaitForStatus(web, "state", "Established");
  WaitForStatus(Turning(), "state", "Established");
  const std::string learned = Status(Turning(), "learningTime");

  for (const auto& registry : hostile_) {
    RunPod(registry->name(), registry->repository() + ":v1",
           registry->repository() + "@" + FakeDigest());
  }
  const std::string down = "127.0.0.1:1/acme/down";
  RunPod("down", down + ":v1", down + "@" + FakeDigest());

  // One that begins to fail loses nothing by it, and is what it was when it answers again.
  turning_.Fault("", Reply::Status(500));
  WaitForObserved(Turning(), false);
  EXPECT_EQ(Status(Turning(), "state"), "Established");
  EXPECT_EQ(Status(Turning(), "posture"), "SignedKeyBased");
  turning_.ClearFaults();
  WaitForObserved(Turning(), true);
  const json::Document turned = Baseline(Turning());
  EXPECT_EQ(turned.root()["status"]["state"].StringOrEmpty(), "Established");
  EXPECT_EQ(turned.root()["status"]["learningTime"].StringOrEmpty(), learned);
  EXPECT_EQ(turned.root()["status"]["driftSummary"].StringOrEmpty(), "");
  EXPECT_EQ(turned.root()["status"]["signers"].size(), 1u);

  // What is new in the healthy registry is seen while the others fail.
  Sign({"--key"}, Push(web + ":v2"));
  RunPod("next", web + ":v2");
  WaitForStatus(web, "runningImages", "2");
  EXPECT_EQ(Status(web, "state"), "Established");
  EXPECT_EQ(Status(web, "posture"), "SignedKeyBased");
  EXPECT_EQ(Status(web, "driftSummary"), "");

  WaitForObserved(down, false);
  for (const auto& registry : hostile_) {
    EXPECT_TRUE(registry->WaitForRequests(1)) << registry->name();
    const json::Document baseline = Baseline(registry->repository());
    const auto status = baseline.root()["status"];
    EXPECT_EQ(status["signers"].size(), 0u) << registry->name();
    EXPECT_THAT(std::string(status["state"].StringOrEmpty()), AnyOf("", "Unverified"))
        << registry->name();
  }

  // Five requests for an image that is as it was.
  const std::string looks = "plimsoll_registry_requests_per_look_";
  const double unchanged = Metric(*controller, looks + "count{outcome=\"unchanged\"}");
  EXPECT_GT(unchanged, 0);
  EXPECT_EQ(Metric(*controller, looks + "sum{outcome=\"unchanged\"}"), 5 * unchanged);
  EXPECT_GT(Metric(*controller, looks + "count{outcome=\"unknown\"}"), 0);

  const double peak = controller->PeakMiB();
  RecordProperty("peak_mib", std::to_string(peak));
  std::printf("peak resident memory: %.1f MiB\n", peak);
  if (!kSanitized) {
    EXPECT_LT(peak, kMostMiB);
  }
  EXPECT_EQ(controller->Terminate(), 0);
}

TEST_F(HostileRegistriesTest, FailuresAreTriedAgainLaterAndNotAllAtOnce) {
  std::vector<Hostile*> failing;
  for (const auto& registry : hostile_) {
    const auto& name = registry->name();
    if (name == "error-500" || name == "error-503" || name == "reset" || name == "refused-401" ||
        name == "refused-403" || name == "login-page") {
      failing.push_back(registry.get());
      RunPod(name, registry->repository() + ":v1", registry->repository() + "@" + FakeDigest());
    }
  }
  ASSERT_THAT(failing, SizeIs(6));
  const auto controller = StartController();
  for (const Hostile* registry : failing) {
    ASSERT_TRUE(registry->WaitForRequests(1)) << registry->name();
    WaitForObserved(registry->repository(), false);
  }
  double shortest = 1'000, longest = 0;
  for (const Hostile* registry : failing) {
    const std::size_t first_look = registry->times().size();
    ASSERT_TRUE(FirstWait(*registry) > 0 || registry->WaitForRequests(first_look + 1))
        << registry->name();
    const double wait = FirstWait(*registry);
    EXPECT_GE(wait, kFirstBackOff * (1 - kJitter)) << registry->name();
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  std::printf("first waits: %.2f s to %.2f s\n", shortest, longest);
  // Six equal waits would be no jitter.
  EXPECT_GT(longest - shortest, 0.1);
  EXPECT_LT(longest, kFirstBackOff * (1 + kJitter) + 5);
  EXPECT_EQ(controller->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
