#include "server_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <limits>

#include <sys/socket.h>

#include "response_head.h"

namespace plimsoll::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kOneWrite = 64 * 1024;  // up to here header and body go out together
constexpr std::chrono::milliseconds kLastWriteTime{1'000};

std::int64_t Ticks(Steady::time_point time) { return time.time_since_epoch().count(); }

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, ServingThread& thread,
                       net::ip::tcp::socket socket)
    : weak_core_(core),
      core_(*core),
      thread_(thread),
      stream_(std::move(socket)),
      buffer_(core->options.limits.max_header_bytes + kReadBytes) {
  ++core_.alive;
  beast::error_code error;
  const auto endpoint = stream_.socket().remote_endpoint(error);
  if (!error) {
    remote_ip_ = endpoint.address().to_string();
    remote_address_ = (endpoint.address().is_v6() ? "[" + remote_ip_ + "]" : remote_ip_) + ":" +
                      std::to_string(endpoint.port());
  }
  since_ = Ticks(Steady::now());
}

Connection::~Connection() {
  --core_.alive;
  core_.Unregister(this);
}

void Connection::Enter(State state, std::chrono::milliseconds time) {
  const Steady::time_point now = Steady::now();
  Steady::time_point until = now + time;
  if (state == State::kHeader || state == State::kBody || state == State::kHandling) {
    until = std::min(until, request_deadline_);
  }
  state_ = state;
  deadline_ = Ticks(until);
  since_ = Ticks(now);
  waiting_ = state == State::kHandshake || state == State::kIdle;
}

void Connection::Start() {
  net::dispatch(stream_.get_executor(), [self = shared_from_this()] {
    beast::error_code ignored;
    self->stream_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
    self->Enter(State::kHandshake, self->core_.options.limits.handshake_time);
    if (!self->core_.options.tls) {
      self->ReadFirstByte();
      return;
    }
    // A peer that says nothing costs no more than its socket: TLS is 80 KiB.
    self->stream_.socket().async_wait(
        net::ip::tcp::socket::wait_read,
        [self](beast::error_code error) { error ? self->Close(false) : self->Handshake(); });
  });
}

void Connection::Handshake() {
  if (closed_) return;
  if (!stream_.UseTls(core_.Tls().get())) {
    Close(false);
    return;
  }
  AdvanceHandshake();
}

void Connection::AdvanceHandshake() {
  if (closed_) return;
  handshake_runs_ = true;
  net::post(*core_.handshakes, [self = shared_from_this()] {
    const ServerStream::Step step = self->stream_.Handshake();
    net::post(self->stream_.get_executor(), [self, step] { self->OnHandshake(step); });
  });
}

void Connection::OnHandshake(ServerStream::Step step) {
  handshake_runs_ = false;
  if (state_ == State::kClosed) {
    CloseSocket();
    return;
  }
  const auto again = [self = shared_from_this()](beast::error_code error) {
    error ? self->Close(false) : self->AdvanceHandshake();
  };
  switch (step) {
    case ServerStream::Step::kDone:
      ReadFirstByte();
      break;
    case ServerStream::Step::kWantsRead:
      stream_.socket().async_wait(net::ip::tcp::socket::wait_read, again);
      break;
    case ServerStream::Step::kWantsWrite:
      stream_.socket().async_wait(net::ip::tcp::socket::wait_write, again);
      break;
    case ServerStream::Step::kFailed:
      core_.Refused("handshake").Add();
      Close(false);
      break;
  }
}

