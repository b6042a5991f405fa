// An absolute http or https URL (RFC 3986), as strict as safety needs.
//
// Refused with kMalformed: any other scheme, user information (`user:secret@`), an empty host,
// white space, control characters, a backslash, bytes outside ASCII, a host that is neither a DNS
// name, an IPv4 address in four decimal parts nor a bracketed IPv6 address without zone (so
// `127.1`, `0x7f000001` and `2130706433` are no hosts), a port outside 1..65535, more than
// kMaxUrlBytes. A fragment is dropped: it is never sent. Percent-encoding is not touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::http {

inline constexpr std::size_t kMaxUrlBytes = 8 * 1024;

struct Url {
  bool https = true;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string path = "/";  // begins with a slash
  std::string query;       // without the question mark
  bool has_query = false;  // "?" alone is a query too

  static Result<Url> Parse(std::string_view text);
  // What a `Location` or `Link` value means, read from a message of this URL (RFC 3986 section 5).
  Result<Url> Resolve(std::string_view reference) const;

  bool host_is_ipv6() const { return host.find(':') != std::string::npos; }
  // "registry.example:5000", with the port only where it is not the scheme's own: the Host field.
  std::string Authority() const;
  // "registry.example:443", always with the port: what hosts are compared by.
  std::string HostPort() const;
  std::string Target() const;     // path and query: the request line
  std::string Text() const;       // the whole URL
  std::string ForPeople() const;  // without the query, which may carry a signature or a token
  // Equal scheme, host and port.
  bool SameOrigin(const Url& other) const;
};

// "host" or "host:port" or "[v6]:port" -> lower case with port; `default_port` where none is given.
// kMalformed otherwise.
Result<std::string> NormalizeHostPort(std::string_view text, std::uint16_t default_port);

// Percent-encodes what is not unreserved (RFC 3986 section 2.3): for query values and form bodies.
std::string PercentEncode(std::string_view text);

}  // namespace plimsoll::http
