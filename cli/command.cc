#include "cli/command.h"

#include <string_view>

#include "cli/commands.h"
#include "cli/verify_bundle.h"

namespace plimsoll::cli {

int RunVerifyBundleCommand(const Invocation& invocation) {
  const std::vector<std::string_view> arguments(invocation.arguments.begin(),
                                                invocation.arguments.end());
  return RunVerifyBundle(arguments, invocation.out, invocation.err);
}

int Combine(int a, int b) {
  for (const int code : {kUsage, kDoesNotHold, kCouldNotJudge}) {
    if (a == code || b == code) return code;
  }
  return kHolds;
}

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = {
      {"inspect", "look at the signatures of images now, without a cluster", RunInspect},
      {"verify-bundle", "verify a Sigstore bundle over a file or digest", RunVerifyBundleCommand},
      {"auth check", "say which credential an image would be read with, and whether it works",
       RunAuthCheck},
      {"replay", "judge a recorded history, in order of time", RunReplay},
  };
  return kCommands;
}

}  // namespace plimsoll::cli
