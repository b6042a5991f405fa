// The controller's core with 500, 5,000 and 10,000 repositories, ten Pods and two images each: a simulated day of
// learning, a steady day, and a restart from what is stored. The API server and the registry are values in memory, so
// what is measured is the core's own. Prints one JSON row a line, as bench/run reads them.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "api/signing_baseline.h"
#include "json/writer.h"
#include "unit/controller/core_driver.h"

namespace plimsoll::controller {
namespace {

using namespace std::chrono_literals;

constexpr int kSizes[]{500, 5'000, 10'000};
constexpr int kPodsEach = 10;
constexpr int kNamespaces = 40;
// Whatever is refreshed is refreshed once in six hours.
constexpr double kRefreshesADay = 4;
constexpr double kBytesAim = 4'096;
// Cost a repository at a size, as a multiple of that at the size before.
constexpr double kLinear = 1.5;

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double HeapBytes() { return static_cast<double>(mallinfo2().uordblks); }

void Row(const std::string& name, double value, const char* unit, double limit = -1) {
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

std::string RepositoryOf(int i) { return "registry.example/team/app-" + std::to_string(i); }

std::vector<std::shared_ptr<const api::Pod>> PodsOf(int repositories, Time created) {
  std::vector<std::shared_ptr<const api::Pod>> pods;
  for (int i = 0; i < repositories * kPodsEach; ++i) {
    const int repository = i / kPodsEach;
    const std::string image =
        RepositoryOf(repository) + "@" + DigestOf(i % kPodsEach < kPodsEach / 2 ? 'a' : 'b');
    auto pod = std::make_shared<api::Pod>();
    pod->name = "pod-" + std::to_string(i);
    pod->uid = "uid-" + std::to_string(i);
    pod->name_space = api::Interned("ns-" + std::to_string(repository % kNamespaces));
    pod->created = WholeSeconds(created);
    pod->phase = api::PodPhase::kRunning;
    pod->containers.push_back({api::Interned("main"), api::Interned(image), api::Interned(image),
                               api::ContainerList::kOrdinary});
    pods.push_back(std::move(pod));
  }
  return pods;
}

struct Sum {
  double writes = 0;
  double events = 0;
  double looks = 0;
};

// Time passes in pieces, so that what the driver remembers of each does not count as the core's.
Sum Pass(Driver& driver, Duration duration) {
  Sum sum;
  const auto take = [&] {
    sum.writes += static_cast<double>(driver.writes.size() + driver.creates.size());
    sum.events += static_cast<double>(driver.events.size());
    sum.looks += static_cast<double>(driver.looks.size());
    driver.writes.clear();
    driver.creates.clear();
    driver.events.clear();
    driver.looks.clear();
  };
  for (; duration > 0h; duration -= 10min) {
    driver.Pass(10min);
    take();
  }
  return sum;
}

struct Cost {
  double steady = 0;
  double restart = 0;
};

Cost Measure(int repositories) {
  const std::string prefix = "baseline.repositories_" + std::to_string(repositories) + ".";
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Serve(DigestOf('b'), {ReleaseSigner()});
  const auto pods = PodsOf(repositories, driver.now);
  for (const auto& pod : pods) driver.Give(PodChanged{pod});
  driver.Lead();
  Pass(driver, 48h);

  const double before = CpuSeconds();
  const Sum day = Pass(driver, 24h);
  const double spent = CpuSeconds() - before;
  double bytes = 0;
  for (const auto& [name, object] : driver.server) {
    bytes += static_cast<double>(api::SigningBaselineJson(object).size());
    if (object.record.state != baseline::State::kEstablished) {
      std::fprintf(stderr, "%s is not Established\n", object.record.repository.c_str());
      std::exit(1);
    }
  }
  const double n = repositories;
  Row(prefix + "writes_an_hour", day.writes / 24, "writes");
  Row(prefix + "writes_beyond_the_refresh", std::max(0.0, day.writes - kRefreshesADay * n),
      "writes", 0);
  Row(prefix + "events_a_day", day.events, "events", 0);
  Row(prefix + "looks_a_day_and_image", day.looks / n / 2, "looks");
  Row(prefix + "json", bytes / n, "bytes", kBytesAim);
  Row(prefix + "steady_day", spent / n * 1e6, "us a repository");

  const double heap = HeapBytes();
  const double began = CpuSeconds();
  Driver next;
  next.now = driver.now;
  next.version = driver.version;
  next.registry = driver.registry;
  next.server = driver.server;
  const double copy = HeapBytes() - heap;
  for (const auto& pod : pods) next.Give(PodChanged{pod});
  next.Lead();
  while (next.wake && *next.wake <= next.now) next.Give(Tick{});
  const double restarted = CpuSeconds() - began;
  CoreView view = next.core.View(next.now);
  if (view.baselines[{"Established", "LocalOnly"}] != static_cast<std::uint64_t>(repositories)) {
    std::fprintf(stderr, "the restart is not complete\n");
    std::exit(1);
  }
  next.looks.clear();
  Row(prefix + "restart", restarted, "s");
  // A new leader looks at everything again, so what is due for its six-hourly refresh is written.
  const auto is_refresh = [&](const WriteBaseline& write) {
    const auto& stored = driver.server.at(write.object->meta.name).record;
    return stored.last_observed_time &&
           next.now - *stored.last_observed_time >= baseline::FixedDurations::kRefresh;
  };
  const auto refreshes = std::count_if(next.writes.begin(), next.writes.end(), is_refresh);
  Row(prefix + "restart_writes_beyond_the_refresh",
      static_cast<double>(next.writes.size() + next.creates.size()) -
          static_cast<double>(refreshes),
      "writes", 0);
  Row(prefix + "memory", (HeapBytes() - heap - copy) / 1024 / 1024, "MiB");
  Row(prefix + "memory_each", (HeapBytes() - heap - copy) / n / 1024, "KiB a repository");
  return {spent / n, restarted / n};
}

}  // namespace
}  // namespace plimsoll::controller

int main() {
  using namespace plimsoll::controller;
  Cost before;
  Cost largest;
  for (const int size : kSizes) {
    before = largest;
    largest = Measure(size);
  }
  // Of the two sizes that no processor's cache holds: what is cached costs half.
  Row("baseline.steady_day_growth", largest.steady / before.steady, "times", kLinear);
  Row("baseline.restart_growth", largest.restart / before.restart, "times", kLinear);
  return 0;
}
