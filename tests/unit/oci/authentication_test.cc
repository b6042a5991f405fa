// Which credential goes where: challenges, tokens, realms, and what is never sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "oci/discovery.h"
#include "oci/registry.h"
#include "support/fake_registry/fake_registry.h"
#include "support/registry_client/registry_client.h"

namespace plimsoll::oci {
namespace {

namespace fake = ::plimsoll::testing;
using fake::RegistryAuth;
using fake::Reply;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string PullSecretText(const std::string& host, const std::string& user = "user",
                           const std::string& password = "secret") {
  return R"({"auths":{")" + host + R"(":{"auth":")" + Base64Encode(AsBytes(user + ":" + password)) +
         R"("}}})";
}

PullSecret SecretFor(const std::string& host, const std::string& user = "user",
                     const std::string& password = "secret") {
  auto secret =
      PullSecret::Parse("kubernetes.io/dockerconfigjson", PullSecretText(host, user, password),
                        "pull secret team-a/regcred");
  EXPECT_TRUE(secret);
  return *secret;
}

class Authentication : public ::testing::Test {
 protected:
  static constexpr char kRepo[] = "team/app";

  explicit Authentication(bool tls = true) : fake_(ServerOptions(tls)) {
    image_ = fake_.PushImage(kRepo, "v1");
    Connect(tls ? fake::TlsHost(fake_.host(), CaFile()) : fake::PlainHost(fake_.host()));
  }
  static fake::FakeRegistry::Options ServerOptions(bool tls) {
    fake::FakeRegistry::Options options;
    options.server.tls = tls;
    return options;
  }
  std::string CaFile() { return fake::WriteTemporaryFile("ca.pem", fake_.server().ca_pem()); }

  void Connect(RegistrySettings settings, std::vector<RegistrySettings> others = {}) {
    fake::TestRegistryClient::Options options;
    options.registries = std::move(others);
    options.registries.push_back(std::move(settings));
    client_ = std::make_unique<fake::TestRegistryClient>(std::move(options));
  }
  void Auth(RegistryAuth auth) {
    fake_.Change([&](auto& behaviour) { behaviour.auth = auth; });
  }
  Repository Own(const std::string& path = kRepo) const {
    return *Repository::FromKey(fake_.host() + "/" + path);
  }
  Access WithSecret(const std::string& user = "user",
                    const std::string& password = "secret") const {
    Access access;
    access.pull_secrets = {SecretFor(fake_.host(), user, password)};
    return access;
  }
  Answer<TagTarget> Resolve(const Access& access = {}) {
    return (*client_)->ResolveTag(Own(), "v1", access);
  }
  // Requests that carried any Authorization.
  std::size_t Authorized() const {
    std::size_t count = 0;
    for (const auto& request : fake_.Requests()) count += request.Has("Authorization") ? 1 : 0;
    return count;
  }

  fake::FakeRegistry fake_;
  fake::Descriptor image_;
  std::unique_ptr<fake::TestRegistryClient> client_;
};

TEST_F(Authentication, WithoutAChallengeNothingIsSent) {
  ASSERT_TRUE(Resolve(WithSecret()));
  EXPECT_EQ(fake_.Requests().size(), 1u);
  EXPECT_EQ(Authorized(), 0u);
}

TEST_F(Authentication, AnAnonymousTokenIsEnoughWhereItIs) {
  Auth(RegistryAuth::kBearer);
  ASSERT_TRUE(Resolve(WithSecret()));
  for (const auto& request : fake_.Requests()) {
    EXPECT_THAT(request.Header("Authorization"), Not(HasSubstr("Basic")));
  }
  EXPECT_EQ(fake_.Count("/token"), 1u);
}

TEST_F(Authentication, AnonymousComesFirstThenThePullSecret) {
  Auth(RegistryAuth::kBearerPrivate);
  const auto target = Resolve(WithSecret());
  ASSERT_TRUE(target) << target.error().error.message;
  EXPECT_EQ(target->digest.text(), image_.digest);
  const auto requests = fake_.Requests();
  std::vector<std::string> tokens;
  for (const auto& request : requests) {
    if (request.path == "/token") tokens.push_back(request.Header("Authorization"));
  }
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0], "");
  EXPECT_THAT(tokens[1], HasSubstr("Basic "));
}

