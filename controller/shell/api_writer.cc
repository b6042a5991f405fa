#include "controller/shell/api_writer.h"

#include <array>
#include <string>
#include <utility>

#include "api/names.h"
#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "kube/api_error.h"

namespace plimsoll::controller {
namespace {

std::string_view NameOf(WriteOutcome outcome) {
  switch (outcome) {
    case WriteOutcome::kDone:
      return "done";
    case WriteOutcome::kConflict:
      return "conflict";
    case WriteOutcome::kNotFound:
      return "not_found";
    case WriteOutcome::kRefused:
      return "refused";
    case WriteOutcome::kFailed:
      break;
  }
  return "failed";
}

WriteDone Failed(std::uint64_t id, const Error& error) {
  WriteDone done;
  done.id = id;
  done.outcome = OutcomeOf(error);
  done.message = error.message;
  return done;
}

kube::ResourceType Resource(std::string_view plural, std::string_view kind) {
  return {std::string(api::kGroup), "v1alpha1", std::string(plural), std::string(kind), false};
}

// The server's answer, read back. One that cannot be read means that nobody knows.
WriteDone Stored(std::uint64_t id, const std::string& json) {
  WriteDone done;
  done.id = id;
  Result<api::SigningBaseline> object = api::ReadSigningBaseline(json);
  if (!object) {
    done.message = object.error().message;
    return done;
  }
  done.outcome = WriteOutcome::kDone;
  done.object = std::move(*object);
  return done;
}

}  // namespace

const kube::ResourceType& SigningBaselines() {
  static const kube::ResourceType type = Resource(api::kBaselinePlural, api::kBaselineKind);
  return type;
}

const kube::ResourceType& SigningPolicies() {
  static const kube::ResourceType type = Resource(api::kPolicyPlural, api::kPolicyKind);
  return type;
}

WriteOutcome OutcomeOf(const Error& error) {
  if (error.code == kube::kConflict || error.code == kube::kAlreadyExists)
    return WriteOutcome::kConflict;
  if (error.code == kNotFound) return WriteOutcome::kNotFound;
  const std::array refusals = {kube::kInvalid, kube::kForbidden, kube::kBadRequest,
                               kInvalidArgument, kLimitExceeded};
  for (const Reason refusal : refusals) {
    if (error.code == refusal) return WriteOutcome::kRefused;
  }
  return WriteOutcome::kFailed;
}

ApiWriter::ApiWriter(kube::Client& client, bool dry_run, Metrics& metrics, Logger& logger)
    : client_(client),
      writer_(client),
      dry_run_(dry_run),
      writes_(
          metrics.Counters("plimsoll_status_writes_total",
                           "Writes of SigningBaselines and SigningPolicies, by kind and outcome.")),
      logger_(logger) {}

void ApiWriter::Count(std::string_view kind, WriteOutcome outcome) {
  writes_.With({{"kind", std::string(kind)}, {"outcome", std::string(NameOf(outcome))}}).Add();
}

std::string ApiWriter::DryVersion() { return "dry-run-" + std::to_string(++dry_versions_); }

WriteDone ApiWriter::Do(const CreateBaseline& action) {
  WriteDone done;
  done.id = action.id;
  if (dry_run_) {
    logger_.Info("dry run: would create a SigningBaseline", {{"repository", action.repository}});
    api::SigningBaseline object;
    object.meta.name = api::BaselineName(action.repository);
    object.meta.uid = object.meta.name;
    object.meta.generation = 1;
    object.meta.resource_version = DryVersion();
    object.record.repository = action.repository;
    done.object = std::move(object);
    done.outcome = WriteOutcome::kDone;
  } else {
    const Result<std::string> answer =
        writer_.Create(SigningBaselines(), "", api::NewSigningBaselineJson(action.repository));
    done = answer ? Stored(action.id, *answer) : Failed(action.id, answer.error());
    // Not found here is the definition that is missing, not the object.
    if (done.outcome == WriteOutcome::kNotFound) done.outcome = WriteOutcome::kRefused;
  }
  Count("create", done.outcome);
  return done;
}

WriteDone ApiWriter::Do(const WriteBaseline& action) {
  WriteDone done;
  done.id = action.id;
  const api::SigningBaseline& object = *action.object;
  if (dry_run_) {
    logger_.Info("dry run: would write a status",
                 {{"repository", object.repository()}, {"drift", object.record.drift_summary}});
    done.object = object;
    done.object->meta.resource_version = DryVersion();
    done.outcome = WriteOutcome::kDone;
  } else {
    const Result<std::string> answer = writer_.UpdateStatus(
        SigningBaselines(), "", object.meta.name, api::SigningBaselineJson(object));
    done = answer ? Stored(action.id, *answer) : Failed(action.id, answer.error());
  }
  Count("status", done.outcome);
  return done;
}

WriteDone ApiWriter::Do(const DeleteBaseline& action) {
  WriteDone done;
  done.id = action.id;
  if (dry_run_) {
    logger_.Info("dry run: would prune a SigningBaseline", {{"name", action.name}});
    done.outcome = WriteOutcome::kDone;
  } else {
    const Status status =
        writer_.Delete(SigningBaselines(), "", action.name, {action.uid, action.resource_version});
    if (status) {
      done.outcome = WriteOutcome::kDone;
    } else {
      done = Failed(action.id, status.error());
    }
  }
  Count("delete", done.outcome);
  return done;
}

WriteDone ApiWriter::Do(const WritePolicy& action) {
  WriteDone done;
  done.id = action.id;
  if (dry_run_) {
    done.outcome = WriteOutcome::kDone;
    done.policy.emplace();
    done.policy->meta = action.meta;
    done.policy->status = action.status;
  } else {
    const Result<std::string> answer =
        writer_.UpdateStatus(SigningPolicies(), "", action.meta.name,
                             api::SigningPolicyStatusJson(action.meta, action.status));
    if (!answer) {
      done = Failed(action.id, answer.error());
    } else if (Result<api::SigningPolicyObject> object = api::ReadSigningPolicy(*answer)) {
      done.outcome = WriteOutcome::kDone;
      done.policy = std::move(*object);
    } else {
      done.message = object.error().message;
    }
  }
  Count("policy", done.outcome);
  return done;
}

std::optional<Input> ApiWriter::Do(const ReadBaseline& action) {
  const Result<std::string> answer = client_.Get(SigningBaselines(), "", action.name);
  if (!answer) {
    if (answer.error().code == kNotFound) return BaselineGone{action.name};
    logger_.Warn("a SigningBaseline could not be read",
                 {{"name", action.name}, {"error", answer.error().message}});
    return std::nullopt;
  }
  Result<api::SigningBaseline> object = api::ReadSigningBaseline(*answer);
  if (!object) {
    logger_.Err("a SigningBaseline is malformed",
                {{"name", action.name}, {"error", object.error().message}});
    return std::nullopt;
  }
  return BaselineChanged{std::move(*object)};
}

}  // namespace plimsoll::controller
