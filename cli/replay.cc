// plimsoll replay --from FILE: judges a recorded history in order of time.
#include <fstream>
#include <iostream>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/replay_lines.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "setup/stack.h"

namespace plimsoll::cli {
namespace {

struct ReplayFlags {
  std::string from;
  std::string config_file;
  std::string output = "text";
};

void Declare(config::FlagSet& set, ReplayFlags* flags) {
  set.String("from", &flags->from, "FILE", "JSON Lines in order of time; - reads standard input.");
  set.String("config", &flags->config_file, "FILE",
             "The configuration file; its durations and aliases apply.");
  DeclareOutput(set, &flags->output);
}

void PrintText(std::ostream& out, const baseline::ReplayLine& line) {
  if (line.repository.empty() && line.events.empty()) return;
  out << FormatTime(line.time) << "  ";
  if (line.verdict) out << baseline::ToText(*line.verdict) << "  ";
  out << line.repository;
  if (!line.digest.empty()) out << "@" << line.digest.substr(0, 19);
  if (line.kind) out << "  " << baseline::ToText(*line.kind);
  if (line.severity) out << " (" << baseline::ToText(*line.severity) << ")";
  if (!line.fingerprint.empty()) out << " " << line.fingerprint;
  if (line.state) out << "  [" << baseline::ToText(*line.state);
  if (line.state && line.strength) out << ", " << baseline::ToText(*line.strength);
  if (line.state) out << "]";
  out << "\n";
  for (const baseline::ReplayOutputEvent& event : line.events) {
    out << "    " << event.reason
        << (event.repository == line.repository ? "" : " " + event.repository);
    if (!event.fingerprint.empty()) out << " " << event.fingerprint;
    out << "\n";
  }
}

void PrintSummary(std::ostream& out, const baseline::ReplaySummary& summary) {
  out << summary.repositories << " repositories, " << summary.established
      << " established; open drift: " << summary.open_critical << " critical, "
      << summary.open_warning << " warning; " << summary.denied
      << " answers would have been Deny\n";
}

// Feeds every line of the stream. An error names the line.
Status FeedAll(std::istream& in, const std::string& name, baseline::Replay& replay,
               const std::function<void(const baseline::ReplayLine&)>& print) {
  std::string text;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    if (text.empty()) continue;
    const auto at_line = [&](const Error& error) {
      return Fail(error.code, name + ":" + std::to_string(number) + ": " + error.message);
    };
    auto event = ReadReplayLine(text, number);
    if (!event) return at_line(event.error());
    if (const Status fed = replay.Feed(std::move(*event), print); !fed) return at_line(fed.error());
  }
  return {};
}

int Run(const Invocation& invocation, const ReplayFlags& flags,
        const std::vector<std::string>& words) {
  if (flags.from.empty() || !words.empty()) {
    return UsageError(
        invocation,
        {kInvalidArgument, "expected --from FILE with a recorded history and nothing else", false});
  }
  const auto config = config::PlimsollConfig::Load(flags.config_file);
  if (!config) return UsageError(invocation, config.error());

  std::ifstream file;
  if (flags.from != "-") {
    file.open(flags.from);
    if (!file) return UsageError(invocation, {kNotFound, "cannot open " + flags.from, false});
  }
  std::istream& in = flags.from == "-" ? invocation.in : file;

  const bool json = flags.output == "json";
  const auto print = [&](const baseline::ReplayLine& line) {
    if (json) {
      invocation.out << ReplayLineJson(line) << "\n";
    } else {
      PrintText(invocation.out, line);
    }
  };
  baseline::Settings settings;
  settings.durations = setup::DurationsOf(*config);
  baseline::Replay replay(std::move(settings));
  if (const Status fed = FeedAll(in, flags.from, replay, print); !fed)
    return UsageError(invocation, fed.error());
  const baseline::ReplaySummary summary = replay.Finish(print);
  if (json) {
    invocation.out << ReplaySummaryJson(summary) << "\n";
  } else {
    PrintSummary(invocation.out, summary);
  }
  return summary.open_critical == 0 ? kHolds : kDoesNotHold;
}

}  // namespace

Command ReplayCommand() {
  Command command;
  command.name = "replay";
  command.summary = "judge a recorded history, in order of time";
  command.description = {
      "Judges a history in order of time, by the same functions as the cluster, and prints what "
      "would have been "
      "learned, said and denied, and when."};
  command.examples = {{"A recorded history", "replay --from history.jsonl"}};
  command.holds = "no critical drift is open at the end";
  command.does_not_hold = "a critical drift is open at the end";
  return Bind<ReplayFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