TEST_F(Authentication, BasicWithoutParametersWorksOverTls) {
  Auth(RegistryAuth::kBasic);
  ASSERT_TRUE(Resolve(WithSecret()));
  const auto anonymous = Resolve();
  ASSERT_FALSE(anonymous);
  EXPECT_EQ(anonymous.error().error.code, kAuthenticationFailed);
}

TEST_F(Authentication, AWrongPasswordIsAuthenticationFailed) {
  for (const auto auth : {RegistryAuth::kBasic, RegistryAuth::kBearerPrivate}) {
    Auth(auth);
    const auto target = Resolve(WithSecret("user", "wrong"));
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().error.code, kAuthenticationFailed);
    EXPECT_THAT(target.error().error.message, Not(HasSubstr("wrong")));
  }
}

TEST_F(Authentication, OfSeveralChallengesBearerIsAnswered) {
  Auth(RegistryAuth::kBearerPrivate);
  const std::string host = fake_.host();
  fake_.server().OnAny([host](const auto& request) {
    if (request.path == "/token" || request.Has("Authorization")) return fake::FaultServer::Pass();
    return Reply::Status(401)
        .With("WWW-Authenticate", "Negotiate")
        .With("WWW-Authenticate", "Basic realm=\"x\", Bearer realm=\"https://" + host +
                                      "/token\",service=\"fake-registry\"");
  });
  EXPECT_TRUE(Resolve(WithSecret()));
}

TEST_F(Authentication, AChallengeThatNobodyKnowsIsAFailure) {
  fake_.Fault("/v2/", Reply::Status(401).With("WWW-Authenticate", "Digest realm=\"x\""));
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kAuthenticationFailed);
  EXPECT_EQ(Authorized(), 0u);
}

TEST_F(Authentication, AMegabyteOfChallengeIsNotRead) {
  fake_.Fault("/v2/",
              Reply::Status(401).With("WWW-Authenticate",
                                      "Bearer realm=\"" + std::string(1 << 20, 'a') + "\""));
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kAnswerRefused);
}

TEST_F(Authentication, TheTokenIsKeptForItsScopeAndLife) {
  Auth(RegistryAuth::kBearer);
  ASSERT_TRUE(Resolve());
  ASSERT_TRUE(Resolve());
  EXPECT_EQ(fake_.Count("/token"), 1u);
  // Another repository is another scope, and the realm is known by now: no 401 is needed.
  fake_.PushImage("team/other", "v1");
  fake_.ForgetRequests();
  ASSERT_TRUE((*client_)->ResolveTag(Own("team/other"), "v1", {}));
  EXPECT_EQ(fake_.Requests().size(), 2u);
  const auto requests = fake_.Requests();
  EXPECT_EQ(requests[0].Parameter("scope"), "repository:team/other:pull");
  client_->clock().Advance(std::chrono::seconds(301));
  ASSERT_TRUE(Resolve());
  EXPECT_EQ(fake_.Count("/token"), 2u);
}

TEST_F(Authentication, ATokenThatIsRefusedIsRenewedOnce) {
  Auth(RegistryAuth::kBearer);
  ASSERT_TRUE(Resolve());
  fake_.Fault(
      "/manifests/",
      Reply::Status(401).With("WWW-Authenticate",
                              "Bearer realm=\"https://" + fake_.host() +
                                  "/token\",service=\"fake-registry\",error=\"invalid_token\""),
      1);
  ASSERT_TRUE(Resolve());
  EXPECT_EQ(fake_.Count("/token"), 2u);
}

