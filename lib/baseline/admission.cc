#include "baseline/admission.h"

#include <algorithm>
#include <set>

#include "trust.h"

namespace plimsoll::baseline {
namespace {

// Verified here before under a signer that is still trusted.
bool WasSigned(const Record& record, const Trust& trust, std::string_view digest) {
  const auto holds = [&](const auto& image) {
    return image.continuous &&
           std::any_of(image.signers.begin(), image.signers.end(), [&](const std::string& id) {
             const SignerRecord* signer = FindSigner(record, id);
             return signer != nullptr &&
                    trust.Trusts(signer->signer, signer->earliest_verified_time);
           });
  };
  if (const ImageRecord* image = FindImage(record, digest)) return holds(*image);
  if (const RememberedRecord* image = FindRemembered(record, digest)) return holds(*image);
  return false;
}

bool IsProvenByLog(const Trust& trust, const Observation& observation) {
  const auto proves = [&](const LogLane::Proven& proof) {
    return trust.Trusts(proof.signer, proof.evidence.integrated_time);
  };
  return observation.log.answer == LogLane::Answer::kAnswered &&
         std::any_of(observation.log.proven.begin(), observation.log.proven.end(), proves);
}

// The base64 between a PEM block's lines.
std::string BodyOfPem(std::string_view pem) {
  std::string body;
  while (!pem.empty()) {
    const std::size_t end = pem.find('\n');
    const std::string_view line = pem.substr(0, end);
    pem = end == std::string_view::npos ? std::string_view() : pem.substr(end + 1);
    if (line.substr(0, 5) == "-----") continue;
    for (const char c : line) {
      if (c != '\r' && c != ' ' && c != '\t') body += c;
    }
  }
  return body;
}

}  // namespace

std::vector<std::string> KnownKeys(const Record* record, const EffectivePolicy& policy) {
  std::set<std::string> keys;
  if (record != nullptr) {
    for (const SignerRecord& signer : record->signers) {
      if (signer.in_force && !signer.public_key.empty()) keys.insert(signer.public_key);
    }
  }
  for (const auto& group : policy.pins) {
    for (const PinInForce& pin : group) {
      if (!pin.pin->public_key.empty()) keys.insert(BodyOfPem(pin.pin->public_key));
    }
  }
  return {keys.begin(), keys.end()};
}

AdmissionVerdict Admit(const Record* record, std::string_view repository, std::string_view digest,
                       const EffectivePolicy& policy, const Settings& settings,
                       const Observation* observation, Time now) {
  Record none;
  none.repository = repository;
  const Record& known = record != nullptr ? *record : none;
  const Trust trust(known, policy, settings);
  Observation unknown;
  unknown.digest = digest;
  const Observation& seen = observation != nullptr ? *observation : unknown;

  AdmissionVerdict admission;
  Verdict& verdict = admission.classified;
  verdict = Classify(known, policy, settings, seen, now);
  const bool shows = verdict.kind && !verdict.accepted;
  const auto answer = [&](int rule, Admission what, bool names_kind) {
    admission.rule = rule;
    admission.verdict = what;
    if (!names_kind) return;
    admission.kind = verdict.kind;
    admission.severity = verdict.severity;
    admission.fingerprint = verdict.fingerprint;
  };

  const bool signed_before = WasSigned(known, trust, digest) || IsProvenByLog(trust, seen) ||
                             verdict.proven_signer.has_value();
  if (signed_before) {
    answer(1, shows ? Admission::kWarn : Admission::kAdmit, shows);
    if (shows) admission.reason = kSignedBefore;
  } else if (shows && *verdict.kind == DriftKind::kSignatureInvalid) {
    answer(2, Admission::kDeny, true);
  } else if (shows && verdict.severity == Severity::kCritical && trust.established()) {
    answer(3, Admission::kDeny, true);
  } else if (!verdict.definite && trust.established()) {
    const bool deny = policy.on_unknown == OnUnknown::kDeny;
    answer(4, deny ? Admission::kDeny : Admission::kWarn, false);
    admission.reason = seen.credential_needed ? kCredentialNeeded : kNotJudgedYet;
    // Elsewhere a missing answer is nothing to speak of: nobody waited for it.
    admission.only_in_denying = true;
  } else if (shows) {
    answer(5, Admission::kWarn, true);
  } else if (verdict.grandfathered) {
    answer(5, Admission::kWarn, false);
    admission.reason = kGrandfathered;
    admission.only_in_denying = true;
  } else {
    answer(6, Admission::kAdmit, false);
  }
  if (admission.verdict == Admission::kDeny && policy.enforcement == Enforcement::kWarn) {
    admission.verdict = Admission::kWarn;
  }
  return admission;
}

}  // namespace plimsoll::baseline
