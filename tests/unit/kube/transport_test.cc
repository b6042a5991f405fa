#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "transport_fixture.h"

namespace plimsoll::kube {
namespace {

using ::testing::ElementsAre;
using testing::FaultServer;
using ::testing::HasSubstr;
using testing::Reply;

using TransportTest = TransportFixture;

TEST_F(TransportTest, ARequestCarriesTokenAgentAndAccept) {
  FaultServer server(Tls());
  server.On("/api/v1/pods", Reply::Ok(R"({"a":1})"));
  const auto transport = Make(server);
  const auto response = Get(
      *transport, "/api/v1/pods?limit=500&continue=a%2Fb%3D%3D&labelSelector=x%20in%20%28a%2Cb%29");
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, R"({"a":1})");
  const auto seen = server.Requests().at(0);
  EXPECT_EQ(seen.Header("Authorization"), "Bearer secret-token");
  EXPECT_EQ(seen.Header("User-Agent"), "plimsoll");
  EXPECT_EQ(seen.Header("Accept"), "application/json");
  EXPECT_EQ(seen.query, "limit=500&continue=a%2Fb%3D%3D&labelSelector=x%20in%20%28a%2Cb%29")
      << "as it was written";
}

TEST_F(TransportTest, EveryMethodCarriesItsBodyAndType) {
  FaultServer server(Tls());
  server.Otherwise([](const testing::SeenRequest&) { return Reply::Ok("{}"); });
  TransportOptions options;
  options.allow_writes = true;
  const auto transport = Make(server, {}, options);
  for (const Method method : {Method::kPost, Method::kPut, Method::kPatch, Method::kDelete}) {
    Request request;
    request.method = method;
    request.target = "/x";
    request.body = R"({"b":"ü"})";
    request.content_type = "application/merge-patch+json";
    ASSERT_TRUE(transport->Call(request, {}).has_value());
    const auto seen = server.Requests().back();
    EXPECT_EQ(seen.method, MethodName(method));
    EXPECT_EQ(seen.body, R"({"b":"ü"})");
    EXPECT_EQ(seen.Header("Content-Type"), "application/merge-patch+json");
    EXPECT_FALSE(seen.Has("Authorization"));
  }
}

TEST_F(TransportTest, AProgramThatOnlyReadsCannotWrite) {
  FaultServer server(Tls());
  const auto transport = Make(server);
  for (const Method method : {Method::kPost, Method::kPut, Method::kPatch, Method::kDelete}) {
    Request request;
    request.method = method;
    request.target = "/x";
    EXPECT_EQ(transport->Call(request, {}).error().code, kInvalidArgument);
  }
  EXPECT_EQ(server.RequestCount(), 0U);
}

TEST_F(TransportTest, APathPrefixOfTheServerIsKept) {
  FaultServer server(Tls());
  server.On("/k8s/clusters/c-1/api/v1/pods", Reply::Ok("{}"));
  ClusterConfig cluster;
  cluster.server = server.Url("/k8s/clusters/c-1");
  cluster.ca_pem = server.ca_pem();
  const auto transport = MakeTransport(std::move(cluster), {}, clock_, metrics_, logger_);
  ASSERT_TRUE(transport.has_value());
  EXPECT_EQ(Get(**transport, "/api/v1/pods")->status, 200);
}

TEST_F(TransportTest, ConnectionsAreKeptForCallsButALeaseAndEachWatchHaveTheirOwn) {
  FaultServer server(Tls());
  server.On("/a", Reply::Ok("{}"));
  server.On("/watch", Reply::Chunked({"one\n"}));
  const auto transport = Make(server);
  constexpr std::uint64_t kCalls = 20;
  for (std::uint64_t i = 0; i < kCalls; ++i) ASSERT_TRUE(Get(*transport, "/a").has_value());
  const std::uint64_t of_calls = server.Connections();
  EXPECT_LT(of_calls, kCalls);
  Request lease;
  lease.target = "/a";
  lease.channel = Channel::kLease;
  ASSERT_TRUE(transport->Call(lease, {}).has_value());
  EXPECT_EQ(server.Connections(), of_calls + 1) << "a Lease never waits behind anything else";
  Lines lines;
  ASSERT_TRUE(Watch(*transport, lines).has_value());
  ASSERT_TRUE(Watch(*transport, lines).has_value());
  EXPECT_EQ(server.Connections(), of_calls + 3);
}

TEST_F(TransportTest, RetryAfterIsRead) {
  FaultServer server(Tls());
  server.On("/a", Reply::Status(429, "busy", {{"Retry-After", "7"}}));
  server.On("/b", Reply::Status(429, "busy", {{"Retry-After", "999999"}}));
  server.On("/c", Reply::Status(429, "busy", {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}}));
  const auto transport = Make(server);
  EXPECT_EQ(Get(*transport, "/a")->retry_after, Duration(std::chrono::seconds(7)));
  EXPECT_EQ(Get(*transport, "/b")->retry_after, Duration(std::chrono::hours(1)));
  EXPECT_FALSE(Get(*transport, "/c")->retry_after.has_value());
}

