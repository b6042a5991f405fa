#include "api/names.h"

#include <gtest/gtest.h>

namespace plimsoll::api {
namespace {

TEST(BaselineName, IsTheLastSegmentAndTheHashOfTheKey) {
  EXPECT_EQ(BaselineName("ghcr.io/acme/payments/api"), "api-i5vmydtrfixqgpbkhi4h");
  EXPECT_EQ(BaselineName("ghcr.io/acme/storefront/web"), "web-ranvy7ufbm2tq75kkjkx");
  EXPECT_EQ(BaselineName("registry.example.com/team-a/batch"), "batch-djnwvsud4ifuwf5c75mu");
  EXPECT_EQ(BaselineName("docker.io/library/nginx"), "nginx-pzm22zbsnpbscul7w36g");
  EXPECT_EQ(BaselineName("quay.io/initech/reports"), "reports-wb7pf4dcwywzsmgccpxv");
}

TEST(BaselineName, OfAnOddSegmentIsStillADnsName) {
  EXPECT_EQ(BaselineName("r.io/a/b__c.d").substr(0, 7), "b--c-d-");
  const std::string name =
      BaselineName("r.io/" + std::string(39, 'a') + "-b" + std::string(80, 'c'));
  EXPECT_EQ(name.substr(0, 40), std::string(39, 'a') + "-");
  EXPECT_EQ(name.size(), 39u + 1 + 20);
}

TEST(SupportedRepository, IsWhatTheSchemaTakes) {
  for (const char* good : {"docker.io/library/nginx", "localhost:5000/a", "r.io:65535/a/b_c/d--e.f",
                           "10.0.0.1:5000/x", "a/b"}) {
    EXPECT_TRUE(IsSupportedRepository(good)) << good;
  }
  for (const char* bad : {"", "a/", "/a", "nginx", "[::1]:5000/a", "r.io:/a", "r.io:123456/a",
                          "R.io/a", "r.io/A", "r.io/-a", "r.io/a_", "r.io//a", "r.io/a//b",
                          "-r.io/a", "r_x.io/a", "r.io/a b", "r.io/a@b"}) {
    EXPECT_FALSE(IsSupportedRepository(bad)) << bad;
  }
  EXPECT_FALSE(IsSupportedRepository("r.io/" + std::string(507, 'a')));
  EXPECT_TRUE(IsSupportedRepository("r.io/" + std::string(506, 'a')));
}

TEST(NameCollision, AnObjectOfAnotherRepositoryIsNeverUsed) {
  EXPECT_TRUE(CheckRepository("r.io/a", "r.io/a"));
  const Status other = CheckRepository("r.io/a", "r.io/b");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, kNameCollision);
}

}  // namespace
}  // namespace plimsoll::api
