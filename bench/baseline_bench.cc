// What it costs to judge one image, and to let one moment teach a repository, with what is stored of a repository of
// ordinary size: eight images, two signers, and one drift.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "unit/baseline/world.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace plimsoll::baseline::testing {
namespace {

World Ordinary() {
  World world = World::Corroborated();
  for (const char* name : {"c", "d", "e", "f", "g"}) {
    world.Deploy(name, SignedAt(name, Workflow("acme/web", "refs/tags/v7"), world.now()));
    world.Pass(hours(12));
  }
  world.Deploy("evil", Signed("evil", Stranger()));
  return world;
}

class Counting {
 public:
  explicit Counting(benchmark::State& state) : state_(state), before_(allocations) {}
  ~Counting() {
    state_.counters["allocations"] =
        static_cast<double>(allocations - before_) / static_cast<double>(state_.iterations());
  }

 private:
  benchmark::State& state_;
  const std::uint64_t before_;
};

void Classify(benchmark::State& state, const Observation& seen) {
  const World world = Ordinary();
  const EffectivePolicy policy = world.Policy();
  const Settings settings;
  const Counting counting(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        baseline::Classify(world.record(), policy, settings, seen, world.now()));
  }
}

void ClassifyContinuous(benchmark::State& state) {
  Classify(state, SignedAt("c", Workflow("acme/web", "refs/tags/v7"), Start()));
}
void ClassifyDrift(benchmark::State& state) { Classify(state, Signed("new", Stranger("other"))); }
void ClassifyUnsigned(benchmark::State& state) { Classify(state, Unsigned("new")); }

void StepUnchanged(benchmark::State& state) {
  const World world = Ordinary();
  const Settings settings;
  Moment moment;
  moment.now = world.now();
  moment.running.emplace();
  for (const auto& [name, running] : world.running()) moment.running->push_back(running);
  moment.observations.push_back(
      SignedAt("c", Workflow("acme/web", "refs/tags/v7"), world.now() - hours(60)));
  const Counting counting(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Step(world.record(), world.policies(), settings, moment));
  }
}

BENCHMARK(ClassifyContinuous);
BENCHMARK(ClassifyDrift);
BENCHMARK(ClassifyUnsigned);
BENCHMARK(StepUnchanged);

}  // namespace
}  // namespace plimsoll::baseline::testing

BENCHMARK_MAIN();
