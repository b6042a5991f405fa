// What takes long to read is read beside the server's threads.
#include "webhook/shell/large_reviews.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/log.h"
#include "base/metric.h"
#include "support/raw_client/raw_client.h"

namespace plimsoll::webhook {
namespace {

using ::testing::ElementsAre;

class LargeReviewsTest : public ::testing::Test {
 protected:
  // A server of one thread that hands on every request but those to /direct.
  void Serve(LargeReviews& large) {
    http::ServerOptions options;
    options.address = "127.0.0.1:0";
    auto server = http::Server::Start(
        options,
        [&large](http::ServerRequest request, http::Responder responder) {
          if (request.path == "/direct") {
            responder.Send({200, {}, ""});
          } else {
            large.Add(std::move(request), std::move(responder));
          }
        },
        metrics_, logger_);
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }
  std::unique_ptr<http::RawClient> Ask(const std::string& path) {
    auto client = std::make_unique<http::RawClient>(server_->port());
    client->Send(http::Get(path));
    return client;
  }

  NullMetrics metrics_;
  NullLogger logger_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(LargeReviewsTest, AreAnsweredOneByOneOnAThreadOfTheirOwn) {
  std::vector<std::string> seen;
  std::thread::id thread;
  LargeReviews large([&](const http::ServerRequest& request, const http::Responder& responder) {
    seen.push_back(request.path);
    thread = std::this_thread::get_id();
    responder.Send({200, {}, "read"});
  });
  Serve(large);
  EXPECT_EQ(Ask("/a")->Status(), 200);
  EXPECT_EQ(Ask("/b")->Status(), 200);
  EXPECT_THAT(seen, ElementsAre("/a", "/b"));
  EXPECT_NE(thread, std::this_thread::get_id());
  server_.reset();
}

TEST_F(LargeReviewsTest, OneWhosePeerIsGoneIsNotRead) {
  std::promise<void> reading, go_on;
  std::vector<std::string> seen;
  LargeReviews large([&](const http::ServerRequest& request, const http::Responder& responder) {
    seen.push_back(request.path);
    if (seen.size() == 1) {
      reading.set_value();
      go_on.get_future().wait();
    }
    responder.Send({200, {}, "read"});
  });
  Serve(large);
  const auto first = Ask("/first");
  reading.get_future().wait();
  Ask("/gone")->Reset();
  const auto last = Ask("/last");
  // The server has seen the reset when it answers what came after it.
  EXPECT_EQ(Ask("/direct")->Status(), 200);
  go_on.set_value();
  EXPECT_EQ(first->Status(), 200);
  EXPECT_EQ(last->Status(), 200);
  EXPECT_THAT(seen, ElementsAre("/first", "/last"));
  server_.reset();
}

}  // namespace
}  // namespace plimsoll::webhook
