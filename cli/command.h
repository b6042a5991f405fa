// What a command of `plimsoll` is, and the exit codes that mean the same everywhere.
//
// Results go to `out`, everything else to `err`. A command reads no global state: its arguments, its
// environment and its streams are handed in, so that a test can run it in process.
//
// A Command describes itself: help, man page, the reference in docs/ and shell completion are made from
// what stands here (help.h, complete.h), and from nothing else.
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/flags.h"

namespace plimsoll::cli {

inline constexpr int kHolds = 0;          // what was asked holds
inline constexpr int kDoesNotHold = 1;    // judged, and it does not hold
inline constexpr int kUsage = 2;          // usage or configuration
inline constexpr int kCouldNotJudge = 3;  // Unknown, not found, API server unreachable

// Of several results: 1 goes before 3, 3 before 0.
int Combine(int a, int b);

struct Invocation {
  std::string program;                             // as a person types it: "kubectl plimsoll"
  std::string command;                             // its name: "auth check"
  std::vector<std::string> arguments;              // without the program's and the command's name
  std::map<std::string, std::string> environment;  // the process's
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // out is a terminal: colour may be used
  bool progress = false;  // err is a terminal: work that lasts says how far it is
};

struct Example {
  std::string comment;
  std::string line;  // without the program's name
};

// What a positional argument is, for completion. The last one of a command stands for all that follow.
enum class ArgumentKind { kOther, kFile, kRepository, kDriftKind };

struct Argument {
  std::string name;  // "REPOSITORY", "[IMAGE...]"
  ArgumentKind kind = ArgumentKind::kOther;
  std::vector<std::string> values;  // the only ones, if there are such
};

struct Command {
  std::string name;     // "inspect", "auth check"
  std::string summary;  // one line for the list, as an order: "look at ..."
  std::vector<Argument> arguments;
  std::vector<std::string> description;  // paragraphs
  std::vector<Example> examples;
  bool examples_assume = false;  // something that only their reader has, so no test can run them
  // What exit codes 0, 1 and 3 mean here; empty: it does not answer that.
  std::string holds, does_not_hold, could_not_judge;
  std::vector<config::FlagSet::Description> flags;
  std::function<int(const Invocation&)> run;
};

// "COMMAND: message" to err, with where to read more. Returns kUsage.
int UsageError(const Invocation& invocation, const Error& error);
// The same for what could not be judged. Returns kCouldNotJudge.
int Unjudged(const Invocation& invocation, const Error& error);
// Prints the command's help to out. Returns kHolds.
int PrintHelp(const Invocation& invocation);

// Gives a command its flags and what it runs. `Flags` is a struct of values with their defaults; `declare`
// names each of them once.
template <class Flags>
Command Bind(Command command, void (*declare)(config::FlagSet&, Flags*),
             int (*run)(const Invocation&, const Flags&, const std::vector<std::string>&)) {
  Flags defaults;
  config::FlagSet described("", "");
  declare(described, &defaults);
  command.flags = described.Describe();
  command.run = [declare, run](const Invocation& invocation) {
    Flags flags;
    config::FlagSet set("", "");
    declare(set, &flags);
    const auto parsed = set.Parse(invocation.arguments);
    if (!parsed) return UsageError(invocation, parsed.error());
    if (parsed->help) return PrintHelp(invocation);
    return run(invocation, flags, parsed->positional);
  };
  return command;
}

// All commands, in the order in which help lists them.
const std::vector<Command>& Commands();

// Finds the command that `invocation.arguments` begin with and runs it: the whole program, but for the process.
int RunProgram(Invocation invocation);

}  // namespace plimsoll::cli
