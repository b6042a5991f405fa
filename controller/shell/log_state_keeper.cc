#include "controller/shell/log_state_keeper.h"

#include <algorithm>

#include "api/names.h"
#include "kube/object.h"
#include "kube/object_writer.h"

namespace plimsoll::controller {
namespace {

bool AnyDisagrees(const rekor::LogStates& states) {
  return std::any_of(states.begin(), states.end(),
                     [](const rekor::LogState& state) { return !state.disagreeing.empty(); });
}

}  // namespace

LogStateKeeper::LogStateKeeper(rekor::Log& states, observation::Observer& observer,
                               kube::Client& client, std::string name_space, const Clock& clock,
                               Logger& log)
    : states_(states),
      observer_(observer),
      client_(client),
      name_space_(std::move(name_space)),
      clock_(clock),
      log_(log) {}

void LogStateKeeper::Complain(const Error& error) {
  if (!complained_) {
    log_.Warn(
        "the states of the transparency logs cannot be kept; a log is compared with what was "
        "seen since the start",
        {{"configMap", std::string(api::kStateConfigMap)},
         {"namespace", name_space_},
         {"message", error.message}});
  }
  complained_ = true;
}

void LogStateKeeper::Read() {
  const auto document = client_.GetDocument(kube::ConfigMaps(), name_space_, api::kStateConfigMap);
  if (!document) return Complain(document.error());
  resource_version_ = document->root()["metadata"]["resourceVersion"].StringOrEmpty();
  const std::string_view text = document->root()["data"][rekor::kLogStatesKey].StringOrEmpty();
  const auto stored = rekor::ReadLogStates(text);
  if (!stored) return Complain(stored.error());
  complained_ = false;
  const rekor::LogStates before = states_.States();
  states_.Adopt(*stored, observer_.verifier()->trust_root());
  for (const rekor::LogState& state : states_.States()) {
    const bool disagreed = std::any_of(before.begin(), before.end(), [&](const auto& old) {
      return old.origin == state.origin && !old.disagreeing.empty();
    });
    if (!disagreed || !state.disagreeing.empty()) continue;
    log_.Info("the transparency log is trusted again",
              {{"origin", state.origin}, {"reason", state.trusted_reason}});
  }
}

bool LogStateKeeper::IsDue() const {
  if (states_.version() == written_) return false;
  if (AnyDisagrees(states_.States()) != disagreed_) return true;
  return !last_write_ || clock_.Now() - *last_write_ >= kWriteEvery || clock_.Now() < *last_write_;
}

void LogStateKeeper::Write() {
  if (!IsDue()) return;
  if (resource_version_.empty()) Read();
  if (resource_version_.empty()) return;
  const std::uint64_t version = states_.version();
  const rekor::LogStates states = states_.States();
  kube::ObjectWriter writer(client_);
  const auto stored = writer.Patch(kube::ConfigMaps(), name_space_, api::kStateConfigMap,
                                   rekor::StatesPatch(resource_version_, states), {});
  last_write_ = clock_.Now();
  if (!stored) {
    resource_version_.clear();
    if (!(stored.error().code == kube::kConflict)) Complain(stored.error());
    return;
  }
  const auto document = json::Document::Parse(*stored, kube::kObjectLimits);
  resource_version_ =
      document ? document->root()["metadata"]["resourceVersion"].StringOrEmpty() : "";
  written_ = version;
  disagreed_ = AnyDisagrees(states);
  complained_ = false;
}

}  // namespace plimsoll::controller
