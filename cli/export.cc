// plimsoll export [REPOSITORY...]: SigningPolicies that pin what is Established.
#include <algorithm>

#include "api/signing_policy.h"
#include "base/printable.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/pins.h"

namespace plimsoll::cli {
namespace {

struct ExportFlags {
  std::string output = "yaml";
  ClusterFlags cluster;
};

void Declare(config::FlagSet& set, ExportFlags* flags) {
  DeclareOutput(set, &flags->output);
  DeclareCluster(set, &flags->cluster);
}

Result<std::vector<std::string>> ReadRepositories(const std::vector<std::string>& words) {
  std::vector<std::string> repositories;
  for (const std::string& word : words) {
    PLIMSOLL_ASSIGN(std::string repository, RepositoryOf(word));
    repositories.push_back(std::move(repository));
  }
  return repositories;
}

// The baselines that are asked for: all, or those named, of which each must be there.
Result<std::vector<baseline::Record>> ReadRecords(Cluster& cluster,
                                                  const std::vector<std::string>& repositories) {
  std::vector<baseline::Record> records;
  if (repositories.empty()) {
    PLIMSOLL_ASSIGN(auto objects, cluster.Baselines());
    for (api::SigningBaseline& object : objects) records.push_back(std::move(object.record));
  }
  for (const std::string& repository : repositories) {
    PLIMSOLL_ASSIGN(auto object, cluster.Baseline(repository));
    if (!object) return Fail(kNotFound, repository + " has no SigningBaseline in this cluster");
    records.push_back(std::move(object->record));
  }
  return records;
}

void PrintYaml(const Invocation& invocation, const std::vector<baseline::SigningPolicy>& policies) {
  for (const baseline::SigningPolicy& policy : policies) {
    invocation.out << "---\n";
    PrintStructured(invocation.out, api::SigningPolicyJson(policy), "yaml");
  }
}

// One List, as kubectl takes it.
void PrintJson(const Invocation& invocation, const std::vector<baseline::SigningPolicy>& policies) {
  invocation.out << R"({"apiVersion":"v1","kind":"List","items":[)";
  for (std::size_t i = 0; i < policies.size(); ++i)
    invocation.out << (i == 0 ? "\n" : ",\n") << api::SigningPolicyJson(policies[i]);
  invocation.out << "\n]}\n";
}

std::string SignerOf(const baseline::Pin& pin, bool wide) {
  if (!pin.keyless) return pin.name;
  const std::string& identity =
      pin.keyless->identity.empty() ? pin.keyless->identity_reg_exp : pin.keyless->identity;
  return wide ? Printable(identity, 1024) : Printable(identity, 96);
}

void PrintTable(const Invocation& invocation, const std::vector<baseline::SigningPolicy>& policies,
                bool wide) {
  std::vector<std::vector<std::string>> rows = {{"POLICY", "REPOSITORIES", "SIGNER"}};
  for (const baseline::SigningPolicy& policy : policies) {
    std::string repositories;
    for (const std::string& repository : policy.repositories)
      repositories += (repositories.empty() ? "" : ",") + Printable(repository, 511);
    for (const baseline::Pin& pin : policy.signers)
      rows.push_back({policy.name, repositories, SignerOf(pin, wide)});
  }
  invocation.out << Columns(rows);
}

int Run(const Invocation& invocation, const ExportFlags& flags,
        const std::vector<std::string>& words) {
  const auto repositories = ReadRepositories(words);
  if (!repositories) return UsageError(invocation, repositories.error());
  auto cluster = Cluster::Open(flags.cluster, invocation);
  if (!cluster) return UsageError(invocation, cluster.error());
  const auto records = ReadRecords(*cluster, *repositories);
  if (!records) return Unjudged(invocation, records.error());
  const auto objects = cluster->Policies();
  if (!objects) return Unjudged(invocation, objects.error());
  std::vector<baseline::SigningPolicy> policies;
  for (const api::SigningPolicyObject& object : *objects) policies.push_back(object.policy);

  const Pins pins = PinsOf(*records, policies, SystemClock().Now());
  if (flags.output == "yaml") {
    PrintYaml(invocation, pins.policies);
  } else if (flags.output == "json") {
    PrintJson(invocation, pins.policies);
  } else {
    PrintTable(invocation, pins.policies, flags.output == "wide");
  }
  for (const std::string& note : pins.notes) invocation.err << "note: " << note << "\n";
  for (const std::string& what : pins.incomplete) invocation.err << "left out: " << what << "\n";
  if (pins.policies.empty()) invocation.err << "Nothing is Established yet.\n";
  return pins.incomplete.empty() ? kHolds : kDoesNotHold;
}

}  // namespace

Command ExportCommand() {
  Command command;
  command.name = "export";
  command.summary = "print SigningPolicies that pin what is Established";
  command.arguments = {{"[REPOSITORY...]", ArgumentKind::kRepository, {}}};
  command.description = {
      "Prints SigningPolicies that pin the signers of every Established repository, with their "
      "numeric IDs, "
      "canonical build config and keys; policies that pin already are printed as they are. Applied "
      "to an empty "
      "cluster they make these repositories Established from the first moment. This is how trust "
      "is backed up, and "
      "how it moves to another cluster.",
      "Acceptances are not printed, and their signers are not pinned: an acceptance is one "
      "person's decision, for "
      "a while. `kubectl get signingpolicies -o yaml` has them."};
  command.examples = {
      {"Back up what was learned", "export > trust.yaml"},
      {"Pin one repository", "export ghcr.io/acme/storefront/web | kubectl apply -f -"}};
  command.holds = "printed, whole";
  command.does_not_hold = "something Established could not be pinned; stderr says what";
  command.could_not_judge = "a named repository has no baseline, or the API server did not answer";
  return Bind<ExportFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
