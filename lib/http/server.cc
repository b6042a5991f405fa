#include "http/server.h"

#include <sys/resource.h>

#include "server_connection.h"
#include "server_core.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "base/printable.h"
#include "http/url.h"
#include "tls.h"

namespace plimsoll::http {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

constexpr std::chrono::milliseconds kSweepEvery{50};
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::chrono::milliseconds kPauseWhileEnding{1};
constexpr std::size_t kEnding = 16;
constexpr int kMaxThreads = 64;
constexpr int kReceiveBuffer = 128 * 1024;

struct ListenAddress {
  net::ip::address address;
  std::uint16_t port = 0;
  bool both_families = false;
};

tl::unexpected<Error> BadAddress(const std::string& text) {
  return Fail(kInvalidArgument,
              "expected an address as 127.0.0.1:8080, [::1]:8080 or :8080, got \"" +
                  Printable(text, 64) + "\"");
}

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return BadAddress(text);
  ListenAddress parsed;
  const std::string digits = text.substr(colon + 1);
  if (digits.empty()) return BadAddress(text);
  if (digits != "0") {
    const Result<std::string> port = NormalizeHostPort("h:" + digits, 1);
    if (!port) return BadAddress(text);
    parsed.port = static_cast<std::uint16_t>(std::stoul(port->substr(2)));
  }
  std::string host = text.substr(0, colon);
  if (host.empty()) {
    parsed.address = net::ip::address_v6::any();
    parsed.both_families = true;
    return parsed;
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return BadAddress(text);
  }
  boost::system::error_code error;
  parsed.address = net::ip::make_address(host, error);
  if (error) return BadAddress(text);
  return parsed;
}

boost::system::error_code Open(tcp::acceptor& acceptor, const ListenAddress& where) {
  boost::system::error_code error;
  const tcp::endpoint endpoint(where.address, where.port);
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (where.address.is_v6()) {
    acceptor.set_option(net::ip::v6_only(!where.both_families), error);
  }
  // Of every connection. The kernel would let each peer fill megabytes that nobody has asked for.
  acceptor.set_option(tcp::acceptor::receive_buffer_size(kReceiveBuffer), error);
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  return error;
}

class BeastServer final : public Server {
 public:
  BeastServer(std::shared_ptr<ServerCore> core)
      : core_(std::move(core)),
        acceptor_(core_->threads.front()->context),
        pause_(acceptor_.get_executor()),
        sweep_(acceptor_.get_executor()) {}

  ~BeastServer() override { BeastServer::Stop(std::chrono::milliseconds(0)); }

  Status Listen(ListenAddress where) {
    boost::system::error_code error = Open(acceptor_, where);
    if (error && where.both_families) {  // a machine without IPv6
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      where.address = net::ip::address_v4::any();
      where.both_families = false;
      error = Open(acceptor_, where);
    }
    if (error) {
      return Fail(kUnavailable,
                  "cannot listen on " + core_->options.address + ": " + error.message());
    }
    const tcp::endpoint bound = acceptor_.local_endpoint(error);
    port_ = bound.port();
    const std::string host = bound.address().to_string();
    address_ = (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port_);
    net::post(acceptor_.get_executor(), [this] {
      Accept();
      Sweep();
    });
    for (const std::unique_ptr<ServingThread>& thread : core_->threads) {
      guards_.push_back(net::make_work_guard(thread->context));
      threads_.emplace_back([core = core_, &context = thread->context] { Run(*core, context); });
    }
    if (core_->handshakes) {
      guards_.push_back(net::make_work_guard(*core_->handshakes));
      threads_.emplace_back([core = core_] {
        StepBack();
        Run(*core, *core->handshakes);
      });
    }
    return {};
  }

  std::uint16_t port() const override { return port_; }
  std::string address() const override { return address_; }

  Status ReplaceCertificate(const std::string& certificate_chain_pem,
                            const std::string& private_key_pem) override {
    PLIMSOLL_ASSIGN(std::shared_ptr<SSL_CTX> tls,
                    NewServerContext(certificate_chain_pem, private_key_pem));
    core_->SetTls(std::move(tls));
    return {};
  }

  void Retire() override { core_->retiring = true; }

