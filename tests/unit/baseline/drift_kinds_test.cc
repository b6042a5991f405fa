// The table of drift kinds and the table of false alarms and false calm of the product's contract: each row
// that is judged here is a test named after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace plimsoll::baseline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

World SignedByKeyAndLogged() {
  World world;
  world.Run("first").Run("second");
  world.See({SignedAt("first", Key(), Start() - Days(90)),
             SignedAt("second", Key(), Start() - Days(30))});
  world.Pass(minutes(1));
  return world;
}

Observation TwoSigners(const std::string& name, const Signer& one, const Signer& other) {
  return Seen(name, Posture::kSignedKeyless, {By(one), By(other)});
}

// Kinds

TEST(DriftKind, SignatureMissing) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(Unsigned("b"));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureMissing)->severity, Severity::kCritical);
}

TEST(DriftKind, SignatureInvalid) {
  World world = World::Established();
  world.Deploy("b", Invalid("b"));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureInvalid)->severity, Severity::kCritical);
}

TEST(DriftKind, SignerChanged) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  const DriftRecord* drift = world.Drift(DriftKind::kSignerChanged);
  ASSERT_NE(drift, nullptr);
  EXPECT_EQ(drift->severity, Severity::kCritical);
  EXPECT_EQ(drift->fingerprint,
            SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger()));
  ASSERT_TRUE(drift->signer);
  EXPECT_EQ(drift->signer->signer, Stranger());
  EXPECT_TRUE(drift->digests[0].fingerprint.empty());
}

TEST(DriftKind, AnAcceptedKeyIsNoDowngradeBesideKeylessSignatures) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Key()));
  const std::string fingerprint = world.Drift(DriftKind::kSignerChanged)->fingerprint;
  world.Accept(fingerprint, DriftKind::kSignerChanged);
  world.TakeEvents();
  world.Pass(hours(2));
  world.See(Signed("b", Key()));
  world.Deploy("c", Signed("c", Key()));
  EXPECT_THAT(world.TakeEvents(), IsEmpty());
  EXPECT_EQ(world.record().state, State::kEstablished);
  EXPECT_EQ(world.Ask(Signed("c", Key())).verdict, Admission::kAdmit);
  world.Remove("accept");
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(DriftKind, ProvenanceByAnAcceptedSignerWhereImagesWereSignedIsADowngrade) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Stranger()));
  world.Accept(world.Drift(DriftKind::kSignerChanged)->fingerprint, DriftKind::kSignerChanged);
  world.Deploy("c", Attested("c", Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(DriftKind, IssuerChanged) {
  World world = World::Established();
  Signer other = Workflow();
  other.issuer = "https://other.example";
  world.Deploy("b", Signed("b", other));
  EXPECT_EQ(world.Drift(DriftKind::kIssuerChanged)->severity, Severity::kCritical);
}

TEST(DriftKind, RepositoryIdentityReusedByAnotherOwnerIsCritical) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Workflow("acme/web", "refs/tags/v2", "11", "99")));
  EXPECT_EQ(world.Drift(DriftKind::kRepositoryIdentityReused)->severity, Severity::kCritical);
}

TEST(DriftKind, RepositoryIdentityReusedWithIdsThatWereAbsentBeforeIsAWarning) {
  World world = World::Established(Workflow("acme/web", "refs/tags/v1", "", ""));
  world.Deploy("b", Signed("b", Workflow()));
  EXPECT_EQ(world.Drift(DriftKind::kRepositoryIdentityReused)->severity, Severity::kWarning);
}

TEST(DriftKind, SignerRenamed) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Workflow("acme/shop")));
  EXPECT_EQ(world.Drift(DriftKind::kSignerRenamed)->severity, Severity::kWarning);
}

TEST(DriftKind, SigningDowngradeWhenUnverifiable) {
  World world = World::Established();
  world.Deploy("b", Unverifiable("b"));
  EXPECT_EQ(world.Drift(DriftKind::kSigningDowngrade)->severity, Severity::kCritical);
}

