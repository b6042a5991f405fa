#include "http/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/printable.h"
#include "http/reason.h"

namespace plimsoll::http {
namespace {

using Octets = std::array<std::uint8_t, 16>;

struct Block {
  Octets base;
  int prefix;
  AddressClass kind;
  std::string_view name;
};

constexpr AddressClass kNo = AddressClass::kForbidden;
constexpr AddressClass kOwn = AddressClass::kPrivate;

// IANA IPv4 Special-Purpose Address Registry, and multicast.
constexpr Block kIpv4Blocks[] = {
    {{0}, 8, kNo, "unspecified"},
    {{10}, 8, kOwn, "private"},
    {{100, 64}, 10, kOwn, "carrier-grade NAT"},
    {{127}, 8, kNo, "loopback"},
    {{169, 254}, 16, kNo, "link-local"},
    {{172, 16}, 12, kOwn, "private"},
    {{192, 0, 0}, 24, kNo, "reserved"},
    {{192, 0, 2}, 24, kNo, "documentation"},
    {{192, 168}, 16, kOwn, "private"},
    {{198, 18}, 15, kOwn, "benchmarking"},
    {{198, 51, 100}, 24, kNo, "documentation"},
    {{203, 0, 113}, 24, kNo, "documentation"},
    {{224}, 4, kNo, "multicast"},
    {{240}, 4, kNo, "reserved"},
};

// IANA IPv6 Special-Purpose Address Registry, multicast, and the metadata services of Amazon and
// Google, which are in ranges that would else be private.
constexpr Block kIpv6Blocks[] = {
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, kNo, "metadata service"},
    {{0xfd, 0x20, 0x00, 0xce}, 32, kNo, "metadata service"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, kOwn, "local NAT64"},
    {{0xfe, 0x80}, 10, kNo, "link-local"},
    {{0xfe, 0xc0}, 10, kOwn, "site-local"},
    {{0xfc}, 7, kOwn, "unique local"},
    {{0xff}, 8, kNo, "multicast"},
    {{0x01, 0x00}, 64, kNo, "discard"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, kNo, "documentation"},
    {{0x20, 0x01, 0x00, 0x02}, 48, kOwn, "benchmarking"},
    {{0x5f}, 16, kNo, "segment routing"},
    {{0x3f, 0xff}, 20, kNo, "documentation"},
};

// The metadata services of Alibaba, Oracle and Azure outside 169.254/16.
constexpr std::array<std::uint8_t, 4> kIpv4Metadata[] = {
    {100, 100, 100, 200}, {192, 0, 0, 192}, {168, 63, 129, 16}};

bool HasPrefix(const Octets& address, const Octets& base, int prefix) {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin())) {
    return false;
  }
  const int bits = prefix % 8;
  if (bits == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits));
  return (address[whole] & mask) == (base[whole] & mask);
}

struct Verdict {
  AddressClass kind = AddressClass::kPublic;
  std::string_view name = "public";
};

Verdict Stricter(Verdict a, Verdict b) { return b.kind > a.kind ? b : a; }

Verdict JudgeIpv4(const Octets& bytes) {
  for (const auto& metadata : kIpv4Metadata) {
    if (std::equal(metadata.begin(), metadata.end(), bytes.begin())) {
      return {kNo, "metadata service"};
    }
  }
  for (const Block& block : kIpv4Blocks) {
    if (HasPrefix(bytes, block.base, block.prefix)) return {block.kind, block.name};
  }
  return {};
}

Octets Ipv4At(const Octets& bytes, std::size_t offset, std::uint8_t flip = 0) {
  Octets carried{};
  for (std::size_t i = 0; i < 4; ++i) {
    carried[i] = static_cast<std::uint8_t>(bytes[offset + i] ^ flip);
  }
  return carried;
}

bool AllZero(const Octets& bytes, std::size_t begin, std::size_t end) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                     bytes.begin() + static_cast<std::ptrdiff_t>(end),
                     [](std::uint8_t byte) { return byte == 0; });
}

