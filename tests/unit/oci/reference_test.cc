#include "oci/reference.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plimsoll::oci {
namespace {

const std::string kHex(64, 'a');
const std::string kSha256 = "sha256:" + kHex;
const std::string kSha512 = "sha512:" + std::string(128, 'b');

std::string KeyOf(const std::string& image) {
  const auto reference = Reference::Parse(image);
  return reference ? reference->repository.Key() : "error: " + reference.error().message;
}

TEST(RepositoryKey, HostsAreLowerCaseAndPort443IsDropped) {
  EXPECT_EQ(KeyOf("Registry.Example/team/app"), "registry.example/team/app");
  EXPECT_EQ(KeyOf("registry.example:443/team/app"), "registry.example/team/app");
  EXPECT_EQ(KeyOf("registry.example:0443/team/app"), "registry.example/team/app");
  EXPECT_EQ(KeyOf("registry.example:05000/team/app"), "registry.example:5000/team/app");
  EXPECT_EQ(KeyOf("registry.example:80/team/app"), "registry.example:80/team/app");
  EXPECT_EQ(KeyOf("LOCALHOST/app"), "localhost/app");
}

TEST(RepositoryKey, AllNamesOfDockerHubAreOne) {
  for (const char* image :
       {"nginx", "nginx:1.27", "library/nginx", "docker.io/nginx", "docker.io/library/nginx",
        "index.docker.io/nginx", "registry-1.docker.io/library/nginx", "DOCKER.IO/nginx",
        "docker.io:443/nginx"}) {
    EXPECT_EQ(KeyOf(image), "docker.io/library/nginx") << image;
  }
  EXPECT_EQ(KeyOf("grafana/grafana"), "docker.io/grafana/grafana");
}

TEST(RepositoryKey, TagAndDigestAreNotPartOfIt) {
  EXPECT_EQ(KeyOf("ghcr.io/acme/app:v1@" + kSha256), "ghcr.io/acme/app");
  EXPECT_EQ(KeyOf("ghcr.io/acme/app@" + kSha512), "ghcr.io/acme/app");
}

TEST(RepositoryKey, SurvivesTheWayThroughText) {
  for (const char* image :
       {"nginx", "ghcr.io/acme/app", "localhost:5000/a", "[::1]:5000/a/b", "Foo/bar"}) {
    const auto reference = Reference::Parse(image);
    ASSERT_TRUE(reference) << image;
    const auto again = Repository::FromKey(reference->repository.Key());
    ASSERT_TRUE(again) << image;
    EXPECT_EQ(*again, reference->repository);
  }
  for (const char* key : {"", "nginx", "Ghcr.io/a", "index.docker.io/library/a", "ghcr.io:443/a",
                          "ghcr.io/A", "/a", "ghcr.io/", "ghcr.io/a:tag"}) {
    EXPECT_FALSE(Repository::FromKey(key)) << key;
  }
}

TEST(RepositoryKey, AHostThatTheSchemaRefusesIsNotSupported) {
  const auto v6 = Reference::Parse("[2001:db8::1]:5000/team/app");
  ASSERT_TRUE(v6);
  const auto supported = v6->repository.Supported();
  ASSERT_FALSE(supported);
  EXPECT_EQ(supported.error().code, kRepositoryNotSupported);
  EXPECT_NE(supported.error().message.find("IPv6"), std::string::npos);

  const std::string long_host = std::string(200, 'a') + "." + std::string(100, 'b') + ".example";
  const auto too_long = Reference::Parse(long_host + "/" + std::string(250, 'c'));
  ASSERT_TRUE(too_long);
  EXPECT_EQ(too_long->repository.Supported().error().code, kRepositoryNotSupported);

  for (const char* image : {"nginx", "10.0.0.1:5000/a", "a.b-c.example:65535/x/y__z/v1.2-3"}) {
    EXPECT_TRUE(Reference::Parse(image)->repository.Supported()) << image;
  }
}

TEST(Reference, WithoutTagOrDigestMeansLatest) {
  EXPECT_EQ(Reference::Parse("nginx")->tag, "latest");
  EXPECT_EQ(Reference::Parse("nginx@" + kSha256)->tag, "");
  EXPECT_EQ(Reference::Parse("nginx:1@" + kSha256)->tag, "1");
  EXPECT_EQ(Reference::Parse("nginx:1@" + kSha256)->digest->text(), kSha256);
}

TEST(Reference, WhatParsesIsShortEnoughToParseAgainWithItsTag) {
  const std::string path = ".example/" + std::string(250, 'c');
  const auto of_length = [&](std::size_t length) {
    return std::string(length - path.size(), 'a') + path;
  };
  const auto longest = Reference::Parse(of_length(1'024 - std::string_view(":latest").size()));
  ASSERT_TRUE(longest);
  const auto again = Reference::Parse(longest->Text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->repository, longest->repository);
  EXPECT_FALSE(Reference::Parse(of_length(1'025 - std::string_view(":latest").size())));
}

TEST(Reference, ABareImageIdNamesNoManifest) {
  EXPECT_EQ(Reference::Parse(kHex).error().code, kNoManifestDigest);
  EXPECT_EQ(Reference::Parse(kSha256).error().code, kNoManifestDigest);
}

TEST(Reference, HostileTextIsRefusedAndShownEscaped) {
  const auto reference = Reference::Parse("evil\x1b[31m/app");
  ASSERT_FALSE(reference);
  EXPECT_EQ(reference.error().code, kInvalidReference);
  EXPECT_EQ(reference.error().message.find('\x1b'), std::string::npos);
  EXPECT_FALSE(Reference::Parse(std::string(2'000, 'a')));
  EXPECT_FALSE(Reference::Parse("user:pass@registry.example/app"));
  EXPECT_FALSE(Reference::Parse(std::string("a\0b", 3)));
}

TEST(Digest, OnlySha256AndSha512InLowerCase) {
  EXPECT_TRUE(Digest::Parse(kSha256));
  EXPECT_TRUE(Digest::Parse(kSha512));
  EXPECT_FALSE(Digest::Parse("sha384:" + std::string(96, 'a')));
  EXPECT_FALSE(Digest::Parse("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(Digest::Parse("sha512:" + kHex));
  EXPECT_FALSE(Digest::Parse(kHex));
}

TEST(Digest, MatchesItsBytesAndNoOthers) {
  const auto sha256 =
      Digest::Parse("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(sha256->Matches(AsBytes("abc")));
  EXPECT_FALSE(sha256->Matches(AsBytes("abd")));
  const auto sha512 = Digest::Parse(
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  ASSERT_TRUE(sha512);
  EXPECT_TRUE(sha512->Matches(AsBytes("abc")));
  EXPECT_FALSE(sha512->Matches(AsBytes("abd")));
}

TEST(Digest, TagsAreThoseThatCosignAndOciUse) {
  const auto sha256 = Digest::Parse(kSha256);
  EXPECT_EQ(sha256->CosignTag(".sig"), "sha256-" + kHex + ".sig");
  EXPECT_EQ(sha256->ReferrersTag(), "sha256-" + kHex);
  // A tag of a SHA-512 digest with a suffix would be longer than a tag may be.
  const auto sha512 = Digest::Parse(kSha512);
  EXPECT_FALSE(sha512->CosignTag(".sig"));
  EXPECT_EQ(sha512->ReferrersTag(), "sha512-" + std::string(64, 'b'));
  EXPECT_TRUE(IsTag(sha512->ReferrersTag()));
}

TEST(ImageId, TheDigestCountsAndTheNameIsNeverTheRepository) {
  const auto id = ParseImageId("docker-pullable://quay.io/other/copy@" + kSha256);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->digest.text(), kSha256);
  EXPECT_EQ(id->name, "quay.io/other/copy");
  EXPECT_EQ(ParseImageId("ghcr.io/acme/app@" + kSha512)->digest.text(), kSha512);
}

TEST(ImageId, ABareDigestIsAConfigDigest) {
  for (const auto& text : {kSha256, "docker://" + kSha256, kHex}) {
    EXPECT_EQ(ParseImageId(text).error().code, kNoManifestDigest) << text;
  }
}

TEST(ImageId, EmptyMeansNotStartedAndJunkIsRefused) {
  EXPECT_EQ(ParseImageId("").error().code, kNotFound);
  EXPECT_EQ(ParseImageId("nginx:latest").error().code, kInvalidReference);
  EXPECT_EQ(ParseImageId("nginx@sha256:abc").error().code, kInvalidReference);
}

}  // namespace
}  // namespace plimsoll::oci
