// How a connection reads: a request from its first byte to its last, and what still comes after a refusal.
#include "server_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace plimsoll::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using Steady = std::chrono::steady_clock;

// A peer that sends a request in crumbs is read now and then after so many of them: each costs as much as a request.
constexpr std::size_t kCrumb = 512;
constexpr int kFreeCrumbs = 16;
constexpr std::chrono::milliseconds kCrumbPause{20};
// What a request may have without waiting for a turn: more than nearly all reviews have.
constexpr std::size_t kWithoutTurn = 128 * 1024;

}  // namespace

void Connection::ReadFirstByte() {
  if (closed_) return;
  if (core_.draining.load() && buffer_.size() == 0) {
    Close(true);
    return;
  }
  Enter(State::kIdle, core_.options.limits.idle_time);
  if (buffer_.size() > 0) {  // the next request came with the last one
    OnFirstByte({}, 0);
    return;
  }
  buffer_.reserve(kReadBytes);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                            self->OnFirstByte(error, bytes);
                          });
}

void Connection::OnFirstByte(ErrorCode error, std::size_t bytes) {
  if (error || closed_) {
    Close(false);
    return;
  }
  buffer_.commit(bytes);
  request_began_ = Steady::now();
  request_deadline_ = request_began_ + core_.options.limits.request_time;
  ++request_number_;
  ReadHeader();
}

// Parses what has arrived. True when the header, or with `whole` the request, is complete or wrong.
bool Connection::Feed(bool whole, ErrorCode& error) {
  parser_->eager(whole);
  while (buffer_.size() > 0) {
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error == beast::http::error::need_more) {
      error = {};
      return false;
    }
    if (error || (whole ? parser_->is_done() : parser_->is_header_done())) return true;
  }
  return false;
}

// Reads until Feed has enough. Beast's own reading would go through the scheduler once more for each part of a request,
// and would let a peer that sends one byte at a time have as much of the thread's time as it likes.
void Connection::ReadUntil(bool whole) {
  const std::size_t room = std::min(kReadBytes, buffer_.max_size() - buffer_.size());
  if (room == 0) {
    OnRead(beast::http::make_error_code(beast::http::error::buffer_overflow), whole);
    return;
  }
  stream_.async_read_some(buffer_.prepare(room),
                          [self = shared_from_this(), whole](ErrorCode error, std::size_t bytes) {
                            if (self->state_ == State::kClosed) return;
                            self->buffer_.commit(bytes);
                            self->Count(bytes);
                            self->OnRead(error, whole);
                          });
}

void Connection::OnRead(ErrorCode error, bool whole) {
  if (error == net::error::eof) {
    error = {};
    parser_->put_eof(error);
  } else if (!error && !Feed(whole, error)) {
    ReadAt(NextRead(), whole);
    return;
  }
  whole ? OnBody(error) : OnHeader(error);
}

void Connection::Count(std::size_t bytes) {
  if (bytes > 0 && bytes < kCrumb) ++crumbs_;
  read_ += bytes;
  turn_left_ -= std::min(turn_left_, bytes);
}

// Nothing where this connection need not wait.
std::optional<Connection::TimePoint> Connection::NextRead() {
  if (crumbs_ >= kFreeCrumbs) return Steady::now() + kCrumbPause;
  if (state_ != State::kLinger && read_ < kWithoutTurn) return std::nullopt;
  return NextTurn();
}

std::optional<Connection::TimePoint> Connection::NextTurn() {
  if (turn_left_ > 0) return std::nullopt;
  turn_left_ = ServingThread::kTurnBytes;
  const TimePoint now = Steady::now();
  const TimePoint turn = thread_.NextTurn(now);
  return turn > now ? std::optional(turn) : std::nullopt;
}

// What comes meanwhile is read in one piece.
void Connection::ReadAt(std::optional<TimePoint> time, bool whole) {
  if (!time) {
    ReadUntil(whole);
    return;
  }
  WaitFor(*time, [self = shared_from_this(), whole] {
    if (self->timed_out_) {
      self->OnRead(net::error::operation_aborted, whole);
    } else {
      self->ReadUntil(whole);
    }
  });
}

// A close with unread bytes is a reset, which can overtake the answer: what still comes is read and
// thrown away for a moment.
void Connection::Linger() {
  buffer_.clear();
  stream_.async_read_some(
      buffer_.prepare(kReadBytes), [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
        if (self->state_ != State::kLinger) return;
        self->Count(bytes);
        self->lingered_ += bytes;
        if (error || self->lingered_ > self->core_.options.limits.linger_bytes) {
          self->Close(false);
        } else if (const auto time = self->NextRead()) {
          self->WaitFor(*time, [self] { self->Linger(); });
        } else {
          self->Linger();
        }
      });
}

void Connection::ReadHeader() {
  parser_.emplace();
  PrepareParser(*parser_, core_.options, core_.bodies);
  timed_out_ = false;
  crumbs_ = 0;
  read_ = 0;
  turn_left_ = 0;
  Enter(State::kHeader, core_.options.limits.header_time);
  OnRead({}, false);
}

void Connection::OnHeader(ErrorCode error) {
  if (state_ == State::kClosed) return;
  if (error) {
    if (timed_out_) {
      Refuse({408, "header_time", "the request's header did not arrive in time"});
    } else {
      Refuse(RefusalOf(error, false));
    }
    return;
  }
  head_request_ = parser_->get().method() == beast::http::verb::head;
  const Refusal refusal = JudgeRequest(*parser_, core_.options);
  if (refusal.status != 0) {
    Refuse(refusal);
    return;
  }
  const auto expect = parser_->get().find(beast::http::field::expect);
  const bool wants_continue = expect != parser_->get().end() && parser_->get().version() >= 11;
  if (!wants_continue || parser_->is_done()) {
    ReadBody();
    return;
  }
  out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  Enter(State::kBody, core_.options.limits.body_time);
  net::async_write(stream_, net::buffer(out_head_),
                   [self = shared_from_this()](ErrorCode write_error, std::size_t) {
                     if (self->state_ == State::kClosed) return;
                     if (write_error) {
                       self->Close(false);
                       return;
                     }
                     self->ReadBody();
                   });
}

void Connection::ReadBody() {
  timed_out_ = false;
  if (parser_->is_done()) {
    Handle();
    return;
  }
  Enter(State::kBody, core_.options.limits.body_time);
  OnRead({}, true);
}

void Connection::OnBody(ErrorCode error) {
  if (state_ == State::kClosed) return;
  if (!error) {
    Handle();
  } else if (timed_out_) {
    Refuse({408, "body_time", "the request's body did not arrive in time"});
  } else {
    Refuse(RefusalOf(error, true));
  }
}

}  // namespace plimsoll::http
