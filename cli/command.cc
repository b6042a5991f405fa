#include "cli/command.h"

#include "cli/commands.h"

namespace plimsoll::cli {

int Combine(int a, int b) {
  for (const int code : {kUsage, kDoesNotHold, kCouldNotJudge}) {
    if (a == code || b == code) return code;
  }
  return kHolds;
}

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = {
      {"inspect", "look at the signatures of images now, without a cluster", RunInspect},
      {"replay", "judge a recorded history, in order of time", RunReplay},
  };
  return kCommands;
}

}  // namespace plimsoll::cli
