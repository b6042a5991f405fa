#include "kube/cpprest_transport.h"

#include <openssl/err.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include "base/printable.h"
#include "kube/api_error.h"
#include "kubeconfig.h"
#include "line_cutter.h"
#include "tls.h"

namespace plimsoll::kube {
namespace {

namespace http = web::http;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kWatchHighWater = 4u
                                        << 20;  // bytes that wait for the sink before the peer must
constexpr std::size_t kMaxErrorBody = 64u << 10;               // of a watch that was not opened
constexpr Duration kHeadersWithin = std::chrono::seconds(60);  // of a watch
constexpr Duration kCancelGrace = std::chrono::seconds(1);
constexpr std::int64_t kLongestRetryAfter = 3'600;

// What goes on between a pool thread and the caller. Shared, because a request that was given up may still come
// to an end later.
struct Exchange {
  std::mutex mutex;
  std::condition_variable_any changed;
  int status = 0;  // 0 until the headers are here
  std::optional<Duration> retry_after;
  bool done = false;
  std::optional<Error> error;  // why it ended, when not well

  void Finish(std::optional<Error> why) {
    const std::lock_guard lock(mutex);
    if (done) return;
    done = true;
    error = std::move(why);
    changed.notify_all();
  }
};

// Takes the body as it arrives, on pool threads.
class BodyTaker {
 public:
  virtual ~BodyTaker() = default;
  // A task that ends when more may come; a failed one ends the request.
  virtual pplx::task<std::size_t> Take(const std::uint8_t* data, std::size_t size) = 0;
};

pplx::task<std::size_t> RefuseBody() {
  return pplx::task_from_exception<std::size_t>(std::runtime_error("refused"));
}

// The response buffer that cpprestsdk writes to: write only, and nothing is ever taken on trust. A negative chunk
// size arrives here as an enormous count, and is refused before a byte is read.
class TakingBuffer final
    : public Concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
 public:
  explicit TakingBuffer(std::shared_ptr<BodyTaker> taker)
      : streambuf_state_manager(std::ios_base::out), taker_(std::move(taker)) {}

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override {
    return static_cast<pos_type>(traits::eof());
  }
  pos_type seekpos(pos_type, std::ios_base::openmode) override {
    return static_cast<pos_type>(traits::eof());
  }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return static_cast<pos_type>(traits::eof());
  }
  bool acquire(std::uint8_t*& data, std::size_t& size) override {
    data = nullptr;
    size = 0;
    return false;
  }
  void release(std::uint8_t*, std::size_t) override {}

 protected:
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  pplx::task<int_type> _putc(std::uint8_t byte) override {
    return taker_->Take(&byte, 1).then([byte](std::size_t) { return static_cast<int_type>(byte); });
  }
  pplx::task<std::size_t> _putn(const std::uint8_t* data, std::size_t size) override {
    return taker_->Take(data, size);
  }
  std::uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}
  pplx::task<int_type> _bumpc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  pplx::task<int_type> _ungetc() override {
    return pplx::task_from_result<int_type>(traits::eof());
  }
  pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override {
    return pplx::task_from_result<std::size_t>(0);
  }
  std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }

 private:
  const std::shared_ptr<BodyTaker> taker_;
};

// The whole body of a call, up to a limit.
class WholeBody final : public BodyTaker {
 public:
  WholeBody(std::size_t limit, std::shared_ptr<FlowGuard> guard)
      : limit_(limit), guard_(std::move(guard)) {}

  pplx::task<std::size_t> Take(const std::uint8_t* data, std::size_t size) override {
    const std::lock_guard lock(mutex_);
    if (size > limit_ - body_.size()) {
      exceeded_ = true;
      return RefuseBody();
    }
    body_.append(reinterpret_cast<const char*>(data), size);
    guard_->OnDelivered(size);
    return pplx::task_from_result(size);
  }
  std::string TakeBody() {
    const std::lock_guard lock(mutex_);
    return std::move(body_);
  }
  bool exceeded() {
    const std::lock_guard lock(mutex_);
    return exceeded_;
  }

 private:
  const std::size_t limit_;
  const std::shared_ptr<FlowGuard> guard_;
  std::mutex mutex_;
  std::string body_;       // guarded by mutex_
  bool exceeded_ = false;  // guarded by mutex_
};

