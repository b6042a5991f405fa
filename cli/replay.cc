// plimsoll replay: judges a history in order of time, from a file or from a registry repository's own tags.
#include <algorithm>
#include <fstream>
#include <map>

#include "base/log.h"
#include "base/printable.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/looking.h"
#include "cli/output.h"
#include "cli/registry_history.h"
#include "cli/replay_lines.h"
#include "setup/stack.h"

namespace plimsoll::cli {
namespace {

struct ReplayFlags {
  std::string from;
  std::string config_file;
  bool plain_http = false;
  std::int64_t limit = 100;
  std::string output = "text";
};

void Declare(config::FlagSet& set, ReplayFlags* flags) {
  set.String("from", &flags->from, "FILE",
             "A recorded history: JSON Lines in order of time; - reads standard input.");
  set.Int("limit", &flags->limit, 1, 2'000, "N",
          "Of a registry repository, look at the tags of at most so many of the latest versions.");
  set.String(
      "config", &flags->config_file, "FILE",
      "The configuration file; its durations, aliases, registries, keys and trust root apply.");
  set.Bool("plain-http", &flags->plain_http, "Speak plain HTTP with the repository's host.");
  DeclareOutput(set, &flags->output);
}

// Prints what comes out of the engine, in the form that was asked for.
class Printer {
 public:
  Printer(const Invocation& invocation, const std::string& output)
      : invocation_(invocation), output_(output) {}

