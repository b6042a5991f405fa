// plimsoll, also kubectl-plimsoll: the process around RunProgram.
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "base/printable.h"
#include "cli/command.h"

namespace plimsoll::cli {
namespace {

// As kubectl calls its plug-ins, the program's name is kubectl-plimsoll.
std::string ProgramName(std::string_view argv0) {
  const std::string_view base = argv0.substr(argv0.find_last_of('/') + 1);
  return base.substr(0, 8) == "kubectl-" ? "kubectl plimsoll" : "plimsoll";
}

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace
}  // namespace plimsoll::cli

int main(int argc, char** argv) {
  // A reader that went away (`| head`) is seen as a failed write, not as a signal.
  static_cast<void>(::signal(SIGPIPE, SIG_IGN));
  try {
    return plimsoll::cli::RunProgram(
        {.program = plimsoll::cli::ProgramName(argc > 0 ? argv[0] : ""),
         .command = {},
         .arguments = std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
         .environment = plimsoll::cli::Environment(),
         .in = std::cin,
         .out = std::cout,
         .err = std::cerr,
         .terminal = ::isatty(STDOUT_FILENO) == 1,
         .progress = ::isatty(STDERR_FILENO) == 1});
  } catch (const std::exception& error) {
    std::cerr << "plimsoll: " << plimsoll::Printable(error.what()) << "\n";
    return plimsoll::cli::kCouldNotJudge;
  }
}