TEST(DriftKind, SigningDowngradeIsAWarningWhileTheTrustRootIsStale) {
  World world = World::Established();
  Observation seen = Unverifiable("b");
  seen.trust_root_stale = true;
  world.Deploy("b", seen);
  EXPECT_EQ(world.Drift(DriftKind::kSigningDowngrade)->severity, Severity::kWarning);
  EXPECT_EQ(world.Reason("Verifiable"), "TrustRootStale");
}

TEST(DriftKind, SigningDowngradeWhenTheRankOfTheContinuousSignersIsLower) {
  World world = World::Established();
  world.Deploy("b", Attested("b", Workflow()));
  EXPECT_EQ(world.Drift(DriftKind::kSigningDowngrade)->severity, Severity::kCritical);
}

TEST(DriftKind, AStrangersSignatureDoesNotLiftTrustedProvenance) {
  World world = World::Established();
  Observation seen = TwoSigners("b", Stranger(), Workflow());
  seen.signers[1].provenance_only = true;
  world.Deploy("b", seen);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(DriftKind, SignatureStrippedWhenTheLogProvesATrustedSignerForThisRepository) {
  World world = World::Established();
  world.See(WithLog(Unsigned("first"), {{Workflow(), true}}));
  EXPECT_THAT(world.record().drift, IsEmpty());  // it rests on an absence: two observations
  world.Pass(minutes(5));
  world.See(WithLog(Unsigned("first"), {{Workflow(), true}}));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureStripped));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
  EXPECT_EQ(world.Ask("first").verdict, Admission::kWarn);  // the bytes are the same
}

TEST(DriftKind, ADigestServedSignedHereBeforeIsStrippedWhateverTheLoggedPayloadNames) {
  World world = World::Established();
  world.See(WithLog(Unsigned("first"), {{Workflow(), false}}));
  world.Pass(minutes(5));
  world.See(WithLog(Unsigned("first"), {{Workflow(), false}}));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureStripped));
}

TEST(DriftKind, ProvenForAnotherRepositoryOnlyIsSignatureMissingWarning) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(WithLog(Unsigned("b"), {{Workflow(), false}}));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
}

TEST(DriftKind, AStrangersLogEntryProvesNothing) {
  World world = World::Established();
  world.Run("b");
  world.SeeConfirmed(WithLog(Unsigned("b"), {{Stranger(), true}}));
  EXPECT_EQ(world.Drift(DriftKind::kSignatureMissing)->severity, Severity::kCritical);
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignatureStripped));
}

TEST(DriftKind, SignerSubstituted) {
  World world = World::Established();
  world.Deploy("b", WithLog(Signed("b", Stranger()), {{Workflow(), true}}));
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignerSubstituted));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
  EXPECT_EQ(world.Drift(DriftKind::kSignerSubstituted)->fingerprint,
            SignerFingerprint(DriftKind::kSignerSubstituted, kRepository, Stranger()));
}

// A pin that is gone left nothing learned, and a signer that drifted under it: it is not learned, and drifts again with
// the first drift that names it, wherever it is seen.
TEST(DriftKind, WhereNothingIsLearnedADriftThatNamesASignerConcernsItsOtherImagesAtOnce) {
  World world;
  world.Apply(PinPolicy("pins", Workflow("acme/next")));
  world.Deploy("b", Signed("b", Stranger()));
  world.Remove("pins");
  world.Stop("b");
  world.Pass(Days(40));
  world.Deploy("c", Signed("c", Stranger()));
  ASSERT_THAT(world.record().drift, IsEmpty());
  ASSERT_FALSE(world.record().learning_time);
  world.Accept(SignerFingerprint(DriftKind::kSignerChanged, kRepository, Workflow()),
               DriftKind::kSignerChanged);
  world.Deploy("d", WithLog(Signed("d", Stranger()), {{Workflow(), true}}));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerSubstituted));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(DriftKind, WithTheLaneOffThereIsNoDivergenceThatRestsOnIt) {
  World world = World::Established();
  Observation seen = WithLog(Signed("b", Stranger()), {{Workflow(), true}});
  seen.log.answer = LogLane::Answer::kOff;
  world.Deploy("b", seen);
  EXPECT_FALSE(world.IsOpen(DriftKind::kSignerSubstituted));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(DriftKind, AnUnreachableLogIsNeverACleanResult) {
  World world = World::Established();
  world.See(WithLog(Unsigned("first"), {{Workflow(), true}}));
  world.Pass(minutes(5));
  world.See(WithLog(Unsigned("first"), {{Workflow(), true}}));
  Observation seen = Unsigned("first");
  seen.log.answer = LogLane::Answer::kUnanswered;
  world.Pass(hours(1));
  world.See(seen);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureStripped));
}

