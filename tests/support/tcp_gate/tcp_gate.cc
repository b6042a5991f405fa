#include "support/tcp_gate/tcp_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <list>
#include <mutex>
#include <thread>

namespace plimsoll::testing {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// What goes one way: read from one end, written to the other.
struct Pipe {
  std::string waiting;
  bool ended = false;  // nothing more comes
  bool told = false;   // and the other end knows
};

struct Pair {
  Socket client;
  Socket target;  // none: nothing ever answers
  Pipe up;
  Pipe down;
};

// False: the pair is broken.
bool Pump(int from, int to, Pipe& pipe, short from_events, short to_events) {
  if ((from_events & (POLLIN | POLLHUP | POLLERR)) != 0 && pipe.waiting.size() < kChunk &&
      !pipe.ended) {
    std::array<char, kChunk> buffer;
    const ssize_t n = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) pipe.waiting.append(buffer.data(), static_cast<std::size_t>(n));
    if (n == 0) pipe.ended = true;
    if (n < 0 && errno != EAGAIN) return false;
  }
  if (!pipe.waiting.empty() && (to_events & (POLLOUT | POLLHUP | POLLERR)) != 0) {
    const ssize_t n =
        send(to, pipe.waiting.data(), pipe.waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) pipe.waiting.erase(0, static_cast<std::size_t>(n));
    if (n < 0 && errno != EAGAIN) return false;
  }
  if (pipe.ended && pipe.waiting.empty() && !pipe.told) {
    pipe.told = true;
    shutdown(to, SHUT_WR);
  }
  return true;
}

}  // namespace

struct TcpGate::Impl {
  Socket listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  Socket wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::uint16_t port = 0;
  std::thread thread;

  std::mutex mutex;
  std::vector<std::uint16_t> targets;  // guarded by mutex
  bool silent = false;                 // guarded by mutex
  bool cut = false;                    // guarded by mutex
  bool stopping = false;               // guarded by mutex

  std::list<Pair> pairs;  // of the thread
  std::size_t turn = 0;   // of the thread

  void Wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake.fd(), &one, sizeof one);
  }

  void Accept() {
    Socket client(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.fd() < 0) return;
    std::uint16_t to = 0;
    {
      const std::lock_guard lock(mutex);
      if (silent) {
        pairs.push_back({std::move(client), Socket(), {}, {}});
        return;
      }
      if (targets.empty()) return;
      to = targets[turn++ % targets.size()];
    }
    Socket target(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Loopback(to);
    if (connect(target.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return;
    const int on = 1;
    setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(target.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pairs.push_back({std::move(client), std::move(target), {}, {}});
  }

  bool Obey() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = read(wake.fd(), &count, sizeof count);
    const std::lock_guard lock(mutex);
    if (std::exchange(cut, false)) pairs.clear();
    return !stopping;
  }

  static short Wanted(const Pipe& in, const Pipe& out) {
    short events = 0;
    if (!in.ended && in.waiting.size() < kChunk) events |= POLLIN;
    if (!out.waiting.empty()) events |= POLLOUT;
    return events;
  }

  void Run() {
    while (true) {
      std::vector<pollfd> polled = {{wake.fd(), POLLIN, 0}, {listener.fd(), POLLIN, 0}};
      for (const Pair& pair : pairs) {
        polled.push_back({pair.client.fd(), Wanted(pair.up, pair.down), 0});
        polled.push_back({pair.target.fd(), Wanted(pair.down, pair.up), 0});
      }
      poll(polled.data(), polled.size(), -1);
      std::size_t at = 2;
      for (auto pair = pairs.begin(); pair != pairs.end(); at += 2) {
        const short client = polled[at].revents, target = polled[at + 1].revents;
        bool good = true;
        if (pair->target.fd() < 0) {
          Pipe nowhere;
          good = (client & (POLLHUP | POLLERR)) == 0 &&
                 Pump(pair->client.fd(), -1, nowhere, client, 0) && !nowhere.ended;
        } else {
          good = Pump(pair->client.fd(), pair->target.fd(), pair->up, client, target) &&
                 Pump(pair->target.fd(), pair->client.fd(), pair->down, target, client) &&
                 !(pair->up.told && pair->down.told);
        }
        pair = good ? std::next(pair) : pairs.erase(pair);
      }
      if (polled[0].revents != 0 && !Obey()) return;
      if (polled[1].revents != 0) Accept();
    }
  }
};

TcpGate::TcpGate() : impl_(std::make_unique<Impl>()) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool listens = bind(impl_->listener.fd(), any, size) == 0 &&
                       listen(impl_->listener.fd(), 128) == 0 &&
                       getsockname(impl_->listener.fd(), any, &size) == 0;
  EXPECT_TRUE(listens) << "no port for a gate";
  impl_->port = ntohs(address.sin_port);
  impl_->thread = std::thread([this] { impl_->Run(); });
}

TcpGate::~TcpGate() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->Wake();
  impl_->thread.join();
}

std::uint16_t TcpGate::port() const { return impl_->port; }

void TcpGate::ForwardTo(std::vector<std::uint16_t> ports) {
  const std::lock_guard lock(impl_->mutex);
  impl_->silent = false;
  impl_->targets = std::move(ports);
}

void TcpGate::Silence() {
  const std::lock_guard lock(impl_->mutex);
  impl_->silent = true;
}

void TcpGate::Cut() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->cut = true;
  }
  impl_->Wake();
}

}  // namespace plimsoll::testing
