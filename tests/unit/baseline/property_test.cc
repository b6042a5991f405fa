// Promises that hold for every history, checked over random ones. How many is said by who builds it: few under
// sanitizers, more in the release build (tests/simulation), 100,000 with PLIMSOLL_TEST_LONG. PLIMSOLL_PROPERTY_SEQUENCES and PLIMSOLL_PROPERTY_SEED
// change how many and which; a failure prints its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>

#include "baseline/admission.h"
#include "baseline/for_admission.h"
#include "random_history.h"

namespace plimsoll::baseline::testing {
namespace {

constexpr int kSteps = 50;

std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

// What of a record does not depend on failed look-ups.
Record WithoutFailures(Record record) {
  for (ImageRecord& image : record.images) {
    image.unknown_since_time.reset();
    image.unknown_reason.clear();
  }
  record.observation_failing_since.reset();
  std::erase_if(record.conditions, [](const Condition& one) { return one.type == "Observed"; });
  return record;
}

std::string Describe(const std::vector<Transition>& transitions) {
  std::string text;
  for (const Transition& transition : transitions) {
    text += std::to_string(static_cast<int>(transition.what)) + ' ' + transition.entry + ' ' +
            transition.digest + ' ' + transition.fingerprint + '\n';
  }
  return text;
}

// Everything that an answer of the webhook is made of.
std::string Describe(const AdmissionVerdict& verdict) {
  const Verdict& classified = verdict.classified;
  const auto id = [](const std::optional<Signer>& signer) {
    return signer ? SignerId(*signer) + ' ' + signer->identity : "nobody";
  };
  std::ostringstream text;
  text << static_cast<int>(verdict.verdict) << ' ' << verdict.rule << ' ' << verdict.reason.str()
       << ' ' << (verdict.kind ? ToText(*verdict.kind) : "no kind") << ' '
       << (verdict.severity ? ToText(*verdict.severity) : "none") << ' ' << verdict.fingerprint
       << ' ' << verdict.only_in_denying << '\n'
       << ToText(classified.posture) << ' ' << classified.definite << ' '
       << (classified.kind ? ToText(*classified.kind) : "no kind") << ' '
       << ToText(classified.severity) << ' ' << classified.accepted << ' ' << classified.fingerprint
       << ' ' << classified.entry_fingerprint << ' ' << classified.continuous << ' '
       << ToText(classified.rank) << ' ' << classified.grandfathered << ' ' << classified.inventory
       << ' ' << classified.child << ' ' << classified.notes.size() << ' '
       << classified.docker_reference << ' ' << classified.reason << '\n'
       << "signer " << id(classified.signer) << ", expected " << id(classified.expected_signer)
       << ", proven " << id(classified.proven_signer);
  if (classified.pending_until) text << ", pending until " << FormatTime(*classified.pending_until);
  return std::move(text).str();
}

// Which parts of two records differ.
std::string Difference(const Record& a, const Record& b) {
  std::string parts;
  const auto add = [&](const char* name, bool same) {
    if (!same) parts += std::string(name) + ' ';
  };
  add("images", a.images == b.images);
  add("remembered", a.remembered == b.remembered);
  add("signers", a.signers == b.signers);
  add("drift", a.drift == b.drift);
  add("accepted", a.accepted == b.accepted);
  add("history", a.history == b.history);
  add("provenance", a.provenance == b.provenance);
  add("conditions", a.conditions == b.conditions);
  add("log", a.log == b.log);
  add("state", a.state == b.state);
  add("posture", a.posture == b.posture);
  add("signer", a.signer == b.signer);
  add("summary", a.drift_summary == b.drift_summary);
  add("established", a.established_time == b.established_time && a.basis == b.basis);
  add("corroborated", a.corroborated_time == b.corroborated_time);
  add("strength", a.strength == b.strength);
  for (std::size_t i = 0; i < std::min(a.images.size(), b.images.size()); ++i) {
    const ImageRecord& one = a.images[i];
    const ImageRecord& other = b.images[i];
    if (one == other) continue;
    parts += one.digest.substr(0, 12) + ": ";
    add("digest", one.digest == other.digest);
    add("drift", one.drift == other.drift);
    add("origin", one.origin == other.origin);
    add("continuous", one.continuous == other.continuous);
    add("since", one.continuous_since_time == other.continuous_since_time);
    add("running", one.running == other.running);
    add("signatures", one.signatures == other.signatures);
  }
  for (std::size_t i = 0; i < std::min(a.drift.size(), b.drift.size()); ++i) {
    const DriftRecord& one = a.drift[i];
    const DriftRecord& other = b.drift[i];
    if (one == other) continue;
    parts += std::string(ToText(one.kind)) + ": ";
    add("kind", one.fingerprint == other.fingerprint);
    add("severity", one.severity == other.severity);
    add("digests", one.digests == other.digests);
    add("images", one.images == other.images);
    add("opened", one.opened_time == other.opened_time);
    add("ended", one.ended_time == other.ended_time);
    add("signer", one.signer == other.signer);
  }
  return parts;
}

void ExpectWithinBounds(const Record& record) {
  EXPECT_LE(record.signers.size(), RecordLimits::kSigners);
  EXPECT_LE(record.images.size(), RecordLimits::kImages);
  EXPECT_LE(record.remembered.size(), RecordLimits::kRemembered);
  EXPECT_LE(record.drift.size(), RecordLimits::kDrifts);
  EXPECT_LE(record.accepted.size(), RecordLimits::kAccepted);
  EXPECT_LE(record.history.size(), RecordLimits::kHistory);
  EXPECT_LE(record.provenance.size(), RecordLimits::kProvenance);
  EXPECT_LE(record.docker_references.size(), RecordLimits::kDockerReferences);
  for (const ImageRecord& image : record.images) {
    EXPECT_LE(image.signers.size(), RecordLimits::kImageSigners);
    EXPECT_LE(image.notes.size(), RecordLimits::kNotes);
    for (const std::string& note : image.notes) EXPECT_LE(note.size(), 64u);
  }
  for (const DriftRecord& drift : record.drift) {
    EXPECT_LE(drift.digests.size(), RecordLimits::kDriftDigests);
  }
}

// What an image shows now, from what is stored alone.
Verdict Stored(const Record& record, const EffectivePolicy& policy, const Settings& settings,
               const std::string& digest, Time now) {
  Observation nothing;
  nothing.digest = digest;
  return Classify(record, policy, settings, nothing, now);
}

class Checker {
 public:
  explicit Checker(std::uint64_t seed) : history_(seed) {}

