// plimsoll inspect IMAGE...: observes images now, without a cluster.
#include <algorithm>
#include <memory>

#include "base/log.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "config/flags.h"
#include "oci/reference.h"
#include "setup/stack.h"

namespace plimsoll::cli {
namespace {

using baseline::Posture;

struct InspectFlags {
  std::string config_file;
  std::string trusted_root;
  std::vector<std::string> keys;
  std::vector<std::string> platforms;
  bool plain_http = false;
  std::string output = "text";
};

void Declare(config::FlagSet& set, InspectFlags* flags) {
  set.String("config", &flags->config_file, "FILE",
             "The configuration file; its registries, keys and trust root apply.");
  set.String("trusted-root", &flags->trusted_root, "FILE",
             "A Sigstore TrustedRoot (JSON) instead of the public-good one.");
  set.Strings("key", &flags->keys, "PEM",
              "A file with a public key that signatures may be verified with. May be repeated.");
  set.Bool("plain-http", &flags->plain_http,
           "Speak plain HTTP with the hosts that the images name.");
  set.Strings("platform", &flags->platforms, "OS/ARCH",
              "Judge an unsigned index by its children for this platform only. May be repeated.");
  DeclareOutput(set, &flags->output);
}

struct Inspected {
  std::string image;
  std::string repository;
  observation::Answer answer;
};

Result<std::vector<oci::Platform>> ParsePlatforms(const std::vector<std::string>& texts) {
  std::vector<oci::Platform> platforms;
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
      return Fail(kInvalidArgument,
                  "--platform " + Printable(text) + ": expected OS/ARCH, for example linux/amd64");
    }
    const std::size_t second = text.find('/', slash + 1);
    platforms.push_back({text.substr(0, slash), text.substr(slash + 1, second - slash - 1),
                         second == std::string::npos ? "" : text.substr(second + 1)});
  }
  return platforms;
}

Result<config::PlimsollConfig> ConfigOf(const InspectFlags& flags) {
  PLIMSOLL_ASSIGN(config::PlimsollConfig config, config::PlimsollConfig::Load(flags.config_file));
  if (!flags.trusted_root.empty()) config.trusted_root_file = flags.trusted_root;
  for (const std::string& key : flags.keys) config.public_keys.push_back({key, key, ""});
  return config;
}

observation::Question QuestionOf(const oci::Reference& reference,
                                 const std::vector<oci::Platform>& platforms) {
  observation::Question question;
  question.repository = reference.repository.Key();
  if (reference.digest) {
    question.digest = reference.digest->text();
  } else {
    question.tag = reference.tag;
  }
  question.platforms = platforms;
  return question;
}

int ExitCodeOf(Posture posture) {
  if (posture == Posture::kUnknown) return kCouldNotJudge;
  return baseline::IsSigned(posture) ? kHolds : kDoesNotHold;
}

void WriteSigner(json::Writer& w, const baseline::ObservedSigner& observed) {
  const baseline::Signer& signer = observed.signer;
  w.BeginObject();
  w.Member("kind", baseline::ToText(signer.kind));
  w.MemberIfSet("identity", signer.identity);
  w.MemberIfSet("canonicalIdentity", signer.canonical_identity);
  w.MemberIfSet("issuer", signer.issuer);
  w.MemberIfSet("buildConfigURI", signer.build_config_uri);
  w.MemberIfSet("sourceRepositoryURI", signer.source_repository_uri);
  w.MemberIfSet("sourceRepositoryID", signer.source_repository_id);
  w.MemberIfSet("sourceRepositoryOwnerID", signer.source_repository_owner_id);
  w.MemberIfSet("spkiSHA256", signer.spki_sha256);
  if (observed.storage) w.Member("storage", baseline::ToText(*observed.storage));
  if (observed.level) w.Member("level", baseline::ToText(*observed.level));
  if (observed.verified_time) w.Member("verifiedTime", FormatTime(*observed.verified_time));
  w.MemberIfSet("dockerReference", observed.docker_reference);
  if (observed.log) {
    w.Key("log");
    w.BeginObject();
    w.MemberIfSet("origin", observed.log->origin);
    w.Member("logIndex", observed.log->index);
    if (observed.log->integrated_time)
      w.Member("integratedTime", FormatTime(*observed.log->integrated_time));
    w.EndObject();
  }
  w.EndObject();
}

// The signers that count: the image's own, or those of the children by which it is judged.
std::vector<baseline::ObservedSigner> SignersOf(const baseline::Observation& observation) {
  std::vector<baseline::ObservedSigner> signers = observation.signers;
  for (const baseline::Observation& child : observation.children) {
    for (const baseline::ObservedSigner& signer : child.signers) {
      const bool known =
          std::any_of(signers.begin(), signers.end(), [&](const baseline::ObservedSigner& other) {
            return baseline::SameSigner(other.signer, signer.signer);
          });
      if (!known) signers.push_back(signer);
    }
  }
  return signers;
}

