// IP addresses and the policy that keeps a hostile peer from sending us where it likes (SSRF).
//
// The policy decides by the address that a connection really goes to, after name resolution:
//
//   class       addresses                                              may be connected to
//   kForbidden  loopback, link-local (with the metadata services),     only where the host's
//               unspecified, multicast, broadcast, reserved,           configuration lists it
//               the API server's
//   kPrivate    RFC 1918, CGNAT (RFC 6598), ULA (RFC 4193),            by the host that the user
//               benchmarking (RFC 2544), site-local                    named, never by a redirect,
//                                                                      realm or link elsewhere
//   kPublic     all else                                               by every host
//
// An IPv6 address that carries an IPv4 address (mapped ::ffff:0:0/96, compatible ::/96, translated
// ::ffff:0:0:0/96, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, 6to4 2002::/16, Teredo 2001::/32, ISATAP)
// has the strictest class of itself and of what it carries.
//
// Not checked here: what a proxy connects to (client.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace plimsoll::http {

class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; no zone, no other notation. kMalformed otherwise.
  static Result<IpAddress> Parse(std::string_view text);
  // kInvalidArgument for a family other than AF_INET and AF_INET6.
  static Result<IpAddress> FromSockaddr(const sockaddr* address, std::size_t length);

  bool is_v4() const { return is_v4_; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // IPv4: the first four
  std::string Text() const;
  // The IPv4 address itself when this is an IPv4-mapped IPv6 address; else unchanged.
  IpAddress Unmapped() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v4_ = true;
};

// An address or a CIDR block: "10.0.0.0/8", "127.0.0.1", "fd00::/8".
class AddressRange {
 public:
  static Result<AddressRange> Parse(std::string_view text);
  bool Contains(const IpAddress& address) const;
  std::string Text() const;

 private:
  IpAddress base_;
  int prefix_ = 0;
};

enum class AddressClass { kPublic, kPrivate, kForbidden };

AddressClass ClassifyAddress(const IpAddress& address);
// "loopback", "link-local", "private" ...: for messages.
std::string_view AddressKind(const IpAddress& address);

struct AddressPolicy {
  std::vector<IpAddress> api_server;  // kForbidden, whatever their own class
};

// Whether a connection to `address` is allowed. `allowed` is what the host's configuration lists;
// `named` is true when the user named this host (an image's registry, a configured log).
// kAddressRefused with a message that says what to configure.
Status CheckAddress(const AddressPolicy& policy, const IpAddress& address,
                    const std::vector<AddressRange>& allowed, bool named, std::string_view host);

}  // namespace plimsoll::http
