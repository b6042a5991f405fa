#include "setup/process.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

namespace plimsoll::setup {
namespace {

// Prometheus' text format 0.0.4.
constexpr char kExposition[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::size_t kMaxConnections = 64;

http::ServerResponse Text(int status, std::string body,
                          const char* type = "text/plain; charset=utf-8") {
  http::ServerResponse response;
  response.status = status;
  response.headers.Set("Content-Type", type);
  response.body = std::move(body);
  return response;
}

Result<std::unique_ptr<http::Server>> Start(const std::string& name, const std::string& flag,
                                            const std::string& address, http::Handler handler,
                                            Metrics& metrics, Logger& log) {
  http::ServerOptions options;
  options.address = address;
  options.name = name;
  options.limits.max_connections = kMaxConnections;
  auto server = http::Server::Start(std::move(options), std::move(handler), metrics, log);
  if (!server) return Fail(server.error().code, flag + ": " + server.error().message);
  log.Info("listening", {{"server", name}, {"address", (*server)->address()}});
  return server;
}

// A block of this size is a mapping of its own.
constexpr int kLargeBlock = 256 * 1024;
// Less is needed again soon.
constexpr std::size_t kMuchFree = std::size_t{8} << 20;
// Each arena keeps what is free in it; threads beyond this many share them.
constexpr int kArenas = 2;

// Bytes that are resident and that nobody has asked for; 0 when it cannot be told.
std::size_t UnusedMemory() {
  // proc(5): pages in all, resident, of those shared with a file.
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0, shared = 0;
  if (!(statm >> all >> resident >> shared) || resident < shared) return 0;
  const std::size_t own = (resident - shared) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto heap = ::mallinfo2();
  const std::size_t used = heap.uordblks + heap.hblkhd;
  return own > used ? own - used : 0;
}

}  // namespace

void GiveBackLargeBlocks() {
  // Without a fixed threshold the first large block that is freed raises it.
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  ::mallopt(M_TRIM_THRESHOLD, kLargeBlock);
  ::mallopt(M_ARENA_MAX, kArenas);
}

void FreeMemory::GiveBack() {
  const std::size_t unused = UnusedMemory();
  left_ = std::min(left_, unused);
  if (unused - left_ <= kMuchFree) return;
  ::malloc_trim(0);
  left_ = UnusedMemory();
}

StopSignal::StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
  raised_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

StopSignal::~StopSignal() {
  ::close(signals_);
  ::close(raised_);
}

bool StopSignal::Wait(int milliseconds) const {
  std::array<pollfd, 2> fds{{{signals_, POLLIN, 0}, {raised_, POLLIN, 0}}};
  return ::poll(fds.data(), fds.size(), milliseconds) > 0;
}

void StopSignal::Raise() const {
  const std::uint64_t one = 1;
  // A counter that is full already says what is to be said.
  [[maybe_unused]] const ssize_t written = ::write(raised_, &one, sizeof one);
}

Result<std::unique_ptr<http::Server>> ServeHealth(const std::string& address,
                                                  std::function<std::string()> not_ready,
                                                  Metrics& metrics, Logger& log) {
  const auto handler = [not_ready = std::move(not_ready)](const http::ServerRequest& request,
                                                          const http::Responder& responder) {
    if (request.path == "/healthz") return responder.Send(Text(200, "ok\n"));
    if (request.path != "/readyz")
      return responder.Send(Text(404, "expected /healthz or /readyz\n"));
    const std::string why = not_ready();
    responder.Send(why.empty() ? Text(200, "ok\n") : Text(503, why + "\n"));
  };
  return Start("health", "--health-address", address, handler, metrics, log);
}

Result<std::unique_ptr<http::Server>> ServeMetrics(const std::string& address,
                                                   std::function<std::string()> expose,
                                                   Metrics& metrics, Logger& log) {
  const auto handler = [expose = std::move(expose)](const http::ServerRequest& request,
                                                    const http::Responder& responder) {
    if (request.path != "/metrics") return responder.Send(Text(404, "expected /metrics\n"));
    responder.Send(Text(200, expose(), kExposition));
  };
  return Start("metrics", "--metrics-address", address, handler, metrics, log);
}

}  // namespace plimsoll::setup
