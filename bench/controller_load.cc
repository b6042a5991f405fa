// The controller beside a real API server that holds 10,000 Pods of 2,000 images in 500 repositories.
//
// Prints one JSON row a line, as bench/run reads them: resident memory, the time to a complete inventory, and what was
// written in a steady minute. bench/controller_load starts what it needs and calls it.
// The Pods are real objects whose status is written as a kubelet would; the registry is one in memory, unsigned images.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "base/metric.h"
#include "http/client.h"
#include "json/writer.h"
#include "kube/client.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "kube/object_writer.h"
#include "support/fake_registry/fake_registry.h"
#include "support/testbed/program.h"

namespace plimsoll::bench {
namespace {

constexpr int kRepositories = 500;
constexpr int kImages = 2'000;
constexpr int kPods = 10'000;
constexpr int kNamespaces = 20;
constexpr int kThreads = 16;
constexpr auto kInventoryWithin = std::chrono::minutes(20);
constexpr double kMemoryAimMiB = 64;

struct Image {
  std::string reference;  // repository:tag
  std::string image_id;   // repository@digest
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "controller_load: %s\n", why.c_str());
  std::exit(1);
}

std::vector<Image> PushImages(testing::FakeRegistry& registry) {
  std::vector<Image> images;
  for (int i = 0; i < kImages; ++i) {
    const std::string repository = "load/app-" + std::to_string(i % kRepositories);
    const std::string tag = "v" + std::to_string(i / kRepositories);
    const auto image = registry.PushImage(repository, tag, repository + tag);
    images.push_back({registry.Reference(repository, tag),
                      registry.host() + "/" + repository + "@" + image.digest});
  }
  return images;
}

std::string PodJson(const std::string& name, const Image& image, bool with_status) {
  json::Writer w;
  w.BeginObject();
  w.Member("apiVersion", "v1");
  w.Member("kind", "Pod");
  w.Key("metadata");
  w.BeginObject();
  w.Member("name", name);
  w.Key("labels");
  w.BeginObject();
  w.Member("app.kubernetes.io/name", name);
  w.Member("app.kubernetes.io/part-of", "load");
  w.EndObject();
  w.EndObject();
  w.Key("spec");
  w.BeginObject();
  w.Member("automountServiceAccountToken", false);
  w.Key("containers");
  w.BeginArray();
  w.BeginObject();
  w.Member("name", "main");
  w.Member("image", image.reference);
  w.EndObject();
  w.EndArray();
  w.EndObject();
  if (with_status) {
    w.Key("status");
    w.BeginObject();
    w.Member("phase", "Running");
    w.Key("containerStatuses");
    w.BeginArray();
    w.BeginObject();
    w.Member("name", "main");
    w.Member("image", image.reference);
    w.Member("imageID", image.image_id);
    w.Member("ready", true);
    w.Member("restartCount", 0);
    w.EndObject();
    w.EndArray();
    w.EndObject();
  }
  w.EndObject();
  return std::move(w).Take();
}

void CreatePods(kube::Client& client, const std::vector<Image>& images) {
  std::atomic<int> next{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      kube::ObjectWriter writer(client);
      for (int i = next++; i < kPods; i = next++) {
        const Image& image = images[static_cast<std::size_t>(i % kImages)];
        const std::string name_space = "load-" + std::to_string(i % kNamespaces);
        const std::string name = "pod-" + std::to_string(i);
        const auto made = writer.Create(kube::Pods(), name_space, PodJson(name, image, false));
        kube::ObjectWriter::PatchOptions options;
        options.subresource = "status";
        const auto set =
            made ? writer.Patch(kube::Pods(), name_space, name, PodJson(name, image, true), options)
                 : Result<std::string>(Forward(made.error()));
        if (!set && failed++ == 0) std::fprintf(stderr, "%s\n", set.error().message.c_str());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed > 0) Die(std::to_string(failed.load()) + " Pods could not be made");
}

// A value of the exposition: the sum over the series of that name.
double Metric(const std::string& text, const std::string& name) {
  double sum = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    const bool match = line.compare(0, name.size(), name) == 0 && line.size() > name.size() &&
                       (line[name.size()] == ' ' || line[name.size()] == '{');
    if (match) sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

class Exposition {
 public:
  explicit Exposition(const std::string& address) : url_("http://" + address + "/metrics") {
    http::ClientOptions options;
    options.hosts.push_back(
        {address, true, "", "", "", {http::AddressRange::Parse("127.0.0.0/8").value()}});
    client_ = http::NewClient(std::move(options)).value();
  }
  std::string Read() const {
    http::Request request;
    request.url = url_;
    const auto response = client_->Send(request);
    return response ? response->body : std::string();
  }

 private:
  std::string url_;
  std::unique_ptr<http::Client> client_;
};

double ResidentMiB(pid_t pid, const char* field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind(field, 0) == 0)
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
  }
  return 0;
}

void Row(const char* name, double value, const char* unit, double limit = -1) {
  json::Writer w;
  w.BeginObject();
  w.Member("name", name);
  w.Key("value");
  w.Double(value);
  w.Member("unit", unit);
  if (limit >= 0) {
    w.Key("limit");
    w.Double(limit);
    w.Member("held", value <= limit);
  }
  w.EndObject();
  std::printf("%s\n", std::move(w).Take().c_str());
  std::fflush(stdout);
}

std::string ConfigFor(const std::string& folder, const testing::FakeRegistry& registry) {
  const std::string path = folder + "/plimsoll.yaml";
  std::ofstream(path)
      << "registries:\n- {host: \"" << registry.host()
      << "\", plainHTTP: true, allowAddress: [127.0.0.0/8], requestsPerSecond: 1000}\n";
  return path;
}

std::string AddressIn(const std::string& line) {
  const std::size_t at = line.find("127.0.0.1:");
  return line.substr(at, line.find('"', at) - at);
}

// Writes to the API server other than the Lease's.
double Writes(const std::string& metrics) {
  return Metric(metrics, "plimsoll_writes_total") + Metric(metrics, "plimsoll_events_total");
}

int Run(const std::string& kubeconfig, const std::string& controller_kubeconfig,
        const std::string& folder) {
  const SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  kube::SystemWaiter waiter;
  auto cluster =
      kube::LoadKubeconfig(kubeconfig, "", kube::ProcessEnvironment::FromProcess(), clock);
  if (!cluster) Die(cluster.error().message);
  kube::TransportOptions options;
  options.allow_writes = true;
  auto transport = kube::MakeTransport(std::move(*cluster), options, clock, metrics, log);
  if (!transport) Die(transport.error().message);
  kube::Client client(**transport, clock, waiter, {.requests_per_second = 5'000, .burst = 500});

  testing::FakeRegistry registry;
  std::fprintf(stderr, "making %d images and %d Pods\n", kImages, kPods);
  const std::vector<Image> images = PushImages(registry);
  const auto began_pods = clock.Steady();
  CreatePods(client, images);
  std::fprintf(stderr, "Pods made in %.0f s\n",
               std::chrono::duration<double>(clock.Steady() - began_pods).count());

  const auto began = clock.Steady();
  testing::Program controller(
      "plimsoll-controller",
      {"--config", ConfigFor(folder, registry), "--kubeconfig", controller_kubeconfig,
       "--namespace", "plimsoll-system", "--metrics-address", "127.0.0.1:0", "--health-address",
       "127.0.0.1:0"});
  const Exposition exposition(AddressIn(controller.WaitForLine("\"server\":\"metrics\"")));
  const auto seconds = [&] {
    return std::chrono::duration<double>(clock.Steady() - began).count();
  };
  std::stop_source never;
  double watched = 0;
  while (true) {
    waiter.WaitFor(std::chrono::seconds(1), never.get_token());
    const std::string text = exposition.Read();
    if (watched == 0 && Metric(text, "plimsoll_pods") >= kPods) watched = seconds();
    const bool complete = Metric(text, "plimsoll_repositories") >= kRepositories &&
                          Metric(text, "plimsoll_images{posture=\"Unsigned\"}") >= kImages &&
                          Metric(text, "plimsoll_writes_waiting") == 0 &&
                          Metric(text, "plimsoll_observations_due") == 0;
    if (complete) break;
    if (clock.Steady() - began > kInventoryWithin)
      Die("no complete inventory within 20 min:\n" + text);
  }
  Row("controller.pods_watched", watched, "s");
  Row("controller.inventory", seconds(), "s");
  Row("controller.memory_peak", ResidentMiB(controller.pid(), "VmHWM"), "MiB");
  Row("controller.memory", ResidentMiB(controller.pid(), "VmRSS"), "MiB", kMemoryAimMiB);

  // The statuses that the first minute's rate held back are written first; then nothing more may be.
  waiter.WaitFor(std::chrono::seconds(90), never.get_token());
  const double before = Writes(exposition.Read());
  waiter.WaitFor(std::chrono::seconds(60), never.get_token());
  const std::string after = exposition.Read();
  Row("controller.writes_in_a_steady_minute", Writes(after) - before, "writes", 0);
  Row("controller.requests_an_image", Metric(after, "plimsoll_registry_requests_total") / kImages,
      "requests");
  return controller.Terminate() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s KUBECONFIG CONTROLLER_KUBECONFIG FOLDER\n", argv[0]);
    return 2;
  }
  return plimsoll::bench::Run(argv[1], argv[2], argv[3]);
}
