// plimsoll_simulation: runs worlds from seeds and checks the promises. A seed that fails is printed with how to
// replay it, and the exit code is 1.
//
// `--shard I --of N` takes the I-th (from 0) of N equal parts of the seeds, so that several processes share them.
// With PLIMSOLL_TEST_LONG in the environment `--long-seeds` says how many seeds there are, in place of `--seeds`.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "simulation/world.h"

namespace {

struct Arguments {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  std::uint64_t long_seeds = 0;
  std::uint64_t shard = 0;
  std::uint64_t of = 1;
  std::uint64_t seconds = 0;  // run new seeds for that long
  int days = 30;
  bool verbose = false;
};

bool Read(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      arguments.verbose = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seed") {
      arguments.first_seed = value;
    } else if (name == "--seeds") {
      arguments.seeds = value;
    } else if (name == "--long-seeds") {
      arguments.long_seeds = value;
    } else if (name == "--shard") {
      arguments.shard = value;
    } else if (name == "--of") {
      arguments.of = value;
    } else if (name == "--seconds") {
      arguments.seconds = value;
    } else if (name == "--days") {
      arguments.days = static_cast<int>(value);
    } else {
      return false;
    }
  }
  if (arguments.days <= 0 || arguments.of == 0 || arguments.shard >= arguments.of) return false;
  const bool is_long = std::getenv("PLIMSOLL_TEST_LONG") != nullptr && arguments.long_seeds != 0;
  const std::uint64_t all = is_long ? arguments.long_seeds : arguments.seeds;
  arguments.first_seed += all * arguments.shard / arguments.of;
  arguments.seeds =
      all * (arguments.shard + 1) / arguments.of - all * arguments.shard / arguments.of;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using plimsoll::simulation::Outcome;
  Arguments arguments;
  if (!Read(argc, argv, arguments)) {
    std::fprintf(
        stderr,
        "usage: %s [--seed N] [--seeds N] [--long-seeds N] [--shard I --of N] [--seconds N] "
        "[--days N] [--verbose]\n",
        argv[0]);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  Outcome sum;
  std::uint64_t done = 0;
  for (std::uint64_t seed = arguments.first_seed;; ++seed) {
    const auto spent = std::chrono::steady_clock::now() - start;
    if (arguments.seconds != 0 ? spent >= std::chrono::seconds(arguments.seconds)
                               : done >= arguments.seeds)
      break;
    plimsoll::simulation::WorldSettings settings;
    settings.seed = seed;
    settings.days = arguments.days;
    settings.verbose = arguments.verbose;
    const Outcome outcome = plimsoll::simulation::World(settings).Run();
    ++done;
    sum.steps += outcome.steps;
    sum.writes += outcome.writes;
    sum.conflicts += outcome.conflicts;
    sum.events += outcome.events;
    sum.observations += outcome.observations;
    sum.crashes += outcome.crashes;
    sum.drifts += outcome.drifts;
    sum.acceptances += outcome.acceptances;
    sum.discarded += outcome.discarded;
    if (!outcome.broken.empty()) {
      std::printf("seed %llu: %s\nreplay it: %s --seed %llu --days %d --verbose\n",
                  static_cast<unsigned long long>(seed), outcome.broken.c_str(), argv[0],
                  static_cast<unsigned long long>(seed), arguments.days);
      return 1;
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf(
      "seeds from %llu: %llu worlds of %d days in %.1f s: %llu steps, %llu observations, %llu "
      "writes, %llu "
      "conflicts, %llu Events, "
      "%llu crashes, %llu attacks, %llu acceptances, %llu deletions; every promise held\n",
      static_cast<unsigned long long>(arguments.first_seed), static_cast<unsigned long long>(done),
      arguments.days, seconds, static_cast<unsigned long long>(sum.steps),
      static_cast<unsigned long long>(sum.observations),
      static_cast<unsigned long long>(sum.writes), static_cast<unsigned long long>(sum.conflicts),
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.crashes),
      static_cast<unsigned long long>(sum.drifts), static_cast<unsigned long long>(sum.acceptances),
      static_cast<unsigned long long>(sum.discarded));
  return 0;
}
