#include "api/admission_finding.h"

#include "api/short_text.h"
#include "baseline/signer.h"

namespace plimsoll::api {
namespace {

using baseline::AdmissionVerdict;
using baseline::DriftKind;

std::string StatementOf(const AdmissionVerdict& verdict) {
  if (verdict.reason == baseline::kNotJudgedYet) return "was never judged here";
  if (verdict.reason == baseline::kCredentialNeeded) return "cannot be judged without a credential";
  if (!verdict.kind) return "is known from before it was signed";
  switch (*verdict.kind) {
    case DriftKind::kSignatureMissing:
      return "is not signed";
    case DriftKind::kSignatureInvalid:
      return "has a signature that a check refuses";
    case DriftKind::kSignatureStripped:
      return "lost the signature that the log proves";
    case DriftKind::kSignerSubstituted:
    case DriftKind::kSignerChanged:
      return "is signed by another signer";
    case DriftKind::kIssuerChanged:
      return "is signed under another issuer";
    case DriftKind::kRepositoryIdentityReused:
      return "is signed by another repository of that name";
    case DriftKind::kSignerRenamed:
      return "is signed by a renamed signer";
    case DriftKind::kSigningDowngrade:
      return "is signed more weakly than before";
    case DriftKind::kSignatureNotLogged:
      return "has a signature that is in no log";
    case DriftKind::kLogEntryMissing:
      return "has a signature that its log denies";
    case DriftKind::kSignedForOtherRepository:
      return "is signed for another repository";
    case DriftKind::kProvenanceChanged:
      return "was built elsewhere than before";
    case DriftKind::kUnjudged:
      return "could not be judged yet";
  }
  return "shows a drift";
}

std::string NextStepOf(const AdmissionVerdict& verdict, const std::string& host) {
  if (verdict.reason == baseline::kNotJudgedYet) {
    return "Plimsoll looks at it now: try again in a few seconds";
  }
  if (verdict.reason == baseline::kCredentialNeeded) {
    return "Give Plimsoll a docker config for " + host +
           ", or run the image once in a namespace that is not labelled plimsoll.dev/enforce=deny";
  }
  return "";
}

std::string HostOf(const JudgedImage& image) {
  return image.repository.substr(0, image.repository.find('/'));
}

std::string SeenOf(const AdmissionVerdict& verdict, const JudgedImage& image) {
  const baseline::Verdict& classified = verdict.classified;
  if (classified.signer) return baseline::ShortSigner(*classified.signer);
  if (verdict.kind == DriftKind::kSignatureMissing) {
    std::string text = "none in any form";
    if (image.answered) {
      text += ", " + HostOf(image) + " answered at " + FormatTime(*image.answered).substr(11);
    }
    return text;
  }
  return classified.reason;
}

}  // namespace

std::string KindOf(const AdmissionVerdict& verdict) {
  if (!verdict.reason.empty() && !verdict.kind) return verdict.reason.str();
  return verdict.kind ? std::string(baseline::ToText(*verdict.kind)) : std::string();
}

ImageFinding FindingOf(const JudgedImage& image, const AdmissionVerdict& verdict,
                       const baseline::Record* record) {
  ImageFinding finding;
  finding.container = image.container;
  finding.repository = image.repository;
  finding.digest = image.digest;
  finding.statement = StatementOf(verdict);
  finding.kind = KindOf(verdict);
  if (verdict.severity)
    finding.severity = *verdict.severity == baseline::Severity::kCritical ? "critical" : "warning";
  finding.fingerprint = verdict.fingerprint;
  finding.by_tag = image.by_tag;
  if (const auto& expected = verdict.classified.expected_signer) {
    finding.expected_short = baseline::ShortSigner(*expected);
    finding.expected = "a signature by " + finding.expected_short;
    const std::string issuer = baseline::ShortIssuer(*expected);
    if (!issuer.empty()) finding.expected += ", issuer " + issuer;
    if (record != nullptr && record->learning_time) {
      finding.expected += ", as on every image since " + DateOf(*record->learning_time);
    }
  }
  finding.seen = SeenOf(verdict, image);
  finding.next_step = NextStepOf(verdict, HostOf(image));
  return finding;
}

}  // namespace plimsoll::api
