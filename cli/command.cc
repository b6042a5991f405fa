#include "cli/command.h"

#include <algorithm>

#include "base/printable.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/help.h"

namespace plimsoll::cli {
namespace {

const Command* ByName(const std::string& name) {
  const auto& commands = Commands();
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const Command& command) { return command.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

// Runs what shells and packagers call; they are no commands for people.
bool RunHidden(const Invocation& invocation, int* code) {
  const std::string& word = invocation.arguments[0];
  if (word != "__complete" && word != "__man" && word != "__reference") return false;
  *code = kHolds;
  if (word == "__man") {
    invocation.out << ManPage();
  } else if (word == "__reference") {
    invocation.out << Reference();
  } else {
    *code = Complete(invocation, {invocation.arguments.begin() + 1, invocation.arguments.end()});
  }
  return true;
}

}  // namespace

int Combine(int a, int b) {
  for (const int code : {kUsage, kDoesNotHold, kCouldNotJudge}) {
    if (a == code || b == code) return code;
  }
  return kHolds;
}

int UsageError(const Invocation& invocation, const Error& error) {
  const std::string name = invocation.program + " " + invocation.command;
  invocation.err << name << ": " << error.message << "\n`" << name << " --help` shows how.\n";
  return kUsage;
}

int Unjudged(const Invocation& invocation, const Error& error) {
  invocation.err << invocation.program << " " << invocation.command << ": " << error.message
                 << "\n";
  return kCouldNotJudge;
}

int PrintHelp(const Invocation& invocation) {
  const Command* command = ByName(invocation.command);
  if (command != nullptr) invocation.out << Help(invocation.program, *command);
  return kHolds;
}

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = {
      ExplainCommand(),  HistoryCommand(),   AcceptCommand(),     PreviewCommand(),
      ExportCommand(),   InspectCommand(),   ReplayCommand(),     VerifyBundleCommand(),
      LogTrustCommand(), AuthCheckCommand(), CompletionCommand(),
  };
  return kCommands;
}

int RunProgram(Invocation invocation) {
  std::vector<std::string>& words = invocation.arguments;
  if (words.empty()) {
    invocation.err << Overview(invocation.program);
    return kUsage;
  }
  if (words[0] == "--version" || words[0] == "version") {
    invocation.out << "plimsoll " << Version() << "\n";
    return kHolds;
  }
  if (words[0] == "help" && words.size() > 1) {
    words.erase(words.begin());
    words.push_back("--help");
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    invocation.out << Overview(invocation.program);
    return kHolds;
  }
  int code = kHolds;
  if (RunHidden(invocation, &code)) return code;
  std::size_t count = 0;
  const Command* command = CommandOf(words, &count);
  if (command == nullptr) {
    invocation.err << invocation.program << ": " << Printable(words[0]) << " is no command; `"
                   << invocation.program << " --help` lists them\n";
    return kUsage;
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
  invocation.command = command->name;
  return command->run(invocation);
}

}  // namespace plimsoll::cli
