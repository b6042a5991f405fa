// kill -9 of the controller at its writes: nothing that it knew is lost, and what it comes to is what it would have come
// to undisturbed.
//
// The fault point is the API server's own: a validating webhook of this test is asked about every create and every
// status of a SigningBaseline while it is being written. Half of the kills come with a refusal (the write never
// happened), half just as it is let through (it happened or not, and the controller never hears of it).
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "api/names.h"
#include "base/encoding.h"
#include "base/file.h"
#include "cluster/cluster_test.h"
#include "json/writer.h"
#include "support/fault_server/fault_server.h"

namespace plimsoll::testing {
namespace {

bool Long() { return std::getenv("PLIMSOLL_TEST_LONG") != nullptr; }
int Kills() { return Long() ? 200 : 20; }
int Repositories() { return Long() ? 60 : 6; }

// Asked about every write, and kills whom it is told to at every second one while kills are left.
class Killer {
 public:
  Killer() : server_(WithTls()) {
    server_.OnAny([this](const SeenRequest& request) { return Answer(request); });
  }

  std::string Configuration() const {
    json::Writer w;
    w.BeginObject();
    w.Member("apiVersion", "admissionregistration.k8s.io/v1");
    w.Member("kind", "ValidatingWebhookConfiguration");
    w.Key("metadata");
    w.BeginObject();
    w.Member("name", kName);
    w.EndObject();
    w.Key("webhooks");
    w.BeginArray();
    w.BeginObject();
    w.Member("name", "crash.test.plimsoll.dev");
    w.Member("sideEffects", "None");
    w.Member("failurePolicy", "Ignore");
    w.Member("timeoutSeconds", std::int64_t{5});
    Strings(w, "admissionReviewVersions", {"v1"});
    w.Key("clientConfig");
    w.BeginObject();
    w.Member("url", server_.Url("/review"));
    w.Member("caBundle", Base64Encode(AsBytes(server_.ca_pem())));
    w.EndObject();
    w.Key("rules");
    w.BeginArray();
    w.BeginObject();
    Strings(w, "apiGroups", {"plimsoll.dev"});
    Strings(w, "apiVersions", {"v1alpha1"});
    Strings(w, "operations", {"CREATE", "UPDATE"});
    Strings(w, "resources", {"signingbaselines", "signingbaselines/status"});
    w.EndObject();
    w.EndArray();
    w.EndObject();
    w.EndArray();
    w.EndObject();
    return std::move(w).Take();
  }

  void Begin(int kills) {
    const std::lock_guard lock(mutex_);
    left_ = kills;
    killed_ = 0;
    writes_ = 0;
    over_ = false;
  }
  // Whom to kill. False when the run is over.
  bool Aim(const Program* program) {
    const std::lock_guard lock(mutex_);
    if (!over_) program_ = program;
    return !over_;
  }
  // The run is over: who still runs is told to end.
  void End() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (program_ != nullptr) program_->Signal(SIGTERM);
    program_ = nullptr;
  }
  int killed() const {
    const std::lock_guard lock(mutex_);
    return killed_;
  }
  int writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

  static constexpr char kName[] = "plimsoll-test-crash";

 private:
  static FaultServer::Options WithTls() {
    FaultServer::Options options;
    options.tls = true;
    return options;
  }
  static void Strings(json::Writer& w, const char* name, const std::vector<std::string>& values) {
    w.Key(name);
    w.BeginArray();
    for (const std::string& value : values) w.String(value);
    w.EndArray();
  }

  Reply Answer(const SeenRequest& request) {
    const auto review = json::Document::Parse(request.body);
    if (!review) return Reply::Status(400);
    json::Writer w;
    w.BeginObject();
    w.Member("apiVersion", "admission.k8s.io/v1");
    w.Member("kind", "AdmissionReview");
    w.Key("response");
    w.BeginObject();
    w.Member("uid", review->root()["request"]["uid"].StringOrEmpty());
    w.Key("allowed");
    w.Bool(Allows());
    w.EndObject();
    w.EndObject();
    return Reply::Ok(std::move(w).Take());
  }

  bool Allows() {
    const std::lock_guard lock(mutex_);
    writes_ += 1;
    if (left_ == 0 || program_ == nullptr || writes_ % 2 != 0) return true;
    program_->Signal(SIGKILL);
    program_ = nullptr;
    left_ -= 1;
    killed_ += 1;
    return killed_ % 2 == 0;
  }

