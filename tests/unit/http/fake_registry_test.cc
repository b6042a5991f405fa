// The registry in memory is what other tests believe: it has to be honest.
#include "support/fake_registry/fake_registry.h"

#include "client_fixture.h"

namespace plimsoll::http {
namespace {

using testing::Descriptor;
using testing::FakeRegistry;
using testing::RegistryAuth;
using testing::RegistryBehaviour;
using testing::Reply;

class FakeRegistryTest : public ::testing::Test {
 protected:
  FakeRegistryTest() {
    ClientOptions options;
    options.hosts.push_back(Open(registry_.host()));
    client_ = MakeClient(std::move(options));
  }
  Response Ask(const std::string& path, Headers headers = {}, const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.url = registry_.server().Url(path);
    request.headers = std::move(headers);
    Result<Response> response = client_->Send(request);
    EXPECT_TRUE(response) << response.error().message;
    return response ? std::move(*response) : Response();
  }

  FakeRegistry registry_;
  std::unique_ptr<Client> client_;
};

TEST_F(FakeRegistryTest, ServesManifestsByTagAndDigest) {
  const Descriptor image = registry_.PushImage("team/app", "v1");
  const Response by_tag = Ask("/v2/team/app/manifests/v1", {{"Accept", testing::kOciManifest}});
  EXPECT_EQ(by_tag.status, 200);
  EXPECT_EQ(testing::DigestOf(by_tag.body), image.digest);
  EXPECT_EQ(by_tag.body.size(), image.size);
  EXPECT_EQ(by_tag.headers.Find("Docker-Content-Digest"), image.digest);
  EXPECT_EQ(by_tag.headers.Find("Content-Type"), testing::kOciManifest);
  EXPECT_EQ(Ask("/v2/team/app/manifests/" + image.digest).body, by_tag.body);
  EXPECT_EQ(Ask("/v2/team/app/manifests/v2").status, 404);
  EXPECT_EQ(Ask("/v2/team/other/manifests/v1").status, 404);
  EXPECT_EQ(Ask("/v2/team/app/manifests/v1", {{"Accept", testing::kOciIndex}}).status, 404);
  const Response head = Ask("/v2/team/app/manifests/v1", {}, "HEAD");
  EXPECT_EQ(head.headers.Find("Content-Length"), std::to_string(image.size));
  const Response same =
      Ask("/v2/team/app/manifests/v1", {{"If-None-Match", "\"" + image.digest + "\""}});
  EXPECT_EQ(same.status, 304);
  registry_.DeleteManifest("team/app", image.digest);
  EXPECT_EQ(Ask("/v2/team/app/manifests/v1").status, 404);
}

TEST_F(FakeRegistryTest, ServesBlobsAndSignatureTags) {
  const Descriptor image = registry_.PushImage("app", "v1");
  registry_.PushSignatures("app", image.digest, {{"payload", "c2ln", {{"x", "y"}}}});
  const std::string tag = "sha256-" + image.digest.substr(7) + ".sig";
  const Response manifest = Ask("/v2/app/manifests/" + tag);
  EXPECT_EQ(manifest.status, 200);
  EXPECT_NE(manifest.body.find("\"dev.cosignproject.cosign/signature\":\"c2ln\""),
            std::string::npos);
  EXPECT_EQ(Ask("/v2/app/blobs/" + testing::DigestOf("payload")).body, "payload");
  EXPECT_EQ(Ask("/v2/app/blobs/" + testing::DigestOf("nothing")).status, 404);
}

TEST_F(FakeRegistryTest, PagesAndFiltersReferrers) {
  const Descriptor image = registry_.PushImage("app", "v1");
  for (int i = 0; i < 3; ++i) {
    registry_.PushReferrer("app", image, i == 1 ? "type/b" : "type/a", "layer/x",
                           std::to_string(i));
  }
  const std::string path = "/v2/app/referrers/" + image.digest;
  const Response filtered = Ask(path + "?artifactType=type/b");
  EXPECT_EQ(filtered.headers.Find("OCI-Filters-Applied"), "artifactType");
  EXPECT_EQ(filtered.body.find("type/a"), std::string::npos);
  registry_.Change([](RegistryBehaviour& behaviour) { behaviour.referrers_page = 2; });
  const Response first = Ask(path);
  const std::string link(first.headers.Find("Link").value_or(""));
  ASSERT_TRUE(link.ends_with(">; rel=\"next\"")) << link;
  const Response second = Ask(link.substr(1, link.find('>') - 1));
  EXPECT_FALSE(second.headers.Has("Link"));
  EXPECT_NE(second.body.find("type/a"), std::string::npos);
  registry_.Change([](RegistryBehaviour& behaviour) { behaviour.referrers_api = false; });
  EXPECT_EQ(Ask(path).status, 404);
}

TEST_F(FakeRegistryTest, AsksForTokensAndGrantsThem) {
  registry_.PushImage("app", "v1");
  registry_.Change(
      [](RegistryBehaviour& behaviour) { behaviour.auth = RegistryAuth::kBearerPrivate; });
  const Response challenged = Ask("/v2/app/manifests/v1");
  EXPECT_EQ(challenged.status, 401);
  EXPECT_EQ(challenged.headers.Find("WWW-Authenticate"),
            "Bearer realm=\"" + registry_.server().Url("/token") +
                "\",service=\"fake-registry\",scope=\"repository:app:pull\"");
  const std::string token_path = "/token?service=fake-registry&scope=repository%3Aapp%3Apull";
  EXPECT_EQ(Ask(token_path).status, 401);
  const Response token = Ask(token_path, {{"Authorization", "Basic dXNlcjpzZWNyZXQ="}});
  ASSERT_EQ(token.status, 200);
  const std::size_t begin = token.body.find("token-");
  const std::string value = token.body.substr(begin, token.body.find('"', begin) - begin);
  EXPECT_EQ(Ask("/v2/app/manifests/v1", {{"Authorization", "Bearer " + value}}).status, 200);
  EXPECT_EQ(Ask("/v2/other/manifests/v1", {{"Authorization", "Bearer " + value}}).status, 401);
}

TEST_F(FakeRegistryTest, CountsDownItsRateAndFailsWhereItIsTold) {
  registry_.PushImage("app", "v1");
  registry_.Change([](RegistryBehaviour& behaviour) {
    behaviour.rate_limit = 100;
    behaviour.rate_remaining = 1;
  });
  EXPECT_EQ(Ask("/v2/app/manifests/v1", {}, "HEAD").headers.Find("RateLimit-Remaining"),
            "1;w=21600");
  EXPECT_EQ(Ask("/v2/app/manifests/v1").headers.Find("RateLimit-Remaining"), "0;w=21600");
  const Response limited = Ask("/v2/app/manifests/v1");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.headers.Find("Retry-After"), "60");
  registry_.Fault("/manifests/", Reply::Status(503), 2, "GET");
  EXPECT_EQ(Ask("/v2/app/manifests/v1", {}, "HEAD").status, 200);
  EXPECT_EQ(Ask("/v2/app/manifests/v1").status, 503);
  EXPECT_EQ(Ask("/v2/app/manifests/v1").status, 503);
  EXPECT_EQ(Ask("/v2/app/manifests/v1").status, 429);
  EXPECT_EQ(registry_.Count("/manifests/v1", "GET"), 5U);
}

}  // namespace
}  // namespace plimsoll::http
