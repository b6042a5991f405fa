// The Transport over cpprestsdk's http_client, the only place of the project that uses that library.
//
// Its guards, each because of a measured fault of the library:
//  * its thread pool has 4 threads, made before anything else uses it; no thread of ours waits on them while
//    holding one of them;
//  * no redirect is followed (it would carry the bearer token along);
//  * the verify store holds our CA alone, TLS is 1.2 or newer, the peer's name is checked;
//  * watches, lists, calls and Lease calls have clients of their own with their own idle timeouts, each watch a
//    connection of its own;
//  * bodies go to a buffer that refuses what is larger than the limit or than what was received, which also
//    survives negative chunk sizes; bytes that arrive without reaching it (headers, chunk extensions, one huge
//    chunk) are counted in the TLS layer and end the connection at `max_undelivered_bytes` above the limit;
//  * every request has a deadline of its own, kept by cancelling it;
//  * no task of the library is left unobserved, no exception passes this file.
//
// A request on a connection that the server had closed is sent again by the library, POST included: a create
// may answer AlreadyExists for an object that we made. Creates here have names of their own, so callers see it.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/metric.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/cluster_config.h"
#include "kube/transport.h"

namespace plimsoll::kube {

struct TransportOptions {
  // False: anything but GET is refused here, before it leaves. The webhook's.
  bool allow_writes = false;
  std::string user_agent = "plimsoll";
  std::size_t max_undelivered_bytes = 4u << 20;
  Duration calls_idle = std::chrono::seconds(10);
  Duration lists_idle = std::chrono::seconds(60);
  Duration lease_idle = std::chrono::seconds(5);
};

// kInvalidArgument when the CA or the server's address cannot be used. Nothing is connected yet.
// `metrics` gets rest_client_requests_total{code,method} and rest_client_request_duration_seconds{verb}.
Result<std::unique_ptr<Transport>> MakeTransport(ClusterConfig cluster,
                                                 const TransportOptions& options,
                                                 const Clock& clock, Metrics& metrics,
                                                 Logger& logger);

}  // namespace plimsoll::kube
