// Rekor v2: entries are proven again from its tiles; it has no search.
#include "log_fixture.h"
#include "tiles.h"

namespace plimsoll::rekor {
namespace {

using plimsoll::testing::FaultServer;
using plimsoll::testing::Reply;
using plimsoll::testing::SeenRequest;

class TileLogTest : public LogTest {
 protected:
  TileLogTest() { Start(tiles_.host(), tiles_.url()); }

  test::LoggedEntry LoggedByTiles(int later_entries) {
    test::BundleSpec spec;
    spec.rekor1 = false;
    spec.rekor2 = true;
    spec.entry2.later_entries = later_entries;
    const auto bundle =
        sigstore_.SignStatement(test::CosignStatement(std::string_view(kDigest).substr(7)), spec);
    tiles_.Add(bundle.entries.front(), {});
    return bundle.entries.front();
  }
  RememberedLeaf LeafOfTile(const test::LoggedEntry& entry) {
    RememberedLeaf leaf = LeafOf(entry, sigstore_.rekor2().Origin());
    return leaf;
  }

  test::LogServer tiles_{sigstore_.rekor2(), 0};
};

TEST_F(TileLogTest, PathsAreThoseOfTheTileLogSpecification) {
  EXPECT_EQ(TilePath("0", 5, 256), "tile/0/005");
  EXPECT_EQ(TilePath("entries", 1'234'067, 256), "tile/entries/x001/x234/067");
  EXPECT_EQ(TilePath("1", 0, 17), "tile/1/000.p/17");
  EXPECT_EQ(TilePath("entries", 19'669, 256), "tile/entries/x019/669");
}

TEST_F(TileLogTest, AnEntryIsProvenAgainFromTiles) {
  for (const int later : {0, 1, 254, 255, 256, 700}) {
    const auto entry = LoggedByTiles(later);
    const auto state = log_->LeafAt(LeafOfTile(entry), AskFresh());
    ASSERT_TRUE(state) << later << ": " << state.error().message;
    EXPECT_EQ(*state, LeafState::kSame) << later;
  }
}

TEST_F(TileLogTest, AnotherLeafAtTheIndexContradicts) {
  const auto entry = LoggedByTiles(10);
  RememberedLeaf leaf = LeafOfTile(entry);
  leaf.entry_hash = std::string(64, '1');
  const auto state = log_->LeafAt(leaf, AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kOther);
}

TEST_F(TileLogTest, AnIndexBeyondTheTreeIsNotCovered) {
  const auto entry = LoggedByTiles(10);
  RememberedLeaf leaf = LeafOfTile(entry);
  leaf.index = 5'000;
  const auto state = log_->LeafAt(leaf, AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kNotCovered);
}

TEST_F(TileLogTest, DamagedTilesProveNothing) {
  const auto entry = LoggedByTiles(300);
  for (const char* part : {"tile/entries", "tile/0"}) {
    tiles_.Instead([part](const SeenRequest& request) {
      if (request.path.find(part) == std::string::npos) return FaultServer::Pass();
      return Reply::Ok(std::string(8'192, 'x'), "application/octet-stream");
    });
    const auto state = log_->LeafAt(LeafOfTile(entry), AskFresh());
    ASSERT_FALSE(state) << part;
    EXPECT_EQ(state.error().code, kLogAnswerRefused);
    EXPECT_NE(log_->health(), Health::kInconsistent);
  }
}

TEST_F(TileLogTest, APartialTileThatWasFilledSinceIsReadWhole) {
  const auto entry = LoggedByTiles(100);
  tiles_.Instead([](const SeenRequest& request) {
    const bool partial = request.path.find(".p/") != std::string::npos;
    return partial ? Reply::Status(404) : FaultServer::Pass();
  });
  const auto state = log_->LeafAt(LeafOfTile(entry), AskNow());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, LeafState::kSame);
}

TEST_F(TileLogTest, ATileLogIsComparedWithItself) {
  LoggedByTiles(10);
  ASSERT_TRUE(log_->Identify(AskNow()));
  LoggedByTiles(290);
  clock_.passed += std::chrono::hours(2);
  const auto grown = log_->Identify(AskNow());
  ASSERT_TRUE(grown) << grown.error().message;

  test::TransparencyLog& log = sigstore_.rekor2();
  test::TransparencyLog fork(log.generation(), log.host(), "", log.key(), 0);
  while (fork.tree().size() < 400)
    fork.tree().Append(AsBytes("x" + std::to_string(fork.tree().size())));
  tiles_.Show(fork);
  clock_.passed += std::chrono::hours(2);
  const auto forked = log_->Identify(AskNow());
  ASSERT_FALSE(forked);
  EXPECT_EQ(forked.error().code, kLogInconsistent) << forked.error().message;
}

TEST_F(TileLogTest, ItHasNoSearchAndThatIsNoFailure) {
  LoggedByTiles(3);
  const auto found = Search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, kNoSearch);
  EXPECT_EQ(log_->health(), Health::kAnswering);
}

}  // namespace
}  // namespace plimsoll::rekor