TEST_F(Authentication, InsufficientScopeIsAskedForAsThePullThatItNames) {
  Auth(RegistryAuth::kBearer);
  ASSERT_TRUE(Resolve());
  fake_.ForgetRequests();
  fake_.Fault(
      "/manifests/",
      Reply::Status(401).With("WWW-Authenticate",
                              "Bearer realm=\"https://" + fake_.host() +
                                  "/token\",service=\"fake-registry\",error=\"insufficient_scope\","
                                  "scope=\"repository:proxy/team/app:pull,push\""),
      1);
  Resolve();
  std::vector<std::string> scopes;
  for (const auto& request : fake_.Requests()) {
    if (request.path == "/token") scopes.push_back(request.Parameter("scope"));
  }
  ASSERT_FALSE(scopes.empty());
  EXPECT_EQ(scopes[0], "repository:proxy/team/app:pull");
}

TEST_F(Authentication, ARegistryThatRefusesEveryTokenIsAskedAtMostThreeTimes) {
  Auth(RegistryAuth::kBearer);
  fake_.Fault("/manifests/", Reply::Status(401).With("WWW-Authenticate",
                                                     "Bearer realm=\"https://" + fake_.host() +
                                                         "/token\",service=\"fake-registry\""));
  const auto target = Resolve();
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kAuthenticationFailed);
  EXPECT_LE(fake_.Count("/manifests/"), 3u);
}

TEST_F(Authentication, AnIdentityTokenIsExchangedByOauth2) {
  Auth(RegistryAuth::kBearerPrivate);
  std::string body;
  fake_.server().OnAny([&](const auto& request) {
    if (request.path != "/token" || request.method != "POST") return fake::FaultServer::Pass();
    body = request.body;
    return Reply::Status(403);
  });
  Access access;
  auto secret = PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{")" + fake_.host() + R"(":{"identitytoken":"refresh me/+"}}})", "pull secret");
  access.pull_secrets = {*secret};
  EXPECT_FALSE(Resolve(access));
  EXPECT_THAT(body, HasSubstr("grant_type=refresh_token"));
  EXPECT_THAT(body, HasSubstr("refresh_token=refresh%20me%2F%2B"));
  EXPECT_THAT(body, HasSubstr("scope=repository%3Ateam%2Fapp%3Apull"));
}

TEST_F(Authentication, OauthWithoutItsEndpointFallsBackToGet) {
  fake_.Change([](auto& behaviour) {
    behaviour.auth = RegistryAuth::kBearerPrivate;
    behaviour.oauth2_post = false;
  });
  Access access;
  auto secret =
      PullSecret::Parse("kubernetes.io/dockerconfigjson",
                        R"({"auths":{")" + fake_.host() +
                            R"(":{"username":"user","password":"secret","identitytoken":"x"}}})",
                        "pull secret");
  access.pull_secrets = {*secret};
  const auto target = Resolve(access);
  EXPECT_TRUE(target) << target.error().error.message;
}

TEST_F(Authentication, AccessTokenIsAnotherNameForToken) {
  fake_.Change([](auto& behaviour) {
    behaviour.auth = RegistryAuth::kBearerPrivate;
    behaviour.token_as_access_token = true;
    behaviour.token_expires_in = 0;
  });
  EXPECT_TRUE(Resolve(WithSecret()));
}

TEST_F(Authentication, ARegistryTokenIsSentAsItIs) {
  fake_.Fault("/manifests/", Reply::Status(401).With("WWW-Authenticate", "Basic realm=\"x\""), 1);
  Access access;
  auto secret = PullSecret::Parse(
      "kubernetes.io/dockerconfigjson",
      R"({"auths":{")" + fake_.host() + R"(":{"registrytoken":"bearer-it"}}})", "pull secret");
  access.pull_secrets = {*secret};
  Resolve(access);
  bool sent = false;
  for (const auto& request : fake_.Requests())
    sent = sent || request.Header("Authorization") == "Bearer bearer-it";
  EXPECT_TRUE(sent);
}