TEST(DriftKind, SignatureNotLoggedForAKeylessSignatureThatLacksOnlyItsProof) {
  World world = World::Corroborated();
  Observation seen = Unverifiable("b", "NotLogged");
  seen.unlogged = {Workflow()};
  world.Deploy("b", seen);
  EXPECT_EQ(world.Drift(DriftKind::kSignatureNotLogged)->severity, Severity::kCritical);
  EXPECT_FALSE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(DriftKind, SignatureNotLoggedForATrustedKeyThatWasLoggedBefore) {
  World world = SignedByKeyAndLogged();
  ASSERT_EQ(world.record().strength, Strength::kLogCorroborated);
  world.Deploy("b", Signed("b", Key()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureNotLogged));
}

TEST(DriftKind, AProofFoundByTheLaneCuresSignatureNotLogged) {
  World world = SignedByKeyAndLogged();
  world.Deploy("b", WithLog(Signed("b", Key()), {{Key(), true}}));
  EXPECT_THAT(world.record().drift, IsEmpty());
  Observation seen = Unverifiable("c");
  seen.unlogged = {Workflow()};
  World keyless = World::Corroborated();
  keyless.Deploy("c", WithLog(seen, {{Workflow(), true}}));
  EXPECT_THAT(keyless.record().drift, IsEmpty());
}

TEST(DriftKind, WithoutALogHistoryAnUnloggedSignatureIsADowngrade) {
  World world = World::Established();
  Observation seen = Unverifiable("b");
  seen.unlogged = {Workflow()};
  world.Deploy("b", seen);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(DriftKind, AStrangersUnloggedSignatureIsADowngrade) {
  World world = World::Corroborated();
  Observation seen = Unverifiable("b");
  seen.unlogged = {Stranger()};
  world.Deploy("b", seen);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(DriftKind, LogEntryMissingAfterADayOfContradiction) {
  World world = World::Corroborated();
  const Observation seen = WithLog(SignedAt("first", Workflow(), Start() - Days(90)), {}, true);
  world.See(seen);
  world.Pass(hours(24) - seconds(1));
  world.See(seen);
  EXPECT_THAT(world.record().drift, IsEmpty());
  world.Pass(seconds(1));
  world.See(seen);
  ASSERT_TRUE(world.IsOpen(DriftKind::kLogEntryMissing));
  EXPECT_EQ(world.record().severity, Severity::kCritical);
}

TEST(DriftKind, AContradictionThatTheLogTakesBackStartsAnew) {
  World world = World::Corroborated();
  const Observation clean = SignedAt("first", Workflow(), Start() - Days(90));
  world.See(WithLog(clean, {}, true));
  world.Pass(hours(12));
  world.See(WithLog(clean, {}, false));
  world.Pass(hours(13));
  world.See(WithLog(clean, {}, true));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(DriftKind, SignedForOtherRepository) {
  World world = World::Established();
  Observation seen = Signed("b", Workflow());
  seen.signers[0].docker_reference = "ghcr.io/acme/other:v1";
  world.Deploy("b", seen);
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignedForOtherRepository));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
  EXPECT_EQ(world.Judge(seen).docker_reference, "ghcr.io/acme/other");
}

TEST(DriftKind, AnAliasAndTheReferencesOfFirstUseAreNotAnotherRepository) {
  World world;
  Observation first = Signed("first", Workflow());
  first.signers[0].docker_reference = "registry.acme.example/staging/web";
  world.Deploy("first", first);
  world.Pass(minutes(1));
  world.settings().aliases = {"mirror.example/acme/web"};
  Observation second = Signed("second", Workflow());
  second.signers[0].docker_reference = "mirror.example/acme/web";
  world.Deploy("second", second);
  Observation third = Signed("third", Workflow());
  third.signers[0].docker_reference = "registry.acme.example/staging/web";
  world.Deploy("third", third);
  Observation own = Signed("own", Workflow());
  own.signers[0].docker_reference = "GHCR.IO:443/acme/web";
  world.Deploy("own", own);
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.record().docker_references,
            std::vector<std::string>{"registry.acme.example/staging/web"});
}

TEST(DriftKind, ProvenanceChanged) {
  World world;
  Observation first = Signed("first", Workflow());
  first.provenance = {{"https://github.com/acme/web", "https://builder@refs/tags/v1", Workflow()}};
  world.Deploy("first", first);
  Observation same = Signed("same", Workflow());
  same.provenance = {{"https://github.com/acme/web", "https://builder@refs/tags/v2", Workflow()}};
  world.Deploy("same", same);
  EXPECT_THAT(world.record().drift, IsEmpty());
  Observation other = Signed("other", Workflow());
  other.provenance = {{"https://github.com/acme/fork", "https://builder@refs/tags/v1", Workflow()}};
  world.Deploy("other", other);
  ASSERT_TRUE(world.IsOpen(DriftKind::kProvenanceChanged));
  EXPECT_EQ(world.record().severity, Severity::kWarning);
}

TEST(DriftKind, ProvenanceByAnotherSignerDoesNotCount) {
  World world;
  Observation first = Signed("first", Workflow());
  first.provenance = {{"https://github.com/acme/web", "b1", Workflow()}};
  world.Deploy("first", first);
  Observation other = TwoSigners("other", Workflow(), Stranger());
  other.provenance = {{"https://evil.example", "b9", Stranger()}};
  world.Deploy("other", other);
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(DriftKind, ProvenanceIsLearnedOnceFromTheFirstContinuousDigestWhenFirstUseHadNone) {
  World world = World::Established();
  Observation second = Signed("second", Workflow());
  second.provenance = {{"https://github.com/acme/web", "b1", Workflow()}};
  world.Deploy("second", second);
  EXPECT_EQ(world.record().provenance.size(), 1u);
  Observation third = Signed("third", Workflow());
  third.provenance = {{"https://github.com/acme/web", "b2", Workflow()}};
  world.Deploy("third", third);
  EXPECT_EQ(world.record().provenance.size(), 1u);
  EXPECT_TRUE(world.IsOpen(DriftKind::kProvenanceChanged));
}

TEST(DriftKind, OnABaselineThatIsNotEstablishedEveryKindIsAWarning) {
  World world;
  world.Deploy("first", Signed("first", Workflow()));
  world.Pass(seconds(1));
  world.Deploy("b", Invalid("b"));
  world.Deploy("c", Unverifiable("c"));
  world.Deploy("d", Signed("d", Stranger()));
  EXPECT_EQ(world.record().drift.size(), 3u);
  for (const DriftRecord& drift : world.record().drift) {
    EXPECT_EQ(drift.severity, Severity::kWarning);
  }
}

// False alarms and false calm

TEST(FalseAlarm, NoAnswerIsUnknownAndTheLastGoodResultIsKept) {
  World world = World::Established();
  for (const char* reason : {"RegistryThrottled", "RegistryUnreachable", "AuthenticationFailed",
                             "DigestNotInRepository"}) {
    world.Pass(minutes(10));
    world.See(Unknown("first", reason));
    EXPECT_THAT(world.record().drift, IsEmpty());
    EXPECT_EQ(world.Ask(Unknown("first", reason)).verdict, Admission::kAdmit);
  }
}

TEST(FalseAlarm, AnUnsignedIndexWithEveryChildSignedIsSigned) {
  World world = World::Established();
  Observation index = Unsigned("index");
  index.children = {Signed("amd64", Workflow()), Signed("arm64", Workflow())};
  world.Deploy("index", index);
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_EQ(world.Image("index").posture, Posture::kSignedKeyless);
}

TEST(FalseCalm, AnUnsignedIndexWithOneUnsignedChildIsSignatureMissingAndNamesTheChild) {
  World world = World::Established();
  Observation index = Unsigned("index");
  index.children = {Signed("amd64", Workflow()), Unsigned("arm64")};
  world.Run("index");
  world.SeeConfirmed(index);
  ASSERT_TRUE(world.IsOpen(DriftKind::kSignatureMissing));
  EXPECT_EQ(world.Image("index").child, Digest("arm64"));
  EXPECT_EQ(world.Judge(index).child, Digest("arm64"));
}

TEST(FalseCalm, SignersOfDifferentChildrenAreNeverPooled) {
  World world = World::Established();
  Observation index = Unsigned("index");
  index.children = {Signed("amd64", Workflow()), Signed("arm64", Stranger())};
  world.Deploy("index", index);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(FalseCalm, AnUnknownChildKeepsTheImageUnknownUnlessAnotherIsWorse) {
  World world = World::Established();
  Observation index = Unsigned("index");
  index.children = {Signed("amd64", Workflow()), Unknown("arm64")};
  world.Deploy("index", index);
  EXPECT_EQ(world.Image("index").posture, Posture::kUnknown);
  index.children.push_back(Invalid("s390x"));
  world.See(index);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureInvalid));
}

TEST(FalseCalm, AnIndexThatTheLogProvesSignedIsStripped) {
  World world = World::Established();
  Observation index = WithLog(Unsigned("index"), {{Workflow(), true}});
  index.children = {Unsigned("amd64")};
  world.Run("index");
  world.SeeConfirmed(index);
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignatureStripped));
}

