#include "controller/shell/registry_observer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/printable.h"
#include "oci/credentials.h"
#include "oci/reference.h"

namespace plimsoll::controller {
namespace {

// How the registry was asked, for people.
std::string Asked(oci::CredentialKind kind) {
  switch (kind) {
    case oci::CredentialKind::kAnonymous:
      return "anonymously";
    case oci::CredentialKind::kPullSecret:
      return "with the Pods' image pull secret";
    case oci::CredentialKind::kDockerConfig:
    case oci::CredentialKind::kCredentialHelper:
    case oci::CredentialKind::kCredentialProvider:
      break;
  }
  return "with the operator's credential";
}

std::vector<oci::Platform> PlatformsOf(const Platforms& platforms) {
  std::vector<oci::Platform> out;
  for (const std::string& platform : *platforms) {
    const std::size_t slash = platform.find('/');
    if (slash != std::string::npos)
      out.push_back({platform.substr(0, slash), platform.substr(slash + 1), ""});
  }
  return out;
}

observation::Question QuestionOf(const ObserveRequest& request) {
  observation::Question question;
  question.repository = request.repository;
  question.digest = request.digest;
  question.tag = request.tag;
  question.image_id = request.image_id;
  question.platforms = PlatformsOf(request.platforms);
  question.confirmation = request.confirmation;
  // The index that the spec names, or that listed this manifest when it was judged last.
  question.spec_digest = request.index_digest;
  if (const Result<oci::Reference> spec = oci::Reference::Parse(request.spec_image);
      spec && spec->digest) {
    if (spec->digest->text() != request.digest) question.spec_digest = spec->digest->text();
  }
  if (!request.record) return question;
  for (const baseline::SignerRecord& signer : request.record->signers) {
    if (!signer.in_force) continue;
    question.trusted_repository = true;
    if (!signer.public_key.empty()) question.known_keys.push_back(signer.public_key);
  }
  return question;
}

baseline::Walk WalkOf(observation::WalkAnswer::Outcome outcome) {
  switch (outcome) {
    case observation::WalkAnswer::Outcome::kComplete:
      return baseline::Walk::kComplete;
    case observation::WalkAnswer::Outcome::kPartial:
      return baseline::Walk::kPartial;
    case observation::WalkAnswer::Outcome::kFailed:
      break;
  }
  return baseline::Walk::kFailed;
}

// The reasons of an Unverifiable that name a CA or log which the trust root does not have.
std::string UnknownAuthority(const observation::Answer& answer) {
  for (const observation::Finding& finding : answer.findings) {
    if (finding.outcome == sigstore::Outcome::kVerified) continue;
    const std::string_view reason = finding.reason.text();
    if (reason.starts_with("Unknown")) return std::string(reason) + ": " + finding.message;
  }
  return {};
}

}  // namespace

std::vector<oci::PullSecret> RegistryObserver::PullSecretsOf(const PodCredential& credential) {
  std::vector<oci::PullSecret> out;
  if (client_ == nullptr) return out;
  for (const std::string& name : credential.pull_secrets) {
    const std::string origin = "pull secret " + credential.name_space + "/" + name;
    const Result<json::Document> secret =
        client_->GetDocument(kube::Secrets(), credential.name_space, name);
    if (!secret) {
      logger_.Debug("a pull secret cannot be read",
                    {{"secret", origin}, {"reason", secret.error().code}});
      continue;
    }
    const std::string_view type = secret->root()["type"].StringOrEmpty();
    const std::string_view key =
        type == "kubernetes.io/dockercfg" ? ".dockercfg" : ".dockerconfigjson";
    const Result<Bytes> data = Base64Decode(secret->root()["data"][key].StringOrEmpty());
    if (!data) continue;
    Result<oci::PullSecret> parsed = oci::PullSecret::Parse(type, AsText(*data), origin);
    if (!parsed) {
      logger_.Warn("a pull secret cannot be used",
                   {{"secret", origin}, {"error", parsed.error().message}});
      continue;
    }
    out.push_back(std::move(*parsed));
  }
  return out;
}

ObserveResult RegistryObserver::Look(const ObserveRequest& request) {
  observation::Question question = QuestionOf(request);
  observation::Answer answer = observer_.Observe(question);
  if (answer.observation.credential_needed && request.credential) {
    question.pull_secrets = PullSecretsOf(*request.credential);
    if (!question.pull_secrets.empty()) answer = observer_.Observe(question);
  }
  ObserveResult result;
  result.id = request.id;
  result.credential = Asked(answer.credential);
  if (request.history && answer.complete()) {
    const observation::WalkAnswer walk = observer_.Walk(question);
    baseline::HistoryResult history;
    history.walk = WalkOf(walk.outcome);
    for (const observation::HistoricSignature& found : walk.signatures) {
      history.signatures.push_back(
          {found.signer, found.digest, found.verified_time, found.log_time, found.origin});
    }
    result.history = std::move(history);
  }
  result.message = std::move(answer.message);
  if (answer.retry_after) result.retry_after = *answer.retry_after;
  if (baseline::ShownPosture(answer.observation) == baseline::Posture::kUnverifiable) {
    result.unknown_authority = UnknownAuthority(answer);
  }
  result.observation = std::move(answer.observation);
  return result;
}

}  // namespace plimsoll::controller
