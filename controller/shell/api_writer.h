// Carries out the core's writes at the API server, and says what came of them.
//
// Blocking and thread-safe. Every write is fenced: by the resource version (statuses), by uid and resource
// version (deletes), by the name (creates). With `dry_run` nothing is written: the answer is what the server
// would have said to somebody who is alone.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/metric.h"
#include "controller/core/io.h"
#include "kube/client.h"
#include "kube/object_writer.h"

namespace plimsoll::controller {

const kube::ResourceType& SigningBaselines();
const kube::ResourceType& SigningPolicies();

class ApiWriter {
 public:
  // Arguments outlive it. `metrics` gets plimsoll_status_writes_total{kind,outcome}.
  ApiWriter(kube::Client& client, bool dry_run, Metrics& metrics, Logger& logger);

  WriteDone Do(const CreateBaseline& action);
  WriteDone Do(const WriteBaseline& action);
  WriteDone Do(const DeleteBaseline& action);
  WriteDone Do(const WritePolicy& action);
  // None: it could not be read now.
  std::optional<Input> Do(const ReadBaseline& action);

 private:
  void Count(std::string_view kind, WriteOutcome outcome);
  std::string DryVersion();

  kube::Client& client_;
  kube::ObjectWriter writer_;
  const bool dry_run_;
  CounterFamily& writes_;
  Logger& logger_;
  std::atomic<std::uint64_t> dry_versions_ = 0;
};

// What an error of the API server means for a write.
WriteOutcome OutcomeOf(const Error& error);

}  // namespace plimsoll::controller
