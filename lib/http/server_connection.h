// One connection of the server: TLS, header, body, handler, answer, and again.
//
// Everything runs on the one thread that the connection belongs to but the handshake's steps, Start's construction,
// `since`, `waiting` and `remote_ip`.
#pragma once

#include "request_rules.h"
#include "server_core.h"
#include "server_stream.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace plimsoll::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Connection(std::shared_ptr<ServerCore> core, ServingThread& thread,
             boost::asio::ip::tcp::socket socket);
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
  void AdvanceHandshake();
  void OnHandshake(ServerStream::Step step);
  void ReadFirstByte();
  void OnFirstByte(ErrorCode error, std::size_t bytes);
  bool Feed(bool whole, ErrorCode& error);
  void ReadUntil(bool whole);
  void OnRead(ErrorCode error, bool whole);
  void Count(std::size_t bytes);
  std::optional<TimePoint> NextRead();
  std::optional<TimePoint> NextTurn();
  void ReadAt(std::optional<TimePoint> time, bool whole);
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
  void CloseSocket();
  // `then`, unless the connection is closed by then.
  template <class Then>
  void WaitFor(TimePoint time, Then then) {
    if (!pause_) pause_.emplace(stream_.get_executor());
    pause_->expires_at(time);
    pause_->async_wait(
        [self = shared_from_this(), then = std::move(then)](const ErrorCode& /*cancelled*/) {
          if (self->state_ != State::kClosed) then();
        });
  }
  void OnDeadline();

  const std::weak_ptr<ServerCore> weak_core_;
  ServerCore& core_;
  ServingThread& thread_;
  ServerStream stream_;
  std::string remote_ip_;
  std::string remote_address_;
  std::atomic<bool> waiting_{true};
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> since_{0};
  std::atomic<std::int64_t> deadline_{0};
  std::atomic<std::uint64_t> request_number_{0};
  std::atomic<std::uint64_t> peer_ended_{0};

  // Used on its thread only; while handshake_runs_, stream_ on that of the handshakes.
  State state_ = State::kHandshake;
  bool handshake_runs_ = false;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  // Itself, while its request is with the handler: then no pending operation keeps it alive.
  std::shared_ptr<Connection> held_;
  std::optional<boost::asio::steady_timer> pause_;
  // Of this request.
  int crumbs_ = 0;
  std::size_t read_ = 0;
  std::size_t turn_left_ = 0;  // bytes
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
