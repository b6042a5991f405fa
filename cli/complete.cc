#include "cli/complete.h"

#include <algorithm>

#include "baseline/words.h"
#include "cli/cluster.h"
#include "cli/commands.h"

namespace plimsoll::cli {
namespace {

using Words = std::vector<std::string>;

// As kubectl reads it from its plug-ins' completion.
constexpr char kNoFiles[] = ":4\n";
constexpr char kFiles[] = ":0\n";

const config::FlagSet::Description* FlagOf(const Command& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (const auto& flag : command.flags) {
    if (name == "--" + flag.name) return &flag;
    if (flag.short_name != 0 && name == std::string("-") + flag.short_name) return &flag;
  }
  return nullptr;
}

bool TakesValue(const config::FlagSet::Description* flag) {
  return flag != nullptr && !flag->placeholder.empty();
}

void Offer(Candidates& to, const std::string& typed, const std::string& text,
           const std::string& description = {}) {
  if (text.starts_with(typed)) to.words.push_back({text, description});
}

Candidates ValuesOf(const config::FlagSet::Description& flag, const std::string& before,
                    const std::string& typed) {
  Candidates found;
  const std::string& placeholder = flag.placeholder;
  if (placeholder.find('|') == std::string::npos) {
    found.files = placeholder == "FILE" || placeholder == "PEM";
    return found;
  }
  for (std::size_t begin = 0; begin <= placeholder.size();) {
    const std::size_t end = std::min(placeholder.find('|', begin), placeholder.size());
    Offer(found, typed, before + placeholder.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}

Candidates FlagsOf(const Command& command, const std::string& typed) {
  Candidates found;
  for (const auto& flag : command.flags) Offer(found, typed, "--" + flag.name, flag.help);
  Offer(found, typed, "--help", "Show help.");
  return found;
}

Candidates ArgumentOf(const Command& command, std::size_t place, const std::string& typed) {
  Candidates found;
  if (command.arguments.empty()) return found;
  const Argument& argument = command.arguments[std::min(place, command.arguments.size() - 1)];
  const bool more = argument.name.find("...") != std::string::npos;
  if (place >= command.arguments.size() && !more) return found;
  found.files = argument.kind == ArgumentKind::kFile;
  found.repositories = argument.kind == ArgumentKind::kRepository;
  for (const std::string& value : argument.values) Offer(found, typed, value);
  if (argument.kind == ArgumentKind::kDriftKind) {
    for (int kind = 0; kind < baseline::kDriftKinds; ++kind)
      Offer(found, typed, std::string(baseline::ToText(static_cast<baseline::DriftKind>(kind))));
  }
  return found;
}

// The commands that could still be meant.
Candidates CommandsOf(const Words& words) {
  Candidates found;
  std::string before;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) before += words[i] + " ";
  for (const Command& command : Commands()) {
    if (!command.name.starts_with(before)) continue;
    const std::string rest = command.name.substr(before.size());
    Offer(found, words.back(), rest.substr(0, rest.find(' ')), command.summary);
  }
  return found;
}

}  // namespace

const Command* CommandOf(const Words& words, std::size_t* count) {
  const Command* best = nullptr;
  for (const Command& command : Commands()) {
    const std::size_t length =
        static_cast<std::size_t>(std::count(command.name.begin(), command.name.end(), ' ')) + 1;
    if (words.size() < length) continue;
    std::string name = words[0];
    for (std::size_t i = 1; i < length; ++i) name += " " + words[i];
    if (name == command.name && (best == nullptr || length > *count)) {
      best = &command;
      *count = length;
    }
  }
  return best;
}

Candidates CandidatesFor(const Words& words) {
  if (words.empty()) return CommandsOf({""});
  std::size_t count = 0;
  const Words before(words.begin(), words.end() - 1);
  const Command* command = CommandOf(before, &count);
  if (command == nullptr) return CommandsOf(words);
  const std::string& typed = words.back();
  std::size_t place = 0;
  for (std::size_t i = count; i < before.size(); ++i) {
    if (!before[i].starts_with("-")) {
      ++place;
    } else if (TakesValue(FlagOf(*command, before[i])) &&
               before[i].find('=') == std::string::npos) {
      if (i + 1 == before.size()) return ValuesOf(*FlagOf(*command, before[i]), "", typed);
      ++i;
    }
  }
  const std::size_t equals = typed.find('=');
  if (typed.starts_with("-") && equals != std::string::npos) {
    const auto* flag = FlagOf(*command, typed);
    return TakesValue(flag) ? ValuesOf(*flag, typed.substr(0, equals + 1), typed) : Candidates{};
  }
  return typed.starts_with("-") ? FlagsOf(*command, typed) : ArgumentOf(*command, place, typed);
}

int Complete(const Invocation& invocation, const Words& words) {
  Candidates found = CandidatesFor(words);
  if (found.repositories) {
    // Without a cluster nothing is offered: a shell shows no errors.
    auto cluster = Cluster::Open({}, invocation);
    const auto baselines = cluster ? cluster->Baselines() : Forward(cluster.error());
    if (baselines) {
      for (const api::SigningBaseline& object : *baselines)
        Offer(found, words.back(), object.repository());
    }
  }
  for (const Candidate& candidate : found.words) {
    invocation.out << candidate.text;
    if (!candidate.description.empty()) invocation.out << "\t" << candidate.description;
    invocation.out << "\n";
  }
  invocation.out << (found.files ? kFiles : kNoFiles);
  return kHolds;
}

}  // namespace plimsoll::cli
