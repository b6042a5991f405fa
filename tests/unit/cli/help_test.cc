// One source for help, man page and reference, and what each command owes its reader.
#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"

namespace plimsoll::cli {
namespace {

using ::testing::HasSubstr;

std::string Source(const std::string& path) {
  const auto text = ReadFile(std::string(PLIMSOLL_SOURCE_DIR) + "/" + path, 1u << 20);
  EXPECT_TRUE(text) << path;
  return text.value_or("");
}

TEST(Help, TheManPageIsWhatTheProgramPrints) {
  EXPECT_EQ(Source("docs/man/plimsoll.1"), ManPage())
      << "make it anew: plimsoll __man > docs/man/plimsoll.1";
}

TEST(Help, TheReferenceInTheDocsIsWhatTheProgramPrints) {
  const std::string page = Source("docs/command-line.md");
  const std::string begin = "<!-- made by `plimsoll __reference` -->\n\n";
  const std::string end = "<!-- end -->";
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), Reference());
}

TEST(Help, EveryCommandSaysWhatItDoesWithExamplesAndExitCodes) {
  for (const Command& command : Commands()) {
    const std::string help = Help("kubectl plimsoll", command);
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.description.empty()) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    EXPECT_FALSE(command.holds.empty()) << command.name;
    EXPECT_THAT(help, HasSubstr("Usage:\n  kubectl plimsoll " + command.name));
    for (const auto& flag : command.flags) {
      EXPECT_THAT(help, HasSubstr("--" + flag.name)) << command.name;
      EXPECT_FALSE(flag.help.empty()) << command.name << " --" << flag.name;
    }
    for (const Example& example : command.examples) {
      EXPECT_TRUE(example.line.starts_with(command.name)) << example.line;
      EXPECT_THAT(help, HasSubstr(example.line));
    }
    EXPECT_THAT(Overview("plimsoll"), HasSubstr("  " + command.name + " "));
  }
}

TEST(Help, NoLineIsWiderThanATerminalButAnExample) {
  for (const Command& command : Commands()) {
    std::istringstream lines(Help("plimsoll", command));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("  plimsoll")) continue;
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
}

TEST(Help, NoRequestOfTheManPageComesFromAText) {
  std::istringstream lines(ManPage());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(".") && !line.starts_with("'")) continue;
    const std::string request = line.substr(0, line.find(' '));
    EXPECT_THAT((std::vector<std::string>{".TH", ".SH", ".SS", ".TP", ".PP", ".EX", ".EE", ".B",
                                          ".I", ".br", ".BR"}),
                ::testing::Contains(request))
        << line;
  }
}

}  // namespace
}  // namespace plimsoll::cli
