#include "webhook/shell/log_consult.h"

#include "baseline/admission.h"

namespace plimsoll::webhook {
void LogConsult::Ask(const std::string& repository, baseline::Observation& observation) const {
  const std::shared_ptr<const Snapshot> snapshot = snapshot_();
  const std::shared_ptr<const baseline::Record> record = snapshot->Find(repository);
  if (record == nullptr) return;
  const Time now = clock_.Now();
  const baseline::AdmissionVerdict verdict = baseline::Admit(
      record.get(), repository, observation.digest, snapshot->policies().For(repository, now),
      snapshot->SettingsFor(repository), &observation, now);
  if (verdict.verdict != baseline::Admission::kDeny) return;
  observation::LogQuestion question;
  question.repository = repository;
  question.record = record.get();
  question.verifier = observer_.verifier();
  question.deadline = clock_.Steady() + budget_;
  lane_.Consult(question, observation);
}

}  // namespace plimsoll::webhook
