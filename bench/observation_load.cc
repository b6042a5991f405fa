// Observing images of a real registry that the real cosign signed: how many a second, what the CPU's time goes to, what
// is asked for, what is remembered. Prints rows for bench/run; bench/observation makes the registry and the images.
#include <malloc.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/subprocess.h"
#include "base/time.h"
#include "http/budget.h"
#include "http/client.h"
#include "json/writer.h"
#include "observation/observer.h"
#include "oci/discovery.h"
#include "oci/registry.h"
#include "sigstore/verifier.h"

namespace plimsoll::bench {
namespace {

constexpr auto kRunFor = std::chrono::seconds(5);
constexpr std::size_t kRemembered = 10'000;
constexpr double kMostMiB = 32;
constexpr double kColdRequests = 6;  // five places, and the payload of the one signature
constexpr double kWarmRequests = 5;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "observation_load: %s\n", why.c_str());
  std::exit(1);
}

struct Image {
  std::string repository, digest;
};

void Row(const std::string& name, double value, const char* unit, std::optional<double> limit = {},
         std::optional<double> reference = {}) {
  json::Writer w;
  w.BeginObject();
  w.Member("name", "observation." + name);
  w.Key("value");
  w.Double(value);
  w.Member("unit", unit);
  if (limit) {
    w.Key("limit");
    w.Double(*limit);
    w.Member("held", value <= *limit);
  }
  if (reference) {
    w.Key("reference");
    w.Double(*reference);
    w.Key("ratio");
    w.Double(value / *reference);
  }
  w.EndObject();
  std::printf("%s\n", std::move(w).Take().c_str());
  std::fflush(stdout);
}

double Seconds(clockid_t which) {
  timespec now{};
  clock_gettime(which, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double Cpu() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }
double Wall() { return Seconds(CLOCK_MONOTONIC); }

// What an observation needs, without the paces that the product keeps towards strangers.
struct Parts {
  SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  std::unique_ptr<http::Client> http;
  http::HostBudget budget{{.requests_per_second = 1e6, .burst = 1e6, .max_in_flight = 256}, 1};
  std::unique_ptr<oci::CredentialSource> credentials = oci::MakeNoCredentials();
  std::unique_ptr<oci::Registry> registry;

  explicit Parts(const std::string& host) {
    oci::RegistrySettings settings;
    settings.host = host;
    settings.plain_http = true;
    settings.allow_addresses = {"127.0.0.0/8"};
    settings.requests_per_second = 1e6;
    oci::RegistryOptions options;
    options.registries = {settings};
    http::ClientOptions client;
    client.hosts = oci::HttpHosts(options.registries).value();
    http = http::NewClient(std::move(client)).value();
    registry =
        oci::MakeRegistry(std::move(options), *http, budget, *credentials, clock, log, metrics);
  }
};

std::unique_ptr<observation::Observer> MakeObserver(
    Parts& parts, oci::Registry& registry,
    const std::shared_ptr<const sigstore::Verifier>& verifier) {
  return std::make_unique<observation::Observer>(registry, oci::RepositoryRules(), verifier,
                                                 parts.clock);
}

observation::Question QuestionOf(const Image& image) {
  observation::Question question;
  question.repository = image.repository;
  question.digest = image.digest;
  question.trusted_repository = true;
  return question;
}

observation::Answer Look(observation::Observer& observer, const observation::Question& question) {
  auto answer = observer.Observe(question);
  if (!baseline::IsSigned(answer.observation.posture))
    Die(question.repository + " is not seen signed: " + answer.message);
  return answer;
}

// Calls `work(i)` for i = 0, 1, ... from so many threads until the time is over; how often a second.
double Rate(int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  const double began = Wall();
  const double end = began + std::chrono::duration<double>(kRunFor).count();
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      while (Wall() < end) {
        work(next++);
        ++done;
      }
    });
  }
  for (auto& thread : running) thread.join();
  return static_cast<double>(done) / (Wall() - began);
}

class Load {
 public:
  Load(std::vector<Image> images, std::string trusted_root, std::string crane,
       std::vector<std::string> cosign)
      : images_(std::move(images)),
        crane_(std::move(crane)),
        cosign_(std::move(cosign)),
        parts_(images_.front().repository.substr(0, images_.front().repository.find('/'))) {
    const auto root_text = ReadFile(trusted_root, 4u << 20);
    if (!root_text) Die(root_text.error().message);
    auto root = sigstore::TrustRoot::FromJson(*root_text);
    if (!root) Die(root.error().message);
    auto verifier = sigstore::Verifier::Create(std::move(*root), {});
    if (!verifier) Die(verifier.error().message);
    verifier_ = std::make_shared<const sigstore::Verifier>(std::move(*verifier));
  }

