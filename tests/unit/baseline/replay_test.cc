// A history from a file, judged as the cluster would have.
#include "baseline/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Tape {
 public:
  Tape() : replay_(Settings()) {}

  Tape& At(Duration after_start) {
    time_ = Start() + after_start;
    return *this;
  }
  Tape& Saw(Observation seen, std::optional<bool> running = true,
            const std::string& repository = kRepository) {
    ReplayObservation line;
    line.repository = repository;
    line.observation = std::move(seen);
    line.running = running;
    return Add(std::move(line));
  }
  Tape& Add(decltype(ReplayEvent::what) what) {
    ReplayEvent event;
    event.line = ++line_;
    event.time = time_;
    event.what = std::move(what);
    const Status fed = replay_.Feed(std::move(event), Out());
    if (!fed) error_ = fed.error().message;
    return *this;
  }
  ReplaySummary Finish() { return replay_.Finish(Out()); }
  const ReplayLine& Line(std::size_t number) const { return lines_.at(number - 1); }
  std::vector<std::string> Events(std::size_t number) const {
    std::vector<std::string> reasons;
    for (const ReplayOutputEvent& event : Line(number).events) reasons.push_back(event.reason);
    return reasons;
  }
  const std::string& error() const { return error_; }
  const std::vector<ReplayLine>& lines() const { return lines_; }
  Replay& replay() { return replay_; }

 private:
  std::function<void(const ReplayLine&)> Out() {
    return [this](const ReplayLine& line) { lines_.push_back(line); };
  }

  Replay replay_;
  Time time_ = Start();
  std::uint64_t line_ = 0;
  std::vector<ReplayLine> lines_;
  std::string error_;
};

TEST(Replay, SaysWhatWouldHaveBeenLearnedSaidAndDenied) {
  Tape tape;
  tape.Saw(Signed("a", Workflow()));
  tape.At(hours(25)).Saw(Signed("a", Workflow()));
  tape.At(hours(26)).Saw(Signed("b", Stranger()));
  const ReplaySummary summary = tape.Finish();
  EXPECT_EQ(tape.Line(1).state, State::kLearning);
  EXPECT_EQ(tape.Line(1).verdict, Admission::kAdmit);
  EXPECT_EQ(tape.Line(2).state, State::kEstablished);
  EXPECT_THAT(tape.Events(2), ElementsAre("BaselineEstablished"));
  EXPECT_EQ(tape.Line(3).verdict, Admission::kDeny);
  EXPECT_EQ(tape.Line(3).kind, DriftKind::kSignerChanged);
  EXPECT_EQ(tape.Line(3).severity, Severity::kCritical);
  EXPECT_EQ(tape.Line(3).fingerprint,
            SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger()));
  EXPECT_THAT(tape.Events(3), ElementsAre("SignerChanged"));
  EXPECT_EQ(summary.repositories, 1u);
  EXPECT_EQ(summary.established, 1u);
  EXPECT_EQ(summary.open_critical, 1u);
  EXPECT_EQ(summary.denied, 1u);
}

TEST(Replay, LinesOfOneTimeAreOneMoment) {
  Tape tape;
  tape.Saw(Signed("a", Workflow())).Saw(Signed("b", Stranger()));
  tape.Finish();
  EXPECT_THAT(tape.Events(1), IsEmpty());
  EXPECT_EQ(tape.Line(2).verdict, Admission::kAdmit);
  EXPECT_FALSE(tape.Line(2).kind);
}

TEST(Replay, PoliciesOfAMomentComeBeforeItsObservations) {
  Tape tape;
  tape.Saw(Signed("a", Stranger()));
  tape.Add(ReplayPolicy{PinPolicy("pins", Workflow())});
  tape.Finish();
  EXPECT_EQ(tape.Line(1).verdict, Admission::kWarn);  // what already ran is inventory
  EXPECT_EQ(tape.Line(1).kind, DriftKind::kSignerChanged);
  EXPECT_EQ(tape.Line(1).strength, Strength::kPinned);
}

TEST(Replay, ADigestThatNeverRanIsAskedAboutAndTeachesNothing) {
  Tape tape;
  tape.Saw(Signed("a", Workflow()), false);
  const ReplaySummary summary = tape.Finish();
  EXPECT_FALSE(tape.Line(1).state);
  EXPECT_EQ(tape.Line(1).verdict, Admission::kAdmit);
  EXPECT_EQ(summary.repositories, 0u);
}

