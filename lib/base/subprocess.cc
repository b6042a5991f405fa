#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/printable.h"

namespace plimsoll {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kMaxErrorOutput = 4096;

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

std::optional<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (added.count(std::string(text.substr(0, text.find('=')))) == 0) variables.emplace_back(text);
  }
  for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts the child in a process group of its own, so that what it starts is killed with it.
Result<pid_t> Spawn(const SubprocessRequest& request, const Pipe& in, const Pipe& out,
                    const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK));
  std::vector<std::string> argv = request.argv;
  std::vector<std::string> environment = Environment(request.environment);
  std::vector<char*> argv_pointers = Pointers(argv);
  std::vector<char*> environment_pointers = Pointers(environment);
  pid_t pid = -1;
  const int code = posix_spawnp(&pid, argv[0].c_str(), &actions, &attributes, argv_pointers.data(),
                                environment_pointers.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code == ENOENT || code == EACCES) {
    return Fail(kNotFound, "cannot run " + Printable(request.argv[0]) + ": " + std::strerror(code));
  }
  if (code != 0) {
    return FailRetryable(kUnavailable,
                         "cannot start " + Printable(request.argv[0]) + ": " + std::strerror(code));
  }
  return pid;
}

// Kills and reaps the child's group unless Wait was called.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The exit code once the child has ended; nothing while it runs.
  std::optional<int> TryWait() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    // What it left behind in its group goes with it.
    ::kill(-pid_, SIGKILL);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

// Reads what is there; closes the descriptor at the end of the stream. False when `max` is
// exceeded.
bool Drain(Fd& fd, std::string& into, std::size_t max) {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count <= 0) {
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) fd.Close();
    return true;
  }
  if (into.size() + static_cast<std::size_t>(count) > max) return false;
  into.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

void Feed(Fd& fd, std::string_view& input) {
  if (!input.empty()) {
    const ssize_t count = ::write(fd.get(), input.data(), input.size());
    if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) input = {};
  }
  if (input.empty()) fd.Close();
}

// A child that closes its stdin early must not kill us by SIGPIPE.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &block, &before_);
  }
  ~SigpipeBlocked() {
    const timespec now{};
    sigset_t pending;
    sigemptyset(&pending);
    sigaddset(&pending, SIGPIPE);
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pending, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<SubprocessResult> RunSubprocess(const SubprocessRequest& request) {
  if (request.argv.empty()) return Fail(kInvalidArgument, "no program to run");
  auto in = MakePipe();
  auto out = MakePipe();
  auto err = MakePipe();
  if (!in || !out || !err)
    return FailRetryable(kUnavailable, "no file descriptor is left for a pipe");
  const SigpipeBlocked sigpipe_blocked;
  PLIMSOLL_ASSIGN(const pid_t pid, Spawn(request, *in, *out, *err));
  Child child(pid);
  in->read.Close();
  out->write.Close();
  err->write.Close();
  ::fcntl(in->write.get(), F_SETFL, O_NONBLOCK);

  const auto deadline = SteadyClock::now() + request.timeout;
  SubprocessResult result;
  std::string_view input = request.input;
  Feed(in->write, input);
  while (true) {
    const bool streams_open = out->read.open() || err->read.open();
    if (!streams_open) {
      if (const auto code = child.TryWait()) {
        result.exit_code = *code;
        return result;
      }
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now())
            .count();
    if (left <= 0) {
      return FailRetryable(kTimeout, Printable(request.argv[0]) + " did not end within " +
                                         std::to_string(request.timeout.count()) +
                                         " ms and was killed");
    }
    std::array<pollfd, 3> fds{{{out->read.get(), POLLIN, 0},
                               {err->read.get(), POLLIN, 0},
                               {in->write.get(), POLLOUT, 0}}};
    // A child that closed its streams and still runs is looked at every 10 ms.
    const int wait = streams_open ? static_cast<int>(std::min<long>(left, 1000)) : 10;
    ::poll(fds.data(), fds.size(), wait);
    if (fds[2].revents != 0) Feed(in->write, input);
    if (fds[0].revents != 0 && !Drain(out->read, result.output, request.max_output)) {
      return Fail(kLimitExceeded, Printable(request.argv[0]) + " printed more than " +
                                      std::to_string(request.max_output) + " bytes and was killed");
    }
    if (fds[1].revents != 0 && !Drain(err->read, result.error_output, kMaxErrorOutput)) {
      err->read.Close();
    }
  }
}

}  // namespace plimsoll
