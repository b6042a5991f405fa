#include "support/http_load/http_load.h"

#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace plimsoll::testing {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64 * 1024;

class LoadConnection : public std::enable_shared_from_this<LoadConnection> {
 public:
  LoadConnection(net::io_context& context, net::ssl::context& tls, const LoadPlan& plan,
                 Steady::time_point from, Steady::time_point until)
      : plan_(plan),
        from_(from),
        until_(until),
        socket_(net::make_strand(context)),
        stream_(socket_, tls),
        pause_(socket_.get_executor()),
        buffer_(kReadBytes) {}

  void Start() {
    boost::system::error_code error;
    socket_.connect({net::ip::address_v4::loopback(), plan_.port}, error);
    if (error) {
      ++failures_;
      return;
    }
    socket_.set_option(tcp::no_delay(true), error);
    if (!plan_.tls) {
      Ask();
      return;
    }
    stream_.async_handshake(net::ssl::stream_base::client,
                            [self = shared_from_this()](boost::system::error_code failed) {
                              failed ? self->Fail() : self->Ask();
                            });
  }

  const std::vector<double>& latencies() const { return latencies_; }
  std::uint64_t failures() const { return failures_; }

 private:
  void Fail() { ++failures_; }

  void Ask() {
    began_ = Steady::now();
    if (began_ >= until_ || (plan_.most_requests != 0 && asked_ == plan_.most_requests)) return;
    const std::string& request = plan_.requests[asked_++ % plan_.requests.size()];
    have_ = 0;
    auto sent = [self = shared_from_this()](boost::system::error_code error, std::size_t) {
      error ? self->Fail() : self->Read();
    };
    if (plan_.tls) {
      net::async_write(stream_, net::buffer(request), sent);
    } else {
      net::async_write(socket_, net::buffer(request), sent);
    }
  }

  void Read() {
    auto read = [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
      error ? self->Fail() : self->OnRead(bytes);
    };
    const auto room = net::buffer(buffer_.data() + have_, buffer_.size() - have_);
    if (plan_.tls) {
      stream_.async_read_some(room, read);
    } else {
      socket_.async_read_some(room, read);
    }
  }

  void OnRead(std::size_t bytes) {
    have_ += bytes;
    const std::string_view answer(buffer_.data(), have_);
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      Read();
      return;
    }
    const std::size_t field = answer.find("Content-Length: ");
    const std::size_t length =
        field < end ? std::strtoull(answer.data() + field + 16, nullptr, 10) : 0;
    if (end + 4 + length > buffer_.size()) {
      Fail();
    } else if (have_ < end + 4 + length) {
      Read();
    } else if (!answer.starts_with("HTTP/1.1 200 ") ||
               answer.find(plan_.expected) == std::string_view::npos) {
      Fail();
    } else {
      const Steady::time_point now = Steady::now();
      if (began_ >= from_ && now <= until_) {
        latencies_.push_back(std::chrono::duration<double, std::micro>(now - began_).count());
      }
      Pause();
    }
  }

  void Pause() {
    if (plan_.pause.count() == 0) {
      Ask();
      return;
    }
    pause_.expires_after(plan_.pause);
    pause_.async_wait([self = shared_from_this()](boost::system::error_code) { self->Ask(); });
  }

  const LoadPlan& plan_;
  const Steady::time_point from_;
  const Steady::time_point until_;
  tcp::socket socket_;
  net::ssl::stream<tcp::socket&> stream_;
  net::steady_timer pause_;
  std::vector<char> buffer_;
  std::size_t have_ = 0;
  std::size_t asked_ = 0;
  Steady::time_point began_;
  std::vector<double> latencies_;
  std::uint64_t failures_ = 0;
};

}  // namespace

LoadResult RunLoad(const LoadPlan& plan) {
  net::io_context context(plan.threads);
  net::ssl::context tls(net::ssl::context::tls_client);
  const Steady::time_point from = Steady::now() + plan.warm_up;
  const Steady::time_point until = from + plan.time;
  std::vector<std::shared_ptr<LoadConnection>> connections;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    connections.push_back(std::make_shared<LoadConnection>(context, tls, plan, from, until));
    connections.back()->Start();
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < plan.threads; ++i) threads.emplace_back([&] { context.run(); });
  for (std::thread& thread : threads) thread.join();

  LoadResult result;
  std::vector<double> all;
  for (const auto& connection : connections) {
    all.insert(all.end(), connection->latencies().begin(), connection->latencies().end());
    result.failures += connection->failures();
  }
  std::sort(all.begin(), all.end());
  result.requests = all.size();
  result.per_second =
      static_cast<double>(all.size()) / std::chrono::duration<double>(plan.time).count();
  if (!all.empty()) {
    result.p50_us = all[all.size() / 2];
    result.p99_us = all[std::min(all.size() - 1, all.size() * 99 / 100)];
  }
  return result;
}

std::string PostRequest(const std::string& path, const std::string& content_type,
                        const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: kube-apiserver-admission\r\n" +
         "Content-Length: " + std::to_string(body.size()) +
         "\r\nAccept: application/json, */*\r\nContent-Type: " + content_type +
         "\r\nAccept-Encoding: gzip\r\n\r\n" + body;
}

}  // namespace plimsoll::testing
