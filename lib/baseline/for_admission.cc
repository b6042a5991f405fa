#include "baseline/for_admission.h"

#include <utility>

namespace plimsoll::baseline {
namespace {

// Gives the memory back, which clear() does not.
template <class... Values>
void Drop(Values&... values) {
  ((values = Values()), ...);
}
template <class... Lists>
void Shrink(Lists&... lists) {
  (lists.shrink_to_fit(), ...);
}

void Slim(ImageRecord& image) {
  Drop(image.notes, image.trust_root, image.unknown_reason, image.index_digest);
  if (image.log) Drop(image.log->entry.payload_hash);
  Shrink(image.signers, image.signatures, image.proven);
}

void Slim(DriftRecord& drift) { Drop(drift.expected, drift.observed, drift.digests, drift.proof); }

void Slim(Condition& condition) { Drop(condition.message); }

void Slim(ObservedSigner& signer) {
  Drop(signer.public_key, signer.annotations);
  if (!signer.log) return;
  LogEvidence time_alone;
  time_alone.integrated_time = signer.log->integrated_time;
  signer.log = std::move(time_alone);
}

}  // namespace

Record ForAdmission(Record record) {
  Drop(record.signer, record.issuer, record.drift_summary, record.policy_name, record.history,
       record.accepted);
  // Whether its log is to be believed is told by a condition.
  std::erase_if(record.conditions,
                [](const Condition& condition) { return condition.type != "LogCorroborated"; });
  for (Condition& condition : record.conditions) Slim(condition);
  for (ImageRecord& image : record.images) Slim(image);
  for (DriftRecord& drift : record.drift) Slim(drift);
  Shrink(record.conditions, record.images, record.drift, record.signers, record.remembered,
         record.tags, record.docker_references, record.provenance);
  return record;
}

Observation ForAdmission(Observation observation) {
  Drop(observation.notes);
  for (ObservedSigner& signer : observation.signers) Slim(signer);
  for (LogLane::Proven& proof : observation.log.proven) Drop(proof.evidence.payload_hash);
  for (Observation& child : observation.children) child = ForAdmission(std::move(child));
  Shrink(observation.signers, observation.unlogged, observation.provenance, observation.children);
  return observation;
}

}  // namespace plimsoll::baseline