// The IPv4 addresses that an IPv6 address may lead to.
std::vector<Octets> CarriedIpv4(const Octets& b) {
  const Octets nat64{0x00, 0x64, 0xff, 0x9b};
  const Octets nat64_local{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
  const bool mapped = AllZero(b, 0, 10) && b[10] == 0xff && b[11] == 0xff;
  const bool translated = AllZero(b, 0, 8) && b[8] == 0xff && b[9] == 0xff && AllZero(b, 10, 12);
  const bool isatap = (b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
  if (mapped || translated || AllZero(b, 0, 12) || HasPrefix(b, nat64, 96) || isatap) {
    return {Ipv4At(b, 12)};
  }
  if (HasPrefix(b, nat64_local, 48)) {
    // RFC 8215 leaves the operator the length of the prefix: each place that RFC 6052 allows.
    return {Octets{b[6], b[7], b[9], b[10]}, Octets{b[7], b[9], b[10], b[11]}, Ipv4At(b, 9),
            Ipv4At(b, 12)};
  }
  if (b[0] == 0x20 && b[1] == 0x02) return {Ipv4At(b, 2)};  // 6to4
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0) {
    return {Ipv4At(b, 4), Ipv4At(b, 12, 0xff)};  // Teredo: server and client
  }
  return {};
}

Verdict Judge(const IpAddress& address) {
  const Octets& bytes = address.bytes();
  if (address.is_v4()) return JudgeIpv4(bytes);
  if (AllZero(bytes, 0, 15) && bytes[15] == 1) return {kNo, "loopback"};
  if (AllZero(bytes, 0, 16)) return {kNo, "unspecified"};
  Verdict verdict;
  for (const Octets& carried : CarriedIpv4(bytes)) verdict = Stricter(verdict, JudgeIpv4(carried));
  for (const Block& block : kIpv6Blocks) {
    if (HasPrefix(bytes, block.base, block.prefix)) {
      verdict = Stricter(verdict, {block.kind, block.name});
    }
  }
  return verdict;
}

bool LeadsTo(const IpAddress& address, const IpAddress& server) {
  const IpAddress plain = server.Unmapped();
  if (address.Unmapped() == plain) return true;
  if (address.is_v4() || !plain.is_v4()) return false;
  const std::vector<Octets> carried = CarriedIpv4(address.bytes());
  return std::find(carried.begin(), carried.end(), plain.bytes()) != carried.end();
}

}  // namespace

Result<IpAddress> IpAddress::Parse(std::string_view text) {
  std::string copy(text);
  if (copy.size() >= 2 && copy.front() == '[' && copy.back() == ']') {
    copy = copy.substr(1, copy.size() - 2);
    if (copy.find(':') == std::string::npos) copy.clear();
  }
  IpAddress address;
  const bool no_nul = copy.find('\0') == std::string::npos;
  if (no_nul && copy.find(':') == std::string::npos) {
    if (inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) return address;
  } else if (no_nul) {
    address.is_v4_ = false;
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) return address;
  }
  return Fail(kMalformed, "expected an IP address, got \"" + Printable(text, 64) + "\"");
}

Result<IpAddress> IpAddress::FromSockaddr(const sockaddr* address, std::size_t length) {
  IpAddress out;
  if (address != nullptr && address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    std::memcpy(out.bytes_.data(), &v4.sin_addr, 4);
    return out;
  }
  if (address != nullptr && address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    std::memcpy(out.bytes_.data(), &v6.sin6_addr, 16);
    out.is_v4_ = false;
    return out;
  }
  return Fail(kInvalidArgument, "the socket address is neither IPv4 nor IPv6");
}

std::string IpAddress::Text() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

IpAddress IpAddress::Unmapped() const {
  if (is_v4_ || !AllZero(bytes_, 0, 10) || bytes_[10] != 0xff || bytes_[11] != 0xff) return *this;
  IpAddress v4;
  v4.bytes_ = Ipv4At(bytes_, 12);
  return v4;
}

Result<AddressRange> AddressRange::Parse(std::string_view text) {
  AddressRange range;
  const std::size_t slash = text.find('/');
  PLIMSOLL_ASSIGN(range.base_, IpAddress::Parse(text.substr(0, slash)));
  const int most = range.base_.is_v4() ? 32 : 128;
  range.prefix_ = most;
  if (slash == std::string_view::npos) return range;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), range.prefix_);
  if (error != std::errc() || end != digits.data() + digits.size() || range.prefix_ < 0 ||
      range.prefix_ > most) {
    return Fail(kMalformed, "expected a prefix length of 0 to " + std::to_string(most) +
                                " after the slash, got \"" + Printable(text, 64) + "\"");
  }
  return range;
}

bool AddressRange::Contains(const IpAddress& address) const {
  const IpAddress plain = base_.is_v4() ? address.Unmapped() : address;
  return plain.is_v4() == base_.is_v4() && HasPrefix(plain.bytes(), base_.bytes(), prefix_);
}

std::string AddressRange::Text() const { return base_.Text() + "/" + std::to_string(prefix_); }

AddressClass ClassifyAddress(const IpAddress& address) { return Judge(address).kind; }

std::string_view AddressKind(const IpAddress& address) { return Judge(address).name; }

Status CheckAddress(const AddressPolicy& policy, const IpAddress& address,
                    const std::vector<AddressRange>& allowed, bool named, std::string_view host) {
  const auto contains = [&](const AddressRange& range) { return range.Contains(address); };
  if (std::any_of(allowed.begin(), allowed.end(), contains)) return {};
  Verdict verdict = Judge(address);
  const auto leads_to = [&](const IpAddress& server) { return LeadsTo(address, server); };
  if (std::any_of(policy.api_server.begin(), policy.api_server.end(), leads_to)) {
    verdict = {kNo, "API server's"};
  }
  if (verdict.kind == AddressClass::kPublic) return {};
  if (verdict.kind == AddressClass::kPrivate && named) return {};
  const std::string where = Printable(host, 128);
  std::string message = where + " is at " + address.Text() + ", a " + std::string(verdict.name) +
                        " address, which is not connected to";
  if (verdict.kind == AddressClass::kPrivate) {
    message += " for a host that the image does not name itself";
  }
  message += "; if it is right, list it under allowAddress of the registry " + where;
  return Fail(kAddressRefused, std::move(message));
}

}  // namespace plimsoll::http