  mutable std::mutex mutex_;
  const Program* program_ = nullptr;  // this and the rest are guarded by mutex_
  bool over_ = false;
  int left_ = 0;
  int killed_ = 0;
  int writes_ = 0;
  FaultServer server_;  // last: its threads use the rest
};

class CrashTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    // Killed 200 times it takes longer, and must not be Established for that.
    const auto config = ReadFile(config_file(), 1 << 20);
    ASSERT_TRUE(config) << config.error().message;
    const std::string soon = "establishAfter: 5s";
    const std::size_t at = config->find(soon);
    ASSERT_NE(at, std::string::npos);
    std::ofstream(config_file()) << config->substr(0, at) << "establishAfter: 24h"
                                 << config->substr(at + soon.size());
    Kubectl({"apply", "-f", "-"}, killer_.Configuration());
    for (int i = 0; i < Repositories(); ++i) {
      repositories_.push_back(Repository("app-" + std::to_string(i)));
      const std::string image = Push(repositories_.back() + ":v1");
      if (IsSigned(i)) Sign({"--key"}, image);
      const std::string next = Push(repositories_.back() + ":v2");
      if (IsSigned(i)) Sign({"--key", "--other"}, next);
      RunPod("first-" + std::to_string(i), repositories_.back() + ":v1");
    }
  }
  void TearDown() override {
    Kubectl({"delete", "validatingwebhookconfiguration", Killer::kName});
    ClusterTest::TearDown();
  }

  static bool IsSigned(int i) { return i % 3 != 2; }

  // From nothing to a drift in every signed repository, with a controller that is started again whenever it is killed.
  // What is then stored, without what differs from run to run.
  std::map<std::string, std::string> Live(int kills) {
    killer_.Begin(kills);
    std::thread keeper([this] {
      while (true) {
        const auto controller = StartController({"--leader-elect=false"});
        if (!killer_.Aim(controller.get())) break;
        if (controller->WaitForExit(kPatience) != 128 + SIGKILL) break;
      }
      killer_.Aim(nullptr);
    });
    for (int i = 0; i < Repositories(); ++i) {
      WaitForStatus(repositories_[static_cast<std::size_t>(i)], "state",
                    IsSigned(i) ? "Learning" : "Unsigned");
    }
    for (int i = 0; i < Repositories(); ++i) {
      RunPod("next-" + std::to_string(i), repositories_[static_cast<std::size_t>(i)] + ":v2");
    }
    for (int i = 0; i < Repositories(); ++i) {
      const std::string& repository = repositories_[static_cast<std::size_t>(i)];
      if (IsSigned(i)) WaitForStatus(repository, "driftSummary", "SignerChanged");
      const std::string judged = IsSigned(i) ? "SignedKeyBased" : "Unsigned";
      for (const std::string& what :
           {std::string("runningImages}=2"), "images[0].posture}=" + judged,
            "images[1].posture}=" + judged}) {
        Kubectl({"wait", "--for=jsonpath={.status." + what,
                 "signingbaseline/" + api::BaselineName(repository), "--timeout=110s"});
      }
    }
    killer_.End();
    keeper.join();
    std::map<std::string, std::string> stored;
    for (const std::string& repository : repositories_) stored[repository] = Stored(repository);
    return stored;
  }

  void Forget() {
    Kubectl({"delete", "signingbaselines", "--all", "--wait=true"});
    for (int i = 0; i < Repositories(); ++i)
      Kubectl({"delete", "pod", "next-" + std::to_string(i), "-n", Namespace(), "--wait=true"});
  }

  Killer killer_;

 private:
  static constexpr auto kPatience = std::chrono::minutes(30);

  std::string Stored(const std::string& repository) const {
    const json::Document document = Baseline(repository);
    const json::Value status = document.root()["status"];
    std::string text;
    for (const char* field :
         {"state", "severity", "strength", "posture", "signer", "driftSummary"}) {
      text += std::string(field) + "=" + std::string(status[field].StringOrEmpty()) + "\n";
    }
    const auto each = [&](const char* list, std::initializer_list<const char*> fields) {
      std::map<std::string, std::string> lines;
      for (json::Value v = status[list].first(); !v.missing(); v = v.next()) {
        std::string line;
        for (const char* field : fields) line += " " + std::string(v[field].StringOrEmpty());
        lines[line] = list + line + "\n";
      }
      for (const auto& [key, line] : lines) text += line;
    };
    each("signers", {"id", "source", "spkiSHA256"});
    each("images", {"digest", "posture", "origin", "drift", "use"});
    each("drift", {"fingerprint", "kind", "severity"});
    each("conditions", {"type", "status", "reason"});
    return text;
  }

  std::vector<std::string> repositories_;
};

TEST_F(CrashTest, AControllerThatIsKilledAtItsWritesComesToTheSameEnd) {
  const auto undisturbed = Live(0);
  const int writes = killer_.writes();
  Forget();
  const auto killed = Live(Kills());
  std::cout << "undisturbed: " << writes << " writes; killed " << killer_.killed() << " times in "
            << killer_.writes() << " writes\n";
  EXPECT_EQ(killer_.killed(), Kills());
  for (const auto& [repository, stored] : undisturbed) EXPECT_EQ(killed.at(repository), stored);
}

using PausedLeaderTest = ClusterTest;

TEST_F(PausedLeaderTest, ALeaderThatSleptForTwoLeasesErasesNothing) {
  const std::string web = Repository("web");
  Sign({"--key"}, Push(web + ":v1"));
  RunPod("web", web + ":v1");
  const auto first = StartController();
  first->WaitForLine("\"msg\":\"leader\"");
  WaitForStatus(web, "state", "Learning");

  const auto second = StartController();
  first->Signal(SIGSTOP);
  second->WaitForLine("\"msg\":\"leader\"", std::chrono::seconds(60));
  Sign({"--key", "--other"}, Push(web + ":v2"));
  RunPod("next", web + ":v2");
  WaitForStatus(web, "driftSummary", "SignerChanged");
  // An open drift is looked at every 2 s here, so this is the second lease.
  for (int look = 0; look < 10; ++look)
    second->WaitForLine("\"msg\":\"observed\",\"repository\":\"" + web);

  first->Signal(SIGCONT);
  EXPECT_GT(first->WaitForExit(), 0);
  for (int look = 0; look < 3; ++look)
    second->WaitForLine("\"msg\":\"observed\",\"repository\":\"" + web);
  const json::Document object = Baseline(web);
  EXPECT_EQ(object.root()["status"]["driftSummary"].StringOrEmpty(), "SignerChanged");
  EXPECT_EQ(object.root()["status"]["drift"].size(), 1u);
  EXPECT_EQ(second->Terminate(), 0);
}

}  // namespace
}  // namespace plimsoll::testing
