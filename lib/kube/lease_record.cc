#include <openssl/rand.h>
#include <unistd.h>

#include <array>

#include "base/encoding.h"
#include "base/printable.h"
#include "json/json.h"
#include "json/writer.h"
#include "kube/lease.h"

namespace plimsoll::kube {
namespace {

constexpr json::Limits kLeaseLimits{1u << 20, 32, 20'000, false};
constexpr std::size_t kMaxHolder = 1'024;

}  // namespace

Status CheckLeaseOptions(const LeaseOptions& options) {
  if (!IsObjectName(options.namespace_name) || !IsObjectName(options.name)) {
    return Fail(kInvalidArgument, "leader election: expected namespace and name of a Lease");
  }
  if (options.identity.empty())
    return Fail(kInvalidArgument, "leader election: expected an identity");
  const Duration second = std::chrono::seconds(1);
  if (options.lease_duration < second || options.renew_deadline < second ||
      options.retry_period < second) {
    return Fail(kInvalidArgument, "leader election: expected periods of at least a second");
  }
  if (options.lease_duration <= options.renew_deadline) {
    return Fail(kInvalidArgument,
                "leader election: expected a lease longer than its renew deadline");
  }
  if (options.renew_deadline * 10 <= options.retry_period * 12) {
    return Fail(
        kInvalidArgument,
        "leader election: expected a renew deadline longer than 1.2 times the retry period");
  }
  return {};
}

std::string MakeLeaseIdentity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0')
    host = {'p', 'l', 'i', 'm'};
  Bytes random(16);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    // Without randomness the process id keeps two candidates of one host apart.
    return std::string(host.data()) + "_" + std::to_string(getpid());
  }
  return std::string(host.data()) + "_" + HexEncode(random);
}

Result<LeaseRecord> ReadLease(std::string_view json) {
  PLIMSOLL_ASSIGN(const auto document, json::Document::Parse(json, kLeaseLimits));
  const json::Value root = document.root();
  if (root["kind"].StringOrEmpty() != "Lease") return Fail(kMalformed, "expected a Lease");
  LeaseRecord record;
  PLIMSOLL_ASSIGN(const auto version, root["metadata"]["resourceVersion"].String());
  record.resource_version = std::string(version);
  const json::Value spec = root["spec"];
  record.holder = std::string(spec["holderIdentity"].StringOrEmpty().substr(0, kMaxHolder));
  record.acquire_time = std::string(spec["acquireTime"].StringOrEmpty());
  record.renew_time = std::string(spec["renewTime"].StringOrEmpty());
  PLIMSOLL_ASSIGN(record.duration_seconds, spec["leaseDurationSeconds"].Int64Or(0));
  PLIMSOLL_ASSIGN(record.transitions, spec["leaseTransitions"].Int64Or(0));
  return record;
}

std::string WriteLease(const LeaseOptions& options, const LeaseRecord& record) {
  json::Writer lease;
  lease.BeginObject();
  lease.Member("apiVersion", "coordination.k8s.io/v1");
  lease.Member("kind", "Lease");
  lease.Key("metadata");
  lease.BeginObject();
  lease.Member("name", options.name);
  lease.Member("namespace", options.namespace_name);
  lease.MemberIfSet("resourceVersion", record.resource_version);
  lease.EndObject();
  lease.Key("spec");
  lease.BeginObject();
  lease.Member("holderIdentity", record.holder);
  lease.Member("leaseDurationSeconds", record.duration_seconds);
  lease.MemberIfSet("acquireTime", record.acquire_time);
  lease.MemberIfSet("renewTime", record.renew_time);
  lease.Member("leaseTransitions", record.transitions);
  lease.EndObject();
  lease.EndObject();
  return std::move(lease).Take();
}

}  // namespace plimsoll::kube