TEST_F(TransportTest, ARefusedCredentialIsDropped) {
  class Source final : public CredentialSource {
   public:
    explicit Source(int* rejected) : rejected_(rejected) {}
    Result<Credential> Get() override {
      return Credential{"token-" + std::to_string(*rejected_), {}, {}};
    }
    void Rejected() override { ++*rejected_; }

   private:
    int* rejected_;
  };
  FaultServer server(Tls());
  server.On("/a", {Reply::Status(401), Reply::Ok("{}")});
  int rejected = 0;
  ClusterConfig cluster;
  cluster.server = server.Url("");
  cluster.ca_pem = server.ca_pem();
  cluster.credentials = std::make_unique<Source>(&rejected);
  while (cluster.server.ends_with("/")) cluster.server.pop_back();
  const auto transport = MakeTransport(std::move(cluster), {}, clock_, metrics_, logger_);
  ASSERT_TRUE(transport.has_value());
  EXPECT_EQ(Get(**transport, "/a")->status, 401);
  EXPECT_EQ(rejected, 1);
  EXPECT_EQ(Get(**transport, "/a")->status, 200);
  EXPECT_EQ(server.Requests().at(1).Header("Authorization"), "Bearer token-1");
}

TEST_F(TransportTest, AClientCertificateIsPresented) {
  const auto identity = testing::MakeTlsIdentity();
  auto options = Tls();
  options.client_ca_pem = identity.ca_pem;
  FaultServer server(options);
  server.On("/a", Reply::Ok("{}"));
  EXPECT_EQ(Get(*Make(server, {{}, identity.certificate_pem, identity.key_pem}), "/a")->status,
            200);
  EXPECT_FALSE(Get(*Make(server, {}), "/a").has_value());
}

TEST_F(TransportTest, LinesArriveAsTheyAreSent) {
  FaultServer server(Tls());
  server.On("/watch", Reply::Chunked({"{\"a\":1}\n{\"b\"", ":2}\n", "\n", "{\"c\":3}\n"}));
  const auto transport = Make(server);
  Lines lines;
  const auto end = Watch(*transport, lines);
  ASSERT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(end->status, 200);
  EXPECT_FALSE(end->ended_in_line);
  EXPECT_THAT(lines.lines, ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
}

TEST_F(TransportTest, AnEndInTheMiddleOfALineIsSaid) {
  FaultServer server(Tls());
  server.On("/watch", Reply::Chunked({"one\ntw"}));
  const auto transport = Make(server);
  Lines lines;
  const auto end = Watch(*transport, lines);
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->ended_in_line);
  EXPECT_THAT(lines.lines, ElementsAre("one")) << "half an event is none";
}

TEST_F(TransportTest, AStreamThatBreaksOffIsAnError) {
  FaultServer server(Tls());
  server.On("/watch", Reply::CutChunked("one\n"));
  const auto transport = Make(server);
  Lines lines;
  const auto end = Watch(*transport, lines);
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, kConnectionFailed);
  EXPECT_THAT(lines.lines, ElementsAre("one"));
}

TEST_F(TransportTest, ASinkThatHasEnoughEndsTheWatch) {
  FaultServer server(Tls());
  server.On("/watch", Reply::EndlessChunks());
  const auto transport = Make(server);
  Lines lines;
  lines.enough = 1;
  WatchRequest request;
  request.max_line_bytes = 1u << 20;
  const auto end = Watch(*transport, lines, request);
  EXPECT_TRUE(end.has_value() || end.error().code == kLimitExceeded);
  EXPECT_TRUE(server.WaitForNoOpenConnections());
}

