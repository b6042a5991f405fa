// plimsoll auth check IMAGE: which credential would be used, from where, and what the registry answered.
#include "base/log.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "config/flags.h"
#include "config/plimsoll_config.h"
#include "setup/stack.h"

namespace plimsoll::cli {
namespace {

struct AuthFlags {
  std::string config_file;
  bool plain_http = false;
  std::string output = "text";
};

void Declare(config::FlagSet& set, AuthFlags* flags) {
  set.String("config", &flags->config_file, "FILE",
             "The configuration file; its registries and credentials apply.");
  set.Bool("plain-http", &flags->plain_http, "Speak plain HTTP with the image's host.");
  DeclareOutput(set, &flags->output);
}

void WriteJson(json::Writer& w, const std::string& image, const oci::AccessReport& report) {
  w.BeginObject();
  w.Member("image", image);
  w.Member("repository", report.reference.repository.Key());
  w.Key("attempts");
  w.BeginArray();
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const oci::AccessAttempt& attempt = report.attempts[i];
    w.BeginObject();
    w.Member("credential", oci::CredentialKindName(attempt.kind));
    w.MemberIfSet("origin", attempt.origin);
    w.MemberIfSet("realm", attempt.realm);
    w.Member("httpStatus", attempt.http_status);
    w.Member("used", report.used == i);
    if (attempt.error) {
      w.Member("reason", attempt.error->code.text());
      w.Member("message", attempt.error->message);
    }
    w.EndObject();
  }
  w.EndArray();
  w.Key("problems");
  w.BeginArray();
  for (const Error& problem : report.problems) w.String(problem.message);
  w.EndArray();
  w.EndObject();
}

void PrintText(const Invocation& invocation, const std::string& image,
               const oci::AccessReport& report) {
  std::ostream& out = invocation.out;
  out << Printable(image, 1024) << "\n";
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const oci::AccessAttempt& attempt = report.attempts[i];
    out << "  "
        << Coloured(invocation, attempt.error ? "refused" : "works  ",
                    attempt.error ? Colour::kRed : Colour::kGreen)
        << "  " << oci::CredentialKindName(attempt.kind);
    if (attempt.kind != oci::CredentialKind::kAnonymous)
      out << " from " << Printable(attempt.origin);
    if (attempt.http_status != 0) out << ", HTTP " << attempt.http_status;
    if (!attempt.realm.empty()) out << ", token server " << Printable(attempt.realm);
    out << "\n";
    if (attempt.error) out << "           " << attempt.error->message << "\n";
  }
  for (const Error& problem : report.problems) out << "  problem  " << problem.message << "\n";
  if (report.failure && report.attempts.empty())
    out << "  " << report.failure->error.message << "\n";
}

int ExitCodeOf(const oci::AccessReport& report) {
  if (report.used) return kHolds;
  const bool refused =
      report.failure && (report.failure->error.code == oci::kAuthenticationFailed ||
                         report.failure->error.code == oci::kRealmNotTrusted ||
                         report.failure->error.code == oci::kDigestNotInRepository);
  return refused ? kDoesNotHold : kCouldNotJudge;
}

int Run(const Invocation& invocation, const AuthFlags& flags,
        const std::vector<std::string>& images) {
  if (images.size() != 1)
    return UsageError(invocation, {kInvalidArgument, "expected exactly one image", false});
  auto config = config::PlimsollConfig::Load(flags.config_file);
  if (!config) return UsageError(invocation, config.error());
  const auto reference = oci::Reference::Parse(images[0]);
  if (!reference) return UsageError(invocation, reference.error());
  setup::OpenHost(*config, reference->repository.host, flags.plain_http);

  const SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  setup::StackOptions options;
  options.fallback_docker_config = oci::FindDockerConfig(invocation.environment).value_or("");
  auto stack = setup::MakeStack(*config, options, clock, log, metrics);
  if (!stack) return UsageError(invocation, stack.error());
  const oci::AccessReport report = stack->registry->CheckAccess(*reference, {});
  if (!IsStructured(flags.output)) {
    PrintText(invocation, images[0], report);
  } else {
    json::Writer w(flags.output == "json");
    WriteJson(w, images[0], report);
    PrintStructured(invocation.out, std::move(w).Take(), flags.output);
  }
  return ExitCodeOf(report);
}

}  // namespace

Command AuthCheckCommand() {
  Command command;
  command.name = "auth check";
  command.summary = "say which credential an image would be read with, and whether it works";
  command.arguments = {{"IMAGE", ArgumentKind::kOther, {}}};
  command.description = {
      "Tries the credentials that an image would be read with, in order, and says where each comes "
      "from and what "
      "the registry answered. It never shows a secret."};
  command.examples = {
      {"With your own docker login", "auth check registry.example.com/team-a/batch:1.4"},
      {"As the controller would, with its configuration",
       "auth check --config plimsoll.yaml registry.example.com/team-a/batch:1.4"}};
  command.holds = "a credential, or none, works";
  command.does_not_hold = "the registry refuses every one";
  command.could_not_judge = "the registry did not answer";
  return Bind<AuthFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