TEST(Replay, AnAcceptanceCalmsAndItsRemovalIsLoudAgain) {
  Tape tape;
  tape.Saw(Signed("a", Workflow()));
  tape.At(hours(25)).Saw(Signed("a", Workflow()));
  tape.At(hours(26)).Saw(Signed("b", Stranger()));
  SigningPolicy policy;
  policy.name = "accept";
  policy.repositories = {kRepository};
  Acceptance acceptance;
  acceptance.kind = DriftKind::kSignerChanged;
  acceptance.fingerprint = SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger());
  acceptance.repository = kRepository;
  policy.accepted_drift = {acceptance};
  tape.At(hours(27)).Add(ReplayPolicy{policy});
  tape.At(hours(28)).Saw(Signed("b", Stranger()));
  tape.At(hours(29)).Add(ReplayPolicyRemoved{"accept"});
  tape.Finish();
  EXPECT_THAT(tape.Events(4), ElementsAre("DriftAccepted"));
  EXPECT_EQ(tape.Line(5).verdict, Admission::kAdmit);
  EXPECT_EQ(tape.Line(5).state, State::kEstablished);
  EXPECT_THAT(tape.Events(6), ElementsAre("SignerChanged"));
}

TEST(Replay, ADeletionIsAResetOfTrustAndNeverSilent) {
  Tape tape;
  tape.Saw(Signed("a", Workflow()));
  tape.At(hours(25)).Saw(Signed("a", Workflow()));
  tape.At(hours(26)).Add(ReplayDeleted{kRepository});
  tape.At(hours(27)).Saw(Signed("b", Stranger()));
  tape.Finish();
  EXPECT_THAT(tape.Events(3), ElementsAre("TrustDiscarded"));
  EXPECT_FALSE(tape.Line(3).state);
  EXPECT_EQ(tape.Line(4).state, State::kLearning);
  EXPECT_EQ(FindCondition(*tape.replay().Find(kRepository), "Established")->reason,
            "TrustDiscarded");
}

TEST(Replay, TimeAloneEndsWhatIsGoneAndPrunesWhatIsIdle) {
  Tape tape;
  tape.Saw(Signed("a", Workflow()));
  tape.At(hours(1)).Saw(Signed("b", Stranger()));
  tape.At(hours(2)).Saw(Signed("b", Stranger()), false).Saw(Signed("a", Workflow()), false);
  tape.At(hours(2) + hours(48)).Add(ReplayTick{});
  tape.At(Days(40)).Add(ReplayTick{});
  tape.At(Days(91)).Add(ReplayTick{});
  const ReplaySummary summary = tape.Finish();
  EXPECT_THAT(tape.Events(5), ElementsAre("DriftEnded"));
  EXPECT_THAT(tape.Events(7), ElementsAre("BaselinePruned"));
  EXPECT_EQ(summary.repositories, 0u);
}

TEST(Replay, ALineBeforeItsPredecessorIsRefused) {
  Tape tape;
  tape.At(hours(2)).Saw(Signed("a", Workflow()));
  tape.At(hours(1)).Saw(Signed("a", Workflow()));
  EXPECT_NE(tape.error().find("line 2"), std::string::npos);
}

TEST(Replay, SeveralRepositoriesKeepApart) {
  Tape tape;
  tape.Saw(Signed("a", Workflow())).Saw(Signed("a", Stranger()), true, "ghcr.io/acme/other");
  const ReplaySummary summary = tape.Finish();
  EXPECT_EQ(summary.repositories, 2u);
  EXPECT_EQ(summary.open_warning, 0u);
}

TEST(Replay, AKeylessSignerWithoutAProofOnAnUnverifiableImageIsUnlogged) {
  Tape tape;
  tape.Saw(SignedAt("a", Workflow(), Start() - Days(90)))
      .Saw(SignedAt("b", Workflow(), Start() - Days(30)));
  Observation seen = Unverifiable("c");
  seen.signers = {By(Workflow())};
  tape.At(hours(1)).Saw(seen);
  tape.Finish();
  EXPECT_EQ(tape.Line(3).kind, DriftKind::kSignatureNotLogged);
}

}  // namespace
}  // namespace plimsoll::baseline::testing
