#include "support/testbed/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <gtest/gtest.h>

extern "C" char** environ;  // NOLINT: POSIX leaves the declaration to the program

namespace plimsoll::testing {
namespace {

constexpr int kNotStarted = 127;  // as a shell says it

std::vector<std::string> EnvironmentWith(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line = *entry;
    if (added.count(line.substr(0, line.find('='))) == 0) lines.push_back(line);
  }
  for (const auto& [name, value] : added) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(const std::string& name, const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment)
    : name_(name) {
  const bool is_path = name.find('/') != std::string::npos;
  Start(is_path ? name : PLIMSOLL_PROGRAMS "/" + name, arguments, environment);
}

void Program::Start(const std::string& path, const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment) {
  // setpriv becomes the program, after asking the kernel to kill it when this test dies.
  std::vector<std::string> argv = {"setpriv", "--pdeathsig", "KILL", "--", path};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> lines = EnvironmentWith(environment);

  std::array<int, 2> pipe_ends{};
  posix_spawn_file_actions_t actions;
  if (access(path.c_str(), X_OK) != 0 || pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    ADD_FAILURE() << path << ": " << std::strerror(errno);
    ended_ = true;
    exit_code_ = kNotStarted;
    return;
  }
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  const int failed = posix_spawnp(&pid_, argv[0].c_str(), &actions, nullptr, Pointers(argv).data(),
                                  Pointers(lines).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (failed != 0) {
    ADD_FAILURE() << argv[0] << ": " << std::strerror(failed);
    close(pipe_ends[0]);
    pid_ = -1;
    ended_ = true;
    exit_code_ = kNotStarted;
    return;
  }
  reader_ = std::thread([this, end = pipe_ends[0]] { Read(end); });
}

Program::~Program() {
  Signal(SIGKILL);
  if (reader_.joinable()) reader_.join();
}

// Runs in the reader's thread: until the program and all that it started have closed their output.
void Program::Read(int pipe) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(pipe, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    const std::lock_guard lock(mutex_);
    output_.append(buffer.data(), static_cast<std::size_t>(count));
    changed_.notify_all();
  }
  close(pipe);
  // The process is not reaped before `ended_` is set, so its id is never a stranger's in Signal.
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = true;
  changed_.notify_all();
}

std::string Program::WaitForLine(const std::string& text, Patience patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  for (;;) {
    for (std::size_t end; (end = output_.find('\n', seen_)) != std::string::npos;) {
      const std::string line = output_.substr(seen_, end - seen_);
      seen_ = end + 1;
      if (line.find(text) != std::string::npos) return line;
    }
    if (ended_ || changed_.wait_until(lock, deadline) == std::cv_status::timeout) {
      if (!ended_ && std::chrono::steady_clock::now() < deadline) continue;
      ADD_FAILURE() << name_ << (ended_ ? " ended" : " ran") << " without a line with \"" << text
                    << "\". It printed:\n"
                    << output_;
      return "";
    }
  }
}

double Program::PeakMiB() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

// proc(5): a 5 resets the peak to what is resident now.
void Program::ForgetPeak() const {
  std::ofstream("/proc/" + std::to_string(pid_) + "/clear_refs") << "5";
}

void Program::Signal(int signal) const {
  const std::lock_guard lock(mutex_);
  if (!ended_) kill(pid_, signal);
}

int Program::WaitForExit(Patience patience) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, patience, [this] { return ended_; })) return exit_code_;
  ADD_FAILURE() << name_ << " did not end in time. It printed:\n" << output_;
  kill(pid_, SIGKILL);
  return -1;
}

int Program::Terminate(Patience patience) {
  Signal(SIGTERM);
  return WaitForExit(patience);
}

std::string Program::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

}  // namespace plimsoll::testing
