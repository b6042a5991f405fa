// The guards against faults that were measured in the library below: each of these peers made a plain client of it
// crash, swell, leak a token or hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport_fixture.h"

namespace plimsoll::kube {
namespace {

using testing::ConnectionFault;
using testing::FaultServer;
using ::testing::HasSubstr;
using testing::Reply;

constexpr std::size_t kMost = 1u << 20;
// What the transport documents: the limit of the request, and max_undelivered_bytes.
const std::uint64_t kBound = kMost + TransportOptions{}.max_undelivered_bytes;
// What the peer has handed over beyond that: what the kernel holds, and one piece that it was about to send.
const std::uint64_t kInFlight = testing::KernelBufferBytes() + (1u << 20);

class TransportFault : public TransportFixture {
 protected:
  TransportFault() : server_(Tls()) {}
  Error Refused(Reply reply, Duration timeout = std::chrono::seconds(20)) {
    server_.On("/a", std::move(reply));
    const auto transport = Make(server_);
    const auto response = Get(*transport, "/a", timeout, kMost);
    EXPECT_FALSE(response.has_value());
    return response ? Error{} : response.error();
  }
  Error WatchRefused(Reply reply, WatchRequest request = {}) {
    server_.On("/watch", std::move(reply));
    const auto transport = Make(server_);
    Lines lines;
    request.max_line_bytes = kMost;
    const auto end = Watch(*transport, lines, request);
    EXPECT_FALSE(end.has_value());
    return end ? Error{} : end.error();
  }
  FaultServer server_;
};

TEST_F(TransportFault, ANegativeChunkSizeDoesNotEndTheProcess) {
  for (const char* size :
       {"-1", "-2", "-7fffffff", "80000000", "ffffffff", "ffffffffffffffff", "zz", ""}) {
    EXPECT_FALSE(Refused(Reply::ChunkSizeLine(size), std::chrono::seconds(3)).message.empty())
        << size;
    WatchRequest request;
    request.total_timeout = std::chrono::seconds(3);
    EXPECT_FALSE(WatchRefused(Reply::ChunkSizeLine(size), request).message.empty()) << size;
  }
}

TEST_F(TransportFault, OneHugeChunkIsCutOffAtTheDocumentedLimit) {
  const Error error = Refused(Reply::ChunkSizeLine("7fffff00"));
  EXPECT_EQ(error.code, kLimitExceeded) << error.message;
  EXPECT_LT(server_.BytesSent(), kBound + kInFlight);
}

TEST_F(TransportFault, AHeaderWithoutEndIsCutOffAtTheDocumentedLimit) {
  const Error error = Refused(Reply::EndlessHeader());
  EXPECT_EQ(error.code, kLimitExceeded) << error.message;
  EXPECT_LT(server_.BytesSent(), kBound + kInFlight);
}

TEST_F(TransportFault, AHeaderLineWithoutEndIsCutOffToo) {
  EXPECT_EQ(Refused(Reply::EndlessHeaderLine()).code, kLimitExceeded);
  EXPECT_LT(server_.BytesSent(), kBound + kInFlight);
}

TEST_F(TransportFault, AChunkExtensionWithoutEndIsCutOffToo) {
  EXPECT_EQ(Refused(Reply::EndlessChunkExtension()).code, kLimitExceeded);
  EXPECT_LT(server_.BytesSent(), kBound + kInFlight);
}

TEST_F(TransportFault, TheSameHoldsForAWatch) {
  EXPECT_EQ(WatchRefused(Reply::EndlessHeader()).code, kLimitExceeded);
  EXPECT_EQ(WatchRefused(Reply::ChunkSizeLine("7fffff00")).code, kLimitExceeded);
  EXPECT_LT(server_.BytesSent(), 2 * (kBound + kInFlight));
}

TEST_F(TransportFault, ABodyBeyondTheLimitIsNotRead) {
  EXPECT_EQ(Refused(Reply::Endless(600u << 20, true)).code, kLimitExceeded);
  EXPECT_EQ(Refused(Reply::Endless(600u << 20, false)).code, kLimitExceeded);
  EXPECT_EQ(Refused(Reply::EndlessChunks()).code, kLimitExceeded);
  EXPECT_LT(server_.BytesSent(), 3 * (kBound + kInFlight));
}

TEST_F(TransportFault, ABodyOfExactlyTheLimitIsRead) {
  server_.On("/a", Reply::Ok(std::string(kMost, 'x')));
  const auto transport = Make(server_);
  const auto response = Get(*transport, "/a", std::chrono::seconds(20), kMost);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body.size(), kMost);
  EXPECT_FALSE(Get(*transport, "/a", std::chrono::seconds(20), kMost - 1).has_value());
}

TEST_F(TransportFault, LargeAnswersWithinTheLimitPassAgainAndAgain) {
  server_.On("/a", Reply::Chunked({std::string(6u << 20, 'x'), std::string(1u << 20, 'y')}));
  const auto transport = Make(server_);
  for (int i = 0; i < 5; ++i) {
    const auto response = Get(*transport, "/a", std::chrono::seconds(20), 8u << 20);
    ASSERT_TRUE(response.has_value()) << response.error().message;
  }
}

TEST_F(TransportFault, ARedirectIsNotFollowedAndTheTokenStays) {
  FaultServer other(Tls());
  other.Otherwise([](const testing::SeenRequest&) { return Reply::Ok("{}"); });
  for (const int status : {301, 302, 303, 307, 308}) {
    server_.On("/a", Reply::Redirect(status, other.Url("/stolen")));
    const auto transport = Make(server_);
    const auto response = Get(*transport, "/a");
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, status);
  }
  EXPECT_EQ(other.Connections(), 0U);
}

