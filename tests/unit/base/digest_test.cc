#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace plimsoll {
namespace {

TEST(Digest, Fips180Vectors) {
  EXPECT_EQ(Sha256Hex(AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(Sha512(AsBytes("abc"))).substr(0, 32), "ddaf35a193617abacc417349ae204131");
  EXPECT_EQ(HexEncode(Sha384(AsBytes("abc"))).substr(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
}

TEST(Digest, PiecesGiveTheSameDigestAsTheWhole) {
  Hasher hasher(Hasher::Algorithm::kSha256);
  hasher.Update(AsBytes("a"));
  hasher.Update(AsBytes("bc"));
  EXPECT_EQ(HexEncode(hasher.Finish()), Sha256Hex(AsBytes("abc")));
}

}  // namespace
}  // namespace plimsoll