  // `image` is what a line is about, for people; may be empty.
  void Line(const baseline::ReplayLine& line, const std::string& image) const {
    if (IsStructured(output_)) return Structured(ReplayLineJson(line, image));
    if (line.repository.empty() && line.events.empty()) return;
    std::ostream& out = invocation_.out;
    out << FormatTime(line.time) << "  ";
    if (line.verdict) out << baseline::ToText(*line.verdict) << "  ";
    out << line.repository;
    if (!image.empty()) out << ":" << Printable(image, 128);
    if (!line.digest.empty())
      out << "@" << (output_ == "wide" ? line.digest : line.digest.substr(0, 19));
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

  void Summary(const baseline::ReplaySummary& summary) const {
    if (IsStructured(output_)) return Structured(ReplaySummaryJson(summary));
    invocation_.out << summary.repositories << " repositories, " << summary.established
                    << " established; open drift: " << summary.open_critical << " critical, "
                    << summary.open_warning << " warning; " << summary.denied
                    << " answers would have been Deny\n";
  }

 private:
  void Structured(const std::string& json) const {
    if (output_ == "yaml") invocation_.out << "---\n";
    PrintStructured(invocation_.out, json, output_);
  }

  const Invocation& invocation_;
  const std::string& output_;
};

int ExitOf(const baseline::ReplaySummary& summary) {
  return summary.open_critical == 0 ? kHolds : kDoesNotHold;
}

baseline::Replay MakeReplay(const config::PlimsollConfig& config,
                            std::vector<std::string> aliases) {
  baseline::Settings settings;
  settings.durations = setup::DurationsOf(config);
  settings.aliases = std::move(aliases);
  return baseline::Replay(std::move(settings));
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

int ReplayFile(const Invocation& invocation, const ReplayFlags& flags,
               const config::PlimsollConfig& config) {
  std::ifstream file;
  if (flags.from != "-") {
    file.open(flags.from);
    if (!file) return UsageError(invocation, {kNotFound, "cannot open " + flags.from, false});
  }
  std::istream& in = flags.from == "-" ? invocation.in : file;
  const Printer printer(invocation, flags.output);
  const auto print = [&](const baseline::ReplayLine& line) { printer.Line(line, ""); };
  baseline::Replay replay = MakeReplay(config, {});
  if (const Status fed = FeedAll(in, flags.from, replay, print); !fed)
    return UsageError(invocation, fed.error());
  const baseline::ReplaySummary summary = replay.Finish(print);
  printer.Summary(summary);
  return ExitOf(summary);
}

// What the tags name, each digest once. A tag that is gone by now is no error.
oci::Answer<std::vector<TaggedImage>> ReadTags(const Invocation& invocation,
                                               oci::Registry& registry,
                                               const oci::Repository& repository,
                                               std::size_t most) {
  auto list = registry.ListTags(repository, {});
  if (!list) return tl::make_unexpected(list.error());
  const std::size_t found = ImageTags(list->tags, list->tags.size()).size();
  const std::vector<std::string> tags = ImageTags(std::move(list->tags), most);
  if (tags.size() < found || !list->complete) {
    invocation.err << "note: of " << found << (list->complete ? "" : " or more")
                   << " tags the latest " << tags.size() << " are looked at\n";
  }
  std::vector<oci::Answer<oci::TagTarget>> targets(tags.size(),
                                                   tl::make_unexpected(oci::Failure{}));
  LookAtAll(invocation, tags.size(), "resolving tags",
            [&](std::size_t i) { targets[i] = registry.ResolveTag(repository, tags[i], {}); });
  std::vector<TaggedImage> images;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (!targets[i] && targets[i].error().error.code == oci::kDigestNotInRepository) continue;
    if (!targets[i]) return tl::make_unexpected(targets[i].error());
    const std::string& digest = targets[i]->digest.text();
    const auto [place, is_new] = places.emplace(digest, images.size());
    if (is_new) images.push_back({{}, digest, {}, {}});
    images[place->second].tags.push_back(tags[i]);
  }
  return images;
}

// Looks at the images. False when one of them is not known; stderr says which.
bool ObserveAll(const Invocation& invocation, setup::Stack& stack,
                const oci::Repository& repository, std::vector<TaggedImage>& images) {
  std::vector<std::string> unknown(images.size());
  LookAtAll(invocation, images.size(), "looking at images", [&](std::size_t i) {
    TaggedImage& image = images[i];
    observation::Question question;
    question.repository = repository.Key();
    question.digest = image.digest;
    const observation::Answer answer = stack.observer->Observe(question);
    image.observation = answer.observation;
    if (!answer.complete()) unknown[i] = answer.message;
    if (CameAt(image)) return;
    const auto digest = oci::Digest::Parse(image.digest);
    if (!digest) return;
    const auto built = stack.registry->BuiltTime(repository, *digest, {});
    if (built) image.built = *built;
  });
  bool whole = true;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (unknown[i].empty()) continue;
    whole = false;
    invocation.err << "not known: " << images[i].tags.front() << ": " << unknown[i] << "\n";
  }
  return whole;
}

int ReplayRegistry(const Invocation& invocation, const ReplayFlags& flags,
                   config::PlimsollConfig config, const std::string& word) {
  const auto key = RepositoryOf(word);
  if (!key) return UsageError(invocation, key.error());
  const auto repository = oci::Repository::FromKey(*key);
  if (!repository) return UsageError(invocation, repository.error());
  setup::OpenHost(config, repository->host, flags.plain_http);
  const auto rules = setup::LoadRepositoryRules(config);
  if (!rules) return UsageError(invocation, rules.error());
  const SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  setup::StackOptions options;
  options.fallback_docker_config = oci::FindDockerConfig(invocation.environment).value_or("");
  auto stack = setup::MakeStack(config, options, clock, log, metrics);
  if (!stack) return UsageError(invocation, stack.error());

  auto images =
      ReadTags(invocation, *stack->registry, *repository, static_cast<std::size_t>(flags.limit));
  if (!images) return Unjudged(invocation, images.error().error);
  const bool whole = ObserveAll(invocation, *stack, *repository, *images);
  const RegistryHistory history = HistoryOf(*key, std::move(*images), setup::DurationsOf(config));
  for (const std::string& tags : history.left_out) {
    invocation.err << "left out: " << tags
                   << ": neither a verified signature nor the image itself says when it came\n";
  }
  if (history.events.empty())
    return Unjudged(invocation,
                    {kNotFound, *key + " has no image that can be put in order of time", false});

  const Printer printer(invocation, flags.output);
  const auto print = [&](const baseline::ReplayLine& line) {
    const std::string& name = history.names[line.line - 1];
    // A later look at an image is worth a line when something came of it.
    if (!name.empty() || !line.events.empty()) printer.Line(line, name);
  };
  baseline::Replay replay = MakeReplay(config, rules->AliasesOf(*repository));
  for (const baseline::ReplayEvent& event : history.events) {
    if (const Status fed = replay.Feed(event, print); !fed)
      return Unjudged(invocation, fed.error());
  }
  const baseline::ReplaySummary summary = replay.Finish(print);
  printer.Summary(summary);
  return Combine(ExitOf(summary), whole ? kHolds : kCouldNotJudge);
}

int Run(const Invocation& invocation, const ReplayFlags& flags,
        const std::vector<std::string>& words) {
  const auto config = config::PlimsollConfig::Load(flags.config_file);
  if (!config) return UsageError(invocation, config.error());
  if (words.size() == 1 && flags.from.empty())
    return ReplayRegistry(invocation, flags, *config, words[0]);
  if (words.empty() && !flags.from.empty()) return ReplayFile(invocation, flags, *config);
  return UsageError(
      invocation, {kInvalidArgument,
                   "expected either a repository, or --from FILE with a recorded history", false});
}

}  // namespace

Command ReplayCommand() {
  Command command;
  command.name = "replay";
  command.summary = "judge a repository's past in order of time, from its registry or a file";
  command.arguments = {{"[REPOSITORY]", ArgumentKind::kRepository, {}}};
  command.description = {
      "Judges a history in order of time, by the same functions as the cluster, and prints what "
      "Plimsoll would have "
      "learned, said and denied, and when. This is how to try it on the past of your own images "
      "before it is "
      "allowed to deny anything.",
      "A REPOSITORY's history is made of its tags as the registry serves them now: an image came "
      "when its first "
      "verified signature was made, an unsigned one when it says that it was built, and each runs "
      "until the next one "
      "comes. With --from, a file is judged: one JSON object a line, as docs/command-line.md "
      "describes them."};
  command.examples = {{"The past of a repository", "replay ghcr.io/acme/storefront/web"},
                      {"A recorded history, for a program", "replay --from history.jsonl -o json"}};
  command.holds = "no critical drift is open at the end";
  command.does_not_hold = "a critical drift is open at the end";
  command.could_not_judge = "the registry did not answer for every image";
  return Bind<ReplayFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
