// What is said about the commands: help on a terminal, the man page, and the reference in docs/. All of it is made
// from `Commands()`, so that none can say something else.
#pragma once

#include <string>

#include "cli/command.h"

namespace plimsoll::cli {

// "explain REPOSITORY [flags]".
std::string UsageLine(const Command& command);

std::string Overview(const std::string& program);
std::string Help(const std::string& program, const Command& command);

// docs/man/plimsoll.1, as man(7).
std::string ManPage();
// The part of docs/command-line.md that lists every command, as Markdown.
std::string Reference();

}  // namespace plimsoll::cli
