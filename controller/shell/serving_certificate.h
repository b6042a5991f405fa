// The webhook's serving certificate, kept by the leader: an authority of our own and a certificate below it, in one
// Secret that the chart creates empty, and the authorities in the caBundle of both webhook configurations.
//
// What is due is a pure function of what is stored and of the time (`PlanServingCertificate`). An authority that comes
// to its end is followed by another long before; the caBundle has both from then on, and only when every API server has
// had time to read it is a certificate of the new one served. So no moment has a certificate that is not believed.
//
// Several controllers: only the leader calls `Keep`, and each write carries the resourceVersion of what it was computed
// from, so a deposed one fails. A Secret or configuration that is not there is left alone: deleting a configuration
// turns the webhook off.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/object_writer.h"

namespace plimsoll::controller {

// The Secret's data: tls.crt, tls.key, ca.crt, ca.key.
struct ServingSecret {
  std::string chain_pem;
  std::string key_pem;
  std::string authorities_pem;    // newest first
  std::string authority_key_pem;  // of the newest
  friend bool operator==(const ServingSecret&, const ServingSecret&) = default;
};

struct ServingDurations {
  static constexpr Duration kAuthority = std::chrono::hours(24 * 730);
  static constexpr Duration kAuthorityRenewBefore = std::chrono::hours(24 * 243);
  static constexpr Duration kCertificate = std::chrono::hours(24 * 90);
  static constexpr Duration kCertificateRenewBefore = std::chrono::hours(24 * 30);
  // For clocks that differ.
  static constexpr Duration kBackdated = std::chrono::hours(1);
  // From an authority's first appearance in a caBundle to its first certificate.
  static constexpr Duration kSettle = std::chrono::minutes(10);
};

struct ServingPlan {
  ServingSecret next;
  std::string why;  // empty: nothing is due, `next` is what is stored
};

// What cannot be read counts as absent.
Result<ServingPlan> PlanServingCertificate(const ServingSecret& stored,
                                           const std::vector<std::string>& dns_names, Time now);

class ServingCertificate {
 public:
  // `client`, `clock` and `log` must outlive this object.
  ServingCertificate(kube::Client& client, std::string namespace_name, std::string secret_name,
                     const Clock& clock, Logger& log);

  // Does what is due. Blocks for as long as the API server takes; to be called again and again while leading. What
  // fails is logged and tried at the next call.
  void Keep();

 private:
  Status KeepAll();
  Result<ServingSecret> KeepSecret();
  Status KeepBundle(const std::string& configuration, const std::string& authorities_pem);

  kube::Client& client_;
  kube::ObjectWriter writer_;
  const std::string namespace_name_;
  const std::string secret_name_;
  const std::vector<std::string> dns_names_;
  const Clock& clock_;
  Logger& log_;
};

}  // namespace plimsoll::controller
