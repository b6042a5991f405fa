// Attempts on what the controller knows, at the level of the core: Pods, objects and leaders. Those on what one
// repository trusts are tests/unit/baseline/poisoning_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "baseline/derive.h"
#include "unit/controller/core_driver.h"

namespace plimsoll::controller {
namespace {

using namespace std::chrono_literals;
using baseline::DriftKind;
using baseline::State;

constexpr char kRepository[] = "ghcr.io/acme/web";
const std::string kImage = std::string(kRepository) + "@" + DigestOf('a');
const std::string kOther = std::string(kRepository) + "@" + DigestOf('b');

std::unique_ptr<Driver> Established() {
  auto driver = std::make_unique<Driver>();
  driver->Serve(DigestOf('a'), {ReleaseSigner()});
  driver->Run("web-1", kImage, kImage);
  driver->Lead();
  driver->Pass(50h);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kEstablished);
  return driver;
}

bool Trusts(const Driver& driver, const baseline::Signer& signer) {
  const auto& signers = driver.Stored(kRepository)->record.signers;
  return std::any_of(signers.begin(), signers.end(), [&](const baseline::SignerRecord& record) {
    return record.in_force && baseline::SameSigner(record.signer, signer);
  });
}

TEST(Poisoning, AnAttackersImageInAnotherNamespaceIsToldThereAndTeachesNothing) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  for (int i = 0; i < 5; ++i) driver->Run("evil-" + std::to_string(i), kOther, kOther, "intruder");
  driver->Pass(72h);
  EXPECT_FALSE(Trusts(*driver, StrangeSigner()));
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
  EXPECT_EQ(driver->EventsOf("SignerChanged", true), 5u);
  for (const EmitEvent& event : driver->events) {
    if (event.reason == "SignerChanged" && event.regarding.pod) {
      EXPECT_EQ(event.regarding.name_space, "intruder");
    }
  }
}

// Who may debug an old Pod puts no image into a repository's first use.
TEST(Poisoning, AnEphemeralContainerIsNoOlderThanItsComing) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Serve(DigestOf('b'), {StrangeSigner()});
  auto debugged = std::make_shared<api::Pod>(*driver.Run("old", "ghcr.io/acme/shop:v1", ""));
  driver.Give(PodGone{debugged->uid});
  driver.Pass(1h);
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(1h);
  // As a controller meets it that was not there when the container came.
  debugged->containers.push_back({api::Interned("debugger"), api::Interned(kOther),
                                  api::Interned(kOther), api::ContainerList::kEphemeral});
  driver.Give(PodChanged{debugged});
  driver.Pass(1h);
  EXPECT_FALSE(Trusts(driver, StrangeSigner()));
  EXPECT_EQ(driver.EventsOf("SignerChanged", true), 1u);
}

// An image by tag has no digest until it runs; its Pod is as old as it was.
TEST(Events, AnImageWhoseDigestComesLateIsAsOldAsItsPod) {
  Driver driver;
  const std::string by_tag = std::string(kRepository) + ":v2";
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Serve(DigestOf('b'), {StrangeSigner()});
  const auto waiting = driver.Run("web-2", by_tag, "");
  driver.Pass(1s);
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  driver.Pass(1min);
  auto running = std::make_shared<api::Pod>(*waiting);
  running->containers[0].image_id = api::Interned(kOther);
  driver.Give(PodChanged{running});
  driver.Pass(1h);
  // Of two that were there when learning began, both are the first use.
  EXPECT_TRUE(Trusts(driver, StrangeSigner()));
  EXPECT_EQ(driver.EventsOf("SignerChanged", true), 0u);
}

TEST(Poisoning, AThousandNewRepositoriesPushOutNoTrust) {
  const auto driver = Established();
  const std::string uid = driver->Stored(kRepository)->meta.uid;
  for (int i = 0; i < 1'010; ++i) {
    const std::string image = "r.example/many/" + std::to_string(i) + "@" + DigestOf('c');
    driver->Run("p" + std::to_string(i), image, image, "greedy");
  }
  driver->Pass(10min);
  ASSERT_NE(driver->Stored(kRepository), nullptr);
  EXPECT_EQ(driver->Stored(kRepository)->meta.uid, uid);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kEstablished);
  EXPECT_EQ(driver->server.size(), 1'001u);
  EXPECT_TRUE(driver->deletes.empty());
  EXPECT_EQ(driver->EventsOf("BaselineLimit", true), 10u);
  for (const EmitEvent& event : driver->events) {
    if (event.reason == "BaselineLimit") {
      EXPECT_TRUE(event.warning);
    }
  }
  // And a drift of the old one is written at once all the same.
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  driver->Pass(5s);
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
}

