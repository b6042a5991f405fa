#include "base/printable.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

TEST(Printable, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(Printable("https://github.com/acme/web@refs/tags/v1"),
            "https://github.com/acme/web@refs/tags/v1");
  EXPECT_EQ(Printable("J\xc3\xbcrgen"), "J\xc3\xbcrgen");
}

TEST(Printable, TextThatWouldForgeALineIsEscaped) {
  EXPECT_EQ(Printable("a\nb\x1b[31m"), "a\\u{000A}b\\u{001B}[31m");
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202E}b");  // right-to-left override
  EXPECT_EQ(Printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u{200B}b");  // zero-width space
}

TEST(Printable, BytesThatAreNotUtf8AreShownAsBytes) {
  EXPECT_EQ(Printable("\xff\xc0\xaf"), "\\xFF\\xC0\\xAF");
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));  // a surrogate
  EXPECT_FALSE(IsUtf8("\xc0\x80"));      // overlong NUL
  EXPECT_FALSE(IsUtf8("\xe2\x82"));      // cut short
  EXPECT_TRUE(IsUtf8("\xf0\x9f\x9a\xa2"));
}

TEST(Printable, LongTextIsCutOnACharacterBoundaryWithinItsBound) {
  EXPECT_EQ(Printable("abcdefgh", 6), "abc...");
  EXPECT_EQ(Printable("abcdef", 6), "abcdef");
  EXPECT_EQ(Printable("ab\xc3\xbc\xc3\xbc\xc3\xbc", 7), "ab\xc3\xbc...");
  for (std::size_t max = 0; max < 40; ++max)
    EXPECT_LE(Printable("a\nb\nc\nd\xc3\xbc\xff", max).size(), max);
}

TEST(Printable, AsciiTextCarriesNothingElse) {
  EXPECT_EQ(PrintableAscii("J\xc3\xbcrgen"), "J\\u{00FC}rgen");
}

}  // namespace
}  // namespace plimsoll