// The body of a watch, handed over piece by piece. When the caller is slower than the server, the answer to the
// library waits, and with it the peer.
class StreamedBody final : public BodyTaker {
 public:
  StreamedBody(std::shared_ptr<Exchange> exchange, std::size_t max_piece,
               std::shared_ptr<FlowGuard> guard)
      : exchange_(std::move(exchange)), max_piece_(max_piece), guard_(std::move(guard)) {}

  pplx::task<std::size_t> Take(const std::uint8_t* data, std::size_t size) override {
    const std::lock_guard lock(exchange_->mutex);
    if (closed_) return RefuseBody();
    if (size > max_piece_) {
      exceeded_ = true;
      return RefuseBody();
    }
    waiting_.append(reinterpret_cast<const char*>(data), size);
    guard_->OnDelivered(size);
    exchange_->changed.notify_all();
    if (waiting_.size() < kWatchHighWater) return pplx::task_from_result(size);
    room_ = Room{pplx::task_completion_event<std::size_t>(), size};
    return pplx::create_task(room_->event);
  }

  // With the exchange's mutex held.
  bool HasBytes() const { return !waiting_.empty(); }
  bool exceeded() const { return exceeded_; }
  std::string TakeBytes() {
    std::string bytes = std::exchange(waiting_, {});
    if (room_) std::exchange(room_, std::nullopt)->MakeRoom();
    return bytes;
  }
  void Close() {
    closed_ = true;
    waiting_.clear();
    if (room_)
      std::exchange(room_, std::nullopt)->event.set_exception(std::runtime_error("closed"));
  }

 private:
  struct Room {
    pplx::task_completion_event<std::size_t> event;
    std::size_t size;
    void MakeRoom() const { event.set(size); }
  };
  const std::shared_ptr<Exchange> exchange_;
  const std::size_t max_piece_;
  const std::shared_ptr<FlowGuard> guard_;
  // Guarded by the exchange's mutex.
  std::string waiting_;
  std::optional<Room> room_;
  bool exceeded_ = false;
  bool closed_ = false;
};

