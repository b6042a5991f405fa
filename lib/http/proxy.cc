#include "proxy.h"

#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "http/address.h"

namespace plimsoll::http {
namespace {

std::string FromEnvironment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// One entry of NO_PROXY: "*", CIDR block, address, host, .domain; with a port or without.
bool Excludes(std::string_view entry, const Url& url) {
  if (entry == "*") return true;
  const Result<IpAddress> address = IpAddress::Parse(url.host);
  const Result<AddressRange> range = AddressRange::Parse(entry);
  if (range) return address && range->Contains(*address);
  std::string name = ToLowerAscii(entry);
  const std::size_t colon = name.rfind(':');
  if (colon != std::string::npos && name.find(':') == colon) {
    if (name.substr(colon + 1) != std::to_string(url.port)) return false;
    name.resize(colon);
  } else if (colon != std::string::npos) {  // "[::1]:443"
    const Result<std::string> normal = NormalizeHostPort(name, url.port);
    return normal && *normal == url.HostPort();
  }
  if (name.starts_with("*.")) name.erase(0, 1);
  if (name.empty()) return false;
  if (name.front() == '.') return url.host.ends_with(name);
  return url.host == name || url.host.ends_with("." + name);
}

bool IsLocal(const Url& url) {
  if (url.host == "localhost") return true;
  const Result<IpAddress> address = IpAddress::Parse(url.host);
  return address && AddressKind(*address) == "loopback";
}

}  // namespace

ProxySettings ProxyFromEnvironment() {
  const std::string all = FromEnvironment({"all_proxy", "ALL_PROXY"});
  ProxySettings settings;
  settings.https_proxy = FromEnvironment({"https_proxy", "HTTPS_PROXY"});
  settings.http_proxy = FromEnvironment({"http_proxy"});
  settings.no_proxy = FromEnvironment({"no_proxy", "NO_PROXY"});
  if (settings.https_proxy.empty()) settings.https_proxy = all;
  if (settings.http_proxy.empty()) settings.http_proxy = all;
  return settings;
}

Status CheckProxySettings(const ProxySettings& settings) {
  for (const std::string& proxy : {settings.https_proxy, settings.http_proxy}) {
    if (proxy.empty()) continue;
    // A proxy may carry user and password, which Url refuses; only the rest is looked at.
    const std::size_t scheme = proxy.find("://");
    const std::string prefix =
        scheme == std::string::npos ? "http://" : proxy.substr(0, scheme + 3);
    std::string rest = scheme == std::string::npos ? proxy : proxy.substr(scheme + 3);
    const std::size_t at = rest.rfind('@');
    if (at != std::string::npos) rest.erase(0, at + 1);
    const Result<Url> url = Url::Parse(prefix + rest);
    if (!url) {
      return Fail(kInvalidArgument, "the proxy of the environment: expected http://HOST:PORT: " +
                                        url.error().message);
    }
  }
  return {};
}

std::string ProxyFor(const ProxySettings& settings, const Url& url) {
  const std::string& proxy = url.https ? settings.https_proxy : settings.http_proxy;
  if (proxy.empty() || IsLocal(url)) return "";
  std::string_view rest = settings.no_proxy;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (Excludes(Trim(rest.substr(0, comma)), url)) return "";
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
}

}  // namespace plimsoll::http
