// The commands, one function and one file each.
#pragma once

#include "cli/command.h"

namespace plimsoll::cli {

Command InspectCommand();
Command ExplainCommand();
Command HistoryCommand();
Command AcceptCommand();
Command ExportCommand();
Command PreviewCommand();
Command ReplayCommand();
Command VerifyBundleCommand();
Command LogTrustCommand();
Command AuthCheckCommand();
Command CompletionCommand();

}  // namespace plimsoll::cli
