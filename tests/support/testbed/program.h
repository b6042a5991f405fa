// A program of this build as a child process, for tests that watch it from outside: what it logs, when it ends,
// and with which code.
//
// Its stdout and stderr are read together, line by line, from start to end. It is killed when the object goes, and
// by the kernel when the test itself dies, so that a failed test leaves nothing running. Waiting is bounded: a wait
// that runs out fails the test and shows what the program printed. One thread at a time may use an object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace plimsoll::testing {

class Program {
 public:
  using Patience = std::chrono::milliseconds;

  // Starts `name` of this build's bin folder (a path with a slash is taken as it is). A program that cannot be
  // started fails the test; it then counts as ended with code 127.
  explicit Program(const std::string& name, const std::vector<std::string>& arguments = {},
                   const std::map<std::string, std::string>& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line that contains `text`, after the one that this returned last. Fails the test and returns "" when
  // none comes in time, or the program ends first.
  std::string WaitForLine(const std::string& text, Patience patience = std::chrono::seconds(30));

  void Signal(int signal) const;  // SIGSTOP and SIGCONT too

  // The exit code, or 128 + signal. Fails the test, kills the program and returns -1 when it does not end in time.
  int WaitForExit(Patience patience = std::chrono::seconds(30));

  // SIGTERM, then WaitForExit.
  int Terminate(Patience patience = std::chrono::seconds(30));

  // The largest resident memory since the start, or since ForgetPeak; 0 when it has ended.
  double PeakMiB() const;
  void ForgetPeak() const;

  // Its process, for whoever reads /proc; -1 when it was never started.
  pid_t pid() const { return pid_; }

  // Everything that was printed so far.
  std::string output() const;

 private:
  void Start(const std::string& path, const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment);
  void Read(int pipe);

  std::string name_;
  pid_t pid_ = -1;  // constant after construction; -1: never started
  std::thread reader_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;    // guarded by mutex_
  bool ended_ = false;    // guarded by mutex_
  int exit_code_ = -1;    // guarded by mutex_; valid once ended_
  std::size_t seen_ = 0;  // where WaitForLine goes on
};

}  // namespace plimsoll::testing
