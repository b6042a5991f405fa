#include "bare_echo.h"

#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <thread>
#include <vector>

namespace plimsoll::bench {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using net::ip::tcp;

constexpr std::size_t kReadBytes = 64 * 1024;

class EchoSession : public std::enable_shared_from_this<EchoSession> {
 public:
  EchoSession(tcp::socket socket, net::ssl::context& tls) : stream_(std::move(socket), tls) {
    buffer_.reserve(kReadBytes);
  }
  void Start() {
    beast::get_lowest_layer(stream_).socket().set_option(tcp::no_delay(true));
    stream_.async_handshake(net::ssl::stream_base::server,
                            [self = shared_from_this()](beast::error_code error) {
                              if (!error) self->Read();
                            });
  }

 private:
  void Read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->Write();
                     });
  }
  void Write() {
    response_.emplace(http::status::ok, request_.version());
    response_->set(http::field::content_type, "application/json");
    response_->keep_alive(request_.keep_alive());
    response_->body() = std::move(request_.body());
    response_->prepare_payload();
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->Read();
                      });
  }

  beast::ssl_stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  std::optional<http::response<http::string_body>> response_;
};

}  // namespace

struct BareEcho::Impl {
  explicit Impl(int concurrency)
      : contexts(static_cast<std::size_t>(concurrency)),
        tls(net::ssl::context::tls_server),
        acceptor(contexts.front().context) {}

  void Accept() {
    acceptor.async_accept(contexts[next++ % contexts.size()].context,
                          [this](beast::error_code error, tcp::socket socket) {
                            if (error) return;
                            std::make_shared<EchoSession>(std::move(socket), tls)->Start();
                            Accept();
                          });
  }

  // One a thread, as our server has them.
  struct OneThread {
    net::io_context context{1};
    net::executor_work_guard<net::io_context::executor_type> guard{context.get_executor()};
  };
  std::vector<OneThread> contexts;
  std::size_t next = 0;
  net::ssl::context tls;
  tcp::acceptor acceptor;
  std::vector<std::thread> threads;
};

BareEcho::BareEcho(const std::string& certificate_pem, const std::string& key_pem, int threads)
    : impl_(std::make_unique<Impl>(threads)) {
  impl_->tls.use_certificate_chain(net::buffer(certificate_pem));
  impl_->tls.use_private_key(net::buffer(key_pem), net::ssl::context::pem);
  const tcp::endpoint any(net::ip::address_v4::loopback(), 0);
  impl_->acceptor.open(any.protocol());
  impl_->acceptor.bind(any);
  impl_->acceptor.listen();
  impl_->Accept();
  for (Impl::OneThread& one : impl_->contexts) {
    impl_->threads.emplace_back([&one] { one.context.run(); });
  }
}

BareEcho::~BareEcho() {
  for (Impl::OneThread& one : impl_->contexts) one.context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

std::uint16_t BareEcho::port() const { return impl_->acceptor.local_endpoint().port(); }

}  // namespace plimsoll::bench
