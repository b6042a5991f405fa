// Clocks that do not agree, and times that nothing depends on.
#include <gtest/gtest.h>

#include "baseline/life.h"

namespace plimsoll::baseline {
namespace {

using namespace std::chrono_literals;

const Time kNow = FromUnixSeconds(1'800'000'000);
const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

Observation Signed(const std::string& digest) {
  Observation observation;
  observation.digest = digest;
  observation.posture = Posture::kSignedKeyless;
  ObservedSigner observed;
  observed.signer = MakeKeyless("https://github.com/acme/web/.github/workflows/r.yml@refs/tags/v1",
                                "https://token.actions.githubusercontent.com");
  observation.signers = {observed};
  return observation;
}

TEST(Clock, OneOfOursThatIsBehindMakesNoLatecomerOfTheFirstImage) {
  // The API server says that the Pod was created two minutes from now.
  Moment moment;
  moment.now = kNow;
  moment.running = std::vector<RunningDigest>{{kDigest, kNow + 2min, true, false, {}}};
  moment.observations = {Signed(kDigest)};
  const StepResult result =
      Step(NewRecord("ghcr.io/acme/web", kNow), PolicySet(), Settings(), moment);
  EXPECT_TRUE(result.record.drift.empty());
  EXPECT_EQ(result.record.state, State::kLearning);
  ASSERT_EQ(result.record.images.size(), 1u);
  EXPECT_EQ(result.record.images[0].origin, Origin::kFirstUse);
}

TEST(Clock, TimesThatNothingDependsOnAreRefreshedTogether) {
  Record record = NewRecord("ghcr.io/acme/web", kNow);
  const auto look = [&](Duration after) {
    Moment moment;
    moment.now = kNow + after;
    moment.running = std::vector<RunningDigest>{{kDigest, kNow, true, false, {}},
                                                {kOther, kNow, true, false, {}}};
    moment.observations = {Signed(kDigest), Signed(kOther)};
    record = Step(record, PolicySet(), Settings(), moment).record;
  };
  look(0s);
  look(25h);
  look(31h);
  const Record refreshed = record;
  EXPECT_EQ(record.last_observed_time, kNow + 31h);
  // Within the next six hours nothing changes, so nothing is written.
  look(36h + 59min);
  EXPECT_EQ(record, refreshed);
}

}  // namespace
}  // namespace plimsoll::baseline
