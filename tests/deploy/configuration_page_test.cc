// docs/configuration.md says what the reader of the configuration and the flags say, and nothing else.
// PLIMSOLL_WRITE_PAGES=1 writes the tables instead of comparing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "base/file.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"

namespace plimsoll::config {
namespace {

const std::string kPage = std::string(PLIMSOLL_SOURCE_DIR) + "/docs/configuration.md";

std::string Cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

std::string OptionTable() {
  std::string text = "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const ConfigOption& option : ConfigOptions()) {
    text += "| `" + option.path + "` | " + option.type + " | " +
            (option.fallback.empty() ? "" : "`" + option.fallback + "`") + " | " +
            Cell(option.help) + " |\n";
  }
  return text;
}

std::string FlagHelp(const FlagSet& set) { return "```\n" + set.Help() + "```\n"; }

class ConfigurationPage : public testing::Test {
 protected:
  // What stands between the comments of that name is `expected`.
  static void Holds(const std::string& name, const std::string& expected) {
    const auto page = ReadFile(kPage, 1 << 20);
    ASSERT_TRUE(page) << page.error().message;
    const std::string begin = "<!-- generated: " + name + " -->\n\n";
    const std::string end = "\n<!-- end: " + name + " -->";
    const std::size_t from = page->find(begin);
    const std::size_t to = page->find(end);
    ASSERT_NE(from, std::string::npos) << begin;
    ASSERT_NE(to, std::string::npos) << end;
    if (std::getenv("PLIMSOLL_WRITE_PAGES") != nullptr) {
      std::ofstream(kPage) << page->substr(0, from + begin.size()) << expected << page->substr(to);
      return;
    }
    EXPECT_EQ(page->substr(from + begin.size(), to - from - begin.size()), expected)
        << "run this test with PLIMSOLL_WRITE_PAGES=1, which writes " << kPage;
  }
};

TEST_F(ConfigurationPage, ListsEveryKeyThatTheReaderTakes) { Holds("keys", OptionTable()); }

TEST_F(ConfigurationPage, ShowsTheControllersFlags) {
  ControllerFlags flags;
  Holds("controller-flags", FlagHelp(MakeControllerFlags(&flags)));
}

TEST_F(ConfigurationPage, ShowsTheWebhooksFlags) {
  WebhookFlags flags;
  Holds("webhook-flags", FlagHelp(MakeWebhookFlags(&flags)));
}

}  // namespace
}  // namespace plimsoll::config
