// The cluster that a command reads, with the caller's own rights.
//
// Which cluster: --kubeconfig and --context by kubectl's rules, inside a Pod its service account. Calls block; an
// error is one of kube/api_error.h, with a message for the person who typed the command.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "base/result.h"
#include "base/time.h"
#include "cli/command.h"
#include "config/flags.h"
#include "kube/client.h"
#include "kube/object.h"

namespace plimsoll::cli {

struct ClusterFlags {
  std::string kubeconfig;
  std::string context;
};
void DeclareCluster(config::FlagSet& set, ClusterFlags* flags);

const kube::ResourceType& SigningBaselines();
const kube::ResourceType& SigningPolicies();

class Cluster {
 public:
  // kNotFound, kInvalidArgument, kMalformed: the kubeconfig is the reason (exit code 2). Nothing is asked yet.
  static Result<Cluster> Open(const ClusterFlags& flags, const Invocation& invocation);
  // Over a transport of the caller's, which outlives it.
  Cluster(kube::Transport& transport, const Clock& clock, kube::Waiter& waiter);
  ~Cluster();
  Cluster(Cluster&&) noexcept;

  kube::Client& client() { return *client_; }
  // Of the context; empty when it names none.
  const std::string& namespace_name() const { return namespace_name_; }
  const std::string& server() const { return server_; }

  // The baseline of a repository; nothing when there is none. kNameCollision: another repository's is in its place.
  Result<std::optional<api::SigningBaseline>> Baseline(const std::string& repository);
  // All that are usable, in the order of the server.
  Result<std::vector<api::SigningBaseline>> Baselines();
  Result<std::vector<api::SigningPolicyObject>> Policies();
  // Who the server says that we are (SelfSubjectReview).
  Result<std::string> UserName();

 private:
  struct Connection;
  explicit Cluster(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;  // absent over a caller's transport
  std::unique_ptr<kube::Client> client_;
  std::string namespace_name_;
  std::string server_;
};

// The repository key that a person means: normalised, tag and digest dropped. kInvalidArgument otherwise.
Result<std::string> RepositoryOf(const std::string& text);

}  // namespace plimsoll::cli
