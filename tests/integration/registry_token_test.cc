// The token flow against a real registry, which verifies the tokens that a token server on another port gives.
#include <gmock/gmock.h>

#include "base/encoding.h"
#include "real_registry.h"
#include "token_server.h"

namespace plimsoll::oci {
namespace {

namespace kit = ::plimsoll::testing;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class GuardedByTokens : public RealRegistry {
 protected:
  void SetUp() override {
    RealRegistry::SetUp();
    if (HasFatalFailure()) return;
    tokens_ = std::make_unique<kit::TokenServer>(identity_);
    image_ = PushImage();
    PushSignature(image_);
    guarded_host_ = StartGuarded(tokens_->RegistryAuth(ca_file_));
    ConnectWithRealm(tokens_->host());
  }
  void ConnectWithRealm(const std::string& realm) {
    auto registry = kit::TlsHost(guarded_host_, ca_file_);
    registry.token_realm = realm;
    Connect({registry, kit::TlsHost(tokens_->host(), ca_file_)});
  }
  Access WithSecret() const {
    Access access;
    access.pull_secrets = {Secret(guarded_host_)};
    return access;
  }

  std::unique_ptr<kit::TokenServer> tokens_;
  std::string image_;
  std::string guarded_host_;
};

TEST_F(GuardedByTokens, OneTokenForPullingIsEnoughForAWholeObservation) {
  const auto result = Discover(image_, {}, WithSecret());
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.credential, CredentialKind::kPullSecret);
  const auto asked = tokens_->Requests();
  ASSERT_THAT(asked, SizeIs(2));  // nobody, then the secret
  EXPECT_FALSE(asked[0].Has("Authorization"));
  for (const auto& request : asked)
    EXPECT_EQ(request.Parameter("scope"), "repository:team/app:pull");

  EXPECT_TRUE(Discover(image_, result.validators, WithSecret()).unchanged);
  EXPECT_THAT(tokens_->Requests(), SizeIs(2));
}

TEST_F(GuardedByTokens, AnAnonymousTokenReadsAPublicRepository) {
  tokens_->grants_anonymous = true;
  const auto result = Discover(image_);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_EQ(result.credential, CredentialKind::kAnonymous);
}

TEST_F(GuardedByTokens, WithoutACredentialItIsAuthenticationFailed) {
  const auto result = Discover(image_);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAuthenticationFailed) << result.unknown->error.message;
}

TEST_F(GuardedByTokens, ATokenServerThatIsNotConfiguredSeesNoCredential) {
  ConnectWithRealm("");
  const auto result = Discover(image_, {}, WithSecret());
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kRealmNotTrusted);
  EXPECT_THAT(result.unknown->error.message, HasSubstr("tokenRealm"));
  for (const auto& request : tokens_->Requests()) EXPECT_FALSE(request.Has("Authorization"));
}

TEST_F(GuardedByTokens, ATokenIsRenewedWhenItsLifeEnds) {
  ASSERT_TRUE(Discover(image_, {}, WithSecret()).Complete());
  const auto before = tokens_->Requests().size();
  client_->clock().Advance(std::chrono::minutes(10));
  ASSERT_TRUE(Discover(image_, {}, WithSecret()).Complete());
  EXPECT_GT(tokens_->Requests().size(), before);
}

TEST_F(GuardedByTokens, ATokenThatTheRegistryHoldsForExpiredIsNotUnsigned) {
  tokens_->already_expired = 1'000;
  const auto result = Discover(image_, {}, WithSecret());
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAuthenticationFailed);
  EXPECT_FALSE(result.ProvesAbsence());
}

TEST_F(GuardedByTokens, ATokenForAnotherRepositoryIsNotUnsigned) {
  tokens_->for_another_repository = true;
  const auto result = Discover(image_, {}, WithSecret());
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAuthenticationFailed);
}

TEST_F(GuardedByTokens, AnIdentityTokenIsExchangedForOneThatTheRegistryTakes) {
  Access access;
  access.pull_secrets = {*PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{")" + guarded_host_ + R"(":{"identitytoken":"long-lived"}}})", "pull secret")};
  const auto result = Discover(image_, {}, access);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(tokens_->Requests().back().method, "POST");
}

TEST_F(GuardedByTokens, AuthCheckNamesTheTokenServerAndWhatWorks) {
  const auto report =
      (*client_)->CheckAccess(*Reference::Parse(guarded_host_ + "/team/app:v1"), WithSecret());
  ASSERT_EQ(report.used, 1u);
  EXPECT_THAT(report.attempts[1].realm, HasSubstr(tokens_->host()));
  ASSERT_TRUE(report.target);
  EXPECT_EQ(report.target->digest.text(), image_);
}

}  // namespace
}  // namespace plimsoll::oci
