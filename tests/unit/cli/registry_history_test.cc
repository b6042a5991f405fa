// A registry's tags as a history.
#include "cli/registry_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::cli {
namespace {

using namespace plimsoll::baseline;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRepository[] = "ghcr.io/acme/web";
Time At(const char* text) { return *ParseTime(text); }

TaggedImage Unsigned(const char* tag, const char* digest, const char* built) {
  TaggedImage image;
  image.tags = {tag};
  image.digest = digest;
  image.observation.posture = Posture::kUnsigned;
  image.built = At(built);
  return image;
}

TaggedImage SignedBy(char key, const char* tag, const char* digest, const char* time) {
  TaggedImage image;
  image.tags = {tag};
  image.digest = digest;
  image.observation.posture = Posture::kSignedKeyBased;
  image.observation.signers.resize(1);
  image.observation.signers[0].signer = MakeKey(std::string(64, key));
  image.observation.signers[0].verified_time = At(time);
  return image;
}

TEST(RegistryHistory, TagsOfSignaturesAreNoImagesAndVersionsAreReadAsNumbers) {
  const std::string hex(64, 'a');
  EXPECT_THAT(
      ImageTags({"1.10.0", "latest", "1.9.1", "sha256-" + hex + ".sig", "sha256-" + hex, "1.9.0"},
                100),
      ElementsAre("1.9.0", "1.9.1", "1.10.0", "latest"));
  EXPECT_THAT(ImageTags({"1.10.0", "1.9.1", "1.9.0"}, 2), ElementsAre("1.9.1", "1.10.0"));
}

TEST(RegistryHistory, ASignatureSaysWhenAnImageCameBeforeTheImageItselfDoes) {
  TaggedImage image = SignedBy('a', "v1", "sha256:aa", "2026-02-01T00:00:00Z");
  image.built = At("2026-01-01T00:00:00Z");
  EXPECT_EQ(CameAt(image), At("2026-02-01T00:00:00Z"));
  image.observation.signers.clear();
  EXPECT_EQ(CameAt(image), At("2026-01-01T00:00:00Z"));
  // What reproducible builds write says nothing.
  image.built = At("1970-01-01T00:00:00Z");
  EXPECT_FALSE(CameAt(image));
  image.built.reset();
  EXPECT_FALSE(CameAt(image));
}

// Judges the history with the defaults.
ReplaySummary Judge(const RegistryHistory& history, std::vector<std::string>* events = nullptr) {
  Replay replay{Settings{}};
  const auto note = [&](const ReplayLine& line) {
    for (const ReplayOutputEvent& event : line.events)
      if (events != nullptr) events->push_back(event.reason);
  };
  for (const ReplayEvent& event : history.events) EXPECT_TRUE(replay.Feed(event, note));
  return replay.Finish(note);
}

TEST(RegistryHistory, ReleasesOfOneSignerBecomeEstablished) {
  const RegistryHistory history =
      HistoryOf(kRepository,
                {SignedBy('a', "v2", "sha256:bb", "2026-02-01T00:00:00Z"),
                 SignedBy('a', "v1", "sha256:aa", "2026-01-01T00:00:00Z")},
                Durations{});
  EXPECT_THAT(history.left_out, IsEmpty());
  EXPECT_EQ(history.names.front(), "v1");
  EXPECT_EQ(history.names.size(), history.events.size());
  std::vector<std::string> events;
  const ReplaySummary summary = Judge(history, &events);
  EXPECT_EQ(summary.established, 1u);
  EXPECT_EQ(summary.open_critical, 0u);
  EXPECT_THAT(events, ElementsAre("BaselineEstablished"));
}

TEST(RegistryHistory, AReleaseThatWasForgottenIsADriftThatTheNextOneDoesNotHide) {
  std::vector<TaggedImage> images = {SignedBy('a', "v1", "sha256:aa", "2026-01-01T00:00:00Z"),
                                     SignedBy('a', "v2", "sha256:bb", "2026-02-01T00:00:00Z"),
                                     Unsigned("v3", "sha256:cc", "2026-03-01T00:00:00Z")};
  EXPECT_EQ(Judge(HistoryOf(kRepository, images, Durations{})).open_critical, 1u);
  images.push_back(SignedBy('b', "v4", "sha256:dd", "2026-04-01T00:00:00Z"));
  std::vector<std::string> events;
  Judge(HistoryOf(kRepository, images, Durations{}), &events);
  EXPECT_THAT(events, ::testing::IsSupersetOf({"SignatureMissing", "SignerChanged"}));
}

TEST(RegistryHistory, ImagesOfOneSecondComeInTheOrderOfTheirVersions) {
  constexpr char kTime[] = "2026-02-01T00:00:00Z";
  const RegistryHistory history = HistoryOf(
      kRepository,
      {SignedBy('a', "1.10.0", "sha256:aa", kTime), SignedBy('a', "1.2.0", "sha256:cc", kTime),
       SignedBy('a', "1.9.0", "sha256:bb", kTime)},
      {});
  std::vector<std::string> names = history.names;
  std::erase(names, "");
  EXPECT_THAT(names, ElementsAre("1.2.0", "1.9.0", "1.10.0"));
}

TEST(RegistryHistory, AnImageThatNobodyCanDateIsLeftOut) {
  const RegistryHistory history =
      HistoryOf(kRepository, {Unsigned("v1", "sha256:aa", "1980-01-01T00:00:00Z")}, Durations{});
  EXPECT_THAT(history.events, IsEmpty());
  EXPECT_THAT(history.left_out, ElementsAre("v1"));
}

}  // namespace
}  // namespace plimsoll::cli