TEST_F(Authentication, JunkFromATokenServerIsRefused) {
  Auth(RegistryAuth::kBearer);
  for (const std::string& body : std::vector<std::string>{
           "", "[]", "{}", "{\"token\":\"\"}", "{\"token\":\"a b\"}", "{\"token\":\"a\\r\\nX: y\"}",
           "{\"token\":5}", "{\"token\":\"" + std::string(40'000, 'a') + "\"}", "<html>"}) {
    fake_.ClearFaults();
    fake_.Fault("/token", Reply::Ok(body));
    const auto target = Resolve();
    ASSERT_FALSE(target) << body;
    EXPECT_EQ(target.error().error.code.str(), kAnswerRefused.str()) << body;
  }
}

TEST_F(Authentication, ATokenServersFaultsAreNotTheCredentials) {
  Auth(RegistryAuth::kBearerPrivate);
  fake_.Fault("/token", Reply::Status(503));
  auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kRegistryUnreachable);
  fake_.ClearFaults();
  fake_.Fault("/token", Reply::Status(429).With("Retry-After", "9"));
  target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kRegistryThrottled);
}

TEST_F(Authentication, TokenRequestsFollowNoRedirect) {
  fake::FaultServer other(
      fake::FaultServer::Options{.tls = true, .identity = {}, .client_ca_pem = {}});
  other.Otherwise([](const auto&) { return Reply::Ok(R"({"token":"stolen"})"); });
  Auth(RegistryAuth::kBearerPrivate);
  fake_.Fault("/token", Reply::Redirect(307, "https://" + other.host_port() + "/token"));
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kAnswerRefused);
  EXPECT_EQ(other.RequestCount(), 0u);
}

// Realm binding.
class Realm : public Authentication {
 protected:
  Realm()
      : token_server_(
            fake::FaultServer::Options{.tls = true, .identity = {}, .client_ca_pem = {}}) {
    token_server_.Otherwise([](const auto& request) {
      if (!request.Has("Authorization")) return Reply::Status(401);
      return Reply::Ok(R"({"token":"fine"})");
    });
    fake_.server().OnAny([this](const auto& request) {
      if (request.Header("Authorization") == "Bearer fine") {
        return Reply::Status(
            200, "{}",
            {{"Content-Type", fake::kOciManifest}, {"Docker-Content-Digest", image_.digest}});
      }
      return Reply::Status(401).With(
          "WWW-Authenticate",
          "Bearer realm=\"https://" + token_server_.host_port() + "/t\",service=\"s\"");
    });
  }
  void ConnectWithRealm(const std::string& token_realm) {
    auto settings = fake::TlsHost(fake_.host(), CaFile());
    settings.token_realm = token_realm;
    Connect(settings,
            {fake::TlsHost(token_server_.host_port(),
                           fake::WriteTemporaryFile("realm.pem", token_server_.ca_pem()))});
  }
  fake::FaultServer token_server_;
};

TEST_F(Realm, AForeignRealmNeverSeesACredential) {
  ConnectWithRealm("");
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kRealmNotTrusted);
  EXPECT_THAT(target.error().error.message,
              HasSubstr("tokenRealm: \"" + token_server_.host_port() + "\""));
  EXPECT_THAT(target.error().error.message, HasSubstr("host: \"" + fake_.host() + "\""));
  // It was asked, anonymously.
  EXPECT_GE(token_server_.RequestCount(), 1u);
  for (const auto& request : token_server_.Requests()) EXPECT_FALSE(request.Has("Authorization"));
  EXPECT_EQ(Authorized(), 0u);
}

TEST_F(Realm, AConfiguredRealmGetsTheCredential) {
  ConnectWithRealm(token_server_.host_port());
  const auto target = Resolve(WithSecret());
  ASSERT_TRUE(target) << target.error().error.message;
  EXPECT_EQ(target->digest.text(), image_.digest);
}

TEST_F(Realm, ARealmOnAnotherPortOfTheHostIsForeign) {
  ConnectWithRealm("127.0.0.1:1");
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kRealmNotTrusted);
}

TEST_F(Authentication, ARealmWithoutTlsIsNotAskedByATlsRegistry) {
  fake_.Fault("/v2/", Reply::Status(401).With("WWW-Authenticate", "Bearer realm=\"http://" +
                                                                      fake_.host() + "/token\""));
  const auto target = Resolve(WithSecret());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kRealmNotTrusted);
  EXPECT_EQ(fake_.Count("/token"), 0u);
}

