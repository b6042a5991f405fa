// Which proxy a request goes through, by the rules of Go's httpproxy, which operators expect.
#pragma once

#include <string>

#include "base/result.h"
#include "http/client.h"

namespace plimsoll::http {

// kInvalidArgument: a proxy that is no http:// or https:// URL. "host:port" means http://.
Status CheckProxySettings(const ProxySettings& settings);
// "" for a direct connection. Loopback addresses and localhost are never proxied.
std::string ProxyFor(const ProxySettings& settings, const Url& url);

}  // namespace plimsoll::http
