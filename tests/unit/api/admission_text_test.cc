#include "api/admission_text.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::api {
namespace {

ImageFinding Missing() {
  ImageFinding finding;
  finding.container = "web";
  finding.repository = "ghcr.io/acme/storefront/web";
  finding.digest = "sha256:5f742e1e819f49bddf03a836a056da37a1009f279b88add6a16eca2477de9fe1";
  finding.statement = "is not signed";
  finding.kind = "SignatureMissing";
  finding.severity = "critical";
  finding.fingerprint = "d-5c5d663e2d480544ae66aa8b1a77125c";
  finding.expected =
      "a signature by acme/storefront/release.yml@refs/tags/*, issuer "
      "token.actions.githubusercontent.com, as on every "
      "image since 2026-02-10";
  finding.expected_short = "acme/storefront/release.yml@refs/tags/*";
  finding.seen = "none in any form, ghcr.io answered at 18:02:44Z";
  return finding;
}

TEST(Denial, SaysWhichContainerWhatWasExpectedWhatWasSeenAndWhatToDo) {
  EXPECT_EQ(DenialText({Missing()}),
            "container \"web\": ghcr.io/acme/storefront/web@sha256:5f742e1e819f is not signed "
            "(SignatureMissing, "
            "critical). Expected: a signature by acme/storefront/release.yml@refs/tags/*, issuer "
            "token.actions.githubusercontent.com, as on every image since 2026-02-10. Seen: none "
            "in any form, ghcr.io "
            "answered at 18:02:44Z. To accept: kubectl plimsoll accept ghcr.io/acme/storefront/web "
            "SignatureMissing "
            "d-5c5d663e2d480544ae66aa8b1a77125c --expires 14d --reason TEXT. Help: kubectl "
            "plimsoll explain "
            "ghcr.io/acme/storefront/web");
}

TEST(Denial, NamesThreeImagesAndCountsTheRest) {
  std::vector<ImageFinding> findings(6, Missing());
  for (auto& finding : findings) {
    finding.repository = "r.io/a";
    finding.expected = "";
  }
  findings[1].container = "b";
  findings[2].container = "c";
  const std::string text = DenialText(findings);
  EXPECT_TRUE(
      text.ends_with("explain r.io/a. Also: \"b\" SignatureMissing "
                     "d-5c5d663e2d480544ae66aa8b1a77125c, \"c\" SignatureMissing "
                     "d-5c5d663e2d480544ae66aa8b1a77125c and 3 more"))
      << text;
}

TEST(Denial, NeverExceedsItsBoundAndNeverCutsACommand) {
  for (std::size_t length = 1; length < 511; length += 7) {
    ImageFinding finding = Missing();
    finding.repository = "r.io/" + std::string(length, 'a');
    const std::string text = DenialText({finding, finding, finding, finding});
    EXPECT_LE(text.size(), kMaxDenial);
    const std::size_t accept = text.find("kubectl plimsoll accept");
    if (accept != std::string::npos) {
      EXPECT_NE(text.find("--reason TEXT", accept), std::string::npos) << text;
    }
  }
}

TEST(Denial, IsPrintableAscii) {
  ImageFinding finding = Missing();
  finding.container = "w\n\"\x1b[31m";
  finding.expected = "a signature by \xc3\xa9\xe2\x80\xae";
  for (const unsigned char c : DenialText({finding})) {
    EXPECT_GE(c, 0x20);
    EXPECT_LT(c, 0x7f);
  }
}

TEST(Warning, IsOneShortLine) {
  const std::string text = WarningText(Missing());
  EXPECT_EQ(text,
            "\"web\": ghcr.io/acme/storefront/web@sha256:5f742e1e819f is not signed "
            "(SignatureMissing); expected "
            "acme/storefront/release.yml@refs/tags/*; kubectl plimsoll explain "
            "ghcr.io/acme/storefront/web");
}

TEST(Warning, NeverExceedsItsBound) {
  for (std::size_t length = 1; length < 511; ++length) {
    ImageFinding finding = Missing();
    finding.repository = "r.io/" + std::string(length, 'a');
    finding.by_tag = true;
    const std::string text = WarningText(finding);
    EXPECT_LE(text.size(), kMaxWarning);
    EXPECT_NE(text.find("SignatureMissing"), std::string::npos);
  }
}

}  // namespace
}  // namespace plimsoll::api
