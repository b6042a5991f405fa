// One connection of the server: TLS, header, body, handler, answer, and again.
//
// Everything runs on the one thread that the connection belongs to but Start's construction, `since`, `waiting` and
// `remote_ip`.
#pragma once

#include "request_rules.h"
#include "server_core.h"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace plimsoll::http {

// A socket with or without TLS, as one type, so that Beast's templates are built once.
class MaybeTlsStream {
 public:
  using executor_type = boost::asio::ip::tcp::socket::executor_type;

  explicit MaybeTlsStream(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  void UseTls(boost::asio::ssl::context& context) { tls_.emplace(socket_, context); }
  bool tls() const { return tls_.has_value(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>& tls_stream() { return *tls_; }
  executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers, class Completion>
  void async_read_some(const Buffers& buffers, Completion&& done) {  // NOLINT: Asio's name
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Completion>(done));
    } else {
      socket_.async_read_some(buffers, std::forward<Completion>(done));
    }
  }
  template <class Buffers, class Completion>
  void async_write_some(const Buffers& buffers, Completion&& done) {  // NOLINT: Asio's name
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Completion>(done));
    } else {
      socket_.async_write_some(buffers, std::forward<Completion>(done));
    }
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Connection(std::shared_ptr<ServerCore> core, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  void Deliver(std::uint64_t request, ServerResponse response);  // any thread
  void CheckTime();                                              // any thread
  void Drain();                                                  // any thread
  void Kill();                                                   // any thread
  // When no thread of the server runs any more.
  void Forget();
  // True when it waits for its peer to begin something, since `since()`.
  bool waiting() const { return waiting_.load(); }
  std::int64_t since() const { return since_.load(); }
  std::int64_t deadline() const { return deadline_.load(); }
  const std::string& remote_ip() const { return remote_ip_; }
  bool abandoned(std::uint64_t request) const {
    return closed_.load() || request_number_.load() != request || peer_ended_.load() == request;
  }

 private:
  enum class State { kHandshake, kIdle, kHeader, kBody, kHandling, kWriting, kLinger, kClosed };
  using ErrorCode = boost::beast::error_code;
  static constexpr std::size_t kReadBytes = 16 * 1024;  // as large as a TLS record gets

  void Enter(State state, std::chrono::milliseconds time);
  void Handshake();
  void ReadFirstByte();
  void OnFirstByte(ErrorCode error, std::size_t bytes);
  bool Feed(bool whole, ErrorCode& error);
  void ReadUntil(bool whole);
  void OnRead(ErrorCode error, bool whole);
  void ReadLater(bool whole);
  void ReadHeader();
  void OnHeader(ErrorCode error);
  void ReadBody();
  void OnBody(ErrorCode error);
  void Handle();
  void WatchPeer();
  void Answer(ServerResponse response);
  void Refuse(const Refusal& refusal);
  void Write(const ServerResponse& response, bool close);
  void OnWritten(ErrorCode error);
  void Linger();
  void Close(bool orderly);
  void OnDeadline();

  const std::weak_ptr<ServerCore> weak_core_;
  ServerCore& core_;
  MaybeTlsStream stream_;
  std::string remote_ip_;
  std::string remote_address_;
  std::atomic<bool> waiting_{true};
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> since_{0};
  std::atomic<std::int64_t> deadline_{0};
  std::atomic<std::uint64_t> request_number_{0};
  std::atomic<std::uint64_t> peer_ended_{0};

  // Used on its thread only.
  State state_ = State::kHandshake;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  // Itself, while its request is with the handler: then no pending operation keeps it alive.
  std::shared_ptr<Connection> held_;
  std::optional<boost::asio::steady_timer> pause_;
  int crumbs_ = 0;  // of this request
  bool timed_out_ = false;
  bool keep_alive_ = false;
  bool head_request_ = false;
  bool close_after_ = false;
  bool linger_after_ = false;
  std::size_t lingered_ = 0;
  TimePoint request_began_{};
  TimePoint request_deadline_{};
  std::string out_head_;
  std::string out_body_;
};

}  // namespace plimsoll::http