TEST_F(Authentication, ARealmAtAPrivateAddressElsewhereIsNotReached) {
  for (const char* realm :
       {"https://169.254.169.254/latest", "https://10.0.0.1/t", "https://127.0.0.2/t"}) {
    Connect(fake::TlsHost(fake_.host(), CaFile()));
    fake_.ClearFaults();
    fake_.Fault("/v2/", Reply::Status(401).With("WWW-Authenticate",
                                                std::string("Bearer realm=\"") + realm + "\""));
    const auto target = Resolve();
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().error.code.str(), kAnswerRefused.str()) << realm;
  }
}

TEST_F(Authentication, ATokenIsNotLeakedToAHostThatARedirectLeadsTo) {
  Auth(RegistryAuth::kBearerPrivate);
  fake::FaultServer storage(
      fake::FaultServer::Options{.tls = true, .identity = {}, .client_ca_pem = {}});
  storage.Otherwise([](const auto&) {
    return Reply::Status(401).With("WWW-Authenticate",
                                   "Bearer realm=\"https://evil.example/token\"");
  });
  Connect(fake::TlsHost(fake_.host(), CaFile()),
          {fake::TlsHost(storage.host_port(),
                         fake::WriteTemporaryFile("storage.pem", storage.ca_pem()))});
  fake_.PushSignatures(kRepo, image_.digest,
                       {{.payload = "payload", .signature = "c2ln", .annotations = {}}});
  fake_.Change(
      [&](auto& behaviour) { behaviour.blob_redirect = "https://" + storage.host_port(); });
  DiscoveryRequest request{.repository = Own(),
                           .digest = *Digest::Parse(image_.digest),
                           .places = {},
                           .access = WithSecret(),
                           .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAuthenticationFailed);
  ASSERT_EQ(storage.RequestCount(), 1u);
  EXPECT_FALSE(storage.Requests()[0].Has("Authorization"));
}

TEST_F(Authentication, ABlobBehindARedirectIsReadAndChecked) {
  Auth(RegistryAuth::kBearerPrivate);
  fake::FaultServer storage(
      fake::FaultServer::Options{.tls = true, .identity = {}, .client_ca_pem = {}});
  std::string served = "payload";
  storage.Otherwise([&](const auto&) { return Reply::Ok(served, "binary/octet-stream"); });
  Connect(fake::TlsHost(fake_.host(), CaFile()),
          {fake::TlsHost(storage.host_port(),
                         fake::WriteTemporaryFile("storage.pem", storage.ca_pem()))});
  fake_.PushSignatures(kRepo, image_.digest,
                       {{.payload = "payload", .signature = "c2ln", .annotations = {}}});
  fake_.Change(
      [&](auto& behaviour) { behaviour.blob_redirect = "https://" + storage.host_port(); });
  DiscoveryRequest request{.repository = Own(),
                           .digest = *Digest::Parse(image_.digest),
                           .places = {},
                           .access = WithSecret(),
                           .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_TRUE(result.Complete()) << result.unknown->error.message;
  EXPECT_THAT(result.materials, SizeIs(1));
  EXPECT_EQ(result.credential, CredentialKind::kPullSecret);
  served = "another";
  EXPECT_FALSE((*client_)->Discover(request).Complete());
}

TEST_F(Authentication, OneCredentialsFailureIsNeverAnothersAnswer) {
  Auth(RegistryAuth::kBearerPrivate);
  ASSERT_FALSE(Resolve(WithSecret("user", "wrong")));
  EXPECT_TRUE(Resolve(WithSecret()));
  ASSERT_FALSE(Resolve());
  EXPECT_TRUE(Resolve(WithSecret()));
}

TEST_F(Authentication, ARefusalIsRememberedForAWhileAndAskedAgainThen) {
  Auth(RegistryAuth::kBasic);
  ASSERT_FALSE(Resolve(WithSecret("user", "wrong")));
  const auto asked = fake_.Requests().size();
  ASSERT_FALSE(Resolve(WithSecret("user", "wrong")));
  EXPECT_EQ(fake_.Requests().size(), asked);
  client_->clock().Advance(std::chrono::seconds(31));
  ASSERT_FALSE(Resolve(WithSecret("user", "wrong")));
  EXPECT_GT(fake_.Requests().size(), asked);
}

TEST_F(Authentication, APullSecretIsUsedForTheImagesOwnRepositoryOnly) {
  Auth(RegistryAuth::kBearerPrivate);
  fake_.PushImage("team/signatures", "v1");
  DiscoveryRequest request{.repository = Own(),
                           .digest = *Digest::Parse(image_.digest),
                           .places = {{Own(), PlaceRole::kImage},
                                      {Own("team/signatures"), PlaceRole::kSignatureRepository}},
                           .access = WithSecret(),
                           .previous = {}};
  const auto result = (*client_)->Discover(request);
  ASSERT_FALSE(result.Complete());
  EXPECT_EQ(result.unknown->error.code, kAuthenticationFailed);
  for (const auto& seen : fake_.Requests()) {
    const bool foreign = seen.Parameter("scope") == "repository:team/signatures:pull";
    EXPECT_FALSE(foreign && seen.Has("Authorization"));
  }
}

TEST_F(Authentication, ACredentialForAnotherHostIsNeverSent) {
  Auth(RegistryAuth::kBasic);
  Access access;
  access.pull_secrets = {SecretFor("other.example"), SecretFor("127.0.0.1:1"),
                         SecretFor("127.0.0.1")};
  ASSERT_FALSE(Resolve(access));
  EXPECT_EQ(Authorized(), 0u);
}

class OverPlainHttp : public Authentication {
 protected:
  OverPlainHttp() : Authentication(false) {}
};

TEST_F(OverPlainHttp, NoCredentialIsEverSent) {
  for (const auto auth : {RegistryAuth::kBasic, RegistryAuth::kBearerPrivate}) {
    Auth(auth);
    fake_.ForgetRequests();
    const auto target = Resolve(WithSecret());
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().error.code, kAuthenticationFailed);
    EXPECT_THAT(target.error().error.message, HasSubstr("plain HTTP"));
    EXPECT_EQ(Authorized(), 0u);
  }
}

