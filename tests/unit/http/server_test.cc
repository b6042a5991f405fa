#include "http/server.h"

#include <atomic>
#include <deque>
#include <thread>

#include "client_fixture.h"
#include "server_fixture.h"

namespace plimsoll::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Takes requests and answers them when the test says so.
class Desk {
 public:
  void Take(ServerRequest request, Responder responder) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(std::move(request), std::move(responder));
    }
    changed_.notify_all();
  }
  Handler handler() {
    return [this](ServerRequest request, Responder responder) {
      Take(std::move(request), std::move(responder));
    };
  }
  std::pair<ServerRequest, Responder> Next() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(10), [&] { return !waiting_.empty(); }));
    std::pair<ServerRequest, Responder> next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<ServerRequest, Responder>> waiting_;
};

ServerResponse Ok(std::string body) {
  ServerResponse response;
  response.body = std::move(body);
  return response;
}

TEST_F(ServerTest, AnswersOverOneConnectionInOrder) {
  Start(Options());
  RawClient client(port());
  client.Send(http::Get("/a?b=c"));
  const std::string first = client.Answer();
  EXPECT_EQ(first.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_TRUE(first.ends_with("\r\n\r\nGET /a?b=c ")) << first;
  EXPECT_NE(first.find("\r\nDate: "), std::string::npos);
  client.Send(Post("/x", "body"));
  EXPECT_TRUE(client.Answer().ends_with("POST /x? body"));
  client.Send(Post("/1", "one") + Post("/2", "two") + http::Get("/3"));
  EXPECT_TRUE(client.Answer().ends_with("POST /1? one"));
  EXPECT_TRUE(client.Answer().ends_with("POST /2? two"));
  EXPECT_TRUE(client.Answer().ends_with("GET /3? "));
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  Start(Options());
  RawClient client(port());
  client.Send(
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
      "0\r\nTrailer: 1\r\n\r\n");
  EXPECT_TRUE(client.Answer().ends_with("POST /x? abcde"));
}

TEST_F(ServerTest, AHeadRequestGetsTheLengthWithoutTheBody) {
  Start(Options());
  RawClient client(port());
  client.Send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.Answer(true);
  EXPECT_NE(answer.find("Content-Length: 9\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  client.Send(http::Get("/y"));
  EXPECT_TRUE(client.Answer().ends_with("GET /y? "));
}

TEST_F(ServerTest, ClosesWhenThePeerAsksForIt) {
  Start(Options());
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RawClient client(port());
    client.Send(request);
    EXPECT_NE(client.Answer().find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client.Closed());
  }
}

TEST_F(ServerTest, InvitesTheBodyOfAnExpectation) {
  Start(Options());
  RawClient client(port());
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_TRUE(client.Answer().ends_with("POST /? ab"));
  RawClient large(port());
  large.Send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(large.Status(), 413) << "nothing is invited that would be refused";
}

TEST_F(ServerTest, AnswersFromAnotherThread) {
  Desk desk;
  Start(Options(), desk.handler());
  RawClient client(port());
  client.Send(Post("/x", "body"));
  auto [request, responder] = desk.Next();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "body");
  EXPECT_EQ(request.headers.Find("host"), "a");
  EXPECT_EQ(request.remote_address.substr(0, 10), "127.0.0.1:");
  EXPECT_FALSE(responder.Abandoned());
  std::thread([r = responder] {
    r.Send(Ok("late"));
    r.Send(Ok("again"));
  }).join();
  EXPECT_TRUE(client.Answer().ends_with("late"));
  client.Send(http::Get());
  desk.Next().second.Send(Ok("next"));
  EXPECT_TRUE(client.Answer().ends_with("next"));
}

TEST_F(ServerTest, ARequestThatNobodyAnswersGets500) {
  Start(Options(), [](ServerRequest, const Responder&) {});
  EXPECT_EQ(StatusOf(http::Get()), 500);
}

TEST_F(ServerTest, AHandlerThatThrowsGets500) {
  Start(Options(), [](ServerRequest, const Responder&) { throw std::runtime_error("oops"); });
  EXPECT_EQ(StatusOf(http::Get()), 500);
  EXPECT_EQ(StatusOf(http::Get()), 500);
}

TEST_F(ServerTest, AHeaderFieldOfTheAnswerCannotSplitIt) {
  Start(Options(), [](ServerRequest, const Responder& responder) {
    ServerResponse response = Ok("x");
    response.headers.Add("X-Bad", "1\r\nX-Injected: 1");
    response.headers.Add("X Bad", "1");
    response.headers.Add("X-Good", "1");
    responder.Send(std::move(response));
  });
  RawClient client(port());
  client.Send(http::Get());
  const std::string answer = client.Answer();
  EXPECT_EQ(answer.find("Injected"), std::string::npos);
  EXPECT_EQ(answer.find("X Bad"), std::string::npos);
  EXPECT_NE(answer.find("X-Good: 1\r\n"), std::string::npos);
}

TEST_F(ServerTest, LargeAnswersArriveWhole) {
  const std::string large(5'000'000, 'x');
  Start(Options(), [&](ServerRequest, const Responder& responder) { responder.Send(Ok(large)); });
  RawClient client(port());
  for (int i = 0; i < 2; ++i) {
    client.Send(http::Get());
    EXPECT_TRUE(client.Answer().ends_with(large));
  }
}

TEST_F(ServerTest, AResponderMayOutliveItsServer) {
  Desk desk;
  Start(Options(), desk.handler());
  RawClient client(port());
  client.Send(http::Get());
  auto [request, responder] = desk.Next();
  server_.reset();
  EXPECT_TRUE(responder.Abandoned());
  responder.Send(Ok("too late"));
  EXPECT_TRUE(client.Closed());
}

TEST_F(ServerTest, SeesAPeerThatGoesAway) {
  Desk desk;
  Start(Options(), desk.handler());
  auto client = std::make_unique<RawClient>(port());
  client->Send(http::Get());
  auto [request, responder] = desk.Next();
  client->Reset();
  const auto until = std::chrono::steady_clock::now() + seconds(10);
  while (!responder.Abandoned() && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(responder.Abandoned());
}

TEST_F(ServerTest, APeerThatEndsItsSideIsStillAnswered) {
  Desk desk;
  Start(Options(), desk.handler());
  RawClient client(port());
  client.Send(http::Get());
  auto [request, responder] = desk.Next();
  client.EndSending();
  responder.Send(Ok("still here"));
  const std::string answer = client.Answer();
  EXPECT_TRUE(answer.ends_with("still here")) << answer;
}

TEST_F(ServerTest, DrainsWhatIsInFlightAndClosesWhatIsIdle) {
  Desk desk;
  Start(Options(), desk.handler());
  RawClient idle(port());
  idle.Send(http::Get("/first"));
  desk.Next().second.Send(Ok("1"));
  EXPECT_EQ(idle.Status(), 200);
  RawClient busy(port());
  busy.Send(http::Get("/slow"));
  auto [request, responder] = desk.Next();
  std::thread stopper([&] { server_->Stop(seconds(30)); });
  EXPECT_TRUE(idle.Closed());
  responder.Send(Ok("done"));
  const std::string answer = busy.Answer();
  EXPECT_TRUE(answer.ends_with("done"));
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  stopper.join();
  EXPECT_FALSE(RawClient(port()).connected());
}

TEST_F(ServerTest, ADrainEndsAtItsDeadline) {
  Desk desk;
  Start(Options(), desk.handler());
  RawClient busy(port());
  busy.Send(http::Get("/never"));
  const auto held = desk.Next();
  const auto began = std::chrono::steady_clock::now();
  server_->Stop(milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
  EXPECT_TRUE(busy.Closed());
}

TEST_F(ServerTest, AddressesThatCannotBeUsedAreSaid) {
  const auto code = [&](const std::string& address) {
    ServerOptions options = Options();
    options.address = address;
    const auto server = Server::Start(options, Echo, metrics_, logger_);
    return server ? Reason() : server.error().code;
  };
  for (const char* bad : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                          "::1:80", "[::1]", "example.com:80", "127.0.0.1:-1"}) {
    EXPECT_EQ(code(bad), kInvalidArgument) << bad;
  }
  Start(Options());
  EXPECT_EQ(code(server_->address()), kUnavailable) << "in use";
  for (const char* good : {":0", "[::1]:0", "localhost:0", "0.0.0.0:0"}) {
    EXPECT_EQ(code(good), Reason()) << good;
  }
}

TEST_F(ServerTest, RequestsAreCounted) {
  Start(Options());
  EXPECT_EQ(StatusOf(http::Get()), 200);
  EXPECT_EQ(StatusOf("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(metrics_.Value("plimsoll_http_server_requests_total 200"), 1);
  EXPECT_EQ(metrics_.Value("plimsoll_http_server_requests_total 400"), 1);
  EXPECT_EQ(Refused("malformed"), 1);
}

// TLS

class ServerTlsTest : public ServerTest {
 protected:
  static ServerOptions Tls(const testing::TlsIdentity& identity) {
    ServerOptions options = Options();
    options.tls = true;
    options.certificate_chain_pem = identity.certificate_pem;
    options.private_key_pem = identity.key_pem;
    return options;
  }
  std::unique_ptr<Client> ClientOf(const testing::TlsIdentity& identity) const {
    ClientOptions options;
    options.hosts.push_back(Open(server_->address()));
    options.hosts[0].plain_http = false;
    options.hosts[0].ca_file = testing::WriteTemporaryFile("ca", identity.ca_pem);
    return MakeClient(options);
  }
  Request Ask() const {
    Request request;
    request.url = "https://" + server_->address() + "/x";
    request.timeout = seconds(10);
    return request;
  }
};

TEST_F(ServerTlsTest, AVerifyingClientIsServed) {
  const testing::TlsIdentity identity = testing::MakeTlsIdentity();
  Start(Tls(identity));
  const auto client = ClientOf(identity);
  for (int i = 0; i < 3; ++i) {
    const Result<Response> response = client->Send(Ask());
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "GET /x? ");
    EXPECT_EQ(response->reused_connection, i > 0);
  }
}

TEST_F(ServerTlsTest, OnlyHttp11AndTls12OrLaterAreOffered) {
  Start(Tls(testing::MakeTlsIdentity()));
  RawClient client(port(), true);
  ASSERT_TRUE(client.connected());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  EXPECT_FALSE(RawClient(port(), true, "127.0.0.1", TLS1_1_VERSION).connected());
  EXPECT_TRUE(RawClient(port(), true, "127.0.0.1", TLS1_2_VERSION).connected());
  EXPECT_TRUE(WaitForRefused("handshake"));
}

TEST_F(ServerTlsTest, ACertificateIsReplacedWithoutDroppingAConnection) {
  const testing::TlsIdentity old_identity = testing::MakeTlsIdentity();
  const testing::TlsIdentity new_identity = testing::MakeTlsIdentity();
  Start(Tls(old_identity));
  const auto old_client = ClientOf(old_identity);
  ASSERT_TRUE(old_client->Send(Ask()));
  ASSERT_TRUE(server_->ReplaceCertificate(new_identity.certificate_pem, new_identity.key_pem));
  const Result<Response> kept = old_client->Send(Ask());
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->reused_connection);
  EXPECT_TRUE(ClientOf(new_identity)->Send(Ask()));
  EXPECT_FALSE(ClientOf(old_identity)->Send(Ask()));
}

TEST_F(ServerTlsTest, APeerMayChangeItsKeysBetweenRequests) {
  Start(Tls(testing::MakeTlsIdentity()));
  RawClient client(port(), true);
  for (int i = 0; i < 3; ++i) {
    client.Send(http::Get());
    EXPECT_EQ(client.Status(), 200);
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  }
}

TEST_F(ServerTlsTest, APairThatDoesNotFitLeavesTheLastGoodOne) {
  const testing::TlsIdentity identity = testing::MakeTlsIdentity();
  const testing::TlsIdentity other = testing::MakeTlsIdentity();
  Start(Tls(identity));
  for (const auto& [chain, key] : std::vector<std::pair<std::string, std::string>>{
           {other.certificate_pem, identity.key_pem},
           {"", identity.key_pem},
           {identity.certificate_pem, ""},
           {identity.certificate_pem.substr(0, 200), identity.key_pem},
           {identity.key_pem, identity.certificate_pem}}) {
    const Status replaced = server_->ReplaceCertificate(chain, key);
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().code, kInvalidArgument);
  }
  EXPECT_TRUE(ClientOf(identity)->Send(Ask()));
  ServerOptions mismatch = Tls(identity);
  mismatch.private_key_pem = other.key_pem;
  EXPECT_EQ(Server::Start(mismatch, Echo, metrics_, logger_).error().code, kInvalidArgument);
}

TEST_F(ServerTlsTest, ReplacingUnderAStreamOfRequestsFailsNone) {
  const testing::TlsIdentity first = testing::MakeTlsIdentity();
  const testing::TlsIdentity second = testing::MakeTlsIdentity();
  testing::TlsIdentity both = first;
  both.ca_pem += second.ca_pem;
  Start(Tls(first));
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      const auto client = ClientOf(both);
      while (!stop) {
        Request request = Ask();
        request.fresh_connection = i == 0;
        ++(client->Send(request) ? good : bad);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const testing::TlsIdentity& next = i % 2 == 0 ? second : first;
    EXPECT_TRUE(server_->ReplaceCertificate(next.certificate_pem, next.key_pem));
    const int seen = good;
    while (good < seen + 5 && bad == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
  EXPECT_GE(good, 100);
}

TEST_F(ServerTlsTest, AnEndIsAnnouncedToThePeer) {
  Start(Tls(testing::MakeTlsIdentity()));
  RawClient client(port(), true);
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Status(), 200);
  EXPECT_TRUE(client.Closed());
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

}  // namespace
}  // namespace plimsoll::http
