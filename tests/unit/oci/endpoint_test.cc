#include "endpoint.h"

#include <gtest/gtest.h>

namespace plimsoll::oci {
namespace {

http::Url Url(const std::string& text) { return *http::Url::Parse(text); }

TEST(Endpoint, DockerHubIsServedByItsRegistryAndItsTokenServerIsBuiltIn) {
  const auto hub = Endpoints({}).Of("docker.io");
  EXPECT_EQ(hub.Url("/v2/"), "https://registry-1.docker.io/v2/");
  EXPECT_TRUE(hub.counts_manifest_gets);
  EXPECT_TRUE(hub.TrustsRealm(Url("https://auth.docker.io/token")));
  EXPECT_TRUE(hub.TrustsRealm(Url("https://registry-1.docker.io/token")));
  for (const char* realm : {"http://auth.docker.io/token", "https://auth.docker.io:444/token",
                            "https://auth.docker.io.evil.example/", "https://evil.docker.io/token",
                            "https://docker.io.evil/token"}) {
    EXPECT_FALSE(hub.TrustsRealm(Url(realm))) << realm;
  }
}

TEST(Endpoint, NoOtherRegistryMaySendItsCredentialsToDockersTokenServer) {
  EXPECT_FALSE(
      Endpoints({}).Of("registry.example").TrustsRealm(Url("https://auth.docker.io/token")));
}

TEST(Endpoint, ARealmIsTheSameHostAndPortOrTheConfiguredOne) {
  RegistrySettings gitlab;
  gitlab.host = "registry.gitlab.example";
  gitlab.token_realm = "gitlab.example";
  const auto endpoint = Endpoints({gitlab}).Of("registry.gitlab.example");
  EXPECT_TRUE(endpoint.TrustsRealm(Url("https://registry.gitlab.example/jwt/auth")));
  EXPECT_TRUE(endpoint.TrustsRealm(Url("https://gitlab.example/jwt/auth")));
  EXPECT_FALSE(endpoint.TrustsRealm(Url("https://gitlab.example:8443/jwt/auth")));
  EXPECT_FALSE(endpoint.TrustsRealm(Url("https://registry.gitlab.example:5000/jwt/auth")));
  EXPECT_FALSE(endpoint.TrustsRealm(Url("http://gitlab.example/jwt/auth")));
}

TEST(Endpoint, SettingsAreFoundUnderEverySpellingOfTheHost) {
  RegistrySettings plain;
  plain.host = "Registry.Example:80";
  plain.plain_http = true;
  const Endpoints endpoints({plain});
  EXPECT_EQ(endpoints.Of("registry.example:80").Url("/v2/"), "http://registry.example:80/v2/");
  EXPECT_EQ(endpoints.Of("registry.example").Url("/v2/"), "https://registry.example/v2/");
}

}  // namespace
}  // namespace plimsoll::oci
