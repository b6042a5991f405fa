#include "support/fault_server/fault_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plimsoll::testing {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kMaxRequestHead = 256 * 1024;
constexpr std::size_t kMaxRequestBody = 32 * 1024 * 1024;

void Require(bool condition, const char* what) {
  if (!condition) {
    std::perror(what);
    std::abort();
  }
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

Context NewContext(const FaultServer::Options& options, const TlsIdentity& identity) {
  Context context(SSL_CTX_new(TLS_server_method()));
  Require(context != nullptr, "SSL_CTX_new");
  if (options.only_tls_1_1) {
    // Security level 0 allows the SHA-1 signatures that TLS 1.1 needs.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  const std::string certificate = WriteTemporaryFile("certificate", identity.certificate_pem);
  const std::string key = WriteTemporaryFile("key", identity.key_pem);
  Require(SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) == 1,
          "certificate of the fault server");
  Require(SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) == 1,
          "key of the fault server");
  unlink(certificate.c_str());
  unlink(key.c_str());
  if (!options.client_ca_pem.empty()) {
    const std::string ca = WriteTemporaryFile("client-ca", options.client_ca_pem);
    Require(SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) == 1,
            "client authority of the fault server");
    unlink(ca.c_str());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

// A socket with or without TLS. Every wait also ends when the server stops.
class Connection {
 public:
  Connection(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd) {
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  ~Connection() { Close(false); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool Handshake(SSL_CTX* context) {
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd_);
    while (true) {
      ERR_clear_error();
      const int result = SSL_accept(ssl_.get());
      if (result == 1) return true;
      if (!WaitForTls(result)) return false;
    }
  }

  // 0: end, error or stop.
  std::size_t Read(char* data, std::size_t size) {
    while (true) {
      if (ssl_) {
        ERR_clear_error();
        const int result = SSL_read(ssl_.get(), data, static_cast<int>(size));
        if (result > 0) return static_cast<std::size_t>(result);
        if (!WaitForTls(result)) return 0;
      } else {
        const ssize_t result = recv(fd_, data, size, 0);
        if (result > 0) return static_cast<std::size_t>(result);
        if (result == 0 || (errno != EAGAIN && errno != EINTR)) return 0;
        if (!Wait(POLLIN)) return 0;
      }
    }
  }

  bool Write(std::string_view bytes, std::atomic<std::uint64_t>& sent) {
    while (!bytes.empty()) {
      std::size_t done = 0;
      if (ssl_) {
        ERR_clear_error();
        const int result = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (result <= 0) {
          if (!WaitForTls(result)) return false;
          continue;
        }
        done = static_cast<std::size_t>(result);
      } else {
        const ssize_t result = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (result < 0) {
          if (errno != EAGAIN && errno != EINTR) return false;
          if (!Wait(POLLOUT)) return false;
          continue;
        }
        done = static_cast<std::size_t>(result);
      }
      sent += done;
      bytes.remove_prefix(done);
    }
    return true;
  }

  // Until the peer closes or the server stops; what the peer sends is thrown away.
  void Hold() {
    std::array<char, 4096> sink{};
    while (Read(sink.data(), sink.size()) > 0) {
    }
  }

  // False when the server stops or the peer has gone in the meantime.
  bool Pause(Milliseconds time) {
    std::array<pollfd, 2> fds = {pollfd{stop_fd_, POLLIN, 0}, pollfd{fd_, POLLRDHUP, 0}};
    return poll(fds.data(), fds.size(), static_cast<int>(time.count())) == 0;
  }

  void Close(bool orderly) {
    if (fd_ < 0) return;
    if (orderly && ssl_) SSL_shutdown(ssl_.get());
    ssl_.reset();
    if (orderly) {
      // Unread bytes would turn the close into a reset, which could overtake what was sent.
      shutdown(fd_, SHUT_WR);
      std::array<char, 4096> sink{};
      while (Wait(POLLIN) && recv(fd_, sink.data(), sink.size(), 0) > 0) {
      }
    }
    close(fd_);
    fd_ = -1;
  }

  void Reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    ssl_.reset();
    close(fd_);
    fd_ = -1;
  }

 private:
  bool Wait(short events) {
    std::array<pollfd, 2> fds = {pollfd{stop_fd_, POLLIN, 0}, pollfd{fd_, events, 0}};
    while (poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
    }
    return fds[0].revents == 0;
  }

  bool WaitForTls(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return Wait(POLLIN);
    if (error == SSL_ERROR_WANT_WRITE) return Wait(POLLOUT);
    return false;
  }

  int fd_;
  const int stop_fd_;
  std::unique_ptr<SSL, ContextDeleter> ssl_;
};

// Reads one request. Chunked bodies are joined; a malformed request ends the connection.
class RequestParser {
 public:
  explicit RequestParser(Connection& connection) : connection_(connection) {}

  bool Next(SeenRequest& request, std::atomic<std::uint64_t>& sent) {
    std::string head;
    while (true) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        break;
      }
      if (buffer_.size() > kMaxRequestHead || !More()) return false;
    }
    if (!ParseHead(head, request)) return false;
    if (SameName(request.Header("Expect"), "100-continue") &&
        !connection_.Write("HTTP/1.1 100 Continue\r\n\r\n", sent)) {
      return false;
    }
    if (SameName(request.Header("Transfer-Encoding"), "chunked")) return ReadChunks(request.body);
    const std::string length = request.Header("Content-Length");
    if (length.empty()) return true;
    return ReadExactly(std::strtoull(length.c_str(), nullptr, 10), request.body);
  }

 private:
  bool More() {
    std::array<char, 16 * 1024> block{};
    const std::size_t count = connection_.Read(block.data(), block.size());
    buffer_.append(block.data(), count);
    return count > 0;
  }

  bool ReadExactly(std::size_t count, std::string& out) {
    if (count > kMaxRequestBody) return false;
    while (buffer_.size() < count) {
      if (!More()) return false;
    }
    out += buffer_.substr(0, count);
    buffer_.erase(0, count);
    return true;
  }

  bool ReadLine(std::string& line) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (buffer_.size() > kMaxRequestHead || !More()) return false;
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return true;
  }

  bool ReadChunks(std::string& body) {
    while (true) {
      std::string line;
      if (!ReadLine(line)) return false;
      const std::size_t size = std::strtoull(line.c_str(), nullptr, 16);
      if (size == 0) break;
      if (body.size() + size > kMaxRequestBody || !ReadExactly(size, body) || !ReadLine(line)) {
        return false;
      }
    }
    std::string line;
    do {
      if (!ReadLine(line)) return false;
    } while (!line.empty());
    return true;
  }

  static bool ParseHead(const std::string& head, SeenRequest& request) {
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    const std::size_t space = first.find(' ');
    const std::size_t second = first.rfind(' ');
    if (space == std::string::npos || second <= space) return false;
    request.method = first.substr(0, space);
    request.target = first.substr(space + 1, second - space - 1);
    std::string target = request.target;
    const std::size_t scheme = target.find("://");  // as a proxy gets it
    if (scheme != std::string::npos && target.find('/', scheme + 3) != std::string::npos) {
      target = target.substr(target.find('/', scheme + 3));
    }
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    for (at += 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::string line = head.substr(at, end - at);
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) return false;
      const std::size_t value = line.find_first_not_of(" \t", colon + 1);
      request.headers.emplace_back(line.substr(0, colon),
                                   value == std::string::npos ? "" : line.substr(value));
      at = end + 2;
    }
    return true;
  }

  Connection& connection_;
  std::string buffer_;
};

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const std::string hex(text.substr(i + 1, 2));
      out += static_cast<char>(std::strtoul(hex.c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

void Gate::Open() {
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
  }
  changed_.notify_all();
}

void Gate::Wait(const std::function<bool()>& stopping) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_ || stopping(); });
}