TEST(FalseAlarm, TheSameWorkflowForANewReleaseTagIsContinuous) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Workflow("acme/web", "refs/tags/v2.0.0")));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(FalseAlarm, ARenamedRepositoryWithTheSameIdsIsSignerRenamed) {
  World world = World::Established();
  world.Deploy("b", Signed("b", Workflow("newname/web")));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerRenamed));
  EXPECT_EQ(world.Ask("b").verdict, Admission::kWarn);
}

TEST(FalseAlarm, AnOlderCertificateWithoutIdsIsContinuousWhenItWasMadeBefore) {
  World world;
  world.Deploy("first", SignedAt("first", Workflow(), Start() - Days(30)));
  world.Pass(minutes(1));
  world.Deploy("old",
               SignedAt("old", Workflow("acme/web", "refs/tags/v0", "", ""), Start() - Days(300)));
  EXPECT_THAT(world.record().drift, IsEmpty());
  world.Deploy("new",
               SignedAt("new", Workflow("acme/web", "refs/tags/v9", "", ""), Start() - Days(3)));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
}

TEST(FalseCalm, AStrangersSignatureOnAGenuineImageIsANoteAndLaterAloneSignerChanged) {
  World world = World::Established();
  const Observation both = TwoSigners("b", Workflow(), Stranger());
  world.Deploy("b", both);
  EXPECT_THAT(world.record().drift, IsEmpty());
  const Verdict verdict = world.Judge(both);
  ASSERT_EQ(verdict.notes.size(), 1u);
  EXPECT_EQ(verdict.notes[0].kind, NoteKind::kCoSigned);
  EXPECT_EQ(verdict.notes[0].alone, DriftKind::kSignerChanged);
  EXPECT_EQ(verdict.notes[0].fingerprint,
            SignerFingerprint(DriftKind::kSignerChanged, kRepository, Stranger()));
  EXPECT_THAT(world.Image("b").notes,
              Contains("CoSigned SignerChanged " + verdict.notes[0].fingerprint));
  world.Deploy("c", Signed("c", Stranger()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSignerChanged));
  EXPECT_FALSE(world.Trusts(Stranger()));
}

