#include "webhook/core/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "baseline/life.h"

namespace plimsoll::webhook {
namespace {

using baseline::Admission;
using baseline::Posture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kWeb[] = "ghcr.io/acme/web";
const std::string kSigned = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');
const Time kStart = FromUnixSeconds(1'800'000'000);

baseline::ObservedSigner Workflow() {
  baseline::ObservedSigner observed;
  observed.signer = baseline::MakeKeyless(
      "https://github.com/acme/web/.github/workflows/release.yml@refs/tags/v1",
      "https://token.actions.githubusercontent.com");
  return observed;
}

baseline::Observation Seen(const std::string& digest, Posture posture) {
  baseline::Observation observation;
  observation.digest = digest;
  observation.posture = posture;
  if (posture == Posture::kSignedKeyless) observation.signers = {Workflow()};
  return observation;
}

// A cluster that has known the workflow of ghcr.io/acme/web for two days.
class World final : public Snapshot, public Answers {
 public:
  World() {
    baseline::Record record = baseline::NewRecord(kWeb, kStart);
    for (const int hour : {0, 25, 48}) {
      baseline::Moment moment;
      moment.now = kStart + std::chrono::hours(hour);
      moment.running = std::vector<baseline::RunningDigest>{{kSigned, kStart, true, false, {}}};
      moment.observations = {Seen(kSigned, Posture::kSignedKeyless)};
      record = baseline::Step(record, policies_, {}, moment).record;
    }
    records_[kWeb] = std::make_shared<const baseline::Record>(std::move(record));
  }

  Time now() const { return kStart + std::chrono::hours(49); }
  void Answer(const std::string& repository, const baseline::Observation& observation) {
    observed_[repository + "@" + observation.digest] =
        std::make_shared<const baseline::Observation>(observation);
  }
  void Resolve(const std::string& repository, const std::string& tag, const std::string& digest) {
    resolved_[repository + ":" + tag] = digest;
  }

  std::shared_ptr<const baseline::Record> Find(const std::string& repository) const override {
    const auto found = records_.find(repository);
    return found == records_.end() ? nullptr : found->second;
  }
  const baseline::PolicySet& policies() const override { return policies_; }
  baseline::Settings SettingsFor(const std::string&) const override { return {}; }
  std::shared_ptr<const baseline::Observation> Observed(const std::string& repository,
                                                        const std::string& digest) const override {
    const auto found = observed_.find(repository + "@" + digest);
    return found == observed_.end() ? nullptr : found->second;
  }
  std::optional<Time> AnsweredAt(const std::string& repository,
                                 const std::string& digest) const override {
    if (!observed_.contains(repository + "@" + digest)) return std::nullopt;
    return now() - std::chrono::seconds(16);
  }
  std::optional<std::string> Resolved(const std::string& repository,
                                      const std::string& tag) const override {
    const auto found = resolved_.find(repository + ":" + tag);
    return found == resolved_.end() ? std::nullopt : std::optional<std::string>(found->second);
  }

 private:
  baseline::PolicySet policies_;
  std::map<std::string, std::shared_ptr<const baseline::Record>> records_;
  std::map<std::string, std::shared_ptr<const baseline::Observation>> observed_;
  std::map<std::string, std::string> resolved_;
};

Review Bringing(const std::string& image) {
  Review review;
  review.uid = "u";
  review.operation = "CREATE";
  review.kind = "Pod";
  review.relevant = true;
  review.images = {{"web", image, ImageFrom::kContainer}};
  review.image_count = 1;
  return review;
}

Decision DecideFor(const World& world, const std::string& image, Mode mode = Mode::kEnforcePods) {
  return Decide(Bringing(image), mode, world, world, world.now());
}

TEST(Decide, AnImageThatWasVerifiedHereIsAdmittedWithoutAskingAnybody) {
  const Decision decision = DecideFor(World(), std::string(kWeb) + "@" + kSigned);
  EXPECT_TRUE(decision.answer.allowed);
  EXPECT_THAT(decision.answer.warnings, IsEmpty());
  EXPECT_THAT(decision.lookups, IsEmpty());
}

TEST(Decide, AnUnsignedImageOfASignedRepositoryIsDeniedWithTheWayToAcceptIt) {
  World world;
  world.Answer(kWeb, Seen(kOther, Posture::kUnsigned));
  const Decision decision = DecideFor(world, std::string(kWeb) + "@" + kOther);
  ASSERT_FALSE(decision.answer.allowed);
  EXPECT_THAT(decision.answer.message, HasSubstr("SignatureMissing"));
  EXPECT_THAT(decision.answer.message,
              HasSubstr("Seen: none in any form, ghcr.io answered at 08:59:44Z. To accept: "
                        "kubectl plimsoll accept ghcr.io/acme/web SignatureMissing d-"));
  EXPECT_LE(decision.answer.message.size(), 800u);
}

TEST(Decide, TheSameImageElsewhereIsAWarningOfAtMostTwoHundredBytes) {
  World world;
  world.Answer(kWeb, Seen(kOther, Posture::kUnsigned));
  const Decision decision = DecideFor(world, std::string(kWeb) + "@" + kOther, Mode::kAuditPods);
  EXPECT_TRUE(decision.answer.allowed);
  ASSERT_THAT(decision.answer.warnings, SizeIs(1));
  EXPECT_LE(decision.answer.warnings[0].size(), 200u);
  EXPECT_EQ(decision.verdict, Admission::kDeny);
}

TEST(Decide, AnImageThatWasNeverJudgedIsLookedAtBeforeItIsDenied) {
  const Decision decision = DecideFor(World(), std::string(kWeb) + "@" + kOther);
  EXPECT_FALSE(decision.answer.allowed);
  EXPECT_THAT(decision.answer.message, HasSubstr("NotJudgedYet"));
  EXPECT_TRUE(decision.waits);
  ASSERT_THAT(decision.lookups, SizeIs(1));
  EXPECT_EQ(decision.lookups[0].digest, kOther);
}

TEST(Decide, AuditNeverWaits) {
  EXPECT_FALSE(DecideFor(World(), std::string(kWeb) + "@" + kOther, Mode::kAuditPods).waits);
  EXPECT_FALSE(DecideFor(World(), std::string(kWeb) + ":v9", Mode::kAuditTemplates).waits);
}

TEST(Decide, ARepositoryThatNobodyKnowsIsAdmitted) {
  const Decision decision = DecideFor(World(), "docker.io/library/debian@" + kOther);
  EXPECT_TRUE(decision.answer.allowed);
}

TEST(Decide, ATagIsJudgedByWhatItResolvedTo) {
  World world;
  world.Resolve(kWeb, "v2", kOther);
  world.Answer(kWeb, Seen(kOther, Posture::kUnsigned));
  EXPECT_FALSE(DecideFor(world, std::string(kWeb) + ":v2").answer.allowed);
  world.Resolve(kWeb, "v1", kSigned);
  EXPECT_TRUE(DecideFor(world, std::string(kWeb) + ":v1").answer.allowed);
}

TEST(Decide, AnInvalidSignatureIsDeniedOnAnyBaselineOrNone) {
  World world;
  world.Answer("quay.io/new/app", Seen(kOther, Posture::kInvalid));
  EXPECT_FALSE(DecideFor(world, "quay.io/new/app@" + kOther).answer.allowed);
}

TEST(Decide, MoreImagesThanAreJudgedAreRefusedWhereDenialIsOnAndNowhereElse) {
  Review review = Bringing("a");
  review.too_many = true;
  review.image_count = 600;
  const World world;
  EXPECT_FALSE(Decide(review, Mode::kEnforcePods, world, world, world.now()).answer.allowed);
  EXPECT_TRUE(Decide(review, Mode::kAuditPods, world, world, world.now()).answer.allowed);
}

}  // namespace
}  // namespace plimsoll::webhook