std::optional<Duration> ReadRetryAfter(const http::http_headers& headers) {
  const auto found = headers.find("Retry-After");
  if (found == headers.end() || found->second.empty() || found->second.size() > 6)
    return std::nullopt;
  if (found->second.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::chrono::seconds(
      std::min<std::int64_t>(std::stoll(found->second), kLongestRetryAfter));
}

// What an exception of the library means. `server` is for the message.
Error Explain(const std::exception_ptr& problem, const std::string& server) {
  try {
    std::rethrow_exception(problem);
  } catch (const http::http_exception& error) {
    const std::string what = error.what();
    const int code = error.error_code().value();
    if (code == static_cast<int>(std::errc::timed_out)) {
      return {kTimeout, server + ": no answer in time", true};
    }
    if (what.find("SSL handshake") != std::string::npos) {
      const char* reason = ERR_reason_error_string(static_cast<unsigned long>(code));
      return {kTlsFailed,
              server + ": TLS failed" + (reason == nullptr ? "" : std::string(": ") + reason) +
                  "; expected a certificate of the configured CA for this name",
              true};
    }
    return {kConnectionFailed, server + ": " + Printable(what), true};
  } catch (const std::exception& error) {
    return {kConnectionFailed, server + ": " + Printable(error.what()), true};
  } catch (...) {
    return {kConnectionFailed, server + ": the connection failed", true};
  }
}

// Sends, and lets `exchange` know of headers and end. The last continuation takes a task, so that no exception of
// the library is ever left unobserved (it would end the process).
void Begin(http::client::http_client& client, http::http_request& request,
           const pplx::cancellation_token& token, const std::shared_ptr<Exchange>& exchange,
           const std::string& server) {
  const auto fail = [exchange, server] {
    exchange->Finish(Explain(std::current_exception(), server));
  };
  try {
    client.request(request, token).then([exchange, fail](pplx::task<http::http_response> answered) {
      try {
        const http::http_response response = answered.get();
        {
          const std::lock_guard lock(exchange->mutex);
          exchange->status = response.status_code();
          exchange->retry_after = ReadRetryAfter(response.headers());
          exchange->changed.notify_all();
        }
        response.content_ready().then([exchange, fail](pplx::task<http::http_response> complete) {
          try {
            complete.get();
            exchange->Finish(std::nullopt);
          } catch (...) {
            fail();
          }
        });
      } catch (...) {
        fail();
      }
    });
  } catch (...) {
    fail();
  }
}

struct PooledClient {
  std::shared_ptr<http::client::http_client> client;
  std::shared_ptr<FlowGuard> guard;
};

class CpprestTransport final : public Transport {
 public:
  CpprestTransport(ClusterConfig cluster, const TransportOptions& options,
                   std::shared_ptr<TlsMaterial> tls, const Clock& clock, Metrics& metrics,
                   Logger& logger)
      : cluster_(std::move(cluster)),
        options_(options),
        tls_(std::move(tls)),
        clock_(clock),
        logger_(logger),
        requests_(metrics.Counters("rest_client_requests_total",
                                   "Requests to the API server, by HTTP status and method.")),
        durations_(metrics.Histograms("rest_client_request_duration_seconds",
                                      "How long the API server took to answer, by verb.",
                                      {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60})) {}

  Result<Response> Call(const Request& request, std::stop_token stop) override;
  Result<WatchEnd> Watch(const WatchRequest& request, LineSink& sink,
                         std::stop_token stop) override;

 private:
  PooledClient MakeClient(Duration idle) const;
  PooledClient ClientOf(Channel channel);
  Result<http::http_request> Prepare(Method method, const std::string& target,
                                     const std::string& accept,
                                     const std::shared_ptr<BodyTaker>& taker);
  Error TooLarge(std::size_t limit) const {
    return {kLimitExceeded,
            cluster_.server + ": expected an answer of at most " + std::to_string(limit) + " bytes",
            true};
  }
  void Count(Method method, int status, Steady::time_point began, std::string_view verb);
  Result<WatchEnd> Follow(const WatchRequest& request, LineSink& sink, std::stop_token stop,
                          Exchange& exchange, StreamedBody& body);

  // Constant after construction.
  const ClusterConfig cluster_;
  const TransportOptions options_;
  const std::shared_ptr<TlsMaterial> tls_;  // none for http on loopback
  const Clock& clock_;
  Logger& logger_;
  CounterFamily& requests_;
  HistogramFamily& durations_;

  std::mutex mutex_;
  std::array<PooledClient, 3> clients_;  // guarded by mutex_; by Channel
};

PooledClient CpprestTransport::MakeClient(Duration idle) const {
  PooledClient made;
  made.guard = std::make_shared<FlowGuard>(options_.max_undelivered_bytes);
  http::client::http_client_config config;
  config.set_timeout(std::chrono::microseconds(idle));
  config.set_max_redirects(0);
  config.set_proxy(web::web_proxy(web::web_proxy::disabled));
  config.set_validate_certificates(true);
  if (tls_ != nullptr) {
    config.set_ssl_context_callback(
        [tls = tls_, guard = made.guard](boost::asio::ssl::context& context) {
          const Status configured = tls->Configure(context.native_handle(), guard);
          // Caught by the library, which gives it to the request's task.
          if (!configured) throw std::runtime_error(configured.error().message);
        });
  }
  made.client = std::make_shared<http::client::http_client>(web::uri(cluster_.server), config);
  return made;
}

PooledClient CpprestTransport::ClientOf(Channel channel) {
  const std::lock_guard lock(mutex_);
  PooledClient& pooled = clients_.at(static_cast<std::size_t>(channel));
  if (pooled.client == nullptr) {
    const Duration idle = channel == Channel::kLists   ? options_.lists_idle
                          : channel == Channel::kLease ? options_.lease_idle
                                                       : options_.calls_idle;
    pooled = MakeClient(idle);
  }
  return pooled;
}

Result<http::http_request> CpprestTransport::Prepare(Method method, const std::string& target,
                                                     const std::string& accept,
                                                     const std::shared_ptr<BodyTaker>& taker) {
  if (method != Method::kGet && !options_.allow_writes) {
    return Fail(kInvalidArgument, std::string(MethodName(method)) + ": this program only reads");
  }
  PLIMSOLL_ASSIGN(const Credential credential, cluster_.credentials->Get());
  if (tls_ != nullptr &&
      tls_->SetClientCertificate(credential.client_certificate_pem, credential.client_key_pem)) {
    const std::lock_guard lock(mutex_);
    clients_ = {};
  }
  try {
    http::http_request request{std::string(MethodName(method))};
    request.set_request_uri(web::uri(target));
    request.headers().add("Accept", accept);
    request.headers().add("User-Agent", options_.user_agent);
    // A token never travels without TLS.
    if (!credential.bearer_token.empty() && tls_ != nullptr) {
      request.headers().add("Authorization", "Bearer " + credential.bearer_token);
    }
    request.set_response_stream(
        Concurrency::streams::streambuf<std::uint8_t>(std::make_shared<TakingBuffer>(taker))
            .create_ostream());
    return request;
  } catch (const std::exception& problem) {
    return Fail(kInvalidArgument,
                "request " + Printable(target) + ": " + Printable(problem.what()));
  }
}

void CpprestTransport::Count(Method method, int status, Steady::time_point began,
                             std::string_view verb) {
  if (status == 401) {
    // The next request asks for a new credential, or reads its file again.
    cluster_.credentials->Rejected();
    logger_.Warn("the API server does not accept our credential", {{"server", cluster_.server}});
  }
  const std::string code = status == 0 ? "<error>" : std::to_string(status);
  requests_.With({{"code", code}, {"method", std::string(MethodName(method))}}).Add();
  durations_.With({{"verb", std::string(verb)}})
      .Observe(std::chrono::duration<double>(clock_.Steady() - began).count());
}

Result<Response> CpprestTransport::Call(const Request& request, std::stop_token stop) {
  const auto began = clock_.Steady();
  const auto deadline = Steady::now() + request.timeout;
  PooledClient pooled;
  const auto exchange = std::make_shared<Exchange>();
  std::shared_ptr<WholeBody> body;
  try {
    pooled = ClientOf(request.channel);
    body = std::make_shared<WholeBody>(request.max_response_bytes, pooled.guard);
    auto prepared = Prepare(request.method, request.target, request.accept, body);
    if (!prepared) return Forward(std::move(prepared).error());
    if (!request.body.empty()) prepared->set_body(request.body, request.content_type);
    pooled = ClientOf(request.channel);  // Prepare may have found a new client certificate
    pplx::cancellation_token_source cancel;
    pooled.guard->Begin(request.max_response_bytes);
    Begin(*pooled.client, *prepared, cancel.get_token(), exchange, cluster_.server);
    bool in_time = false;
    {
      std::unique_lock lock(exchange->mutex);
      in_time = exchange->changed.wait_until(lock, stop, deadline, [&] { return exchange->done; });
    }
    if (!in_time) {
      cancel.cancel();
      // It ends within milliseconds, but for a name that is still being looked up: that is left behind.
      std::unique_lock lock(exchange->mutex);
      exchange->changed.wait_for(lock, kCancelGrace, [&] { return exchange->done; });
    }
    pooled.guard->End(request.max_response_bytes);
    if (!in_time && stop.stop_requested()) return Fail(kCancelled, "stopped");
    if (!in_time) {
      Count(request.method, 0, began, MethodName(request.method));
      return FailRetryable(kTimeout, cluster_.server + ": no complete answer within " +
                                         FormatDuration(request.timeout));
    }
  } catch (const std::exception& problem) {
    return FailRetryable(kConnectionFailed, cluster_.server + ": " + Printable(problem.what()));
  }
  const std::lock_guard lock(exchange->mutex);
  Count(request.method, exchange->error ? 0 : exchange->status, began, MethodName(request.method));
  if (exchange->error) {
    if (body->exceeded() || pooled.guard->tripped())
      return Forward(TooLarge(request.max_response_bytes));
    return Forward(*exchange->error);
  }
  return Response{exchange->status, body->TakeBody(), exchange->retry_after};
}

Result<WatchEnd> CpprestTransport::Follow(const WatchRequest& request, LineSink& sink,
                                          std::stop_token stop, Exchange& exchange,
                                          StreamedBody& body) {
  const auto began = Steady::now();
  auto last_bytes = began;
  LineCutter cutter(sink, request.max_line_bytes);
  WatchEnd end;
  std::unique_lock lock(exchange.mutex);
  while (true) {
    // Nothing is read before the status is known.
    const bool opened = exchange.status != 0;
    const auto patience = opened ? last_bytes + request.idle_timeout : began + kHeadersWithin;
    const auto until = std::min(patience, began + request.total_timeout);
    const bool stirred = exchange.changed.wait_until(lock, stop, until, [&] {
      return exchange.done || (exchange.status != 0 && (!opened || body.HasBytes()));
    });
    if (stop.stop_requested()) return Fail(kCancelled, "stopped");
    end.status = exchange.status;
    end.retry_after = exchange.retry_after;
    if (!stirred) {
      return FailRetryable(kTimeout, cluster_.server + ": the watch was silent for too long");
    }
    if (!opened) last_bytes = Steady::now();
    if (exchange.status != 0 && body.HasBytes()) {
      last_bytes = Steady::now();
      const std::string bytes = body.TakeBytes();
      lock.unlock();
      if (end.status != 200) {
        end.body.append(bytes, 0, kMaxErrorBody - end.body.size());
      } else {
        const auto outcome = cutter.Take(bytes);
        if (outcome == LineCutter::Outcome::kEnough) return end;
        if (outcome == LineCutter::Outcome::kTooLong)
          return Forward(TooLarge(request.max_line_bytes));
      }
      if (end.status != 200 && end.body.size() >= kMaxErrorBody) return end;
      lock.lock();
      continue;
    }
    if (!exchange.done) continue;
    if (body.exceeded()) return Forward(TooLarge(request.max_line_bytes));
    if (exchange.error) return Forward(*exchange.error);
    end.ended_in_line = cutter.in_line();
    return end;
  }
}

Result<WatchEnd> CpprestTransport::Watch(const WatchRequest& request, LineSink& sink,
                                         std::stop_token stop) {
  const auto began = clock_.Steady();
  const auto exchange = std::make_shared<Exchange>();
  try {
    // A client, and with it a connection, for each watch: the library's own idle limit lies behind ours.
    PooledClient own = MakeClient(request.idle_timeout + std::chrono::seconds(30));
    const auto body = std::make_shared<StreamedBody>(exchange, request.max_line_bytes, own.guard);
    auto prepared = Prepare(Method::kGet, request.target, request.accept, body);
    if (!prepared) return Forward(std::move(prepared).error());
    pplx::cancellation_token_source cancel;
    own.guard->Begin(request.max_line_bytes);
    Begin(*own.client, *prepared, cancel.get_token(), exchange, cluster_.server);
    auto end = Follow(request, sink, stop, *exchange, *body);
    if (!end && own.guard->tripped()) end = Forward(TooLarge(request.max_line_bytes));
    {
      std::unique_lock lock(exchange->mutex);
      body->Close();
      if (!exchange->done) {
        lock.unlock();
        cancel.cancel();
        lock.lock();
        exchange->changed.wait_for(lock, kCancelGrace, [&] { return exchange->done; });
      }
    }
    Count(Method::kGet, end ? end->status : 0, began, "WATCH");
    return end;
  } catch (const std::exception& problem) {
    return FailRetryable(kConnectionFailed, cluster_.server + ": " + Printable(problem.what()));
  }
}

// The library makes 40 threads unless it is told otherwise before its first use.
void LimitPool() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      crossplat::threadpool::initialize_with_threads(kPoolThreads);
    } catch (const std::exception&) {
      // It was in use already; nothing else of this project uses it, so that is a test's doing.
    }
  });
}

}  // namespace

Result<std::unique_ptr<Transport>> MakeTransport(ClusterConfig cluster,
                                                 const TransportOptions& options,
                                                 const Clock& clock, Metrics& metrics,
                                                 Logger& logger) {
  PLIMSOLL_TRY(CheckServer(cluster.server));
  if (cluster.credentials == nullptr) cluster.credentials = StaticCredential({});
  std::shared_ptr<TlsMaterial> tls;
  if (cluster.server.starts_with("https://")) {
    const std::string rest = cluster.server.substr(std::string_view("https://").size());
    PLIMSOLL_ASSIGN(tls, TlsMaterial::Create(rest.substr(0, rest.find_first_of(":/")),
                                             cluster.ca_pem, cluster.ca_file));
  }
  LimitPool();
  return std::make_unique<CpprestTransport>(std::move(cluster), options, std::move(tls), clock,
                                            metrics, logger);
}

}  // namespace plimsoll::kube
