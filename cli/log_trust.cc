// plimsoll log trust ORIGIN: believes a transparency log again after LogInconsistent.
#include <algorithm>

#include "api/names.h"
#include "base/printable.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "kube/object_writer.h"
#include "rekor/log_state.h"

namespace plimsoll::cli {
namespace {

struct LogTrustFlags {
  std::string reason;
  std::string name_space = "plimsoll-system";
  ClusterFlags cluster;
};

void Declare(config::FlagSet& set, LogTrustFlags* flags) {
  set.String("reason", &flags->reason, "TEXT",
             "What was found out, for the next reader: a sentence and a ticket. Needed.");
  set.String("namespace", &flags->name_space, "NAME", "The namespace in which Plimsoll runs.", 'n');
  DeclareCluster(set, &flags->cluster);
}

int Refused(const Invocation& invocation, const Error& error) {
  invocation.err << invocation.program << " log trust: refused: " << error.message << "\n";
  return kDoesNotHold;
}

int ExitOf(const Invocation& invocation, const Error& error) {
  for (const Reason refusal : {kube::kForbidden, kube::kInvalid, kube::kConflict}) {
    if (error.code == refusal) return Refused(invocation, error);
  }
  return Unjudged(invocation, error);
}

int Run(const Invocation& invocation, const LogTrustFlags& flags,
        const std::vector<std::string>& words) {
  if (words.size() != 1) {
    return UsageError(invocation, {kInvalidArgument,
                                   "expected the ORIGIN of one log, as the condition and the "
                                   "controller's log name it",
                                   false});
  }
  if (flags.reason.empty()) {
    return UsageError(invocation, {kInvalidArgument, "--reason is needed", false});
  }
  auto cluster = Cluster::Open(flags.cluster, invocation);
  if (!cluster) return UsageError(invocation, cluster.error());
  const auto document =
      cluster->client().GetDocument(kube::ConfigMaps(), flags.name_space, api::kStateConfigMap);
  if (!document) return ExitOf(invocation, document.error());
  auto states =
      rekor::ReadLogStates(document->root()["data"][rekor::kLogStatesKey].StringOrEmpty());
  if (!states) return Unjudged(invocation, states.error());
  const Status trusted = rekor::TrustAgain(*states, words[0], flags.reason, SystemClock().Now());
  if (!trusted) {
    return trusted.error().code == kNotFound ? Refused(invocation, trusted.error())
                                             : UsageError(invocation, trusted.error());
  }
  kube::ObjectWriter writer(cluster->client());
  const auto stored = writer.Patch(
      kube::ConfigMaps(), flags.name_space, api::kStateConfigMap,
      rekor::StatesPatch(document->root()["metadata"]["resourceVersion"].StringOrEmpty(), *states),
      {});
  if (!stored) return ExitOf(invocation, stored.error());
  invocation.out << Coloured(invocation, "trusted again", Colour::kGreen) << ": "
                 << Printable(words[0])
                 << "; the controller takes it up within a minute and begins with the next "
                    "checkpoint that it sees\n";
  return kHolds;
}

}  // namespace

Command LogTrustCommand() {
  Command command;
  command.name = "log trust";
  command.summary = "believe a transparency log again after LogInconsistent";
  command.arguments = {{"ORIGIN", ArgumentKind::kOther, {}}};
  command.description = {
      "A log that has shown two checkpoints that cannot both be true is believed in nothing, until "
      "a person has looked: both lie in the ConfigMap plimsoll-state. This forgets them, and keeps "
      "the reason. The log is compared from then on with the next checkpoint that it shows.",
      "The whole log may have been restored from a backup; or it lied. docs/transparency-log.md "
      "says how to find out."};
  command.examples = {{"Believe a private log again that was restored",
                       "log trust \"rekor.example - 1193050959916656506\" --reason \"restored from "
                       "the backup of 3 May, OPS-1234\""}};
  command.examples_assume = true;
  command.holds = "trusted again";
  command.does_not_hold = "refused: that log is not inconsistent, or by the API server";
  command.could_not_judge = "the API server did not answer, or has no such ConfigMap";
  return Bind<LogTrustFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
