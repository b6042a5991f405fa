#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/version.h"

namespace plimsoll::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, TheBuildSaysItsVersion) {
  const Registry registry("controller");
  EXPECT_THAT(registry.Expose(), HasSubstr("plimsoll_build_info{program=\"controller\",version=\"" +
                                           std::string(Version()) + "\"} 1"));
}

TEST(Registry, SeriesOfOneFamilyAreToldApartByTheirLabels) {
  Registry registry("test");
  CounterFamily& requests = registry.Counters("plimsoll_registry_requests_total", "Requests.");
  requests.With({{"code", "200"}}).Add();
  requests.With({{"code", "200"}}).Add(2);
  requests.With({{"code", "429"}}).Add();
  registry.Histograms("plimsoll_seconds", "Time.", {0.1, 1}).With({}).Observe(0.5);
  const std::string text = registry.Expose();
  EXPECT_THAT(text, HasSubstr("plimsoll_registry_requests_total{code=\"200\"} 3"));
  EXPECT_THAT(text, HasSubstr("plimsoll_registry_requests_total{code=\"429\"} 1"));
  EXPECT_THAT(text, HasSubstr("plimsoll_seconds_bucket{le=\"1\"} 1"));
  EXPECT_EQ(&registry.Counters("plimsoll_registry_requests_total", "Requests."), &requests);
}

TEST(Registry, AGaugeThatIsRemovedIsNoLongerExposed) {
  Registry registry("test");
  GaugeFamily& drift = registry.Gauges("plimsoll_drift_open", "Open drift.");
  drift.With({{"repository", "ghcr.io/acme/web"}}).Set(1);
  EXPECT_THAT(registry.Expose(), HasSubstr("ghcr.io/acme/web"));
  drift.Remove({{"repository", "ghcr.io/acme/web"}});
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("ghcr.io/acme/web")));
  drift.With({{"repository", "ghcr.io/acme/web"}}).Set(2);
  EXPECT_THAT(registry.Expose(), HasSubstr("ghcr.io/acme/web\"} 2"));
}

TEST(Registry, InventedLabelValuesCannotGrowTheProcess) {
  Registry registry("test");
  CounterFamily& family = registry.Counters("plimsoll_hostile_total", "Hostile.");
  for (std::size_t i = 0; i < 3 * kMaxSeries; ++i)
    family.With({{"host", "h" + std::to_string(i)}}).Add();
  const std::string text = registry.Expose();
  EXPECT_THAT(
      text, HasSubstr("plimsoll_hostile_total{host=\"_other\"} " + std::to_string(2 * kMaxSeries)));
}

TEST(Registry, ALabelValueCannotForgeASeries) {
  Registry registry("test");
  registry.Counters("plimsoll_c_total", "C.").With({{"host", "a\"} 9\nplimsoll_forged 1\n"}}).Add();
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("\nplimsoll_forged")));
}

}  // namespace
}  // namespace plimsoll::metrics
