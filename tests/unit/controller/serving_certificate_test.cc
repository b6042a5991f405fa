#include "controller/shell/serving_certificate.h"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/certificate.h"
#include "crypto/issue.h"

namespace plimsoll::controller {
namespace {

using crypto::Certificate;

const std::vector<std::string> kNames = {"plimsoll-webhook.plimsoll-system.svc"};
const Time kStart = FromUnixSeconds(1'800'000'000);

ServingPlan PlanAt(const ServingSecret& stored, Time now) {
  auto plan = PlanServingCertificate(stored, kNames, now);
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? *plan : ServingPlan{};
}
ServingSecret Fresh() { return PlanAt({}, kStart).next; }
std::vector<Certificate> ListOf(const std::string& pem) {
  auto list = Certificate::ListFromPem(pem);
  return list ? *list : std::vector<Certificate>{};
}
// What the API server asks of a certificate at that time, with that bundle.
bool IsBelieved(const ServingSecret& served, const std::string& bundle_pem, Time now) {
  const Certificate leaf = ListOf(served.chain_pem).front();
  for (const Certificate& authority : ListOf(bundle_pem)) {
    if (crypto::IsIssuedBy(leaf, authority) && authority.ValidAt(now)) return leaf.ValidAt(now);
  }
  return false;
}

TEST(ServingCertificate, OfAnEmptySecretIsMadeWithAnAuthorityOfItsOwn) {
  const ServingPlan plan = PlanAt({}, kStart);
  EXPECT_FALSE(plan.why.empty());
  const Certificate leaf = ListOf(plan.next.chain_pem).front();
  ASSERT_EQ(leaf.alternative_names().size(), 1u);
  EXPECT_EQ(leaf.alternative_names()[0].value, kNames[0]);
  EXPECT_FALSE(leaf.IsAuthority());
  EXPECT_TRUE(crypto::KeyFits(leaf, plan.next.key_pem));
  EXPECT_TRUE(IsBelieved(plan.next, plan.next.authorities_pem, kStart));
}

TEST(ServingCertificate, ThatIsGoodCostsNoWrite) {
  EXPECT_EQ(PlanAt(Fresh(), kStart + std::chrono::hours(24 * 30)).why, "");
}

TEST(ServingCertificate, IsRenewedUnderTheSameAuthorityBeforeItEnds) {
  const ServingSecret before = Fresh();
  const ServingPlan plan = PlanAt(before, kStart + std::chrono::hours(24 * 61));
  EXPECT_NE(plan.next.chain_pem, before.chain_pem);
  EXPECT_EQ(plan.next.authorities_pem, before.authorities_pem);
}

TEST(ServingCertificate, OfANewAuthorityIsServedOnlyWhenTheBundleHasBeenReadEverywhere) {
  // More than two years, half a day at a time: at every step the served certificate is believed by whoever has
  // either the bundle of now or that of the step before.
  ServingSecret stored = Fresh();
  std::string bundle_before = stored.authorities_pem;
  int authorities = 1;
  for (Time now = kStart; now < kStart + std::chrono::hours(24 * 900);
       now += std::chrono::hours(12)) {
    const ServingPlan plan = PlanAt(stored, now);
    ASSERT_TRUE(IsBelieved(plan.next, plan.next.authorities_pem, now));
    ASSERT_TRUE(IsBelieved(plan.next, bundle_before, now)) << FormatTime(now) << plan.why;
    if (plan.why.find("the authority comes to its end") != std::string::npos) ++authorities;
    bundle_before = plan.next.authorities_pem;
    stored = plan.next;
  }
  EXPECT_EQ(authorities, 2);
  EXPECT_EQ(ListOf(stored.authorities_pem).size(), 1u);  // the first one has ended
}

TEST(ServingCertificate, ThatCannotBeReadOrDoesNotFitIsMadeAnew) {
  const ServingSecret good = Fresh();
  ServingSecret other = PlanAt({}, kStart).next;
  for (const auto& damage : std::vector<std::function<void(ServingSecret&)>>{
           [](ServingSecret& s) { s.chain_pem = "-----BEGIN CERTIFICATE-----\nAA==\n"; },
           [&](ServingSecret& s) { s.key_pem = other.key_pem; },
           [&](ServingSecret& s) { s.chain_pem = other.chain_pem, s.key_pem = other.key_pem; },
           [](ServingSecret& s) { s.authorities_pem = ""; },
           [&](ServingSecret& s) { s.authority_key_pem = other.authority_key_pem; }}) {
    ServingSecret damaged = good;
    damage(damaged);
    const ServingPlan plan = PlanAt(damaged, kStart);
    EXPECT_FALSE(plan.why.empty());
    EXPECT_TRUE(IsBelieved(plan.next, plan.next.authorities_pem, kStart));
    EXPECT_EQ(PlanAt(plan.next, kStart).why, "");
  }
}

TEST(ServingCertificate, ForAnotherNameIsMadeAnew) {
  const auto plan = PlanServingCertificate(Fresh(), {"plimsoll-webhook.other.svc"}, kStart);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->why.empty());
}

}  // namespace
}  // namespace plimsoll::controller
