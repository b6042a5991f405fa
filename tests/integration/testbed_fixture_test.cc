// The fixture that every test against real parts stands on.
#include "support/testbed/testbed.h"

namespace plimsoll::testing {
namespace {

using TestbedFixture = TestbedTest;

TEST_F(TestbedFixture, ATestHasANamespaceOfItsOwn) {
  EXPECT_EQ(Run({"kubectl", "get", "namespace", Namespace(), "-o", "name"}),
            "namespace/" + Namespace());
}

TEST_F(TestbedFixture, ATestHasRepositoriesOfItsOwn) {
  const std::string image = Push(Repository("web") + ":v1");
  EXPECT_EQ(image.substr(0, image.find('@')), Repository("web"));
  EXPECT_EQ(Run({"tags", Repository("web")}), "v1");
}

TEST_F(TestbedFixture, APodRunsWhatWasPushedAndSigned) {
  const std::string image = Push(Repository("web") + ":v1");
  Sign({"--key"}, image);
  RunPod("web", Repository("web") + ":v1");
  EXPECT_EQ(Run({"kubectl", "-n", Namespace(), "get", "pod", "web", "-o",
                 "jsonpath={.status.containerStatuses[0].imageID}"}),
            image);
}

TEST_F(TestbedFixture, AFailedCommandSaysWhatItWas) {
  const auto result = bed().Run({"digest", Repository("absent") + ":v1"});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("scripts/testbed digest"), std::string::npos);
  EXPECT_NE(result.error().message.find("404"), std::string::npos) << result.error().message;
}

}  // namespace
}  // namespace plimsoll::testing
