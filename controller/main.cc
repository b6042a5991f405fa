// plimsoll-controller: flags and configuration, then RunController.
//
// Exit codes: 0 after SIGTERM or SIGINT, 1 when the leadership was lost, 2 for wrong flags or configuration.
#include <cstdio>
#include <string>
#include <vector>

#include "base/version.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "controller/shell/program.h"
#include "setup/process.h"

namespace {

int Refuse(const std::string& message) {
  std::fprintf(stderr, "plimsoll-controller: %s\n", message.c_str());
  return plimsoll::controller::kExitConfiguration;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace plimsoll;
  setup::GiveBackLargeBlocks();
  // Before any thread: they inherit the blocked signals.
  const setup::StopSignal stop;
  config::ControllerFlags flags;
  const config::FlagSet set = config::MakeControllerFlags(&flags);
  const auto parsed = set.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed) return Refuse(parsed.error().message);
  if (parsed->help) {
    std::fputs(set.Help().c_str(), stdout);
    return 0;
  }
  if (parsed->version) {
    std::printf("plimsoll-controller %s\n", std::string(Version()).c_str());
    return 0;
  }
  if (!parsed->positional.empty()) {
    return Refuse("expected flags only, found " + parsed->positional.front());
  }
  const auto config = config::PlimsollConfig::Load(flags.common.config_file);
  if (!config) return Refuse(config.error().message);
  return controller::RunController(flags, *config, stop);
}
