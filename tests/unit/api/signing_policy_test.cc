#include "api/signing_policy.h"

#include <gtest/gtest.h>

namespace plimsoll::api {
namespace {

using baseline::PolicySet;

constexpr char kPinning[] = R"({"apiVersion":"plimsoll.dev/v1alpha1","kind":"SigningPolicy",
  "metadata":{"name":"acme-billing","uid":"u","resourceVersion":"684","generation":2},
  "spec":{"enforcement":"Deny","onUnknown":"Deny","repositories":["ghcr.io/acme/billing/**"],
    "signers":[{"name":"release","keyless":{"identity":"https://github.com/a/b/.github/workflows/r.yml@refs/tags/*",
      "issuer":"https://token.actions.githubusercontent.com","sourceRepositoryID":"1"}},
     {"name":"hotfix","key":{"publicKey":"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"}}]}})";

SigningPolicyObject Read(const std::string& text) {
  Result<SigningPolicyObject> object = ReadSigningPolicy(text);
  EXPECT_TRUE(object) << object.error().message;
  return object ? *object : SigningPolicyObject{};
}

TEST(SigningPolicy, IsReadAsItIsWritten) {
  const SigningPolicyObject object = Read(kPinning);
  EXPECT_EQ(object.meta.generation, 2);
  EXPECT_EQ(object.policy.name, "acme-billing");
  EXPECT_EQ(object.policy.enforcement, baseline::Enforcement::kDeny);
  EXPECT_EQ(object.policy.on_unknown, baseline::OnUnknown::kDeny);
  ASSERT_EQ(object.policy.signers.size(), 2u);
  EXPECT_EQ(object.policy.signers[0].keyless->source_repository_id, "1");
  EXPECT_TRUE(object.policy.signers[1].public_key.starts_with("-----BEGIN"));
  const SigningPolicyObject again = Read(SigningPolicyJson(object.policy));
  EXPECT_EQ(again.policy, object.policy);
}

TEST(SigningPolicy, WhatIsNotSetStaysNotSet) {
  const SigningPolicyObject object =
      Read(R"({"metadata":{"name":"n"},"spec":{"repositories":["r.io/a"]}})");
  EXPECT_FALSE(object.policy.enforcement);
  EXPECT_FALSE(object.policy.on_unknown);
}

TEST(SigningPolicy, AnAcceptanceWhoseExpiryCannotBeReadIsNone) {
  const SigningPolicyObject object = Read(
      R"({"metadata":{"name":"n"},"spec":{"repositories":["r.io/a"],"acceptedDrift":[
        {"fingerprint":"r-4f2fa0fec60b0b6f7cc0fb7a2235cabd","kind":"SignatureMissing","repository":"r.io/a","reason":"x",
         "expirationTime":"soon"},
        {"fingerprint":"r-4f2fa0fec60b0b6f7cc0fb7a2235cabd","kind":"Whatever","repository":"r.io/a","reason":"x"},
        {"fingerprint":"d-4f2fa0fec60b0b6f7cc0fb7a2235cabd","kind":"SignatureMissing","repository":"r.io/a","reason":"y"}]}})");
  ASSERT_EQ(object.policy.accepted_drift.size(), 1u);
  EXPECT_EQ(object.policy.accepted_drift[0].reason, "y");
}

TEST(SigningPolicy, AnUnreadablePinIsAPinThatTrustsNobody) {
  const SigningPolicyObject object = Read(
      R"({"metadata":{"name":"n"},"spec":{"repositories":["r.io/a"],"signers":[{"name":"x"},7,
         {"name":"both","keyless":{"issuer":"i","identity":"j"},"key":{"publicKey":"k"}}]}})");
  ASSERT_EQ(object.policy.signers.size(), 3u);
  for (const auto& pin : object.policy.signers) {
    EXPECT_FALSE(pin.keyless);
    EXPECT_TRUE(pin.public_key.empty());
  }
}

TEST(PolicyStatus, SaysWhatIsInForce) {
  const SigningPolicyObject object = Read(kPinning);
  PolicySet::Ready ready;
  ready.matched_repositories = 3;
  const Time now = FromUnixSeconds(1'780'000'000);
  const PolicyStatus status = StatusOf(object, ready, {}, now);
  ASSERT_EQ(status.conditions.size(), 1u);
  EXPECT_EQ(status.conditions[0].status, ConditionStatus::kTrue);
  EXPECT_EQ(status.conditions[0].reason, "InForce");
  EXPECT_EQ(status.conditions[0].message, "2 signers are pinned for 3 repositories.");
  EXPECT_EQ(status.observed_generation, 2);
  const PolicyStatus later =
      StatusOf(object, ready, status.conditions, now + std::chrono::hours(5));
  EXPECT_EQ(later, status);
}

TEST(PolicyStatus, SaysWhenTheNextAcceptanceEnds) {
  SigningPolicyObject object =
      Read(R"({"metadata":{"name":"n"},"spec":{"repositories":["r.io/a"]}})");
  PolicySet::Ready ready;
  ready.matched_repositories = 1;
  ready.acceptances_in_force = 1;
  ready.next_expiration_time = ParseTime("2026-12-15T00:00:00Z").value();
  const PolicyStatus status = StatusOf(object, ready, {}, Time{});
  EXPECT_EQ(status.conditions[0].message,
            "1 acceptance is in force for 1 repository; the next one ends on 2026-12-15.");
}

TEST(PolicyStatus, IsReadBack) {
  const SigningPolicyObject object = Read(kPinning);
  PolicySet::Ready ready;
  ready.reason = baseline::kExpirationTooFar;
  ready.detail = "r-4f2fa0fec60b0b6f7cc0fb7a2235cabd";
  ready.acceptances_in_force = 4;
  ready.next_expiration_time = FromUnixSeconds(1'790'000'000);
  const PolicyStatus status = StatusOf(object, ready, {}, FromUnixSeconds(1'780'000'000));
  EXPECT_EQ(Read(SigningPolicyStatusJson(object.meta, status)).status, status);
}

TEST(AcceptancePolicyName, IsMadeFromTheFingerprint) {
  EXPECT_EQ(AcceptancePolicyName("r-4f2fa0fec60b0b6f7cc0fb7a2235cabd"),
            "accept-r-4f2fa0fec60b0b6f");
}

}  // namespace
}  // namespace plimsoll::api
