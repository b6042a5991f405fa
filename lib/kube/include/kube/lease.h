// Leader election over a coordination.k8s.io/v1 Lease (library kube_write), as client-go does it
// (tools/leaderelection). Whoever holds the lease leads; at most one does, as long as clocks run at like speed:
// nobody trusts anybody's wall clock, a lease has expired when *we* have not seen its record change for its
// duration.
//
// `LeaseMachine` is the pure part; `LeaderElector` the thread that asks the API server, on a channel of its own with
// a 5 s limit, so that a slow LIST never costs the leadership. Losing the lease is final for a process: it stops
// working at once and exits (its successor may already be at work); so after `on_stopped` the elector ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/api_error.h"
#include "kube/reflector.h"
#include "kube/transport.h"
#include "kube/waiter.h"

namespace plimsoll::kube {

struct LeaseOptions {
  std::string namespace_name;
  std::string name;      // of the Lease
  std::string identity;  // unique among all candidates: Pod name, "_", something random
  Duration lease_duration = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);
  Duration retry_period = std::chrono::seconds(2);
  Duration call_timeout = std::chrono::seconds(5);
  std::uint64_t seed = 1;
};
// lease_duration > renew_deadline > 1.2 x retry_period, all at least a second; names set.
Status CheckLeaseOptions(const LeaseOptions& options);

// "plimsoll-controller-6c9f7d5b8-q4zrm_3f2a...": host name and 128 random bits.
std::string MakeLeaseIdentity();

struct LeaseRecord {
  std::string resource_version;
  std::string holder;
  std::int64_t duration_seconds = 0;
  std::string acquire_time;  // MicroTime text
  std::string renew_time;
  std::int64_t transitions = 0;
};
Result<LeaseRecord> ReadLease(std::string_view json);
std::string WriteLease(const LeaseOptions& options, const LeaseRecord& record);

class LeaseMachine {
 public:
  explicit LeaseMachine(const LeaseOptions& options);

  struct Step {
    enum class Kind { kWait, kGet, kCreate, kUpdate, kLost };
    Kind kind = Kind::kWait;
    Duration wait{};
    LeaseRecord record;  // kCreate, kUpdate
    Duration timeout{};  // of the call: never beyond the renew deadline
  };
  // What to do now. kLost: the lease could not be renewed in time, or somebody else has it; final.
  Step Next(SteadyTime now, Time wall);

  void OnGot(SteadyTime now, const LeaseRecord& record);
  void OnWritten(SteadyTime now, const LeaseRecord& record);  // create or update succeeded
  void OnFailed(SteadyTime now, const Error& error);          // of any of the three calls

  bool leading() const { return leading_; }
  bool lost() const { return lost_; }  // final
  // The last holder seen; empty: none.
  const std::string& holder() const { return observed_.holder; }
  // What to write on a clean shutdown, once all work has stopped; none when we do not lead.
  std::optional<LeaseRecord> Release(Time wall) const;
  // For the retry of a release that met a conflict: the record as it is now.
  void OnReleaseConflict(SteadyTime now, const LeaseRecord& record);

 private:
  bool HeldByUs() const { return observed_.holder == options_.identity; }
  LeaseRecord OurRecord(Time wall) const;
  void Observe(SteadyTime now, const LeaseRecord& record);
  void Retry(SteadyTime now);
  void Lose();

  const LeaseOptions options_;
  std::mt19937_64 random_;
  Step::Kind asked_ = Step::Kind::kWait;  // the last call
  SteadyTime asked_at_{};
  bool lost_ = false;
  bool leading_ = false;
  bool have_record_ = false;  // observed_ can be updated without asking first
  bool must_create_ = false;
  LeaseRecord observed_;
  SteadyTime observed_at_{};   // when its content last changed before our eyes
  SteadyTime last_renewal_{};  // when we sent the last write that succeeded
  std::optional<SteadyTime> wait_until_;
};

// Called on the elector's thread; none of them may call the elector.
struct LeaderCallbacks {
  std::function<void()> on_started;  // we lead: hand over, do not work here
  // We lead no more: stop writing now. Not called after Stop.
  std::function<void(const std::string& why)> on_stopped;
  std::function<void(const std::string& identity)> on_new_leader;  // also our own
};

class LeaderElector {
 public:
  // Arguments outlive the elector. `metrics` gets leader_election_master_status{name}.
  LeaderElector(const LeaseOptions& options, LeaderCallbacks callbacks, Transport& transport,
                const Clock& clock, Waiter& waiter, Metrics& metrics, Logger& logger);
  ~LeaderElector();
  LeaderElector(const LeaderElector&) = delete;
  LeaderElector& operator=(const LeaderElector&) = delete;

  void Start();
  // Ends the thread; the lease stays held. Then, when every worker has stopped, Release.
  void Stop();
  // Gives the lease up, so that a successor need not wait for it to expire. After Stop; does nothing when we do
  // not lead.
  void Release();
  bool leading() const;

  // One step on the calling thread. False: lost, or stopped. For tests.
  bool RunOnce(std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::kube
