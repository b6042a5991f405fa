// Off by default: without `rekor.url` nothing exists that could talk to a log.
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/metric.h"
#include "config/plimsoll_config.h"
#include "http/budget.h"
#include "http/client.h"
#include "setup/stack.h"
#include "support/fault_server/fault_server.h"

namespace plimsoll::setup {
namespace {

class LaneOffTest : public ::testing::Test {
 protected:
  Result<Stack> Make(const std::string& yaml) {
    auto config = config::PlimsollConfig::Parse(yaml, "plimsoll.yaml");
    if (!config) return Forward(config.error());
    return MakeStack(*config, {}, clock_, logger_, metrics_);
  }
  SystemClock clock_;
  NullLogger logger_;
  NullMetrics metrics_;
  plimsoll::testing::FaultServer log_;
};

TEST_F(LaneOffTest, WithoutAUrlNoObjectOfTheLaneIsMade) {
  const auto stack = Make("limits: {workers: 4}\n");
  ASSERT_TRUE(stack) << stack.error().message;
  EXPECT_EQ(stack->log_http, nullptr);
  EXPECT_EQ(stack->log_budget, nullptr);
  EXPECT_EQ(stack->log, nullptr);
  EXPECT_EQ(stack->lane, nullptr);
}

TEST_F(LaneOffTest, WithAUrlTheLaneIsThereAndNothingHasLeft) {
  const auto stack = Make("rekor: {url: \"" + log_.Url("") + "\"}\n");
  ASSERT_TRUE(stack) << stack.error().message;
  EXPECT_NE(stack->log, nullptr);
  EXPECT_NE(stack->lane, nullptr);
  EXPECT_EQ(log_.Connections(), 0u);
}

TEST_F(LaneOffTest, AnAuthorityFileThatIsNotThereIsAConfigurationError) {
  const auto stack = Make("rekor: {url: \"https://log.example\", caFile: /nowhere/ca.pem}\n");
  ASSERT_FALSE(stack);
  EXPECT_NE(stack.error().message.find("rekor"), std::string::npos) << stack.error().message;
}

}  // namespace
}  // namespace plimsoll::setup
