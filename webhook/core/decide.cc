#include "webhook/core/decide.h"

#include <algorithm>

#include "api/admission_finding.h"
#include "api/admission_text.h"
#include "api/names.h"
#include "api/workload.h"
#include "base/printable.h"
#include "oci/reference.h"

namespace plimsoll::webhook {
namespace {

using baseline::Admission;
using baseline::AdmissionVerdict;

// The digest that the image string means now: its own, what a registry said a moment ago, what a node resolved last.
std::string DigestOf(const oci::Reference& reference, const std::string& key,
                     const baseline::Record* record, const Answers& answers) {
  if (reference.digest) return reference.digest->text();
  if (const auto resolved = answers.Resolved(key, reference.tag)) return *resolved;
  if (record != nullptr) {
    if (const auto* known = baseline::FindTag(*record, reference.tag)) return known->digest;
  }
  return "";
}

// The worst first; of equals in the order of the Pod.
bool IsWorse(const ImageDecision& a, const ImageDecision& b) {
  if (a.verdict.verdict != b.verdict.verdict) return a.verdict.verdict > b.verdict.verdict;
  return a.verdict.severity.value_or(baseline::Severity::kWarning) >
         b.verdict.severity.value_or(baseline::Severity::kWarning);
}

class Judge {
 public:
  Judge(const Review& review, Mode mode, const Snapshot& snapshot, const Answers& answers, Time now)
      : review_(review), mode_(mode), snapshot_(snapshot), answers_(answers), now_(now) {
    decision_.answer.uid = review.uid;
  }

  Decision Run() && {
    if (!review_.relevant) return std::move(decision_);
    if (review_.too_many) return TooMany();
    decision_.images.reserve(review_.images.size());
    for (const ReviewImage& image : review_.images) Add(image);
    // Nearly always all are alike, and a decision is large.
    if (!std::is_sorted(decision_.images.begin(), decision_.images.end(), IsWorse))
      std::stable_sort(decision_.images.begin(), decision_.images.end(), IsWorse);
    std::sort(decision_.lookups.begin(), decision_.lookups.end());
    decision_.lookups.erase(std::unique(decision_.lookups.begin(), decision_.lookups.end()),
                            decision_.lookups.end());
    if (!decision_.images.empty()) decision_.verdict = decision_.images.front().verdict.verdict;
    Compose();
    return std::move(decision_);
  }

 private:
  bool enforcing() const { return mode_ == Mode::kEnforcePods; }

  // A review is judged whole or not at all.
  Decision TooMany() {
    const std::string text = "container list: expected at most " +
                             std::to_string(api::kMaxReviewImages) + " images, found " +
                             std::to_string(review_.image_count) + " (" + kTooManyImages +
                             "); split the Pod, or create it in a namespace that is not labelled "
                             "plimsoll.dev/enforce=deny";
    decision_.verdict = Admission::kDeny;
    if (enforcing()) {
      decision_.answer.allowed = false;
      decision_.answer.message = text;
    } else {
      decision_.answer.warnings.push_back(text.substr(0, api::kMaxWarning));
    }
    decision_.answer.audit_annotations = {{"verdict", enforcing() ? "Deny" : "Warn"},
                                          {"kind", kTooManyImages}};
    return std::move(decision_);
  }

  void Add(const ReviewImage& image) {
    const auto reference = oci::Reference::Parse(image.image);
    // What does not parse no node can pull; a bare config digest nobody can be asked about.
    if (!reference) return;
    const std::string key = reference->repository.Key();
    const std::shared_ptr<const baseline::Record> record = snapshot_.Find(key);
    const std::string digest = DigestOf(*reference, key, record.get(), answers_);
    const baseline::EffectivePolicy policy = snapshot_.policies().For(key, now_);
    const auto observed = digest.empty() ? nullptr : answers_.Observed(key, digest);
    ImageDecision decided{image.container, key, digest, !reference->digest.has_value(), {}};
    decided.verdict = baseline::Admit(record.get(), key, digest, policy, snapshot_.SettingsFor(key),
                                      observed.get(), now_);
    AskFor(*reference, key, digest, record.get(), policy, observed.get(), decided.verdict);
    records_[key] = record;
    decision_.images.push_back(std::move(decided));
  }

