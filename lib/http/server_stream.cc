#include "server_stream.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <limits>

#include <openssl/err.h>

namespace plimsoll::http {
namespace {

int Length(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

bool ServerStream::UseTls(SSL_CTX* context) {
  ErrorCode error;
  socket_.native_non_blocking(true, error);
  SslPtr<SSL> ssl(SSL_new(context));
  if (error || !ssl || SSL_set_fd(ssl.get(), socket_.native_handle()) != 1) return false;
  SSL_set_accept_state(ssl.get());
  ssl_ = std::move(ssl);
  return true;
}

ServerStream::Step ServerStream::Handshake() {
  ERR_clear_error();
  return Judge(SSL_do_handshake(ssl_.get()), 0).step;
}

void ServerStream::EndSending() {
  if (ssl_) {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(ssl_.get()));
    ERR_clear_error();
  }
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

ServerStream::Outcome ServerStream::Read(boost::asio::mutable_buffer into) {
  ERR_clear_error();
  const int count = SSL_read(ssl_.get(), into.data(), Length(into.size()));
  return Judge(count, static_cast<std::size_t>(std::max(count, 0)));
}

ServerStream::Outcome ServerStream::Write(boost::asio::const_buffer from) {
  if (from.size() == 0) return {};
  ERR_clear_error();
  const int count = SSL_write(ssl_.get(), from.data(), Length(from.size()));
  return Judge(count, static_cast<std::size_t>(std::max(count, 0)));
}

// An end without close_notify is no end of a message: whoever is between the two can bring it about.
ServerStream::Outcome ServerStream::Judge(int result, std::size_t bytes) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  switch (error) {
    case SSL_ERROR_NONE:
      return {Step::kDone, bytes, {}};
    case SSL_ERROR_WANT_READ:
      return {Step::kWantsRead, 0, {}};
    case SSL_ERROR_WANT_WRITE:
      return {Step::kWantsWrite, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::kFailed, 0, boost::asio::error::eof};
    default:
      return {Step::kFailed, 0, boost::asio::error::connection_reset};
  }
}

}  // namespace plimsoll::http
