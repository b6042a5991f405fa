#include "kube/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_kube/fake_kube.h"

namespace plimsoll::kube {
namespace {

using testing::ConfigMapList;
using testing::ConfigMapObject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::StatusObject;

class ClientTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeWaiter waiter_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Client client_{transport_, clock_, waiter_};
};

TEST_F(ClientTest, AnObjectIsReadByItsPath) {
  transport_.Answer(200, ConfigMapObject("a", "1", "x"));
  const auto document = client_.GetDocument(ConfigMaps(), "ns", "a");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root()["data"]["value"].StringOrEmpty(), "x");
  EXPECT_EQ(transport_.calls().at(0).target, "/api/v1/namespaces/ns/configmaps/a");
}

TEST_F(ClientTest, ARefusalIsATypedErrorThatNamesTheRequest) {
  transport_.Answer(404, StatusObject(404, "NotFound", "configmaps \"a\" not found"));
  const auto text = client_.Get(ConfigMaps(), "ns", "a");
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, kNotFound);
  EXPECT_THAT(text.error().message, HasSubstr("get /api/v1/namespaces/ns/configmaps/a"));
}

TEST_F(ClientTest, ABusyServerIsAskedAgainWhenItSaid) {
  transport_.Answer(429, StatusObject(429, "TooManyRequests"), std::chrono::seconds(3));
  transport_.Answer(503, "", std::chrono::seconds(4));
  transport_.Answer(200, "{}");
  EXPECT_TRUE(client_.GetPath("/version").has_value());
  EXPECT_THAT(waiter_.waits(), ElementsAre(std::chrono::seconds(3), std::chrono::seconds(4)));
}

TEST_F(ClientTest, WithoutRetryAfterAnErrorIsTheCallersMatter) {
  transport_.Answer(500, StatusObject(500, "InternalError"));
  EXPECT_FALSE(client_.GetPath("/version").has_value());
  EXPECT_EQ(transport_.calls().size(), 1U);
}

TEST_F(ClientTest, AServerThatIsBusyForEverIsGivenUp) {
  for (int i = 0; i < 20; ++i) transport_.Answer(429, "", std::chrono::seconds(1));
  const auto answer = client_.GetPath("/version");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, kTooManyRequests);
  EXPECT_EQ(transport_.calls().size(), 10U);
}

TEST_F(ClientTest, AWaitBeyondTheDeadlineIsNotBegun) {
  transport_.Answer(429, "", std::chrono::seconds(300));
  EXPECT_FALSE(client_.GetPath("/version").has_value());
  EXPECT_THAT(waiter_.waits(), IsEmpty());
}

TEST_F(ClientTest, ADeadCredentialIsRenewedOnce) {
  transport_.Answer(401, StatusObject(401, "Unauthorized"));
  transport_.Answer(200, "{}");
  EXPECT_TRUE(client_.GetPath("/version").has_value());
  transport_.Answer(401, StatusObject(401, "Unauthorized"));
  transport_.Answer(401, StatusObject(401, "Unauthorized"));
  const auto answer = client_.GetPath("/version");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, kUnauthorized);
  EXPECT_EQ(transport_.calls().size(), 4U);
}

TEST_F(ClientTest, ADeadConnectionIsReplaced) {
  transport_.FailCall(Error{kConnectionFailed, "reset", true});
  transport_.FailCall(Error{kConnectionFailed, "reset", true});
  transport_.Answer(200, "{}");
  EXPECT_TRUE(client_.GetPath("/version").has_value());
  EXPECT_FALSE(client_.GetPath("/version").has_value()) << "an absent server is not waited for";
  EXPECT_EQ(transport_.calls().size(), 6U);
}

TEST_F(ClientTest, RequestsAreTwentyASecondAfterABurstOfThirty) {
  for (int i = 0; i < 50; ++i) {
    transport_.Answer(200, "{}");
    ASSERT_TRUE(client_.GetPath("/version").has_value());
    EXPECT_TRUE(i > 29 || waiter_.waits().empty());
  }
  Duration waited{};
  for (const Duration wait : waiter_.waits()) waited += wait;
  EXPECT_GE(waited, std::chrono::milliseconds(990));
  EXPECT_LE(waited, std::chrono::milliseconds(1'100));
}

TEST_F(ClientTest, AStopEndsTheWaiting) {
  std::stop_source stop;
  stop.request_stop();
  const auto answer = client_.GetPath("/version", stop.get_token());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, kCancelled);
  EXPECT_THAT(transport_.calls(), IsEmpty());
}

TEST_F(ClientTest, AListIsReadPageByPage) {
  transport_.Answer(200, ConfigMapList("5", {ConfigMapObject("a", "1")}, "t1"));
  transport_.Answer(200, ConfigMapList("5", {ConfigMapObject("b", "2")}));
  std::vector<std::string> names;
  const Status listed =
      client_.List(ConfigMaps(), "ns", "app=web", [&](std::string_view json) -> Status {
        names.push_back(ReadObjectMeta(json)->name);
        return {};
      });
  EXPECT_TRUE(listed.has_value());
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_EQ(transport_.calls().at(1).target,
            "/api/v1/namespaces/ns/configmaps?limit=500&labelSelector=app%3Dweb&continue=t1");
}

TEST_F(ClientTest, AnExpiredPageStartsOverOnce) {
  transport_.Answer(200, ConfigMapList("5", {ConfigMapObject("a", "1")}, "t1"));
  transport_.Answer(410, StatusObject(410, "Expired"));
  transport_.Answer(200,
                    ConfigMapList("9", {ConfigMapObject("a", "1"), ConfigMapObject("b", "7")}));
  int restarts = 0;
  std::vector<std::string> names;
  const Status listed = client_.List(
      ConfigMaps(), "ns", "",
      [&](std::string_view json) -> Status {
        names.push_back(ReadObjectMeta(json)->name);
        return {};
      },
      [&] {
        ++restarts;
        names.clear();
      });
  EXPECT_TRUE(listed.has_value());
  EXPECT_EQ(restarts, 1);
  EXPECT_THAT(names, ElementsAre("a", "b"));
}

TEST_F(ClientTest, AnErrorOfTheReaderEndsTheList) {
  transport_.Answer(200, ConfigMapList("5", {ConfigMapObject("a", "1")}, "t1"));
  const Status listed = client_.List(
      ConfigMaps(), "ns", "", [](std::string_view) -> Status { return Fail(kMalformed, "no"); });
  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().message, "no");
  EXPECT_EQ(transport_.calls().size(), 1U);
}

}  // namespace
}  // namespace plimsoll::kube