void Gate::Wake() {
  { const std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

std::string SeenRequest::Header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (SameName(field, name)) return value;
  }
  return "";
}

bool SeenRequest::Has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& field) { return SameName(field.first, name); });
}

std::string SeenRequest::Parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (Decode(pair.substr(0, equals)) == name) {
      return equals == std::string_view::npos ? "" : Decode(pair.substr(equals + 1));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

struct FaultServer::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        identity(options.identity ? *options.identity
                 : options.tls    ? MakeTlsIdentity()
                                  : TlsIdentity{}) {}

  void Listen();
  void AcceptLoop();
  void Serve(int fd, std::uint64_t number, const std::string& peer);
  void ServeRequests(Connection& connection, std::uint64_t number, const std::string& peer);
  Reply Choose(const SeenRequest& request);
  bool Run(Connection& connection, const Step& step);
  void Reap(bool all);

  struct Worker {
    std::thread thread;
    bool done = false;  // guarded by mutex
  };

  const Options options;
  const TlsIdentity identity;
  Context context;
  int listen_fd = -1;
  int stop_fd = -1;
  std::uint16_t port = 0;
  std::thread acceptor;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> sent{0};

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  // Guarded by mutex.
  std::list<Worker> workers;
  std::map<std::string, std::deque<Reply>> scripts;
  Answer any;
  Answer fallback;
  ConnectionFault fault = ConnectionFault::kNone;
  std::vector<SeenRequest> requests;
  std::uint64_t connections = 0;
  std::uint64_t open = 0;
  std::set<std::shared_ptr<Gate>> gates;  // that somebody waits for
};

