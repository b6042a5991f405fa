// plimsoll explain REPOSITORY and plimsoll history REPOSITORY: one baseline, for people.
#include "api/names.h"
#include "base/printable.h"
#include "baseline/derive.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/explanation.h"
#include "cli/output.h"

namespace plimsoll::cli {
namespace {

struct ReadFlags {
  std::string output = "text";
  ClusterFlags cluster;
};

void Declare(config::FlagSet& set, ReadFlags* flags) {
  DeclareOutput(set, &flags->output);
  DeclareCluster(set, &flags->cluster);
}

struct Found {
  std::string repository;
  std::optional<api::SigningBaseline> object;
};

// The baseline that the one argument names. An error's exit code is `*code`.
Result<Found> FindBaseline(const Invocation& invocation, const ReadFlags& flags,
                           const std::vector<std::string>& words, int* code) {
  *code = kUsage;
  if (words.size() != 1) return Fail(kInvalidArgument, "expected exactly one repository");
  Found found;
  PLIMSOLL_ASSIGN(found.repository, RepositoryOf(words[0]));
  PLIMSOLL_ASSIGN(Cluster cluster, Cluster::Open(flags.cluster, invocation));
  *code = kCouldNotJudge;
  PLIMSOLL_ASSIGN(found.object, cluster.Baseline(found.repository));
  return found;
}

Error NoBaseline(const std::string& repository) {
  return {kNotFound,
          repository + " has no SigningBaseline (" + api::BaselineName(repository) +
              "): no Pod of this cluster has run an image of it, or it was pruned; `kubectl get "
              "signingbaselines` lists those there are",
          false};
}

int Refuse(const Invocation& invocation, const Error& error, int code) {
  return code == kUsage ? UsageError(invocation, error) : Unjudged(invocation, error);
}

int RunExplain(const Invocation& invocation, const ReadFlags& flags,
               const std::vector<std::string>& words) {
  int code = kHolds;
  const auto found = FindBaseline(invocation, flags, words, &code);
  if (!found) return Refuse(invocation, found.error(), code);
  if (!found->object) return Unjudged(invocation, NoBaseline(found->repository));
  const baseline::Record& record = found->object->record;
  if (IsStructured(flags.output)) {
    json::Writer w(flags.output == "json");
    ExplainJson(w, record);
    PrintStructured(invocation.out, std::move(w).Take(), flags.output);
  } else {
    invocation.out << ExplainText(
        record, flags.output == "wide",
        [&](const std::string& text, Colour colour) { return Coloured(invocation, text, colour); });
  }
  return baseline::OpenDrifts(record) == 0 ? kHolds : kDoesNotHold;
}

void PrintPast(const Invocation& invocation, const std::vector<PastEvent>& past, bool wide) {
  std::vector<std::vector<std::string>> rows = {{"TIME", "EVENT", "WHAT", "BY", "REASON"}};
  if (wide) rows[0].insert(rows[0].begin() + 3, {"SEVERITY", "FINGERPRINT"});
  for (const PastEvent& event : past) {
    std::vector<std::string> row = {FormatTime(event.time), event.event,
                                    Printable(event.detail, 128), Printable(event.by, 128),
                                    Printable(event.reason, 512)};
    if (wide) row.insert(row.begin() + 3, {event.severity, event.fingerprint});
    rows.push_back(std::move(row));
  }
  invocation.out << Columns(rows);
}

void WritePast(json::Writer& w, const std::string& repository, const std::vector<PastEvent>& past) {
  w.BeginObject();
  w.Member("repository", repository);
  w.Key("events");
  w.BeginArray();
  for (const PastEvent& event : past) {
    w.BeginObject();
    w.Member("time", FormatTime(event.time));
    w.Member("event", event.event);
    w.MemberIfSet("what", event.detail);
    w.MemberIfSet("severity", event.severity);
    w.MemberIfSet("fingerprint", event.fingerprint);
    w.MemberIfSet("by", event.by);
    w.MemberIfSet("reason", event.reason);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
}

int RunHistory(const Invocation& invocation, const ReadFlags& flags,
               const std::vector<std::string>& words) {
  int code = kHolds;
  const auto found = FindBaseline(invocation, flags, words, &code);
  if (!found) return Refuse(invocation, found.error(), code);
  if (!found->object) {
    invocation.err << NoBaseline(found->repository).message << "\n";
    return kDoesNotHold;
  }
  const std::vector<PastEvent> past = PastOf(found->object->record);
  if (IsStructured(flags.output)) {
    json::Writer w(flags.output == "json");
    WritePast(w, found->repository, past);
    PrintStructured(invocation.out, std::move(w).Take(), flags.output);
  } else {
    PrintPast(invocation, past, flags.output == "wide");
  }
  return kHolds;
}

}  // namespace

Command ExplainCommand() {
  Command command;
  command.name = "explain";
  command.summary = "explain a repository's baseline, and what is open";
  command.arguments = {{"REPOSITORY", ArgumentKind::kRepository, {}}};
  command.description = {
      "Explains a baseline in words: who signs the repository's images, since when, on what "
      "evidence, what is "
      "open, what that may mean, and what to do about it."};
  command.examples = {
      {"What is going on with this repository", "explain ghcr.io/acme/storefront/web"},
      {"Whether anything is open, for a script", "explain ghcr.io/acme/storefront/web -o json"}};
  command.holds = "no drift is open";
  command.does_not_hold = "a drift is open";
  command.could_not_judge = "there is no such baseline, or the API server did not answer";
  return Bind<ReadFlags>(std::move(command), Declare, RunExplain);
}

Command HistoryCommand() {
  Command command;
  command.name = "history";
  command.summary = "list what was learned, accepted and resolved, when and by whom";
  command.arguments = {{"REPOSITORY", ArgumentKind::kRepository, {}}};
  command.description = {
      "Lists what the baseline remembers of its past, in order of time: what was learned, which "
      "drifts opened, were "
      "accepted, resolved or ended, when and by whom. A baseline keeps the last 16 closed drifts; "
      "the API server's "
      "audit log is the record of who wrote which policy."};
  command.examples = {
      {"The past of this repository", "history ghcr.io/acme/storefront/web"},
      {"With severities and fingerprints", "history ghcr.io/acme/storefront/web -o wide"}};
  command.holds = "found";
  command.does_not_hold = "there is no such baseline";
  command.could_not_judge = "the API server did not answer";
  return Bind<ReadFlags>(std::move(command), Declare, RunHistory);
}

}  // namespace plimsoll::cli