// The answer to one request. The last copy's end without an answer is an answer, too.
class Responder::Sink {
 public:
  Sink(std::shared_ptr<ServerCore> core, std::weak_ptr<Connection> connection,
       std::uint64_t request)
      : core_(std::move(core)), connection_(std::move(connection)), request_(request) {}
  ~Sink() {
    if (!answered_.load()) Send({500, {}, "no answer\n"});
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void Send(ServerResponse response) {
    if (answered_.exchange(true)) return;
    const std::shared_ptr<Connection> connection = connection_.lock();
    if (connection) connection->Deliver(request_, std::move(response));
  }
  bool Abandoned() const {
    const std::shared_ptr<Connection> connection = connection_.lock();
    return !connection || connection->abandoned(request_);
  }
  bool answered() const { return answered_.load(); }

 private:
  const std::shared_ptr<ServerCore> core_;  // keeps the executor that Deliver posts to
  const std::weak_ptr<Connection> connection_;
  const std::uint64_t request_;
  std::atomic<bool> answered_{false};
};

Responder::Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
void Responder::Send(ServerResponse response) const { sink_->Send(std::move(response)); }
bool Responder::Abandoned() const { return sink_->Abandoned(); }

void Connection::Handle() {
  Enter(State::kHandling, core_.options.limits.request_time);
  auto& message = parser_->get();
  keep_alive_ = message.keep_alive();
  ServerRequest request;
  request.method.assign(message.method_string().data(), message.method_string().size());
  const std::string_view target = View(message.target());
  const std::size_t mark = target.find('?');
  request.path.assign(target.substr(0, mark));
  if (mark != std::string_view::npos) request.query.assign(target.substr(mark + 1));
  for (const auto& field : message) {
    request.headers.Add(std::string(View(field.name_string())), std::string(View(field.value())));
  }
  request.body = std::move(message.body().text);
  request.remote_address = remote_address_;
  request.deadline = request_deadline_;
  const std::shared_ptr<ServerCore> core = weak_core_.lock();
  if (!core) {
    Close(false);
    return;
  }
  // Whoever keeps the request beyond this connection keeps its room: the body is still there.
  if (message.body().share.holds()) {
    using Room = std::pair<std::shared_ptr<ServerCore>, BodyPool::Share>;
    request.body_room = std::make_shared<Room>(core, std::move(message.body().share));
  }
  held_ = shared_from_this();
  const auto sink =
      std::make_shared<Responder::Sink>(core, weak_from_this(), request_number_.load());
  try {
    core_.handler(std::move(request), Responder(sink));
  } catch (const std::exception& error) {
    core_.logger.Err("a request's handler failed",
                     {{"server", core_.options.name}, {"error", std::string_view(error.what())}});
    sink->Send({500, {}, "internal error\n"});
  }
  if (!sink->answered()) WatchPeer();
}

// Sees a peer that goes away while its request is worked on.
void Connection::WatchPeer() {
  stream_.socket().async_wait(
      net::ip::tcp::socket::wait_read,
      [self = shared_from_this(), request = request_number_.load()](ErrorCode error) {
        if (error || self->state_ != State::kHandling || self->request_number_.load() != request) {
          return;
        }
        char byte = 0;
        const ssize_t seen =
            recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        // A peer that only ended its own side may still read: the answer is sent all the same.
        if (seen == 0) self->peer_ended_ = self->request_number_.load();
        if (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK) self->Close(false);
      });
}

void Connection::Deliver(std::uint64_t request, ServerResponse response) {
  net::dispatch(stream_.get_executor(),
                [self = shared_from_this(), request, response = std::move(response)]() mutable {
                  if (self->state_ == State::kHandling && self->request_number_.load() == request) {
                    self->Answer(std::move(response));
                  }
                });
}

void Connection::Answer(ServerResponse response) {
  if (response.body.size() > core_.options.limits.max_response_bytes || response.status < 200 ||
      response.status > 599) {
    response = {500, {}, "the answer cannot be sent\n"};
  }
  const bool close = !keep_alive_ || core_.draining.load() || core_.retiring.load();
  Write(response, close);
}

void Connection::Refuse(const Refusal& refusal) {
  if (refusal.status == 0) {
    Close(false);
    return;
  }
  core_.Refused(refusal.reason).Add();
  ServerResponse response;
  response.status = refusal.status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  if (refusal.status == 503) response.headers.Add("Retry-After", "1");
  response.body = std::string(refusal.text) + "\n";
  linger_after_ = true;
  // The body is not wanted any more: its memory is for others while the answer is on its way.
  if (parser_) {
    parser_->get().body().text = std::string();
    parser_->get().body().share.Release();
  }
  Write(response, true);
}

void Connection::Write(const ServerResponse& response, bool close) {
  const std::shared_ptr<Connection> until_written =
      std::move(held_);  // from here on the writing holds it
  const std::chrono::duration<double> took = Steady::now() - request_began_;
  core_.Requests(response.status).Add();
  core_.request_seconds.Observe(took.count());
  close_after_ = close;
  out_head_ = ResponseHead(response, close, std::time(nullptr));
  out_body_.clear();
  if (MayHaveBody(response.status) && !head_request_) {
    if (response.body.size() <= kOneWrite) {
      out_head_ += response.body;
    } else {
      out_body_ = response.body;
    }
  }
  Enter(State::kWriting,
        std::max(kLastWriteTime, std::chrono::duration_cast<std::chrono::milliseconds>(
                                     request_deadline_ - Steady::now())));
  const auto done = [this, holder = shared_from_this()](ErrorCode error, std::size_t) {
    OnWritten(error);
  };
  if (out_body_.empty()) {
    net::async_write(stream_, net::buffer(out_head_), done);
  } else {
    const std::array<net::const_buffer, 2> both = {net::buffer(out_head_), net::buffer(out_body_)};
    net::async_write(stream_, both, done);
  }
}

void Connection::OnWritten(ErrorCode error) {
  if (state_ == State::kClosed) return;
  out_body_ = std::string();
  if (error) {
    Close(false);
  } else if (linger_after_) {
    Enter(State::kLinger, core_.options.limits.linger_time);
    if (!stream_.tls()) stream_.EndSending();
    parser_.reset();
    Linger();
  } else if (close_after_) {
    Close(true);
  } else {
    parser_.reset();
    ReadFirstByte();
  }
}

void Connection::Close(bool orderly) {
  if (state_ == State::kClosed || (orderly && closed_)) return;
  closed_ = true;
  const std::shared_ptr<Connection> holder = std::move(held_);
  if (orderly && stream_.tls() && state_ != State::kHandshake) {
    // The peer learns that the end is ours. Its own is not waited for beyond the time of a refusal: the sweep closes the
    // socket.
    const bool reads = state_ == State::kIdle;
    Enter(State::kLinger, core_.options.limits.linger_time);
    stream_.EndSending();
    if (!reads) Linger();
    return;
  }
  state_ = State::kClosed;
  CloseSocket();
}

// While a handshake's step uses the socket on its thread, the socket's number must not become another's.
void Connection::CloseSocket() {
  ErrorCode ignored;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_both, ignored);
  if (!handshake_runs_) stream_.socket().close(ignored);
  if (pause_) pause_->cancel();
}

