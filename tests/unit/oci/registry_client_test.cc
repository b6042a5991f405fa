// Tags, lists of tags, and what runs when the node shows another name of the same content.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/client.h"
#include "registry_fixture.h"

namespace plimsoll::oci {
namespace {

namespace fake = ::plimsoll::testing;
using fake::Reply;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Client : public RegistryFixture {
 protected:
  Answer<TagTarget> Resolve(const std::string& tag = "v1") {
    return (*client_)->ResolveTag(Own(), tag, {});
  }
};

TEST_F(Client, ATagIsResolvedByHeadAlone) {
  const auto image = Image();
  const auto target = Resolve();
  ASSERT_TRUE(target);
  EXPECT_EQ(target->digest.text(), image.digest);
  EXPECT_EQ(target->media_type, fake::kOciManifest);
  ASSERT_EQ(fake_.Requests().size(), 1u);
  EXPECT_EQ(fake_.Requests()[0].method, "HEAD");
}

TEST_F(Client, EveryKindOfManifestIsAskedFor) {
  Image();
  Resolve();
  const auto accept = fake_.Requests()[0].Header("Accept");
  for (const char* type :
       {fake::kOciManifest, fake::kOciIndex, fake::kDockerManifest, fake::kDockerList}) {
    EXPECT_THAT(accept, HasSubstr(type));
  }
}

TEST_F(Client, AHeadWithoutDigestOrWithoutMediaTypeIsFollowedByAGet) {
  const auto image = Image();
  fake_.Change([](auto& behaviour) { behaviour.content_digest_header = false; });
  EXPECT_EQ(Resolve()->digest.text(), image.digest);
  fake_.Change([](auto& behaviour) { behaviour.head = false; });
  EXPECT_EQ(Resolve()->digest.text(), image.digest);
  fake_.Fault("/manifests/", Reply::Status(200), -1, "HEAD");
  EXPECT_EQ(Resolve()->digest.text(), image.digest);
}

TEST_F(Client, ATagThatIsNotThereIsSaidSo) {
  Image();
  const auto target = Resolve("v2");
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().error.code, kDigestNotInRepository);
  EXPECT_EQ(target.error().http_status, 404);
}

TEST_F(Client, ASchema1ManifestIsNotTakenForAnything) {
  const auto image = Image();
  fake_.Fault("/manifests/",
              Reply::Ok("{\"schemaVersion\":1}",
                        "application/vnd.docker.distribution.manifest.v1+prettyjws"));
  const auto info = (*client_)->ReadManifest(Own(), *Digest::Parse(image.digest), {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error.code, kAnswerRefused);
}

TEST_F(Client, AManifestTellsWhatItIs) {
  const auto image = Image();
  const auto index = fake_.PushIndex(kRepo, "", {image});
  const auto one = (*client_)->ReadManifest(Own(), *Digest::Parse(image.digest), {});
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->is_index);
  EXPECT_TRUE(one->config_digest);
  const auto many = (*client_)->ReadManifest(Own(), *Digest::Parse(index.digest), {});
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->is_index);
  ASSERT_THAT(many->children, SizeIs(1));
  EXPECT_EQ(many->children[0].platform, (Platform{"linux", "amd64", ""}));
}

TEST_F(Client, AManifestThatIsNotOfItsDigestIsRefused) {
  const auto image = Image();
  fake_.CorruptManifest(kRepo, image.digest, "{}");
  const auto info = (*client_)->ReadManifest(Own(), *Digest::Parse(image.digest), {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error.code, kAnswerRefused);
}

TEST_F(Client, NoForeignUrlOfALayerIsEverFetched) {
  fake::FaultServer elsewhere;
  const auto image = Image();
  const std::string payload_digest = fake::DigestOf("payload");
  const std::string config = fake_.PutBlob(kRepo, "{}");
  fake_.PutManifest(kRepo,
                    R"({"schemaVersion":2,"config":{"digest":")" + config +
                        R"(","size":2},"layers":[{"mediaType":")" +
                        std::string(fake::kSimpleSigning) + R"(","digest":")" + payload_digest +
                        R"(","size":7,"urls":[")" + elsewhere.Url("/payload") +
                        R"("],"annotations":{"dev.cosignproject.cosign/signature":"c2ln"}}]})",
                    fake::kOciManifest, SigTag(image.digest));
  const auto result = Discover(image.digest);
  EXPECT_TRUE(result.materials.empty());
  EXPECT_EQ(elsewhere.RequestCount(), 0u);
}

