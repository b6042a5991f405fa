#include "config/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Flags : public ::testing::Test {
 protected:
  Flags() {
    set_.String("name", &name_, "NAME", "A name", 'n');
    set_.Bool("fast", &fast_, "Be fast");
    set_.Bool("careful", &careful_, "Be careful");
    set_.Int("count", &count_, 1, 10, "N", "How many");
    set_.Period("wait", &wait_, "DURATION", "How long");
    set_.OneOf("output", &output_, {"text", "json"}, "How to print", 'o');
    set_.Strings("key", &keys_, "FILE", "A key");
  }
  std::string Refusal(const std::vector<std::string>& arguments) {
    const auto parsed = set_.Parse(arguments);
    EXPECT_FALSE(parsed.has_value());
    EXPECT_TRUE(parsed || parsed.error().code == kInvalidArgument);
    return parsed ? "" : parsed.error().message;
  }

  std::string name_ = "nobody";
  bool fast_ = false;
  bool careful_ = true;
  std::int64_t count_ = 3;
  Duration wait_ = std::chrono::seconds(5);
  std::string output_ = "text";
  std::vector<std::string> keys_;
  FlagSet set_{"test [flags] WORD...", "Tests flags."};
};

TEST_F(Flags, BothSpellingsAndShortNamesAreTaken) {
  const auto parsed =
      set_.Parse({"--name=a", "one", "--count", "7", "-o", "json", "--fast", "--careful=false",
                  "--wait", "1m30s", "--key", "x", "--key=y", "--", "--two"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(name_, "a");
  EXPECT_EQ(count_, 7);
  EXPECT_EQ(output_, "json");
  EXPECT_TRUE(fast_);
  EXPECT_FALSE(careful_);
  EXPECT_EQ(wait_, std::chrono::seconds(90));
  EXPECT_THAT(keys_, ElementsAre("x", "y"));
  EXPECT_THAT(parsed->positional, ElementsAre("one", "--two"));
}

TEST_F(Flags, WhatIsWrongIsNamed) {
  EXPECT_EQ(Refusal({"--nmae=a"}), "unknown flag --nmae; --help lists the flags");
  EXPECT_EQ(Refusal({"-name", "a"}), "unknown flag -name; --help lists the flags");
  EXPECT_EQ(Refusal({"--name"}), "--name: expected NAME, found nothing");
  EXPECT_EQ(Refusal({"--name", "--fast"}), "--name: expected NAME, found nothing");
  EXPECT_EQ(Refusal({"--name="}), "--name: expected a value, found an empty text");
  EXPECT_EQ(Refusal({"--count=11"}), "--count: expected an integer from 1 to 10, found 11");
  EXPECT_EQ(Refusal({"--count=1x"}), "--count: expected an integer from 1 to 10, found 1x");
  EXPECT_EQ(Refusal({"--fast=maybe"}), "--fast: expected true or false, found maybe");
  EXPECT_EQ(Refusal({"--output", "xml"}), "--output: expected text|json, found xml");
  EXPECT_EQ(Refusal({"--fast", "--fast"}), "--fast: expected once, found again");
  EXPECT_EQ(Refusal({"--help=yes"}), "unknown flag --help; --help lists the flags");
  EXPECT_THAT(Refusal({"--wait=5"}), HasSubstr("expected a duration"));
}

TEST_F(Flags, NothingIsWrittenWhenOneFlagIsWrong) {
  EXPECT_FALSE(set_.Parse({"--name=changed", "--count=99"}).has_value());
  EXPECT_EQ(name_, "nobody");
}

TEST_F(Flags, HelpAndVersionAreAlwaysThere) {
  EXPECT_TRUE(set_.Parse({"--help"})->help);
  EXPECT_TRUE(set_.Parse({"-h"})->help);
  EXPECT_TRUE(set_.Parse({"--version"})->version);
  const std::string help = set_.Help();
  EXPECT_THAT(help, HasSubstr("  -n, --name NAME"));
  EXPECT_THAT(help, HasSubstr("How many (default 3)"));
  EXPECT_THAT(help, HasSubstr("Be careful (default true)"));
  EXPECT_THAT(help, HasSubstr("Usage:\n  test [flags] WORD..."));
}

TEST(ProgramFlags, TheNamesOfTheContractAreThere) {
  ControllerFlags controller;
  const FlagSet set = MakeControllerFlags(&controller);
  const auto parsed =
      set.Parse({"--config=c", "--kubeconfig=k", "--context=x", "--namespace=n",
                 "--log-level=debug", "--log-format=text", "--metrics-address=:0",
                 "--health-address=127.0.0.1:0", "--leader-elect=false", "--dry-run"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(controller.common.config_file, "c");
  EXPECT_EQ(controller.common.level(), LogLevel::kDebug);
  EXPECT_EQ(controller.common.format(), LogFormat::kText);
  EXPECT_FALSE(controller.leader_elect);
  EXPECT_TRUE(controller.dry_run);
}

TEST(ProgramFlags, TheDefaultsOfTheContractHold) {
  const ControllerFlags controller;
  EXPECT_TRUE(controller.leader_elect);
  EXPECT_EQ(controller.common.metrics_address, ":8080");
  EXPECT_EQ(controller.common.health_address, ":8081");
  WebhookFlags webhook;
  const FlagSet set = MakeWebhookFlags(&webhook);
  EXPECT_EQ(webhook.listen_address, ":10250");
  ASSERT_TRUE(set.Parse({"--listen-address=:0", "--tls-cert-file=a", "--tls-private-key-file=b"})
                  .has_value());
  EXPECT_EQ(webhook.tls_private_key_file, "b");
  EXPECT_FALSE(set.Parse({"--leader-elect"}).has_value()) << "the webhook serves on every replica";
}

TEST(HostPort, AddressesAreTakenApart) {
  EXPECT_EQ(ParseHostPort(":8080")->host, "");
  EXPECT_EQ(ParseHostPort(":8080")->port, 8080);
  EXPECT_EQ(ParseHostPort("127.0.0.1:0")->host, "127.0.0.1");
  EXPECT_EQ(ParseHostPort("[::1]:10250")->host, "::1");
  for (const char* wrong :
       {"", "8080", "a:b", ":65536", "::1:80", "[::1]", "host:", ":-1", "a b:1", "[]:1"}) {
    EXPECT_FALSE(ParseHostPort(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace plimsoll::config
