// Reads of single objects and of small collections, with the client's own rate limit, and obedience to 429 and
// Retry-After. Large collections are the informer's (informer.h); writes are ObjectWriter's (object_writer.h),
// which the webhook does not link.
//
// Blocks the calling thread, at most `deadline` of ClientOptions including all waiting. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/json.h"
#include "kube/api_error.h"
#include "kube/object.h"
#include "kube/transport.h"
#include "kube/waiter.h"

namespace plimsoll::kube {

// Limits for an answer of the API server: an object is at most 1.5 MiB in etcd.
inline constexpr json::Limits kObjectLimits{8u << 20, 64, 400'000, false};

struct ClientOptions {
  double requests_per_second = 20;
  double burst = 30;
  int max_tries = 10;  // of one request, when the server answers 429 or 5xx with Retry-After
  Duration deadline = std::chrono::seconds(60);
};

class Client {
 public:
  // All arguments outlive the client.
  Client(Transport& transport, const Clock& clock, Waiter& waiter,
         const ClientOptions& options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The JSON text of one object. kNotFound, kForbidden, ... of api_error.h.
  Result<std::string> Get(const ResourceType& type, std::string_view namespace_name,
                          std::string_view name, std::stop_token stop = {});
  // The same, parsed.
  Result<json::Document> GetDocument(const ResourceType& type, std::string_view namespace_name,
                                     std::string_view name, std::stop_token stop = {});

  // Every object of a collection, page by page (limit=500), each given to `each` as JSON text; an error of
  // `each` ends the listing and is returned. Starts again once when a page has expired, and then `each` sees
  // objects again: `restarted` is called before.
  Status List(const ResourceType& type, std::string_view namespace_name,
              std::string_view label_selector,
              const std::function<Status(std::string_view json)>& each,
              const std::function<void()>& restarted = {}, std::stop_token stop = {});

  // Any path with GET ("/version", "/apis/plimsoll.dev/v1alpha1").
  Result<std::string> GetPath(std::string target, std::stop_token stop = {});

  // A request of any kind under rate limit and retry; an answer of 400 and above is an Error. For ObjectWriter.
  Result<Response> Send(const Request& request, std::string_view what, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::kube
