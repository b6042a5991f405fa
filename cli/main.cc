// plimsoll, also kubectl-plimsoll: finds the command and runs it.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>

#include "base/printable.h"
#include "base/version.h"
#include "cli/command.h"

extern char** environ;

namespace plimsoll::cli {
namespace {

// As kubectl calls its plug-ins, the program's name is kubectl-plimsoll.
std::string ProgramName(std::string_view argv0) {
  const std::string_view base = argv0.substr(argv0.find_last_of('/') + 1);
  return base.substr(0, 8) == "kubectl-" ? "kubectl plimsoll" : "plimsoll";
}

void PrintHelp(std::ostream& to, const std::string& program) {
  to << "Plimsoll tells who signs the images that a cluster runs, and what changed.\n\n"
     << "Usage: " << program << " COMMAND [flags]\n\nCommands:\n";
  std::size_t width = 0;
  for (const Command& command : Commands()) width = std::max(width, command.name.size());
  for (const Command& command : Commands()) {
    to << "  " << command.name << std::string(width - command.name.size() + 3, ' ')
       << command.summary << "\n";
  }
  to << "\n`" << program << " COMMAND --help` shows a command's flags.\n"
     << "Exit codes: 0 what was asked holds; 1 judged, and it does not hold; 2 usage or "
        "configuration;\n"
     << "3 could not be judged (unknown, not found, API server unreachable).\n";
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

// The command whose words the arguments begin with, and how many words that is.
const Command* Find(const std::vector<std::string>& arguments, std::size_t* words) {
  const Command* best = nullptr;
  for (const Command& command : Commands()) {
    const std::size_t count =
        static_cast<std::size_t>(std::count(command.name.begin(), command.name.end(), ' ')) + 1;
    if (arguments.size() < count) continue;
    std::string name = arguments[0];
    for (std::size_t i = 1; i < count; ++i) name += " " + arguments[i];
    if (name == command.name && (best == nullptr || count > *words)) {
      best = &command;
      *words = count;
    }
  }
  return best;
}

int Run(const std::string& program, std::vector<std::string> arguments) {
  if (arguments.empty()) {
    PrintHelp(std::cerr, program);
    return kUsage;
  }
  if (arguments[0] == "--version" || arguments[0] == "version") {
    std::cout << "plimsoll " << Version() << "\n";
    return kHolds;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    PrintHelp(std::cout, program);
    return kHolds;
  }
  std::size_t words = 0;
  const Command* command = Find(arguments, &words);
  if (command == nullptr) {
    std::cerr << program << ": " << Printable(arguments[0]) << " is no command; `" << program
              << " --help` lists them\n";
    return kUsage;
  }
  arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(words));
  return command->run({.arguments = std::move(arguments),
                       .environment = Environment(),
                       .out = std::cout,
                       .err = std::cerr,
                       .terminal = ::isatty(STDOUT_FILENO) == 1});
}

}  // namespace
}  // namespace plimsoll::cli

int main(int argc, char** argv) {
  // A reader that went away (`| head`) is seen as a failed write, not as a signal.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    return plimsoll::cli::Run(plimsoll::cli::ProgramName(argc > 0 ? argv[0] : ""),
                              std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "plimsoll: " << plimsoll::Printable(error.what()) << "\n";
    return plimsoll::cli::kCouldNotJudge;
  }
}
