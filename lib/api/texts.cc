#include "api/texts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "api/admission_text.h"
#include "api/meta.h"
#include "api/names.h"
#include "api/short_text.h"
#include "base/printable.h"
#include "baseline/derive.h"

namespace plimsoll::api {
namespace {

using namespace plimsoll::baseline;

std::string HostOf(std::string_view repository) {
  return std::string(repository.substr(0, repository.find('/')));
}

std::string Lower(std::string_view word) {
  std::string text(word);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string TimeOf(const std::optional<Time>& time) {
  return time ? FormatTime(*time) : "an unknown time";
}

// Trusted signers, the one known longest first: an order that looking again does not change, or two signers of one
// repository would change every message about it several times a day.
std::vector<const SignerRecord*> Trusted(const Record& record) {
  std::vector<const SignerRecord*> out;
  for (const SignerRecord& signer : record.signers) {
    if (signer.in_force) out.push_back(&signer);
  }
  std::stable_sort(out.begin(), out.end(), [](const SignerRecord* a, const SignerRecord* b) {
    const Time never = Time::max();
    return std::pair(a->first_observed_time.value_or(never), a->id) <
           std::pair(b->first_observed_time.value_or(never), b->id);
  });
  return out;
}

std::string TrustedNames(const std::vector<const SignerRecord*>& trusted) {
  std::string text = ShortSigner(trusted.front()->signer);
  if (trusted.size() > 1) text += " or " + Counted(trusted.size() - 1, "other signer");
  return text;
}

std::optional<Time> TrustedSince(const std::vector<const SignerRecord*>& trusted) {
  std::optional<Time> since;
  for (const SignerRecord* signer : trusted) {
    const auto& time = signer->first_observed_time;
    if (time && (!since || *time < *since)) since = time;
  }
  return since;
}

std::string Named(const SignerRecord* signer) {
  return signer == nullptr ? std::string("another signer") : ShortSigner(signer->signer);
}

std::string IssuerOf(const SignerRecord* signer) {
  if (signer == nullptr || signer->signer.issuer.empty()) return {};
  return " (issuer " + baseline::ShortIssuer(signer->signer) + ")";
}

std::string IdsOf(const Signer& signer) {
  std::string text;
  if (!signer.source_repository_id.empty()) {
    text = "repository id " + PrintableAscii(signer.source_repository_id, 32);
  }
  if (!signer.source_repository_owner_id.empty()) {
    if (!text.empty()) text += ", ";
    text += "owner id " + PrintableAscii(signer.source_repository_owner_id, 32);
  }
  return text.empty() ? "no numeric ids" : text;
}

std::string ProvenName(const Record& record, const DriftRecord& drift) {
  if (!drift.proof) return "a trusted signer";
  const SignerRecord* signer = FindSigner(record, drift.proof->signer);
  return signer == nullptr ? std::string("a trusted signer") : ShortSigner(signer->signer);
}

// Where a person finds the proof: " (log ORIGIN, index N, TIME)".
std::string ProofPlace(const DriftRecord& drift) {
  if (!drift.proof) return "";
  const LogEvidence& entry = drift.proof->entry;
  std::string text = " (log " +
                     PrintableAscii(entry.origin.empty() ? entry.log_id : entry.origin, 96) +
                     ", index " + std::to_string(entry.index);
  if (entry.integrated_time) text += ", " + FormatTime(*entry.integrated_time);
  return text + ")";
}

std::string DigestOf(const DriftRecord& drift) {
  return drift.digests.empty() ? std::string() : drift.digests.front().digest;
}

std::string InParentheses(std::string_view text) {
  return text.empty() ? std::string() : " (" + Printable(text, 64) + ")";
}

std::string ProvenanceOf(const Record& record, const ImageRecord* image) {
  if (image == nullptr || !image->provenance || *image->provenance >= record.provenance.size()) {
    return "another source repository or builder";
  }
  const ProvenanceRecord& seen = record.provenance[*image->provenance];
  return Printable(seen.source_repository_uri, 128) + " by " + Printable(seen.builder_id, 128);
}

std::string CappedMessage(std::string text) {
  return CutAtWord(std::move(text), kMaxConditionMessage);
}

// "To accept: ..." whole or not at all.
std::string WithCommand(std::string text, const std::string& command, std::size_t max_bytes) {
  const std::string tail = ". To accept: " + command;
  if (text.size() + tail.size() <= max_bytes) return text + tail;
  return CutAtWord(std::move(text), max_bytes);
}

std::string EstablishedMessage(const Record& record, const Condition& condition,
                               const TextContext& context) {
  const auto trusted = Trusted(record);
  const std::string names =
      trusted.empty() ? std::string("a trusted signer") : TrustedNames(trusted);
  const std::string span = FormatDuration(context.durations.establish_after);
  const auto since = TrustedSince(trusted);
  if (condition.reason == "ObservedLongEnough") {
    return names + (trusted.size() > 1 ? " were" : " was") + " seen from " +
           (since ? DateOf(*since) : "first use") + " on, more than " + span + " apart.";
  }
  if (condition.reason == "LogHistory") {
    const auto earliest = record.log ? record.log->earliest_time : std::nullopt;
    return "The log proves that " + names + (trusted.size() > 1 ? " have" : " has") +
           " signed images of this repository" +
           (earliest ? " since " + DateOf(*earliest) : std::string()) + ".";
  }
  if (condition.reason == "PinnedByPolicy") {
    return "SigningPolicy " + record.policy_name + " names who must sign.";
  }
  if (condition.reason == "NothingJudged")
    return "No image of this repository has been judged yet.";
  if (condition.reason == "NothingSigned") {
    return "No image of this repository carried a signature so far; the first verified signer will "
           "be trusted "
           "on first use. A SigningPolicy can name the signer before.";
  }
  if (condition.reason == "NothingVerified") {
    return "Signatures were seen, and none could be verified with this trust root, so nothing is "
           "trusted. "
           "Configure the CA, log or key that made them.";
  }
  if (condition.reason == "Learning") {
    return names + " was first seen at " + TimeOf(record.learning_time) +
           " and is trusted on first use; seen again after " + span +
           " it makes the baseline Established.";
  }
  if (condition.reason == "Contested") {
    return names +
           " is trusted on first use, and another signer claims this young baseline. Accept it, or "
           "stop the image that it signed.";
  }
  if (condition.reason == "TrustDiscarded") {
    return "An earlier baseline of this repository was deleted, so trust starts anew with the next "
           "signer seen.";
  }
  return condition.message;
}

std::string DriftedMessage(const Record& record, const Condition& condition) {
  if (condition.reason == "NoDrift") {
    if (Trusted(record).empty()) return "Nothing is trusted yet, so no image can differ from it.";
    return "Every running image continues the baseline.";
  }
  if (condition.reason == "Accepted") {
    if (record.accepted.empty()) return "What differs is accepted by SigningPolicy.";
    const AcceptedRecord& entry = record.accepted.front();
    std::string text =
        std::string(ToText(entry.kind)) + " is accepted by SigningPolicy " + entry.policy_name;
    if (entry.expiration_time) text += " until " + FormatTime(*entry.expiration_time);
    text += ": " + Printable(entry.reason, 512);
    if (record.accepted.size() > 1) {
      text += " (and " + std::to_string(record.accepted.size() - 1) + " more)";
    }
    if (!text.ends_with('.')) text += ".";
    return text;
  }
  if (condition.reason == "Ended") {
    const auto ended = std::find_if(record.drift.begin(), record.drift.end(),
                                    [](const DriftRecord& d) { return d.ended_time.has_value(); });
    if (ended == record.drift.end()) return "No running image shows a drift any more.";
    return std::string(ToText(ended->kind)) + " ended at " + TimeOf(ended->ended_time) +
           ": no running image shows it any more. It was not accepted, and opens again when one "
           "does.";
  }
  const DriftRecord* worst = WorstOpenDrift(record);
  if (worst == nullptr) return condition.message;
  const std::string digest = DigestOf(*worst);
  std::string text = std::string(ToText(worst->severity)) + " since " + TimeOf(worst->opened_time) +
                     ": " + ShortDigest(digest) + " " + SeenClause(record, *worst, digest) + "; " +
                     TrustClause(record);
  if (const std::size_t open = OpenDrifts(record); open > 1) {
    text += "; and " + Counted(open - 1, "more open drift");
  }
  return WithCommand(std::move(text),
                     AcceptCommand(record.repository, std::string(ToText(worst->kind)),
                                   OfferedFingerprint(*worst)),
                     kMaxConditionMessage);
}

std::string LogMessage(const Record& record, const Condition& condition,
                       const TextContext& context) {
  const std::string lane = context.log_lane ? "the log lane is on." : "the log lane is off.";
  const std::uint32_t entries = record.log ? record.log->entries : 0;
  const std::string verified = Counted(entries, "log entry") + " of trusted signers " +
                               (entries == 1 ? "was" : "were") + " verified offline; ";
  if (condition.reason == "LogHistory") return verified + lane;
  if (condition.reason == "NoLogEvidence") {
    return "No signature of this repository carried a log proof; " + lane;
  }
  if (condition.reason == "HistoryTooShort") {
    return verified + "two of one signer that lie more than " +
           FormatDuration(context.durations.establish_after) + " apart are needed; " + lane;
  }
  if (condition.reason == "LogUnreachable") {
    return "The log does not answer, so only what this cluster verified itself counts. Check "
           "rekor.url.";
  }
  if (condition.reason == "LogInconsistent") {
    return "The log showed two checkpoints that do not agree, so nothing of it is believed until a "
           "person has "
           "looked: kubectl plimsoll log trust ORIGIN --reason TEXT";
  }
  return condition.message;
}

std::string VerifiableMessage(const Condition& condition, const TextContext& context) {
  const std::string root = context.trust_root_date.empty()
                               ? "this trust root"
                               : "the trust root of " + context.trust_root_date;
  const std::string what =
      context.unverifiable.empty() ? std::string() : ": " + Printable(context.unverifiable, 256);
  if (condition.reason == "TrustRootCurrent")
    return "Every signature can be judged with " + root + ".";
  if (condition.reason == "TrustRootStale") {
    return "Signatures cannot be judged, because " + root + " is out of date" + what +
           ". Renew trustedRootFile.";
  }
  if (condition.reason == "UnknownAuthority") {
    return "A signature was made by a CA or log that " + root + " does not know" + what +
           ". Add it to trustedRootFile if it is yours.";
  }
  if (condition.reason == "NoKey") {
    return "A signature was made with a key that is not known" + what +
           ". Add it to publicKeys, or pin it.";
  }
  if (condition.reason == "UnsupportedFormat") {
    return "Signature material is present that cannot be judged" + what + ".";
  }
  return condition.message;
}

std::string NextStep(std::string_view reason) {
  if (reason == "AuthenticationFailed") {
    return " Give Plimsoll a docker config for that host, or grant a pull secret of the namespace.";
  }
  if (reason == "RealmNotTrusted") return " Configure tokenRealm for that registry.";
  if (reason == "NoManifestDigest")
    return " Pull it from a registry instead of loading it by hand.";
  if (reason == "DigestNotInRepository") {
    return " It was deleted there, or is not readable with this credential.";
  }
  if (reason == "RegistryThrottled") return " It is asked less often until it answers.";
  return {};
}

std::string ObservedMessage(const Record& record, const Condition& condition,
                            const TextContext& context) {
  const std::string host = HostOf(record.repository);
  if (condition.reason == "RegistryAnswered") {
    if (context.credential.empty() && !condition.message.empty()) return condition.message;
    if (record.running_images == 0) return host + " answered when it was last asked.";
    return host + " answered for every running image" +
           (context.credential.empty() ? "" : ", " + context.credential) + ".";
  }
  if (context.failure.empty() && !condition.message.empty()) return condition.message;
  std::string text = host + " gave no answer that can be judged";
  if (record.observation_failing_since)
    text += " since " + FormatTime(*record.observation_failing_since);
  if (!context.failure.empty()) text += ": " + Printable(context.failure, 384);
  if (!text.ends_with('.')) text += ".";
  text += NextStep(condition.reason);
  if (context.next_retry) text += " Next try at " + FormatTime(*context.next_retry) + ".";
  return text;
}

}  // namespace

std::string OfferedFingerprint(const DriftRecord& drift) {
  if (!drift.digests.empty() && !drift.digests.front().fingerprint.empty()) {
    return drift.digests.front().fingerprint;
  }
  return drift.fingerprint;
}

std::string TrustClause(const Record& record) {
  const auto trusted = Trusted(record);
  if (trusted.empty()) return "nothing is trusted for this repository yet";
  if (record.strength == Strength::kPinned) {
    return "SigningPolicy " + record.policy_name + " asks for " + TrustedNames(trusted);
  }
  const auto since = TrustedSince(trusted);
  return "every image since " + (since ? DateOf(*since) : std::string("first use")) +
         " was signed by " + TrustedNames(trusted);
}

std::string SeenClause(const Record& record, const DriftRecord& drift, std::string_view digest) {
  const ImageRecord* image = FindImage(record, digest);
  const std::string reason = image == nullptr ? std::string() : image->reason;
  const SignerRecord* signer = drift.signer ? &*drift.signer : nullptr;
  switch (drift.kind) {
    case DriftKind::kSignatureMissing:
      return "carries no signature";
    case DriftKind::kSignatureInvalid:
      return "carries a signature that fails verification" + InParentheses(reason);
    case DriftKind::kSignatureStripped:
      return "carries no signature, and the log proves that " + ProvenName(record, drift) +
             " signed it" + ProofPlace(drift);
    case DriftKind::kSignerSubstituted:
      return "was signed by " + Named(signer) + IssuerOf(signer) + ", and the log proves that " +
             ProvenName(record, drift) + " signed it" + ProofPlace(drift);
    case DriftKind::kSignatureNotLogged:
      return "carries a signature without a log proof";
    case DriftKind::kLogEntryMissing:
      return "carries a log entry that the log does not hold" + ProofPlace(drift);
    case DriftKind::kSignerChanged:
      return "was signed by " + Named(signer) + IssuerOf(signer);
    case DriftKind::kIssuerChanged:
      return "was signed by " + Named(signer) + " under another issuer" + IssuerOf(signer);
    case DriftKind::kRepositoryIdentityReused:
      return "was signed by " + Named(signer) + " of another source repository" +
             (signer == nullptr ? std::string() : " (" + IdsOf(signer->signer) + ")");
    case DriftKind::kSignerRenamed:
      return "was signed by " + Named(signer) + ", of the same source repository and owner";
    case DriftKind::kSigningDowngrade:
      if (image != nullptr && IsSigned(image->posture)) {
        return "is only " + std::string(ToText(image->posture)) + " by a trusted signer";
      }
      return "carries signatures of which none can be verified" + InParentheses(reason);
    case DriftKind::kSignedForOtherRepository:
      return "was signed for " + (image == nullptr || image->docker_reference.empty()
                                      ? std::string("another repository")
                                      : Printable(image->docker_reference, 128));
    case DriftKind::kProvenanceChanged:
      return "was built from " + ProvenanceOf(record, image);
    case DriftKind::kUnjudged:
      return "could not be judged" + InParentheses(image == nullptr
                                                       ? std::string_view()
                                                       : std::string_view(image->unknown_reason));
  }
  return "differs";
}

std::string ExpectedText(const Record& record, const DriftRecord& drift) {
  const auto trusted = Trusted(record);
  if (drift.kind == DriftKind::kUnjudged)
    return "a definite answer of " + HostOf(record.repository);
  if (trusted.empty()) return "nothing is trusted yet";
  const auto since = TrustedSince(trusted);
  std::string text = "a signature by " + TrustedNames(trusted) + IssuerOf(trusted.front());
  if (drift.kind == DriftKind::kRepositoryIdentityReused) {
    text += " of " + IdsOf(trusted.front()->signer);
  } else if (drift.kind == DriftKind::kSigningDowngrade && record.rank) {
    text += " of rank " + std::string(ToText(*record.rank));
  } else if (drift.kind == DriftKind::kProvenanceChanged && !record.provenance.empty()) {
    const ProvenanceRecord& learned = record.provenance.front();
    text = "provenance from " + Printable(learned.source_repository_uri, 200) + " by " +
           Printable(learned.builder_id, 200);
  }
  if (record.strength == Strength::kPinned) {
    text += ", as SigningPolicy " + record.policy_name + " asks";
  } else if (since) {
    text += ", as on every image since " + DateOf(*since);
  }
  return CutAtWord(std::move(text), kMaxDriftText);
}

std::string ObservedText(const Record& record, const DriftRecord& drift) {
  const std::string digest = DigestOf(drift);
  const ImageRecord* image = FindImage(record, digest);
  std::string text;
  if (RestsOnAbsence(drift.kind)) {
    text = "no signature in any form";
    if (image != nullptr && image->absent_time) {
      text += "; " + HostOf(record.repository) + " asked at " + FormatTime(*image->absent_time);
      if (image->confirmed_time) text += " and at " + FormatTime(*image->confirmed_time);
    }
    if (drift.proof)
      text +=
          "; the log proves that " + ProvenName(record, drift) + " signed it" + ProofPlace(drift);
  } else {
    text = "an image that " + SeenClause(record, drift, digest);
  }
  return CutAtWord(std::move(text), kMaxDriftText);
}

void FillMessages(Record& record, const TextContext& context) {
  for (Condition& condition : record.conditions) {
    std::string text = condition.message;
    if (condition.type == "Established") text = EstablishedMessage(record, condition, context);
    if (condition.type == "Drifted") text = DriftedMessage(record, condition);
    if (condition.type == "LogCorroborated") text = LogMessage(record, condition, context);
    if (condition.type == "Verifiable") text = VerifiableMessage(condition, context);
    if (condition.type == "Observed") text = ObservedMessage(record, condition, context);
    condition.message = CappedMessage(std::move(text));
  }
}

void FillDriftTexts(Record& record) {
  for (DriftRecord& drift : record.drift) {
    if (drift.expected.empty()) drift.expected = ExpectedText(record, drift);
    if (drift.observed.empty()) drift.observed = ObservedText(record, drift);
  }
}

namespace {

std::string OpenedNote(const Record& record, const Transition& transition,
                       const std::optional<PodName>& first_pod) {
  const DriftRecord* drift = FindDrift(record, transition.entry);
  if (drift == nullptr) return {};
  const std::string digest = transition.digest.empty() ? DigestOf(*drift) : transition.digest;
  std::string text = Lower(ToText(drift->severity)) + " drift " + transition.fingerprint + " - " +
                     ShortDigest(digest) + " of " + record.repository + " " +
                     SeenClause(record, *drift, digest) +
                     (RestsOnAbsence(drift->kind) && !drift->proof ? " in any form" : "") + "; " +
                     TrustClause(record);
  if (first_pod) text += "; first seen in Pod " + first_pod->name_space + "/" + first_pod->name;
  return text;
}

std::string AcceptanceOf(const Transition& transition) {
  return std::string(transition.kind ? ToText(*transition.kind) : "drift") + " " +
         transition.fingerprint;
}

std::string AcceptedNote(const Record& record, const Transition& transition) {
  std::string text =
      AcceptanceOf(transition) + " is accepted by SigningPolicy " + transition.policy_name;
  const auto entry = std::find_if(record.accepted.begin(), record.accepted.end(),
                                  [&](const AcceptedRecord& accepted) {
                                    return accepted.policy_name == transition.policy_name &&
                                           (accepted.fingerprint == transition.fingerprint ||
                                            accepted.fingerprint == transition.entry);
                                  });
  if (entry == record.accepted.end()) return text;
  if (entry->expiration_time) text += " until " + FormatTime(*entry->expiration_time);
  return text + ": " + Printable(entry->reason, 512);
}

}  // namespace

std::string BaselineNote(const Record& record, const Transition& transition,
                         const TextContext& context, const std::optional<PodName>& first_pod) {
  std::string text;
  const std::string of = " of " + record.repository;
  switch (transition.what) {
    case TransitionKind::kDriftOpened:
    case TransitionKind::kDriftJoined:
      text = OpenedNote(record, transition, first_pod);
      break;
    case TransitionKind::kDriftResolved:
      text = AcceptanceOf(transition) + of +
             " is resolved: every image that showed it has continued the baseline for " +
             FormatDuration(context.durations.resolve_after);
      break;
    case TransitionKind::kDriftEnded:
      text = AcceptanceOf(transition) + of +
             " ended without being accepted: no running image has shown it for " +
             FormatDuration(context.durations.end_after);
      break;
    case TransitionKind::kDriftAccepted:
      text = AcceptedNote(record, transition);
      break;
    case TransitionKind::kAcceptanceExpiring:
      text = "the acceptance of " + AcceptanceOf(transition) + of + " by SigningPolicy " +
             transition.policy_name + " ends within " +
             FormatDuration(context.durations.acceptance_expiring_before) +
             "; the drift opens again then";
      break;
    case TransitionKind::kAcceptanceExpired:
      text = "the acceptance of " + AcceptanceOf(transition) + of + " by SigningPolicy " +
             transition.policy_name + " has ended or was removed";
      break;
    case TransitionKind::kEstablished: {
      const auto trusted = Trusted(record);
      text = record.repository + " is Established: ";
      const Condition* condition = baseline::FindCondition(record, "Established");
      text += condition != nullptr && !condition->message.empty()
                  ? condition->message
                  : (trusted.empty() ? std::string("a change is a drift from now on")
                                     : TrustedNames(trusted));
      break;
    }
    case TransitionKind::kObservationFailing:
      text = "no running image" + of + " could be observed since " +
             TimeOf(record.observation_failing_since);
      if (!context.failure.empty()) text += ": " + Printable(context.failure, 384);
      break;
    case TransitionKind::kTrustDiscarded:
      text = TrustDiscardedNote(record.repository);
      break;
    case TransitionKind::kDriftSuperseded:
    case TransitionKind::kLearningStarted:
      return {};
  }
  return CutAtWord(std::move(text), kMaxNote);
}

std::string PodNote(const Record& record, const DriftRecord& drift, std::string_view digest,
                    std::string_view container) {
  std::string trust = TrustClause(record);
  constexpr std::string_view kImages = "every image since";
  if (trust.starts_with(kImages)) {
    trust.replace(0, kImages.size(), "every image of its repository since");
  }
  return CutAtWord("the image of container \"" + PrintableAscii(container, 63) + "\", " +
                       record.repository + "@" + ShortDigest(digest) + ", " +
                       SeenClause(record, drift, digest) + "; " + trust + " (SigningBaseline " +
                       BaselineName(record.repository) + ", " + Lower(ToText(drift.severity)) + ")",
                   kMaxNote);
}

std::string MorePodsNote(const Record& record, const DriftRecord& drift, std::size_t pods) {
  return CutAtWord(std::string(ToText(drift.kind)) + " " + OfferedFingerprint(drift) + " of " +
                       record.repository + " is shown by " + Counted(pods, "more Pod") +
                       ", which get no Event of their own",
                   kMaxNote);
}

std::string PrunedNote(const Record& record) {
  return CutAtWord("the SigningBaseline of " + record.repository +
                       " was deleted: no Pod has run an image of it since " +
                       TimeOf(record.last_running_time),
                   kMaxNote);
}

std::string LimitNote(std::string_view repository, std::string_view why) {
  return CutAtWord(Printable(repository, 511) + " gets no SigningBaseline: " + std::string(why),
                   kMaxNote);
}

std::string TrustDiscardedNote(std::string_view repository) {
  return CutAtWord("the SigningBaseline of " + std::string(repository) +
                       " was deleted by somebody else, and with it what was trusted; the next "
                       "signer that is seen is "
                       "trusted on first use",
                   kMaxNote);
}

}  // namespace plimsoll::api
