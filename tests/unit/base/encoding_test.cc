#include "base/encoding.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

TEST(Encoding, Rfc4648VectorsRoundTrip) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(Base64Encode(AsBytes(plain)), encoded);
    EXPECT_EQ(ToText(Base64Decode(encoded).value()), plain);
    EXPECT_EQ(ToText(Base64DecodeEither(encoded).value()), plain);
  }
}

TEST(Encoding, Base64WithoutPaddingIsRefusedWhereTheFormatAsksForIt) {
  EXPECT_FALSE(Base64Decode("Zg"));
  EXPECT_FALSE(Base64Decode("Zg="));
  EXPECT_EQ(ToText(Base64DecodeEither("Zg").value()), "f");
}

TEST(Encoding, Base64RefusesWhatTwoReadersCouldReadDifferently) {
  EXPECT_FALSE(Base64Decode("Zh=="));        // trailing bits
  EXPECT_FALSE(Base64Decode("Zm9v\n"));      // white space
  EXPECT_FALSE(Base64Decode("Zm=v"));        // padding inside
  EXPECT_FALSE(Base64Decode("===="));        // nothing but padding
  EXPECT_FALSE(Base64Decode("Zm-_"));        // the other alphabet
  EXPECT_FALSE(Base64DecodeEither("-+=="));  // both alphabets at once
  EXPECT_FALSE(Base64DecodeEither("Z"));
  EXPECT_FALSE(Base64DecodeEither("Zg="));
}

TEST(Encoding, EitherAlphabetIsAcceptedWhereProtobufAsksForIt) {
  const Bytes bytes = {0xfb, 0xff, 0xfe};
  EXPECT_EQ(Base64DecodeEither("+//+").value(), bytes);
  EXPECT_EQ(Base64DecodeEither("-__-").value(), bytes);
  EXPECT_EQ(Base64UrlEncode(bytes), "-__-");
}

TEST(Encoding, HexRefusesOddLengthAndForeignCharacters) {
  EXPECT_EQ(HexEncode(Bytes{0x00, 0xab, 0xff}), "00abff");
  EXPECT_EQ(HexDecode("00ABff").value(), (Bytes{0x00, 0xab, 0xff}));
  EXPECT_FALSE(HexDecode("abc"));
  EXPECT_FALSE(HexDecode("zz"));
  EXPECT_TRUE(IsLowerHex("00ff", 4));
  EXPECT_FALSE(IsLowerHex("00FF", 4));
  EXPECT_FALSE(IsLowerHex("00f", 4));
}

TEST(Encoding, Base32IsLowerCaseWithoutPadding) {
  EXPECT_EQ(Base32LowerEncode(AsBytes("foobar")), "mzxw6ytboi");
  EXPECT_EQ(Base32LowerEncode(AsBytes("f")), "my");
  EXPECT_EQ(Base32LowerEncode({}), "");
}

}  // namespace
}  // namespace plimsoll