  void Stop(std::chrono::milliseconds drain) override {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    core_->draining = true;
    net::post(acceptor_.get_executor(), [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    core_->ForEach([](Connection& connection) { connection.Drain(); });
    if (!core_->WaitForNone(drain)) {
      core_->ForEach([](Connection& connection) { connection.Kill(); });
      constexpr std::chrono::milliseconds kForClosing{200};
      core_->WaitForNone(kForClosing);
    }
    guards_.clear();
    for (const std::unique_ptr<ServingThread>& thread : core_->threads) thread->context.stop();
    if (core_->handshakes) core_->handshakes->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    core_->ForEach([](Connection& connection) { connection.Forget(); });
  }

 private:
  static void BlockSigpipe() {
    sigset_t gone;
    sigemptyset(&gone);
    sigaddset(&gone, SIGPIPE);
    static_cast<void>(pthread_sigmask(SIG_BLOCK, &gone, nullptr));
  }

  // Of this thread: those who are connected go first.
  static void StepBack() {
    constexpr int kStepBack = 10;
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kStepBack));
  }

  static void Run(ServerCore& core, net::io_context& context) {
    BlockSigpipe();
    while (true) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        // Only memory can run out here; the connection whose handler threw is gone.
        core.logger.Err("a connection ended in an exception",
                        {{"server", core.options.name}, {"error", std::string_view(error.what())}});
      }
    }
  }

  void Accept() {
    ServingThread& thread = core_->NextThread();
    acceptor_.async_accept(thread.context,
                           [this, &thread](boost::system::error_code error, tcp::socket socket) {
                             OnAccept(error, thread, std::move(socket));
                           });
  }

  void OnAccept(boost::system::error_code error, ServingThread& thread, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      const auto connection = std::make_shared<Connection>(core_, thread, std::move(socket));
      if (core_->Register(connection)) {
        connection->Start();
      } else {
        core_->Refused("connections").Add();
      }
      AcceptNext();
      return;
    }
    // Out of file descriptors or memory: a loop without a pause would burn the processor.
    core_->Refused("accept").Add();
    pause_.expires_after(kPauseAfterAcceptError);
    pause_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && acceptor_.is_open()) Accept();
    });
  }

  // Those that made room may still be ending. While many are, nobody new comes in: a flood would cost a multiple of
  // what the limit allows.
  void AcceptNext() {
    if (!acceptor_.is_open()) return;
    if (core_->alive <= core_->options.limits.max_connections + kEnding) {
      Accept();
      return;
    }
    pause_.expires_after(kPauseWhileEnding);
    pause_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) AcceptNext();
    });
  }

  void Sweep() {
    sweep_.expires_after(kSweepEvery);
    sweep_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      core_->Sweep();
      Sweep();
    });
  }

  const std::shared_ptr<ServerCore> core_;
  std::vector<net::executor_work_guard<net::io_context::executor_type>> guards_;
  tcp::acceptor acceptor_;
  net::steady_timer pause_;
  net::steady_timer sweep_;
  std::uint16_t port_ = 0;
  std::string address_;
  std::mutex stop_mutex_;
  bool stopped_ = false;              // guarded by stop_mutex_
  std::vector<std::thread> threads_;  // guarded by stop_mutex_ after Listen
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, Handler handler,
                                              Metrics& metrics, Logger& logger) {
  if (options.threads < 1 || options.threads > kMaxThreads || options.limits.max_connections == 0) {
    return Fail(kInvalidArgument, "a server has 1 to 64 threads and at least one connection");
  }
  for (const BodyLimit& limit : options.body_limits) {
    if (limit.max_body_bytes > options.limits.large_pool_bytes) {
      return Fail(kInvalidArgument, "no body is larger than the pool of large ones");
    }
  }
  PLIMSOLL_ASSIGN(const ListenAddress where, ParseListenAddress(options.address));
  std::shared_ptr<SSL_CTX> tls;
  if (options.tls) {
    PLIMSOLL_ASSIGN(tls, NewServerContext(options.certificate_chain_pem, options.private_key_pem));
  }
  auto core = std::make_shared<ServerCore>(std::move(options), std::move(handler), metrics, logger);
  core->SetTls(std::move(tls));
  auto server = std::make_unique<BeastServer>(std::move(core));
  PLIMSOLL_TRY(server->Listen(where));
  return server;
}

}  // namespace plimsoll::http
