#include "cli/cluster.h"

#include "api/names.h"
#include "base/printable.h"
#include "base/version.h"
#include "kube/cluster_config.h"
#include "kube/cpprest_transport.h"
#include "kube/object_writer.h"
#include "oci/reference.h"

namespace plimsoll::cli {
namespace {

// A person waits: a server that does not answer is said soon.
kube::ClientOptions OptionsOfAPerson() {
  kube::ClientOptions options;
  options.requests_per_second = 50;
  options.burst = 100;
  options.max_tries = 3;
  options.deadline = std::chrono::seconds(30);
  return options;
}

kube::ProcessEnvironment EnvironmentOf(const Invocation& invocation) {
  kube::ProcessEnvironment environment;
  environment.variables = invocation.environment;
  return environment;
}

}  // namespace

void DeclareCluster(config::FlagSet& set, ClusterFlags* flags) {
  set.String("kubeconfig", &flags->kubeconfig, "FILE",
             "The kubeconfig file, where it is not the one that kubectl would take.");
  set.String("context", &flags->context, "NAME", "The context of the kubeconfig.");
}

const kube::ResourceType& SigningBaselines() {
  static const kube::ResourceType kType{std::string(api::kGroup), "v1alpha1",
                                        std::string(api::kBaselinePlural),
                                        std::string(api::kBaselineKind), false};
  return kType;
}

const kube::ResourceType& SigningPolicies() {
  static const kube::ResourceType kType{std::string(api::kGroup), "v1alpha1",
                                        std::string(api::kPolicyPlural),
                                        std::string(api::kPolicyKind), false};
  return kType;
}

struct Cluster::Connection {
  SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  kube::SystemWaiter waiter;
  std::unique_ptr<kube::Transport> transport;
};

Cluster::Cluster(kube::Transport& transport, const Clock& clock, kube::Waiter& waiter)
    : client_(std::make_unique<kube::Client>(transport, clock, waiter, OptionsOfAPerson())) {}

Cluster::Cluster(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      client_(std::make_unique<kube::Client>(*connection_->transport, connection_->clock,
                                             connection_->waiter, OptionsOfAPerson())) {}

Cluster::~Cluster() = default;
Cluster::Cluster(Cluster&&) noexcept = default;

Result<Cluster> Cluster::Open(const ClusterFlags& flags, const Invocation& invocation) {
  auto connection = std::make_unique<Connection>();
  PLIMSOLL_ASSIGN(kube::ClusterConfig config,
                  kube::LoadForPerson(flags.kubeconfig, flags.context, EnvironmentOf(invocation),
                                      connection->clock));
  const std::string namespace_name = config.namespace_name;
  const std::string server = config.server;
  kube::TransportOptions options;
  options.allow_writes = true;
  options.user_agent = "kubectl-plimsoll/" + std::string(Version());
  PLIMSOLL_ASSIGN(connection->transport,
                  kube::MakeTransport(std::move(config), options, connection->clock,
                                      connection->metrics, connection->log));
  Cluster cluster(std::move(connection));
  cluster.namespace_name_ = namespace_name;
  cluster.server_ = server;
  return cluster;
}

Result<std::optional<api::SigningBaseline>> Cluster::Baseline(const std::string& repository) {
  const auto text = client_->Get(SigningBaselines(), {}, api::BaselineName(repository));
  if (!text && text.error().code == kNotFound) return std::optional<api::SigningBaseline>();
  if (!text) return Forward(text.error());
  PLIMSOLL_ASSIGN(api::SigningBaseline object, api::ReadSigningBaseline(*text));
  PLIMSOLL_TRY(api::CheckRepository(repository, object.repository()));
  return std::optional<api::SigningBaseline>(std::move(object));
}

Result<std::vector<api::SigningBaseline>> Cluster::Baselines() {
  std::vector<api::SigningBaseline> all;
  PLIMSOLL_TRY(client_->List(
      SigningBaselines(), {}, {},
      [&](std::string_view json) -> Status {
        auto object = api::ReadSigningBaseline(json);
        if (object && api::IsUsable(*object)) all.push_back(std::move(*object));
        return {};
      },
      [&] { all.clear(); }));
  return all;
}

Result<std::vector<api::SigningPolicyObject>> Cluster::Policies() {
  std::vector<api::SigningPolicyObject> all;
  PLIMSOLL_TRY(client_->List(
      SigningPolicies(), {}, {},
      [&](std::string_view json) -> Status {
        PLIMSOLL_ASSIGN(api::SigningPolicyObject object, api::ReadSigningPolicy(json));
        all.push_back(std::move(object));
        return {};
      },
      [&] { all.clear(); }));
  return all;
}

Result<std::string> Cluster::UserName() {
  static const kube::ResourceType kReviews{"authentication.k8s.io", "v1", "selfsubjectreviews",
                                           "SelfSubjectReview", false};
  kube::ObjectWriter writer(*client_);
  PLIMSOLL_ASSIGN(
      const std::string text,
      writer.Create(kReviews, {},
                    R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})"));
  PLIMSOLL_ASSIGN(const json::Document document, json::Document::Parse(text, kube::kObjectLimits));
  PLIMSOLL_ASSIGN(const std::string_view name,
                  document.root()["status"]["userInfo"]["username"].String());
  return std::string(name);
}

Result<std::string> RepositoryOf(const std::string& text) {
  const auto reference = oci::Reference::Parse(text);
  if (!reference) {
    return Fail(kInvalidArgument,
                Printable(text) + " is no repository: " + reference.error().message);
  }
  PLIMSOLL_TRY(reference->repository.Supported());
  return reference->repository.Key();
}

}  // namespace plimsoll::cli
