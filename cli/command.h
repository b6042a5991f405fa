// What a command of `plimsoll` is, and the exit codes that mean the same everywhere.
//
// Results go to `out`, everything else to `err`. A command reads no global state: its arguments, its
// environment and its streams are handed in, so that a test can run it in process.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace plimsoll::cli {

inline constexpr int kHolds = 0;          // what was asked holds
inline constexpr int kDoesNotHold = 1;    // judged, and it does not hold
inline constexpr int kUsage = 2;          // usage or configuration
inline constexpr int kCouldNotJudge = 3;  // Unknown, not found, API server unreachable

// Of several results: 1 goes before 3, 3 before 0.
int Combine(int a, int b);

struct Invocation {
  std::vector<std::string> arguments;              // without the program's and the command's name
  std::map<std::string, std::string> environment;  // the process's
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // out is a terminal: colour may be used
};

struct Command {
  std::string name;     // "inspect", "auth check"
  std::string summary;  // one line for the list
  int (*run)(const Invocation&);
};

// All commands, in the order in which help lists them.
const std::vector<Command>& Commands();

}  // namespace plimsoll::cli