  void Rates() {
    const auto found = Materials();
    for (const int threads : {1, 8, 32}) {
      // A confirmation reads everything again, whatever is remembered; but it would also use new connections. So
      // "cold" is an observer that remembers nothing.
      observation::Observer observer(*parts_.registry, {}, verifier_, parts_.clock,
                                     {.remembered = 0});
      const double ours = Rate(threads, [&](std::size_t i) { Look(observer, QuestionOf(At(i))); });
      const double theirs = Rate(threads, [&](std::size_t i) { CosignVerify(At(i)); });
      const double fetched =
          Rate(threads, [&](std::size_t i) { CraneFetches(At(i), found.at(At(i).digest)); });
      Row("cold_" + std::to_string(threads), ours, "1/s", {}, theirs);
      Row("cold_beside_bare_fetches_" + std::to_string(threads), ours, "1/s", {}, fetched);
    }
  }

  void CpuTimes() {
    observation::Observer observer(*parts_.registry, {}, verifier_, parts_.clock,
                                   {.remembered = 0});
    const auto found = Materials();
    const double whole = CpuOf([&](const Image& image) { Look(observer, QuestionOf(image)); });
    const double network = CpuOf([&](const Image& image) { BareRequests(image, found); });
    const double crypto = CpuOf([&](const Image& image) { Verify(image, found.at(image.digest)); });
    Row("cpu", whole * 1e6, "us");
    Row("cpu_network", network * 1e6, "us");
    Row("cpu_crypto", crypto * 1e6, "us");
    Row("cpu_parsing", std::max(0.0, whole - network - crypto) * 1e6, "us");
  }

  void Requests() {
    const auto observer = MakeObserver(parts_, *parts_.registry, verifier_);
    const auto cold = Look(*observer, QuestionOf(images_.front())).requests;
    const auto again = Look(*observer, QuestionOf(images_.front()));
    if (!again.unchanged) Die("an unchanged image was read again");
    Row("requests_cold", cold.total, "requests", kColdRequests);
    Row("requests_warm", again.requests.total, "requests", kWarmRequests);
    Row("manifest_gets_warm", again.requests.manifest_gets, "requests", 0);
  }

  void Memory();

 private:
  const Image& At(std::size_t i) const { return images_[i % images_.size()]; }

  static void Run(std::vector<std::string> argv) {
    SubprocessRequest request;
    request.argv = std::move(argv);
    request.timeout = std::chrono::minutes(2);
    const auto done = RunSubprocess(request);
    if (!done || done->exit_code != 0)
      Die(request.argv.front() + ": " + (done ? done->error_output : done.error().message));
  }
  void CosignVerify(const Image& image) const {
    std::vector<std::string> argv = cosign_;
    argv.push_back(image.repository + "@" + image.digest);
    Run(std::move(argv));
  }
  // What there is to fetch for a signed image, and nothing else: no place is asked that is empty.
  void CraneFetches(const Image& image, const oci::DiscoveryResult& found) const {
    Run({crane_, "manifest", image.repository + "@" + image.digest});
    Run({crane_, "manifest", image.repository + ":sha256-" + image.digest.substr(7) + ".sig"});
    Run({crane_, "blob", image.repository + "@" + found.materials.front().blob.text()});
  }

  template <class Work>
  double CpuOf(Work work) const {
    for (const auto& image : images_) work(image);  // connections, caches of the CPU
    std::size_t count = 0;
    const double began = Cpu();
    for (const double end = Wall() + 2; Wall() < end;) {
      for (const auto& image : images_) work(image);
      count += images_.size();
    }
    return (Cpu() - began) / static_cast<double>(count);
  }

  using Found = std::map<std::string, oci::DiscoveryResult>;
  Found Materials() {
    Found found;
    for (const auto& image : images_) found.emplace(image.digest, Discover(image));
    return found;
  }
  oci::DiscoveryResult Discover(const Image& image) {
    return parts_.registry->Discover({.repository = *oci::Repository::FromKey(image.repository),
                                      .digest = *oci::Digest::Parse(image.digest),
                                      .places = {},
                                      .access = {},
                                      .previous = {}});
  }

