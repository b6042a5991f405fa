#include "api/short_text.h"

#include <gtest/gtest.h>

namespace plimsoll::api {
namespace {

TEST(ShortForms, AreWhatPeopleSee) {
  EXPECT_EQ(ShortDigest("sha256:5f742e1e819f49bddf03a836a056da37a1009f279b88add6a16eca2477de9fe1"),
            "sha256:5f742e1e819f");
  EXPECT_EQ(Counted(1, "image"), "1 image");
  EXPECT_EQ(Counted(3, "repository"), "3 repositories");
  EXPECT_EQ(CutAtWord("one two three four", 12), "one two...");
}

}  // namespace
}  // namespace plimsoll::api
