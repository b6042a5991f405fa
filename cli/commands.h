// The commands, one function each. What each does, and its exit codes: `plimsoll COMMAND --help` and docs.
#pragma once

#include "cli/command.h"

namespace plimsoll::cli {

int RunInspect(const Invocation& invocation);
int RunReplay(const Invocation& invocation);
int RunVerifyBundleCommand(const Invocation& invocation);
int RunAuthCheck(const Invocation& invocation);

}  // namespace plimsoll::cli
