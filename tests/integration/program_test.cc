// How tests start the programs and watch them.
#include "support/testbed/program.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace plimsoll::testing {
namespace {

TEST(Program, LinesAreFoundInTheirOrder) {
  Program program("/bin/sh", {"-c", "echo one; echo two >&2; echo one more; exit 3"});
  EXPECT_EQ(program.WaitForLine("one"), "one");
  EXPECT_EQ(program.WaitForLine("one"), "one more");
  EXPECT_EQ(program.WaitForExit(), 3);
  EXPECT_EQ(program.output(), "one\ntwo\none more\n");
}

TEST(Program, ItEndsBySignalWhenAsked) {
  Program program("/bin/sh",
                  {"-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"});
  program.WaitForLine("ready");
  EXPECT_EQ(program.Terminate(), 0);
}

TEST(Program, AKilledOneSaysSo) {
  Program program("/bin/sleep", {"1000"});
  program.Signal(SIGKILL);
  EXPECT_EQ(program.WaitForExit(), 128 + SIGKILL);
}

TEST(Program, NothingIsLeftRunningWhenItGoes) {
  const auto began = std::chrono::steady_clock::now();
  { const Program program("/bin/sleep", {"1000"}); }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST(Program, TheEnvironmentIsAddedTo) {
  Program program("/bin/sh", {"-c", "echo \"$PLIMSOLL_GREETING $HOME\""},
                  {{"PLIMSOLL_GREETING", "hello"}, {"HOME", "/nowhere"}});
  EXPECT_EQ(program.WaitForLine("hello"), "hello /nowhere");
}

TEST(Program, ALineThatNeverComesFailsTheTestAndShowsTheOutput) {
  EXPECT_NONFATAL_FAILURE(
      {
        Program program("/bin/sh", {"-c", "echo something else"});
        EXPECT_EQ(program.WaitForLine("awaited"), "");
      },
      "something else");
  EXPECT_NONFATAL_FAILURE(
      {
        Program program("/bin/sleep", {"1000"});
        EXPECT_EQ(program.WaitForLine("awaited", std::chrono::milliseconds(10)), "");
      },
      "ran without a line");
}

TEST(Program, OneThatIsNotThereFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        Program program("/nonexistent/program");
        EXPECT_EQ(program.WaitForExit(), 127);
      },
      "/nonexistent/program");
}

}  // namespace
}  // namespace plimsoll::testing
