// HTTP/1.1 towards peers that we do not trust: registries, token servers, transparency logs.
//
// Guarantees
//  1. Memory: an answer's header and body are counted as they arrive, and the exchange ends at the
//     limit, before anything grows beyond it. Nothing is decompressed: `Accept-Encoding: identity`
//     is sent and an encoded answer is refused.
//  2. Time: one total deadline for name resolution, connection, TLS, redirects and the transfer; a
//     limit for the connection alone; a floor for the speed.
//  3. Addresses: every connection, new or reused, is checked against the policy of address.h by the
//     address that it goes to.
//  4. Redirects are followed by ourselves, one hop at a time, only for GET and HEAD, never from https
//     to http. On the way to another scheme, host or port all header fields but a short list (Accept,
//     Range, Cache-Control, User-Agent) are dropped, and stay dropped.
//  5. TLS 1.2 or later, verified against the host's own CA file if one is configured (and then no
//     other), else the system's. Plain HTTP only towards hosts that are configured for it.
//
// Deliberately not here: credentials, retries, digests, and what a status means: those are the
// caller's. A response of any status is a response, not an error. Cookies, .netrc, HTTP
// authentication, HTTP/2 and alternative services are off.
//
// Proxies: HTTPS_PROXY, http_proxy, ALL_PROXY and NO_PROXY are honoured (ProxySettings). The proxy's
// own address is the operator's choice and not checked; through it the policy can only judge what is
// known: literal addresses, `localhost` and the API server's names are refused as without a proxy, any
// other name is resolved by the proxy, whose own rules then protect the network behind it.
//
// Thread-safe: any number of threads may call Send, which blocks. Connections are kept by session,
// and a session serves one call at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/address.h"
#include "http/headers.h"
#include "http/reason.h"
#include "http/resolver.h"
#include "http/url.h"

namespace plimsoll::http {

// Which hosts a redirect may lead to. The address policy holds in every case.
enum class RedirectScope {
  kSameOrigin,  // only the scheme, host and port of the request
  kAnyHost,     // any host over https; over http only from http, to a host configured for it
};

struct Request {
  std::string method = "GET";  // GET, HEAD, POST
  std::string url;
  // Host, Content-Length, Transfer-Encoding, Connection, TE, Upgrade, Expect and Accept-Encoding are
  // ours: kInvalidArgument. So is a value with a control character.
  Headers headers;
  std::string body;

  std::chrono::milliseconds timeout{30'000};          // for everything, redirects included
  std::chrono::milliseconds connect_timeout{10'000};  // for each connection, with its TLS handshake

  std::size_t max_body_bytes = 4 * 1024 * 1024;
  // Of an answer outside 2xx, or of one that a redirect comes with: what is beyond is not read, and
  // `body_truncated` says so.
  std::size_t max_error_body_bytes = 16 * 1024;
  std::size_t max_header_bytes = 64 * 1024;  // status lines, fields, trailers, of one hop
  std::size_t max_header_count = 256;

  // When not empty, a 2xx answer to GET or POST of another media type is kUnexpectedMediaType, before
  // its body is read. Lower case, without parameters.
  std::vector<std::string> media_types;
  // A field with which an answer of any other type is taken all the same. The field says that the body
  // is what was asked for; the caller checks that it is.
  std::string any_type_with;

  // 0: a redirect is returned as the response it is. Otherwise one too many, or one that is not
  // allowed, is kRedirectRefused.
  int max_redirects = 0;
  RedirectScope redirect_scope = RedirectScope::kAnyHost;
  std::vector<std::string> redirect_hosts;  // not empty: only these "host" or "host:port"

  // "host" or "host:port" that the user named: the image's registry, the configured log. Only a
  // connection to it may go to a private address. Empty: none may.
  std::string named_host;

  // Uses no connection that was there before, and no cached name: what a confirmation needs.
  bool fresh_connection = false;
};

struct Response {
  int status = 0;
  Headers headers;  // of the last hop
  std::string body;
  bool body_truncated = false;  // only outside 2xx
  Url url;                      // of the last hop
  int redirects = 0;
  std::string remote_address;  // "192.0.2.1:443"; the proxy's, when there was one
  bool via_proxy = false;
  bool reused_connection = false;
  std::chrono::microseconds elapsed{0};
};

// What the configuration says about one host.
struct HostSettings {
  std::string host;  // "host" (port 443; with plain_http port 80) or "host:port"
  bool plain_http = false;
  std::string ca_file;                  // PEM; replaces the system's authorities
  std::string client_certificate_file;  // PEM chain, with its key or with client_key_file
  std::string client_key_file;
  std::vector<AddressRange> allow_address;  // opened for this host, whatever their class
};

struct ProxySettings {
  std::string https_proxy;  // "http://proxy.example:3128"; empty: direct
  std::string http_proxy;
  // Comma-separated: host, .domain or domain (with its subdomains), either with a port, address,
  // CIDR block, "*".
  std::string no_proxy;
};
// HTTPS_PROXY, http_proxy (lower case only: the upper-case form can be set from outside in CGI),
// ALL_PROXY, NO_PROXY, with lower-case forms first. Reads the environment: call before threads start.
ProxySettings ProxyFromEnvironment();

struct ClientOptions {
  std::vector<HostSettings> hosts;
  // Names and literal addresses of the API server. Names are resolved, and checked again every
  // half minute.
  std::vector<std::string> api_server;
  ProxySettings proxy;
  std::string ca_file;                 // instead of the system's authorities, for every host
  std::string user_agent;              // "plimsoll/<version>" when empty
  std::shared_ptr<Resolver> resolver;  // the system's when null
  std::size_t max_sessions = 64;       // calls at the same time; more wait, within their deadline
  std::size_t connections_per_session = 4;
  std::chrono::seconds idle_connection{60};
  // A transfer slower than this over `low_speed_time` is kTimeout.
  std::size_t low_speed_bytes_per_second = 256;
  std::chrono::seconds low_speed_time{15};
};

class Client {
 public:
  virtual ~Client() = default;

  // Errors: those of reason.h, kTimeout, kInvalidArgument. `retryable` is set on what may go away by
  // itself.
  virtual Result<Response> Send(const Request& request) = 0;

  // Ends every call within milliseconds, and every later one at once, with kCancelled.
  virtual void Shutdown() = 0;
};

// kInvalidArgument: a host, range or file of the options cannot be used.
Result<std::unique_ptr<Client>> NewClient(ClientOptions options);

}  // namespace plimsoll::http
