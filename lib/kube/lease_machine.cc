#include <algorithm>

#include "kube/lease.h"

namespace plimsoll::kube {
namespace {

std::int64_t Seconds(Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

}  // namespace

LeaseMachine::LeaseMachine(const LeaseOptions& options)
    : options_(options), random_(options.seed) {}

LeaseMachine::Step LeaseMachine::Next(SteadyTime now, Time wall) {
  Step step;
  if (lost_) {
    step.kind = Step::Kind::kLost;
    return step;
  }
  step.timeout = options_.call_timeout;
  if (leading_) {
    const Duration left =
        std::chrono::duration_cast<Duration>(last_renewal_ + options_.renew_deadline - now);
    if (left <= Duration{}) {
      Lose();
      step.kind = Step::Kind::kLost;
      return step;
    }
    step.timeout = std::min(step.timeout, left);
  }
  if (wait_until_ && now < *wait_until_) {
    step.wait = std::chrono::ceil<Duration>(*wait_until_ - now);
    if (leading_) step.wait = std::min(step.wait, step.timeout);
    return step;
  }
  wait_until_.reset();
  if (must_create_) {
    step.kind = Step::Kind::kCreate;
    step.record = OurRecord(wall);
    step.record.resource_version.clear();
    step.record.transitions = 0;
  } else if (have_record_) {
    step.kind = Step::Kind::kUpdate;
    step.record = OurRecord(wall);
  } else {
    step.kind = Step::Kind::kGet;
  }
  asked_ = step.kind;
  asked_at_ = now;
  return step;
}

LeaseRecord LeaseMachine::OurRecord(Time wall) const {
  LeaseRecord record;
  record.resource_version = observed_.resource_version;
  record.holder = options_.identity;
  record.duration_seconds = Seconds(options_.lease_duration);
  record.renew_time = FormatMicroTime(wall);
  const bool renewal = HeldByUs();
  record.acquire_time = renewal ? observed_.acquire_time : record.renew_time;
  record.transitions = renewal ? observed_.transitions : observed_.transitions + 1;
  return record;
}

void LeaseMachine::Observe(SteadyTime now, const LeaseRecord& record) {
  // Its content, not its version: who labels a Lease does not prolong it.
  const bool same = record.holder == observed_.holder &&
                    record.renew_time == observed_.renew_time &&
                    record.acquire_time == observed_.acquire_time &&
                    record.duration_seconds == observed_.duration_seconds &&
                    record.transitions == observed_.transitions;
  if (!same) observed_at_ = now;
  observed_ = record;
}

void LeaseMachine::OnGot(SteadyTime now, const LeaseRecord& record) {
  Observe(now, record);
  must_create_ = false;
  if (leading_ && !HeldByUs()) {
    Lose();
    return;
  }
  // The holder's own clock and times are nobody's business: it is alive as long as we see its record change.
  const Duration held =
      std::chrono::seconds(std::clamp<std::int64_t>(record.duration_seconds, 0, 3600));
  const bool alive = !record.holder.empty() && !HeldByUs() && now < observed_at_ + held;
  have_record_ = !alive;
  if (alive) Retry(now);
}

void LeaseMachine::OnWritten(SteadyTime now, const LeaseRecord& record) {
  Observe(now, record);
  must_create_ = false;
  if (!HeldByUs()) {
    // The server stored something else than what we sent: an admission policy. That is not a lease of ours.
    have_record_ = false;
    if (leading_) Lose();
    Retry(now);
    return;
  }
  have_record_ = true;
  leading_ = true;
  last_renewal_ = asked_at_;
  wait_until_ = now + options_.retry_period;
}

void LeaseMachine::OnFailed(SteadyTime now, const Error& error) {
  // Whatever it was, what is in the cluster may be something else now: ask before writing again.
  have_record_ = false;
  must_create_ = false;
  if (error.code == kNotFound && asked_ == Step::Kind::kGet) {
    must_create_ = true;
    return;
  }
  if (leading_ && error.code == kConflict) return;  // look at once who wrote
  Retry(now);
}

void LeaseMachine::Lose() {
  leading_ = false;
  lost_ = true;
}

void LeaseMachine::Retry(SteadyTime now) {
  // Candidates wait up to 1.2 times as long, so that they do not come all at once; a leader has no time to lose.
  const double most = leading_ ? 1.0 : 2.2;
  const double factor =
      std::uniform_real_distribution<double>(1.0, std::max(most, 1.0 + 1e-9))(random_);
  wait_until_ = now + std::chrono::duration_cast<Duration>(factor * options_.retry_period);
}

std::optional<LeaseRecord> LeaseMachine::Release(Time wall) const {
  if (!leading_ || !HeldByUs()) return std::nullopt;
  LeaseRecord record = observed_;
  record.holder.clear();
  record.duration_seconds = 1;
  record.renew_time = FormatMicroTime(wall);
  record.acquire_time = record.renew_time;
  return record;
}

void LeaseMachine::OnReleaseConflict(SteadyTime now, const LeaseRecord& record) {
  Observe(now, record);
  if (!HeldByUs()) leading_ = false;
}

}  // namespace plimsoll::kube
