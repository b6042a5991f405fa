// What goes into the core and what comes out of it. Values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/pod.h"
#include "api/signing_baseline.h"
#include "api/signing_policy.h"
#include "base/log.h"
#include "base/time.h"
#include "controller/core/observe.h"

namespace plimsoll::controller {

// ---- inputs

// A Pod as the API server has it now, new or changed.
struct PodChanged {
  std::shared_ptr<const api::Pod> pod;
};
struct PodGone {
  std::string uid;
};
// What the Nodes can run, whenever it changed.
struct PlatformsChanged {
  std::vector<std::string> platforms;  // sorted, distinct
};
struct BaselineChanged {
  api::SigningBaseline object;
};
// `uid` is the object's that is gone: a name may have been given to another one since.
struct BaselineGone {
  std::string name;
  std::string uid;
};
struct PolicyChanged {
  api::SigningPolicyObject object;
};
struct PolicyGone {
  std::string name;
};
// The first whole picture of a collection has been given.
enum class Collection : std::uint8_t { kPods, kNodes, kBaselines, kPolicies };
struct Synced {
  Collection collection;
};
struct LeaderChanged {
  bool leading = false;
};
struct Observed {
  ObserveResult result;
};

enum class WriteOutcome : std::uint8_t {
  kDone,      // `object` or `policy` is what the server stored (a delete has none)
  kConflict,  // the version is not the newest any more, or the object exists already
  kNotFound,
  kRefused,  // it will never be taken (schema, rights): said in `message`
  kFailed,   // not known whether it was done
};
struct WriteDone {
  std::uint64_t id = 0;
  WriteOutcome outcome = WriteOutcome::kFailed;
  std::string message;
  std::optional<api::SigningBaseline> object;
  std::optional<api::SigningPolicyObject> policy;
};
// Time has passed.
struct Tick {};

using Input =
    std::variant<Tick, PodChanged, PodGone, PlatformsChanged, BaselineChanged, BaselineGone,
                 PolicyChanged, PolicyGone, Synced, LeaderChanged, Observed, WriteDone>;

// ---- actions

struct Observe {
  ObserveRequest request;
};
struct CreateBaseline {
  std::uint64_t id = 0;
  std::string repository;
};
// object.meta.resource_version is the version that the status was computed from.
struct WriteBaseline {
  std::uint64_t id = 0;
  std::shared_ptr<const api::SigningBaseline> object;
  bool drift = false;  // opens or ends one: it went first
};
struct DeleteBaseline {
  std::uint64_t id = 0;
  std::string name;
  std::string uid;
  std::string resource_version;
};
struct WritePolicy {
  std::uint64_t id = 0;
  api::ObjectMeta meta;
  api::PolicyStatus status;
};
// Read it again, and give it back as BaselineChanged, or as BaselineGone with this uid.
struct ReadBaseline {
  std::string name;
  std::string uid;  // of the object that is known; empty: none is
};

struct EventObject {
  bool pod = false;  // else a SigningBaseline
  std::string name_space;
  std::string name;
  std::string uid;
  std::string field_path;
  friend bool operator==(const EventObject&, const EventObject&) = default;
};
struct EmitEvent {
  bool warning = false;
  std::string reason;
  std::string note;
  EventObject regarding;
  std::optional<EventObject> related;
};

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

using Action = std::variant<Observe, CreateBaseline, WriteBaseline, DeleteBaseline, WritePolicy,
                            ReadBaseline, EmitEvent, LogLine>;

struct StepOutput {
  std::vector<Action> actions;
  // Step again then, even if nothing happens. None: nothing is due by time alone.
  std::optional<Time> wake;
};

}  // namespace plimsoll::controller