  void Run() {
    for (int step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) Step1();
  }

 private:
  void Step1() {
    const Record before = history_.record;
    const auto before_wake = history_.wake;
    const Time before_now = history_.now;
    history_.PassTime();
    const bool idle = !before_wake || history_.now < *before_wake;
    if (idle && before_now != Start()) {
      ExpectNothingHappens(before, history_.set, history_.now);
    }
    history_.ChangePods();
    history_.ChangePolicies();
    const Moment moment = history_.Next();
    const EffectivePolicy policy = history_.set.For(kRepository, history_.now);
    StepResult result = Step(before, history_.set, history_.settings, moment);
    CheckAdmission(before, moment, policy);
    CheckOrder(before, moment, result);
    CheckUnknown(before, moment, result);
    CheckDriftedSigners(policy, result);
    CheckCriticals(before, moment, policy, result);
    CheckAcceptance(before, moment, policy, result);
    CheckEstablished(before, policy, result);
    CheckAnswers(moment, policy, result.record);
    ExpectWithinBounds(result.record);
    if (std::getenv("PLIMSOLL_PROPERTY_TRACE") != nullptr) Trace(moment, result);
    history_.record = std::move(result.record);
    history_.wake = result.wake;
    ExpectNothingHappens(history_.record, history_.set, history_.now);
  }

  void Trace(const Moment& moment, const StepResult& result) const {
    std::cout << FormatTime(history_.now) << " policies:";
    for (const auto& [name, policy] : history_.policies) std::cout << ' ' << name;
    std::cout << '\n';
    for (const Observation& seen : moment.observations) {
      std::cout << "  saw " << seen.digest.substr(7, 2) << ' ' << ToText(seen.posture);
      for (const ObservedSigner& by : seen.signers) {
        std::cout << ' ' << SignerId(by.signer) << (by.log ? "+log" : "");
      }
      std::cout << '\n';
    }
    for (const Transition& transition : result.transitions) {
      std::cout << "  " << static_cast<int>(transition.what) << ' ' << EventReason(transition)
                << ' ' << transition.entry << ' ' << transition.digest.substr(0, 9);
      if (transition.verdict && transition.verdict->signer) {
        std::cout << " names " << SignerId(*transition.verdict->signer);
      }
      std::cout << '\n';
    }
    for (const DriftRecord& drift : result.record.drift) {
      std::cout << "    " << ToText(drift.kind) << ' ' << drift.fingerprint
                << (drift.ended_time ? " ended" : " open") << '\n';
    }
    for (const SignerRecord& signer : result.record.signers) {
      std::cout << "    " << signer.id << ' ' << (signer.source ? ToText(*signer.source) : "-")
                << (signer.in_force ? " in force " : " ") << signer.pin << ' ' << signer.fingerprint
                << '\n';
    }
  }