  // What is worth a look-up: a tag that was not resolved just now, and a digest without a fresh answer when the
  // answer could change something.
  void AskFor(const oci::Reference& reference, const std::string& key, const std::string& digest,
              const baseline::Record* record, const baseline::EffectivePolicy& policy,
              const baseline::Observation* observed, const AdmissionVerdict& verdict) {
    const bool trusted = policy.pinned || (record != nullptr && record->learning_time.has_value());
    const bool stale_tag = !reference.digest && !answers_.Resolved(key, reference.tag);
    // Without an answer for this digest; or with one that the log was not asked about, and that denies.
    const bool log_unasked = observed != nullptr && record != nullptr && snapshot_.log_lane() &&
                             observed->log.answer == baseline::LogLane::Answer::kOff &&
                             verdict.verdict == Admission::kDeny;
    const bool unseen = observed == nullptr || log_unasked;
    if (stale_tag) {
      decision_.lookups.push_back(
          {key, "", reference.tag, trusted, baseline::KnownKeys(record, policy)});
    } else if (unseen && !digest.empty() &&
               (verdict.verdict != Admission::kAdmit || record == nullptr)) {
      decision_.lookups.push_back({key, digest, "", trusted, baseline::KnownKeys(record, policy)});
    } else {
      return;
    }
    // Only a denial is worth waiting for, and a tag of a repository that could be denied.
    const bool could_deny = verdict.verdict == Admission::kDeny || (stale_tag && trusted);
    decision_.waits = decision_.waits || (enforcing() && could_deny);
  }

  void Compose() {
    std::vector<api::ImageFinding> denied;
    for (const ImageDecision& image : decision_.images) {
      const baseline::Record* record = records_[image.repository].get();
      const Admission verdict = image.verdict.verdict;
      if (verdict == Admission::kAdmit) continue;
      if (!enforcing() && image.verdict.only_in_denying) continue;
      api::ImageFinding finding =
          api::FindingOf({image.container, image.repository, image.digest, image.by_tag,
                          answers_.AnsweredAt(image.repository, image.digest)},
                         image.verdict, record);
      if (verdict == Admission::kDeny && enforcing()) {
        denied.push_back(std::move(finding));
      } else {
        decision_.answer.warnings.push_back(api::WarningText(finding));
      }
    }
    if (!denied.empty()) {
      decision_.answer.allowed = false;
      decision_.answer.message = api::DenialText(denied);
    }
    Annotate();
  }

  void Annotate() {
    if (decision_.images.empty()) return;
    const ImageDecision& worst = decision_.images.front();
    Admission shown = worst.verdict.verdict;
    if (!enforcing() && shown == Admission::kDeny) shown = Admission::kWarn;
    auto& annotations = decision_.answer.audit_annotations;
    annotations.emplace_back("verdict", baseline::ToText(shown));
    if (const std::string kind = api::KindOf(worst.verdict); !kind.empty())
      annotations.emplace_back("kind", kind);
    if (!worst.verdict.fingerprint.empty())
      annotations.emplace_back("fingerprint", worst.verdict.fingerprint);
    if (records_[worst.repository] != nullptr) {
      annotations.emplace_back("baseline", api::BaselineName(worst.repository));
    }
  }

  const Review& review_;
  const Mode mode_;
  const Snapshot& snapshot_;
  const Answers& answers_;
  const Time now_;
  std::map<std::string, std::shared_ptr<const baseline::Record>> records_;
  Decision decision_;
};

}  // namespace

Decision Decide(const Review& review, Mode mode, const Snapshot& snapshot, const Answers& answers,
                Time now) {
  return Judge(review, mode, snapshot, answers, now).Run();
}

}  // namespace plimsoll::webhook