void Connection::CheckTime() {
  net::post(stream_.get_executor(), [self = shared_from_this()] { self->OnDeadline(); });
}

void Connection::OnDeadline() {
  if (Ticks(Steady::now()) < deadline_.load()) return;
  switch (state_) {
    case State::kHeader:
    case State::kBody: {
      // The pending read ends with an error, and its handler answers. When none is pending at this
      // moment, the next sweep comes back.
      timed_out_ = true;
      ErrorCode ignored;
      stream_.socket().cancel(ignored);
      break;
    }
    case State::kHandling:
      keep_alive_ = false;
      Refuse({503, "request_time", "no answer in time"});
      break;
    case State::kHandshake:
      core_.Refused("handshake_time").Add();
      Close(false);
      break;
    case State::kIdle:
      Close(true);
      break;
    case State::kWriting:
      core_.Refused("write_time").Add();
      Close(false);
      break;
    case State::kLinger:
      Close(false);
      break;
    case State::kClosed:
      break;
  }
}

void Connection::Drain() {
  net::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->state_ == State::kIdle || self->state_ == State::kHandshake) self->Close(true);
  });
}

void Connection::Kill() {
  net::post(stream_.get_executor(), [self = shared_from_this()] { self->Close(false); });
}

void Connection::Forget() {
  state_ = State::kClosed;
  closed_ = true;
  ErrorCode ignored;
  stream_.socket().close(ignored);
  held_.reset();
}

}  // namespace plimsoll::http
