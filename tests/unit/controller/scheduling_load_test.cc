// Ten thousand images, one day: when each is looked at.
#include <gtest/gtest.h>

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "core_driver.h"

namespace plimsoll::controller {
namespace {

constexpr int kRepositories = 2'000, kImagesEach = 5, kHosts = 10, kNamespaces = 20;
constexpr int kImages = kRepositories * kImagesEach;

std::string DigestOf(int image) {
  std::ostringstream text;
  text << "sha256:" << std::setw(64) << std::setfill('0') << std::hex << image;
  return text.str();
}

void RunEverything(Driver& driver) {
  for (int image = 0; image < kImages; ++image) {
    const int repository = image / kImagesEach;
    const std::string name =
        "host" + std::to_string(repository % kHosts) + ".example/app" + std::to_string(repository);
    driver.Serve(DigestOf(image), {});
    driver.Run("pod-" + std::to_string(image), name + ":v" + std::to_string(image),
               name + "@" + DigestOf(image), "team-" + std::to_string(repository % kNamespaces));
  }
}

// Looks of the busiest minute, and of all.
struct Load {
  std::size_t busiest = 0, all = 0;
};
Load LoadOf(Driver& driver, Duration duration) {
  Load load;
  for (const Time end = driver.now + duration; driver.now < end;) {
    driver.looks.clear();
    driver.Pass(std::chrono::minutes(1));
    load.busiest = std::max(load.busiest, driver.looks.size());
    load.all += driver.looks.size();
  }
  return load;
}

// All of them begin in one moment, as after the installation. From then on each is looked at every six hours, a fifth
// more or less: the first round again is spread over 2.4 hours, every later one over more.
TEST(SchedulingLoad, TenThousandImagesNeverMakeABurst) {
  Driver driver;
  driver.Lead();
  RunEverything(driver);
  const Load start = LoadOf(driver, std::chrono::hours(1));
  EXPECT_EQ(start.all, 0u);  // each was looked at once, and none is due again

  constexpr double kSpread = 2.4 * 60;
  for (int round = 0; round < 3; ++round) {
    const Load load = LoadOf(driver, std::chrono::hours(7));
    EXPECT_LT(static_cast<double>(load.busiest), 1.6 * kImages / kSpread) << "round " << round;
  }
}

TEST(SchedulingLoad, AnImageIsLookedAtFourTimesADay) {
  Driver driver;
  driver.Lead();
  RunEverything(driver);
  LoadOf(driver, std::chrono::hours(12));
  const Load day = LoadOf(driver, std::chrono::hours(24));
  EXPECT_NEAR(static_cast<double>(day.all) / kImages, 4.0, 0.2);
}

}  // namespace
}  // namespace plimsoll::controller