TEST_F(OverPlainHttp, AnonymousTokensWork) {
  Auth(RegistryAuth::kBearer);
  EXPECT_TRUE(Resolve());
}

TEST_F(OverPlainHttp, AHostThatIsNotConfiguredIsNeverAskedInPlainText) {
  Connect(fake::PlainHost("other.example"));
  EXPECT_FALSE(Resolve());
  EXPECT_EQ(fake_.Requests().size(), 0u);
}

// auth check
TEST_F(Authentication, AuthCheckTellsWhichCredentialWorksAndNeverItsContent) {
  Auth(RegistryAuth::kBearerPrivate);
  Access access = WithSecret("user", "wrong");
  access.pull_secrets.push_back(SecretFor(fake_.host()));
  const Reference reference{Own(), "v1", std::nullopt};
  const auto report = (*client_)->CheckAccess(reference, access);
  ASSERT_THAT(report.attempts, SizeIs(3));
  EXPECT_EQ(report.attempts[0].kind, CredentialKind::kAnonymous);
  EXPECT_TRUE(report.attempts[0].error);
  EXPECT_EQ(report.attempts[1].kind, CredentialKind::kPullSecret);
  EXPECT_THAT(report.attempts[1].origin, HasSubstr("team-a/regcred"));
  EXPECT_EQ(report.used, 2u);
  EXPECT_FALSE(report.failure);
  EXPECT_THAT(report.attempts[2].realm, HasSubstr("/token"));
  for (const auto& attempt : report.attempts) {
    EXPECT_THAT(attempt.origin + (attempt.error ? attempt.error->message : ""),
                Not(HasSubstr("secret\"")));
  }
}

TEST_F(Authentication, AuthCheckSaysWhyNothingWorks) {
  Auth(RegistryAuth::kBasic);
  const auto report = (*client_)->CheckAccess(Reference{Own(), "v1", std::nullopt}, {});
  EXPECT_FALSE(report.used);
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->error.code, kAuthenticationFailed);
  EXPECT_EQ(report.failure->http_status, 401);
}

}  // namespace
}  // namespace plimsoll::oci
