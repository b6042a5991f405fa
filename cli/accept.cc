// plimsoll accept REPOSITORY KIND FINGERPRINT: writes the SigningPolicy that accepts one drift.
#include "api/signing_policy.h"
#include "base/printable.h"
#include "cli/acceptance.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "kube/object_writer.h"

namespace plimsoll::cli {
namespace {

constexpr std::size_t kMaxAcceptedBy = 253;

struct AcceptFlags {
  std::string reason;
  std::string expires;
  bool dry_run = false;
  std::string output = "text";
  ClusterFlags cluster;
};

void Declare(config::FlagSet& set, AcceptFlags* flags) {
  set.String("reason", &flags->reason, "TEXT",
             "Why, for the next reader: a sentence and a ticket. Needed.");
  set.String("expires", &flags->expires, "14d|DATE",
             "When the drift opens again: from now (14d, 36h), a date, or a time. For a whole "
             "repository (r-) it is "
             "needed, and at most 90d.");
  set.Bool("dry-run", &flags->dry_run, "Let the API server check it, and write nothing.");
  set.OneOf("output", &flags->output, {"text", "wide", "json", "yaml"},
            "json and yaml print the SigningPolicy for a commit, and write nothing.", 'o');
  DeclareCluster(set, &flags->cluster);
}

// Usage, refusal, or no answer.
int ExitOf(const Invocation& invocation, const Error& error) {
  if (error.code == kInvalidArgument || error.code == kAmbiguous)
    return UsageError(invocation, error);
  for (const Reason refusal :
       {kRefused, kube::kForbidden, kube::kInvalid, kube::kConflict, kube::kBadRequest}) {
    if (error.code != refusal) continue;
    invocation.err << invocation.program << " accept: refused: " << error.message << "\n";
    return kDoesNotHold;
  }
  return Unjudged(invocation, error);
}

Result<baseline::Acceptance> Read(const AcceptFlags& flags, const std::vector<std::string>& words,
                                  Time now) {
  if (words.size() != 3) {
    return Fail(kInvalidArgument, "expected REPOSITORY KIND FINGERPRINT, found " +
                                      std::to_string(words.size()) + " arguments");
  }
  baseline::Acceptance acceptance;
  PLIMSOLL_ASSIGN(acceptance.repository, RepositoryOf(words[0]));
  PLIMSOLL_ASSIGN(acceptance.kind, ParseKind(words[1]));
  acceptance.fingerprint = words[2];
  if (!IsFingerprintPrefix(acceptance.fingerprint)) {
    return Fail(kInvalidArgument, Printable(words[2], 64) +
                                      " is no fingerprint: expected s-, d- or r- and 32 "
                                      "hexadecimal digits, or the first of them");
  }
  acceptance.reason = flags.reason;
  if (!flags.expires.empty()) {
    PLIMSOLL_ASSIGN(acceptance.expiration_time, ParseExpiry(flags.expires, now));
  }
  return acceptance;
}

Status LookUpFingerprint(Cluster& cluster, baseline::Acceptance* acceptance) {
  PLIMSOLL_ASSIGN(const auto object, cluster.Baseline(acceptance->repository));
  if (!object) {
    return Fail(
        kNotFound,
        acceptance->repository +
            " has no baseline in this cluster, so the fingerprint cannot be completed; give "
            "the whole one");
  }
  PLIMSOLL_ASSIGN(acceptance->fingerprint,
                  CompleteFingerprint(acceptance->fingerprint, acceptance->kind, object->record));
  return {};
}

// The entry as the API server stored it, or as it would.
Result<std::string> Apply(Cluster& cluster, baseline::SigningPolicy policy, bool dry_run) {
  const auto stored = cluster.client().Get(SigningPolicies(), {}, policy.name);
  if (stored) KeepAppliedEntries(*stored, &policy);
  kube::ObjectWriter writer(cluster.client());
  kube::ObjectWriter::PatchOptions options;
  options.type = kube::PatchType::kApply;
  options.field_manager = kFieldManager;
  options.dry_run = dry_run;
  auto applied =
      writer.Patch(SigningPolicies(), {}, policy.name, api::SigningPolicyJson(policy), options);
  if (applied) return applied;
  Error error = applied.error();
  if (error.code == kube::kConflict) {
    error.message +=
        "; somebody else keeps this entry: change it where it is kept, for example in Git with -o "
        "yaml";
  } else if (error.code == kNotFound) {
    error.message += "; is Plimsoll installed in this cluster?";
  }
  return Forward(std::move(error));
}

void Report(const Invocation& invocation, const AcceptFlags& flags,
            const baseline::SigningPolicy& policy) {
  const baseline::Acceptance& entry = policy.accepted_drift.front();
  invocation.out << Coloured(invocation, flags.dry_run ? "would be accepted" : "accepted",
                             Colour::kGreen)
                 << ": " << baseline::ToText(entry.kind) << " " << entry.fingerprint << " of "
                 << entry.repository
                 << (entry.expiration_time ? " until " + FormatTime(*entry.expiration_time)
                                           : std::string(", without an end"))
                 << ", by SigningPolicy " << policy.name << (flags.dry_run ? " (dry run)" : "")
                 << "\n";
  if (!flags.dry_run)
    invocation.out << "To take it back: kubectl delete signingpolicy " << policy.name << "\n";
}

int Run(const Invocation& invocation, const AcceptFlags& flags,
        const std::vector<std::string>& words) {
  const Time now = SystemClock().Now();
  auto acceptance = Read(flags, words, now);
  if (!acceptance) return ExitOf(invocation, acceptance.error());
  auto cluster = Cluster::Open(flags.cluster, invocation);
  const bool prints = IsStructured(flags.output);
  const bool whole = IsFingerprint(acceptance->fingerprint);
  if (whole) {
    if (const Status checked = CheckAcceptance(*acceptance, now); !checked)
      return ExitOf(invocation, checked.error());
  }
  if (!cluster && !(prints && whole)) return UsageError(invocation, cluster.error());
  if (!whole) {
    if (const Status found = LookUpFingerprint(*cluster, &*acceptance); !found)
      return ExitOf(invocation, found.error());
    if (const Status checked = CheckAcceptance(*acceptance, now); !checked)
      return ExitOf(invocation, checked.error());
  }
  const auto user = cluster ? cluster->UserName() : Forward(cluster.error());
  if (user) {
    acceptance->accepted_by = Printable(*user, kMaxAcceptedBy);
  } else {
    invocation.err << "acceptedBy is left out: " << user.error().message << "\n";
  }
  const baseline::SigningPolicy policy = AcceptancePolicy(*acceptance);
  if (prints) {
    PrintStructured(invocation.out, api::SigningPolicyJson(policy, flags.output == "json"),
                    flags.output);
    return kHolds;
  }
  if (const auto applied = Apply(*cluster, policy, flags.dry_run); !applied)
    return ExitOf(invocation, applied.error());
  Report(invocation, flags, policy);
  return kHolds;
}

}  // namespace

Command AcceptCommand() {
  Command command;
  command.name = "accept";
  command.summary = "accept one drift, with a reason and an end";
  command.arguments = {{"REPOSITORY", ArgumentKind::kRepository, {}},
                       {"KIND", ArgumentKind::kDriftKind, {}},
                       {"FINGERPRINT", ArgumentKind::kOther, {}}};
  command.description = {
      "Writes the SigningPolicy that accepts one drift: its kind and fingerprint, as the denial, "
      "the Event, the "
      "condition or `explain` names them. Nothing is looked up for a whole fingerprint, so a "
      "denied image that "
      "never ran can be accepted; the first characters of one are looked up in the repository's "
      "baseline.",
      "s- trusts a signer for this repository from now on. d- accepts one image. r- accepts every "
      "image of the "
      "repository that shows this kind, for at most 90 days. Accepting again replaces reason and "
      "end.",
      "The policy is applied server-side as field manager kubectl-plimsoll and is named accept- "
      "and the first 18 "
      "characters of the fingerprint. What is accepted is calm until the end; then it is open "
      "again."};
  command.examples = {{"Accept a new signer for two weeks",
                       "accept ghcr.io/acme/storefront/web SignerChanged "
                       "s-5c5d663e2d480544ae66aa8b1a77125c --expires 14d "
                       "--reason \"release moved to a new workflow, SEC-2291\""},
                      {"The same as a file for Git",
                       "accept ghcr.io/acme/storefront/web SignerChanged "
                       "s-5c5d663e2d480544ae66aa8b1a77125c --reason SEC-2291 "
                       "-o yaml"}};
  command.holds = "written";
  command.does_not_hold = "refused: by the rules of acceptance, or by the API server";
  command.could_not_judge = "the API server did not answer, or no fingerprint begins like that";
  return Bind<AcceptFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