  // The requests of an observation and nothing else.
  void BareRequests(const Image& image, const Found& found) const {
    const auto slash = image.repository.find('/');
    const std::string base = "http://" + image.repository.substr(0, slash) + "/v2" +
                             image.repository.substr(slash) + "/";
    const std::string tag = "sha256-" + image.digest.substr(7);
    for (const std::string& target :
         {"manifests/" + image.digest, "manifests/" + tag + ".sig", "manifests/" + tag + ".att",
          "referrers/" + image.digest, "manifests/" + tag,
          "blobs/" + found.at(image.digest).materials.front().blob.text()}) {
      http::Request request;
      request.url = base + target;
      request.headers.Add("Accept",
                          "application/vnd.oci.image.manifest.v1+json, "
                          "application/vnd.oci.image.index.v1+json, "
                          "application/vnd.docker.distribution.manifest.v2+json, */*");
      request.named_host = image.repository.substr(0, slash);
      if (!parts_.http->Send(request)) Die("no answer from " + request.url);
    }
  }

  void Verify(const Image& image, const oci::DiscoveryResult& found) const {
    const sigstore::Expected expected{.digests = {image.digest}, .content = {}, .known_keys = {}};
    for (const auto& material : found.materials) {
      const auto& simple = std::get<oci::SimpleSigning>(material.content);
      const auto verified = verifier_->VerifyClassic({.payload = simple.payload,
                                                      .signature = simple.signature,
                                                      .certificate = simple.certificate,
                                                      .chain = simple.chain,
                                                      .bundle = simple.bundle,
                                                      .rfc3161_timestamp = simple.timestamp},
                                                     expected);
      if (!verified.verified()) Die(verified.message);
    }
  }

  const std::vector<Image> images_;
  const std::string crane_;
  const std::vector<std::string> cosign_;
  Parts parts_;
  std::shared_ptr<const sigstore::Verifier> verifier_;
};

// Answers from what was read once, so that ten thousand images need no ten thousand signatures.
class Recorded final : public oci::Registry {
 public:
  explicit Recorded(std::map<std::string, oci::DiscoveryResult> found) : found_(std::move(found)) {}

  oci::DiscoveryResult Discover(const oci::DiscoveryRequest& request) override {
    return found_.at(request.digest.text());
  }
  oci::Answer<oci::TagTarget> ResolveTag(const oci::Repository&, const std::string&,
                                         const oci::Access&) override {
    Die("a tag was asked for");
  }
  oci::Answer<oci::ManifestInfo> ReadManifest(const oci::Repository&, const oci::Digest&,
                                              const oci::Access&) override {
    Die("a manifest was asked for");
  }
  oci::Answer<std::optional<Time>> BuiltTime(const oci::Repository&, const oci::Digest&,
                                             const oci::Access&) override {
    Die("a build's time was asked for");
  }
  oci::Answer<oci::TagList> ListTags(const oci::Repository&, const oci::Access&) override {
    Die("tags were asked for");
  }
  oci::Answer<oci::ManifestInfo> ResolveRunning(const oci::Repository&, const std::string&,
                                                const oci::ImageId&, const oci::Access&) override {
    Die("a running image was asked for");
  }
  oci::AccessReport CheckAccess(const oci::Reference&, const oci::Access&) override {
    Die("access was asked for");
  }

 private:
  const std::map<std::string, oci::DiscoveryResult> found_;
};

// One image is remembered once for each set of known keys, so a set of its own makes an entry of its own.
void Load::Memory() {
  Recorded registry(Materials());
  const auto observer = MakeObserver(parts_, registry, verifier_);
  const auto before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < kRemembered; ++i) {
    auto question = QuestionOf(At(i));
    question.known_keys = {std::to_string(i)};
    Look(*observer, question);
  }
  const auto after = mallinfo2().uordblks;
  Row("memory_10000_images", static_cast<double>(after - before) / (1024 * 1024), "MiB", kMostMiB);
}

// Lines REPOSITORY@DIGEST.
std::vector<Image> ReadImages(const std::string& path) {
  std::vector<Image> images;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find('@');
    if (at != std::string::npos) images.push_back({line.substr(0, at), line.substr(at + 1)});
  }
  if (images.empty()) Die(path + " names no image");
  return images;
}

}  // namespace
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s IMAGES TRUSTED_ROOT CRANE COSIGN-VERIFY...\n", argv[0]);
    return 2;
  }
  plimsoll::bench::Load load(plimsoll::bench::ReadImages(argv[1]), argv[2], argv[3],
                             std::vector<std::string>(argv + 4, argv + argc));
  load.Requests();
  load.Memory();
  load.CpuTimes();
  load.Rates();
  return 0;
}
