// How a connection reads a request: the half of Connection from the first byte to the last.
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
                            if (bytes > 0 && bytes < kCrumb) ++self->crumbs_;
                            self->OnRead(error, whole);
                          });
}

void Connection::OnRead(ErrorCode error, bool whole) {
  if (error == net::error::eof) {
    error = {};
    parser_->put_eof(error);
  } else if (!error && !Feed(whole, error)) {
    crumbs_ < kFreeCrumbs ? ReadUntil(whole) : ReadLater(whole);
    return;
  }
  whole ? OnBody(error) : OnHeader(error);
}

// What comes meanwhile is read in one piece.
void Connection::ReadLater(bool whole) {
  if (!pause_) pause_.emplace(stream_.get_executor());
  pause_->expires_after(kCrumbPause);
  pause_->async_wait([self = shared_from_this(), whole](ErrorCode) {
    if (self->state_ == State::kClosed) return;
    if (self->timed_out_) {
      self->OnRead(net::error::operation_aborted, whole);
    } else {
      self->ReadUntil(whole);
    }
  });
}

void Connection::ReadHeader() {
  parser_.emplace();
  PrepareParser(*parser_, core_.options, core_.bodies);
  timed_out_ = false;
  crumbs_ = 0;
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
