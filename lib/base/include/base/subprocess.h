// A child process with a deadline and an output cap: credential helpers, exec plug-ins.
//
// Runs `argv` directly (no shell), stdin fed from `input`, stdout collected up to `max_output`
// bytes, stderr collected up to 4 KiB for the error message. The child is killed (SIGKILL, its
// whole process group) when the deadline passes or the output is too large. Blocks the calling
// thread. Errors: kNotFound (no such program), kTimeout, kLimitExceeded, kUnavailable (it could not
// be started). A non-zero exit code is not an error here: the caller looks at `exit_code`.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace plimsoll {

struct SubprocessRequest {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH when it has no slash
  std::string input;              // fed to stdin, then closed
  std::map<std::string, std::string> environment;  // added to (and overriding) our own
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_output = 1 << 20;
};

struct SubprocessResult {
  int exit_code = 0;  // 128 + signal when it died of one
  std::string output;
  std::string error_output;
};

Result<SubprocessResult> RunSubprocess(const SubprocessRequest& request);

}  // namespace plimsoll
