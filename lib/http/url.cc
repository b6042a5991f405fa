#include "http/url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "http/address.h"
#include "http/headers.h"

namespace plimsoll::http {
namespace {

constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

tl::unexpected<Error> Bad(std::string_view text, const std::string& what) {
  return Fail(kMalformed, "not a usable URL: \"" + Printable(text, 128) + "\": " + what);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Labels of letters, digits, hyphen and underscore (which Compose and Windows networks use). One dot
// at the end makes the name absolute and is kept.
bool IsDnsName(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  std::size_t begin = 0;
  while (begin <= host.size()) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    const std::string_view label = host.substr(begin, end - begin);
    if (label.empty() || label.size() > kMaxLabelBytes) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    const bool good = std::all_of(label.begin(), label.end(),
                                  [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
    if (!good) return false;
    begin = end + 1;
  }
  return true;
}

// True for what some resolver would read as an IPv4 address: the last label is a number, decimal,
// octal or hexadecimal (the WHATWG's "ends in a number").
bool LooksLikeIpv4(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.empty()) return false;
  if (std::all_of(last.begin(), last.end(), IsDigit)) return true;
  return last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') &&
         std::all_of(last.begin() + 2, last.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

struct HostAndPort {
  std::string host;
  std::optional<std::uint16_t> port;
};

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Result<std::string> CanonicalHost(std::string_view host, std::string_view whole) {
  if (LooksLikeIpv4(host)) {
    const Result<IpAddress> address = IpAddress::Parse(host);
    if (!address || !address->is_v4()) {
      return Bad(whole, "an IPv4 address is four decimal numbers");
    }
    return address->Text();
  }
  if (!IsDnsName(host)) return Bad(whole, "the host is not a DNS name");
  return ToLowerAscii(host);
}

Result<HostAndPort> ParseHostPort(std::string_view text, std::string_view whole) {
  HostAndPort parsed;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Bad(whole, "no ] after the IPv6 address");
    const Result<IpAddress> address = IpAddress::Parse(text.substr(1, close - 1));
    if (!address || address->is_v4()) return Bad(whole, "no IPv6 address between [ and ]");
    parsed.host = address->Text();
    rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return Bad(whole, "text after the IPv6 address");
  } else {
    const std::size_t colon = text.find(':');
    PLIMSOLL_ASSIGN(parsed.host, CanonicalHost(text.substr(0, colon), whole));
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  // "host:" is allowed by RFC 3986 and means the scheme's own port.
  if (rest.size() > 1) {
    parsed.port = ParsePort(rest.substr(1));
    if (!parsed.port) return Bad(whole, "a port is a number from 1 to 65535");
  }
  return parsed;
}

bool OnlyUrlCharacters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>' &&
           c != '^' && c != '`' && c != '{' && c != '|' && c != '}';
  });
}

// RFC 3986 section 5.2.4.
std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    folder = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (folder || out.empty()) out += "/";
  return out;
}

void SetTarget(Url& url, std::string_view target) {
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  url.path = path.empty() ? "/" : std::string(path);
  url.has_query = mark != std::string_view::npos;
  url.query = url.has_query ? std::string(target.substr(mark + 1)) : "";
}

}  // namespace

Result<Url> Url::Parse(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return Bad(text, "longer than 8 KiB");
  if (!OnlyUrlCharacters(text)) return Bad(text, "a character that no URL may have");
  Url url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Bad(text, "expected https://HOST/...");
  const std::string_view scheme = text.substr(0, colon);
  if (EqualIgnoreCase(scheme, "http")) {
    url.https = false;
  } else if (!EqualIgnoreCase(scheme, "https")) {
    return Bad(text, "the scheme is neither https nor http");
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) {
    return Fail(kMalformed, "not a usable URL: it carries user information before an @");
  }
  PLIMSOLL_ASSIGN(HostAndPort parsed, ParseHostPort(authority, text));
  url.host = std::move(parsed.host);
  url.port = parsed.port.value_or(url.https ? 443 : 80);
  const std::string_view target = rest.substr(end);
  SetTarget(url, target);
  return url;
}

Result<Url> Url::Resolve(std::string_view reference) const {
  if (reference.size() > kMaxUrlBytes) return Bad(reference, "longer than 8 KiB");
  if (!OnlyUrlCharacters(reference)) return Bad(reference, "a character that no URL may have");
  reference = reference.substr(0, reference.find('#'));
  const std::size_t mark = reference.find_first_of(":/?");
  const bool has_scheme = mark != std::string_view::npos && mark > 0 && reference[mark] == ':';
  if (has_scheme) {
    PLIMSOLL_ASSIGN(Url absolute, Parse(reference));
    absolute.path = RemoveDotSegments(absolute.path);
    return absolute;
  }
  if (reference.starts_with("//")) {
    return Parse((https ? "https:" : "http:") + std::string(reference));
  }
  Url url = *this;
  if (reference.empty()) return url;
  if (reference.front() == '?') {
    url.has_query = true;
    url.query = reference.substr(1);
  } else {
    std::string target(reference);
    if (target.front() != '/') target = path.substr(0, path.rfind('/') + 1) + target;
    SetTarget(url, target);
    url.path = RemoveDotSegments(url.path);
  }
  if (url.Text().size() > kMaxUrlBytes) return Bad(reference, "longer than 8 KiB");
  return url;
}

std::string Url::Authority() const {
  std::string text = host_is_ipv6() ? "[" + host + "]" : host;
  if (port != (https ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::HostPort() const {
  return (host_is_ipv6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::Target() const { return has_query ? path + "?" + query : path; }

std::string Url::Text() const { return (https ? "https://" : "http://") + Authority() + Target(); }

std::string Url::ForPeople() const {
  return Printable((https ? "https://" : "http://") + Authority() + path) +
         (has_query ? "?..." : "");
}

bool Url::SameOrigin(const Url& other) const {
  return https == other.https && host == other.host && port == other.port;
}

Result<std::string> NormalizeHostPort(std::string_view text, std::uint16_t default_port) {
  if (!OnlyUrlCharacters(text) || text.find_first_of("/?#@") != std::string_view::npos) {
    return Fail(kMalformed, "expected HOST or HOST:PORT, got \"" + Printable(text, 128) + "\"");
  }
  PLIMSOLL_ASSIGN(HostAndPort parsed, ParseHostPort(text, text));
  Url url;
  url.host = std::move(parsed.host);
  url.port = parsed.port.value_or(default_port);
  return url.HostPort();
}

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    }
  }
  return out;
}

}  // namespace plimsoll::http