const std::vector<baseline::Provenance>& ProvenanceOf(const baseline::Observation& observation) {
  for (const baseline::Observation& child : observation.children) {
    if (!child.provenance.empty()) return child.provenance;
  }
  return observation.provenance;
}

// The reason of what is shown: of the child that decides, when children do.
std::string ReasonOf(const baseline::Observation& observation) {
  const Posture shown = baseline::ShownPosture(observation);
  for (const baseline::Observation& child : observation.children) {
    if (child.posture == shown) return child.reason;
  }
  return observation.reason;
}

void WriteJson(json::Writer& w, const Inspected& inspected) {
  const baseline::Observation& observation = inspected.answer.observation;
  w.BeginObject();
  w.Member("image", inspected.image);
  w.MemberIfSet("repository", inspected.repository);
  w.MemberIfSet("digest", observation.digest);
  w.Member("posture", baseline::ToText(baseline::ShownPosture(observation)));
  w.MemberIfSet("reason", ReasonOf(observation));
  w.MemberIfSet("message", inspected.answer.message);
  w.Key("signers");
  w.BeginArray();
  for (const baseline::ObservedSigner& signer : SignersOf(observation)) WriteSigner(w, signer);
  w.EndArray();
  if (const auto& provenance = ProvenanceOf(observation); !provenance.empty()) {
    w.Key("provenance");
    w.BeginObject();
    w.MemberIfSet("sourceRepositoryURI", provenance[0].source_repository_uri);
    w.MemberIfSet("builderID", provenance[0].builder_id);
    w.EndObject();
  }
  w.Key("notes");
  w.BeginArray();
  for (const baseline::Note& note : observation.notes) {
    w.BeginObject();
    w.Member("kind", baseline::ToText(note.kind));
    w.MemberIfSet("message", note.message);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
}

const char* MeaningOf(Posture posture) {
  switch (posture) {
    case Posture::kSignedKeyless:
      return "signed with a certificate, verified";
    case Posture::kSignedKeyBased:
      return "signed with a key, verified";
    case Posture::kAttested:
      return "no signature; its provenance is verified";
    case Posture::kUnverifiable:
      return "something is there that cannot be judged with this trust root";
    case Posture::kUnsigned:
      return "no signature in any form; the registry answered for all of them";
    case Posture::kInvalid:
      return "something is there that a check refused";
    case Posture::kUnknown:
      return "not known; nothing may be concluded";
  }
  return "";
}

void PrintSigner(std::ostream& out, const baseline::ObservedSigner& observed, bool wide) {
  const baseline::Signer& signer = observed.signer;
  const bool key = signer.kind == baseline::SignerKind::kKey;
  out << "  " << (observed.provenance_only ? "attested by  " : "signed by    ")
      << (key ? "key " + signer.spki_sha256 : Printable(signer.identity, 1024)) << "\n";
  if (!signer.issuer.empty()) out << "    issuer       " << Printable(signer.issuer, 512) << "\n";
  if (observed.verified_time)
    out << "    signed at    " << FormatTime(*observed.verified_time) << "\n";
  if (observed.log) {
    out << "    log entry    " << observed.log->index << " of " << Printable(observed.log->origin)
        << "\n";
  }
  if (!wide) return;
  if (observed.storage) out << "    stored as    " << baseline::ToText(*observed.storage) << "\n";
  if (observed.level) out << "    level        " << baseline::ToText(*observed.level) << "\n";
  if (!signer.source_repository_uri.empty()) {
    out << "    source       " << Printable(signer.source_repository_uri) << " (id "
        << Printable(signer.source_repository_id) << ", owner "
        << Printable(signer.source_repository_owner_id) << ")\n";
  }
  if (!signer.build_config_uri.empty())
    out << "    build config " << Printable(signer.build_config_uri, 1024) << "\n";
  if (!observed.docker_reference.empty()) {
    out << "    signed name  " << Printable(observed.docker_reference, 512) << "\n";
  }
}

void PrintText(const Invocation& invocation, const Inspected& inspected, bool wide) {
  std::ostream& out = invocation.out;
  const baseline::Observation& observation = inspected.answer.observation;
  const Posture posture = baseline::ShownPosture(observation);
  out << Printable(inspected.image, 1024) << "\n";
  out << "  "
      << Coloured(invocation, std::string(baseline::ToText(posture)), ColourOf(ExitCodeOf(posture)))
      << ": " << MeaningOf(posture) << "\n";
  if (!observation.digest.empty()) out << "  digest       " << observation.digest << "\n";
  for (const baseline::ObservedSigner& signer : SignersOf(observation))
    PrintSigner(out, signer, wide);
  for (const baseline::Provenance& provenance : ProvenanceOf(observation)) {
    out << "  built from   " << Printable(provenance.source_repository_uri) << "\n  builder      "
        << Printable(provenance.builder_id) << "\n";
  }
  if (const std::string reason = ReasonOf(observation); !reason.empty())
    out << "  reason       " << reason << "\n";
  if (!inspected.answer.message.empty())
    out << "  " << Printable(inspected.answer.message, 1024) << "\n";
  for (const baseline::Observation& child : observation.children) {
    out << "  child        " << child.digest << " " << baseline::ToText(child.posture) << "\n";
  }
  for (const baseline::Note& note : observation.notes) {
    out << "  note         " << baseline::ToText(note.kind)
        << (note.message.empty() ? "" : ": " + note.message) << "\n";
  }
  if (wide) {
    for (const observation::Finding& finding : inspected.answer.findings) {
      if (finding.outcome == sigstore::Outcome::kVerified) continue;
      out << "  not counted  " << sigstore::Name(finding.outcome) << " " << finding.reason.text()
          << ": " << finding.message << "\n";
    }
    out << "  requests     " << inspected.answer.requests.total << " ("
        << inspected.answer.requests.manifest_gets << " manifest GETs), credential "
        << oci::CredentialKindName(inspected.answer.credential) << "\n";
  }
}

void Print(const Invocation& invocation, const InspectFlags& flags,
           const std::vector<Inspected>& all) {
  if (flags.output == "json" || flags.output == "yaml") {
    json::Writer w(flags.output == "json");
    w.BeginArray();
    for (const Inspected& inspected : all) WriteJson(w, inspected);
    w.EndArray();
    PrintStructured(invocation.out, std::move(w).Take(), flags.output);
    return;
  }
  for (const Inspected& inspected : all) PrintText(invocation, inspected, flags.output == "wide");
}

int Run(const Invocation& invocation, const InspectFlags& flags,
        const std::vector<std::string>& images) {
  if (images.empty()) {
    return UsageError(
        invocation,
        {kInvalidArgument, "expected at least one image, for example docker.io/library/debian:12",
         false});
  }
  const auto platforms = ParsePlatforms(flags.platforms);
  if (!platforms) return UsageError(invocation, platforms.error());
  auto config = ConfigOf(flags);
  if (!config) return UsageError(invocation, config.error());

  std::vector<oci::Reference> references;
  for (const std::string& image : images) {
    auto reference = oci::Reference::Parse(image);
    if (!reference) return UsageError(invocation, reference.error());
    setup::OpenHost(*config, reference->repository.host, flags.plain_http);
    references.push_back(std::move(*reference));
  }

  const SystemClock clock;
  NullLogger log;
  NullMetrics metrics;
  setup::StackOptions options;
  options.fallback_docker_config = oci::FindDockerConfig(invocation.environment).value_or("");
  auto stack = setup::MakeStack(*config, options, clock, log, metrics);
  if (!stack) return UsageError(invocation, stack.error());

  int code = kHolds;
  std::vector<Inspected> all;
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (invocation.progress && references.size() > 1) {
      invocation.err << "looking at " << Printable(images[i], 512) << "\n";
    }
    all.push_back({images[i], references[i].repository.Key(),
                   stack->observer->Observe(QuestionOf(references[i], *platforms))});
    code = Combine(code, ExitCodeOf(baseline::ShownPosture(all.back().answer.observation)));
  }
  Print(invocation, flags, all);
  return code;
}

}  // namespace

Command InspectCommand() {
  Command command;
  command.name = "inspect";
  command.summary = "look at the signatures of images now, without a cluster";
  command.arguments = {{"IMAGE...", ArgumentKind::kOther, {}}};
  command.description = {
      "Looks at the signatures of images now, without a cluster, and says what they prove: who "
      "signed, when, "
      "and whether a transparency log agrees. It says nothing about whether that signer is the "
      "usual one; that "
      "is what a baseline is for."};
  command.examples = {
      {"Who signed this image", "inspect ghcr.io/acme/storefront/web:v2.99.3"},
      {"The same for a program", "inspect -o json ghcr.io/acme/storefront/web:v2.99.3"},
      {"An image that is signed with your own key, in your own registry",
       "inspect --key cosign.pub registry.example.com/team-a/batch:1.4"}};
  command.holds = "each image is signed or attested, and that is verified";
  command.does_not_hold = "an image is unsigned, or its signature is invalid or cannot be judged";
  command.could_not_judge = "an image is not known: the registry did not answer";
  return Bind<InspectFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