  // Stopping here and going on later is the same as never having stopped: until the wake nothing happens.
  void ExpectNothingHappens(const Record& record, const PolicySet& set, Time now) {
    Moment tick;
    tick.now = now;
    const StepResult result = Step(record, set, history_.settings, tick);
    EXPECT_EQ(Describe(result.transitions), "");
    EXPECT_TRUE(result.record == record) << Difference(result.record, record);
  }

  // What the webhook keeps of a record and an observation is all that its answers are made of.
  void CheckAdmission(const Record& before, const Moment& moment, const EffectivePolicy& policy) {
    const Record kept = ForAdmission(before);
    const auto compare = [&](const std::string& digest, const Observation* seen,
                             const Observation* kept_seen) {
      const AdmissionVerdict a =
          Admit(&before, kRepository, digest, policy, history_.settings, seen, history_.now);
      const AdmissionVerdict b =
          Admit(&kept, kRepository, digest, policy, history_.settings, kept_seen, history_.now);
      EXPECT_EQ(Describe(a), Describe(b));
    };
    for (const std::string& name : Names()) compare(Digest(name), nullptr, nullptr);
    for (const Observation& seen : moment.observations) {
      const Observation kept_seen = ForAdmission(seen);
      compare(seen.digest, &seen, &kept_seen);
    }
  }

  void CheckOrder(const Record& before, const Moment& moment, const StepResult& result) {
    if (moment.observations.size() < 2) return;
    Moment shuffled = moment;
    history_.random.Shuffle(shuffled.observations);
    history_.random.Shuffle(*shuffled.running);
    const StepResult other = Step(before, history_.set, history_.settings, shuffled);
    EXPECT_TRUE(other.record == result.record) << Difference(other.record, result.record);
    EXPECT_EQ(Describe(other.transitions), Describe(result.transitions));
  }

  void CheckUnknown(const Record& before, const Moment& moment, const StepResult&) {
    if (!history_.random.OneIn(3)) return;
    Moment without = moment;
    without.observations.clear();
    Moment with = without;
    for (const RunningDigest& running : *moment.running) {
      Observation unknown;
      unknown.digest = running.digest;
      unknown.reason = "Timeout";
      with.observations.push_back(std::move(unknown));
    }
    const StepResult a = Step(before, history_.set, history_.settings, without);
    const StepResult b = Step(before, history_.set, history_.settings, with);
    EXPECT_TRUE(WithoutFailures(a.record) == WithoutFailures(b.record))
        << "Unknown mattered: " << Difference(a.record, b.record);
  }

  // A signer that drifted is never trusted without an acceptance, unless people pinned it or it had been
  // learned before (a pin made it a drift).
  void CheckDriftedSigners(const EffectivePolicy& policy, const StepResult& result) {
    for (const TrustedSigner& trusted : TrustedSigners(result.record, policy)) {
      if (!drifted_.contains(trusted.record->id)) continue;
      if (learned_.contains(trusted.record->id) || policy.pinned) continue;
      EXPECT_EQ(trusted.source, SignerSource::kAccepted) << trusted.signer().identity;
    }
    for (const Transition& transition : result.transitions) {
      const bool shown = transition.what == TransitionKind::kDriftOpened ||
                         transition.what == TransitionKind::kDriftJoined;
      if (!shown || !transition.verdict->signer) continue;
      drifted_.insert(SignerId(*transition.verdict->signer));
    }
    for (const SignerRecord& signer : result.record.signers) {
      const bool learned = signer.source == SignerSource::kFirstUse || !signer.pin.empty();
      if (learned && !drifted_.contains(signer.id)) learned_.insert(signer.id);
    }
  }

  // A critical drift never disappears while an image shows it.
  void CheckCriticals(const Record& before, const Moment& moment, const EffectivePolicy& policy,
                      const StepResult& result) {
    for (const ImageRecord& image : before.images) {
      if (image.drift.empty() || image.continuous_since_time) continue;
      const DriftRecord* entry = FindDrift(before, image.drift);
      if (entry == nullptr || entry->severity != Severity::kCritical || entry->ended_time) continue;
      const bool looked_at = std::any_of(
          moment.observations.begin(), moment.observations.end(), [&](const Observation& seen) {
            return seen.digest == image.digest && seen.posture != Posture::kUnknown;
          });
      if (looked_at || history_.policies_changed) continue;
      const ImageRecord* after = FindImage(result.record, image.digest);
      if (after == nullptr || !after->running) continue;
      const Verdict verdict =
          Stored(result.record, policy, history_.settings, image.digest, history_.now);
      if (!verdict.kind || verdict.accepted) {
        // It was accepted, its pin's signer learned, or its acceptance lapsed into another kind.
        continue;
      }
      const DriftRecord* still = FindDrift(result.record, after->drift);
      ASSERT_NE(still, nullptr) << "shows " << ToText(*verdict.kind) << " and is in no entry";
      EXPECT_FALSE(still->ended_time);
    }
  }

