// What shells are offered.
#include "cli/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Offered(const std::vector<std::string>& words) {
  std::vector<std::string> texts;
  for (const Candidate& candidate : CandidatesFor(words).words) texts.push_back(candidate.text);
  return texts;
}

TEST(Completion, CommandsAreOfferedWordByWord) {
  EXPECT_THAT(Offered({"ex"}), ElementsAre("explain", "export"));
  EXPECT_THAT(Offered({"au"}), ElementsAre("auth"));
  EXPECT_THAT(Offered({"auth", ""}), ElementsAre("check"));
  EXPECT_THAT(Offered({""}), Contains("accept"));
  EXPECT_THAT(Offered({"nothing"}), IsEmpty());
}

TEST(Completion, FlagsAndTheirValuesAreOffered) {
  EXPECT_THAT(Offered({"explain", "--k"}), ElementsAre("--kubeconfig"));
  EXPECT_THAT(Offered({"explain", "-o", "y"}), ElementsAre("yaml"));
  EXPECT_THAT(Offered({"explain", "--output=w"}), ElementsAre("--output=wide"));
  EXPECT_TRUE(CandidatesFor({"explain", "--kubeconfig", ""}).files);
  EXPECT_FALSE(CandidatesFor({"explain", "--context", ""}).files);
}

TEST(Completion, ArgumentsAreOfferedAtTheirPlace) {
  EXPECT_TRUE(CandidatesFor({"accept", ""}).repositories);
  EXPECT_THAT(Offered({"accept", "ghcr.io/acme/web", "Signature"}), Contains("SignatureMissing"));
  EXPECT_THAT(Offered({"accept", "--reason", "x", "ghcr.io/acme/web", "SignatureM"}),
              ElementsAre("SignatureMissing"));
  EXPECT_THAT(Offered({"accept", "ghcr.io/acme/web", "SignerChanged", ""}), IsEmpty());
  EXPECT_FALSE(CandidatesFor({"explain", "ghcr.io/acme/web", ""}).repositories);
  EXPECT_TRUE(CandidatesFor({"export", "ghcr.io/acme/web", ""}).repositories);
  EXPECT_THAT(Offered({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_TRUE(CandidatesFor({"verify-bundle", ""}).files);
}

}  // namespace
}  // namespace plimsoll::cli