TEST(Poisoning, ALeaderThatWasPausedErasesNothingWhenItWakesUp) {
  const auto paused = Established();
  Driver next;
  next.now = paused->now;
  next.server = paused->server;
  next.version = paused->version + 1'000;
  next.registry = paused->registry;
  next.Run("web-1", kImage, kImage);
  next.Lead();
  next.Serve(DigestOf('b'), {StrangeSigner()});
  next.Run("web-2", kOther, kOther);
  next.Pass(2min);
  ASSERT_EQ(next.Stored(kRepository)->record.state, State::kDrifted);

  // The first one wakes up, has heard of nothing, and has something to write of its own.
  paused->now = next.now;
  paused->server = next.server;
  paused->version = next.version + 1'000;
  paused->Serve(DigestOf('c'), {ReleaseSigner()});
  paused->Run("web-3", std::string(kRepository) + "@" + DigestOf('c'),
              std::string(kRepository) + "@" + DigestOf('c'));
  paused->Pass(2min);
  const baseline::Record& record = paused->Stored(kRepository)->record;
  EXPECT_EQ(record.state, State::kDrifted);
  ASSERT_NE(baseline::WorstOpenDrift(record), nullptr);
  EXPECT_EQ(baseline::WorstOpenDrift(record)->kind, DriftKind::kSignerChanged);
  EXPECT_FALSE(Trusts(*paused, StrangeSigner()));
  EXPECT_NE(baseline::FindImage(record, DigestOf('c')), nullptr);
}

TEST(Poisoning, AnObjectThatIsDeletedAndRestoredKeepsItsTrustAndIsTold) {
  const auto driver = Established();
  const std::string name = api::BaselineName(kRepository);
  api::SigningBaseline restored = *driver->Stored(kRepository);
  const auto learned = restored.record.learning_time;
  driver->server.erase(name);
  restored.meta.uid = "uid-restored";
  restored.meta.resource_version = driver->Version();
  driver->server[name] = restored;
  driver->Give(BaselineChanged{restored});
  driver->Pass(10min);
  EXPECT_EQ(driver->EventsOf("TrustDiscarded", false), 1u);
  EXPECT_EQ(driver->core.View(driver->now).trust_discarded, 1u);
  const baseline::Record& record = driver->Stored(kRepository)->record;
  EXPECT_EQ(record.state, State::kEstablished);
  EXPECT_EQ(record.learning_time, learned);
}

TEST(Poisoning, WhoDeletesABaselineWhileADriftIsOpenIsHeardOf) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  const std::string name = api::BaselineName(kRepository);
  const std::string uid = driver->Stored(kRepository)->meta.uid;
  driver->server.erase(name);
  driver->Give(BaselineGone{name, uid});
  driver->Pass(5min);
  ASSERT_EQ(driver->EventsOf("TrustDiscarded", false), 1u);
  const auto told = std::find_if(driver->events.begin(), driver->events.end(),
                                 [](const EmitEvent& e) { return e.reason == "TrustDiscarded"; });
  EXPECT_TRUE(told->warning);
}

TEST(Poisoning, AJumpOfTheClockEstablishesNobodyWhoDrifted) {
  const auto driver = Established();
  driver->Serve(DigestOf('b'), {StrangeSigner()});
  driver->Run("web-2", kOther, kOther);
  driver->now += 400 * 24h;
  driver->Give(Tick{});
  driver->Pass(8h);
  driver->now -= 399 * 24h;
  driver->Give(Tick{});
  driver->Pass(8h);
  EXPECT_FALSE(Trusts(*driver, StrangeSigner()));
  EXPECT_EQ(driver->Stored(kRepository)->record.state, State::kDrifted);
  EXPECT_TRUE(driver->deletes.empty());
}

TEST(Events, AnImageThatCannotBeObservedIsAWarning) {
  Driver driver;
  driver.Run("web-1", kImage, kImage);  // a registry that gives no answer
  driver.Lead();
  driver.Pass(30min);
  ASSERT_EQ(driver.EventsOf("ObservationFailing", false), 1u);
  for (const EmitEvent& event : driver.events) {
    if (event.reason == "ObservationFailing") {
      EXPECT_TRUE(event.warning);
    }
  }
}

TEST(Events, WhatWentWellIsNormal) {
  const auto driver = Established();
  ASSERT_EQ(driver->EventsOf("BaselineEstablished", false), 1u);
  for (const EmitEvent& event : driver->events) EXPECT_FALSE(event.warning) << event.reason;
}

TEST(Writes, AnEstablishedBaselineIsWrittenWithinItsMinute) {
  Driver driver;
  driver.Serve(DigestOf('a'), {ReleaseSigner()});
  driver.Run("web-1", kImage, kImage);
  driver.Lead();
  while (driver.core.Known(kRepository)->state != State::kEstablished) driver.Pass(10s);
  driver.Pass(1min);
  EXPECT_EQ(driver.Stored(kRepository)->record.state, State::kEstablished);
  EXPECT_EQ(driver.EventsOf("BaselineEstablished", false), 1u);
}

}  // namespace
}  // namespace plimsoll::controller