TEST_F(TransportFault, SlowBytesEndAtTheDeadline) {
  const auto before = clock_.Steady();
  EXPECT_EQ(Refused(Reply::SlowBody(std::string(10'000, 'x'), std::chrono::milliseconds(20)),
                    std::chrono::milliseconds(400))
                .code,
            kTimeout);
  EXPECT_EQ(
      Refused(Reply::SlowHeader(std::chrono::milliseconds(20)), std::chrono::milliseconds(400))
          .code,
      kTimeout);
  EXPECT_EQ(Refused(Reply::NoAnswer(), std::chrono::milliseconds(400)).code, kTimeout);
  EXPECT_LT(clock_.Steady() - before, std::chrono::seconds(8));
  EXPECT_TRUE(server_.WaitForNoOpenConnections());
}

TEST_F(TransportFault, AHandshakeThatNeverComesEndsAtTheDeadline) {
  server_.FaultConnections(ConnectionFault::kSilent);
  EXPECT_EQ(Refused(Reply::Ok("{}"), std::chrono::milliseconds(400)).code, kTimeout);
}

TEST_F(TransportFault, ASilentWatchEnds) {
  WatchRequest request;
  request.idle_timeout = std::chrono::milliseconds(300);
  EXPECT_EQ(WatchRefused(Reply::SlowBody(std::string(10'000, '\n'), std::chrono::milliseconds(20)),
                         request)
                .code,
            kTimeout);
}

TEST_F(TransportFault, AnotherAuthorityIsNotTrusted) {
  ClusterConfig cluster;
  cluster.server = server_.Url("");
  while (cluster.server.ends_with("/")) cluster.server.pop_back();
  cluster.ca_pem = testing::MakeTlsIdentity().ca_pem;
  const auto transport = MakeTransport(std::move(cluster), {}, clock_, metrics_, logger_);
  ASSERT_TRUE(transport.has_value());
  const auto response = Get(**transport, "/a");
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, kTlsFailed);
  EXPECT_THAT(response.error().message, HasSubstr("certificate verify failed"));
  EXPECT_EQ(server_.RequestCount(), 0U);
}

TEST_F(TransportFault, AnotherNameAnExpiredCertificateAndOldTlsAreRefused) {
  testing::TlsIdentityOptions name;
  name.names = {"elsewhere.example"};
  testing::TlsIdentityOptions expired;
  expired.expired = true;
  for (const auto& identity_options : {name, expired}) {
    auto options = Tls();
    options.identity = testing::MakeTlsIdentity(identity_options);
    FaultServer server(options);
    const auto response = Get(*Make(server), "/a");
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, kTlsFailed);
    EXPECT_EQ(server.RequestCount(), 0U);
  }
  auto options = Tls();
  options.only_tls_1_1 = true;
  FaultServer old(options);
  EXPECT_FALSE(Get(*Make(old), "/a").has_value());
  EXPECT_EQ(old.RequestCount(), 0U);
}

TEST_F(TransportFault, TheSystemsAuthoritiesAreNotAsked) {
  // A CA of our own choosing replaces the system's: a transport without one is not made at all.
  ClusterConfig cluster;
  cluster.server = "https://localhost:1";
  EXPECT_FALSE(MakeTransport(std::move(cluster), {}, clock_, metrics_, logger_).has_value());
}

TEST_F(TransportFault, BrokenConnectionsAreErrorsNotCrashes) {
  for (const auto fault :
       {ConnectionFault::kClose, ConnectionFault::kReset, ConnectionFault::kTlsGarbage}) {
    FaultServer server(Tls());
    server.FaultConnections(fault);
    EXPECT_FALSE(Get(*Make(server), "/a", std::chrono::seconds(3)).has_value());
  }
  EXPECT_EQ(Refused(Reply::CloseAtOnce()).code, kConnectionFailed);
  EXPECT_EQ(Refused(Reply::ResetAtOnce()).code, kConnectionFailed);
  EXPECT_EQ(Refused(Reply::CutBody(1'000, "short")).code, kConnectionFailed);
  EXPECT_EQ(Refused(Reply::CutChunked("short")).code, kConnectionFailed);
  EXPECT_FALSE(
      Refused(Reply::Raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::chrono::seconds(3)).message.empty());
}

TEST_F(TransportFault, AServerThatIsNotThereIsAnError) {
  std::string url;
  std::string ca;
  {
    const FaultServer gone(Tls());
    url = gone.Url("");
    ca = gone.ca_pem();
  }
  while (url.ends_with("/")) url.pop_back();
  ClusterConfig cluster;
  cluster.server = url;
  cluster.ca_pem = ca;
  const auto transport = MakeTransport(std::move(cluster), {}, clock_, metrics_, logger_);
  ASSERT_TRUE(transport.has_value());
  EXPECT_EQ(Get(**transport, "/a").error().code, kConnectionFailed);
}

TEST_F(TransportFault, AnUnusableTargetIsAnErrorNotACrash) {
  const auto transport = Make(server_);
  for (const char* target : {"/a b", "/%zz", "/\xff", "http://[", ""}) {
    const auto response = Get(*transport, target, std::chrono::seconds(3));
    EXPECT_TRUE(!response.has_value() || response->status == 404) << target;
  }
}

}  // namespace
}  // namespace plimsoll::kube