TEST(FalseAlarm, ANoteOffersTheFingerprintUnderWhichARotationIsAcceptedAhead) {
  World world = World::Established(Key('a'));
  const Observation both = Seen("b", Posture::kSignedKeyBased, {By(Key('a')), By(Key('b'))});
  world.Deploy("b", both);
  const Verdict verdict = world.Judge(both);
  ASSERT_EQ(verdict.notes.size(), 1u);
  EXPECT_EQ(verdict.notes[0].kind, NoteKind::kKeyAdded);
  world.Accept(verdict.notes[0].fingerprint, *verdict.notes[0].alone);
  world.Deploy("c", Signed("c", Key('b')));
  EXPECT_THAT(world.record().drift, IsEmpty());
}

TEST(FalseCalm, OnlyProvenanceInARepositoryThatNeverHadMoreIsItsOwnBaseline) {
  World world = World::Established(Workflow());
  World attested;
  attested.Deploy("first", Attested("first", Workflow()));
  attested.Pass(hours(25));
  attested.See(Attested("first", Workflow()));
  EXPECT_EQ(attested.record().state, State::kEstablished);
  attested.Deploy("b", Attested("b", Workflow()));
  EXPECT_THAT(attested.record().drift, IsEmpty());
  world.Deploy("b", Attested("b", Workflow()));
  EXPECT_TRUE(world.IsOpen(DriftKind::kSigningDowngrade));
}

