#include <thread>

#include "client_fixture.h"

namespace plimsoll::http {
namespace {

using testing::FaultServer;
using testing::Gate;
using testing::Reply;
using testing::SeenRequest;

TEST_F(ClientTest, AnAnswerOfAnyStatusIsAResponse) {
  server_.On("/ok", Reply::Ok("{\"a\":1}").With("X-Thing", "yes"));
  server_.On("/gone", Reply::Status(404, "nothing here"));
  const auto client = Default();
  const Result<Response> ok = client->Send(Get("/ok?q=1"));
  ASSERT_TRUE(ok) << ok.error().message;
  EXPECT_EQ(ok->status, 200);
  EXPECT_EQ(ok->body, "{\"a\":1}");
  EXPECT_EQ(ok->headers.Find("x-thing"), "yes");
  EXPECT_EQ(ok->url.Text(), server_.Url("/ok?q=1"));
  EXPECT_EQ(ok->remote_address, server_.host_port());
  EXPECT_FALSE(ok->via_proxy);
  const Result<Response> gone = client->Send(Get("/gone"));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->status, 404);
  EXPECT_EQ(gone->body, "nothing here");
  EXPECT_FALSE(gone->body_truncated);
}

TEST_F(ClientTest, OnlyWhatTheCallerSaysIsSent) {
  server_.On("/x", Reply::Ok("{}"));
  Request request = Get("/x");
  request.headers = {{"Accept", "application/json"}, {"Authorization", "Bearer t"}};
  ASSERT_TRUE(Default()->Send(request));
  const SeenRequest seen = server_.Requests().at(0);
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.Header("Host"), server_.host_port());
  EXPECT_EQ(seen.Header("Accept"), "application/json");
  EXPECT_EQ(seen.Header("Authorization"), "Bearer t");
  EXPECT_EQ(seen.Header("Accept-Encoding"), "identity");
  EXPECT_EQ(seen.Header("User-Agent").substr(0, 9), "plimsoll/");
  EXPECT_EQ(seen.headers.size(), 5U);
}

TEST_F(ClientTest, HeadAndPostAreSentAsAsked) {
  server_.On("/x", Reply::Ok("0123456789"));
  const auto client = Default();
  Request head = Get("/x");
  head.method = "HEAD";
  const Result<Response> headed = client->Send(head);
  ASSERT_TRUE(headed) << headed.error().message;
  EXPECT_EQ(headed->headers.Find("Content-Length"), "10");
  EXPECT_EQ(headed->body, "");
  Request post = Get("/x");
  post.method = "POST";
  post.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  post.body = "grant_type=password&username=" + PercentEncode("a b&c");
  ASSERT_TRUE(client->Send(post));
  const std::vector<SeenRequest> seen = server_.Requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].method, "HEAD");
  EXPECT_EQ(seen[1].method, "POST");
  EXPECT_EQ(seen[1].body, "grant_type=password&username=a%20b%26c");
  EXPECT_EQ(seen[1].Header("Expect"), "");
}

TEST_F(ClientTest, ALargeHeadAnswerIsNotTooLarge) {
  server_.On("/blob", Reply::Ok("").Without("Content-Length").With("Content-Length", "900000000"));
  Request request = Get("/blob");
  request.method = "HEAD";
  const Result<Response> response = Default()->Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->headers.Find("Content-Length"), "900000000");
}

TEST_F(ClientTest, FieldsThatFrameTheMessageAreRefused) {
  for (const char* name :
       {"Host", "content-length", "Transfer-Encoding", "Accept-Encoding", "TE"}) {
    Request request = Get("/");
    request.headers = {{name, "1"}};
    EXPECT_EQ(CodeOf(request), kInvalidArgument) << name;
  }
  Request split = Get("/");
  split.headers = {{"X-A", "1\r\nX-B: 2"}};
  EXPECT_EQ(CodeOf(split), kInvalidArgument);
  EXPECT_EQ(server_.RequestCount(), 0U);
}

TEST_F(ClientTest, ChunkedAnswersAndAnswersUntilTheEndAreJoined) {
  server_.On("/chunked", Reply::Chunked({"{\"a\"", ":1}"}, {{"Content-Type", "application/json"}}));
  server_.On("/until-end", Reply::Ok("all of it").Without("Content-Length"));
  const auto client = Default();
  EXPECT_EQ(client->Send(Get("/chunked"))->body, "{\"a\":1}");
  EXPECT_EQ(client->Send(Get("/until-end"))->body, "all of it");
}

