// What the webhook keeps of a baseline, and what it makes of it when asked.
#include "webhook/shell/record_cache.h"

#include <gtest/gtest.h>

#include "unit/baseline/world.h"

namespace plimsoll::webhook {
namespace {

using namespace baseline::testing;

using KeptPtr = std::shared_ptr<const KeptRecord>;

// A drifted repository: signed for two days, then by a stranger.
baseline::Record Drifted(const std::string& repository) {
  baseline::Record record = baseline::NewRecord(repository, Start());
  const auto look = [&](int hour, const std::string& name, const baseline::Signer& signer) {
    baseline::Moment moment;
    moment.now = Start() + hours(hour);
    moment.running = std::vector<baseline::RunningDigest>{
        {Digest(name), Start() + hours(hour), true, false, {}}};
    moment.observations = {Seen(name, baseline::Posture::kSignedKeyless)};
    moment.observations.front().signers = {LoggedBy(signer, Start() + hours(hour))};
    record = baseline::Step(record, {}, {}, moment).record;
  };
  for (const int hour : {0, 25, 48}) look(hour, "a", Workflow());
  look(49, "b", Stranger());
  return record;
}

KeptPtr KeepShared(baseline::Record record) {
  return std::make_shared<const KeptRecord>(Keep(std::move(record)));
}

TEST(RecordCache, WhatIsKeptIsRefusedForWhatTheBaselineIsRefusedFor) {
  const baseline::Record record = Drifted(kRepository);
  ASSERT_EQ(record.drift.size(), 1U);
  RecordCache cache(2);
  const auto kept = cache.Get(KeepShared(record));
  const auto admit = [](const baseline::Record& of, const std::string& name) {
    return baseline::Admit(&of, kRepository, Digest(name), {}, {}, nullptr, Start() + hours(50));
  };
  EXPECT_EQ(admit(*kept, "a").verdict, baseline::Admission::kAdmit);
  EXPECT_EQ(admit(*kept, "b").verdict, baseline::Admission::kDeny);
  EXPECT_EQ(admit(*kept, "b").fingerprint, admit(record, "b").fingerprint);
  EXPECT_EQ(admit(*kept, "c").reason, baseline::kNotJudgedYet);
}

TEST(RecordCache, WhatOnlyPeopleReadIsNotKept) {
  baseline::Record record = Drifted(kRepository);
  record.drift.front().observed = "a sentence for people";
  record.conditions.front().message = "a sentence for people";
  EXPECT_EQ(KeepShared(record)->status.find("people"), std::string::npos);
}

// Of an inconsistent log nothing is believed, and nothing is sent to it.
TEST(RecordCache, WhetherTheLogContradictsItselfIsKept) {
  baseline::Record record = Drifted(kRepository);
  for (baseline::Condition& condition : record.conditions)
    if (condition.type == "LogCorroborated") condition.reason = "LogInconsistent";
  RecordCache cache(1);
  const auto kept = cache.Get(KeepShared(record));
  const baseline::Condition* condition = baseline::FindCondition(*kept, "LogCorroborated");
  ASSERT_NE(condition, nullptr);
  EXPECT_EQ(condition->reason, "LogInconsistent");
}

TEST(RecordCache, AskedForAgainItIsTheSameValueUntilOthersTookItsPlace) {
  RecordCache cache(2);
  const KeptPtr web = KeepShared(Drifted("ghcr.io/acme/web"));
  const KeptPtr shop = KeepShared(Drifted("ghcr.io/acme/shop"));
  const KeptPtr till = KeepShared(Drifted("ghcr.io/acme/till"));
  const auto first = cache.Get(web);
  EXPECT_EQ(cache.Get(shop)->repository, "ghcr.io/acme/shop");
  EXPECT_EQ(cache.Get(web), first);
  EXPECT_EQ(cache.Get(till)->repository, "ghcr.io/acme/till");  // where `shop` was
  EXPECT_EQ(cache.Get(web), first);
  cache.Get(shop);
  cache.Get(till);
  EXPECT_NE(cache.Get(web), first);
  EXPECT_EQ(*cache.Get(web), *first);
}

TEST(RecordCache, ANewVersionIsNeverAnsweredWithTheOldOne) {
  RecordCache cache(8);
  KeptPtr kept = KeepShared(baseline::NewRecord(kRepository, Start()));
  EXPECT_TRUE(cache.Get(kept)->drift.empty());
  kept = KeepShared(Drifted(kRepository));
  EXPECT_EQ(cache.Get(kept)->drift.size(), 1U);
}

}  // namespace
}  // namespace plimsoll::webhook