void FaultServer::Impl::Listen() {
  // OpenSSL writes without MSG_NOSIGNAL, and clients that leave early are what this server is for.
  (void)std::signal(SIGPIPE, SIG_IGN);
  if (options.tls) context = NewContext(options, identity);
  stop_fd = eventfd(0, EFD_CLOEXEC);
  listen_fd = socket(options.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(stop_fd >= 0 && listen_fd >= 0, "socket");
  sockaddr_storage address{};
  socklen_t length = 0;
  if (options.ipv6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
    v6->sin6_family = AF_INET6;
    v6->sin6_addr = in6addr_loopback;
    length = sizeof(*v6);
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = sizeof(*v4);
  }
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  Require(bind(listen_fd, generic, length) == 0, "bind");
  Require(listen(listen_fd, 512) == 0, "listen");
  Require(getsockname(listen_fd, generic, &length) == 0, "getsockname");
  port = ntohs(options.ipv6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                            : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  acceptor = std::thread([this] { AcceptLoop(); });
}

void FaultServer::Impl::AcceptLoop() {
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{stop_fd, POLLIN, 0}, pollfd{listen_fd, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    const int fd = accept4(listen_fd, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::uint16_t peer_port =
        ntohs(options.ipv6 ? reinterpret_cast<sockaddr_in6*>(&peer)->sin6_port
                           : reinterpret_cast<sockaddr_in*>(&peer)->sin_port);
    Reap(false);
    const std::lock_guard lock(mutex);
    const std::uint64_t number = ++connections;
    ++open;
    workers.emplace_back();
    Worker& worker = workers.back();
    const std::string name = (options.ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(peer_port);
    worker.thread = std::thread([this, fd, number, name, &worker] {
      Serve(fd, number, name);
      const std::lock_guard done(mutex);
      worker.done = true;
      --open;
      changed.notify_all();
    });
    changed.notify_all();
  }
}

void FaultServer::Impl::Reap(bool all) {
  std::list<Worker> finished;
  {
    const std::lock_guard lock(mutex);
    for (auto at = workers.begin(); at != workers.end();) {
      const auto next = std::next(at);
      if (all || at->done) finished.splice(finished.end(), workers, at);
      at = next;
    }
  }
  for (Worker& worker : finished) worker.thread.join();
}

void FaultServer::Impl::Serve(int fd, std::uint64_t number, const std::string& peer) {
  ConnectionFault what = ConnectionFault::kNone;
  {
    const std::lock_guard lock(mutex);
    what = fault;
  }
  Connection connection(fd, stop_fd);
  switch (what) {
    case ConnectionFault::kClose:
      return;
    case ConnectionFault::kReset:
      connection.Reset();
      return;
    case ConnectionFault::kSilent:
      connection.Hold();
      return;
    case ConnectionFault::kTlsGarbage:
      connection.Write("\x16\x03\x03\xff\xffthis is no handshake at all\r\n\r\n", sent);
      connection.Hold();
      return;
    case ConnectionFault::kNone:
      break;
  }
  if (context && !connection.Handshake(context.get())) return;
  ServeRequests(connection, number, peer);
}

void FaultServer::Impl::ServeRequests(Connection& connection, std::uint64_t number,
                                      const std::string& peer) {
  RequestParser parser(connection);
  while (true) {
    SeenRequest request;
    request.connection = number;
    request.peer = peer;
    if (!parser.Next(request, sent)) return;
    const bool head = request.method == "HEAD";
    Reply reply;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
      changed.notify_all();
    }
    reply = Choose(request);
    for (const Step& step : reply.Steps(head)) {
      if (!Run(connection, step)) return;
    }
    if (!reply.keeps_connection() || SameName(request.Header("Connection"), "close")) {
      connection.Close(true);
      return;
    }
  }
}

Reply FaultServer::Impl::Choose(const SeenRequest& request) {
  Answer first;
  Answer last;
  {
    const std::lock_guard lock(mutex);
    first = any;
    last = fallback;
  }
  if (first) {
    Reply reply = first(request);
    if (!reply.is_pass()) return reply;
  }
  {
    const std::lock_guard lock(mutex);
    const auto found = scripts.find(request.path);
    if (found != scripts.end() && !found->second.empty()) {
      Reply reply = found->second.front();
      if (found->second.size() > 1) found->second.pop_front();
      return reply;
    }
  }
  return last ? last(request) : Reply::Status(404, "not found");
}

// False when the connection is over.
bool FaultServer::Impl::Run(Connection& connection, const Step& step) {
  switch (step.kind) {
    case Step::Kind::kSend:
      return connection.Write(step.bytes, sent);
    case Step::Kind::kRepeat:
      for (std::uint64_t done = 0; done < step.total;) {
        const std::uint64_t count = std::min<std::uint64_t>(step.bytes.size(), step.total - done);
        if (!connection.Write(std::string_view(step.bytes).substr(0, count), sent)) return false;
        done += count;
      }
      return true;
    case Step::Kind::kDrip:
      for (const char byte : step.bytes) {
        if (!connection.Write({&byte, 1}, sent) || !connection.Pause(step.interval)) return false;
      }
      return true;
    case Step::Kind::kHold:
      connection.Hold();
      return false;
    case Step::Kind::kGate: {
      {
        const std::lock_guard lock(mutex);
        gates.insert(step.gate);
      }
      step.gate->Wait([this] { return stopping.load(); });
      return !stopping.load();
    }
    case Step::Kind::kClose:
      connection.Close(true);
      return false;
    case Step::Kind::kReset:
      connection.Reset();
      return false;
  }
  return false;
}

FaultServer::FaultServer() : FaultServer(Options()) {}

FaultServer::FaultServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->Listen();
}

FaultServer::~FaultServer() {
  impl_->stopping = true;
  const std::uint64_t one = 1;
  Require(write(impl_->stop_fd, &one, sizeof(one)) == sizeof(one), "eventfd");
  impl_->acceptor.join();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& gate : impl_->gates) gate->Wake();
  }
  impl_->Reap(true);
  close(impl_->listen_fd);
  close(impl_->stop_fd);
}

