// A connection's bytes at the server, with or without TLS, as one type so that Beast's templates are built once.
//
// TLS reads and writes the socket by itself, without the four buffers that Asio's stream keeps for each connection; and a
// step of its handshake may run on another thread than the rest: the private key's work is by far the most costly thing
// that a stranger can ask for, and those who are connected should not wait for it.
//
// One operation at a time in each direction, one thread at a time. The threads that use it have SIGPIPE blocked: a peer
// that has gone is an error.
#pragma once

#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>

#include <openssl/ssl.h>

#include "tls.h"

namespace plimsoll::http {

class ServerStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;
  using ErrorCode = boost::system::error_code;
  enum class Step { kDone, kWantsRead, kWantsWrite, kFailed };

  explicit ServerStream(Socket socket) : socket_(std::move(socket)) {}

  // False when there is no memory.
  bool UseTls(SSL_CTX* context);
  bool tls() const { return ssl_ != nullptr; }
  // As far as the bytes go that are there. To be called again when the socket is ready for what the step wants.
  Step Handshake();
  // Tells the peer that nothing more comes, as far as the socket takes it at once.
  void EndSending();

  Socket& socket() { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers, class Completion>
  void async_read_some(const Buffers& buffers, Completion done) {  // NOLINT: Asio's name
    if (!ssl_) {
      socket_.async_read_some(buffers, std::move(done));
      return;
    }
    const boost::asio::mutable_buffer into = *boost::asio::buffer_sequence_begin(buffers);
    auto go = [this, into] { return Read(into); };
    Operation operation{*this, std::move(go), std::move(done)};
    if (SSL_has_pending(ssl_.get()) == 0) {
      Wait(Step::kWantsRead, std::move(operation));
    } else {
      boost::asio::post(get_executor(),
                        [operation = std::move(operation)]() mutable { operation(ErrorCode{}); });
    }
  }
  template <class Buffers, class Completion>
  void async_write_some(const Buffers& buffers, Completion done) {  // NOLINT: Asio's name
    if (!ssl_) {
      socket_.async_write_some(buffers, std::move(done));
      return;
    }
    const boost::asio::const_buffer from = *boost::asio::buffer_sequence_begin(buffers);
    const Outcome outcome = Write(from);
    if (outcome.waits()) {
      auto go = [this, from] { return Write(from); };
      Wait(outcome.step, Operation{*this, std::move(go), std::move(done)});
    } else {
      boost::asio::post(get_executor(), [outcome, done = std::move(done)]() mutable {
        done(outcome.error, outcome.bytes);
      });
    }
  }

 private:
  struct Outcome {
    Step step = Step::kDone;
    std::size_t bytes = 0;
    ErrorCode error{};
    bool waits() const { return step == Step::kWantsRead || step == Step::kWantsWrite; }
  };
  // What is tried again whenever the socket is ready for it, until it is done or has failed.
  template <class Go, class Completion>
  struct Operation {
    Operation(ServerStream& on, Go what, Completion then)
        : stream(on), go(std::move(what)), done(std::move(then)) {}
    void operator()(ErrorCode error) {
      const Outcome outcome = error ? Outcome{Step::kFailed, 0, error} : go();
      if (outcome.waits()) {
        stream.Wait(outcome.step, std::move(*this));
      } else {
        done(outcome.error, outcome.bytes);
      }
    }
    ServerStream& stream;
    Go go;
    Completion done;
  };

  Outcome Read(boost::asio::mutable_buffer into);
  Outcome Write(boost::asio::const_buffer from);
  Outcome Judge(int result, std::size_t bytes);
  template <class Ready>
  void Wait(Step wants, Ready ready) {
    socket_.async_wait(wants == Step::kWantsRead ? Socket::wait_read : Socket::wait_write,
                       std::move(ready));
  }

  Socket socket_;
  SslPtr<SSL> ssl_;
};

}  // namespace plimsoll::http
