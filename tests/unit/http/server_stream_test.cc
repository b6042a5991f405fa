// The server's TLS over sockets that take little at a time, and what threads owe each other's connections.
#include "server_stream.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>

#include "server_core.h"
#include "support/fault_server/tls_identity.h"

namespace plimsoll::http {
namespace {

using Step = ServerStream::Step;

// Both ends of a connection whose socket holds a few kilobytes. The client keeps its bytes in memory until the test
// carries them.
class ServerStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const int little = 1;  // the kernel makes it the least that it allows
    ASSERT_EQ(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
    client_end_ = ends[1];
    boost::asio::ip::tcp::socket socket(context_);
    socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
    stream_.emplace(std::move(socket));

    const testing::TlsIdentity identity = testing::MakeTlsIdentity();
    std::string chain;
    for (int i = 0; i < 10; ++i) chain += identity.certificate_pem;
    server_context_ = *NewServerContext(chain, identity.key_pem);
    ASSERT_TRUE(stream_->UseTls(server_context_.get()));
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.get());
  }
  void TearDown() override { close(client_end_); }

  // At most `most` bytes from the client to the socket.
  std::size_t Carry(std::size_t most) {
    std::string bytes(most, '\0');
    const int count = BIO_read(SSL_get_wbio(client_.get()), bytes.data(), static_cast<int>(most));
    if (count <= 0) return 0;
    EXPECT_EQ(write(client_end_, bytes.data(), static_cast<std::size_t>(count)), count);
    return static_cast<std::size_t>(count);
  }
  // What lies in the socket, to the client.
  void Fetch() {
    std::array<char, 512> bytes{};
    for (ssize_t count = 0; (count = read(client_end_, bytes.data(), bytes.size())) > 0;)
      BIO_write(SSL_get_rbio(client_.get()), bytes.data(), static_cast<int>(count));
  }
  void Connect() {
    for (int i = 0; i < 100 && stream_->Handshake() != Step::kDone; ++i) {
      Fetch();
      SSL_do_handshake(client_.get());
      while (Carry(1'000) > 0) {
      }
    }
    Fetch();
    ASSERT_EQ(SSL_do_handshake(client_.get()), 1);
  }

  boost::asio::io_context context_{1};
  std::shared_ptr<SSL_CTX> server_context_;
  SslPtr<SSL_CTX> client_context_;
  SslPtr<SSL> client_;
  std::optional<ServerStream> stream_;
  int client_end_ = -1;
};

TEST_F(ServerStreamTest, AHandshakeThatComesInBytesAndLeavesInPiecesIsCompleted) {
  bool waited_to_write = false;
  Step step = stream_->Handshake();
  EXPECT_EQ(step, Step::kWantsRead) << "nothing has come yet";
  for (int i = 0; i < 10'000 && step != Step::kDone; ++i) {
    ASSERT_NE(step, Step::kFailed);
    if (step == Step::kWantsWrite) {
      waited_to_write = true;
      Fetch();
    } else if (Carry(1) == 0) {
      Fetch();
      SSL_do_handshake(client_.get());
    }
    step = stream_->Handshake();
  }
  EXPECT_EQ(step, Step::kDone);
  EXPECT_TRUE(waited_to_write) << "the certificates fit in the socket";
}

TEST_F(ServerStreamTest, APeerGetsNoTicketThatTheServerWouldNotTake) {
  Connect();
  EXPECT_EQ(BIO_ctrl_pending(SSL_get_rbio(client_.get())), 0U) << "the handshake ended before";
}

TEST_F(ServerStreamTest, NoByteBehindTheHandshakeIsLost) {
  EXPECT_EQ(stream_->Handshake(), Step::kWantsRead);
  std::string received(100, '\0');
  std::size_t bytes = 0;
  // The client's last part of the handshake and its first request come in one piece.
  Step step = Step::kWantsRead;
  for (int i = 0; i < 100 && step != Step::kDone; ++i) {
    Fetch();
    if (SSL_do_handshake(client_.get()) == 1) SSL_write(client_.get(), "request", 7);
    while (Carry(10'000) > 0) {
    }
    step = stream_->Handshake();
  }
  ASSERT_EQ(step, Step::kDone);
  stream_->async_read_some(boost::asio::buffer(received),
                           [&](const boost::system::error_code& error, std::size_t count) {
                             EXPECT_FALSE(error);
                             bytes = count;
                           });
  context_.run();
  EXPECT_EQ(received.substr(0, bytes), "request");
}

TEST_F(ServerStreamTest, WhatIsLargerThanTheSocketIsWrittenAsThePeerReads) {
  Connect();
  const std::string answer(300'000, 'x');
  bool written = false;
  boost::asio::async_write(*stream_, boost::asio::buffer(answer),
                           [&](const boost::system::error_code& error, std::size_t count) {
                             EXPECT_FALSE(error);
                             EXPECT_EQ(count, answer.size());
                             written = true;
                           });
  std::string received;
  std::array<char, 16 * 1024> part{};
  for (int i = 0; i < 10'000 && received.size() < answer.size(); ++i) {
    context_.restart();
    context_.poll();
    EXPECT_FALSE(written && received.empty()) << "it fits in the socket";
    Fetch();
    for (int count = 0; (count = SSL_read(client_.get(), part.data(), part.size())) > 0;)
      received.append(part.data(), static_cast<std::size_t>(count));
  }
  context_.restart();
  context_.poll();
  EXPECT_TRUE(written);
  EXPECT_EQ(received, answer);
}

TEST_F(ServerStreamTest, AnEndWithoutCloseNotifyIsNoEndOfAMessage) {
  Connect();
  std::string received(100, '\0');
  boost::system::error_code seen;
  shutdown(client_end_, SHUT_WR);
  stream_->async_read_some(
      boost::asio::buffer(received),
      [&](const boost::system::error_code& error, std::size_t) { seen = error; });
  context_.run();
  EXPECT_EQ(seen, boost::asio::error::connection_reset);
}

TEST_F(ServerStreamTest, CloseNotifyIsTheEndOfAMessage) {
  Connect();
  std::string received(100, '\0');
  boost::system::error_code seen;
  SSL_shutdown(client_.get());
  Carry(1'000);
  stream_->async_read_some(
      boost::asio::buffer(received),
      [&](const boost::system::error_code& error, std::size_t) { seen = error; });
  context_.run();
  EXPECT_EQ(seen, boost::asio::error::eof);
}

TEST(ServingThread, TurnsOfThoseWhoSendMegabytesFollowEachOther) {
  ServingThread thread;
  const ServingThread::Clock::time_point now{std::chrono::hours(1)};
  EXPECT_EQ(thread.NextTurn(now), now) << "nobody else has one";
  EXPECT_EQ(thread.NextTurn(now), now + ServingThread::kTurnEvery);
  EXPECT_EQ(thread.NextTurn(now), now + 2 * ServingThread::kTurnEvery);
  const auto later = now + std::chrono::seconds(1);
  EXPECT_EQ(thread.NextTurn(later), later) << "what was not used is not saved up";
}

}  // namespace
}  // namespace plimsoll::http