TEST_F(TransportTest, AWatchThatIsRefusedGivesTheAnswer) {
  FaultServer server(Tls());
  server.On("/watch", Reply::Status(410, R"({"kind":"Status"})"));
  const auto transport = Make(server);
  Lines lines;
  const auto end = Watch(*transport, lines);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status, 410);
  EXPECT_EQ(end->body, R"({"kind":"Status"})");
  EXPECT_TRUE(lines.lines.empty());
}

TEST_F(TransportTest, AStopEndsACallAndAWatchAtOnce) {
  FaultServer server(Tls());
  server.On("/a", Reply::NoAnswer());
  server.On("/watch", Reply::NoAnswer());
  const auto transport = Make(server);
  std::stop_source stop;
  auto call = std::async(std::launch::async, [&] {
    Request request;
    request.target = "/a";
    return transport->Call(request, stop.get_token());
  });
  Lines lines;
  auto watch = std::async(std::launch::async,
                          [&] { return Watch(*transport, lines, {}, stop.get_token()); });
  ASSERT_TRUE(server.WaitForRequests(2));
  stop.request_stop();
  EXPECT_EQ(call.get().error().code, kCancelled);
  EXPECT_EQ(watch.get().error().code, kCancelled);
  EXPECT_TRUE(server.WaitForNoOpenConnections());
}

TEST_F(TransportTest, ASlowReaderHoldsTheServerBack) {
  FaultServer server(Tls());
  server.On("/watch", Reply::Endless(400u << 20, false));
  const auto transport = Make(server);
  class Slow final : public LineSink {
   public:
    bool OnLine(std::string_view) override { return true; }
  } slow;
  WatchRequest request;
  request.target = "/watch";
  request.max_line_bytes = 1u << 20;
  const auto end = transport->Watch(request, slow, {});
  ASSERT_FALSE(end.has_value()) << "a line of 400 MB";
  EXPECT_EQ(end.error().code, kLimitExceeded);
  EXPECT_LT(server.BytesSent(), (24u << 20) + testing::KernelBufferBytes());
}

TEST_F(TransportTest, WithoutTlsATokenNeverTravels) {
  FaultServer server;
  server.On("/a", Reply::Ok("{}"));
  const auto transport = Make(server);
  ASSERT_TRUE(Get(*transport, "/a").has_value());
  EXPECT_FALSE(server.Requests().at(0).Has("Authorization"));
}

TEST_F(TransportTest, ManyCallsAtOnceAllEnd) {
  FaultServer server(Tls());
  server.On("/a", Reply::Ok("{}"));
  const auto transport = Make(server);
  std::vector<std::future<Result<Response>>> calls;
  for (int i = 0; i < 64; ++i) {
    calls.push_back(std::async(std::launch::async,
                               [&] { return Get(*transport, "/a", std::chrono::seconds(60)); }));
  }
  for (auto& call : calls) EXPECT_TRUE(call.get().has_value());
}

TEST_F(TransportTest, RequestsAreCounted) {
  class Names final : public Metrics {
   public:
    CounterFamily& Counters(const std::string& name, const std::string& help) override {
      names.push_back(name);
      return null.Counters(name, help);
    }
    GaugeFamily& Gauges(const std::string& name, const std::string& help) override {
      return null.Gauges(name, help);
    }
    HistogramFamily& Histograms(const std::string& name, const std::string& help,
                                const std::vector<double>& buckets) override {
      names.push_back(name);
      return null.Histograms(name, help, buckets);
    }
    NullMetrics null;
    std::vector<std::string> names;
  } metrics;
  FaultServer server(Tls());
  ClusterConfig cluster;
  cluster.server = server.Url("");
  while (cluster.server.ends_with("/")) cluster.server.pop_back();
  cluster.ca_pem = server.ca_pem();
  const auto transport = MakeTransport(std::move(cluster), {}, clock_, metrics, logger_);
  ASSERT_TRUE(transport.has_value());
  EXPECT_THAT(metrics.names,
              ElementsAre("rest_client_requests_total", "rest_client_request_duration_seconds"));
}

}  // namespace
}  // namespace plimsoll::kube
