#include "base/subprocess.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

SubprocessRequest Shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .input = {}, .environment = {}};
}

TEST(Subprocess, InputGoesInAndOutputComesOut) {
  SubprocessRequest request = Shell("cat; echo \"$GREETING\"; echo oops >&2; exit 3");
  request.input = "registry.example";
  request.environment["GREETING"] = "hello";
  const auto result = RunSubprocess(request);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->output, "registry.examplehello\n");
  EXPECT_EQ(result->error_output, "oops\n");
  EXPECT_EQ(result->exit_code, 3);
}

TEST(Subprocess, AProgramThatHangsIsKilledAtItsDeadline) {
  SubprocessRequest request = Shell("sleep 600 & sleep 600");
  request.timeout = std::chrono::milliseconds(100);
  const auto result = RunSubprocess(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kTimeout);
  EXPECT_TRUE(result.error().retryable);
}

TEST(Subprocess, AProgramThatPrintsWithoutEndIsKilledAtItsCap) {
  SubprocessRequest request = Shell("yes");
  request.max_output = 100'000;
  const auto result = RunSubprocess(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kLimitExceeded);
}

TEST(Subprocess, AMissingProgramIsSaidSo) {
  const auto result =
      RunSubprocess({.argv = {"/nonexistent/helper"}, .input = {}, .environment = {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kNotFound);
}

TEST(Subprocess, AProgramThatDoesNotReadItsInputDoesNotKillUs) {
  SubprocessRequest request = Shell("exec <&-; echo done");
  request.input = std::string(1 << 20, 'x');
  const auto result = RunSubprocess(request);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->output, "done\n");
}

}  // namespace
}  // namespace plimsoll
