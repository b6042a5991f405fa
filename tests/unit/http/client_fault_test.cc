// Every way in which a hostile server may answer, and the bound that holds against it.
#include "client_fixture.h"

namespace plimsoll::http {
namespace {

using std::chrono::milliseconds;
using testing::ConnectionFault;
using testing::FaultServer;
using testing::kEndless;
using testing::Reply;

using ClientFaultTest = ClientTest;

TEST_F(ClientFaultTest, AnEndlessHeaderStopsAtItsLimit) {
  server_.On("/x", Reply::EndlessHeader());
  EXPECT_EQ(CodeOf(Get("/x")), kHeaderTooLarge);
}

TEST_F(ClientFaultTest, AnEndlessHeaderLineStopsAtItsLimit) {
  server_.On("/x", Reply::EndlessHeaderLine());
  EXPECT_EQ(CodeOf(Get("/x")), kHeaderTooLarge) << last_message_;
}

TEST_F(ClientFaultTest, TheHeaderLimitIsExact) {
  server_.On("/small", Reply::HeaderBytes(8'000));
  server_.On("/large", Reply::HeaderBytes(70'000));
  EXPECT_TRUE(Default()->Send(Get("/small")));
  EXPECT_EQ(CodeOf(Get("/large")), kHeaderTooLarge);
  Request many = Get("/small");
  many.max_header_count = 8;
  EXPECT_EQ(CodeOf(many), kHeaderTooLarge);
}

TEST_F(ClientFaultTest, InterimAnswersShareOneHeaderBudget) {
  std::string flood;
  for (int i = 0; i < 4000; ++i) flood += "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  server_.On("/flood", Reply::Raw(flood));
  server_.On("/one", Reply::Raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
                                "2\r\n\r\n{}"));
  EXPECT_EQ(CodeOf(Get("/flood")), kHeaderTooLarge);
  EXPECT_EQ(Default()->Send(Get("/one"))->body, "{}");
}

TEST_F(ClientFaultTest, EndlessTrailersStopAtTheHeaderLimit) {
  server_.On("/x", Reply::EndlessTrailer());
  EXPECT_EQ(CodeOf(Get("/x")), kHeaderTooLarge);
}

TEST_F(ClientFaultTest, ABodyIsCutOffWhileItIsRead) {
  server_.On("/declared", Reply::Endless(1'000'000'000, true));
  server_.On("/undeclared", Reply::Endless(1'000'000'000, false));
  server_.On("/chunks", Reply::EndlessChunks());
  EXPECT_EQ(CodeOf(Get("/declared")), kBodyTooLarge);
  EXPECT_EQ(CodeOf(Get("/undeclared")), kBodyTooLarge);
  EXPECT_EQ(CodeOf(Get("/chunks")), kBodyTooLarge);
  // What was not read was not asked for: the kernel's buffers are all that went out beyond the limit.
  EXPECT_LT(server_.BytesSent(), 100'000'000U);
}

TEST_F(ClientFaultTest, TheBodyLimitIsExact) {
  server_.On("/x", Reply::Ok(std::string(1000, 'x')));
  server_.On("/chunked", Reply::Chunked({std::string(600, 'x'), std::string(400, 'x')}));
  for (const char* path : {"/x", "/chunked"}) {
    Request request = Get(path);
    request.max_body_bytes = 1000;
    EXPECT_TRUE(Default()->Send(request)) << path;
    request.max_body_bytes = 999;
    EXPECT_EQ(CodeOf(request), kBodyTooLarge) << path;
  }
}

TEST_F(ClientFaultTest, AnErrorPageIsTruncatedNotRefused) {
  server_.On("/x", Reply::Status(500, std::string(1'000'000, 'x')));
  Request request = Get("/x");
  request.max_error_body_bytes = 100;
  const Result<Response> response = Default()->Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body, std::string(100, 'x'));
  EXPECT_TRUE(response->body_truncated);
}

TEST_F(ClientFaultTest, SixHundredMegabytesCostNoMemory) {
  server_.On("/declared", Reply::Endless(600'000'000, true));
  server_.On("/undeclared", Reply::Endless(600'000'000, false));
  server_.On("/chunk", Reply::ChunkSizeLine("7fffffff"));
  server_.On("/header", Reply::EndlessHeader());
  server_.On("/trailer", Reply::EndlessTrailer());
  const auto client = Default();
  ASSERT_FALSE(client->Send(Get("/declared")));
  ForgetPeak();
  const long before = PeakKib();
  for (const char* path : {"/declared", "/undeclared", "/chunk", "/header", "/trailer"}) {
    EXPECT_FALSE(client->Send(Get(path))) << path;
  }
  // Four megabytes are the body's limit; growing the string doubles it for a moment.
  EXPECT_LT(PeakKib() - before, 32 * 1024 * kMemoryFactor);
}

TEST_F(ClientFaultTest, AChunkOfTwoGigabytesIsCutOff) {
  server_.On("/x", Reply::ChunkSizeLine("7fffffff"));
  EXPECT_EQ(CodeOf(Get("/x")), kBodyTooLarge);
}

TEST_F(ClientFaultTest, ChunkSizesThatAreNoNumbersAreMalformed) {
  for (const char* line : {"-1", "-2", "zz", "", "0x10", "ffffffffffffffffffff"}) {
    server_.On("/x", Reply::ChunkSizeLine(line));
    const Reason code = CodeOf(Get("/x"));
    EXPECT_TRUE(code == kBadProtocol || code == kTransferCut || code == kBodyTooLarge)
        << line << " " << code.text() << " " << last_message_;
    if (std::string(line) == "-1" || std::string(line) == "zz") {
      EXPECT_EQ(code, kBadProtocol);
    }
  }
}

TEST_F(ClientFaultTest, AnEndlessChunkExtensionEndsAtTheDeadline) {
  server_.On("/x", Reply::EndlessChunkExtension());
  Request request = Get("/x");
  request.timeout = milliseconds(400);
  ForgetPeak();
  const long before = PeakKib();
  EXPECT_EQ(CodeOf(request), kTimeout);
  EXPECT_LT(PeakKib() - before, 16 * 1024 * kMemoryFactor);
}

TEST_F(ClientFaultTest, SlowAnswersEndAtTheTotalDeadline) {
  server_.On("/header", Reply::SlowHeader(milliseconds(20)));
  server_.On("/body", Reply::SlowBody(std::string(1000, 'x'), milliseconds(20)));
  server_.On("/never", Reply::NoAnswer());
  for (const char* path : {"/header", "/body", "/never"}) {
    Request request = Get(path);
    request.timeout = milliseconds(300);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(CodeOf(request), kTimeout) << path;
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3)) << path;
  }
}

TEST_F(ClientFaultTest, ATransferBelowTheSpeedFloorEndsBeforeTheDeadline) {
  server_.On("/body", Reply::SlowBody(std::string(10'000, 'x'), milliseconds(50)));
  ClientOptions options;
  options.hosts.push_back(Open(server_.host_port()));
  options.low_speed_bytes_per_second = 1000;
  options.low_speed_time = std::chrono::seconds(1);
  Request request = Get("/body");
  request.timeout = std::chrono::seconds(60);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(MakeClient(std::move(options))->Send(request).error().code, kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST_F(ClientFaultTest, ATransferThatEndsEarlyIsNoAnswer) {
  server_.On("/length", Reply::CutBody(100, "only this"));
  server_.On("/chunked", Reply::CutChunked("only this"));
  server_.On("/nothing", Reply::CloseAtOnce());
  server_.On("/reset", Reply::ResetAtOnce());
  server_.On("/reset-body", Reply::Ok(std::string(5000, 'x')).ResetAfter(1000));
  server_.On("/in-header", Reply::Ok("{}").ClosedAfter(30));
  for (const char* path : {"/length", "/chunked", "/nothing", "/reset", "/reset-body"}) {
    EXPECT_EQ(CodeOf(Get(path)), kTransferCut) << path << last_message_;
  }
  const Reason code = CodeOf(Get("/in-header"));
  EXPECT_TRUE(code == kTransferCut || code == kBadProtocol) << code.text();
}

TEST_F(ClientFaultTest, AnAnswerCutAtAnyByteIsNeverComplete) {
  const Reply whole = Reply::Ok("{\"manifests\":[]}");
  const std::size_t length = whole.Steps(false).at(0).bytes.size();
  const auto client = Default();
  for (std::size_t cut = 0; cut < length; ++cut) {
    server_.On("/x", Reply(whole).ClosedAfter(cut));
    EXPECT_FALSE(client->Send(Get("/x"))) << "cut after " << cut << " bytes";
  }
  server_.On("/x", whole);
  EXPECT_TRUE(client->Send(Get("/x")));
}

TEST_F(ClientFaultTest, EncodedAnswersAreRefusedUnread) {
  server_.On("/bomb", Reply::GzipBomb(300'000'000));
  server_.On("/brotli", Reply::Ok("{}").With("Content-Encoding", "br"));
  server_.On("/identity", Reply::Ok("{}").With("Content-Encoding", "identity"));
  server_.On("/te",
             Reply::Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(CodeOf(Get("/bomb")), kEncodingRefused);
  EXPECT_EQ(CodeOf(Get("/brotli")), kEncodingRefused);
  EXPECT_EQ(CodeOf(Get("/te")), kBadProtocol);
  EXPECT_TRUE(Default()->Send(Get("/identity")));
}

TEST_F(ClientFaultTest, AmbiguousFramingIsMalformed) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& head : {
           ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
           ok + "Content-Length: -1\r\n\r\n{}",
           ok + "Content-Length: 18446744073709551616\r\n\r\n{}",
           ok + "Content-Length: 2, 2\r\n\r\n{}",
           ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
           ok + "no colon\r\nContent-Length: 2\r\n\r\n{}",
           ok + "X-Nul: a\x01z\r\nContent-Length: 2\r\n\r\n{}",
           std::string("HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}"),
           std::string("HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\n{}"),
           std::string("HTTP/2 200\r\nContent-Length: 2\r\n\r\n{}"),
           std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
           std::string("<html>not http at all</html>"),
           std::string("220 mail.example ESMTP\r\n"),
       }) {
    server_.On("/x", Reply::Raw(head));
    EXPECT_EQ(CodeOf(Get("/x")), kBadProtocol) << head << "\n" << last_message_;
  }
}

TEST_F(ClientFaultTest, ConnectionsThatEndAtOnceOrNeverSpeak) {
  server_.FaultConnections(ConnectionFault::kClose);
  EXPECT_EQ(CodeOf(Get("/")), kTransferCut);
  server_.FaultConnections(ConnectionFault::kReset);
  const Reason code = CodeOf(Get("/"));
  EXPECT_TRUE(code == kTransferCut || code == kConnectFailed) << code.text();
  server_.FaultConnections(ConnectionFault::kSilent);
  Request request = Get("/");
  request.timeout = milliseconds(200);
  EXPECT_EQ(CodeOf(request), kTimeout);
}

TEST_F(ClientFaultTest, AClosedPortIsNoConnection) {
  std::string url;
  std::string host;
  {
    const FaultServer gone;
    url = gone.Url("/");
    host = gone.host_port();
  }
  ClientOptions options;
  options.hosts.push_back(Open(host));
  Request request;
  request.url = url;
  const Result<Response> response = MakeClient(std::move(options))->Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, kConnectFailed);
  EXPECT_TRUE(response.error().retryable);
}

TEST_F(ClientFaultTest, AHostileHostLeavesAHealthyOneAlone) {
  server_.On("/header", Reply::EndlessHeader());
  server_.On("/body", Reply::Endless(kEndless, false));
  FaultServer healthy;
  healthy.On("/x", Reply::Ok("{}"));
  ClientOptions options;
  options.hosts = {Open(server_.host_port()), Open(healthy.host_port())};
  const auto client = MakeClient(std::move(options));
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(client->Send(Get("/header")));
    EXPECT_FALSE(client->Send(Get("/body")));
    Request good;
    good.url = healthy.Url("/x");
    EXPECT_TRUE(client->Send(good));
  }
  EXPECT_EQ(healthy.Connections(), 1U);
}

}  // namespace
}  // namespace plimsoll::http