std::uint16_t FaultServer::port() const { return impl_->port; }

std::string FaultServer::host_port() const {
  return (impl_->options.ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port());
}

std::string FaultServer::Url(std::string_view path, std::string_view host) const {
  const std::string where =
      host.empty() ? host_port() : std::string(host) + ":" + std::to_string(port());
  return (impl_->options.tls ? "https://" : "http://") + where + std::string(path);
}

const std::string& FaultServer::ca_pem() const { return impl_->identity.ca_pem; }

void FaultServer::On(const std::string& path, Reply reply) {
  On(path, std::vector<Reply>{std::move(reply)});
}

void FaultServer::On(const std::string& path, std::vector<Reply> replies) {
  const std::lock_guard lock(impl_->mutex);
  impl_->scripts[path] = std::deque<Reply>(replies.begin(), replies.end());
}

void FaultServer::OnAny(Answer answer) {
  const std::lock_guard lock(impl_->mutex);
  impl_->any = std::move(answer);
}

void FaultServer::Otherwise(Answer answer) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fallback = std::move(answer);
}

Reply FaultServer::Pass() { return Reply(); }

void FaultServer::FaultConnections(ConnectionFault fault) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fault = fault;
}

std::vector<SeenRequest> FaultServer::Requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

std::size_t FaultServer::Count(std::string_view path) const {
  const std::lock_guard lock(impl_->mutex);
  return static_cast<std::size_t>(
      std::count_if(impl_->requests.begin(), impl_->requests.end(),
                    [&](const SeenRequest& request) { return request.path == path; }));
}

std::size_t FaultServer::RequestCount() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests.size();
}

std::uint64_t FaultServer::Connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

std::uint64_t FaultServer::OpenConnections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->open;
}

std::uint64_t KernelBufferBytes() {
  std::uint64_t sum = 0;
  for (const char* path : {"/proc/sys/net/ipv4/tcp_rmem", "/proc/sys/net/ipv4/tcp_wmem"}) {
    std::ifstream file(path);
    std::uint64_t least = 0;
    std::uint64_t first = 0;
    std::uint64_t most = 0;
    file >> least >> first >> most;
    Require(static_cast<bool>(file), path);
    sum += most;
  }
  return sum;
}

std::uint64_t FaultServer::BytesSent() const { return impl_->sent.load(); }

void FaultServer::ForgetRequests() {
  const std::lock_guard lock(impl_->mutex);
  impl_->requests.clear();
}

bool FaultServer::WaitForRequests(std::size_t count, Milliseconds limit) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, limit, [&] { return impl_->requests.size() >= count; });
}

bool FaultServer::WaitForConnections(std::uint64_t count, Milliseconds limit) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, limit, [&] { return impl_->connections >= count; });
}

bool FaultServer::WaitForNoOpenConnections(Milliseconds limit) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, limit, [&] { return impl_->open == 0; });
}

}  // namespace plimsoll::testing