TEST_F(ClientTest, ConnectionsAreKeptAndAFreshOneIsNew) {
  server_.On("/x", Reply::Ok("{}"));
  const auto client = Default();
  EXPECT_FALSE(client->Send(Get("/x"))->reused_connection);
  EXPECT_TRUE(client->Send(Get("/x"))->reused_connection);
  EXPECT_EQ(server_.Connections(), 1U);
  Request fresh = Get("/x");
  fresh.fresh_connection = true;
  EXPECT_FALSE(client->Send(fresh)->reused_connection);
  EXPECT_EQ(server_.Connections(), 2U);
}

TEST_F(ClientTest, AnAnswerOfAnotherTypeIsRefusedBeforeItsBody) {
  server_.On("/x", Reply::Endless(1'000'000'000, true).With("ignored", ""));
  server_.On("/html", Reply::Html());
  server_.On("/good", Reply::Ok("{}", "Application/Vnd.Oci.Image.Index.v1+JSON; charset=utf-8"));
  server_.On("/html-404", Reply::Html(404));
  Request request = Get("/html");
  request.media_types = {"application/vnd.oci.image.index.v1+json"};
  EXPECT_EQ(CodeOf(request), kUnexpectedMediaType);
  EXPECT_NE(last_message_.find("text/html"), std::string::npos);
  request.url = server_.Url("/x");
  EXPECT_EQ(CodeOf(request), kUnexpectedMediaType);
  const auto client = Default();
  request.url = server_.Url("/good");
  EXPECT_TRUE(client->Send(request));
  request.url = server_.Url("/html-404");
  const Result<Response> missing = client->Send(request);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
}

TEST_F(ClientTest, ManyThreadsMayAskAtOnce) {
  server_.On("/x", Reply::Ok("{}"));
  const auto client = Default();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const Result<Response> response = client->Send(Get("/x"));
        if (response && response->body == "{}") ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
  EXPECT_LE(server_.Connections(), 8U);
}

TEST_F(ClientTest, NoMoreCallsRunThanThereAreSessions) {
  const auto gate = std::make_shared<Gate>();
  server_.On("/slow", Reply::Ok("{}").After(gate));
  server_.On("/x", Reply::Ok("{}"));
  ClientOptions options;
  options.hosts.push_back(Open(server_.host_port()));
  options.max_sessions = 1;
  const auto client = MakeClient(std::move(options));
  std::thread first([&] { EXPECT_TRUE(client->Send(Get("/slow"))); });
  ASSERT_TRUE(server_.WaitForRequests(1));
  Request second = Get("/x");
  second.timeout = std::chrono::milliseconds(100);
  EXPECT_EQ(client->Send(second).error().code, kTimeout);
  gate->Open();
  first.join();
  EXPECT_EQ(server_.Count("/x"), 0U);
}

TEST_F(ClientTest, ShutdownEndsACallThatWaitsForItsAnswer) {
  server_.On("/never", Reply::NoAnswer());
  const auto client = Default();
  const auto began = std::chrono::steady_clock::now();
  std::thread caller([&] {
    const Result<Response> response = client->Send(Get("/never"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, kCancelled);
  });
  ASSERT_TRUE(server_.WaitForRequests(1));
  client->Shutdown();
  caller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(client->Send(Get("/never")).error().code, kCancelled);
}

TEST_F(ClientTest, ADeadConnectionIsReplacedWithoutAnError) {
  server_.On("/x", {Reply::Ok("first"), Reply::CloseAtOnce(), Reply::Ok("again")});
  const auto client = Default();
  EXPECT_EQ(client->Send(Get("/x"))->body, "first");
  // The kept connection ends without a byte of an answer: the request goes out again on a new one.
  EXPECT_EQ(client->Send(Get("/x"))->body, "again");
}

TEST(NewClientTest, RefusesOptionsThatCannotWork) {
  const auto code = [](ClientOptions options) {
    const auto client = NewClient(std::move(options));
    return client ? Reason() : client.error().code;
  };
  ClientOptions host;
  host.hosts.push_back({});
  host.hosts[0].host = "no host";
  EXPECT_EQ(code(host), kInvalidArgument);
  ClientOptions ca;
  ca.hosts.push_back({});
  ca.hosts[0].host = "registry.example";
  ca.hosts[0].ca_file = "/does/not/exist.pem";
  EXPECT_EQ(code(ca), kInvalidArgument);
  ca.hosts[0].ca_file = testing::WriteTemporaryFile("ca", "not a certificate");
  EXPECT_EQ(code(ca), kInvalidArgument);
  ClientOptions twice;
  twice.hosts = {Open("Registry.example:443"), Open("registry.example:443")};
  EXPECT_EQ(code(twice), kInvalidArgument);
  ClientOptions proxy;
  proxy.proxy.https_proxy = "ftp://proxy";
  EXPECT_EQ(code(proxy), kInvalidArgument);
}

}  // namespace
}  // namespace plimsoll::http
