// The states of logs as text, and what `plimsoll log trust` does to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rekor/log_state.h"

namespace plimsoll::rekor {
namespace {

const Time kNow{std::chrono::seconds(1'772'366'400)};

LogStates Inconsistent() {
  LogState bad;
  bad.origin = "rekor.harbour.example - 42";
  bad.checkpoint = "a\n";
  bad.disagreeing = {"first\n", "second\n"};
  bad.disagreed_time = kNow;
  LogState good;
  good.origin = "rekor.harbour.example - 43";
  good.checkpoint = "b \"quoted\"\n";
  return {bad, good};
}

TEST(LogStates, AreReadAsTheyWereWritten) {
  const LogStates states = Inconsistent();
  const auto read = ReadLogStates(WriteLogStates(states));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, states);
}

TEST(LogStates, NoTextIsNoState) { EXPECT_TRUE(ReadLogStates("")->empty()); }

TEST(LogStates, WhatIsNoStateIsRefused) {
  for (const char* text :
       {"[]", "{}", "{\"logs\":{}}", "{\"logs\":[{}]}", "{\"logs\":[{\"origin\":1}]}",
        "{\"logs\":[{\"origin\":\"a\",\"disagreeing\":[\"1\",\"2\",\"3\"]}]}",
        "{\"logs\":[{\"origin\":\"a\",\"trustedTime\":\"yesterday\"}]}",
        "{\"logs\":[{\"origin\":\"a\"},{\"origin\":\"b\"},{\"origin\":\"a\"}]}"}) {
    EXPECT_FALSE(ReadLogStates(text)) << text;
  }
}

TEST(LogStates, TrustingALogForgetsBothCheckpointsAndKeepsTheReason) {
  LogStates states = Inconsistent();
  ASSERT_TRUE(TrustAgain(states, "rekor.harbour.example - 42", "restored", kNow));
  EXPECT_TRUE(states[0].disagreeing.empty());
  EXPECT_TRUE(states[0].checkpoint.empty());
  EXPECT_EQ(states[0].trusted_reason, "restored");
  EXPECT_EQ(states[0].trusted_time, kNow);
  EXPECT_EQ(states[1], Inconsistent()[1]);
}

TEST(LogStates, TrustingNeedsAReasonAndALogThatIsInconsistent) {
  LogStates states = Inconsistent();
  EXPECT_EQ(TrustAgain(states, "rekor.harbour.example - 42", "", kNow).error().code,
            kInvalidArgument);
  const Status consistent = TrustAgain(states, "rekor.harbour.example - 43", "why", kNow);
  EXPECT_EQ(consistent.error().code, kNotFound);
  EXPECT_NE(consistent.error().message.find("rekor.harbour.example - 42"), std::string::npos)
      << "it says which one is";
  EXPECT_EQ(states, Inconsistent());
}

}  // namespace
}  // namespace plimsoll::rekor
