#include "controller/shell/registry_looker.h"

#include "sigstore/reasons.h"

namespace plimsoll::controller {
namespace {

std::vector<oci::Platform> PlatformsOf(const ObserveRequest& request) {
  std::vector<oci::Platform> platforms;
  if (!request.platforms) return platforms;
  for (const std::string& text : *request.platforms) {
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos)
      platforms.push_back({text.substr(0, slash), text.substr(slash + 1), ""});
  }
  return platforms;
}

// The index that the spec names by digest, or that listed the manifest when it was judged last.
std::string IndexOf(const ObserveRequest& request) {
  const std::size_t at = request.spec_image.rfind('@');
  if (at != std::string::npos) {
    std::string named = request.spec_image.substr(at + 1);
    if (named != request.digest) return named;
  }
  return request.index_digest;
}

observation::Question QuestionOf(const ObserveRequest& request) {
  observation::Question question;
  question.repository = request.repository;
  question.digest = request.digest;
  question.tag = request.tag;
  question.spec_digest = IndexOf(request);
  question.image_id = request.image_id;
  question.platforms = PlatformsOf(request);
  question.confirmation = request.confirmation;
  if (request.record) {
    question.trusted_repository = request.record->learning_time.has_value();
    for (const baseline::SignerRecord& signer : request.record->signers) {
      if (signer.in_force && !signer.public_key.empty())
        question.known_keys.push_back(signer.public_key);
    }
  }
  return question;
}

std::string HowAsked(oci::CredentialKind kind) {
  switch (kind) {
    case oci::CredentialKind::kAnonymous:
      return "anonymously";
    case oci::CredentialKind::kPullSecret:
      return "with the Pods' image pull secret";
    case oci::CredentialKind::kDockerConfig:
    case oci::CredentialKind::kCredentialHelper:
    case oci::CredentialKind::kCredentialProvider:
      return "with the operator's credential";
  }
  return "";
}

// What a spike is counted by: the unknown authority or log of an Unverifiable.
std::string UnknownAuthorityOf(const observation::Answer& answer) {
  for (const observation::Finding& finding : answer.findings) {
    for (const Reason reason : {sigstore::kUnknownCertificateAuthority, sigstore::kUnknownLog,
                                sigstore::kUnknownCtLog, sigstore::kUnknownTimestampAuthority}) {
      if (finding.reason == reason) return finding.message;
    }
  }
  return "";
}

// For everything that is asked of the log in one look.
constexpr std::chrono::seconds kLogBudget{30};

// The image that was just looked at teaches by itself.
void AddSignatures(const std::vector<observation::HistoricSignature>& found,
                   const std::string& seen, baseline::HistoryResult& history) {
  for (const observation::HistoricSignature& signature : found) {
    if (signature.digest == seen) continue;
    history.signatures.push_back({signature.signer, signature.digest, signature.verified_time,
                                  signature.log_time, signature.origin});
  }
}

baseline::HistoryResult HistoryOf(const observation::WalkAnswer& walk, const std::string& seen) {
  baseline::HistoryResult history;
  AddSignatures(walk.signatures, seen, history);
  switch (walk.outcome) {
    case observation::WalkAnswer::Outcome::kComplete:
      history.walk = baseline::Walk::kComplete;
      break;
    case observation::WalkAnswer::Outcome::kPartial:
      history.walk = baseline::Walk::kPartial;
      break;
    case observation::WalkAnswer::Outcome::kFailed:
      history.walk = baseline::Walk::kFailed;
      break;
  }
  history.lookup = baseline::Lookup::kDisabled;
  return history;
}

}  // namespace

ObserveResult RegistryLooker::Look(const ObserveRequest& request) {
  observation::Question question = QuestionOf(request);
  if (request.credential && secrets_ != nullptr)
    question.pull_secrets = secrets_->For(*request.credential);
  observation::Answer answer = observer_.Observe(question);
  ObserveResult result;
  result.id = request.id;
  result.unknown_authority = UnknownAuthorityOf(answer);
  result.message = answer.message;
  result.retry_after = answer.retry_after;
  result.credential = HowAsked(answer.credential);
  const bool is_signed = baseline::IsSigned(baseline::ShownPosture(answer.observation));
  result.observation = std::move(answer.observation);
  if (lane_ != nullptr) result.log = lane_->Ask(LogQuestionOf(request), result.observation);
  if (request.history && is_signed)
    result.history = LookBack(request, question, result.observation);
  return result;
}

observation::LogQuestion RegistryLooker::LogQuestionOf(const ObserveRequest& request) const {
  observation::LogQuestion question;
  question.repository = request.repository;
  question.record = request.record.get();
  question.verifier = observer_.verifier();
  question.deadline = clock_.Steady() + kLogBudget;
  return question;
}

// The repository's past: what its registry serves, and what the log proves of the rest.
baseline::HistoryResult RegistryLooker::LookBack(const ObserveRequest& request,
                                                 const observation::Question& question,
                                                 const baseline::Observation& seen) {
  const observation::WalkAnswer walk = observer_.Walk(question, lane_ != nullptr);
  baseline::HistoryResult history = HistoryOf(walk, seen.digest);
  if (lane_ == nullptr) return history;
  const observation::LogHistory found =
      lane_->LookBack(LogQuestionOf(request), seen, walk.unproven);
  AddSignatures(found.signatures, seen.digest, history);
  history.lookup = found.outcome;
  return history;
}

}  // namespace plimsoll::controller