TEST(FalseAlarm, TheSameDigestIsJudgedByEachRepositorysOwnBaseline) {
  World one = World::Established(Workflow());
  World other = World::Established(Stranger());
  EXPECT_FALSE(one.Judge(Signed("x", Workflow())).kind);
  EXPECT_EQ(other.Judge(Signed("x", Workflow())).kind, DriftKind::kSignerChanged);
}

TEST(FalseAlarm, ANewStorageFormByTheSameSignerIsNoDrift) {
  World world = World::Established();
  Observation bundle = Signed("first", Workflow());
  bundle.signers[0].storage = Storage::kReferrer;
  world.See(bundle);
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_THAT(world.Image("first").notes, ElementsAre("FormatChanged"));
  world.Pass(hours(6));
  world.See(bundle);
  EXPECT_THAT(world.Image("first").notes, ElementsAre("FormatChanged"));
}

TEST(FalseAlarm, ALaterImageInANewStorageFormIsNotedAndAnEarlierOneIsNot) {
  World world = World::Established();
  world.Pass(hours(1));
  Observation bundle = Signed("second", Workflow("acme/web", "refs/tags/v2"));
  bundle.signers[0].storage = Storage::kReferrer;
  world.Deploy("second", bundle);
  EXPECT_THAT(world.record().drift, IsEmpty());
  EXPECT_THAT(world.Image("second").notes, ElementsAre("FormatChanged"));
  world.See(Signed("first", Workflow()));
  EXPECT_THAT(world.Image("first").notes, IsEmpty());
}

TEST(FalseAlarm, AStrangersReferrerIsNoChangeOfForm) {
  World world = World::Established();
  world.Pass(hours(1));
  Observation bundle = Signed("second", Stranger());
  bundle.signers[0].storage = Storage::kReferrer;
  world.Deploy("second", bundle);
  EXPECT_THAT(world.Image("second").notes, IsEmpty());
}

}  // namespace
}  // namespace plimsoll::baseline::testing
