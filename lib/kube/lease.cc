#include "kube/lease.h"

#include <atomic>
#include <thread>
#include <utility>

#include "base/printable.h"

namespace plimsoll::kube {
namespace {

constexpr std::size_t kMaxLeaseBytes = 1u << 20;
constexpr int kReleaseTries = 3;

}  // namespace

struct LeaderElector::Impl {
  Impl(const LeaseOptions& given, LeaderCallbacks hooks, Transport& transport_in,
       const Clock& clock_in, Waiter& waiter_in, Metrics& metrics, Logger& logger_in)
      : options(given),
        callbacks(std::move(hooks)),
        transport(transport_in),
        clock(clock_in),
        waiter(waiter_in),
        logger(logger_in),
        status(metrics.Gauges("leader_election_master_status", "1 while this process leads.")
                   .With({{"name", given.name}})),
        machine(given) {
    status.Set(0);
  }

  Result<LeaseRecord> Call(LeaseMachine::Step::Kind kind, const LeaseRecord& record,
                           Duration timeout, std::stop_token stop);
  void Tell(const std::string& holder_before);

  // Constant after construction.
  const LeaseOptions options;
  const LeaderCallbacks callbacks;
  Transport& transport;
  const Clock& clock;
  Waiter& waiter;
  Logger& logger;
  Gauge& status;

  LeaseMachine machine;  // the elector's thread; after Stop, the caller of Release
  std::atomic<bool> leading = false;
  std::string last_error;
  std::jthread thread;
};

Result<LeaseRecord> LeaderElector::Impl::Call(LeaseMachine::Step::Kind kind,
                                              const LeaseRecord& record, Duration timeout,
                                              std::stop_token stop) {
  using Kind = LeaseMachine::Step::Kind;
  Request request;
  request.channel = Channel::kLease;
  request.timeout = timeout;
  request.max_response_bytes = kMaxLeaseBytes;
  request.target = CollectionPath(Leases(), options.namespace_name);
  if (kind != Kind::kCreate) request.target += "/" + options.name;
  if (kind != Kind::kGet) {
    request.method = kind == Kind::kCreate ? Method::kPost : Method::kPut;
    request.body = WriteLease(options, record);
  }
  const std::string what = std::string(MethodName(request.method)) + " leases/" + options.name;
  auto response = transport.Call(request, std::move(stop));
  if (!response) return Forward(std::move(response).error());
  if (response->status < 200 || response->status >= 300) {
    return Forward(
        FailureFromResponse(response->status, response->body, response->retry_after, what).error);
  }
  return ReadLease(response->body);
}

void LeaderElector::Impl::Tell(const std::string& holder_before) {
  if (machine.holder() != holder_before && !machine.holder().empty()) {
    logger.Info("leader seen", {{"lease", options.name}, {"leader", Printable(machine.holder())}});
    if (callbacks.on_new_leader) callbacks.on_new_leader(machine.holder());
  }
  if (machine.leading() && !leading.exchange(true)) {
    status.Set(1);
    logger.Info("leading", {{"lease", options.name}, {"identity", options.identity}});
    if (callbacks.on_started) callbacks.on_started();
  }
}

LeaderElector::LeaderElector(const LeaseOptions& options, LeaderCallbacks callbacks,
                             Transport& transport, const Clock& clock, Waiter& waiter,
                             Metrics& metrics, Logger& logger)
    : impl_(std::make_unique<Impl>(options, std::move(callbacks), transport, clock, waiter, metrics,
                                   logger)) {}

LeaderElector::~LeaderElector() { Stop(); }

void LeaderElector::Start() {
  impl_->thread = std::jthread([this](std::stop_token stop) {
    while (!stop.stop_requested() && RunOnce(stop)) {
    }
  });
}

void LeaderElector::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

bool LeaderElector::leading() const { return impl_->leading; }

bool LeaderElector::RunOnce(std::stop_token stop) {
  using Kind = LeaseMachine::Step::Kind;
  Impl& self = *impl_;
  const LeaseMachine::Step step = self.machine.Next(self.clock.Steady(), self.clock.Now());
  if (step.kind == Kind::kWait) return self.waiter.WaitFor(step.wait, stop);
  const std::string holder_before = self.machine.holder();
  if (step.kind != Kind::kLost) {
    const auto record = self.Call(step.kind, step.record, step.timeout, stop);
    if (stop.stop_requested()) return false;
    const SteadyTime now = self.clock.Steady();
    if (!record) {
      self.last_error = record.error().message;
      const bool everyday = record.error().code == kNotFound || record.error().code == kConflict ||
                            record.error().code == kAlreadyExists;
      if (!everyday) {
        self.logger.Warn("the Lease could not be read or written; trying again",
                         {{"lease", self.options.name},
                          {"reason", record.error().code},
                          {"error", record.error().message}});
      }
      self.machine.OnFailed(now, record.error());
    } else if (step.kind == Kind::kGet) {
      self.machine.OnGot(now, *record);
    } else {
      self.machine.OnWritten(now, *record);
    }
    self.Tell(holder_before);
    if (!self.machine.lost()) return true;
  }
  if (self.leading.exchange(false)) {
    self.status.Set(0);
    const std::string why = self.machine.holder() != self.options.identity
                                ? "another has it: " + Printable(self.machine.holder())
                                : "it could not be renewed in " +
                                      FormatDuration(self.options.renew_deadline) +
                                      (self.last_error.empty() ? "" : ": " + self.last_error);
    self.logger.Err("the Lease is lost", {{"lease", self.options.name}, {"why", why}});
    if (self.callbacks.on_stopped) self.callbacks.on_stopped(why);
  }
  return false;
}

void LeaderElector::Release() {
  using Kind = LeaseMachine::Step::Kind;
  Impl& self = *impl_;
  for (int i = 0; i < kReleaseTries; ++i) {
    const auto record = self.machine.Release(self.clock.Now());
    if (!record) break;
    const auto written = self.Call(Kind::kUpdate, *record, self.options.call_timeout, {});
    if (written) {
      self.logger.Info("the Lease is given up", {{"lease", self.options.name}});
      break;
    }
    if (written.error().code != kConflict) {
      self.logger.Warn("the Lease could not be given up; it expires by itself",
                       {{"lease", self.options.name}, {"error", written.error().message}});
      break;
    }
    const auto current = self.Call(Kind::kGet, {}, self.options.call_timeout, {});
    if (!current) break;
    self.machine.OnReleaseConflict(self.clock.Steady(), *current);
  }
  self.leading = false;
  self.status.Set(0);
}

}  // namespace plimsoll::kube
