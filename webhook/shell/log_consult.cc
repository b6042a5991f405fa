#include "webhook/shell/log_consult.h"

#include "baseline/admission.h"
#include "baseline/derive.h"

namespace plimsoll::webhook {
namespace {

// The controller found the log contradicting itself: nobody has trusted it again.
bool IsInconsistent(const baseline::Record& record) {
  const baseline::Condition* condition = baseline::FindCondition(record, "LogCorroborated");
  return condition != nullptr && condition->reason == "LogInconsistent";
}

}  // namespace

void LogConsult::Ask(const std::string& repository, baseline::Observation& observation) const {
  const std::shared_ptr<const Snapshot> snapshot = snapshot_();
  const std::shared_ptr<const baseline::Record> record = snapshot->Find(repository);
  if (record == nullptr) return;
  const Time now = clock_.Now();
  const baseline::AdmissionVerdict verdict = baseline::Admit(
      record.get(), repository, observation.digest, snapshot->policies().For(repository, now),
      snapshot->SettingsFor(repository), &observation, now);
  if (verdict.verdict != baseline::Admission::kDeny) return;
  if (!IsInconsistent(*record)) {
    observation::LogQuestion question;
    question.repository = repository;
    question.record = record.get();
    question.verifier = observer_.verifier();
    question.deadline = clock_.Steady() + budget_;
    question.even_unknown = true;
    lane_.Ask(question, observation);
  }
  // Asked or not to be asked: what is known of this digest from before stands.
  if (observation.log.answer == baseline::LogLane::Answer::kOff)
    observation.log.answer = baseline::LogLane::Answer::kUnanswered;
}

}  // namespace plimsoll::webhook