TEST_F(Client, TagsComeInPagesAndOnlyFromTheSameHost) {
  const auto image = Image();
  for (int i = 0; i < 5; ++i) fake_.Tag(kRepo, "t" + std::to_string(i), image.digest);
  const auto list = (*client_)->ListTags(Own(), {});
  ASSERT_TRUE(list) << list.error().error.message;
  EXPECT_TRUE(list->complete);
  EXPECT_THAT(list->tags, SizeIs(6));
  fake_.Fault("/tags/list",
              Reply::Ok(R"({"tags":["a"]})")
                  .With("Link", "<https://evil.example/v2/team/app/tags/list>; rel=next"));
  const auto refused = (*client_)->ListTags(Own(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, kAnswerRefused);
}

TEST_F(Client, AListOfTagsIsBounded) {
  int page = 0;
  fake_.server().OnAny([&](const auto& request) {
    std::string tags;
    for (int i = 0; i < 1'000; ++i)
      tags +=
          (i == 0 ? "\"" : ",\"") + ("t" + std::to_string(page)) + "-" + std::to_string(i) + "\"";
    return Reply::Ok("{\"tags\":[" + tags + "]}")
        .With("Link", "<" + request.path + "?last=" + std::to_string(++page) + ">; rel=\"next\"");
  });
  const auto list = (*client_)->ListTags(Own(), {});
  ASSERT_TRUE(list);
  EXPECT_FALSE(list->complete);
  EXPECT_EQ(list->tags.size(), 10'000u);
  EXPECT_EQ(page, 10);
}

TEST_F(Client, NamesThatAreNoTagsAreLeftOut) {
  fake_.Fault("/tags/list", Reply::Ok(R"({"tags":["good","../evil","a b","",7,null]})"));
  EXPECT_EQ((*client_)->ListTags(Own(), {})->tags, std::vector<std::string>{"good"});
  fake_.ClearFaults();
  fake_.Fault("/tags/list", Reply::Ok(R"({"name":"team/app","tags":null})"));
  EXPECT_THAT((*client_)->ListTags(Own(), {})->tags, SizeIs(0));
}

// When an image says that it was built.
class Built : public RegistryFixture {
 protected:
  fake::Descriptor WithConfig(const std::string& config) {
    fake::ManifestSpec spec;
    spec.config = Put(config, fake::kOciConfig);
    return fake_.PushManifest(kRepo, "", spec);
  }
  Answer<std::optional<Time>> Ask(const fake::Descriptor& image) {
    return (*client_)->BuiltTime(Own(), *Digest::Parse(image.digest), {});
  }
};

TEST_F(Built, TheConfigSaysItAndForAnIndexThatOfItsFirstImage) {
  auto image = WithConfig(R"({"created":"2026-02-10T22:18:30.5Z","os":"linux"})");
  const Time created = *ParseTime("2026-02-10T22:18:30.5Z");
  EXPECT_EQ(Ask(image).value(), created);
  image.os = "linux";
  image.architecture = "amd64";
  auto attestation = WithConfig(R"({"created":"2020-01-01T00:00:00Z"})");
  attestation.os = attestation.architecture = "unknown";
  EXPECT_EQ(Ask(fake_.PushIndex(kRepo, "", {attestation, image})).value(), created);
}

TEST_F(Built, AConfigThatDoesNotSayItIsNoError) {
  for (const char* config :
       {R"({"os":"linux"})", R"({"created":"yesterday"})", R"({"created":7})", "no JSON"})
    EXPECT_EQ(Ask(WithConfig(config)).value(), std::nullopt) << config;
}

TEST_F(Built, AnImageThatIsNotThereIsSaidSo) {
  Image();
  const auto answer = (*client_)->BuiltTime(Own(), Digest::OfSha256(AsBytes("nothing")), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error.code, kDigestNotInRepository);
}

// The digest that runs, when the node shows another name of the same content.
class Running : public RegistryFixture {
 protected:
  // The same image (same config) under another manifest digest, in another repository.
  struct Copies {
    fake::Descriptor here, there;
  };
  Copies Push() {
    const auto config = R"({"architecture":"amd64","os":"linux"})";
    fake::ManifestSpec spec;
    spec.config = Put(config, fake::kOciConfig);
    Copies copies;
    copies.here = fake_.PushManifest(kRepo, "v1", spec);
    fake_.PutBlob("other/copy", config);
    spec.annotations = {{"copied", "yes"}};
    copies.there = fake_.PushManifest("other/copy", "v1", spec);
    return copies;
  }
  ImageId Node(const fake::Descriptor& descriptor) const {
    return *ParseImageId(fake_.host() + "/other/copy@" + descriptor.digest);
  }
};

TEST_F(Running, TheTagsManifestWithTheSameConfigIsJudged) {
  const auto copies = Push();
  const auto info = (*client_)->ResolveRunning(Own(), "v1", Node(copies.there), {});
  ASSERT_TRUE(info) << info.error().error.message;
  EXPECT_EQ(info->digest.text(), copies.here.digest);
}

TEST_F(Running, AChildOfTheTagsIndexWithTheSameConfigIsJudged) {
  const auto copies = Push();
  const auto arm = fake_.PushImage(kRepo, "", "arm", "linux", "arm64");
  auto amd = copies.here;
  amd.os = "linux";
  amd.architecture = "amd64";
  fake_.PushIndex(kRepo, "v1", {arm, amd});
  const auto info = (*client_)->ResolveRunning(Own(), "v1", Node(copies.there), {});
  ASSERT_TRUE(info) << info.error().error.message;
  EXPECT_EQ(info->digest.text(), copies.here.digest);
}

TEST_F(Running, AnotherConfigIsNotInTheRepository) {
  const auto copies = Push();
  fake_.PushImage(kRepo, "v1", "changed");
  const auto info = (*client_)->ResolveRunning(Own(), "v1", Node(copies.there), {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error.code, kDigestNotInRepository);
}

TEST_F(Running, WhatTheNodeNamesIsCheckedAgainstItsDigest) {
  const auto copies = Push();
  fake_.CorruptManifest("other/copy", copies.there.digest,
                        *fake_.Manifest(kRepo, copies.here.digest));
  const auto info = (*client_)->ResolveRunning(Own(), "v1", Node(copies.there), {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error.code, kAnswerRefused);
}

TEST_F(Running, WithoutANameThereIsNothingToCompare) {
  const auto copies = Push();
  ImageId id = Node(copies.there);
  id.name = "";
  const auto info = (*client_)->ResolveRunning(Own(), "v1", id, {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error.code, kDigestNotInRepository);
}

// One hostile and one healthy registry, side by side.
TEST_F(Client, AHostileRegistryCostsAHealthyOneNothing) {
  fake::FakeRegistry healthy;
  fake::TestRegistryClient::Options options;
  options.registries = {fake::PlainHost(fake_.host()), fake::PlainHost(healthy.host())};
  options.limits.request_timeout = std::chrono::milliseconds(2'000);
  fake::TestRegistryClient client(std::move(options));
  const auto good = healthy.PushImage(kRepo, "v1");
  fake_.Fault("", Reply::Endless(fake::kEndless, false, fake::kOciManifest));
  std::vector<std::thread> hostile;
  for (int i = 0; i < 4; ++i) {
    hostile.emplace_back([&] {
      const auto answer = client->ResolveRunning(
          Own(), "v1", *ParseImageId(fake_.host() + "/x@sha256:" + std::string(64, 'a')), {});
      EXPECT_FALSE(answer);
    });
  }
  for (int i = 0; i < 20; ++i) {
    DiscoveryRequest request{.repository = *Repository::FromKey(healthy.host() + "/" + kRepo),
                             .digest = *Digest::Parse(good.digest),
                             .places = {},
                             .access = {},
                             .previous = {}};
    EXPECT_TRUE(client->Discover(request).ProvesAbsence());
  }
  for (auto& thread : hostile) thread.join();
}

TEST(HttpHosts, BadEntriesAreNamed) {
  const auto check = [](const RegistrySettings& settings, const std::string& field) {
    const auto hosts = HttpHosts({settings});
    ASSERT_FALSE(hosts);
    EXPECT_EQ(hosts.error().code, kInvalidArgument);
    EXPECT_THAT(hosts.error().message, HasSubstr("registries[0]." + field));
  };
  RegistrySettings settings;
  settings.host = "https://ghcr.io";
  check(settings, "host");
  settings.host = "ghcr.io";
  settings.token_realm = "https://x/y";
  check(settings, "tokenRealm");
  settings.token_realm = "";
  settings.allow_addresses = {"10.0.0.0/64"};
  check(settings, "allowAddress");
}

}  // namespace
}  // namespace plimsoll::oci