  // Accepting one fingerprint never accepts another.
  void CheckAcceptance(const Record& before, const Moment& moment, const EffectivePolicy& policy,
                       const StepResult& result) {
    if (history_.accepted_now.empty() || history_.accepted_now.starts_with("s-")) return;
    for (const ImageRecord& image : before.images) {
      const bool looked_at =
          std::any_of(moment.observations.begin(), moment.observations.end(),
                      [&](const Observation& seen) { return seen.digest == image.digest; });
      if (image.drift.empty() || looked_at) continue;
      const Verdict verdict =
          Stored(result.record, policy, history_.settings, image.digest, history_.now);
      if (!verdict.kind || !verdict.accepted) continue;
      const bool named = std::any_of(
          policy.acceptances.begin(), policy.acceptances.end(), [&](const AcceptanceInForce& one) {
            return one.acceptance->kind == *verdict.kind &&
                   (one.acceptance->fingerprint == verdict.fingerprint ||
                    one.acceptance->fingerprint == verdict.entry_fingerprint);
          });
      EXPECT_TRUE(named);
    }
  }

  void CheckEstablished(const Record& before, const EffectivePolicy& policy,
                        const StepResult& result) {
    const bool was = before.established_time && before.basis != Basis::kPolicy;
    if (was) {
      EXPECT_EQ(result.record.established_time, before.established_time);
    }
    if (!IsEstablished(result.record, policy)) {
      EXPECT_NE(result.record.severity, Severity::kCritical);
    }
    for (const DriftRecord& drift : result.record.drift) {
      for (const DriftDigest& listed : drift.digests) {
        const ImageRecord* image = FindImage(result.record, listed.digest);
        if (image != nullptr) {
          EXPECT_EQ(image->drift, drift.fingerprint);
        }
      }
    }
  }

  // The classifier says the same of what was just taken in, and admission never admits what is invalid.
  void CheckAnswers(const Moment& moment, const EffectivePolicy& policy, const Record& record) {
    for (const Observation& seen : moment.observations) {
      const Verdict asked = Classify(record, policy, history_.settings, seen, history_.now);
      const Verdict stored = Stored(record, policy, history_.settings, seen.digest, history_.now);
      EXPECT_EQ(asked.kind, stored.kind);
      EXPECT_EQ(asked.severity, stored.severity);
      EXPECT_EQ(asked.fingerprint, stored.fingerprint);
      EXPECT_EQ(asked.pending_until, stored.pending_until);
      const AdmissionVerdict answer =
          Admit(&record, kRepository, seen.digest, policy, history_.settings, &seen, history_.now);
      if (answer.verdict == Admission::kDeny) {
        EXPECT_TRUE(answer.kind || !asked.definite);
      }
      if (seen.posture == Posture::kUnsigned && answer.verdict == Admission::kAdmit) {
        EXPECT_TRUE(!asked.kind || asked.accepted || answer.rule == 1);
      }
    }
  }

  History history_;
  std::set<std::string> drifted_;
  std::set<std::string> learned_;
};

class RandomHistories : public ::testing::TestWithParam<int> {};

TEST_P(RandomHistories, KeepEveryPromise) {
  const std::uint64_t ordinary =
      std::getenv("PLIMSOLL_TEST_LONG") != nullptr ? 100'000 : PLIMSOLL_PROPERTY_DEFAULT;
  const std::uint64_t sequences = FromEnvironment("PLIMSOLL_PROPERTY_SEQUENCES", ordinary) / 10;
  const std::uint64_t base = FromEnvironment("PLIMSOLL_PROPERTY_SEED", 20'260'101);
  const std::uint64_t first = base + sequences * static_cast<std::uint64_t>(GetParam());
  std::cout << sequences << " histories of " << kSteps << " moments, seeds from " << first << "\n";
  for (std::uint64_t i = 0; i < sequences; ++i) {
    SCOPED_TRACE("seed " + std::to_string(first + i));
    Checker(first + i).Run();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, RandomHistories, ::testing::Range(0, 10));

}  // namespace
}  // namespace plimsoll::baseline::testing
